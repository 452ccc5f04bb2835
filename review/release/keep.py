"""Document-level keep lists: of every released shard the rows that a model scores at or above a threshold.

`keep.parquet` has one row a kept document: shard, row, score. It says which model scored and which threshold cut, and
what is guaranteed of the cut, or that nothing is. For dolma there are attribute files as well, aligned with the rows of
each shard: to be put beside its documents folder, where dolma looks for them.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from review.errors import ReleaseError
from review.records import Shard
from review.release.formats import ATTRIBUTE, KEPT

FILE = "keep.parquet"
DOCUMENTS = "/documents/"

Scores = NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class Keep:
    """What a keep list is made by."""

    model: str
    threshold: float
    guarantee: str | None  # a sentence, where the labels prove something of this very threshold
    scores: Callable[[Shard], Scores | None]  # by row, NaN for rows that are no documents
    lines: Callable[[Shard], Iterator[bytes]] | None = None  # of a JSONL shard, for dolma's attributes


@dataclass(frozen=True, slots=True)
class Kept:
    """What was written: hashes of the files, and what the manifest says of them."""

    files: dict[str, str]
    facts: dict[str, Any]


def write_keep(folder: Path, shards: Sequence[Shard], keep: Keep, *, dolma: bool) -> Kept:
    """Write the list, shard by shard, into `folder`. Raises ReleaseError for a shard without scores."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    if dolma:
        _check_dolma(shards)
    columns: list[tuple[str, pa.DataType]] = [("shard", pa.string()), ("row", pa.int64()), ("score", pa.float32())]
    schema = pa.schema(columns)
    told = {"review.model": keep.model, "review.threshold": repr(keep.threshold)}
    told["review.guarantee"] = keep.guarantee or "none"
    files: dict[str, str] = {}
    rows = 0
    schema = schema.with_metadata(told)
    with pq.ParquetWriter(folder / FILE, schema) as writer:
        for shard in shards:
            scores = keep.scores(shard)
            if scores is None:
                raise ReleaseError(
                    f"Shard {shard.name!r} has no scores of {keep.model} for the file as it is. Score it first: "
                    "review score."
                )
            kept = np.flatnonzero(scores >= keep.threshold)
            rows += len(kept)
            listed: list[Any] = [pa.array([shard.name] * len(kept), pa.string()), pa.array(kept, pa.int64())]
            writer.write_table(pa.Table.from_arrays([*listed, pa.array(scores[kept])], schema=schema))
            if dolma and keep.lines is not None:
                name = attributes_of(shard)
                _write_attributes(folder / name, keep.lines(shard), scores, keep)
                files[name] = _sha256(folder / name)
    files[FILE] = _sha256(folder / FILE)
    facts = {"model": keep.model, "threshold": keep.threshold, "guarantee": keep.guarantee, "documents": rows}
    return Kept(files, facts)


def attributes_of(shard: Shard) -> str:
    """Where a shard's attributes stand in the release: as below dolma's attributes folder."""
    return f"attributes/{ATTRIBUTE}/{shard.uri.split(DOCUMENTS, 1)[1]}"


def _check_dolma(shards: Sequence[Shard]) -> None:
    """dolma finds the attributes of X/documents/Y in X/attributes/NAME/Y, and nowhere else."""
    for shard in shards:
        if shard.format != "jsonl" or shard.uri.count(DOCUMENTS) != 1 or not shard.uri.endswith(".gz"):
            raise ReleaseError(
                f"dolma takes attributes of .jsonl.gz files below one folder called documents; shard {shard.name!r} is "
                f"{shard.uri}. Leave the keep list out, or use another format."
            )
    names = [attributes_of(shard) for shard in shards]
    if len(set(names)) < len(names):
        raise ReleaseError("Two shards would have the same attribute file. Release their documents folders apart.")


def _write_attributes(path: Path, lines: Iterator[bytes], scores: Scores, keep: Keep) -> None:
    """One line a document: its id, and its score over the whole text where it is kept. gzip without a time, so that
    the same scores give the same bytes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with (
        path.open("xb") as raw,
        gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as file,
    ):
        for line, score in zip(lines, scores, strict=True):
            try:
                document = json.loads(line)
            except ValueError as error:
                raise ReleaseError(f"{path.name} holds a line that dolma cannot read: {error}.") from error
            kept = bool(score >= keep.threshold)
            spans = [[0, len(document.get("text", "")), float(score)]] if kept else []
            entry = {"id": document.get("id"), "attributes": {KEPT: spans}}
            file.write(json.dumps(entry, separators=(",", ":")).encode("ascii") + b"\n")
    with path.open("rb") as file_:
        os.fsync(file_.fileno())


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
