"""Real labelled corpora as shard files: several formats, clearly different quality, the truth in hidden columns."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import zstandard

HPLT_SHARES = (0.0, 0.0, 0.015, 0.09, 0.18, 0.36)
SPAM_SHARES = (0.0, 0.005, 0.01, 0.03, 0.12, 0.3, 0.6, 0.95)


@dataclass(frozen=True)
class LabelledShard:
    """A shard file and what is true of it, row by row."""

    path: Path
    bad: tuple[bool, ...]

    @property
    def share(self) -> float:
        return sum(self.bad) / len(self.bad)


def split_hplt(data: Path, folder: Path, *, seed: int = 0) -> list[LabelledShard]:
    """The 786 inspected web documents in six shards. Bad: unnatural, or the wrong language."""
    frame = pd.read_parquet(data / "hplt_inspected_dev.parquet", columns=["id", "text", "label", "lang"])
    reasons = {"ok": "", "unnatural": "incoherent", "wrong_lang": "wrong_language"}
    return _split(frame, frame["label"].map(reasons), folder, HPLT_SHARES, 130, seed)


def split_spamassassin(data: Path, folder: Path, *, seed: int = 0, rows: int = 300) -> list[LabelledShard]:
    """E-mail in eight shards of `rows` messages. Bad: spam."""
    frame = pd.read_parquet(data / "spamassassin.parquet", columns=["id", "text", "label", "source"])
    reasons = frame["label"].map(lambda label: "spam" if label == "spam" else "")
    return _split(frame, reasons, folder, SPAM_SHARES, rows, seed)


def split_unlabelled(data: Path, folder: Path, *, shards: int = 6, seed: int = 0) -> list[Path]:
    """The 7,100 documents in 22 languages, shuffled over shard files of all formats."""
    frame = pd.read_parquet(data / "hplt_unlabelled_sample.parquet", columns=["id", "text", "lang"])
    order = np.random.default_rng(seed).permutation(len(frame))
    paths = []
    for number, rows in enumerate(np.array_split(order, shards)):
        paths.append(_write(frame.iloc[rows].to_dict("records"), folder, number))
    return paths


def _split(
    frame: pd.DataFrame, reasons: pd.Series[str], folder: Path, shares: Sequence[float], rows: int, seed: int
) -> list[LabelledShard]:
    """Shards of `rows` documents whose bad documents are as near to `shares` as whole numbers allow."""
    frame = frame.drop(columns="label").assign(
        truth_verdict=np.where(reasons == "", "keep", "reject"), truth_reason=reasons
    )
    random = np.random.default_rng(seed)
    bad = list(random.permutation(np.flatnonzero(reasons != "")))
    good = list(random.permutation(np.flatnonzero(reasons == "")))
    made = []
    for number, share in enumerate(shares):
        wanted = round(share * rows)
        chosen = [bad.pop() for _ in range(wanted)] + [good.pop() for _ in range(rows - wanted)]
        chosen = [int(row) for row in random.permutation(chosen)]
        path = _write(frame.iloc[chosen].to_dict("records"), folder, number)
        made.append(LabelledShard(path, tuple(bool(reasons.iloc[row]) for row in chosen)))
    return made


def _write(rows: Sequence[dict[str, object]], folder: Path, number: int) -> Path:
    suffix, write = FORMATS[number % len(FORMATS)]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{number:02}.{suffix}"
    write(rows, path)
    return path


def _json_lines(rows: Sequence[dict[str, object]]) -> bytes:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows).encode("utf-8", "surrogatepass")


FORMATS: tuple[tuple[str, Callable[[Sequence[dict[str, object]], Path], object]], ...] = (
    ("parquet", lambda rows, path: pq.write_table(pa.Table.from_pylist(list(rows)), path, row_group_size=50)),
    ("jsonl.gz", lambda rows, path: path.write_bytes(gzip.compress(_json_lines(rows), mtime=0))),
    ("jsonl.zst", lambda rows, path: path.write_bytes(zstandard.compress(_json_lines(rows)))),
    ("csv", lambda rows, path: pd.DataFrame(rows).to_csv(path, index=False)),
    ("arrow", lambda rows, path: feather.write_feather(pa.Table.from_pylist(list(rows)), path, compression="lz4")),
    ("jsonl", lambda rows, path: path.write_bytes(_json_lines(rows))),
)
