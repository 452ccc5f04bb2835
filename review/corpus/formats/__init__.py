"""The formats, by suffix. A new format is one file here and one line in each table."""

from __future__ import annotations

import os

from review.corpus.files import COMPRESSIONS
from review.corpus.formats.arrow import ArrowReader
from review.corpus.formats.delimited import CsvReader, TsvReader
from review.corpus.formats.folder import FolderReader
from review.corpus.formats.jsonl import JsonlReader
from review.corpus.formats.parquet import ParquetReader
from review.corpus.reader import Reader

READERS: dict[str, type[Reader]] = {
    "parquet": ParquetReader,
    "jsonl": JsonlReader,
    "csv": CsvReader,
    "tsv": TsvReader,
    "arrow": ArrowReader,
    "text": FolderReader,
}

# .json is read as JSON lines: C4 and Dolma call their shards .json.gz.
SUFFIXES = {
    ".parquet": "parquet",
    ".pq": "parquet",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
    ".json": "jsonl",
    ".csv": "csv",
    ".tsv": "tsv",
    ".arrow": "arrow",
    ".feather": "arrow",
    ".ipc": "arrow",
    ".arrows": "arrow",
}

COMPRESSIBLE = ("jsonl", "csv", "tsv")

UNKNOWN = "unknown"


def format_of(path: str) -> str:
    """The format a file name's suffix stands for, or `UNKNOWN`."""
    stem, suffix = os.path.splitext(path.lower())
    if suffix in COMPRESSIONS:
        inner = SUFFIXES.get(os.path.splitext(stem)[1], UNKNOWN)
        return inner if inner in COMPRESSIBLE else UNKNOWN
    return SUFFIXES.get(suffix, UNKNOWN)


def allowed_suffixes() -> str:
    """All suffixes that are read, for messages."""
    packed = [s for s, name in SUFFIXES.items() if name in COMPRESSIBLE]
    return f"{', '.join(SUFFIXES)}; {', '.join(packed)} also with {' or '.join(COMPRESSIONS)}; a folder of .txt files"
