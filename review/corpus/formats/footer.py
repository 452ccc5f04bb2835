"""What a Parquet footer says of row groups and column chunks, read without Arrow.

Arrow's own view of a column chunk is not for broken files: where the footer contradicts itself, asking for the chunk
from Python ends the whole process instead of raising. Decoding does raise, so everything else is left to Arrow.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from review.corpus.formats.thrift import read_struct

_TAIL = 8  # bytes: the footer's length and the magic number
_MAGIC = (b"PAR1", b"PARE")  # the second: an encrypted footer, which Arrow refuses in its own words


@dataclass(frozen=True, slots=True)
class Chunk:
    """One column of one row group. Offsets and sizes in bytes."""

    path: str  # parts of a nested column's name with dots between them
    type: int  # physical type and codec as parquet.thrift numbers them
    codec: int
    values: int
    unpacked: int
    packed: int
    data_page: int
    dictionary_page: int | None
    nulls: int  # as far as its statistics say


@dataclass(frozen=True, slots=True)
class Group:
    """One row group."""

    rows: int
    chunks: tuple[Chunk, ...]


def footer_bytes(file: pa.NativeFile) -> bytes:
    """The end of a Parquet file, from where its footer begins. Raises OSError, and ValueError where there is none."""
    size = file.size()
    file.seek(max(0, size - _TAIL))
    tail = file.read(_TAIL)
    length = int.from_bytes(tail[:4], "little")
    if tail[4:] not in _MAGIC or length + _TAIL > size:
        raise ValueError("its last bytes are no Parquet footer's")
    file.seek(size - _TAIL - length)
    return bytes(file.read(length + _TAIL))


def groups_of(footer: bytes) -> tuple[Group, ...]:
    """The row groups a footer tells of. Raises ValueError where they make no sense."""
    try:
        found, _ = read_struct(footer, 0)
        return tuple(Group(_count(one[3]), tuple(_chunk(column[3]) for column in one[1])) for one in found.get(4, ()))
    except (KeyError, IndexError, TypeError, AttributeError, RecursionError) as error:
        raise ValueError(f"its footer makes no sense: {error!r}") from error


def _chunk(meta: dict[int, Any]) -> Chunk:
    # Fields of ColumnMetaData in parquet.thrift.
    return Chunk(
        path=b".".join(meta[3]).decode("utf-8"),
        type=_count(meta[1]),
        codec=_count(meta[4]),
        values=_count(meta[5]),
        unpacked=_count(meta[6]),
        packed=_count(meta[7]),
        data_page=_count(meta[9]),
        dictionary_page=_count(meta[11]) if 11 in meta else None,
        nulls=_count(meta.get(12, {}).get(3, 0)),
    )


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise TypeError(f"{value!r} where a number from 0 belongs")
    return value
