"""Labels from a browser: everything checked, each judged on its own, all sound ones stored with one fsync."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from review.desk.marking import TICKET, Word, marked
from review.errors import NotFound, RefusedLabel
from review.records import Label, Rubric, Verdict
from review.rubric import why_against
from review.settings import Settings
from review.store import Store
from review.turns import TOLD, Turn, turn_of

LABEL_ID = re.compile(r"[A-Za-z0-9-]{8,64}")
NOTE = 4_000  # characters
SECONDS = 24 * 3600.0
BATCH = 500  # labels in one message: more is no browser of ours


@dataclass(frozen=True, slots=True)
class Refused:
    """A label that was not stored, with the reason as the end of "not stored: ..."."""

    label_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class Known:
    """The known answer to a gold document somebody has just judged."""

    doc_id: str
    verdict: str
    said: str
    reasons: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Receipt:
    """What became of a batch: `acks` are on disk, `refused` are the reviewer's to decide on."""

    acks: tuple[str, ...]
    refused: tuple[Refused, ...]
    known: tuple[Known, ...] = ()  # answers the reviewer is told, where the settings say so

    def to_json(self) -> dict[str, Any]:
        """What the browser gets."""
        found: dict[str, Any] = {
            "acks": list(self.acks),
            "refused": [{"label_id": one.label_id, "reason": one.reason} for one in self.refused],
        }
        if self.known:
            found["known"] = [asdict(one) for one in self.known]
        return found


def submit(
    store: Store, settings: Settings, reviewer: str, tab: str, batch: Sequence[object], now: datetime
) -> Receipt:
    """Store what a browser sent. A label sent twice is stored once and acknowledged twice.

    Call it under one lock a project with `checkout`, so that "who has judged this" cannot change in between. `tab` and
    `now` say where and when the batch arrived. Raises StoreError when the disk did not take the labels; then none of
    the batch is acknowledged.
    """
    rubric = store.rubric()
    sound: dict[str, Label] = {}
    refused: dict[str, str] = {}
    acks: dict[str, None] = {}
    for number, raw in enumerate(batch):
        name = _name(raw, number)
        if number >= BATCH:
            refused[name] = f"{len(batch)} labels came at once; {BATCH} are allowed. Send again."
            continue
        try:
            label = read_label(raw, reviewer, rubric)
            earlier = _labels_on(store, label.doc_id)
            if _is_among(label, earlier):
                acks[label.label_id] = None
                continue
            sound[label.label_id] = _check(store, label, earlier, settings, rubric)
        except RefusedLabel as error:
            refused[name] = str(error)
    while sound:
        try:
            acks.update(dict.fromkeys(label.label_id for label in store.record_labels(list(sound.values()))))
            break
        except RefusedLabel:  # all or none: set aside what the store will not take, and try the rest
            for name, why in store.why_refused(list(sound.values())).items():
                refused[name] = why
                del sound[name]
    told = _known(store, sound.values()) if settings.desk.gold_feedback else ()
    return Receipt(tuple(acks), tuple(Refused(name, why) for name, why in refused.items()), told)


def _known(store: Store, labels: Iterable[Label]) -> tuple[Known, ...]:
    """The known answers to those of these labels that are the first to a gold document."""
    said = {
        one.doc_id: one.verdict
        for one in labels
        if one.verdict is not None and turn_of(one.shown) is not Turn.REPEAT and one.shown.get(TOLD) is not True
    }
    known = {one.doc_id: one for one in store.gold() if one.doc_id in said} if said else {}
    return tuple(Known(name, str(one.verdict), str(said[name]), one.reasons) for name, one in known.items())


def read_label(raw: object, reviewer: str, rubric: Rubric) -> Label:
    """A label as a browser sent it. Raises RefusedLabel with the first thing wrong, as a readable clause."""
    if not isinstance(raw, Mapping):
        raise RefusedLabel("this is no label. Load the page again.")
    label_id = _text(raw, "label_id", 64)
    if not LABEL_ID.fullmatch(label_id):
        raise RefusedLabel("its label_id is none. Load the page again.")
    verdict = raw.get("verdict")
    if verdict is not None and verdict not in tuple(Verdict):
        raise RefusedLabel(f"the verdict {_short(verdict)} is not keep, unsure or reject.")
    reasons = raw.get("reasons", [])
    if not isinstance(reasons, list) or not all(isinstance(code, str) for code in reasons):
        raise RefusedLabel(f"the reasons {_short(reasons)} are not a list of codes.")
    score = raw.get("score")
    if score is not None and (isinstance(score, bool) or not isinstance(score, int) or not 0 <= score <= 5):
        raise RefusedLabel(f"the score {_short(score)} is not a whole number from 0 to 5.")
    version = raw.get("rubric")
    if isinstance(version, bool) or not isinstance(version, int) or not 0 < version <= rubric.version:
        raise RefusedLabel(f"the rubric version {_short(version)} is unknown; the newest is {rubric.version}.")
    shown = raw.get("shown", {})
    if not isinstance(shown, Mapping) or len(repr(shown)) > 2_000:
        raise RefusedLabel("what was shown is not described in a form we know.")
    return Label(
        label_id=label_id,
        doc_id=_text(raw, "doc_id", 4_000),
        content_hash=_text(raw, "hash", 128),
        reviewer=reviewer,
        verdict=None if verdict is None else Verdict(verdict),
        reasons=tuple(dict.fromkeys(reasons)),
        note=_text(raw, "note", NOTE),
        score=score,
        seconds=_seconds(raw.get("seconds", 0)),
        rubric=version,
        shown=dict(shown) | {TICKET: raw.get("ticket")},
    )


def _labels_on(store: Store, doc_id: str) -> list[Label]:
    try:
        return store.labels(doc_id=doc_id)
    except NotFound:
        raise RefusedLabel("this document is not among the project's documents.") from None


def _is_among(label: Label, earlier: Sequence[Label]) -> bool:
    """Whether exactly this label is on disk: its answer got lost, or two tabs sent it."""
    return any(
        (one.label_id, one.reviewer, one.verdict) == (label.label_id, label.reviewer, label.verdict) for one in earlier
    )


def _check(store: Store, label: Label, earlier: Sequence[Label], settings: Settings, rubric: Rubric) -> Label:
    """The label as it may be given now, after those `earlier` on its document. Raises RefusedLabel."""
    if label.verdict is not None:  # one's own judgement can always be taken back
        if label.rubric != rubric.version:
            raise RefusedLabel(
                f"the rubric changed to version {rubric.version} after you judged this. Read what changed, then send "
                "again."
            )
        why = why_against(rubric, label.verdict, label.reasons, label.score)
        if why is not None:
            raise RefusedLabel(why)
    if any(one.rubric != rubric.version for one in earlier):  # some may have to be given again
        earlier = store.labels(doc_id=label.doc_id, standing=True)
    return marked(store, settings, label, [Word.of(one) for one in earlier])


def _name(raw: object, number: int) -> str:
    """The id to answer with, whatever was sent."""
    name = raw.get("label_id") if isinstance(raw, Mapping) else None
    return name[:64] if isinstance(name, str) and name else f"#{number}"


def _text(raw: Mapping[Any, Any], field: str, most: int) -> str:
    value = raw.get(field, "")
    if not isinstance(value, str) or len(value) > most:
        got = f"{len(value)} characters" if isinstance(value, str) else _short(value)
        raise RefusedLabel(f"{field} must be text of at most {most} characters; got {got}.")
    return value


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value < 0:
        raise RefusedLabel(f"the active seconds {_short(value)} are not a number from 0.")
    return min(float(value), SECONDS)


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:59] + "…"
