"""Documents on their way to a browser: leased, blind, in parts when they are very long."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from review.errors import NotFound
from review.records import Document, Label
from review.settings import Settings
from review.store import Store
from review.turns import Turn, ticket, turn_of

# Characters sent at once. A longer document goes as beginning, middle and end; all of it comes when asked for.
WHOLE = 1_000_000
ENDS = (200_000, 100_000, 100_000)

# Metadata names that hold the address a document came from: shown above the text, as text.
_SOURCES = ("url", "source_url", "uri", "page_url", "link")
_VALUE = 300  # characters of a metadata value beside the text


@dataclass(frozen=True, slots=True)
class Part:
    """A run of a document's text. `start` counts what stands before it in UTF-16 units, `line` in line ends."""

    start: int
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class QueueItem:
    """A document for one reviewer, with what may stand beside it; `evidence` says what that is."""

    document: Document
    parts: tuple[Part, ...]
    source: str
    facts: tuple[tuple[str, str], ...]
    label: Label | None = None  # the reviewer's own label of before, when they come back to a document
    ticket: str = ""  # its label carries it back: see review.turns
    shared: tuple[tuple[int, int], ...] | None = None  # lines other drawn documents have too: (number, others)
    signals: tuple[Mapping[str, Any], ...] | None = None  # None: not counted yet
    beside: Mapping[str, Any] = field(default_factory=dict)  # score, shard, labels, where a lead allows them

    @property
    def doc_id(self) -> str:
        return self.document.doc_id

    def to_json(self) -> dict[str, Any]:
        """What the browser gets."""
        own = self.label
        return {
            "doc_id": self.doc_id,
            "hash": self.document.content_hash,
            "length": len(self.document.text),
            "parts": [{"start": part.start, "line": part.line, "text": part.text} for part in self.parts],
            "source": self.source,
            "facts": [list(fact) for fact in self.facts],
            "ticket": self.ticket,
            "shared": None if self.shared is None else [list(line) for line in self.shared],
            "signals": None if self.signals is None else [dict(one) for one in self.signals],
            "beside": dict(self.beside),
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
    """Lease up to `n` documents to a reviewer's tab until the lease time has passed since `now`, when they were seen.

    Returns the items not in `skip` (what the browser holds already) and the names in `skip` that are no longer this
    tab's. `limits`: how many audit documents of each shard are wanted.
    """
    until = now + timedelta(minutes=settings.desk.lease_minutes)
    leased = store.hand_out(
        reviewer, tab, n, until=until, overlap=settings.desk.planned(), mix=settings.mix(), limits=limits
    )
    turns = {one.doc_id: one.turn for one in leased}
    documents = store.documents([name for name in turns if name not in skip])
    items = [
        item(one, settings, ticket=_ticket(settings, reviewer, one.doc_id, turns[one.doc_id])) for one in documents
    ]
    return items, [name for name in skip if name not in turns]


def recall(store: Store, settings: Settings, reviewer: str, doc_ids: Sequence[str], *, whole: bool) -> list[QueueItem]:
    """Documents a reviewer comes back to, or wants the whole of. Only those they hold or have judged; others are
    left out. On a second reading nothing of the first one comes with it."""
    held = store.held(reviewer)
    items = []
    for name in doc_ids:
        try:
            own = store.labels(doc_id=name, reviewer=reviewer)
            if not own and name not in held:
                continue
            document = store.document(name)
        except NotFound:
            continue
        again = held.get(name) is Turn.REPEAT or (bool(own) and turn_of(own[-1].shown) is Turn.REPEAT)
        same = [one for one in own if (turn_of(one.shown) is Turn.REPEAT) == again and one.verdict is not None]
        carried = _ticket(settings, reviewer, name, Turn.REPEAT if again else Turn.PLAN)
        items.append(item(document, settings, whole=whole, label=same[-1] if same else None, ticket=carried))
    return items


def _ticket(settings: Settings, reviewer: str, doc_id: str, turn: Turn) -> str:
    return ticket(settings.sampling.seed, reviewer, doc_id, repeat=turn is Turn.REPEAT)


def item(
    document: Document, settings: Settings, *, whole: bool = False, label: Label | None = None, ticket: str = ""
) -> QueueItem:
    """A document as a reviewer sees it."""
    metadata = settings.corpus.shown(dict(document.metadata))
    named = next((name for name in _SOURCES if metadata.get(name)), None)
    source = "" if named is None else str(metadata[named])
    facts = [
        (_title(name), _value(value)) for name, value in metadata.items() if name != named and value not in (None, "")
    ]
    facts.append(("Length", f"{_number(len(document.text))} characters"))
    facts.append(("Row", _number(document.row)))
    return QueueItem(
        document=document,
        parts=_parts(document.text, whole=whole),
        source=source[:_VALUE],
        facts=tuple(facts),
        label=label,
        ticket=ticket,
    )


def _parts(text: str, *, whole: bool) -> tuple[Part, ...]:
    if whole or len(text) <= WHOLE:
        return (Part(0, 0, text),)
    first, middle, last = ENDS
    half = (len(text) - middle) // 2
    cuts = ((0, first), (half, half + middle), (len(text) - last, len(text)))
    return tuple(Part(_units(text[:start]), text.count("\n", 0, start), text[start:end]) for start, end in cuts)


def _units(text: str) -> int:
    """Length as a browser counts it: what it says was shown and seen are spans in its own count."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


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
