"""Blind checks for a reviewer: gold documents they have not judged, and their own documents a second time."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field

from duckdb import DuckDBPyConnection

from review.store.encoding import pack, unpack
from review.store.rows import place_columns, with_batch
from review.turns import Mix, Turn

Place = tuple[int, int]  # shard_no, row


@dataclass(frozen=True, slots=True)
class _First:
    """A reviewer's judgement of a document, on first reading."""

    number: int  # its place among their judgements
    rubric: int
    counts: bool  # false: a gold answer


@dataclass(slots=True)
class Reader:
    """What a reviewer has judged, kept up to date from the newest labels alone."""

    seq: int = 0  # of the newest label that is in it
    given: int = 0  # judgements, replaced ones too: it only grows
    first: dict[Place, _First] = field(default_factory=dict)
    again: set[Place] = field(default_factory=set)

    def catch_up(self, cursor: DuckDBPyConnection, reviewer: str) -> None:
        """Take in the labels given since."""
        rows = cursor.execute(
            'select seq, shard_no, "row", verdict is not null, turn, rubric from labels '
            "where seq > ? and reviewer = ? order by seq",
            [self.seq, pack(reviewer)],
        ).fetchall()
        for seq, number, row, said, turn, rubric in rows:
            self.seq = seq
            self.given += said
            place = (number, row)
            if turn == Turn.REPEAT:
                (self.again.add if said else self.again.discard)(place)
            elif not said:
                self.first.pop(place, None)
            else:
                before = self.first.get(place)
                self.first[place] = _First(before.number if before else self.given, rubric, turn is None)

    def open(self, place: Place, turn: str) -> bool:
        """Whether a document handed out in this turn still waits for its answer."""
        if turn == Turn.REPEAT:
            return place in self.first and place not in self.again
        return place not in self.first


@dataclass(frozen=True, slots=True)
class GoldPlace:
    """A gold document that can be handed out."""

    shard: str
    place: Place
    language: str | None
    by: str  # who knows the answer


def gold_places(cursor: DuckDBPyConnection) -> list[GoldPlace]:
    """Every gold document with a text."""
    known = cursor.execute('select shard_no, "row", author from current_gold').fetchall()
    if not known:
        return []
    authors = {(number, row): unpack(by) for number, row, by in known}
    rows = with_batch(
        cursor,
        place_columns(list(authors)),
        'select name, shard_no, q."row", language from queue q semi join batch using (shard_no, "row") '
        'semi join (select shard_no, "row" from documents where text is not null) using (shard_no, "row") '
        "join shards using (shard_no)",
    ).fetchall()
    return [
        GoldPlace(unpack(name), (number, row), language, authors[number, row]) for name, number, row, language in rows
    ]


def choose_gold(
    pool: Collection[GoldPlace], reader: Reader, mix: Mix, reviewer: str, taken: Collection[Place]
) -> GoldPlace | None:
    """The gold document that comes next for a reviewer: everyone meets them in an order of their own."""
    free = [one for one in pool if one.place not in reader.first and one.place not in taken]
    return min(free, key=lambda one: mix.chance("gold", reviewer, *map(str, one.place)), default=None)


def choose_repeat(
    reader: Reader, mix: Mix, reviewer: str, taken: Collection[Place], *, rubric: int, gold: Collection[Place]
) -> Place | None:
    """A document to judge a second time: any of those judged long enough ago, by the rubric in force."""
    free = [
        place
        for place, one in reader.first.items()
        if one.counts and one.rubric == rubric and one.number <= reader.given - mix.distance
        and place not in reader.again and place not in taken and place not in gold
    ]  # fmt: skip
    return min(free, key=lambda place: mix.chance("again", reviewer, *map(str, place)), default=None)
