"""Verbs on leases: which document is whose to judge next.

Leases are not journalled: they die by time, and a lost one costs at most a second opinion.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime

from review.errors import StoreError
from review.records import Stream, doc_id
from review.store.core import Core
from review.store.encoding import pack, unpack
from review.store.rows import Columns, insert, place_columns, shard_numbers, with_batch

# `held`: live leases of people who have not judged the document yet; who has judged is counted in queue.judged.
_NEXT = """
    with live as (select * from leases where until > $now),
    settled as (
        from (select l.* from labels l semi join live using (shard_no, "row", reviewer))
        qualify row_number() over (partition by shard_no, "row", reviewer order by seq desc) = 1
    ),
    held as (
        select shard_no, "row", count(distinct reviewer) filter (reviewer <> $me) as others,
               bool_or(reviewer = $me) as mine, bool_or(reviewer = $me and tab = $tab) as here
        from live anti join (from settled where verdict is not null) using (shard_no, "row", reviewer)
        group by all
    ),
    judged_by_me as (
        select shard_no, "row" from labels where reviewer = $me
        group by all having arg_max(coalesce(verdict::varchar, ''), seq) <> ''
    )
    select shards.name, queue.row, shard_no, coalesce(here, false) as here
    from queue join shards using (shard_no) left join held using (shard_no, "row") {limit_join}
    anti join judged_by_me using (shard_no, "row")
    anti join (select shard_no, "row" from documents where text is null) using (shard_no, "row")
    where judged < $overlap
      and (coalesce(here, false) or (not coalesce(mine, false) and judged + coalesce(others, 0) < $overlap))
      and {filters}
    order by here desc, training, wave desc, rank, mix
    limit $n"""


class LeaseVerbs(Core):
    """Leases."""

    def lease(
        self,
        reviewer: str,
        tab: str,
        n: int,
        *,
        until: datetime,
        overlap: int,
        streams: Iterable[Stream] | None = None,
        shards: Iterable[str] | None = None,
        limits: Mapping[str, int] | None = None,
    ) -> list[str]:
        """Reserve the next up to `n` documents for a reviewer's tab until a time; their names, in order.

        What this tab holds already comes first, so that a reload shows the same. Then audit draws by rank, in mixed
        shard order within a rank; of a shard named in `limits` only ranks below its limit. Then training draws, the
        newest batch first. Left out are documents the reviewer has judged, those that `overlap` people have judged
        or hold, those in the reviewer's other tabs, and those without a text. Raises NotFound for unknown `shards`.
        """
        if overlap < 1 or n < 0:
            raise StoreError(f"A lease needs overlap >= 1 and n >= 0; got {overlap} and {n}.")
        values: dict[str, object] = {"now": self._clock(), "me": pack(reviewer), "tab": pack(tab)}
        values |= {"overlap": overlap, "n": n}
        filters = ["true"]
        if streams is not None:
            values["training"] = [stream == Stream.TRAINING for stream in streams]
            filters.append("training in (select unnest($training::boolean[]))")
        with self._turn(), self._atomic() as cursor:
            if shards is not None:
                values["shards"] = list(shard_numbers(cursor, shards).values())
                filters.append("shard_no in (select unnest($shards::integer[]))")
            limit_join = ""
            if limits:
                limit_join = "left join (select name, most from batch) as limits on limits.name = shards.name"
                filters.append("(training or most is null or rank < most)")
            sql = _NEXT.format(limit_join=limit_join, filters=" and ".join(filters))
            columns: Columns = {"name": [pack(name) for name in limits or ()], "most": list((limits or {}).values())}
            rows = with_batch(cursor, columns, sql, values).fetchall()
            cursor.execute("delete from leases where until <= ?", [values["now"]])
            held = {**place_columns([(number, row) for _, row, number, _ in rows])}
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
        return [doc_id(unpack(name), row) for name, row, _, _ in rows]

    def renew_leases(self, reviewer: str, tab: str, until: datetime) -> int:
        """Keep what a tab holds until a later time; returns how many leases were still alive."""
        with self._turn(), self._atomic() as cursor:
            rows = cursor.execute(
                "update leases set until = ? where reviewer = ? and tab = ? and until > ?",
                [until, pack(reviewer), pack(tab), self._clock()],
            ).fetchall()
        return int(rows[0][0])

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
