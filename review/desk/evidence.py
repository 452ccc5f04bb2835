"""What stands beside a text: shared lines and signals for all, more on training draws where a lead allows it.

Audit draws are blind: what a score, a shard's name or somebody's verdict suggests would end up in the certificate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from review.desk.queue import QueueItem
from review.desk.signals import signals_json
from review.settings import Settings
from review.store import Store
from review.turns import Turn

_LINES = 400  # shared lines of a document that are marked
_PATIENCE = 3.0  # seconds a reviewer waits for lines to be counted after a draw


def dressed(store: Store, settings: Settings, reviewer: str, items: Sequence[QueueItem]) -> list[QueueItem]:
    """The items with everything that may stand beside their texts. Takes its time: call it without a lock."""
    if not items:
        return []
    documents = [one.document for one in items]
    shared = store.shared_lines([document.text for document in documents], _PATIENCE)
    signals = signals_json(store, documents)
    beside = _beside(store, settings, reviewer, [one.doc_id for one in items])
    return [
        replace(
            one,
            shared=None if shared is None else tuple(shared[at][:_LINES]),
            signals=None if rows is None else tuple(rows),
            beside=beside.get(one.doc_id, {}),
        )
        for at, (one, rows) in enumerate(zip(items, signals, strict=True))
    ]


def _beside(store: Store, settings: Settings, reviewer: str, names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """For the training draws among the documents what the settings allow: `score`, `shard`, `labels`."""
    allowed = settings.desk.show_on_training
    if not allowed:
        return {}
    training = [name for name in names if name in store.training_only(names)]
    found: dict[str, dict[str, Any]] = {name: {} for name in training}
    version = store.promoted() if "score" in allowed else None
    if version is not None:
        for name, score in store.scores(version, training).items():
            found[name]["score"] = f"{score:.2f} keep, by {version}"
    turns = store.held(reviewer) if "labels" in allowed else {}
    for name in training:
        if "shard" in allowed:
            found[name]["shard"] = name.rpartition("#")[0]
        if "labels" in allowed:  # others' labels are the answer to a blind check
            check = turns.get(name, Turn.PLAN) is not Turn.PLAN
            found[name]["labels"] = [] if check else _others(store, reviewer, name)
    return found


def _others(store: Store, reviewer: str, name: str) -> list[list[str]]:
    """What each other person says of a document now: name, verdict, reasons."""
    newest = {one.reviewer: one for one in store.labels(doc_id=name)}  # in order, so the newest wins
    return [
        [one.reviewer, str(one.verdict), ", ".join(one.reasons)]
        for who, one in sorted(newest.items())
        if who != reviewer and one.verdict is not None
    ]
