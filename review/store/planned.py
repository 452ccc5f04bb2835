"""Verbs on what is planned for drawn documents, apart from who holds them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from review.records import Verdict, doc_id
from review.store.core import Core
from review.store.encoding import unpack
from review.store.rows import doc_places, place_columns, with_batch


@dataclass(frozen=True, slots=True)
class Planned:
    """What was decided about a document, whatever anybody says of it."""

    training: bool  # drawn for training alone
    pick: int  # see review.overlap
    gold: Verdict | None  # the known answer


class PlannedVerbs(Core):
    """Plans for single documents."""

    def planned(self, doc_ids: Sequence[str]) -> dict[str, Planned]:
        """The plans of those of these documents that are drawn. Raises NotFound for an unknown shard or name."""
        with self._reading() as cursor:
            places = doc_places(cursor, doc_ids)
            rows = with_batch(
                cursor,
                place_columns(places),
                'select name, q."row", training, pick, g.verdict from queue q semi join batch using (shard_no, "row") '
                'join shards using (shard_no) left join current_gold g using (shard_no, "row")',
            ).fetchall()
        return {
            doc_id(unpack(name), row): Planned(training, pick, Verdict(gold) if gold else None)
            for name, row, training, pick, gold in rows
        }
