"""Verbs on lots: shards that are certified as one."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from types import MappingProxyType

from review.errors import NotFound, StoreError
from review.records import Lot
from review.store.core import Core
from review.store.encoding import unpack
from review.store.events import Event, Fact
from review.store.rows import shard_numbers

_LISTS = ("shards", "starts", "sizes")
LOOKED_AT = 50  # documents of a shard, before it is said to be of one language or source
# What the store says of a lot; everything else is in its event.
_BESIDE = ("by", "at", "seq")


class LotVerbs(Core):
    """Lots."""

    _known_lots: Mapping[int, Lot] = MappingProxyType({})

    def record_lots(self, lots: Sequence[Lot]) -> list[Lot]:
        """Record lots, all or none; returned with seq and at.

        Raises NotFound for an unknown shard, and StoreError when a name was used before, a shard is in a lot, or was
        in one that had been read: a second audit of the same documents would double the risk.
        """
        facts = []
        for lot in lots:
            data = asdict(lot)
            facts.append(Fact("lot", lot.by, {key: data[key] for key in data if key not in _BESIDE}))
        names = [name for lot in lots for name in lot.shards]
        if len(set(names)) < len(names) or len({lot.name for lot in lots}) < len(lots):
            raise StoreError("A shard or a name stands in more than one of these lots. Name each once.")
        with self._turn():
            with self._reading() as cursor:
                shard_numbers(cursor, names)
                used = {unpack(name) for (name,) in cursor.execute("select name from lots").fetchall()}
            spent = self.spent_lots()
            if taken := next((lot.name for lot in lots if lot.name in used), None):
                raise StoreError(f"There was a lot {taken!r} already. Give the new one another name.")
            if held := next((name for name in names if name in spent), None):
                raise StoreError(
                    f"{held} is, or was, in the lot {spent[held]!r}. A shard that was read in a lot takes part in no "
                    "other: auditing the same documents again would double the risk."
                )
            return [_from_event(event) for event in self._record(facts)]

    def spent_lots(self) -> dict[str, str]:
        """By shard that can be in no further lot the one that it is in, or was in when it was read."""
        with self._reading() as cursor:
            rows = cursor.execute(
                "select s.name, lots.name from lot_shards m join lots using (seq) "
                "join shards s using (shard_no) left join lots_dissolved d on d.name = lots.name "
                "where d.name is null or d.labels > 0"
            ).fetchall()
        return {unpack(shard): unpack(lot) for shard, lot in rows}

    def dissolve_lot(self, name: str, by: str, *, reason: str, labels: int) -> None:
        """Let the shards of a lot stand for themselves again. labels: how many had counted for it. Raises NotFound."""
        with self._turn():
            if name not in {lot.name for lot in self.lots()}:
                raise NotFound(f"There is no lot {name!r}. `review lots` lists them.")
            self._record([Fact("lot_dissolved", by, {"name": name, "reason": reason, "labels": labels})])

    def lots(self) -> list[Lot]:
        """The lots that stand, in the order they were formed."""
        known = self._known_lots  # a lot never changes: a thousand names are parsed once
        with self._reading() as cursor:
            standing = cursor.execute(
                "select seq from lots anti join lots_dissolved using (name) order by seq"
            ).fetchall()
            rows = cursor.execute(
                "select seq, author, recorded_at, body from lots where seq in (select unnest(?::bigint[]))",
                [[seq for (seq,) in standing if seq not in known]],
            ).fetchall()
        known = dict(known)
        for seq, author, at, body in rows:
            data = json.loads(body)
            known[seq] = Lot(**data | {key: tuple(data[key]) for key in _LISTS}, by=unpack(author), at=at, seq=seq)
        self._known_lots = {seq: known[seq] for (seq,) in standing}
        return list(self._known_lots.values())

    def shared_metadata(self, column: str) -> dict[str, str]:
        """By shard, the value of a metadata column in which all its drawn documents agree; without shards in which
        they do not, or one lacks it. Of each shard so many documents are looked at as settle it."""
        path = '$."' + column.replace("\\", "\\\\").replace('"', '\\"') + '"'
        with self._reading() as cursor:
            rows = cursor.execute(
                f"""
                select name, any_value(value) from (
                    select shard_no, json_extract_string(metadata, ?) as value from documents
                    qualify row_number() over (partition by shard_no order by "row") <= {LOOKED_AT}
                ) join shards using (shard_no)
                group by name, shard_no having count(value) = count(*) and count(distinct value) = 1""",
                [path],
            ).fetchall()
        return {unpack(name): value for name, value in rows}

    def metadata_columns(self) -> list[str]:
        """Names of the metadata columns in which the first and last drawn document of some shard agree: in what all
        do not agree, like an address, they seldom do."""
        path = """'$."' || replace(replace(name, '\\', '\\\\'), '"', '\\"') || '"'"""
        with self._reading() as cursor:
            rows = cursor.execute(f"""
                select distinct name from (
                    select unnest(json_keys(one)) as name, one, other from (
                        select arg_min(metadata, "row") as one, arg_max(metadata, "row") as other
                        from documents group by shard_no
                    )
                ) where json_extract_string(one, {path}) = json_extract_string(other, {path})""").fetchall()
        return sorted(name for (name,) in rows)

    def used_lot_names(self) -> set[str]:
        """Names that a lot has or had."""
        with self._reading() as cursor:
            return {unpack(name) for (name,) in cursor.execute("select name from lots").fetchall()}


def _from_event(event: Event) -> Lot:
    data = event.data
    return Lot(**{**data, **{key: tuple(data[key]) for key in _LISTS}}, by=event.by, at=event.at, seq=event.seq)
