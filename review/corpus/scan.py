"""One pass over a file: what shard it is, and what of it had to be refused."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow.compute as pc

from review.corpus import files
from review.corpus.fingerprint import fingerprint
from review.corpus.formats import READERS, UNKNOWN, allowed_suffixes
from review.corpus.reader import (
    Batch,
    BrokenFile,
    Column,
    Fault,
    Fields,
    Reader,
    choose_id_column,
    choose_text_column,
)
from review.corpus.sources import Source
from review.corpus.texts import encodable
from review.errors import CorpusError
from review.records import Refusal, Shard

KEPT_REFUSALS = 1000
MAX_DETAIL = 500

Progress = Callable[[int], None]  # called with the number of rows read since the last call


@dataclass(frozen=True, slots=True)
class Scan:
    """What a file held. Either `shard` is set, and then documents + sum(refused.values()) == rows, or `refusal` is.

    exact: false after `full=False` on Parquet. Then only the footer was read: `shard.documents` is an upper bound (rows
    less the null texts the footer counts), `shard.characters` is 0 for "not counted", `shard.excluded` is empty, and
    null, blank, undecodable or repeated rows are found only when drawn. `shard.metadata["exact"]` says the same.
    """

    shard: Shard | None
    refusal: Refusal | None = None  # of the whole file
    refusals: list[Refusal] = field(default_factory=list)  # the first 1,000 refused rows; or the whole file's alone
    refused: dict[str, int] = field(default_factory=dict)  # by reason, all refused rows; or the whole file as one
    exact: bool = True


def scan(
    source: Source,
    *,
    text_column: str | None = None,
    id_column: str | None = None,
    metadata_columns: Sequence[str] = (),
    full: bool = True,
    progress: Progress | None = None,
) -> Scan:
    """Read a file once and describe it. Never raises for what a file holds: a bad file or row becomes a refusal.

    The id column is the named one, else a column `id`. A repeated id is refused within one file, the first row staying;
    across files ids may repeat, because corpora number their files apart and snapshots overlap on purpose.
    `metadata_columns` empty: every other column that is small. `full=False`: see `Scan.exact`; other formats than
    Parquet have no footer that counts rows and are read in full all the same.
    Memory is flat but for 8 bytes a row with an id and 8 a refused row.
    """
    ledger = _Ledger(source.uri)
    try:
        shard = _scan(source, text_column, id_column, tuple(metadata_columns), full, progress, ledger)
    except BrokenFile as error:
        return ledger.refuse_file(error.reason, error.detail)
    except files.MissingFile as error:
        return ledger.refuse_file("missing_file", str(error))
    except CorpusError as error:
        return ledger.refuse_file("unreadable", str(error))
    except Exception as error:
        if not files.is_remote(source.uri):
            raise
        return ledger.refuse_file("unreadable", f"{type(error).__name__}: {error}")  # see files.readable
    return Scan(shard, None, ledger.first(), dict(ledger.counts), bool(shard.metadata["exact"]))


def _scan(
    source: Source,
    text_column: str | None,
    id_column: str | None,
    metadata_columns: tuple[str, ...],
    full: bool,
    progress: Progress | None,
    ledger: _Ledger,
) -> Shard:
    _refuse_by_name(source)
    before = files.stat(source.uri)
    if before[0] == 0 and source.format != "text":
        raise BrokenFile("The file is empty.", "empty_file")
    reader = READERS[source.format](source.uri)
    columns = reader.columns()
    fields = _choose(columns, text_column, id_column, metadata_columns)

    footer = None if full else reader.footer(fields.text)
    if footer is None:
        rows, characters = _read(reader, fields, ledger, progress)
        documents = rows - len(ledger.rows)
    else:
        rows, characters = footer[0], 0
        documents = rows - footer[1]
        if progress:
            progress(rows)
    if not rows:
        raise BrokenFile("The file has no rows.", "empty_file")
    if not documents:
        why = ", ".join(f"{count:,} {reason}" for reason, count in ledger.counts.most_common()) or "all null"
        raise BrokenFile(f"None of its {rows:,} rows is a document: {why}.", "no_documents")

    seen = fingerprint(source.uri)
    if (seen.bytes, seen.mtime_ns) != before:
        raise BrokenFile(
            "The file changed while it was read. Ingest it again when it is finished.", "changed_while_read"
        )
    metadata: dict[str, Any] = {"exact": footer is None, "metadata_columns": list(metadata_columns)}
    return Shard(
        name=source.name,
        corpus=source.corpus,
        uri=source.uri,
        format=source.format,
        rows=rows,
        documents=documents,
        characters=characters,
        fingerprint=seen,
        columns=tuple(column.name for column in columns),
        text_column=fields.text,
        id_column=fields.id,
        excluded=tuple(sorted(ledger.rows)),
        metadata=metadata,
    )


def _refuse_by_name(source: Source) -> None:
    if not encodable(source.uri):
        raise BrokenFile("The file's name is not UTF-8, so no record can hold it. Rename it.", "file_name")
    if source.format == UNKNOWN:
        hint = " A folder of .txt files is one shard: give the folder." if source.uri.endswith(".txt") else ""
        raise BrokenFile(f"Its suffix is not one that is read: {allowed_suffixes()}.{hint}", "unknown_format")


def _choose(columns: list[Column], text: str | None, id_: str | None, metadata: tuple[str, ...]) -> Fields:
    if not columns:
        raise BrokenFile("No row of it has columns: no line is a sound object.", "no_documents")
    try:
        return Fields(choose_text_column(columns, text), choose_id_column(columns, id_), metadata or None)
    except CorpusError as error:
        raise BrokenFile(str(error), "no_such_column") from error


def _read(reader: Reader, fields: Fields, ledger: _Ledger, progress: Progress | None) -> tuple[int, int]:
    """Rows and characters of the file; what is refused goes to the ledger."""
    rows = characters = 0
    hashes: list[np.ndarray[Any, np.dtype[np.int64]]] = []
    for batch in reader.batches(fields):
        ledger.add(batch.faults)
        rows += len(batch.texts)
        characters += pc.sum(pc.utf8_length(batch.texts)).as_py() or 0
        if batch.ids is not None:
            hashes.append(_hashes(batch))
        if progress:
            progress(len(batch.texts))
    repeats = _repeated(hashes)
    if repeats:
        ledger.add(list(_duplicates(reader, fields, repeats, set(ledger.rows), lost := array("q"))))
        characters -= sum(lost)
    return rows, characters


def _hashes(batch: Batch) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Hashes of the ids of a batch's documents; only compared within this process."""
    assert batch.ids is not None
    sound = batch.texts.is_valid().to_pylist()
    return np.array([hash(i) for i, ok in zip(batch.ids, sound, strict=True) if ok and i is not None], np.int64)


def _repeated(hashes: list[np.ndarray[Any, np.dtype[np.int64]]]) -> set[int]:
    """Hashes that occur more than once. Few are chance collisions; `_duplicates` looks at the ids themselves."""
    if not hashes:
        return set()
    ordered = np.sort(np.concatenate(hashes))
    return set(ordered[1:][ordered[1:] == ordered[:-1]].tolist())


def _duplicates(
    reader: Reader, fields: Fields, repeats: set[int], excluded: set[int], lost: array[int]
) -> Iterator[Fault]:
    """Second and later rows of each repeated id, in a second pass that only files with repeats pay for."""
    first: dict[str, int] = {}
    for batch in reader.batches(fields):
        for i, name in enumerate(batch.ids or ()):
            row = batch.first_row + i
            if name is None or row in excluded or hash(name) not in repeats:
                continue
            if name in first:
                lost.append(len(batch.texts[i].as_py()))
                yield Fault(row, "duplicate_id", f"Its id {name[:200]!r} is already that of row {first[name]}.")
            else:
                first[name] = row


class _Ledger:
    """Refused rows of one file: all counted, the first 1,000 kept."""

    def __init__(self, uri: str) -> None:
        self.uri = printable(uri)
        self.counts: Counter[str] = Counter()
        self.rows = array("q")
        self._kept: list[Fault] = []

    def add(self, faults: list[Fault]) -> None:
        """Count faults; within one call they are in row order."""
        for fault in faults:
            self.counts[fault.reason] += 1
            self.rows.append(fault.row)
        self._kept = sorted(self._kept + faults[:KEPT_REFUSALS], key=lambda fault: fault.row)[:KEPT_REFUSALS]

    def first(self) -> list[Refusal]:
        return [Refusal(self.uri, f.row, f.reason, printable(f.detail)[:MAX_DETAIL]) for f in self._kept]

    def refuse_file(self, reason: str, detail: str) -> Scan:
        """The whole file is refused, whatever rows of it were sound."""
        refusal = Refusal(self.uri, None, reason, printable(detail)[:MAX_DETAIL])
        return Scan(None, refusal, [refusal], {reason: 1})


def printable(text: str) -> str:
    """Text that UTF-8 can hold: parts of file names that are not UTF-8 are written as \\x.. or \\u...."""
    try:
        text.encode("utf-8")
        return text
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode("utf-8")
