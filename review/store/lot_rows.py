"""The tables of lots, from events to rows."""

from __future__ import annotations

from collections.abc import Sequence

from duckdb import DuckDBPyConnection

from review.store.encoding import pack, to_json
from review.store.events import Event
from review.store.rows import insert, shard_numbers


def apply_lots(cursor: DuckDBPyConnection, events: Sequence[Event]) -> list[int | None]:
    """Lots as they were formed."""
    names = [(event.seq, shard) for event in events for shard in event.data["shards"]]
    numbers = shard_numbers(cursor, (shard for _, shard in names))
    insert(
        cursor,
        "lots",
        {
            "seq": [event.seq for event in events],
            "recorded_at": [event.at for event in events],
            "author": [pack(event.by) for event in events],
            "name": [pack(event.data["name"]) for event in events],
            "body": [to_json(event.data) for event in events],
        },
    )
    insert(
        cursor,
        "lot_shards",
        {"seq": [seq for seq, _ in names], "shard_no": [numbers[shard] for _, shard in names]},
    )
    return [None] * len(events)


def apply_dissolved(cursor: DuckDBPyConnection, events: Sequence[Event]) -> list[int | None]:
    """Lots that are lots no more."""
    insert(
        cursor,
        "lots_dissolved",
        {
            "seq": [event.seq for event in events],
            "recorded_at": [event.at for event in events],
            "author": [pack(event.by) for event in events],
            "name": [pack(event.data["name"]) for event in events],
            "reason": [pack(event.data["reason"]) for event in events],
            "labels": [event.data["labels"] for event in events],
        },
    )
    return [None] * len(events)
