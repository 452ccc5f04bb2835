"""One message from the browser, one answer: labels stored, documents leased, what stands to be said."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from review.desk.choices import rubric_json
from review.desk.evidence import dressed
from review.desk.queue import QueueItem, checkout, recall
from review.desk.submit import Receipt
from review.desk.together import submit_together
from review.errors import ReviewError, StoreKept
from review.overlap import Overlap
from review.settings import Settings
from review.store import Store
from review.store.leases import matches

# Who gets what is looked up and leased in one breath. One process holds a store, so a lock in it is enough.
_BREATH = threading.Lock()

_TAB = 64  # characters of a tab's name
_NAMES = 400  # documents a message may name
_LATER = 24  # documents one tab may put off: they stay leased to it
_CHARACTERS = 1_000_000  # of texts in one answer: very long documents come a few at a time

_KEPT = "The server's disk is full or failing: its journal took the labels, its tables did not. Free some space there."

Limits = Callable[[], Mapping[str, int] | None]


def exchange(
    store: Store, settings: Settings, reviewer: str, message: object, now: datetime, limits: Limits = lambda: None
) -> dict[str, Any]:
    """Answer one message.

    A message holds: `n` (its number), `tab`, `labels` (see `submit`), `have` (documents waiting in the browser),
    `held` (documents judged there, not yet acknowledged), `later` (documents put off there), `expected` (how many of
    those put off before a reload are still to come), `recall` (documents to come back to), `whole` (documents wanted
    in full), `rubric` (version the browser shows), `quiet` (seconds since the reader's last sign of life), `hello` (the
    first), `ask` (for `progress`) and `documents` (false: none are wanted now, so that nothing stands between a label
    and its acknowledgement). Fields that are missing or no such thing count as empty. The answer has `acks` with their
    `seqs`, `refused`, `items`, `recalled`, `gone`, `low` (more documents should be asked for), `cut` (they are ready,
    but were too long for this answer), and when asked or changed `progress`, `rubric`, `empty`; `error` instead when
    the store did not take the labels.

    A lease lasts from the reader's last sign of life, so that a page somebody walked away from keeps nothing, and one
    with a long text on it keeps everything.
    """
    raw = message if isinstance(message, Mapping) else {}
    number = raw.get("n")
    answer: dict[str, Any] = {"n": number if isinstance(number, int) else 0}
    tab = tab_of(message)
    labels = raw.get("labels")
    have, held, later = _names(raw.get("have")), _names(raw.get("held")), _names(raw.get("later"))[:_LATER]
    expected = raw.get("expected")
    more = min(max(expected, 0), _LATER) if isinstance(expected, int) else 0
    try:
        some = labels if isinstance(labels, list) else []
        receipt = submit_together(store, settings, reviewer, some) if some else Receipt((), ())
        low = len(have) <= settings.desk.queue - max(1, settings.desk.queue // 3)
        answer |= {**receipt.to_json(), "items": [], "gone": [], "recalled": [], "low": low}
        if raw.get("rubric") != store.rubric().version:
            answer["rubric"] = rubric_json(store, settings, reviewer)
        seen = now - timedelta(seconds=_quiet(raw.get("quiet")))
        away = now - seen >= timedelta(minutes=settings.desk.lease_minutes)
        store.saw(reviewer, seen)
        if raw.get("documents") is False:
            return answer
        idle = not labels or raw.get("hello") is True or raw.get("ask") is True
        if (idle or low) and not away:
            wanted = settings.desk.queue + len(held) + len(later) + more
            answer |= _documents(store, settings, reviewer, tab, [*have, *later], held, wanted, seen, limits())
        recalled = [
            one
            for names, whole in ((raw.get("recall"), False), (raw.get("whole"), True))
            if names
            for one in recall(store, settings, reviewer, _names(names), whole=whole)
        ]
        answer["recalled"] = [one.to_json() for one in dressed(store, settings, reviewer, recalled)]
        if raw.get("hello") is True or raw.get("ask") is True:
            answer["progress"] = asdict(store.progress(reviewer, limits()))
        if not answer["items"] and not set(have) - set(answer["gone"]):
            answer["empty"] = why_empty(store, settings.desk.planned(), reviewer, limits())
    except ReviewError as error:  # what was stored stays acknowledged
        answer.setdefault("acks", [])
        answer.setdefault("refused", [])
        # A label carries its id, so the browser may send again what the journal has: it is not told to hold back.
        answer["error"] = _KEPT if isinstance(error, StoreKept) else str(error)
    return answer


def tab_of(message: object) -> str:
    """The tab a message comes from."""
    tab = message.get("tab") if isinstance(message, Mapping) else None
    return tab[:_TAB] if isinstance(tab, str) and tab else "-"


def why_empty(store: Store, overlap: Overlap, reviewer: str, limits: Mapping[str, int] | None) -> dict[str, str]:
    """Why nobody hands this reviewer a document, and what to do next."""
    counts = store.shard_counts()
    if not counts:
        return {
            "title": "No documents wait for you.",
            "why": "This project has no shards yet.",
            "next": "Read some files with `review ingest`, then draw documents with `review draw`.",
        }
    drawn = sum(one.drawn for one in counts.values())
    if not drawn and not any(one.training_labelled for one in counts.values()) and not store.draw_counts():
        return {
            "title": "No documents wait for you.",
            "why": "No documents have been drawn for review yet.",
            "next": "Draw some with `review draw --stream audit`, or on the Shards page.",
        }
    waiting = store.waiting(overlap, limits)
    left = sum(part.documents for part in waiting)
    given = next((one for one in store.assignments() if one.reviewer == reviewer), None)
    if (
        left
        and given
        and not any(
            matches(given, part.shard, part.corpus) and (not given.languages or part.language in given.languages)
            for part in waiting
        )
    ):
        return {
            "title": "No documents wait for you.",
            "why": f"{left} wait for others: you are given other ones. A lead can change that on the Team page.",
            "next": "Stay on this page: new documents come by themselves.",
        }
    others = sum(one.documents for one in store.holders() if one.reviewer != reviewer)
    if others:
        return {
            "title": "No documents wait for you.",
            "why": f"{others} are with other readers. What they leave unjudged comes back here by itself.",
            "next": "Stay on this page, or come back later.",
        }
    if left:
        return {
            "title": "No documents wait for you.",
            "why": f"{left} need another reader, or have lost their text. You have judged the others.",
            "next": "Ask a lead who else can read them: the Team page says what waits.",
        }
    return {
        "title": "No documents wait for you. All that are wanted now have their labels.",
        "why": f"{sum(one.labelled for one in counts.values())} audit documents are judged.",
        "next": "See on the Shards page what can be decided, or draw more documents there.",
    }


def _documents(
    store: Store,
    settings: Settings,
    reviewer: str,
    tab: str,
    have: list[str],
    held: list[str],
    wanted: int,
    now: datetime,
    limits: Mapping[str, int] | None,
) -> dict[str, Any]:
    """The documents that fill the browser's queue again, and those it no longer holds."""
    wanted = max(wanted, len(have) + len(held))
    with _BREATH:
        items, gone = checkout(store, settings, reviewer, tab, wanted, now, skip={*have, *held}, limits=limits)
    now_sent = _portion(items)
    return {
        "items": [one.to_json() for one in dressed(store, settings, reviewer, now_sent)],
        "gone": [name for name in gone if name not in set(held)],
        "cut": len(now_sent) < len(items),
    }


def _portion(items: list[QueueItem]) -> list[QueueItem]:
    """As many of the documents as one answer should carry, at least one. The others stay leased until asked for."""
    size = 0
    for place, one in enumerate(items):
        if place and size >= _CHARACTERS:
            return items[:place]
        size += sum(len(part.text) for part in one.parts)
    return items


def _quiet(value: object) -> float:
    sound = isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 10**9
    return float(value) if sound else 0.0  # type: ignore[arg-type]


def _names(value: object) -> list[str]:
    if not isinstance(value, list):
        return []
    return [name for name in value[:_NAMES] if isinstance(name, str)]
