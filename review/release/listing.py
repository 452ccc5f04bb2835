"""A release as a table: one row a shard, as CSV and Parquet, with what the manifest says of it.

Shares are fractions in 0..1. CSV cells that a spreadsheet would run as a formula get an apostrophe in front (see
`cells`). The same rows give the same bytes, for Parquet with the same version of pyarrow.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from typing import Any

from review.release.cells import guard, whole_characters

TEXT, COUNT, SHARE, FLAG = "string", "int64", "float64", "bool_"
COLUMNS: dict[str, str] = {
    "name": TEXT,
    "corpus": TEXT,
    "path": TEXT,
    "format": TEXT,
    "rows": COUNT,
    "documents": COUNT,
    "bytes": COUNT,
    "sha256": TEXT,
    "labels": COUNT,
    "bad": COUNT,
    "low": SHARE,
    "high": SHARE,
    "confidence": SHARE,
    "sentence": TEXT,
    "ruling": TEXT,
    "overruled": FLAG,
    "by": TEXT,
    "confirmed_by": TEXT,
    "at": TEXT,
    "reason": TEXT,
}


def row(entry: Mapping[str, Any]) -> dict[str, Any]:
    """A shard of the manifest as one flat row."""
    certificate, decision = entry["certificate"], entry["decision"]
    flat = {name: entry.get(name) for name in ("name", "corpus", "path", "format", "rows", "documents", "bytes")}
    flat |= {"sha256": entry["sha256"], "labels": certificate.get("n"), "bad": certificate.get("bad")}
    flat |= {name: certificate.get(name) for name in ("low", "high", "confidence", "sentence")}
    flat |= {name: decision.get(name) for name in ("ruling", "overruled", "by", "confirmed_by", "at", "reason")}
    return {name: _whole(flat[name]) for name in COLUMNS}


def as_csv(entries: Sequence[Mapping[str, Any]]) -> str:
    """The table as CSV with a header."""
    file = io.StringIO(newline="")
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    for entry in entries:
        writer.writerow([guard(value) if isinstance(value, str) else value for value in row(entry).values()])
    return file.getvalue()


def as_parquet(entries: Sequence[Mapping[str, Any]]) -> bytes:
    """The table as a Parquet file."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    schema = pa.schema([(name, getattr(pa, kind)()) for name, kind in COLUMNS.items()])
    sink = pa.BufferOutputStream()
    pq.write_table(pa.Table.from_pylist([row(entry) for entry in entries], schema=schema), sink)
    return bytes(sink.getvalue())


def _whole(value: Any) -> Any:
    return whole_characters(value) if isinstance(value, str) else value
