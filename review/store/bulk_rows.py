"""The tables of bulk labels, from events to rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from duckdb import DuckDBPyConnection

from review.store.encoding import pack, to_json
from review.store.events import Event
from review.store.rows import Columns, insert, shard_numbers, with_batch


def apply_bulk(cursor: DuckDBPyConnection, events: Sequence[Event]) -> list[int | None]:
    """Bulk labels, one event a shard."""
    numbers = shard_numbers(cursor, (event.data["shard"] for event in events))
    rows = [
        (event, row, digest)
        for event in events
        for row, digest in zip(event.data["rows"], event.data["hashes"], strict=True)
    ]
    places: Columns = {
        "shard_no": np.array([numbers[event.data["shard"]] for event, _, _ in rows], dtype=np.int32),
        "row": np.array([row for _, row, _ in rows], dtype=np.int64),
    }
    columns: dict[str, Any] = {
        **places,
        "seq": [event.seq for event, _, _ in rows],
        "recorded_at": [event.at for event, _, _ in rows],
        "author": [pack(event.by) for event, _, _ in rows],
        "content_hash": [digest for _, _, digest in rows],
        "reasons": [[pack(code) for code in event.data["reasons"]] for event, _, _ in rows],
    }
    columns |= {name: [pack(event.data[name]) for event, _, _ in rows] for name in ("batch", "note")}
    columns |= {name: [event.data[name] for event, _, _ in rows] for name in ("verdict", "rubric")}
    insert(cursor, "bulk_labels", columns)
    insert(
        cursor,
        "bulk_batches",
        {
            "seq": [event.seq for event in events],
            "recorded_at": [event.at for event in events],
            "author": [pack(event.by) for event in events],
            "batch": [pack(event.data["batch"]) for event in events],
            "filter": [to_json(event.data["filter"]) for event in events],
        },
    )
    _mark(cursor, places)
    return [numbers[event.data["shard"]] for event in events]


def apply_undone(cursor: DuckDBPyConnection, events: Sequence[Event]) -> list[int | None]:
    """Batches taken back."""
    batches = [pack(event.data["batch"]) for event in events]
    insert(
        cursor,
        "bulk_undone",
        {
            "seq": [event.seq for event in events],
            "recorded_at": [event.at for event in events],
            "author": [pack(event.by) for event in events],
            "batch": batches,
        },
    )
    mark_all(cursor)
    return [None] * len(events)


def mark_all(cursor: DuckDBPyConnection) -> None:
    """Bring `queue.bulk` of every document that a bulk label was ever about up to date."""
    found = cursor.execute('select distinct shard_no, "row" from bulk_labels order by all').fetchnumpy()
    if len(found["row"]):
        _mark(cursor, {"shard_no": np.asarray(found["shard_no"]), "row": np.asarray(found["row"])})


def _mark(cursor: DuckDBPyConnection, places: Columns) -> None:
    """Bring `queue.bulk` of these documents up to date."""
    with_batch(
        cursor,
        places,
        """update queue set bulk = marked.bulk from (
            select b.shard_no, b."row", bool_or(s.shard_no is not null) as bulk
            from batch b left join standing_bulk s on s.shard_no = b.shard_no and s."row" = b."row" group by all
        ) marked where queue.shard_no = marked.shard_no and queue."row" = marked."row" """,
    )
