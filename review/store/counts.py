"""Verbs for pages: counts and sums. No text is read, no label is fetched."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from review.store.core import Core
from review.store.counting import NEWEST_OF
from review.store.encoding import pack, unpack


@dataclass(frozen=True, slots=True)
class ShardCounts:
    """Where a shard's review stands. Documents are counted once, however many labels they have."""

    drawn: int  # audit draws
    labelled: int  # audit documents with a current label
    training_labelled: int  # documents drawn for training alone, with a current label
    seconds: float  # active seconds of all current labels


@dataclass(frozen=True, slots=True)
class ReviewerCounts:
    """What a reviewer has done, by current labels."""

    reviewer: str
    labels: int
    rejected: int
    median_seconds: float
    last_at: datetime
    simulated: bool  # every label is a simulated one


class CountVerbs(Core):
    """Counts for pages."""

    def shard_counts(self) -> dict[str, ShardCounts]:
        """Counts of every shard, also of those without draws."""
        with self._reading() as cursor:
            rows = cursor.execute("""
                with judged as (
                    select shard_no, "row", sum(seconds) as seconds
                    from current_labels group by all
                ),
                drawn as (select shard_no, count(*) as drawn from queue where not training group by all),
                counted as (
                    select shard_no,
                        count(*) filter (not training) as labelled,
                        count(*) filter (training) as training_labelled,
                        sum(seconds) as seconds
                    from judged join queue using (shard_no, "row") group by all
                )
                select name, coalesce(drawn, 0), coalesce(labelled, 0), coalesce(training_labelled, 0),
                       coalesce(seconds, 0.0)
                from shards left join drawn using (shard_no) left join counted using (shard_no)
                order by shard_no""").fetchall()
        return {unpack(name): ShardCounts(*counts) for name, *counts in rows}

    def reviewer_counts(self) -> list[ReviewerCounts]:
        """Counts of every reviewer with a current label, most labels first."""
        with self._reading() as cursor:
            rows = cursor.execute("""
                select reviewer, count(*), count(*) filter (verdict = 'reject'), median(seconds), max(recorded_at),
                       bool_and(source = 'simulated')
                from current_labels group by reviewer order by 2 desc, 1""").fetchall()
        return [ReviewerCounts(unpack(reviewer), *counts) for reviewer, *counts in rows]

    def given(self, reviewer: str) -> int:
        """Judgements of a reviewer that stand, blind checks among them, so that the number gives none of them away."""
        with self._reading() as cursor:
            rows = cursor.execute(
                f"select count(*) from ({NEWEST_OF}) where verdict is not null", [pack(reviewer)]
            ).fetchall()
        return int(rows[0][0])

    def labels_per_day(self) -> list[tuple[date, int]]:
        """Number of verdicts given on each UTC day with any."""
        with self._reading() as cursor:
            return cursor.execute(
                "select recorded_at::date as day, count(*) from labels where verdict is not null "
                "group by day order by day"
            ).fetchall()
