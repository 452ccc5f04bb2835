"""Score shards into sidecars: for every row of the shard one row with its number, P(keep), whether it has one, the
bytes of its text and its novelty. A novel document is unlike all that was labelled: its score is not to be trusted,
and it does not count as kept.

A sidecar names the model and the shard's fingerprint in its schema metadata and appears whole or not at all, so a run
that was stopped goes on where it was: sidecars that are already right are skipped.
"""

from __future__ import annotations

import hashlib
import json
import os
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, wait
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from review.records import Shard
from review.scoring.totals import Totals

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from review.classifier import TrainedModel

BATCH_ROWS = 4_096
_MODEL, _FINGERPRINT, _TOTALS = b"review.model", b"review.fingerprint", b"review.totals"
_NAME_BYTES = 200  # of a path component; file systems take 255 at most, the suffix needs some


@dataclass(frozen=True, slots=True)
class ScoreReport:
    """What became of one shard."""

    shard: str
    path: Path
    model: str
    rows: int
    scored: int  # rows with a score; the others were refused at ingest
    kept: int  # rows at or above the model's threshold, none of them novel
    novel: int  # rows unlike all that was labelled
    novelty: float  # mean novelty of the rows that have a score, 0 without one
    seconds: float
    skipped: bool  # the sidecar was there already


def sidecar_path(shard: Shard, out_dir: Path) -> Path:
    """Where a shard's scores go: the shard's name below out_dir, each part quoted so that it cannot lead elsewhere."""
    parts = [_quoted(part) for part in shard.name.split("/")]
    return Path(out_dir).joinpath(*parts[:-1], parts[-1] + ".scores.parquet")


def _quoted(part: str) -> str:
    """A part of a shard's name as one harmless file name; a long one ends in a hash, so that no two become one."""
    name = quote(part, safe="") or "%"
    if set(name) == {"."}:
        name = name.replace(".", "%2E")
    if len(name) > _NAME_BYTES:
        name = f"{name[: _NAME_BYTES - 33]}~{hashlib.sha256(part.encode()).hexdigest()[:32]}"
    return name


def score_shard(model_dir: Path, shard: Shard, out_dir: Path) -> ScoreReport:
    """Score one shard; memory does not grow with it. Raises ModelError, and CorpusError where the shard changed."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    started = time.perf_counter()
    path = sidecar_path(shard, out_dir)
    if done := _finished(path, _version(str(model_dir), _modified(model_dir)), shard):
        return done
    model = _model(str(model_dir), _modified(model_dir))
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    columns: dict[str, pa.DataType] = {
        "row": pa.int64(), "score": pa.float32(), "ok": pa.bool_(), "bytes": pa.int32(), "novelty": pa.float32()
    }  # fmt: skip
    schema = pa.schema(columns).with_metadata({_MODEL: model.version.encode(), _FINGERPRINT: _stamp(shard).encode()})
    total = Totals()
    try:
        with pq.ParquetWriter(part, schema) as writer:
            for numbers, scores, sizes, novelty, ok in _scores(model, shard):
                null = ~ok
                arrays = [numbers, pa.array(scores, mask=null), ok, sizes, pa.array(novelty, mask=null)]
                writer.write_batch(pa.record_batch(arrays, schema=schema))
                total += Totals.of(scores[ok], sizes[ok], novelty[ok], model.threshold, len(ok))
            writer.add_key_value_metadata({_TOTALS.decode(): total.to_json()})
        with part.open("rb") as file:
            os.fsync(file.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
    return _report(shard, path, model.version, total, time.perf_counter() - started, skipped=False)


def score_shards(
    model_dir: Path,
    shards: Sequence[Shard],
    out_dir: Path,
    *,
    workers: int | None = None,
    progress: Callable[[int, int, ScoreReport], None] | None = None,
    cancel: Callable[[], bool] | None = None,
) -> list[ScoreReport]:
    """Score shards in processes, largest first; reports in the order of `shards`, fewer when it was cancelled.

    workers: processes, by default one a core; 1 works in this process. progress: called with (done, total, report).
    The first error stops the run and is raised; sidecars written before stay and are skipped next time.
    """
    workers = min(workers or os.cpu_count() or 1, len(shards))
    reports: dict[str, ScoreReport] = {}

    def note(report: ScoreReport) -> None:
        reports[report.shard] = report
        if progress:
            progress(len(reports), len(shards), report)

    ordered = sorted(shards, key=lambda shard: -shard.characters)
    if workers <= 1:
        for shard in ordered:
            if cancel and cancel():
                break
            note(score_shard(model_dir, shard, out_dir))
    else:
        from joblib.externals.loky import ProcessPoolExecutor

        # Not forked: a fork would copy the locks of threads that run in the web process. Not multiprocessing's "spawn"
        # either: it runs sys.modules["__main__"] again in each worker, and Streamlit puts every page's script there.
        with ProcessPoolExecutor(workers) as pool:
            waiting = {pool.submit(score_shard, model_dir, shard, out_dir) for shard in ordered}
            try:
                while waiting:
                    done, waiting = wait(waiting, timeout=0.5, return_when=FIRST_COMPLETED)
                    for future in done:
                        note(future.result())
                    if cancel and cancel():
                        break
            finally:
                for future in waiting:
                    future.cancel()
    return [reports[shard.name] for shard in shards if shard.name in reports]


def _report(shard: Shard, path: Path, version: str, total: Totals, seconds: float, *, skipped: bool) -> ScoreReport:
    mean = total.novelty / total.scored if total.scored else 0.0
    return ScoreReport(
        shard.name, path, version, total.rows, total.scored, total.kept, total.novel, mean, seconds, skipped
    )


def _scores(model: TrainedModel, shard: Shard) -> Iterator[tuple[Any, ...]]:
    """Row numbers, scores, bytes, novelty of every batch, and which rows have a text."""
    import numpy as np

    from review.corpus import iter_texts
    from review.signals.scan import Scanner, Texts

    scanner = Scanner()
    needs_text = model.encoder is not None
    max_bytes = model.card["settings"]["max_bytes"]
    for batch in iter_texts(shard, BATCH_ROWS):
        column = batch.column("text")
        texts = [text or "" for text in column.to_pylist()] if needs_text else None
        encoded = Texts.from_arrow(column)
        sizes = (encoded.ends - encoded.starts).astype(np.int32)
        logits, novelty = model.read(scanner, encoded.cut(max_bytes), texts)
        scores = model.calibration(logits).astype(np.float32)
        yield batch.column("row"), scores, sizes, novelty, ~np.asarray(column.is_null())


def _finished(path: Path, version: str, shard: Shard) -> ScoreReport | None:
    """The report of a sidecar that this version already wrote for these bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not version:
        return None
    try:
        file = pq.ParquetFile(path)
    except (OSError, pa.ArrowInvalid):
        return None
    with file:
        found: dict[bytes, bytes] = file.metadata.metadata or {}
        rows = file.metadata.num_rows
    right = found.get(_MODEL) == version.encode() and found.get(_FINGERPRINT) == _stamp(shard).encode()
    if not right or rows != shard.rows or _TOTALS not in found:
        return None
    return _report(shard, path, version, Totals.from_json(found[_TOTALS]), 0.0, skipped=True)


def read_scores(shard: Shard, version: str, out_dir: Path, column: str = "score") -> NDArray[np.float32] | None:
    """Scores (or "novelty") by row, NaN for refused rows; None without a sidecar of this model for these bytes."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        table = pq.read_table(sidecar_path(shard, out_dir), columns=[column])
    except (OSError, pa.ArrowInvalid):
        return None
    found = table.schema.metadata or {}
    if (found.get(_MODEL), found.get(_FINGERPRINT)) != (version.encode(), _stamp(shard).encode()):
        return None
    return np.asarray(table[column].to_numpy(), np.float32) if len(table) == shard.rows else None


def read_totals(shard: Shard, version: str, out_dir: Path) -> Totals | None:
    """What a shard's sidecar comes to, from its footer alone; None when there is none of this model for these bytes."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        found: dict[bytes, bytes] = pq.read_metadata(sidecar_path(shard, out_dir)).metadata or {}
    except (OSError, pa.ArrowInvalid):
        return None
    if (found.get(_MODEL), found.get(_FINGERPRINT)) != (version.encode(), _stamp(shard).encode()):
        return None
    return Totals.from_json(found[_TOTALS]) if _TOTALS in found else None


def _stamp(shard: Shard) -> str:
    """The fingerprint without its time: a copied file with the same bytes keeps its scores."""
    parts: dict[str, Any] = asdict(shard.fingerprint)
    return json.dumps({key: parts[key] for key in ("bytes", "digest")}, sort_keys=True)


def _modified(model_dir: Path) -> int:
    card = Path(model_dir) / "card.json"
    return card.stat().st_mtime_ns if card.exists() else 0


@lru_cache(maxsize=2)
def _version(model_dir: str, _modified: int) -> str:
    """What a model's card calls it, which is known long before the model is loaded; "" without a card to be read."""
    try:
        card = json.loads((Path(model_dir) / "card.json").read_bytes())
    except (OSError, ValueError):
        return ""
    return str(card.get("version", "")) if isinstance(card, dict) else ""


@lru_cache(maxsize=2)
def _model(model_dir: str, _modified: int) -> TrainedModel:
    from review.classifier import load

    return load(Path(model_dir))
