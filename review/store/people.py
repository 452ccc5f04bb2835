"""Verbs on who works: what each one holds, when they were last here, and what waits for whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from review.overlap import Overlap
from review.store.core import Core
from review.store.counting import NEWEST, OWN
from review.store.encoding import pack, unpack
from review.store.next import LIMITS, wanted_sql
from review.store.rows import Columns, with_batch


@dataclass(frozen=True, slots=True)
class Holder:
    """What a reviewer holds and has not judged."""

    reviewer: str
    documents: int
    tabs: int
    until: datetime  # the last of it goes back by itself then


@dataclass(frozen=True, slots=True)
class Waiting:
    """Documents of one shard and language that still want judgements."""

    shard: str
    corpus: str
    language: str | None
    people: int  # that are to judge each of them, in all
    documents: int


class PeopleVerbs(Core):
    """People."""

    def holders(self) -> list[Holder]:
        """Who holds documents they have not judged."""
        with self._reading() as cursor:
            rows = cursor.execute(
                f"""
                select reviewer, count(*), count(distinct tab), max(until)
                from leases l anti join (from ({NEWEST}) where verdict is not null) said
                on said.shard_no = l.shard_no and said."row" = l."row" and said.reviewer = l.reviewer
                and (said.turn is not distinct from 'repeat') = (l.turn = 'repeat')
                where until > ? group by reviewer order by reviewer""",
                [self._clock()],
            ).fetchall()
        return [Holder(unpack(reviewer), *counts) for reviewer, *counts in rows]

    def judged_since(self, since: datetime) -> dict[str, int]:
        """How many judgements each reviewer has given from then on, blind checks and replaced ones too.

        What an import brings was given at some other time.
        """
        with self._reading() as cursor:
            rows = cursor.execute(
                f"select reviewer, count(*) from labels where recorded_at >= ? and verdict is not null and {OWN} "
                "group by reviewer",
                [since],
            ).fetchall()
        return {unpack(reviewer): count for reviewer, count in rows}

    def waiting(self, overlap: Overlap, limits: Mapping[str, int] | None = None) -> list[Waiting]:
        """The documents that still want judgements, held or not, by shard and language."""
        names = limits or {}
        columns: Columns = {"name": [pack(name) for name in names], "most": list(names.values())}
        wanted = wanted_sql(overlap)
        with self._reading() as cursor:
            rows = with_batch(
                cursor,
                columns,
                f"""with {LIMITS if limits else ""} counted as (
                    select shard_no, language, {wanted} as people, count(*) as documents
                    from queue {"join limits using (shard_no)" if limits else ""}
                    where judged < {wanted} {"and (training or place < beyond)" if limits else ""} group by all
                )
                select name, corpus, language, people, counted.documents from counted join shards using (shard_no)
                order by shard_no, language, people""",
            ).fetchall()
        return [
            Waiting(unpack(name), unpack(corpus), None if language is None else unpack(language), people, documents)
            for name, corpus, language, people, documents in rows
        ]
