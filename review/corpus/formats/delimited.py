"""CSV and TSV: UTF-8, one header, quotes as in RFC 4180 (in TSV too); a row is a record after the header.

Parsing is strict: where a quote is not closed or is followed by anything but a delimiter, nobody can say where the next
record starts, so the whole file is refused rather than its rows guessed. A record with another number of fields than
the header has, or a blank line, is refused as a row. Bytes that are not UTF-8 spoil only their record.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence

from review.corpus import files
from review.corpus.lines import line_batches
from review.corpus.plain import plain, plain_metadata
from review.corpus.reader import (
    MAX_RECORD,
    Batch,
    BrokenFile,
    Column,
    Fault,
    Fields,
    Record,
    blank_line,
    not_utf8,
    refuse_missing,
    refuse_repeated_names,
)
from review.corpus.texts import encodable, make_batch, texts_from_strings

BATCH_ROWS = 1 << 14
BATCH_CHARACTERS = 4 << 20

# The module's own limit is 128 KiB a field, shorter than many documents. It is global: no other code here uses csv.
csv.field_size_limit(MAX_RECORD)


class CsvReader:
    """One CSV file, plain, .gz or .zst."""

    delimiter = ","

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.header = next(self._parse(), None)
        if self.header is None:
            raise BrokenFile("The file is empty: it has not even a header.", "empty_file")
        if not all(map(encodable, self.header)):
            raise BrokenFile("The header is not UTF-8. Convert the file to UTF-8.", "not_utf8")
        other = [mark for mark in ",;\t|" if len(self.header) == 1 and mark in self.header[0]]
        if other:
            raise BrokenFile(
                f"The header is one column, {self.header[0]!r}: it seems to be delimited by {other[0]!r}, "
                f"but {self.delimiter!r} is expected (.csv: comma, .tsv: tab)."
            )
        refuse_repeated_names(self.header)

    def columns(self) -> list[Column]:
        return [Column(name, "string", "string") for name in self.header or ()]

    def batches(self, fields: Fields) -> Iterator[Batch]:
        refuse_missing(fields, self.header or ())
        records: list[list[str]] = []
        first_row = characters = 0
        for record in self._records():
            records.append(record)
            characters += sum(map(len, record))
            if len(records) == BATCH_ROWS or characters >= BATCH_CHARACTERS:
                yield self._batch(records, first_row, fields)
                first_row, characters, records = first_row + len(records), 0, []
        if records:
            yield self._batch(records, first_row, fields)

    def records(self, rows: Sequence[int], fields: Fields) -> Iterator[Record]:
        refuse_missing(fields, self.header or ())
        wanted = iter(rows)
        row = next(wanted, None)
        for number, record in enumerate(self._records()):
            if row is None:
                return
            if number == row:
                yield self._record(record, row, fields)
                row = next(wanted, None)

    def footer(self, text: str) -> tuple[int, int] | None:
        return None

    def _parse(self) -> Iterator[list[str]]:
        """Header and records. Bytes that are not UTF-8 become lone surrogates, which no UTF-8 decodes to."""
        row = -1

        def place(row: int) -> str:
            return "the header" if row < 0 else f"row {row}"

        try:
            for record in csv.reader(self._lines(), delimiter=self.delimiter, strict=True):
                yield record
                row += 1
        except csv.Error as error:
            raise BrokenFile(
                f"It tears at {place(row)}: {error}. Quotes are doubled inside a quoted field; "
                "a file that does not quote so is better given as JSON lines."
            ) from error
        except BrokenFile as error:
            raise BrokenFile(f"It tears at {place(row)}: {error.detail}") from error

    def _records(self) -> Iterator[list[str]]:
        found = self._parse()
        next(found, None)
        return found

    def _lines(self) -> Iterator[str]:
        with files.open_stream(self.uri) as stream:
            for lines in line_batches(stream):
                for line in lines:
                    if line is None:
                        raise BrokenFile(f"A line is longer than {MAX_RECORD >> 20} MiB.")
                    yield line.decode("utf-8", "surrogateescape") + "\n"

    def _fault(self, record: list[str], row: int) -> Fault | None:
        if not record:
            return blank_line(row)
        expected = len(self.header or ())
        if len(record) != expected:
            return Fault(row, "field_count", f"The record has {len(record)} fields, the header {expected}.")
        return None

    def _batch(self, records: list[list[str]], first_row: int, fields: Fields) -> Batch:
        assert self.header is not None
        place = self.header.index(fields.text)
        found = [self._fault(record, row) for row, record in enumerate(records, first_row)]
        texts: list[str | None] = [r[place] if f is None else None for r, f in zip(records, found, strict=True)]
        array, undecodable = texts_from_strings(texts, first_row, not_utf8)
        ids: list[str | None] | None = None
        if fields.id is not None:
            at = self.header.index(fields.id)
            ids = [(_printable(r[at]) or None) if f is None else None for r, f in zip(records, found, strict=True)]
        return make_batch(first_row, array, ids, [fault for fault in found if fault] + undecodable)

    def _record(self, record: list[str], row: int, fields: Fields) -> Record:
        batch = self._batch([record], row, fields)
        if batch.faults:
            return Record(row, None, fault=batch.faults[0])
        values = dict(zip(self.header or (), record, strict=True))
        used = (fields.text, fields.id)
        chosen = [name for name in (values if fields.metadata is None else fields.metadata) if name not in used]
        metadata = plain_metadata(
            {name: _printable(values[name]) for name in chosen if name in values}, whole=fields.metadata is not None
        )
        return Record(row, values[fields.text], batch.ids[0] if batch.ids else None, metadata)


class TsvReader(CsvReader):
    """One TSV file, plain, .gz or .zst."""

    delimiter = "\t"


def _printable(value: str) -> str:
    """A field with bytes that are not UTF-8 written as \\x.."""
    if encodable(value):
        return value
    raw = value.encode("utf-8", "surrogateescape")
    return str(plain(raw.decode("utf-8", "backslashreplace")))
