"""Verbs for pages: counts and sums. No text is read, no label is fetched."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

import numpy as np

from review.store.core import Core
from review.store.counting import NEWEST_OF, OWN
from review.store.encoding import pack, unpack
from review.store.rows import Columns, with_batch

# Blind checks among them, so that the number gives none of them away.
_GIVEN = f"select count(*) from ({NEWEST_OF}) where verdict is not null"


@dataclass(frozen=True, slots=True)
class ShardCounts:
    """Where a shard's review stands. Documents are counted once, however many labels they have."""

    drawn: int  # audit draws
    labelled: int  # audit documents with a current label
    training_labelled: int  # documents drawn for training alone, with a current label
    seconds: float  # active seconds of all current labels


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the documents that are wanted have come, and one reviewer with them, as of one event."""

    wanted: int
    labelled: int
    saved: int  # judgements of the reviewer's that stand
    seq: int  # the newest event that is counted in


@dataclass(frozen=True, slots=True)
class ReviewerCounts:
    """What a reviewer has done, by current labels."""

    reviewer: str
    labels: int
    rejected: int
    median_seconds: float | None  # active, a document; None where no label says it, as of a sheet
    last_at: datetime
    simulated: bool  # every label is a simulated one
    here_at: datetime | None  # the last label they gave themselves, brought in by nobody


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

    def progress(self, reviewer: str, limits: Mapping[str, int] | None = None) -> Progress:
        """Progress of all and of one reviewer. `limits`: how many audit documents of each shard are wanted; of one not
        named there, all that are drawn. What was drawn for training is wanted, all of it."""
        limits = limits or {}
        columns: Columns = {"name": [pack(name) for name in limits], "most": np.array([*limits.values()], np.int64)}
        with self._reading() as cursor:
            wanted, labelled = with_batch(
                cursor,
                columns,
                """select sum(
                    case when training then drawn else greatest(least(drawn, coalesce(most, drawn)), labelled) end
                ), sum(labelled)
                from (
                    select shard_no, training, count(*) as drawn, count(*) filter (judged > 0) as labelled
                    from queue group by shard_no, training
                ) join shards using (shard_no)
                left join (select name::varchar as name, most from batch) using (name)""",
            ).fetchall()[0]
            (saved,) = cursor.execute(_GIVEN, [pack(reviewer)]).fetchall()[0]
            (seq,) = cursor.execute("select max(seq) from events").fetchall()[0]
        return Progress(int(wanted or 0), int(labelled or 0), saved, seq or 0)

    def untaught(self) -> int:
        """Documents drawn for training that nobody has judged."""
        with self._reading() as cursor:
            (count,) = cursor.execute("select count(*) from queue where training and judged = 0").fetchall()[0]
        return int(count)

    def reviewer_counts(self) -> list[ReviewerCounts]:
        """Counts of every reviewer with a current label, most labels first."""
        with self._reading() as cursor:
            rows = cursor.execute(f"""
                select reviewer, count(*), count(*) filter (verdict = 'reject'),
                       median(seconds) filter ({OWN} or seconds > 0), max(recorded_at),
                       bool_and(source = 'simulated'), max(recorded_at) filter ({OWN})
                from current_labels group by reviewer order by 2 desc, 1""").fetchall()
        return [ReviewerCounts(unpack(reviewer), *counts) for reviewer, *counts in rows]

    def labels_per_day(self) -> list[tuple[date, int]]:
        """Number of verdicts given on each UTC day with any."""
        with self._reading() as cursor:
            return cursor.execute(
                "select recorded_at::date as day, count(*) from labels where verdict is not null "
                "group by day order by day"
            ).fetchall()
