"""Verbs on bulk labels: one word on many training documents, said at once, undone at once."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any
from uuid import uuid4

from duckdb import DuckDBPyConnection

from review.errors import NotFound, RefusedLabel
from review.records import Document, Label, Verdict, doc_id
from review.store.core import Core
from review.store.encoding import unpack
from review.store.events import Fact
from review.store.rows import of_shard

SOURCE = "bulk"  # of such a label, wherever it is seen


@dataclass(frozen=True, slots=True)
class BulkBatch:
    """One bulk label with the filter it came from."""

    batch: str
    by: str
    at: datetime
    verdict: Verdict
    reasons: tuple[str, ...]
    note: str
    filter: Mapping[str, Any]
    documents: int
    counts: int  # documents for which it still speaks: nobody has read them since
    undone: bool


class BulkVerbs(Core):
    """Bulk labels."""

    def record_bulk(
        self,
        documents: Sequence[Document],
        verdict: Verdict,
        *,
        by: str,
        reasons: Sequence[str],
        note: str,
        rubric: int,
        wish: Mapping[str, Any],
    ) -> str:
        """Say one word of many documents, all or none; the batch's name. `wish` is the filter, as plain JSON.

        Raises RefusedLabel when one of them is no training document, or is one that somebody has judged.
        """
        ordered = sorted(documents, key=lambda one: (one.shard, one.row))
        with self._turn():
            free = set(self.unjudged_training())
            strange = next((one.doc_id for one in ordered if one.doc_id not in free), None)
            if strange is not None:
                raise RefusedLabel(f"{strange!r} is no training document that nobody has judged. Nothing was stored.")
            batch = str(uuid4())
            word = {"batch": batch, "verdict": str(Verdict(verdict)), "reasons": list(reasons), "note": note}
            facts = []
            for shard, group in groupby(ordered, key=lambda one: one.shard):
                same = list(group)
                place = {
                    "shard": shard,
                    "rows": [one.row for one in same],
                    "hashes": [one.content_hash for one in same],
                }
                facts.append(Fact("bulk", by, word | place | {"rubric": rubric, "filter": dict(wish)}))
            self._record(facts)
        return batch

    def undo_bulk(self, batch: str, by: str) -> None:
        """Take a whole batch back. Raises NotFound for one that is none, or that was undone."""
        with self._turn():
            if not any(one.batch == batch and not one.undone for one in self.bulk_batches()):
                raise NotFound(f"There is no bulk label {batch!r} to undo. `review bulk` lists them.")
            self._record([Fact("bulk_undone", by, {"batch": batch})])

    def bulk_batches(self) -> list[BulkBatch]:
        """Every batch, oldest first."""
        with self._reading() as cursor:
            rows = cursor.execute("""
                select batch, any_value(l.author), min(l.recorded_at), any_value(verdict), any_value(reasons),
                       any_value(note), any_value(filter), count(*),
                       (select count(*) from current_bulk c where c.batch = l.batch),
                       batch in (select batch from bulk_undone)
                from bulk_labels l join (select batch, any_value(filter) as filter from bulk_batches group by batch)
                using (batch) group by batch order by min(l.seq)""").fetchall()
        return [
            BulkBatch(
                unpack(batch), unpack(by), at, Verdict(verdict), tuple(map(unpack, reasons)), unpack(note),
                json.loads(wish), documents, counts, undone,
            )
            for batch, by, at, verdict, reasons, note, wish, documents, counts, undone in rows
        ]  # fmt: skip

    def unjudged_training(self) -> list[str]:
        """Documents drawn for training alone that nobody has judged, one by one or in bulk."""
        with self._reading() as cursor:
            rows = cursor.execute(
                "select name, q.row from (from queue where training and judged = 0 and not bulk) q "
                'anti join current_labels using (shard_no, "row") anti join current_adjudications '
                'using (shard_no, "row") join shards using (shard_no) order by shard_no, q.row'
            ).fetchall()
        return [doc_id(unpack(name), row) for name, row in rows]


def bulk_words(cursor: DuckDBPyConnection, shard_no: int | None) -> dict[tuple[int, int], Label]:
    """The bulk labels that speak, by place, as labels of the person who gave them; of one shard, or of all."""
    rows = cursor.execute(
        'select shard_no, name, b."row", content_hash, author, verdict, reasons, note, rubric, batch, recorded_at, '
        f"b.seq from current_bulk b join shards using (shard_no) where {of_shard(shard_no)}"
    ).fetchall()
    return {
        (number, row): Label(
            label_id=f"{SOURCE}-{unpack(batch)}-{number}-{row}",
            doc_id=doc_id(unpack(name), row),
            content_hash=digest,
            reviewer=unpack(by),
            verdict=Verdict(verdict),
            reasons=tuple(map(unpack, reasons)),
            note=unpack(note),
            rubric=rubric,
            source=SOURCE,
            at=at,
            seq=seq,
        )
        for number, name, row, digest, by, verdict, reasons, note, rubric, batch, at, seq in rows
    }
