"""Verbs on leases: which document is whose to judge next.

Leases are not journalled: they die by time, and a lost one costs at most a second opinion.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from review.errors import StoreError
from review.overlap import AGREEING, Overlap
from review.records import Stream, doc_id
from review.store.core import Core
from review.store.encoding import pack, unpack
from review.store.picking import MOST_RANKS
from review.store.rows import Columns, insert, place_columns, shard_numbers, with_batch

# Documents that may have to be passed over, so many at most: a top-N over a million integers that takes these into
# account beforehand is three times faster than joining them all with what is held and judged.
_PASSED_OVER = """
    select (select count(*) from leases where until > $now)
         + (select count(*) from documents where text is null)"""
_PASSED_OVER_SEVERAL = """
         + least((select count(*) from labels where reviewer = $me),
                 (select count(*) from queue where judged > 0 and judged < {wanted}))"""
# `held`: live leases of people who have not judged the document; who has judged it is counted in queue.judged.
_NEXT = """
    with {limits} live as (select * from leases where until > $now),
    judged_by_holder as (
        select shard_no, "row", reviewer from labels semi join live using (shard_no, "row", reviewer)
        group by all having arg_max(coalesce(verdict, ''), seq) <> ''
    ),
    held as (
        select shard_no, "row", count(distinct reviewer) filter (reviewer <> $me) as others,
               bool_or(reviewer = $me) as mine, bool_or(reviewer = $me and tab = $tab) as here
        from live anti join judged_by_holder using (shard_no, "row", reviewer)
        group by all
    ),
    judged_by_me as (
        select shard_no, "row" from labels where reviewer = $me and {several}  -- else queue.judged says it
        group by all having arg_max(coalesce(verdict, ''), seq) <> ''
    ),
    candidates as (
        select shard_no, "row", place, judged, {wanted} as wanted from queue {limited}
        where judged < {wanted} and {filters}
        order by place limit $candidates
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
    select name, found.row, shard_no from found join shards using (shard_no)
    order by here desc, place, shard_no, found.row limit $n"""
# Every shard in it, so that an inner join, the fastest, drops none.
_LIMITS = f"""limits as (
        select shard_no, least(coalesce(most, {MOST_RANKS}), {MOST_RANKS}) * {MOST_RANKS} as beyond
        from shards left join batch using (name)
    ),"""


def wanted_sql(overlap: Overlap) -> str:
    """`Overlap.wanted` as an expression over a row of the queue. The plan's numbers stand in it, no text does."""
    if not overlap.threshold:
        return "1"
    if not overlap.until_agreement:
        return f"case when training or pick >= {overlap.threshold} then 1 else {int(overlap.most)} end"
    more = f"least({int(overlap.most)}, greatest({AGREEING}, judged - agreed + {AGREEING}))"
    return f"case when training or pick >= {overlap.threshold} then 1 else {more} end"


class LeaseVerbs(Core):
    """Leases."""

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
        """Reserve the next up to `n` documents for a reviewer's tab until a time; their names, in order.

        What this tab holds already comes first, so that a reload shows the same. Then audit draws by rank, in mixed
        shard order within a rank; of a shard named in `limits` only ranks below its limit. Then training draws, the
        newest batch first. Left out are documents the reviewer has judged, those that as many people have judged or
        hold as `overlap` plans, those in the reviewer's other tabs, and those without a text. Raises NotFound for
        unknown `shards`.
        """
        overlap = Overlap(overlap) if isinstance(overlap, int) else overlap
        if overlap.most < 1 or n < 0:
            raise StoreError(f"A lease needs overlap >= 1 and n >= 0; got {overlap.most} and {n}.")
        several = overlap.threshold > 0
        values: dict[str, object] = {"now": self._clock(), "me": pack(reviewer), "tab": pack(tab), "n": n}
        wanted = wanted_sql(overlap)
        filters = ["true"]
        if streams is not None:
            values["training"] = [stream == Stream.TRAINING for stream in streams]
            filters.append("training in (select unnest($training::boolean[]))")
        with self._turn(), self._atomic() as cursor:
            if shards is not None:
                values["shards"] = list(shard_numbers(cursor, shards).values())
                filters.append("shard_no in (select unnest($shards::integer[]))")
            if limits:
                filters.append("(training or place < beyond)")
            sql = _NEXT.format(
                limits=_LIMITS if limits else "",
                limited="join limits using (shard_no)" if limits else "",
                filters=" and ".join(filters),
                wanted=wanted,
                several=several,
            )
            columns: Columns = {"name": [pack(name) for name in limits or ()], "most": list((limits or {}).values())}
            count, who = _PASSED_OVER, {"now": values["now"]}
            if several:
                count, who = count + _PASSED_OVER_SEVERAL.format(wanted=wanted), who | {"me": values["me"]}
            (passed_over,) = cursor.execute(count, who).fetchall()[0]
            rows = with_batch(cursor, columns, sql, values | {"candidates": n + passed_over}).fetchall()
            cursor.execute("delete from leases where until <= ?", [values["now"]])
            held = {**place_columns([(number, row) for _, row, number in rows])}
            with_batch(
                cursor,
                held,
                'delete from leases using batch b where leases.shard_no = b.shard_no and leases."row" = b."row" '
                "and reviewer = ? and tab = ?",
                [values["me"], values["tab"]],
            )
            insert(
                cursor,
                "leases",
                {
                    **held,
                    "reviewer": [pack(reviewer)] * len(rows),
                    "tab": [pack(tab)] * len(rows),
                    "until": [until] * len(rows),
                },
            )
        return [doc_id(unpack(name), row) for name, row, _ in rows]

    def release_leases(self, reviewer: str, tab: str | None = None) -> int:
        """Give back what a reviewer holds, in one tab or in all; returns how many leases there were."""
        with self._turn(), self._atomic() as cursor:
            rows = cursor.execute(
                "delete from leases where reviewer = ? and tab = coalesce(?, tab)",
                [pack(reviewer), None if tab is None else pack(tab)],
            ).fetchall()
        return int(rows[0][0])

    def leases(self) -> list[tuple[str, str, str, datetime]]:
        """Live leases as (doc_id, reviewer, tab, until)."""
        with self._reading() as cursor:
            rows = cursor.execute(
                "select name, leases.row, reviewer, tab, until from leases join shards using (shard_no) "
                "where until > ? order by reviewer, tab, shard_no, leases.row",
                [self._clock()],
            ).fetchall()
        return [(doc_id(unpack(name), row), unpack(who), unpack(tab), until) for name, row, who, tab, until in rows]
