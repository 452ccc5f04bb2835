"""Single Parquet pages: a draw touches a few pages of a row group, which need not be decompressed whole.

Page headers are walked without reading the pages between them; the wanted pages (and the dictionary they use) are put,
bytes unchanged, into a Parquet file of one column in memory, which Arrow then decodes like any other. Format:
https://github.com/apache/parquet-format/blob/master/src/main/thrift/parquet.thrift
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from review.corpus.formats.footer import Chunk
from review.corpus.formats.thrift import BINARY, I32, I64, LIST, STRUCT, read_struct, write_struct

CODECS = (0, 1, 2, 4, 6)  # none, snappy, gzip, brotli, zstd
BYTE_ARRAY = 6
OPTIONAL = 1
ENCODINGS = (0, 2, 3, 6, 7, 8)  # a hint for readers: each page header names its own
DATA, DICTIONARY, DATA_V2 = 0, 2, 3

# A header holds the page's least and greatest text, so it may be large: then twice as much is read until it fits.
HEADER = 4096

# Pages decoded at a time, in uncompressed bytes.
TOGETHER = 16 << 20


@dataclass(frozen=True, slots=True)
class Page:
    """Where a page lies: the header at `offset`, `size` bytes with the header; `rows` in it from `first_row` on."""

    offset: int
    size: int
    unpacked: int
    first_row: int
    rows: int


def by_pages(schema: pq.ParquetSchema, index: int, chunk: Chunk) -> bool:
    """Whether a column can be read by pages: flat byte arrays (one value a row) in a codec that has one meaning."""
    leaf = schema.column(index)
    flat = leaf.max_repetition_level == 0 and leaf.max_definition_level <= 1 and "." not in chunk.path
    return flat and chunk.type == BYTE_ARRAY and chunk.codec in CODECS


def read_values(
    file: pa.NativeFile, chunk: Chunk, optional: bool, rows: Sequence[int]
) -> Iterator[tuple[Sequence[int], pa.Array[Any]]]:
    """Values of the given sorted rows, counted within the row group, as (rows, binary array), a few pages at a time.

    Raises OSError, ArrowException, ValueError or IndexError where the file is broken.
    """
    dictionary, pages = _walk(file, chunk)
    group: list[Page] = []
    for page in pages:
        if bisect_left(rows, page.first_row) == bisect_left(rows, page.first_row + page.rows):
            continue
        group.append(page)
        if sum(one.unpacked for one in group) >= TOGETHER:
            yield _decode(file, chunk, optional, dictionary, group, rows)
            group = []
    if group:
        yield _decode(file, chunk, optional, dictionary, group, rows)


def _walk(file: pa.NativeFile, chunk: Chunk) -> tuple[Page | None, list[Page]]:
    """The dictionary page, if any, and the data pages of a column chunk."""
    starts = [chunk.data_page]
    if chunk.dictionary_page:  # some writers say 0 for none
        starts.append(chunk.dictionary_page)
    at = min(starts)
    end = at + chunk.packed
    dictionary = None
    pages: list[Page] = []
    row = 0
    while at < end and row < chunk.values:
        header, size = _header(file, at)
        try:
            kind, unpacked, packed = header[1], header[2], header[3]
            rows = header[5][1] if kind == DATA else header[8][3] if kind == DATA_V2 else 0
        except (KeyError, TypeError) as error:
            raise ValueError(f"there is no page header at byte {at}") from error
        if any(type(number) is not int for number in (kind, unpacked, packed, rows)):
            raise ValueError(f"the page header at byte {at} has no numbers")
        if packed < 0 or rows < 0 or at + size + packed > end:
            raise ValueError(f"the page at byte {at} says it has {packed} bytes and {rows} rows")
        page = Page(at, size + packed, unpacked, row, rows)
        if kind == DICTIONARY:
            dictionary = page
        elif rows:
            pages.append(page)
            row += rows
        at += page.size
    if row != chunk.values:
        raise ValueError(f"the pages hold {row} values, the footer says {chunk.values}")
    return dictionary, pages


def _header(file: pa.NativeFile, at: int) -> tuple[dict[int, Any], int]:
    size = HEADER
    while True:
        file.seek(at)
        raw = file.read(size)
        try:
            return read_struct(raw, 0)
        except IndexError:
            if len(raw) < size:
                raise
            size *= 2


def _decode(
    file: pa.NativeFile,
    chunk: Chunk,
    optional: bool,
    dictionary: Page | None,
    pages: Sequence[Page],
    rows: Sequence[int],
) -> tuple[Sequence[int], pa.Array[Any]]:
    body = bytearray(b"PAR1")
    for page in [*([dictionary] if dictionary else []), *pages]:
        file.seek(page.offset)
        body += file.read(page.size)
    held = sum(page.rows for page in pages)
    footer = _footer(chunk, optional, dictionary, held, len(body) - 4, sum(page.unpacked for page in pages))
    body += footer + len(footer).to_bytes(4, "little") + b"PAR1"
    values = pq.ParquetFile(pa.BufferReader(bytes(body))).read(use_threads=False).column(0).combine_chunks()
    wanted: list[int] = []
    places: list[int] = []
    before = 0  # rows of the pages so far
    for page in pages:
        here = rows[bisect_left(rows, page.first_row) : bisect_left(rows, page.first_row + page.rows)]
        wanted += here
        places += [row - page.first_row + before for row in here]
        before += page.rows
    return wanted, values.take(pa.array(places, pa.int64()))


def _footer(chunk: Chunk, optional: bool, dictionary: Page | None, rows: int, packed: int, unpacked: int) -> bytes:
    """The footer of a file with one row group of one column, its pages starting at byte 4."""
    name = chunk.path.encode("utf-8")
    root = {4: (BINARY, b"schema"), 5: (I32, 1)}
    leaf = {1: (I32, BYTE_ARRAY), 3: (I32, OPTIONAL if optional else 0), 4: (BINARY, name)}
    column: dict[int, tuple[int, Any]] = {
        1: (I32, BYTE_ARRAY),
        2: (LIST, (I32, ENCODINGS)),
        3: (LIST, (BINARY, [name])),
        4: (I32, chunk.codec),
        5: (I64, rows),
        6: (I64, unpacked),
        7: (I64, packed),
        9: (I64, 4 + dictionary.size if dictionary else 4),
    }
    if dictionary:
        column[11] = (I64, 4)
    group = {1: (LIST, (STRUCT, [{2: (I64, 4), 3: (STRUCT, column)}])), 2: (I64, unpacked), 3: (I64, rows)}
    return write_struct({1: (I32, 2), 2: (LIST, (STRUCT, [root, leaf])), 3: (I64, rows), 4: (LIST, (STRUCT, [group]))})
