"""Verbs on adjudications: a lead's last word on a document."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from duckdb import DuckDBPyConnection

from review.errors import RefusedLabel
from review.records import Adjudication, Verdict, doc_id, split_doc_id
from review.store.core import Core
from review.store.encoding import pack, to_json, unpack
from review.store.events import Fact
from review.store.labels import drawn_hashes, unwritable
from review.store.rows import of_shard

COLUMNS = (
    "adjudication_id, name, a.row, content_hash, verdict, author, reasons, note, rubric, labels, shown, recorded_at, "
    "a.seq"
)


class AdjudicationVerbs(Core):
    """Adjudications. Each newer one of a document replaces the one before, and one without a verdict takes it back."""

    def record_adjudications(self, adjudications: Sequence[Adjudication]) -> list[Adjudication]:
        """Store adjudications, all or none; returned in the given order with seq and at.

        One sent again (same id, same content) is returned as it was stored. Raises RefusedLabel with the reason when
        one cannot stand, StoreFull when the disk did not take them; then nothing was stored.
        """
        with self._turn():
            with self._reading() as cursor:
                stored = _stored(cursor, [one.adjudication_id for one in adjudications])
                hashes = drawn_hashes(cursor, [one.doc_id for one in adjudications if not _malformed(one)])
            fresh: dict[str, Adjudication] = {}
            for one in adjudications:
                known = stored.get(one.adjudication_id) or fresh.get(one.adjudication_id)
                why = _malformed(one) or _why_refused(one, known, hashes)
                if why:
                    raise RefusedLabel(f"The adjudication of {one.doc_id!r} was not stored: {why}")
                if known is None:
                    fresh[one.adjudication_id] = one
            events = self._record([Fact("adjudication", one.by, _data(one)) for one in fresh.values()])
            with self._reading() as cursor:
                stored |= _stored(cursor, [event.data["adjudication_id"] for event in events])
        return [stored[one.adjudication_id] for one in adjudications]

    def adjudications(self, doc_id: str | None = None) -> list[Adjudication]:
        """Every adjudication, replaced ones and those taken back too, in seq order; or those of one document."""
        with self._reading() as cursor:
            rows = cursor.execute(
                f"select {COLUMNS} from adjudications a join shards using (shard_no) "
                "where coalesce(name || '#' || a.row = ?, true) order by a.seq",
                [None if doc_id is None else pack(doc_id)],
            ).fetchall()
        return [to_adjudication(row) for row in rows]


def current_adjudications(cursor: DuckDBPyConnection, shard_no: int | None) -> dict[tuple[int, int], Adjudication]:
    """The adjudications that hold now, by place; of one shard, or of all."""
    rows = cursor.execute(
        f"select shard_no, {COLUMNS} from current_adjudications a join shards using (shard_no) "
        f"where {of_shard(shard_no)}"
    ).fetchall()
    return {(row[0], row[3]): to_adjudication(row[1:]) for row in rows}


def to_adjudication(row: tuple[Any, ...]) -> Adjudication:
    """From a row of COLUMNS."""
    return Adjudication(
        adjudication_id=unpack(row[0]),
        doc_id=doc_id(unpack(row[1]), row[2]),
        content_hash=unpack(row[3]),
        verdict=None if row[4] is None else Verdict(row[4]),
        by=unpack(row[5]),
        reasons=tuple(unpack(reason) for reason in row[6]),
        note=unpack(row[7]),
        rubric=row[8],
        labels=tuple(unpack(name) for name in row[9]),
        shown=json.loads(row[10]),
        at=row[11],
        seq=row[12],
    )


def _stored(cursor: DuckDBPyConnection, ids: Sequence[str]) -> dict[str, Adjudication]:
    rows = cursor.execute(
        f"select {COLUMNS} from adjudications a join shards using (shard_no) "
        "where adjudication_id in (select unnest(?::varchar[]))",
        [[pack(name) for name in ids if isinstance(name, str)]],
    ).fetchall()
    return {one.adjudication_id: one for one in map(to_adjudication, rows)}


def _malformed(one: Adjudication) -> str | None:
    """Why it cannot be stored whatever the store holds, or None."""
    for name in ("adjudication_id", "doc_id", "content_hash", "by", "note"):
        value = getattr(one, name)
        if not isinstance(value, str) or (not value and name in ("adjudication_id", "by")):
            return f"its {name} is {value!r}; expected some text."
    if one.verdict is not None and one.verdict not in list(Verdict):
        return f"its verdict is {one.verdict!r}; allowed are {', '.join(Verdict)} and None (taken back)."
    for name in ("reasons", "labels"):
        value = getattr(one, name)
        if not isinstance(value, tuple | list) or not all(isinstance(item, str) for item in value):
            return f"its {name} are {value!r}; expected a tuple of names."
    if not (type(one.rubric) is int and 0 < one.rubric < 2**31):
        return f"its rubric version is {one.rubric!r}; versions are whole numbers from 1."
    try:
        if doc_id(*split_doc_id(one.doc_id)) != one.doc_id:
            return f"{one.doc_id!r} is not how a document is named; expected '<shard>#<row>', the row without zeros."
    except ValueError as error:
        return f"{error}."
    return unwritable(one.shown, lambda: _data(one))


def _why_refused(one: Adjudication, known: Adjudication | None, hashes: Mapping[str, str]) -> str | None:
    if known is not None:
        same = to_json(_data(known)) == to_json(_data(one)) and known.by == one.by
        return None if same else "its id is stored already with other content. Another word needs another id."
    if one.doc_id not in hashes:
        return "it is not among this project's drawn documents."
    if hashes[one.doc_id] != one.content_hash:
        return (
            f"another text ({one.content_hash[:12]}...) was judged than the one drawn ({hashes[one.doc_id][:12]}...). "
            "Load the document again and judge that."
        )
    return None


def _data(one: Adjudication) -> dict[str, Any]:
    """What it says, for the journal; who says it is the event's `by`, when is its `at`."""
    return {
        "adjudication_id": one.adjudication_id,
        "doc_id": one.doc_id,
        "content_hash": one.content_hash,
        "verdict": None if one.verdict is None else str(one.verdict),
        "reasons": list(one.reasons),
        "note": one.note,
        "rubric": one.rubric,
        "labels": list(one.labels),
        "shown": dict(one.shown),
    }
