"""Verbs on a lead's rulings, and on the second signature under them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from types import MappingProxyType
from typing import Any

from review.errors import StoreError
from review.names import same
from review.records import Decision, Fingerprint, Ruling
from review.store.core import Core
from review.store.encoding import unpack
from review.store.events import Event, Fact
from review.store.rows import shard_numbers

_DECISION = (
    "name, d.ruling, d.reason, d.author, d.bytes, d.mtime_ns, d.digest, d.certificate, d.rubric, d.recorded_at, d.seq, "
    "c.author, c.recorded_at"
)
# Of several signatures under one decision the first counts: it is the one that made it stand.
_CONFIRMED = (
    "left join (from confirmations qualify row_number() over (partition by decision order by seq) = 1) c "
    "on c.decision = d.seq"
)
_NEWEST = "(from decisions qualify row_number() over (partition by shard_no order by seq desc) = 1)"
# What the store says of a decision; everything else is in its event.
_BESIDE = ("by", "at", "seq", "confirmed_by", "confirmed_at")


class DecisionVerbs(Core):
    """Decisions and confirmations."""

    _known_decisions: Mapping[int | None, Decision] = MappingProxyType({})

    def record_decisions(
        self, decisions: Sequence[Decision], *, seen: Mapping[str, int | None] | None = None
    ) -> list[Decision]:
        """Record rulings, all or none; returned with seq and at.

        seen: by shard the seq of the ruling that whoever decides has before them, None for none. Raises StoreError
        when another one came meanwhile, which they would replace unseen; NotFound for an unknown shard.
        """
        facts = []
        for one in decisions:
            data = asdict(one) | {"ruling": str(Ruling(one.ruling)), "certificate": dict(one.certificate)}
            facts.append(Fact("decision", one.by, {key: data[key] for key in data if key not in _BESIDE}))
        with self._turn():
            with self._reading() as cursor:
                shard_numbers(cursor, (one.shard for one in decisions))
            now = self.current_decisions() if seen is not None else {}
            for one in decisions:
                newest = now.get(one.shard)
                if seen is not None and newest is not None and newest.seq != seen.get(one.shard):
                    raise StoreError(
                        f"{newest.by} set {one.shard} to {newest.ruling.value} meanwhile. Look at it again before "
                        "deciding."
                    )
            events = self._record(facts)
        return [_from_event(event) for event in events]

    def confirm_decisions(self, decisions: Sequence[Decision], by: str) -> int:
        """Record a second person's signature under rulings, all or none; returns how many were not signed yet.

        Raises StoreError when a ruling is not its shard's newest any more, or is this person's own.
        """
        with self._turn():
            now = self.current_decisions()
            facts = []
            for one in decisions:
                current = now.get(one.shard)
                if current is None or current.seq != one.seq:
                    raise StoreError(f"{one.shard} was decided anew meanwhile. Look at it again before confirming.")
                if same(current.by, by):
                    raise StoreError(
                        f"{current.by} decided {one.shard}, so somebody else has to confirm it. Two people have to "
                        "sign."
                    )
                if current.confirmed_by is None:
                    facts.append(Fact("confirmation", by, {"shard": one.shard, "decision": one.seq}))
            self._record(facts)
            return len(facts)

    def decisions(self, shard: str | None = None) -> list[Decision]:
        """Every ruling, in seq order."""
        with self._reading() as cursor:
            number = None if shard is None else shard_numbers(cursor, [shard])[shard]
            rows = cursor.execute(
                f"select {_DECISION} from decisions d join shards using (shard_no) {_CONFIRMED} "
                "where d.shard_no = coalesce(?, d.shard_no) order by d.seq",
                [number],
            ).fetchall()
        return [_to_decision(row) for row in rows]

    def current_decisions(self) -> dict[str, Decision]:
        """The newest ruling of every shard that has one."""
        known = self._known_decisions  # what was decided never changes: a certificate is parsed once
        with self._reading() as cursor:
            newest = cursor.execute(
                f"select d.seq, c.author, c.recorded_at from {_NEWEST} d {_CONFIRMED} order by d.shard_no"
            ).fetchall()
            rows = cursor.execute(
                f"select {_DECISION} from decisions d join shards using (shard_no) {_CONFIRMED} "
                "where d.seq in (select unnest(?::bigint[]))",
                [[seq for seq, *_ in newest if seq not in known]],
            ).fetchall()
        known = dict(known) | {decision.seq: decision for decision in map(_to_decision, rows)}
        current = {}
        for seq, author, at in newest:
            by = None if author is None else unpack(author)
            if (known[seq].confirmed_by, known[seq].confirmed_at) != (by, at):
                known[seq] = replace(known[seq], confirmed_by=by, confirmed_at=at)
            current[known[seq].shard] = known[seq]
        self._known_decisions = {seq: known[seq] for seq, *_ in newest}
        return current


def _from_event(event: Event) -> Decision:
    ruling, seen = Ruling(event.data["ruling"]), Fingerprint(**event.data["fingerprint"])
    told = {**event.data, "ruling": ruling, "fingerprint": seen}
    return Decision(**told, by=event.by, at=event.at, seq=event.seq)


def _to_decision(row: tuple[Any, ...]) -> Decision:
    return Decision(
        shard=unpack(row[0]),
        ruling=Ruling(row[1]),
        reason=unpack(row[2]),
        by=unpack(row[3]),
        fingerprint=Fingerprint(row[4], row[5], row[6]),
        certificate=json.loads(row[7]),
        rubric=row[8],
        at=row[9],
        seq=row[10],
        confirmed_by=None if row[11] is None else unpack(row[11]),
        confirmed_at=row[12],
    )
