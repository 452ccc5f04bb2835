"""What Parquet and Arrow files share: column kinds, batches and records out of Arrow record batches."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from review.corpus.plain import plain_metadata
from review.corpus.reader import Batch, Column, Fields, Kind, Record
from review.corpus.texts import ids_from_arrow, make_batch, texts_from_arrow

# Arrow cannot pick rows of view types.
VIEWS = {pa.string_view(): pa.large_string(), pa.binary_view(): pa.large_binary()}


def column_of(field: pa.Field[Any]) -> Column:
    """A column as the reader contract tells it; a dictionary counts as what it holds."""
    inner = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    kind: Kind = "other"
    if pa.types.is_string(inner) or pa.types.is_large_string(inner) or pa.types.is_string_view(inner):
        kind = "string"
    elif pa.types.is_binary(inner) or pa.types.is_large_binary(inner) or pa.types.is_binary_view(inner):
        kind = "binary"
    elif pa.types.is_integer(inner):
        kind = "integer"
    return Column(field.name, kind, str(field.type))


def batch_of(batch: pa.RecordBatch, first_row: int, fields: Fields) -> Batch:
    """Texts and ids of a record batch, checked."""
    texts, faults = texts_from_arrow(batch.column(fields.text), first_row)
    ids = ids_from_arrow(batch.column(fields.id)) if fields.id else None
    return make_batch(first_row, texts, ids, faults)


def records_of(
    batch: pa.RecordBatch, numbers: Sequence[int], fields: Fields, metadata: Sequence[str]
) -> Iterator[Record]:
    """Records of a record batch that holds the physical rows `numbers`, and no others."""
    made = batch_of(batch, 0, fields)
    faults = {fault.row: fault for fault in made.faults}
    texts = made.texts.to_pylist()
    columns = {name: _values(batch.column(name)) for name in metadata}
    for i, row in enumerate(numbers):
        fault = faults.get(i)
        yield Record(
            row=row,
            text=texts[i],
            external_id=made.ids[i] if made.ids else None,
            metadata=plain_metadata(
                {name: values[i] for name, values in columns.items()}, whole=fields.metadata is not None
            ),
            fault=None if fault is None else type(fault)(row, fault.reason, fault.detail),
        )


def _values(array: Any) -> list[Any]:
    """Python values; one that Python cannot hold (a string that is not UTF-8, the year 20000) becomes a note."""
    try:
        return list(array.to_pylist())
    except (ValueError, OverflowError):
        return [_value(scalar) for scalar in array]


def _value(scalar: Any) -> Any:
    try:
        return scalar.as_py()
    except (ValueError, OverflowError) as error:
        return f"(cannot be shown: {scalar.type}, {type(error).__name__})"


def pick(batch: pa.RecordBatch, first_row: int, rows: Sequence[int]) -> pa.RecordBatch:
    """The given physical rows of a record batch that starts at `first_row`."""
    for i, field in enumerate(batch.schema):
        wide = VIEWS.get(field.type)
        if wide is not None:
            batch = batch.set_column(i, field.name, batch.column(i).cast(wide))
    return batch.take(pa.array([row - first_row for row in rows], pa.int64()))
