"""Rows of a JSONL, CSV, TSV or Parquet file, streamed; a bad row is refused and the rest goes on."""

from __future__ import annotations

import csv
import gzip
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import IO, Any, Protocol, cast

from review.errors import NotFound, RefusedLabel
from review.records import Refusal

BATCH = 1_000
CELL_LIMIT = 1 << 30  # the csv module's own limit of 128 KiB a cell is shorter than many documents

Row = Mapping[str, Any] | Refusal


class Reader(Protocol):
    def __call__(self, path: Path) -> Iterator[tuple[int, Row]]: ...


def read_table(path: Path) -> Iterator[tuple[int, Row]]:
    """(row number, row) of every row, 0-based without the header. A row that cannot be read is a Refusal.

    Raises NotFound, or RefusedLabel when the file as a whole cannot be read.
    """
    return _reader(path)(path)


def columns_of(path: Path) -> tuple[str, ...] | None:
    """The columns of a CSV, TSV or Parquet file; None for JSONL, where every line has its own.

    Raises as read_table does, and RefusedLabel when a column comes twice: which of them counts is not ours to guess.
    """
    reader = _reader(path)
    if reader is _jsonl:
        return None
    columns = _csv_columns(path) if reader is _csv else _parquet_columns(path)
    twice = next((name for name, times in Counter(columns).items() if times > 1), None)
    if twice is not None:
        raise RefusedLabel(f"{path} has the column {twice!r} more than once. Rename or delete all but one of them.")
    return columns


def _csv_columns(path: Path) -> tuple[str, ...]:
    csv.field_size_limit(CELL_LIMIT)
    with _opened(path) as file:
        try:
            return tuple(next(csv.reader(_decoded(_whole(path, file)), delimiter=_delimiter(path), strict=True), []))
        except csv.Error as error:
            raise RefusedLabel(f"The header of {path} is no CSV: {error}. Write the file again.") from error


def _parquet_columns(path: Path) -> tuple[str, ...]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return tuple(pq.read_schema(path).names)
    except (pa.ArrowException, OSError) as error:
        raise RefusedLabel(f"{path} is not a readable Parquet file: {error}.") from error


def _reader(path: Path) -> Reader:
    name = path.name.lower()
    reader = READERS.get(Path(name.removesuffix(".gz")).suffix)
    if reader is None or (reader is _parquet and name.endswith(".gz")):
        raise RefusedLabel(f"{path} is none of {', '.join(READERS)} (text files also with .gz). Convert it to one.")
    if not path.is_file():
        raise NotFound(f"There is no file {path}.")
    return reader


def _jsonl(path: Path) -> Iterator[tuple[int, Row]]:
    with _opened(path) as file:
        for number, line in enumerate(_whole(path, file)):
            if not line.strip():
                continue
            try:
                row = json.loads(line.decode("utf-8-sig" if number == 0 else "utf-8"))
            except UnicodeDecodeError as error:
                yield number, Refusal(str(path), number, "not_utf8", f"Line {number + 1} is not UTF-8: {error.reason}.")
                continue
            except ValueError as error:
                yield number, Refusal(str(path), number, "not_json", f"Line {number + 1} is not JSON: {error}.")
                continue
            except RecursionError:
                yield (
                    number,
                    Refusal(str(path), number, "not_json", f"Line {number + 1} is nested too deep to be read."),
                )
                continue
            if isinstance(row, dict):
                yield number, row
            else:
                yield number, Refusal(str(path), number, "not_an_object", f"Line {number + 1} is not a JSON object.")


def _csv(path: Path) -> Iterator[tuple[int, Row]]:
    csv.field_size_limit(CELL_LIMIT)
    with _opened(path) as file:
        reader = csv.reader(_decoded(_whole(path, file)), delimiter=_delimiter(path), strict=True)
        number = -1
        try:
            header = next(reader, [])
            for number, cells in enumerate(reader):
                if not cells:
                    continue
                if any("\udc80" <= character <= "\udcff" for cell in cells for character in cell):
                    yield number, Refusal(str(path), number, "not_utf8", f"Row {number} is not UTF-8.")
                elif len(cells) != len(header):
                    detail = f"Row {number} has {len(cells)} cells, the header has {len(header)}."
                    yield number, Refusal(str(path), number, "wrong_cells", detail)
                else:
                    yield number, dict(zip(header, cells, strict=True))
        except csv.Error as error:
            detail = f"After row {number} the file is no CSV any more ({error}); nothing behind it was read."
            yield number + 1, Refusal(str(path), number + 1, "broken_file", detail)


def _parquet(path: Path) -> Iterator[tuple[int, Row]]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    number = 0
    try:
        with pq.ParquetFile(path) as file:
            for batch in file.iter_batches(BATCH):
                for row in batch.to_pylist():
                    yield number, row
                    number += 1
    except (pa.ArrowException, OSError, ValueError, OverflowError) as error:  # text not UTF-8, years past 9999
        raise RefusedLabel(f"{path} cannot be read after row {number - 1}: {error}. Write the file again.") from error


READERS: dict[str, Reader] = {".jsonl": _jsonl, ".csv": _csv, ".tsv": _csv, ".parquet": _parquet}


def _opened(path: Path) -> IO[bytes]:
    return cast(IO[bytes], gzip.open(path, "rb")) if path.name.lower().endswith(".gz") else path.open("rb")


def _whole(path: Path, file: IO[bytes]) -> Iterator[bytes]:
    """The file's lines; a torn archive is refused instead of ending early."""
    try:
        yield from file
    except (OSError, EOFError) as error:
        raise RefusedLabel(f"{path} cannot be read to its end: {error}. Copy or compress it again.") from error


def _decoded(lines: Iterator[bytes] | IO[bytes]) -> Iterator[str]:
    """Lines as text; bytes that are no UTF-8 become lone surrogates, by which the row is refused."""
    for number, line in enumerate(lines):
        yield line.decode("utf-8-sig" if number == 0 else "utf-8", "surrogateescape")


def _delimiter(path: Path) -> str:
    return "\t" if path.name.lower().removesuffix(".gz").endswith(".tsv") else ","
