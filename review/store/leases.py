"""Verbs on leases: which document is whose to judge next.

Leases are not journalled: they die by time, and a lost one costs at most a second opinion.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from duckdb import DuckDBPyConnection

from review.errors import StoreError
from review.overlap import Overlap
from review.records import Assignment, Stream, doc_id
from review.store.assignments import AssignmentVerbs, current_assignment
from review.store.checks import GoldPlace, Place, Reader, choose_gold, choose_repeat, gold_places
from review.store.encoding import pack, unpack
from review.store.lock import Lock
from review.store.next import Next, Wish, next_planned
from review.store.rows import insert, place_columns, shard_numbers, with_batch
from review.turns import Mix, Turn


@dataclass(frozen=True, slots=True)
class Leased:
    """A document that is a reviewer's to judge, and why."""

    doc_id: str
    turn: Turn


@dataclass(frozen=True, slots=True)
class _Row:
    """A row of the table to be."""

    shard: str
    place: Place
    order: int
    turn: Turn


class LeaseVerbs(AssignmentVerbs):
    """Leases."""

    def __init__(self, root: Path, lock: Lock, clock: Callable[[], datetime]) -> None:
        super().__init__(root, lock, clock)
        self._readers: dict[str, Reader] = {}
        self._gold_pool: tuple[object, list[GoldPlace]] = (None, [])
        self._seen: dict[str, datetime] = {}
        self._assigned: dict[str, tuple[object, list[int] | None]] = {}

    def lease(
        self,
        reviewer: str,
        tab: str,
        n: int,
        *,
        until: datetime,
        overlap: int | Overlap,
        streams: Iterable[Stream] | None = None,
        shards: Iterable[str] | None = None,
        limits: Mapping[str, int] | None = None,
    ) -> list[str]:
        """As `hand_out` without blind checks; names alone."""
        found = self.hand_out(
            reviewer, tab, n, until=until, overlap=overlap, streams=streams, shards=shards, limits=limits
        )
        return [one.doc_id for one in found]

    def hand_out(
        self,
        reviewer: str,
        tab: str,
        n: int,
        *,
        until: datetime,
        overlap: int | Overlap,
        mix: Mix | None = None,
        streams: Iterable[Stream] | None = None,
        shards: Iterable[str] | None = None,
        limits: Mapping[str, int] | None = None,
    ) -> list[Leased]:
        """Reserve the next up to `n` documents for a reviewer's tab until a time, in order.

        What this tab holds already comes first, so that a reload shows the same. Then audit draws by rank, in mixed
        shard order within a rank; of a shard named in `limits` only ranks below its limit. Then training draws, the
        newest batch first. Left out are documents outside the reviewer's assignment, those the reviewer has judged,
        those that as many people have judged or hold as `overlap` plans, those in the reviewer's other tabs, and
        those without a text. `mix` says at what rates gold documents and the reviewer's own ones take the place of
        planned ones; where no planned one is left, there is none of these either. Raises NotFound for unknown
        `shards`.
        """
        overlap = Overlap(overlap) if isinstance(overlap, int) else overlap
        if overlap.most < 1 or n < 0:
            raise StoreError(f"A lease needs overlap >= 1 and n >= 0; got {overlap.most} and {n}.")
        now = self._clock()
        with self._turn(), self._atomic() as cursor:
            assignment = current_assignment(cursor, reviewer)
            numbers = self._shards_of(cursor, reviewer, assignment)
            if shards is not None:
                named = set(shard_numbers(cursor, shards).values())
                numbers = sorted(named if numbers is None else named.intersection(numbers))
            gold = self._gold(cursor)
            wish = Wish(
                reviewer, tab, n, now, overlap, limits,
                training=None if streams is None else [stream == Stream.TRAINING for stream in streams],
                shards=numbers,
                languages=assignment.languages if assignment and assignment.languages else None,
                answered=bool(gold),
            )  # fmt: skip
            planned = next_planned(cursor, wish)
            rows = [_planned(one) for one in planned if one.here]
            fresh = [_planned(one) for one in planned if not one.here]
            if mix is not None and (gold or mix.repeat):
                rows, fresh = self._mixed(cursor, wish, mix, rows, fresh, gold)
            rows = [*rows, *fresh][:n]
            self._write(cursor, reviewer, tab, rows, now, until)
        return [Leased(doc_id(one.shard, one.place[1]), one.turn) for one in rows]

    def release_leases(self, reviewer: str, tab: str | None = None) -> int:
        """Give back what a reviewer holds, in one tab or in all; returns how many leases there were."""
        with self._turn(), self._atomic() as cursor:
            rows = cursor.execute(
                "delete from leases where reviewer = ? and tab = coalesce(?, tab)",
                [pack(reviewer), None if tab is None else pack(tab)],
            ).fetchall()
        return int(rows[0][0])

    def leases(self) -> list[tuple[str, str, str, datetime]]:
        """Live leases as (doc_id, reviewer, tab, until); those of documents judged meanwhile are among them."""
        with self._reading() as cursor:
            rows = cursor.execute(
                "select name, leases.row, reviewer, tab, until from leases join shards using (shard_no) "
                "where until > ? order by reviewer, tab, shard_no, leases.row",
                [self._clock()],
            ).fetchall()
        return [(doc_id(unpack(name), row), unpack(who), unpack(tab), until) for name, row, who, tab, until in rows]

    def saw(self, reviewer: str, at: datetime) -> None:
        """A reviewer gave a sign of life at their desk. Kept while this process lives."""
        self._seen[reviewer] = max(at, self._seen.get(reviewer, at))

    def last_seen(self) -> dict[str, datetime]:
        """When each reviewer gave the last sign of life, as far as this process knows."""
        return dict(self._seen)

    def held(self, reviewer: str) -> dict[str, Turn]:
        """What a reviewer holds now, in all tabs, and in which turn."""
        with self._reading() as cursor:
            rows = cursor.execute(
                "select name, leases.row, turn from leases join shards using (shard_no) "
                "where until > ? and reviewer = ?",
                [self._clock(), pack(reviewer)],
            ).fetchall()
        return {doc_id(unpack(name), row): Turn(turn) for name, row, turn in rows}

    def _mixed(
        self,
        cursor: DuckDBPyConnection,
        wish: Wish,
        mix: Mix,
        here: list[_Row],
        fresh: list[_Row],
        gold: list[GoldPlace],
    ) -> tuple[list[_Row], list[_Row]]:
        """The same with the checks that the tab holds, and with new ones among the fresh documents."""
        reader = self._readers.setdefault(wish.reviewer, Reader())
        reader.catch_up(cursor, wish.reviewer)
        leased = cursor.execute(
            'select name, shard_no, leases."row", tab, turn, place from leases join shards using (shard_no) '
            "where reviewer = ? and until > ? order by leases.rowid",  # as they were handed out
            [pack(wish.reviewer), wish.now],
        ).fetchall()
        waiting = [row for row in leased if reader.open((row[1], row[2]), row[4])]
        checks = [
            _Row(unpack(name), (number, row), order, Turn(turn))
            for name, number, row, tab, turn, order in waiting
            if tab == pack(wish.tab) and turn != Turn.PLAN
        ]
        here = sorted([*here, *checks], key=lambda one: (one.order, one.turn is Turn.PLAN))
        taken = {(row[1], row[2]) for row in waiting} | {one.place for one in fresh}
        pool = [
            one for one in gold
            if one.by != wish.reviewer  # whoever said the answer knows it
            and (wish.shards is None or one.place[0] in wish.shards)
            and (wish.languages is None or one.language in wish.languages)
        ]  # fmt: skip
        mixed: list[_Row] = []
        number = reader.given + len(waiting)
        while fresh and len(here) + len(mixed) < wish.n:
            turn = mix.turn(wish.reviewer, number)
            found = None
            if turn is Turn.GOLD and (chosen := choose_gold(pool, reader, mix, wish.reviewer, taken)):
                found = _Row(chosen.shard, chosen.place, fresh[0].order, turn)
            elif turn is Turn.REPEAT:
                found = self._repeat(cursor, wish, mix, reader, taken, gold, fresh[0].order)
            mixed.append(found or fresh.pop(0))
            if found:
                taken.add(found.place)
            number += 1
        return here, mixed

    def _repeat(
        self,
        cursor: DuckDBPyConnection,
        wish: Wish,
        mix: Mix,
        reader: Reader,
        taken: set[Place],
        gold: list[GoldPlace],
        order: int,
    ) -> _Row | None:
        (rubric,) = cursor.execute("select max(version) from rubrics").fetchall()[0]
        place = choose_repeat(reader, mix, wish.reviewer, taken, rubric=rubric or 1, gold={one.place for one in gold})
        if place is None:
            return None
        rows = cursor.execute(
            'select name from documents join shards using (shard_no) where shard_no = ? and documents."row" = ? '
            "and text is not null",
            list(place),
        ).fetchall()
        return _Row(unpack(rows[0][0]), place, order, Turn.REPEAT) if rows else None

    def _gold(self, cursor: DuckDBPyConnection) -> list[GoldPlace]:
        """Gold documents that can be handed out, looked up when something new is known of one."""
        (newest,) = cursor.execute("select max(seq) from gold").fetchall()[0]
        if newest is None:
            return []
        version = (newest, self._language_column)
        if self._gold_pool[0] != version:
            self._gold_pool = (version, gold_places(cursor))
        return self._gold_pool[1]

    def _shards_of(self, cursor: DuckDBPyConnection, reviewer: str, assignment: Assignment | None) -> list[int] | None:
        """Numbers of the shards a reviewer is assigned to, None for all; looked up when there are others."""
        if assignment is None or not (assignment.corpora or assignment.shards):
            return None
        (shards,) = cursor.execute("select count(*) from shards").fetchall()[0]
        version = (assignment.seq, shards)
        known = self._assigned.get(reviewer)
        if known is None or known[0] != version:
            rows = cursor.execute("select shard_no, name, corpus from shards").fetchall()
            numbers = [number for number, name, corpus in rows if matches(assignment, unpack(name), unpack(corpus))]
            known = self._assigned[reviewer] = (version, numbers)
        return known[1]

    def _write(
        self,
        cursor: DuckDBPyConnection,
        reviewer: str,
        tab: str,
        rows: list[_Row],
        now: datetime,
        until: datetime,
    ) -> None:
        cursor.execute("delete from leases where until <= ?", [now])
        held = place_columns([one.place for one in rows])
        with_batch(
            cursor,
            held,
            'delete from leases using batch b where leases.shard_no = b.shard_no and leases."row" = b."row" '
            "and reviewer = ? and tab = ?",
            [pack(reviewer), pack(tab)],
        )
        insert(
            cursor,
            "leases",
            {
                **held,
                "reviewer": [pack(reviewer)] * len(rows),
                "tab": [pack(tab)] * len(rows),
                "until": [until] * len(rows),
                "turn": [str(one.turn) for one in rows],
                "place": [one.order for one in rows],
            },
        )


def matches(assignment: Assignment, shard: str, corpus: str) -> bool:
    """Whether a shard is among those of an assignment; languages are the documents' own."""
    return (not assignment.corpora or corpus in assignment.corpora) and (
        not assignment.shards or any(fnmatch.fnmatchcase(shard, pattern) for pattern in assignment.shards)
    )


def _planned(one: Next) -> _Row:
    return _Row(one.shard, (one.shard_no, one.row), one.place, Turn.PLAN)
