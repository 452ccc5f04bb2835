"""Labels from a browser: everything checked, each judged on its own, all sound ones stored with one fsync."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from review.desk.marking import TICKET, Word, marked
from review.errors import RefusedLabel
from review.records import Label, Rubric, Verdict
from review.rubric import why_against
from review.settings import Settings
from review.store import Said, Store
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
    seqs: tuple[int, ...] = ()  # of `acks`, in the journal
    known: tuple[Known, ...] = ()  # answers the reviewer is told, where the settings say so

    def to_json(self) -> dict[str, Any]:
        """What the browser gets."""
        found: dict[str, Any] = {
            "acks": list(self.acks),
            "seqs": list(self.seqs),
            "refused": [{"label_id": one.label_id, "reason": one.reason} for one in self.refused],
        }
        if self.known:
            found["known"] = [asdict(one) for one in self.known]
        return found


@dataclass(frozen=True, slots=True)
class Batch:
    """What one browser sent at once."""

    reviewer: str
    labels: Sequence[object]


def submit(store: Store, settings: Settings, reviewer: str, batch: Sequence[object]) -> Receipt:
    """Store what a browser sent. A label sent twice is stored once and acknowledged twice.

    Call it in turns, one a store, so that "who has judged this" cannot change in between. Raises StoreError when the
    disk did not take the labels; then none of the batch is acknowledged.
    """
    return submit_all(store, settings, [Batch(reviewer, batch)])[0]


def submit_all(store: Store, settings: Settings, batches: Sequence[Batch]) -> list[Receipt]:
    """As `submit`, for the batches of several browsers in the order they came, all with one fsync."""
    rubric = store.rubric()
    acks: list[dict[str, int]] = [{} for _ in batches]  # with their places in the journal
    refused: list[dict[str, str]] = [{} for _ in batches]
    read: list[tuple[int, Label]] = []  # with the place of its batch
    for place, batch in enumerate(batches):
        for number, raw in enumerate(batch.labels):
            name = _name(raw, number)
            if number >= BATCH:
                refused[place][name] = f"{len(batch.labels)} labels came at once; {BATCH} are allowed. Send again."
                continue
            try:
                read.append((place, read_label(raw, batch.reviewer, rubric)))
            except RefusedLabel as error:
                refused[place][name] = str(error)
    before = store.said_of({label.doc_id for _, label in read})
    while True:
        sound, fates = _decide(store, [label for _, label in read], before, settings, rubric)
        try:
            recorded = store.record_labels(list(sound.values()))
            break
        except RefusedLabel:  # all or none: set aside what the store will not take, and look again at the rest
            why = store.why_refused(list(sound.values()))
            kept = []
            for place, label in read:
                if label.label_id in why and label.reviewer == sound[label.label_id].reviewer:
                    refused[place][label.label_id] = why[label.label_id]
                else:
                    kept.append((place, label))
            read = kept
    seqs = {one.label_id: one.seq for earlier in before.values() for one in earlier}
    seqs |= {one.label_id: one.seq for one in recorded}
    for (place, label), against in zip(read, fates, strict=True):
        if against is None:
            acks[place][label.label_id] = seqs[label.label_id] or 0
        else:
            refused[place][label.label_id] = against
    told = settings.desk.gold_feedback
    return [
        Receipt(
            tuple(mine),
            tuple(Refused(name, why) for name, why in against.items()),
            tuple(mine.values()),
            _known(store, [one for one in recorded if one.label_id in mine]) if told else (),
        )
        for mine, against in zip(acks, refused, strict=True)
    ]


def _decide(
    store: Store,
    labels: Sequence[Label],
    before: Mapping[str, Sequence[Said]],
    settings: Settings,
    rubric: Rubric,
) -> tuple[dict[str, Label], list[str | None]]:
    """Which of the labels are to be stored, and of each why it may not be, or None where it is or will be on disk."""
    said = {name: list(earlier) for name, earlier in before.items()}
    sound: dict[str, Label] = {}
    fates: list[str | None] = []
    for label in labels:
        earlier = said[label.doc_id]
        fates.append(None)
        if _is_among(label, earlier):
            continue
        try:
            fit = _check(store, label, earlier, settings, rubric)
            if label.label_id in sound:
                raise RefusedLabel("another label that came with it has its label_id. Load the page again.")
        except RefusedLabel as error:
            fates[-1] = str(error)
            continue
        sound[label.label_id] = fit
        earlier.append(Said(label.label_id, label.reviewer, label.verdict, turn_of(fit.shown), label.rubric))
    return sound, fates


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


def _is_among(label: Label, earlier: Sequence[Said]) -> bool:
    """Whether exactly this label is on disk: its answer got lost, or two tabs sent it."""
    return any(
        (one.label_id, one.reviewer, one.verdict) == (label.label_id, label.reviewer, label.verdict) for one in earlier
    )


def _check(store: Store, label: Label, earlier: Sequence[Said], settings: Settings, rubric: Rubric) -> Label:
    """The label as it may be given now, after those `earlier` on its document. Raises RefusedLabel."""
    if label.verdict is not None:  # one's own judgement can always be taken back
        asked = rubric
        if label.rubric != rubric.version:  # a minute earlier it would have been stored: it counts if those do
            passage = store.passages().get(label.rubric)
            versions = {row.rubric.version: row.rubric for row in store.rubric_history()}
            if passage is None or label.rubric not in versions or not passage.stands(label.verdict, label.reasons):
                raise RefusedLabel(
                    f"the rubric changed to version {rubric.version} after you judged this. Read what changed, then "
                    "send again."
                )
            asked = versions[label.rubric]
        why = why_against(asked, label.verdict, label.reasons, label.score)
        if why is not None:
            raise RefusedLabel(why)
    words = [Word(one.reviewer, one.verdict, one.turn) for one in earlier]
    if any(one.rubric != rubric.version for one in earlier):  # some may have to be given again
        now = [Word(one.reviewer, one.verdict, one.turn) for one in earlier if one.seq is None]  # with the same write
        words = [Word.of(one) for one in store.labels(doc_id=label.doc_id, standing=True)] + now
    return marked(store, settings, label, words)


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
