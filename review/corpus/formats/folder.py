"""A folder of .txt files is one shard: a row is a file, in sorted order of its relative path, which is its id.

A byte order mark is a signature, not text; line ends stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from posixpath import basename

from review.corpus import files
from review.corpus.reader import (
    MAX_RECORD,
    Batch,
    Column,
    Fault,
    Fields,
    Record,
    not_utf8,
    too_long,
)
from review.corpus.texts import encodable, make_batch, texts_from_strings
from review.errors import ReviewError

BATCH_FILES = 256
BATCH_BYTES = 16 << 20


class FolderReader:
    """One folder of text files, hidden files and linked folders left out."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.paths = files.text_files(uri)

    def columns(self) -> list[Column]:
        return [Column(name, "string", "string") for name in ("text", "path", "file")]

    def batches(self, fields: Fields) -> Iterator[Batch]:
        texts: list[str | Fault] = []
        first_row = size = 0
        for row in range(len(self.paths)):
            texts.append(self._text(row))
            size += len(texts[-1]) if isinstance(texts[-1], str) else 0
            if len(texts) == BATCH_FILES or size >= BATCH_BYTES:
                yield self._batch(texts, first_row)
                first_row, size, texts = row + 1, 0, []
        if texts:
            yield self._batch(texts, first_row)

    def records(self, rows: Sequence[int], fields: Fields) -> Iterator[Record]:
        for row in rows:
            if row >= len(self.paths):
                return
            batch = self._batch([self._text(row)], row)
            path = _printable(self.paths[row])
            found = {"path": path, "file": basename(path)}
            chosen = found if fields.metadata is None else fields.metadata
            metadata = {name: found[name] for name in chosen if name in found}
            fault = batch.faults[0] if batch.faults else None
            yield Record(row, batch.texts[0].as_py(), path, metadata, fault)

    def footer(self, text: str) -> tuple[int, int] | None:
        return None

    def _text(self, row: int) -> str | Fault:
        path = files.join(self.uri, self.paths[row])
        try:
            with files.readable(path), files.open_file(path) as file:
                raw = file.read(MAX_RECORD + 1)
        except ReviewError as error:
            return Fault(row, "unreadable", str(error))
        if len(raw) > MAX_RECORD:
            return too_long(row)
        try:
            return raw.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            return not_utf8(row, error)

    def _batch(self, texts: list[str | Fault], first_row: int) -> Batch:
        values = [None if isinstance(text, Fault) else text for text in texts]
        array, _ = texts_from_strings(values, first_row, not_utf8)
        ids: list[str | None] = [_printable(path) for path in self.paths[first_row : first_row + len(texts)]]
        return make_batch(first_row, array, ids, [text for text in texts if isinstance(text, Fault)])


def _printable(path: str) -> str:
    """A path as text: bytes of its name that are not UTF-8 are written as \\x.."""
    if encodable(path):
        return path
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
