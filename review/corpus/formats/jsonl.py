"""JSON lines: one object a line; a row is a physical line, blank and broken ones included.

The standard library's parser, because it is exact: any integer, any escape. It takes NaN and repeated keys (the last
wins) as most writers mean them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

from review.corpus import files
from review.corpus.lines import line_batches, pick_lines
from review.corpus.plain import plain, plain_metadata
from review.corpus.reader import (
    Batch,
    BrokenFile,
    Column,
    Fault,
    Fields,
    Kind,
    Record,
    blank_line,
    missing_text,
    not_utf8,
    too_long,
)
from review.corpus.texts import make_batch, texts_from_strings

# Sound lines looked at to learn the columns.
LOOK = 1000


class JsonlReader:
    """One JSON lines file, plain, .gz or .zst."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        files.open_file(uri).close()

    def columns(self) -> list[Column]:
        kinds: dict[str, Kind] = {}
        looked = 0
        with files.open_stream(self.uri) as stream:
            for lines in line_batches(stream):
                for line in lines:
                    found = parse(line, 0)
                    if isinstance(found, Fault):
                        continue
                    for name, value in found.items():
                        kind = _kind(value)
                        # A string once is a string column: a null or a number elsewhere is that row's fault.
                        if kinds.get(name) != "string" and value is not None:
                            kinds[name] = kind
                        kinds.setdefault(name, kind)
                    looked += 1
                    if looked == LOOK:
                        return _columns(kinds)
        return _columns(kinds)

    def batches(self, fields: Fields) -> Iterator[Batch]:
        row = 0
        with files.open_stream(self.uri) as stream:
            try:
                for lines in line_batches(stream):
                    yield _batch(lines, row, fields)
                    row += len(lines)
            except BrokenFile as error:
                raise BrokenFile(f"It tears at or after row {row}: {error.detail}") from error

    def records(self, rows: Sequence[int], fields: Fields) -> Iterator[Record]:
        with files.open_stream(self.uri) as stream:
            for row, line in pick_lines(stream, rows):
                yield _record(line, row, fields)

    def footer(self, text: str) -> tuple[int, int] | None:
        return None


def parse(line: bytes | None, row: int) -> dict[str, Any] | Fault:
    """The object of a line, or why there is none."""
    if line is None:
        return too_long(row)
    try:
        found = json.loads(line.decode("utf-8"))
    except UnicodeDecodeError as error:
        return not_utf8(row, error)
    except (ValueError, RecursionError) as error:
        if not line.strip():
            return blank_line(row)
        return Fault(row, "not_json", f"The line is not JSON: {error}.")
    if not isinstance(found, dict):
        return Fault(row, "not_an_object", f"The line is a JSON {_name(found)}, not an object with columns.")
    return found


def _batch(lines: list[bytes | None], first_row: int, fields: Fields) -> Batch:
    texts: list[str | None] = []
    ids: list[str | None] = []
    faults = []
    for row, line in enumerate(lines, first_row):
        found = parse(line, row)
        text = found if isinstance(found, Fault) else _text(found, fields.text, row)
        if isinstance(text, Fault):
            faults.append(text)
            texts.append(None)
        else:
            texts.append(text)
        ids.append(None if isinstance(found, Fault) or fields.id is None else _id(found.get(fields.id)))
    array, surrogates = texts_from_strings(texts, first_row, _lone_surrogate)
    return make_batch(first_row, array, ids if fields.id else None, faults + surrogates)


def _record(line: bytes | None, row: int, fields: Fields) -> Record:
    batch = _batch([line], row, fields)
    if batch.faults:
        return Record(row, None, fault=batch.faults[0])
    found = parse(line, row)
    assert isinstance(found, dict)  # or the batch had a fault
    used = (fields.text, fields.id)
    chosen = [name for name in (found if fields.metadata is None else fields.metadata) if name not in used]
    return Record(
        row=row,
        text=found[fields.text],
        external_id=batch.ids[0] if batch.ids else None,
        metadata=plain_metadata(
            {name: found[name] for name in chosen if name in found}, whole=fields.metadata is not None
        ),
    )


def _text(found: dict[str, Any], name: str, row: int) -> str | Fault:
    text = found.get(name)
    if isinstance(text, str):
        return text
    if text is None:
        return missing_text(row)
    return Fault(row, "text_not_string", f"The text is a JSON {_name(text)}, not a string.")


def _id(value: Any) -> str | None:
    if isinstance(value, bool) or not isinstance(value, (str, int)):
        return None
    return str(plain(value))


def _lone_surrogate(row: int) -> Fault:
    return Fault(row, "lone_surrogate", "The text holds a lone surrogate escape, which UTF-8 cannot store.")


def _columns(kinds: dict[str, Kind]) -> list[Column]:
    return [Column(str(plain(name)), kind, kind) for name, kind in kinds.items()]


def _kind(value: Any) -> Kind:
    if isinstance(value, str):
        return "string"
    return "integer" if isinstance(value, int) and not isinstance(value, bool) else "other"


def _name(value: Any) -> str:
    names = {bool: "boolean", int: "number", float: "number", str: "string", list: "array", dict: "object"}
    return names.get(type(value), "null")
