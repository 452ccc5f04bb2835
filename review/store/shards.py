"""Verbs on the corpus: shards, what was refused while reading them, and whether their files still match."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from duckdb import DuckDBPyConnection

from review.errors import NotFound, StoreError
from review.records import Fingerprint, Refusal, Shard
from review.store.core import Core
from review.store.encoding import from_runs, pack, to_runs, unpack
from review.store.events import Event, Fact, parse
from review.store.rows import shard_numbers

STATES = ("ok", "changed", "missing", "replaced")  # replaced: the changed file is a shard of its own now
# Events that bear on the standing of the one shard they are about, and events that bear on none.
_ON_ONE_SHARD = frozenset(
    {"shard", "shard_state", "audit_design", "draws", "label", "adjudication", "gold", "decision", "confirmation"}
)
_ON_NONE = frozenset({"preference", "assignment", "refused_file", "refusals", "release", "bulk", "bulk_undone"})
_SHARD = (
    'name, corpus, uri, format, "rows", documents, characters, bytes, mtime_ns, digest, columns, text_column, '
    "id_column, excluded, metadata"
)


@dataclass(frozen=True, slots=True)
class NewShard:
    """A shard with what was refused while it was read: examples, and complete counts by reason."""

    shard: Shard
    refusals: Sequence[Refusal]
    refused: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ShardState:
    """Whether a shard's file still matches, with what was seen of it."""

    shard: str
    state: str  # one of STATES
    seen: Fingerprint | None


class ShardVerbs(Core):
    """Shards, refusals, shard states, history."""

    _known_shards: Sequence[Shard] = ()

    def add_shard(self, shard: Shard, *, refusals: Sequence[Refusal] = (), refused: Mapping[str, int], by: str) -> bool:
        """Record a shard with its refused rows: examples in `refusals`, complete counts by reason in `refused`.

        Returns False when the same shard is there already. Raises StoreError when its name stands for another file.
        """
        return self.add_shards([NewShard(shard, refusals, refused)], by) == 1

    def add_shards(self, new: Sequence[NewShard], by: str, *, states: Sequence[ShardState] = ()) -> int:
        """Record many shards at once, all or none, far faster than one by one; returns how many were new.

        `states` are what became of shards known before: of a file that was replaced, both facts stand or neither.
        """
        with self._turn():
            with self._reading() as cursor:
                rows = cursor.execute(
                    "select name, uri, bytes, digest from shards where name in (select unnest(?::varchar[]))",
                    [[pack(one.shard.name) for one in new]],
                ).fetchall()
                changes = _state_facts(cursor, states, by)
            known = {unpack(name): (unpack(uri), size, digest) for name, uri, size, digest in rows}
            facts = []
            for one in new:
                shard, print_ = one.shard, one.shard.fingerprint
                same = (shard.uri, print_.bytes, print_.digest)
                before = known.get(shard.name)
                if before is None:
                    facts.append(Fact("shard", by, _shard_data(shard, one.refusals, one.refused)))
                    known[shard.name] = same
                elif before != same:
                    raise StoreError(
                        f"Shard {shard.name!r} is known as {before[0]} ({before[2][:12]}...), got {shard.uri} "
                        f"({print_.digest[:12]}...). Ingest changed data under a new file or corpus name."
                    )
            self._record([*facts, *changes])
            return len(facts)

    def add_refused_file(self, refusal: Refusal, by: str) -> bool:
        """Record a file that could not be read at all. Returns False when the same refusal is there already."""
        with self._turn():
            with self._reading() as cursor:
                known = cursor.execute(
                    'select 1 from refusals where uri = ? and reason = ? and "row" is null limit 1',
                    [pack(refusal.uri), pack(refusal.reason)],
                ).fetchall()
            if known:
                return False
            data = {"uri": refusal.uri, "refusals": _refusal_data([refusal]), "refused": {refusal.reason: 1}}
            self._record([Fact("refused_file", by, data)])
            return True

    def record_refusals(self, shard: str, refusals: Sequence[Refusal], by: str) -> int:
        """Record refused rows that were found after a shard was added; returns how many were new.

        A shard may be known by its footer alone, and what its rows are worth is seen when they are drawn. Left out
        are rows recorded before, whatever the reason, and rows the shard was added without. Raises NotFound for an
        unknown shard, StoreError for a refusal that is not of one of its rows.
        """
        with self._turn():
            source = self.shard(shard)
            for one in refusals:
                if one.uri != source.uri or type(one.row) is not int or not 0 <= one.row < source.rows:
                    raise StoreError(
                        f"The refusal of row {one.row!r} of {one.uri} is not of shard {shard!r}, which has "
                        f"{source.rows} rows in {source.uri}. Give rows of one shard at a time."
                    )
            with self._reading() as cursor:
                rows = cursor.execute(
                    'select "row" from refusals where seq in (select seq from events where shard_no = ?)',
                    [shard_numbers(cursor, [shard])[shard]],
                ).fetchall()
            known = {row for (row,) in rows}.union(source.excluded)
            fresh: dict[int | None, Refusal] = {}
            for one in refusals:
                if one.row not in known:
                    fresh.setdefault(one.row, one)
            if fresh:
                new = list(fresh.values())
                data = {"shard": shard, "uri": source.uri, "refusals": _refusal_data(new)}
                self._record([Fact("refusals", by, data | {"refused": Counter(one.reason for one in new)})])
            return len(fresh)

    def set_shard_state(self, name: str, state: str, seen: Fingerprint | None, by: str) -> None:
        """Record whether a shard's file still matches: ok, changed or missing, with what was seen. No-op if known."""
        self.set_shard_states([ShardState(name, state, seen)], by)

    def set_shard_states(self, states: Sequence[ShardState], by: str) -> int:
        """Record how the files of many shards stand, all or none; returns how many were news. Raises NotFound."""
        with self._turn():
            with self._reading() as cursor:
                facts = _state_facts(cursor, states, by)
            self._record(facts)
            return len(facts)

    def shards(self, corpus: str | None = None) -> list[Shard]:
        """Every shard, in the order they were added."""
        known = self._known_shards  # they are only ever added: those read before are not read again
        with self._reading() as cursor:
            known = self._known_shards = [*known, *fetch_shards(cursor, len(known))]
        return [shard for shard in known if corpus is None or shard.corpus == corpus]

    def shard(self, name: str) -> Shard:
        """One shard. Raises NotFound."""
        with self._reading() as cursor:
            rows = cursor.execute(f"select {_SHARD} from shards where name = ?", [pack(name)]).fetchall()
        if not rows:
            raise NotFound(f"There is no shard {name!r}. Ingest it first; `review shards` lists those there are.")
        return _to_shard(rows[0])

    def shard_states(self) -> dict[str, str]:
        """State of every shard: ok, changed or missing."""
        with self._reading() as cursor:
            rows = cursor.execute(
                "select name, coalesce(arg_max(state, shard_states.seq), 'ok') from shards "
                "left join shard_states using (shard_no) group by name, shard_no order by shard_no"
            ).fetchall()
        return {unpack(name): state for name, state in rows}

    def refusals(self, uri: str | None = None, limit: int = 1000, offset: int = 0) -> list[Refusal]:
        """Refused files and rows, as far as they were kept one by one; not files that are shards by now."""
        with self._reading() as cursor:
            rows = cursor.execute(
                'select uri, "row", reason, detail from current_refusals where uri = coalesce(?, uri) '
                'order by seq, "row" nulls first limit ? offset ?',
                [None if uri is None else pack(uri), limit, offset],
            ).fetchall()
        return [Refusal(unpack(where), row, unpack(reason), unpack(detail)) for where, row, reason, detail in rows]

    def refused_counts(self) -> dict[str, int]:
        """How many files and rows were refused, by reason; complete, but for files that are shards by now."""
        with self._reading() as cursor:
            rows = cursor.execute(
                "select reason, sum(documents)::bigint n from current_refused group by 1 order by n desc, 1"
            ).fetchall()
        return {unpack(reason): count for reason, count in rows}

    def shards_touched(self, since: int, until: int) -> set[str] | None:
        """Shards whose standing may be another one for the events after `since` up to `until`; None: any shard's."""
        with self._reading() as cursor:
            rows = cursor.execute(
                "select distinct type, name from events left join shards using (shard_no) "
                "where events.seq > ? and events.seq <= ?",
                [since, until],
            ).fetchall()
        if any(kind not in _ON_ONE_SHARD and kind not in _ON_NONE for kind, _ in rows):
            return None
        return {unpack(name) for kind, name in rows if kind in _ON_ONE_SHARD}

    def history(self, shard: str, limit: int = 100, *, labels: bool = True) -> list[Event]:
        """What happened to a shard and to the lots it was in, newest first, as it stands in the journal; without its
        labels when not wanted.

        Labels are by far the most events: `label_count(shard)` says how many.
        """
        with self._reading() as cursor:
            number = shard_numbers(cursor, [shard])[shard]
            rows = cursor.execute(
                "select seq, line from events where shard_no = ? and (? or type <> 'label') order by seq desc limit ?",
                [number, labels, limit],
            ).fetchall()
            rows += cursor.execute(
                """
                with mine as (
                    select seq, name from lots semi join (from lot_shards where shard_no = ?) using (seq)
                )
                select seq, line from events semi join (
                    select seq from mine union all select seq from lots_dissolved semi join mine using (name)
                ) using (seq)""",
                [number],
            ).fetchall()
        newest = sorted(rows, reverse=True)[:limit]
        return [parse(line.encode("ascii")) for _, line in newest]


def _state_facts(cursor: DuckDBPyConnection, states: Sequence[ShardState], by: str) -> list[Fact]:
    """What is news among these states. Raises StoreError, NotFound."""
    if not states:
        return []
    if wrong := next((one.state for one in states if one.state not in STATES), None):
        raise StoreError(f"A shard's state is one of {', '.join(STATES)}; got {wrong!r}.")
    shard_numbers(cursor, (one.shard for one in states))
    rows = cursor.execute(
        "select name, arg_max(state, shard_states.seq), arg_max(coalesce(seen, ''), shard_states.seq) "
        "from shard_states join shards using (shard_no) group by name"
    ).fetchall()
    known = {unpack(name): (state, json.loads(seen) if seen else None) for name, state, seen in rows}
    facts = []
    for one in states:
        seen = None if one.seen is None else _fingerprint_data(one.seen)
        if known.get(one.shard, ("ok", seen)) != (one.state, seen):
            facts.append(Fact("shard_state", by, {"shard": one.shard, "state": one.state, "seen": seen}))
            known[one.shard] = (one.state, seen)
    return facts


def fetch_shards(cursor: DuckDBPyConnection, first: int = 0) -> list[Shard]:
    """The shards from number `first` on, in the order of their numbers, which count from 0."""
    rows = cursor.execute(f"select {_SHARD} from shards where shard_no >= ? order by shard_no", [first]).fetchall()
    return [_to_shard(row) for row in rows]


def _shard_data(shard: Shard, refusals: Sequence[Refusal], refused: Mapping[str, int]) -> dict[str, Any]:
    names = ("name", "corpus", "uri", "format", "rows", "documents", "characters", "text_column", "id_column")
    body: dict[str, Any] = {name: getattr(shard, name) for name in names}
    body["fingerprint"] = _fingerprint_data(shard.fingerprint)
    body["columns"] = list(shard.columns)
    body["excluded"] = to_runs(shard.excluded)
    body["metadata"] = dict(shard.metadata)
    return {"shard": body, "uri": shard.uri, "refusals": _refusal_data(refusals), "refused": dict(refused)}


def _refusal_data(refusals: Sequence[Refusal]) -> list[list[Any]]:
    return [[one.uri, one.row, one.reason, one.detail] for one in refusals]


def _fingerprint_data(one: Fingerprint) -> dict[str, Any]:
    return {"bytes": one.bytes, "mtime_ns": one.mtime_ns, "digest": one.digest}


def _to_shard(row: tuple[Any, ...]) -> Shard:
    return Shard(
        name=unpack(row[0]),
        corpus=unpack(row[1]),
        uri=unpack(row[2]),
        format=unpack(row[3]),
        rows=row[4],
        documents=row[5],
        characters=row[6],
        fingerprint=Fingerprint(row[7], row[8], row[9]),
        columns=tuple(json.loads(row[10])),
        text_column=unpack(row[11]),
        id_column=None if row[12] is None else unpack(row[12]),
        excluded=from_runs(json.loads(row[13])),
        metadata=json.loads(row[14]),
    )
