"""Lines of a stream, split at newlines alone, memory bounded by the longest line allowed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pyarrow as pa

from review.corpus.reader import MAX_RECORD, BrokenFile

BLOCK = 4 << 20
BOM = b"\xef\xbb\xbf"


def line_batches(stream: pa.NativeFile, limit: int = MAX_RECORD) -> Iterator[list[bytes | None]]:
    """Lines without their newline (a '\\r' before it stays), a few MB at a time; None for a line longer than `limit`.

    A byte order mark at the start is no part of the first line. What follows the last newline is a line unless empty.
    """
    pieces: list[bytes] = []  # the line that the block's end cut; joined once, so a long line costs linear time
    held = 0
    for block in _blocks(stream):
        head, *rest = block.split(b"\n")
        held += len(head)
        if held <= limit:
            pieces.append(head)
        else:
            pieces.clear()
        if not rest:
            continue
        tail = rest.pop()
        first = b"".join(pieces) if held <= limit else None
        yield [first, *(line if len(line) <= limit else None for line in rest)] if rest else [first]
        pieces, held = [tail], len(tail)
    if held:
        yield [b"".join(pieces) if held <= limit else None]


def pick_lines(
    stream: pa.NativeFile, rows: Sequence[int], limit: int = MAX_RECORD
) -> Iterator[tuple[int, bytes | None]]:
    """The lines of the given sorted row numbers, as (row, line). Lines between them are counted, not built."""
    wanted = iter(rows)
    row = next(wanted, None)
    pieces: list[bytes] = []
    held = 0
    at = 0  # number of the line the block starts in
    for block in _blocks(stream):
        if row is None:
            return
        ends = block.count(b"\n")
        if at + ends < row:  # the wanted line starts in a later block
            at += ends
            continue
        parts = block.split(b"\n")
        while row is not None and row <= at + ends:
            piece = parts[row - at]
            held += len(piece)
            if held <= limit:
                pieces.append(piece)
            else:
                pieces.clear()
            if row == at + ends:  # cut by the block's end
                break
            yield row, b"".join(pieces) if held <= limit else None
            pieces, held = [], 0
            row = next(wanted, None)
        at += ends
    if held and row is not None:
        yield row, b"".join(pieces) if held <= limit else None


def _blocks(stream: pa.NativeFile) -> Iterator[bytes]:
    try:
        block = stream.read(BLOCK)
        if block.startswith(BOM):
            block = block[len(BOM) :]
            if not block:
                block = stream.read(BLOCK)
        while block:
            yield block
            block = stream.read(BLOCK)
    except (OSError, pa.ArrowException) as error:
        raise BrokenFile(str(error)) from error
