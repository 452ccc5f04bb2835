"""Labelled documents as they were last read, brought up to date by what was judged since.

Standings, pages and trainings ask for all of them again and again, while a few labels come in between.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from typing import TypeAlias

from duckdb import DuckDBPyConnection

from review.records import LabelledDocument, Stream

Place: TypeAlias = tuple[int, int]  # shard_no, row
# Documents by shard_no, in the order of their ranks: of one shard, at some places, or all of a stream.
Read: TypeAlias = Callable[
    [DuckDBPyConnection, Stream, int | None, Sequence[Place] | None], dict[int, list[LabelledDocument]]
]

MOST = 100_000  # documents that are kept, about 1 kB each
FEW = 40  # shards that are read anew one by one; more of them are quicker read with all others
_OF_A_DOCUMENT = frozenset({"label", "adjudication"})
_OF_A_SHARD = frozenset({"shard", "shard_state", "audit_design", "draws"})
_OF_NONE = frozenset(
    {"assignment", "confirmation", "decision", "gold", "lot", "lot_dissolved", "model", "preference", "promotion",
     "refused_file", "refusals", "release"}
)  # fmt: skip


class KeptLabelled:
    """The labelled documents of one stream. Not for threads: the store takes turns."""

    def __init__(self, stream: Stream, read: Read) -> None:
        self._stream, self._read = stream, read
        self._forget()

    def _forget(self) -> None:
        self._seq = -1  # the event that all that is kept is as of
        self._shards: dict[int, list[LabelledDocument]] = {}
        self._whole = False  # whether a shard that is not kept has none

    def of(self, cursor: DuckDBPyConnection, numbers: Collection[int] | None) -> dict[int, list[LabelledDocument]]:
        """Documents by shard_no, of these shards or of all, as of the cursor's snapshot. They are to be read only."""
        try:
            self._catch_up(cursor)
            lacking = [] if self._whole else [None] if numbers is None else [*(set(numbers) - self._shards.keys())]
            for number in lacking if len(lacking) <= FEW else [None]:
                read = self._read(cursor, self._stream, number, None)
                self._shards = read if number is None else self._shards | {number: read.get(number, [])}
                self._whole = number is None
        except BaseException:  # half of it may be as of before, half as of now
            self._forget()
            raise
        found = dict(self._shards) if numbers is None else {one: self._shards.get(one, []) for one in numbers}
        if sum(map(len, self._shards.values())) > MOST:
            self._forget()
        return found

    def _catch_up(self, cursor: DuckDBPyConnection) -> None:
        ((now,),) = cursor.execute("select coalesce(max(seq), 0) from events").fetchall()
        since, self._seq = self._seq, now
        if since == now or not (self._shards or self._whole):
            return
        happened = cursor.execute(f"select distinct type, shard_no from events where seq > {since}").fetchall()
        anew = {number for kind, number in happened if kind in _OF_A_SHARD}
        known = _OF_A_DOCUMENT | _OF_A_SHARD | _OF_NONE
        if now < since or len(anew) > FEW or any(kind not in known for kind, _ in happened):
            self._forget()
            self._seq = now
            return
        for number in anew & self._shards.keys() if not self._whole else anew:
            self._shards[number] = self._read(cursor, self._stream, number, None).get(number, [])
        judged: dict[int, list[Place]] = defaultdict(list)
        if any(kind in _OF_A_DOCUMENT for kind, _ in happened):
            rows = cursor.execute(
                f'select shard_no, "row" from labels where seq > {since} '
                f'union select shard_no, "row" from adjudications where seq > {since}'
            ).fetchall()
            for place in rows:
                if place[0] not in anew and (self._whole or place[0] in self._shards):
                    judged[place[0]].append(place)
        if judged:
            self._mend(
                judged, self._read(cursor, self._stream, None, [one for some in judged.values() for one in some])
            )

    def _mend(self, judged: dict[int, list[Place]], found: dict[int, list[LabelledDocument]]) -> None:
        """Put what was found at the judged places where it belongs; what was taken back is not found."""
        for number, places in judged.items():
            rows = {row for _, row in places}
            others = [one for one in self._shards.get(number, []) if one.row not in rows]
            self._shards[number] = sorted([*others, *found.get(number, [])], key=lambda one: (one.rank, one.row))
