"""What every format must offer, and what the readers share: columns and faults.

A format is a small class that opens one file. Rows are numbered physically from 0: Parquet and Arrow rows, JSONL lines
(blank and broken ones too), CSV records after the header, files of a folder in sorted order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

import pyarrow as pa

from review.errors import CorpusError

# Longest line, CSV record or text file that is read, in bytes: what keeps memory flat on a file without line ends.
MAX_RECORD = 64 << 20

TEXT_NAMES = ("text", "content", "raw_content", "body", "document")
ID_NAME = "id"

Kind = Literal["string", "binary", "integer", "other"]


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a file. Where a file has no schema, as JSONL, what its first rows show."""

    name: str
    kind: Kind
    type: str  # as shown to people, e.g. "large_string"


@dataclass(frozen=True, slots=True)
class Fields:
    """The columns a reader is asked for. `metadata` None: all others that are small."""

    text: str
    id: str | None = None
    metadata: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Fault:
    """Why a row is not a document: a stable code and one readable sentence."""

    row: int
    reason: str
    detail: str


@dataclass(frozen=True, slots=True)
class Batch:
    """Consecutive rows. `texts` is a large_string array, null exactly where a fault stands."""

    first_row: int
    texts: pa.LargeStringArray
    ids: list[str | None] | None
    faults: list[Fault]


@dataclass(frozen=True, slots=True)
class Record:
    """One row in full: a text, or the fault that takes its place."""

    row: int
    text: str | None
    external_id: str | None = None
    metadata: Mapping[str, Any] = field(default_factory=dict)
    fault: Fault | None = None


class BrokenFile(Exception):
    """The file as a whole cannot be read as rows; caught in `scan`, where it becomes a refusal."""

    def __init__(self, detail: str, reason: str = "broken_file") -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail


class Reader(Protocol):
    """One file of one format."""

    def __init__(self, uri: str) -> None: ...

    def columns(self) -> list[Column]:
        """The columns there are, in file order. Raises BrokenFile, CorpusError."""

    def batches(self, fields: Fields) -> Iterator[Batch]:
        """Every row in order, text and id only, memory flat. Raises BrokenFile where the file tears."""

    def records(self, rows: Sequence[int], fields: Fields) -> Iterator[Record]:
        """The given rows (sorted, distinct) in order. Rows past the end of the file are not yielded."""

    def footer(self, text: str) -> tuple[int, int] | None:
        """Rows and null texts as far as a footer tells without reading rows; None: the format has no such footer."""


def choose_text_column(columns: Sequence[Column], named: str | None = None) -> str:
    """The text column: the named one, else the first of `TEXT_NAMES` there is, else the only string column.

    Raises CorpusError, naming the columns there are, when the file has no such column or the choice is not clear.
    """
    by_name = {column.name: column for column in columns}
    if named is not None:
        if named not in by_name:
            raise CorpusError(f"There is no column {named!r}. The file has {describe(columns)}.")
        if by_name[named].kind not in ("string", "binary"):
            raise CorpusError(f"Column {named!r} is {by_name[named].type}, not text. The file has {describe(columns)}.")
        return named
    for name in TEXT_NAMES:
        if name in by_name and by_name[name].kind == "string":
            return name
    strings = [column.name for column in columns if column.kind == "string"]
    if len(strings) == 1:
        return strings[0]
    found = "is no string column" if not strings else f"are {len(strings)} string columns"
    raise CorpusError(
        f"The text column is not clear: none is named {', '.join(TEXT_NAMES)}, and there {found}. "
        f"The file has {describe(columns)}. Name one with --text-column or text_column in review.toml."
    )


def choose_id_column(columns: Sequence[Column], named: str | None = None) -> str | None:
    """The id column: the named one, else a string or integer column called `id`, else None. Raises CorpusError."""
    by_name = {column.name: column for column in columns}
    wanted = by_name.get(ID_NAME if named is None else named)
    if wanted is not None and wanted.kind in ("string", "integer"):
        return wanted.name
    if named is None:
        return None
    what = f"There is no id column {named!r}" if wanted is None else f"Id column {named!r} is {wanted.type}"
    raise CorpusError(f"{what}. The file has {describe(columns)}; an id is a string or an integer.")


def refuse_repeated_names(names: Sequence[str]) -> None:
    """Raise BrokenFile when two columns share a name: which of them is the text would be a guess."""
    repeated = sorted({name for name in names if names.count(name) > 1})
    if repeated:
        listed = ", ".join(map(repr, repeated))
        raise BrokenFile(
            f"Several columns are named {listed}. Rename them, so that each name is unique.", "duplicate_column"
        )


def refuse_missing(fields: Fields, names: Sequence[str]) -> None:
    """Raise BrokenFile when the text or id column chosen at the scan is not in the file (any more)."""
    for name in (fields.text, fields.id):
        if name is not None and name not in names:
            raise BrokenFile(f"There is no column {name!r} in it.", "no_such_column")


def describe(columns: Sequence[Column]) -> str:
    """The columns in words, at most 40 of them."""
    if not columns:
        return "no columns"
    shown = ", ".join(f"{column.name!r} ({column.type})" for column in columns[:40])
    return f"columns {shown}" + (f" and {len(columns) - 40} more" if len(columns) > 40 else "")


# -- faults that several formats have ---------------------------------------------------------------------------------


def missing_text(row: int) -> Fault:
    return Fault(row, "missing_text", "The row has no text.")


def empty_text(row: int) -> Fault:
    return Fault(row, "empty_text", "The text is empty or only white space.")


def not_utf8(row: int, error: UnicodeDecodeError | None = None) -> Fault:
    where = f" at byte {error.start}" if error else ""
    return Fault(row, "not_utf8", f"The row is not UTF-8{where}.")


def too_long(row: int) -> Fault:
    return Fault(row, "too_long", f"The row is longer than {MAX_RECORD >> 20} MiB.")


def blank_line(row: int) -> Fault:
    return Fault(row, "blank_line", "The line is blank.")
