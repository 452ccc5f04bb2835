"""Documents on their way to a browser: leased, blind, in parts when they are very long."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from review.errors import NotFound
from review.records import Document, Label
from review.settings import Settings
from review.store import Store

# Characters sent at once. A longer document goes as beginning, middle and end; all of it comes when asked for.
WHOLE = 1_000_000
ENDS = (200_000, 100_000, 100_000)

# Metadata names that hold the address a document came from: shown above the text, as text.
_SOURCES = ("url", "source_url", "uri", "page_url", "link")
_VALUE = 300  # characters of a metadata value beside the text


@dataclass(frozen=True, slots=True)
class Part:
    """A run of a document's text. `start` counts characters before it, `line` line ends before it."""

    start: int
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class QueueItem:
    """A document for one reviewer, with what may stand beside it: never its shard, a score or anybody's verdict."""

    doc_id: str
    content_hash: str
    length: int  # characters of the whole text
    parts: tuple[Part, ...]
    source: str
    facts: tuple[tuple[str, str], ...]
    label: Label | None = None  # the reviewer's own label of before, when they come back to a document

    def to_json(self) -> dict[str, Any]:
        """What the browser gets."""
        own = self.label
        return {
            "doc_id": self.doc_id,
            "hash": self.content_hash,
            "length": self.length,
            "parts": [{"start": part.start, "line": part.line, "text": part.text} for part in self.parts],
            "source": self.source,
            "facts": [list(fact) for fact in self.facts],
            "label": None
            if own is None
            else {
                "verdict": own.verdict,
                "reasons": list(own.reasons),
                "note": own.note,
                "score": own.score,
                "seconds": own.seconds,
            },
        }


def checkout(
    store: Store,
    settings: Settings,
    reviewer: str,
    tab: str,
    n: int,
    now: datetime,
    *,
    skip: Collection[str] = (),
    limits: Mapping[str, int] | None = None,
) -> tuple[list[QueueItem], list[str]]:
    """Lease up to `n` documents to a reviewer's tab until `now` + the lease time.

    Returns the items not in `skip` (what the browser holds already) and the names in `skip` that are no longer this
    tab's. `limits`: how many audit documents of each shard are wanted.
    """
    until = now + timedelta(minutes=settings.desk.lease_minutes)
    leased = store.lease(reviewer, tab, n, until=until, overlap=settings.desk.planned(), limits=limits)
    fresh = [name for name in leased if name not in skip]
    gone = [name for name in skip if name not in set(leased)]
    return [item(document, settings) for document in store.documents(fresh)], gone


def recall(store: Store, settings: Settings, reviewer: str, doc_ids: Sequence[str], *, whole: bool) -> list[QueueItem]:
    """Documents a reviewer comes back to, or wants the whole of. Only those they hold or have judged; others are
    left out."""
    held = {name for name, who, _, _ in store.leases() if who == reviewer}
    items = []
    for name in doc_ids:
        try:
            own = store.labels(doc_id=name, reviewer=reviewer)
            if not own and name not in held:
                continue
            document = store.document(name)
        except NotFound:
            continue
        verdicts = [label for label in own if label.verdict is not None]
        items.append(item(document, settings, whole=whole, label=verdicts[-1] if verdicts else None))
    return items


def item(document: Document, settings: Settings, *, whole: bool = False, label: Label | None = None) -> QueueItem:
    """A document as a reviewer sees it."""
    metadata = settings.corpus.shown(dict(document.metadata))
    named = next((name for name in _SOURCES if metadata.get(name)), None)
    source = "" if named is None else str(metadata[named])
    facts = [
        (_title(name), _value(value)) for name, value in metadata.items() if name != named and value not in (None, "")
    ]
    facts.append(("Length", f"{_number(len(document.text.split()))} words · {_number(len(document.text))} characters"))
    facts.append(("Row", _number(document.row)))
    return QueueItem(
        doc_id=document.doc_id,
        content_hash=document.content_hash,
        length=len(document.text),
        parts=_parts(document.text, whole=whole),
        source=source[:_VALUE],
        facts=tuple(facts),
        label=label,
    )


def _parts(text: str, *, whole: bool) -> tuple[Part, ...]:
    if whole or len(text) <= WHOLE:
        return (Part(0, 0, text),)
    first, middle, last = ENDS
    half = (len(text) - middle) // 2
    cuts = ((0, first), (half, half + middle), (len(text) - last, len(text)))
    return tuple(Part(start, text.count("\n", 0, start), text[start:end]) for start, end in cuts)


def _title(name: str) -> str:
    words = name.replace("_", " ").strip()
    return words[:1].upper() + words[1:40]


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, int):
        return _number(value) if abs(value) >= 10_000 else str(value)
    if isinstance(value, float):
        return f"{value:.3g}"
    text = str(value)
    return text if len(text) <= _VALUE else text[: _VALUE - 1] + "…"


def _number(value: int) -> str:
    return f"{value:,}".replace(",", "\u00a0")
