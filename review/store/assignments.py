"""Verbs on assignments: which documents a reviewer is given."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from duckdb import DuckDBPyConnection

from review.errors import StoreError
from review.records import Assignment
from review.store.core import Core
from review.store.encoding import pack, unpack
from review.store.events import Fact
from review.store.rows import place_columns, with_batch

_COLUMNS = "reviewer, corpora, languages, shards, author, recorded_at, seq"
_NAMES = 1_000  # of one kind in an assignment
_BATCH = 20_000


class AssignmentVerbs(Core):
    """Assignments, and the languages they may name."""

    _language_column: str | None = None

    def assign(self, assignment: Assignment) -> Assignment:
        """Record what a reviewer is given from now on, in place of what it was; returned with seq and at.

        Raises StoreError for an empty reviewer, or names that are no text.
        """
        kinds = {kind: list(getattr(assignment, kind)) for kind in ("corpora", "languages", "shards")}
        for kind, names in kinds.items():
            if len(names) > _NAMES or not all(isinstance(name, str) and name for name in names):
                raise StoreError(f"The {kind} of an assignment are up to {_NAMES} names; got {str(names)[:80]}.")
        if not assignment.reviewer or not assignment.by:
            raise StoreError("An assignment needs a reviewer's name, and that of who made it.")
        with self._turn():
            (event,) = self._record([Fact("assignment", assignment.by, {"reviewer": assignment.reviewer, **kinds})])
        return replace(assignment, at=event.at, seq=event.seq)

    def assignments(self) -> list[Assignment]:
        """What each reviewer with an assignment is given now, by name."""
        with self._reading() as cursor:
            rows = cursor.execute(f"select {_COLUMNS} from current_assignments order by reviewer").fetchall()
        return [one for one in map(_to_assignment, rows) if not one.everything]

    def languages(self) -> list[str]:
        """Languages of the drawn documents, as far as they were looked up."""
        with self._reading() as cursor:
            rows = cursor.execute("select distinct language from queue where language <> '' order by 1").fetchall()
        return [unpack(name) for (name,) in rows]

    def keep_languages(self, column: str | None) -> None:
        """Know the language of every drawn document from this metadata column, from now on.

        The languages are a cache of the corpus, as the texts are: they are read again only when the column is another.
        """
        with self._turn(), self._atomic() as cursor:
            self._language_column = column
            rows = cursor.execute("select value from caches where name = 'language_column'").fetchall()
            known = unpack(rows[0][0]) if rows else None
            if column is None or (known == column and not _unknown(cursor)):
                return
            if known != column:
                cursor.execute("update queue set language = null where language is not null")
                cursor.execute("delete from caches where name = 'language_column'")
                cursor.execute("insert into caches values ('language_column', ?)", [pack(column)])
            fill_languages(cursor, column)

    def _note_languages(self) -> None:
        """Look up the languages of documents drawn just now."""
        if (column := self._language_column) is not None:
            with self._atomic() as cursor:
                fill_languages(cursor, column)


def current_assignment(cursor: DuckDBPyConnection, reviewer: str) -> Assignment | None:
    """What a reviewer is given; None: everything."""
    rows = cursor.execute(
        f"select {_COLUMNS} from assignments where reviewer = ? order by seq desc limit 1", [pack(reviewer)]
    ).fetchall()
    found = _to_assignment(rows[0]) if rows else None
    return None if found is None or found.everything else found


def fill_languages(cursor: DuckDBPyConnection, column: str) -> None:
    """Give every document in the queue that has none its language; "" where its metadata names none."""
    places = cursor.execute('select shard_no, "row" from queue where language is null').fetchall()
    for start in range(0, len(places), _BATCH):
        part = places[start : start + _BATCH]
        rows = with_batch(
            cursor,
            place_columns(part),
            'select shard_no, d."row", metadata from documents d semi join batch using (shard_no, "row")',
        ).fetchall()
        found = {(number, row): _language(metadata, column) for number, row, metadata in rows}
        with_batch(
            cursor,
            {**place_columns(part), "language": [pack(found.get(place, "")) for place in part]},
            "update queue set language = b.language from batch b "
            'where queue.shard_no = b.shard_no and queue."row" = b."row"',
        )


def _language(metadata: str, column: str) -> str:
    value = json.loads(metadata).get(column)
    return "" if value is None else str(value)


def _unknown(cursor: DuckDBPyConnection) -> bool:
    return bool(cursor.execute("select 1 from queue where language is null limit 1").fetchall())


def _to_assignment(row: Sequence[Any]) -> Assignment:
    reviewer, corpora, languages, shards, author, at, seq = row
    return Assignment(
        unpack(reviewer),
        tuple(json.loads(corpora)),
        tuple(json.loads(languages)),
        tuple(json.loads(shards)),
        unpack(author),
        at,
        seq,
    )
