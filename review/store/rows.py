"""Small tools to put rows into DuckDB and to find shards and documents by name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa
from duckdb import DuckDBPyConnection

from review.errors import NotFound
from review.records import doc_id, split_doc_id
from review.store.encoding import pack

Columns = Mapping[str, Sequence[Any] | np.ndarray]
_FEW = 16  # rows: so many are written into the statement, more travel as an Arrow table


def insert(cursor: DuckDBPyConnection, table: str, columns: Columns) -> None:
    """Insert rows given as named columns of equal length."""
    length = len(next(iter(columns.values())))
    if length == 0:
        return
    if length <= _FEW:
        names = ", ".join(f'"{name}"' for name in columns)
        marks = ", ".join([f"({', '.join('?' * len(columns))})"] * length)
        values = [_plain(column[index]) for index in range(length) for column in columns.values()]
        cursor.execute(f"insert into {table} ({names}) values {marks}", values)
        return
    # The table's own types: what Arrow would guess from the values depends on which rows come together.
    schema = cursor.execute(f"from {table} limit 0").to_arrow_table().schema
    typed = {name: _typed(column, schema.field(name).type) for name, column in columns.items()}
    cursor.register("batch", pa.table(typed))
    cursor.execute(f"insert into {table} by name from batch")


def with_batch(
    cursor: DuckDBPyConnection, columns: Columns, sql: str, values: list[Any] | dict[str, Any] | None = None
) -> DuckDBPyConnection:
    """Run a statement that reads the given columns as table `batch`; for a query, rows are fetched from the result."""
    if written := _written_out(columns):
        with_more = re.match(r"\s*with\b", sql, re.IGNORECASE)
        return cursor.execute(
            f"with {written}, {sql[with_more.end() :]}" if with_more else f"with {written} {sql}", values
        )
    cursor.register("batch", pa.table({name: pa.array(column) for name, column in columns.items()}))
    return cursor.execute(sql, values)


def _written_out(columns: Columns) -> str:
    """A few rows of whole numbers as a common table expression, quicker than an Arrow table; else nothing."""
    arrays = [column for column in columns.values() if isinstance(column, np.ndarray) and column.dtype.kind == "i"]
    if len(arrays) < len(columns) or not 0 < len(arrays[0]) <= _FEW:
        return ""
    kinds = ["integer" if array.itemsize <= 4 else "bigint" for array in arrays]
    rows = zip(*(array.tolist() for array in arrays), strict=True)
    written = ", ".join(f"({', '.join(map('{}::{}'.format, row, kinds))})" for row in rows)
    names = ", ".join(f'"{name}"' for name in columns)
    return f"batch({names}) as (values {written})"


def _typed(column: Sequence[Any] | np.ndarray, kind: pa.DataType) -> Any:
    if not isinstance(column, np.ndarray) and (pa.types.is_integer(kind) or pa.types.is_floating(kind)):
        # An old journal may say `true` for 1. A single row is cast by DuckDB; Arrow takes no bool for a number.
        column = [int(value) if isinstance(value, bool) else value for value in column]
    return pa.array(column, type=kind)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value


def of_shard(number: int | None) -> str:
    """A condition on `shard_no`, none for None. Only a constant lets DuckDB pass over the rows of other shards."""
    return "true" if number is None else f"shard_no = {number:d}"


def one_of(names: Sequence[str]) -> tuple[str, list[Any]]:
    """What follows `in`, and its values. A few names stand in the statement, which is quicker than a list of them."""
    if 0 < len(names) <= _FEW:
        return f"({', '.join('?' * len(names))})", list(names)
    return "(select unnest(?::varchar[]))", [list(names)]


def known_shards(cursor: DuckDBPyConnection, names: Iterable[str]) -> dict[str, int]:
    """Number of each of the named shards that exist."""
    wanted = {pack(name): name for name in names}
    if not wanted:
        return {}
    chosen, values = one_of(list(wanted))
    rows = cursor.execute(f"select name, shard_no from shards where name in {chosen}", values)
    return {wanted[name]: number for name, number in rows.fetchall()}


def shard_numbers(cursor: DuckDBPyConnection, names: Iterable[str]) -> dict[str, int]:
    """Number of each named shard. Raises NotFound for an unknown one."""
    wanted = set(names)
    numbers = known_shards(cursor, wanted)
    for name in sorted(wanted - numbers.keys()):
        raise NotFound(f"There is no shard {name!r}. Ingest it first; `review shards` lists those there are.")
    return numbers


def doc_places(cursor: DuckDBPyConnection, doc_ids: Sequence[str]) -> list[tuple[int, int]]:
    """(shard_no, row) of each document name. Raises NotFound for a malformed name or an unknown shard."""
    try:
        parts = [split_doc_id(name) for name in doc_ids]
    except ValueError as error:
        raise NotFound(f"There is no such document: {error}.") from error
    for name, part in zip(doc_ids, parts, strict=True):
        if doc_id(*part) != name:
            raise NotFound(f"There is no such document: {name!r}; did you mean {doc_id(*part)!r}?")
        if part[1] >= 2**63:
            raise NotFound(f"There is no such document: {name!r}; no file has so many rows.")
    numbers = shard_numbers(cursor, {shard for shard, _ in parts})
    return [(numbers[shard], row) for shard, row in parts]


def place_columns(places: Sequence[tuple[int, int]]) -> dict[str, np.ndarray]:
    """Places as the columns `shard_no` and `row`."""
    both = np.array(places, dtype=np.int64).reshape(-1, 2)
    return {"shard_no": both[:, 0].astype(np.int32), "row": both[:, 1]}
