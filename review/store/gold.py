"""Verbs on gold: documents whose answer is known."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from review.errors import NotFound, StoreError
from review.records import Gold, Verdict, doc_id
from review.store.core import Core
from review.store.encoding import unpack
from review.store.events import Fact
from review.store.labels import drawn_hashes
from review.turns import TOLD

_COLUMNS = 'name, g."row", content_hash, verdict, author, reasons, source, recorded_at, g.seq'
ANSWERS = (Verdict.KEEP, Verdict.REJECT)
SOURCES = ("lead", "adjudicated")


@dataclass(frozen=True, slots=True)
class GoldAnswer:
    """What a reviewer said, unknowing, of a document that was gold already."""

    reviewer: str
    doc_id: str
    known: Verdict
    said: Verdict
    simulated: bool


class GoldVerbs(Core):
    """Gold documents and the answers to them."""

    def record_gold(self, gold: Sequence[Gold]) -> list[Gold]:
        """Record what is known of documents, all or none; returned with seq and at.

        Raises NotFound for a document that was never drawn, StoreError for another text than the one drawn, for an
        answer that is not keep or reject, and for one who is nobody.
        """
        with self._turn():
            with self._reading() as cursor:
                hashes = drawn_hashes(cursor, _sound_names(gold))
            for one in gold:
                if one.doc_id not in hashes:
                    raise NotFound(f"{one.doc_id!r} is not among this project's drawn documents; draw it first.")
                if hashes[one.doc_id] != one.content_hash:
                    raise StoreError(f"The answer is about another text than the one drawn as {one.doc_id!r}.")
                if one.verdict is not None and one.verdict not in ANSWERS:
                    raise StoreError(
                        f"A gold document is {' or '.join(ANSWERS)}; got {str(one.verdict)!r}. Where even a lead is "
                        "unsure, a reader cannot be wrong."
                    )
                if one.source not in SOURCES or not one.by:
                    raise StoreError(f"Gold comes from {' or '.join(SOURCES)}, by somebody; got {one.source!r}.")
            events = self._record([Fact("gold", one.by, _data(one)) for one in gold])
        return [
            Gold(one.doc_id, one.content_hash, one.verdict, one.by, one.reasons, one.source, event.at, event.seq)
            for one, event in zip(gold, events, strict=True)
        ]

    def gold(self) -> list[Gold]:
        """The gold documents, in shard and row order."""
        with self._reading() as cursor:
            rows = cursor.execute(
                f"select {_COLUMNS} from current_gold g join shards using (shard_no) order by shard_no, g.row"
            ).fetchall()
        return [
            Gold(
                doc_id(unpack(name), row),
                unpack(digest),
                Verdict(verdict),
                unpack(by),
                tuple(unpack(reason) for reason in reasons),
                unpack(source),
                at,
                seq,
            )
            for name, row, digest, verdict, by, reasons, source, at, seq in rows
        ]

    def gold_answers(self) -> list[GoldAnswer]:
        """What each reviewer said last of each gold document, after it had become gold, as planned or as a check, and
        before anybody told them the answer; whoever said the answer gives none. A second reading is no answer, and one
        taken back is none."""
        with self._reading() as cursor:
            rows = cursor.execute(
                """
                select name, l."row", reviewer, g.verdict, l.verdict, l.source, shown
                from labels l join current_gold g using (shard_no, "row") join shards using (shard_no)
                where turn is distinct from 'repeat' and l.reviewer <> g.author
                and l.seq > (
                    select min(f.seq) from gold f
                    where f.shard_no = g.shard_no and f."row" = g."row" and f.verdict is not null
                )
                order by l.seq"""
            ).fetchall()
        newest: dict[tuple[str, str], GoldAnswer | None] = {}
        for name, row, reviewer, known, said, source, shown in rows:
            if json.loads(shown).get(TOLD) is True:
                continue
            key = (unpack(reviewer), doc_id(unpack(name), row))
            newest[key] = said and GoldAnswer(*key, Verdict(known), Verdict(said), unpack(source) == "simulated")
        return [one for one in newest.values() if one is not None]


def _sound_names(gold: Sequence[Gold]) -> list[str]:
    sound = []
    for one in gold:
        shard, mark, row = one.doc_id.rpartition("#")
        if mark and row.isdecimal() and doc_id(shard, int(row)) == one.doc_id:
            sound.append(one.doc_id)
    return sound


def _data(one: Gold) -> dict[str, object]:
    return {
        "doc_id": one.doc_id,
        "content_hash": one.content_hash,
        "verdict": None if one.verdict is None else str(one.verdict),
        "reasons": list(one.reasons),
        "source": one.source,
    }
