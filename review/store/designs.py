"""Verbs on audit designs: how draws that favour some documents are made, and where each of them fell."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import asdict

from review.errors import StoreError
from review.records import AuditDesign, AuditPlace
from review.store.core import Core
from review.store.encoding import pack, unpack
from review.store.events import Fact
from review.store.rows import shard_numbers

_STRATA = ("weights", "predicted", "chances")


class DesignVerbs(Core):
    """Audit designs."""

    def record_audit_design(self, design: AuditDesign, by: str) -> bool:
        """Record how a shard's audit draws are made; False when the same design is there already.

        Raises NotFound for an unknown shard, StoreError when the shard has another design, or draws without one: its
        random order must not change under draws that people have labelled.
        """
        data = asdict(design)
        with self._turn():
            with self._reading() as cursor:
                number = shard_numbers(cursor, [design.shard])[design.shard]
                known = cursor.execute("select body from audit_designs where shard_no = ?", [number]).fetchall()
                (drawn,) = cursor.execute(
                    "select count(*) from draws where shard_no = ? and stream = 'audit'", [number]
                ).fetchall()[0]
            if known and _from_json(known[0][0]) == design:
                return False
            if known or drawn:
                has = "another audit design" if known else f"{drawn} audit draws"
                raise StoreError(
                    f"Shard {design.shard!r} has {has} already; a design is fixed before the first draw. "
                    "Go on with the draws it has."
                )
            self._record([Fact("audit_design", by, data)])
            return True

    def audit_designs(self, shards: Collection[str] | None = None) -> dict[str, AuditDesign]:
        """The design of every shard that has one, or of those of `shards`."""
        with self._reading() as cursor:
            rows = cursor.execute(
                "select body from audit_designs join shards using (shard_no) "
                "where $named is null or list_contains($named, name) order by audit_designs.seq",
                {"named": None if shards is None else [pack(name) for name in shards]},
            ).fetchall()
        return {design.shard: design for design in (_from_json(body) for (body,) in rows)}

    def audit_places(self, shards: Collection[str] | None = None) -> dict[str, list[AuditPlace]]:
        """Audit draws in rank order, of shards where they are more than a simple order of distinct texts: those with a
        design, and those in which a document has the text of an earlier drawn one."""
        with self._reading() as cursor:
            named = None if shards is None else [pack(name) for name in shards]
            rows = cursor.execute(
                """
                with special as (
                    select distinct shard_no from draws
                    where stream = 'audit' and (stratum is not null or same_as is not null)
                )
                select name, d."row", stratum, same_as from draws d
                semi join special using (shard_no) join shards using (shard_no)
                where stream = 'audit' and ($named is null or list_contains($named, name))
                order by shard_no, rank""",
                {"named": named},
            ).fetchall()
        found: dict[str, list[AuditPlace]] = {}
        for name, row, stratum, same_as in rows:
            found.setdefault(name, []).append(AuditPlace(row, stratum, same_as))
        return {unpack(name): draws for name, draws in found.items()}


def _from_json(body: str) -> AuditDesign:
    data = json.loads(body)
    return AuditDesign(**data | {name: tuple(data[name]) for name in _STRATA})
