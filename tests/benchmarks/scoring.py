"""Documents per second of scoring, on one core, beside fastText and beside the bare scan of the file.

    python tests/benchmarks/scoring.py

Writes results/scoring.json. fastText (fasttext-wheel) is taken from the environment that REVIEW_QUALITY_PEERS names, or
from this one; where neither has it, it is not measured.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
from threadpoolctl import threadpool_limits

sys.path.insert(0, str(Path(__file__).resolve().parent))

from quality import DATA, load_set, ours

from review.classifier import save
from review.corpus import resolve, scan
from review.records import Shard
from review.scoring import score_shard
from review.signals.scan import Scanner, Texts

RESULTS = Path(__file__).parent / "results" / "scoring.json"
TURNS = 5
COPIES = 4  # of the documents in the shard that is scored end to end


def speed() -> dict:
    """Documents a second on one core, median of five turns in which everything measured takes its turn.

    documents_per_second: texts in memory, CPU time. end_to_end: from a Parquet shard, CPU and wall time: `score_shard`
    down to its sidecar on disk, fastText with the same reading and nothing written, and the bare scan of the text
    column that both cannot do without. Of a long document the classifier reads the first `max_bytes`; fastText reads
    all of it, as it is used, and as `fasttext_cut` no more than the classifier.
    """
    import pyarrow as pa

    texts, keep = load_set("swecore")
    rows = np.arange(200)
    model = ours(texts, keep, rows)
    encoded = Texts.from_strings(texts)
    scanner = Scanner()
    fast = fasttext_model(texts, keep, rows)
    most = model.card["settings"]["max_bytes"]
    lines = [flat(text) for text in texts]
    pa.set_cpu_count(1)
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        shard = write_shard(Path(folder), texts * COPIES)
        save(model, Path(folder) / "model")
        turn = iter(range(10**6))
        memory = {
            "ours": lambda: model.calibration(model.scan_logits(scanner, encoded, None)),
            "scan": lambda: scanner.scan(encoded, model.tables),
        }
        disk = {
            "score_shard": lambda: score_shard(Path(folder) / "model", shard, Path(folder) / f"out-{next(turn)}"),
            "parquet_scan": lambda: sum(len(column) for column in text_columns(shard.uri)),
        }
        if fast:
            memory["fasttext"] = lambda: [fast.f.predict(line, 2, 0.0, "strict") for line in lines]
            disk["fasttext"] = lambda: fasttext_parquet(fast, shard.uri)
            disk["fasttext_cut"] = lambda: fasttext_parquet(fast, shard.uri, most)
        seconds = take_turns(memory | {f"{name} from Parquet": call for name, call in disk.items()})
        size = Path(shard.uri).stat().st_size
    number = len(texts) * COPIES
    whole = {name: seconds[f"{name} from Parquet"] for name in disk}
    return {
        "documents": len(texts),
        "mean_bytes": float((encoded.ends - encoded.starts).mean()),
        "max_bytes": most,
        "mean_bytes_read": float((encoded.cut(most).ends - encoded.starts).mean()),
        "documents_per_second": {name: len(texts) / seconds[name][0] for name in memory},
        "end_to_end": {
            "documents": number,
            "parquet_bytes": size,
            "cpu_documents_per_second": {name: number / cpu for name, (cpu, _) in whole.items()},
            "wall_documents_per_second": {name: number / wall for name, (_, wall) in whole.items()},
        },
    }


def take_turns(calls: dict[str, Callable[[], object]]) -> dict[str, tuple[float, float]]:
    """Median CPU and wall seconds of each call, once warm."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(TURNS):
        for name, call in calls.items():
            cpu, wall = time.process_time(), time.perf_counter()
            call()
            taken[name].append((time.process_time() - cpu, time.perf_counter() - wall))
    return {name: tuple(np.median(times, axis=0).tolist()) for name, times in taken.items()}


def write_shard(folder: Path, texts: list[str]) -> Shard:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"text": texts}), folder / "shard.parquet", compression="zstd", row_group_size=2_000)
    return scan(resolve([str(folder / "shard.parquet")], folder, corpus="speed")[0]).shard


def text_columns(path: str) -> Iterator:
    import pyarrow.parquet as pq

    for batch in pq.ParquetFile(path).iter_batches(columns=["text"], use_threads=False):
        yield batch.column(0)


def fasttext_parquet(fast, path: str, max_bytes: int | None = None) -> list:
    return [
        fast.f.predict(flat(text, max_bytes), 2, 0.0, "strict")
        for column in text_columns(path)
        for text in column.to_pylist()
    ]


def fasttext_model(texts: list[str], keep: np.ndarray, rows: np.ndarray):
    """As in DCLM: word bigrams, 64 dimensions. None where fastText is not installed."""
    if venv := os.environ.get("REVIEW_QUALITY_PEERS"):
        sys.path += map(str, Path(venv).glob("lib/python*/site-packages"))
    try:
        import fasttext
    except ImportError:
        return None
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8", errors="ignore") as file:
        file.writelines(f"__label__{int(keep[row])} {flat(texts[row])}" for row in rows)
        file.flush()
        return fasttext.train_supervised(file.name, dim=64, wordNgrams=2, epoch=5, lr=0.5, thread=1, verbose=0)


def flat(text: str, max_bytes: int | None = None) -> str:
    return text.encode("utf-8", "ignore")[:max_bytes].decode("utf-8", "ignore").replace("\n", " ") + "\n"


if __name__ == "__main__":
    if not DATA.is_dir():
        sys.exit(f"the labelled corpora are not at {DATA}; set REVIEW_SHARED to the folder that holds data/")
    found = speed()
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found))
