"""The planned documents that come next for a reviewer, found by one query over integers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime

from duckdb import DuckDBPyConnection

from review.overlap import AGREEING, Overlap
from review.store.encoding import pack, unpack
from review.store.picking import MOST_RANKS, NO_PLACE
from review.store.rows import Columns, with_batch

# Documents that may have to be passed over, so many at most: a top-N over a million integers that takes these into
# account beforehand is three times faster than joining them all with what is held and judged.
_PASSED_OVER = """
    select (select count(*) from leases where until > $now)
         + (select count(*) from documents where text is null)"""
_PASSED_OVER_JUDGED = """
         + (select count(*) from labels where reviewer = $me and turn = 'gold')
         + (select count(*) from queue semi join (from labels where reviewer = $me) using (shard_no, "row")
            where judged > 0 and judged < {wanted})"""
# `held`: live leases of people who have not judged the document; who has judged it is counted in queue.judged.
_NEXT = """
    with {limits} live as (select * from leases where until > $now),
    judged_by_holder as (
        select shard_no, "row", reviewer from standing_labels semi join live using (shard_no, "row", reviewer)
        where turn is distinct from 'repeat'
        group by all having arg_max(coalesce(verdict, ''), seq) <> ''
    ),
    held as (
        select shard_no, "row", count(distinct reviewer) filter (reviewer <> $me and turn = 'plan') as others,
               bool_or(reviewer = $me) as mine, bool_or(reviewer = $me and tab = $tab and turn = 'plan') as here
        from live anti join judged_by_holder using (shard_no, "row", reviewer)
        group by all
    ),
    candidates as (
        select shard_no, "row", place, judged, {wanted} as wanted from queue {limited}
        where judged < {wanted} and {filters}
        order by place limit $candidates
    ),
    judged_by_me as (
        select shard_no, "row" from standing_labels semi join candidates using (shard_no, "row")
        where reviewer = $me and turn is distinct from 'repeat' and {look}  -- else queue.judged says it
        group by all having arg_max(coalesce(verdict, ''), seq) <> ''
    ),
    found as (
        select shard_no, "row", place, false as here
        from candidates left join held using (shard_no, "row")
        anti join judged_by_me using (shard_no, "row")
        anti join (select shard_no, "row" from documents where text is null) using (shard_no, "row")
        where not coalesce(mine, false) and judged + coalesce(others, 0) < wanted
        union all
        select shard_no, "row", place, true
        from queue join (from held where here) using (shard_no, "row") {limited}
        where judged < {wanted} and {filters}
    )
    select name, found.row, shard_no, place, here from found join shards using (shard_no)
    order by here desc, place, shard_no, found.row limit $n"""
# Every shard in it, so that an inner join, the fastest, drops none.
LIMITS = f"""limits as (
        select shard_no, least(coalesce(most, {MOST_RANKS}), {MOST_RANKS}) * {MOST_RANKS} as beyond
        from shards left join batch using (name)
    ),"""


@dataclass(frozen=True, slots=True)
class Wish:
    """What a reviewer's tab asks for."""

    reviewer: str
    tab: str
    n: int
    now: datetime
    overlap: Overlap
    limits: Mapping[str, int] | None = None  # of a shard named here only ranks below its limit
    training: Collection[bool] | None = None  # streams
    shards: Collection[int] | None = None
    languages: Collection[str] | None = None
    answered: bool = False  # the reviewer may have judged documents that the queue does not count: gold


@dataclass(frozen=True, slots=True)
class Next:
    """A document in its place."""

    shard: str
    row: int
    shard_no: int
    place: int
    here: bool  # this tab holds it already


def next_planned(cursor: DuckDBPyConnection, wish: Wish) -> list[Next]:
    """The next up to `n` planned documents: those the tab holds first, each part in the order of the queue."""
    wanted = wanted_sql(wish.overlap)
    look = wish.overlap.threshold > 0 or wish.answered
    me = pack(wish.reviewer)
    count, values = _PASSED_OVER, dict[str, object](now=wish.now)
    if look:
        count, values = count + _PASSED_OVER_JUDGED.format(wanted=wanted), values | {"me": me}
    (passed_over,) = cursor.execute(count, values).fetchall()[0]
    filters, named = _filters(wish)
    sql = _NEXT.format(
        limits=LIMITS if wish.limits else "",
        limited="join limits using (shard_no)" if wish.limits else "",
        filters=filters,
        wanted=wanted,
        look=look,
    )
    limits = wish.limits or {}
    columns: Columns = {"name": [pack(name) for name in limits], "most": list(limits.values())}
    known = {"now": wish.now, "me": me, "tab": pack(wish.tab), "n": wish.n, "candidates": wish.n + passed_over}
    rows = with_batch(cursor, columns, sql, known | named).fetchall()
    return [Next(unpack(name), row, number, place, here) for name, row, number, place, here in rows]


def _filters(wish: Wish) -> tuple[str, dict[str, object]]:
    """Conditions on a row of the queue, and the values they name."""
    filters, values = [f"place > {NO_PLACE}", "not (bulk and training)"], dict[str, object]()
    if wish.training is not None:
        values["training"] = list(wish.training)
        filters.append("training in (select unnest($training::boolean[]))")
    if wish.shards is not None:
        values["shards"] = list(wish.shards)
        filters.append("shard_no in (select unnest($shards::integer[]))")
    if wish.languages is not None:
        names = {f"language{at}": pack(name) for at, name in enumerate(wish.languages)}
        values |= names
        filters.append(f"language in ({', '.join(f'${name}' for name in names)})" if names else "false")
    if wish.limits:
        filters.append("(training or place < beyond)")
    return " and ".join(filters), values


def wanted_sql(overlap: Overlap) -> str:
    """`Overlap.wanted` as an expression over a row of the queue. The plan's numbers stand in it, no text does."""
    if not overlap.threshold:
        return "1"
    if not overlap.until_agreement:
        return f"case when training or pick >= {overlap.threshold} then 1 else {int(overlap.most)} end"
    more = f"least({int(overlap.most)}, greatest({AGREEING}, judged - agreed + {AGREEING}))"
    return f"case when training or pick >= {overlap.threshold} then 1 else {more} end"
