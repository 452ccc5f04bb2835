"""From events to rows: the one code path of the live store, of the replay at start-up and of `review recover`.

Each function takes consecutive events of one type, so that replaying a hundred thousand labels is a few bulk inserts.
Strings are packed (see encoding) on their way in; JSON columns are ASCII and need no packing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import groupby
from typing import Any

import numpy as np
from duckdb import DuckDBPyConnection

from review.errors import StoreError
from review.records import split_doc_id
from review.store.bulk_rows import apply_bulk, apply_undone, mark_all
from review.store.counting import count_judged, turn_column
from review.store.encoding import pack, to_json
from review.store.events import Event
from review.store.lot_rows import apply_dissolved, apply_lots
from review.store.picking import NO_PLACE, picks, places
from review.store.rows import Columns, insert, shard_numbers, with_batch
from review.store.rubric_rows import apply_choices, apply_rubrics, mark_again


def apply(cursor: DuckDBPyConnection, events: Iterable[Event]) -> None:
    """Apply events in order, inside the caller's transaction."""
    for kind, group in groupby(events, key=lambda event: event.type):
        batch = list(group)
        if kind not in APPLY:
            raise StoreError(
                f"The journal holds a {kind!r} event, which this version does not know. Update the program."
            )
        shards = APPLY[kind](cursor, batch)
        insert(
            cursor,
            "events",
            {
                "seq": [event.seq for event in batch],
                "recorded_at": [event.at for event in batch],
                "type": [event.type for event in batch],
                "author": [pack(event.by) for event in batch],
                "shard_no": shards,
                "line": [event.line for event in batch],
            },
        )


def _shard_added(cursor: DuckDBPyConnection, events: Sequence[Event]) -> list[int | None]:
    (known,) = cursor.execute("select count(*) from shards").fetchall()[0]
    shards: list[dict[str, Any]] = [event.data["shard"] for event in events]
    plain = ("name", "corpus", "uri", "format", "text_column", "id_column")
    columns: dict[str, list[Any]] = {
        key: [None if shard[key] is None else pack(shard[key]) for shard in shards] for key in plain
    }
    columns |= {key: [shard[key] for shard in shards] for key in ("rows", "documents", "characters")}
    columns |= {key: [shard["fingerprint"][key] for shard in shards] for key in ("bytes", "mtime_ns", "digest")}
    columns |= {key: [to_json(shard[key]) for shard in shards] for key in ("columns", "excluded", "metadata")}
    numbers: list[int | None] = list(range(known, known + len(events)))
    insert(cursor, "shards", {"seq": [event.seq for event in events], "shard_no": numbers, **columns})
    _refused(cursor, events)
    return numbers


def _rows_refused(cursor: DuckDBPyConnection, events: Sequence[Event]) -> list[int | None]:
    _refused(cursor, events)
    numbers = shard_numbers(cursor, (event.data["shard"] for event in events))
    return [numbers[event.data["shard"]] for event in events]


def _file_refused(cursor: DuckDBPyConnection, events: Sequence[Event]) -> list[int | None]:
    _refused(cursor, events)
    return [None] * len(events)


def _refused(cursor: DuckDBPyConnection, events: Sequence[Event]) -> None:
    rows = [(event.seq, *row) for event in events for row in event.data["refusals"]]
    insert(
        cursor,
        "refusals",
        {
            "seq": [row[0] for row in rows],
            "uri": [pack(row[1]) for row in rows],
            "row": [row[2] for row in rows],
            "reason": [pack(row[3]) for row in rows],
            "detail": [pack(row[4]) for row in rows],
        },
    )
    counts = [
        (event.seq, event.data["uri"], reason, n) for event in events for reason, n in event.data["refused"].items()
    ]
    insert(
        cursor,
        "refused",
        {
            "seq": [row[0] for row in counts],
            "uri": [pack(row[1]) for row in counts],
            "reason": [pack(row[2]) for row in counts],
            "documents": [row[3] for row in counts],
        },
    )


def _shard_state(cursor: DuckDBPyConnection, events: Sequence[Event]) -> list[int | None]:
    numbers = shard_numbers(cursor, (event.data["shard"] for event in events))
    shards: list[int | None] = [numbers[event.data["shard"]] for event in events]
    seen = [event.data["seen"] for event in events]
    insert(
        cursor,
        "shard_states",
        {
            "seq": [event.seq for event in events],
            "shard_no": shards,
            "state": [event.data["state"] for event in events],
            "seen": [None if one is None else to_json(one) for one in seen],
        },
    )
    return shards


def _draws(cursor: DuckDBPyConnection, events: Sequence[Event]) -> list[int | None]:
    numbers = shard_numbers(cursor, (event.data["shard"] for event in events))
    for training, group in groupby(events, key=lambda event: bool(event.data["stream"] == "training")):
        same = list(group)
        draws = _concatenate([_draw_columns(event, numbers[event.data["shard"]]) for event in same])
        insert(cursor, "draws", draws)
        place, pick = (np.concatenate([one(event.data) for event in same]) for one in (places, picks))
        queue = _queue(draws, place, pick, training)
        if not training:  # an audit draw wins over a training draw of the same document
            with_batch(
                cursor,
                queue,
                "update queue set training = false, place = b.place, pick = b.pick from batch b "
                'where queue.training and queue.shard_no = b.shard_no and queue."row" = b."row"',
            )
        with_batch(
            cursor,
            queue,
            "insert into queue by name select *, 0 as judged, 0 as agreed from "
            'batch anti join queue using (shard_no, "row")',
        )
        count_judged(cursor, queue)  # labels are older than a draw made again after a recovery had lost it
    return [numbers[event.data["shard"]] for event in events]


def _queue(draws: Mapping[str, Any], place: np.ndarray, pick: np.ndarray, training: bool) -> Columns:
    """One row a document, at its first place. One whose text was drawn before has none: it is handed out to nobody."""
    copies = np.array([same_as is not None for same_as in draws["same_as"]], dtype=np.bool_)
    place = np.where(copies, NO_PLACE, place)
    first = np.lexsort((place, draws["row"], draws["shard_no"]))
    again = np.zeros(len(first), dtype=np.bool_)
    again[1:] = (np.diff(draws["row"][first]) == 0) & (np.diff(draws["shard_no"][first]) == 0)
    kept = np.sort(first[~again])
    return {
        "shard_no": draws["shard_no"][kept],
        "row": draws["row"][kept],
        "training": np.full(len(kept), training),
        "place": place[kept],
        "pick": pick[kept].astype(np.int32),
    }


def _draw_columns(event: Event, shard_no: int) -> dict[str, Any]:
    data, length = event.data, len(event.data["rows"])
    return {
        "seq": np.full(length, event.seq),
        "shard_no": np.full(length, shard_no, dtype=np.int32),
        "row": np.array(data["rows"], dtype=np.int64),
        "content_hash": data["hashes"],
        "stream": [data["stream"]] * length,
        "strategy": [pack(data["strategy"])] * length,
        "probability": data["probabilities"],
        "seed": np.full(length, data["seed"], dtype=np.int64),
        "rank": np.array(data["ranks"], dtype=np.int64),
        "batch": [pack(data["batch"])] * length,
        "stratum": data.get("strata", [None] * length),
        "same_as": data.get("same_as", [None] * length),
    }


def _concatenate(parts: Sequence[dict[str, Any]]) -> dict[str, Any]:
    return {
        key: np.concatenate([part[key] for part in parts])
        if isinstance(parts[0][key], np.ndarray)
        else [value for part in parts for value in part[key]]
        for key in parts[0]
    }


def _labels(cursor: DuckDBPyConnection, events: Sequence[Event]) -> list[int | None]:
    places = [split_doc_id(event.data["doc_id"]) for event in events]
    numbers = shard_numbers(cursor, (shard for shard, _ in places))
    shards: list[int | None] = [numbers[shard] for shard, _ in places]
    data = [event.data for event in events]
    columns: dict[str, list[Any]] = {
        "seq": [event.seq for event in events],
        "recorded_at": [event.at for event in events],
        "reviewer": [pack(event.by) for event in events],
        "shard_no": shards,
        "row": [row for _, row in places],
        "reasons": [[pack(reason) for reason in one["reasons"]] for one in data],
        "shown": [to_json(one["shown"]) for one in data],
        "turn": [turn_column(one["shown"]) for one in data],
    }
    columns |= {key: [pack(one[key]) for one in data] for key in ("label_id", "content_hash", "note", "source")}
    columns |= {key: [one[key] for one in data] for key in ("verdict", "score", "seconds", "rubric")}
    insert(cursor, "labels", columns)
    mark_again(cursor, events[0].seq)
    labelled = sorted({(numbers[shard], row) for shard, row in places})
    keys: Columns = {
        "shard_no": np.array([s for s, _ in labelled], dtype=np.int32),
        "row": np.array([row for _, row in labelled], dtype=np.int64),
    }
    count_judged(cursor, keys)
    return shards


def _adjudications(cursor: DuckDBPyConnection, events: Sequence[Event]) -> list[int | None]:
    places = [split_doc_id(event.data["doc_id"]) for event in events]
    numbers = shard_numbers(cursor, (shard for shard, _ in places))
    shards: list[int | None] = [numbers[shard] for shard, _ in places]
    data = [event.data for event in events]
    columns: dict[str, list[Any]] = {
        **_who_and_when(events),
        "shard_no": shards,
        "row": [row for _, row in places],
        "reasons": [[pack(reason) for reason in one["reasons"]] for one in data],
        "labels": [[pack(label) for label in one["labels"]] for one in data],
        "shown": [to_json(one["shown"]) for one in data],
    }
    columns |= {key: [pack(one[key]) for one in data] for key in ("adjudication_id", "content_hash", "note")}
    columns |= {key: [one[key] for one in data] for key in ("verdict", "rubric")}
    insert(cursor, "adjudications", columns)
    return shards


def _gold(cursor: DuckDBPyConnection, events: Sequence[Event]) -> list[int | None]:
    places = [split_doc_id(event.data["doc_id"]) for event in events]
    numbers = shard_numbers(cursor, (shard for shard, _ in places))
    shards: list[int | None] = [numbers[shard] for shard, _ in places]
    columns: dict[str, list[Any]] = {
        **_who_and_when(events),
        "shard_no": shards,
        "row": [row for _, row in places],
        "reasons": [[pack(reason) for reason in event.data["reasons"]] for event in events],
        "verdict": [event.data["verdict"] for event in events],
    }
    columns |= {key: [pack(event.data[key]) for event in events] for key in ("content_hash", "source")}
    insert(cursor, "gold", columns)
    return shards


def _rubric_choices(cursor: DuckDBPyConnection, events: Sequence[Event]) -> list[int | None]:
    shards = apply_choices(cursor, events)
    mark_again(cursor)
    judged = cursor.execute('select distinct shard_no, "row" from labels order by all').fetchnumpy()
    if len(judged["row"]):
        count_judged(cursor, {"shard_no": np.asarray(judged["shard_no"]), "row": np.asarray(judged["row"])})
    mark_all(cursor)
    return shards


def _audit_designs(cursor: DuckDBPyConnection, events: Sequence[Event]) -> list[int | None]:
    numbers = shard_numbers(cursor, (event.data["shard"] for event in events))
    shards: list[int | None] = [numbers[event.data["shard"]] for event in events]
    body = [to_json(event.data) for event in events]
    insert(cursor, "audit_designs", {"seq": [event.seq for event in events], "shard_no": shards, "body": body})
    return shards


def _decisions(cursor: DuckDBPyConnection, events: Sequence[Event]) -> list[int | None]:
    numbers = shard_numbers(cursor, (event.data["shard"] for event in events))
    shards: list[int | None] = [numbers[event.data["shard"]] for event in events]
    data = [event.data for event in events]
    columns: dict[str, list[Any]] = {
        **_who_and_when(events),
        "shard_no": shards,
        "reason": [pack(one["reason"]) for one in data],
        "certificate": [to_json(one["certificate"]) for one in data],
    }
    columns |= {key: [one[key] for one in data] for key in ("ruling", "rubric")}
    columns |= {key: [one["fingerprint"][key] for one in data] for key in ("bytes", "mtime_ns", "digest")}
    insert(cursor, "decisions", columns)
    return shards


def _confirmations(cursor: DuckDBPyConnection, events: Sequence[Event]) -> list[int | None]:
    numbers = shard_numbers(cursor, (event.data["shard"] for event in events))
    shards: list[int | None] = [numbers[event.data["shard"]] for event in events]
    columns = {**_who_and_when(events), "shard_no": shards, "decision": [event.data["decision"] for event in events]}
    insert(cursor, "confirmations", columns)
    return shards


def _simple(table: str, text: Sequence[str], json: Sequence[str]) -> Apply:
    def write(cursor: DuckDBPyConnection, events: Sequence[Event]) -> list[int | None]:
        columns = _who_and_when(events)
        columns |= {key: [pack(event.data[key]) for event in events] for key in text}
        columns |= {key: [to_json(event.data[key]) for event in events] for key in json}
        insert(cursor, table, columns)
        return [None] * len(events)

    return write


def _who_and_when(events: Sequence[Event]) -> dict[str, list[Any]]:
    return {
        "seq": [event.seq for event in events],
        "recorded_at": [event.at for event in events],
        "author": [pack(event.by) for event in events],
    }


def _nothing(cursor: DuckDBPyConnection, events: Sequence[Event]) -> list[int | None]:
    return [None] * len(events)


# Returns the shard each event is about, for its history.
Apply = Callable[[DuckDBPyConnection, Sequence[Event]], list[int | None]]
APPLY: dict[str, Apply] = {
    "shard": _shard_added,
    "refused_file": _file_refused,
    "refusals": _rows_refused,
    "shard_state": _shard_state,
    "audit_design": _audit_designs,
    "lot": apply_lots,
    "lot_dissolved": apply_dissolved,
    "draws": _draws,
    "label": _labels,
    "adjudication": _adjudications,
    "gold": _gold,
    "assignment": _simple("assignments", ("reviewer",), ("corpora", "languages", "shards")),
    "rubric": apply_rubrics,
    "rubric_choice": _rubric_choices,
    "bulk": apply_bulk,
    "bulk_undone": apply_undone,
    "decision": _decisions,
    "confirmation": _confirmations,
    "model": _simple("models", ("version",), ("card",)),
    "promotion": _simple("promotions", ("version", "reason"), ()),
    "release": _simple("releases", ("name", "path"), ("manifest",)),
    "preference": _simple("preferences", ("name",), ("value",)),
    "lost": _nothing,  # a place in the chain whose line a recovery could not save
    "recovery": _nothing,
}
