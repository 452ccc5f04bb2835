"""The rows before and after a document in its shard, read in place: to look at, never to judge."""

from __future__ import annotations

from typing import Any

from review import corpus
from review.errors import NotFound
from review.records import Document, Shard, split_doc_id
from review.store import Store

AROUND = 2  # documents on each side
LONGEST = 20_000  # characters of each
_REACH = 20  # rows looked at on each side: refused rows are passed over


def neighbours(store: Store, reviewer: str, doc_id: str) -> list[dict[str, Any]]:
    """The documents around one that the reviewer holds or has judged, in row order.

    Each has `offset` (rows from the document, never 0), `text` (at most LONGEST characters) and `length`. Raises
    NotFound when the document is not theirs to see, CorpusError when the shard cannot be read.
    """
    if not store.labels(doc_id=doc_id, reviewer=reviewer) and all(
        (name, who) != (doc_id, reviewer) for name, who, _, _ in store.leases()
    ):
        raise NotFound("The rows around a document can be seen by who has it to judge. Load the page again.")
    name, row = split_doc_id(doc_id)
    shard = store.shard(name)
    found = [*_beside(shard, row, -1)[::-1], *_beside(shard, row, 1)]
    return [{"offset": one.row - row, "text": one.text[:LONGEST], "length": len(one.text)} for one in found]


def _beside(shard: Shard, row: int, step: int) -> list[Document]:
    """The nearest documents on one side, nearest first."""
    excluded = set(shard.excluded)
    rows = range(row + step, max(-1, row - _REACH - 1) if step < 0 else min(shard.rows, row + _REACH + 1), step)
    wanted = [one for one in rows if one not in excluded][:AROUND]
    return corpus.try_rows(shard, wanted)[0]
