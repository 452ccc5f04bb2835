"""Which labels count as judgements of a document, and how many each document has.

A label given on a second reading, or because a document is gold, is kept and counts for the reviewer alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from duckdb import DuckDBPyConnection

from review.store.rows import Columns, with_batch
from review.turns import Turn, turn_of

# Each reviewer's newest word on a document, by `labels.turn`: the second reading is a word of its own, and a gold
# answer is one like any other that happens not to count. A word taken back has verdict null.
_NEWEST = """
    select * from {labels} {where} qualify row_number() over (
        partition by shard_no, "row", reviewer, turn is not distinct from 'repeat' order by seq desc
    ) = 1"""
# A label that must be given again under a newer rubric stands as one taken back: see the view standing_labels.
NEWEST = _NEWEST.format(labels="standing_labels", where="")
NEWEST_OF = _NEWEST.format(labels="standing_labels", where="where reviewer = ?")
NEWEST_STORED = _NEWEST.format(labels="labels", where="")  # as labels were given, whatever became of their rubric

# Labels given at the desk, or simulated there: what came in a file was given somewhere else, some time ago.
OWN = "source <> 'import' and shown not like '%\"imported_by\"%'"


def turn_column(shown: Mapping[str, Any]) -> str | None:
    """`labels.turn` of a label: null for one that counts."""
    turn = turn_of(shown)
    return None if turn is Turn.PLAN else str(turn)


def count_judged(cursor: DuckDBPyConnection, documents: Columns, *, labels: str = "standing_labels") -> None:
    """Bring `queue.judged` and `queue.agreed` of these documents up to date."""
    with_batch(
        cursor,
        documents,
        f"""update queue set judged = counted.judged, agreed = counted.agreed
        from (
            select shard_no, "row", coalesce(sum(n) filter (verdict <> ''), 0) as judged,
                   coalesce(max(n) filter (verdict <> ''), 0) as agreed
            from (
                select shard_no, "row", verdict, count(*) as n
                from (
                    -- each reviewer's newest word; a gold answer is none
                    select shard_no, "row", arg_max(if(turn is null, coalesce(verdict, ''), ''), seq) as verdict
                    from {labels} semi join batch using (shard_no, "row") where turn is distinct from 'repeat'
                    group by shard_no, "row", reviewer
                )
                group by all
            )
            group by shard_no, "row"
        ) counted
        where queue.shard_no = counted.shard_no and queue."row" = counted."row" """,
    )
