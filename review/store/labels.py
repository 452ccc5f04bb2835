"""Verbs on labels: the most expensive bytes we hold."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from duckdb import DuckDBPyConnection

from review.errors import RefusedLabel
from review.records import Label, Verdict, doc_id, split_doc_id
from review.store.core import Core
from review.store.counting import NEWEST
from review.store.encoding import pack, to_json, unpack
from review.store.events import Event, Fact
from review.store.rows import doc_places, known_shards, one_of, place_columns, shard_numbers, with_batch
from review.turns import Turn

LABEL = (
    "label_id, name, l.row, content_hash, reviewer, verdict, reasons, note, score, seconds, rubric, shown, source, "
    "recorded_at, l.seq"
)

_LONGEST = 1_000_000_000  # seconds; more is a broken clock, and sums must stay finite
_DEEPEST = 20  # a reader of JSON gives up at a depth that depends on its stack


@dataclass(frozen=True, slots=True)
class Said:
    """The little of a label that decides whether another may be given."""

    label_id: str
    reviewer: str
    verdict: Verdict | None
    turn: Turn
    rubric: int
    seq: int | None = None


class LabelVerbs(Core):
    """Labels."""

    def record_labels(self, labels: Sequence[Label]) -> list[Label]:
        """Store labels, all or none, with one fsync and one transaction; returned in the given order with seq and at.

        A label sent again (same label_id, same content) is returned as it was stored. Raises RefusedLabel with the
        first reason of `why_refused`, StoreFull when the disk did not take it; then nothing was stored.
        """
        with self._turn():
            stored, refused = self._look(labels)
            for label_id, why in refused.items():
                raise RefusedLabel(f"Label {label_id!r} was not stored: {why}")
            fresh: dict[str, Label] = {}
            for label in labels:
                if label.label_id not in stored:
                    fresh.setdefault(label.label_id, label)
            events = self._record([Fact("label", label.reviewer, _data(label)) for label in fresh.values()])
        by_id = stored | {event.data["label_id"]: _from_event(event) for event in events}
        return [by_id[label.label_id] for label in labels]

    def why_refused(self, labels: Sequence[Label]) -> dict[str, str]:
        """Which of these labels `record_labels` would refuse now, by label_id, with the reason as a sentence."""
        with self._turn():
            return self._look(labels)[1]

    def labels(
        self,
        doc_id: str | None = None,
        reviewer: str | None = None,
        since_seq: int | None = None,
        *,
        standing: bool = False,
    ) -> list[Label]:
        """Every label row, withdrawn and replaced ones too, in seq order; `since_seq` leaves out that seq and older.

        `standing`: a label that must be given again under a newer rubric comes as one that was taken back.
        """
        with self._reading() as cursor:
            if doc_id is None:
                where, place = "true", []
            else:
                where, place = 'shard_no = ? and l."row" = ?', list(doc_places(cursor, [doc_id])[0])
            rows = cursor.execute(
                f"select {LABEL} from {'standing_labels' if standing else 'labels'} l join shards using (shard_no) "
                f"where {where} "
                "and reviewer = coalesce(?, reviewer) and l.seq > ? order by l.seq",
                [*place, None if reviewer is None else pack(reviewer), since_seq or 0],
            ).fetchall()
        return [to_label(row) for row in rows]

    def judged_by(self, reviewer: str, *, before: int) -> int | None:
        """The newest version of the rubric older than `before` that a reviewer has judged by; None for none."""
        with self._reading() as cursor:
            (version,) = cursor.execute(
                "select max(rubric) from labels where reviewer = ? and rubric < ?", [pack(reviewer), before]
            ).fetchall()[0]
        return version if version is None else int(version)

    def check_labels(self) -> dict[str, list[Label]]:
        """Labels of blind checks that stand, by document, in seq order."""
        with self._reading() as cursor:
            rows = cursor.execute(
                f"select {LABEL} from ({NEWEST}) l join shards using (shard_no) "
                "where verdict is not null and turn is not null order by l.seq"
            ).fetchall()
        found: dict[str, list[Label]] = {}
        for one in map(to_label, rows):
            found.setdefault(one.doc_id, []).append(one)
        return found

    def said_of(self, doc_ids: Iterable[str]) -> dict[str, list[Said]]:
        """What has been said of each of the documents, in the order it was stored; of an unknown one nothing has."""
        with self._reading() as cursor:
            places = _places(cursor, doc_ids)
            rows = with_batch(
                cursor,
                place_columns(list(places)),
                'select shard_no, "row", label_id, reviewer, verdict, turn, rubric, seq from labels semi join batch '
                'using (shard_no, "row") order by seq',
            ).fetchall()
        said: dict[str, list[Said]] = {name: [] for name in doc_ids}
        for number, row, label_id, reviewer, verdict, turn, version, seq in rows:
            meant = None if verdict is None else Verdict(verdict)
            one = Said(unpack(label_id), unpack(reviewer), meant, Turn(turn or Turn.PLAN), version, seq)
            said[places[number, row]].append(one)
        return said

    def label_count(self, shard: str | None = None) -> int:
        """Number of label rows, every one, or those of one shard."""
        with self._reading() as cursor:
            number = None if shard is None else shard_numbers(cursor, [shard])[shard]
            counted = cursor.execute("select count(*) from labels where shard_no = coalesce(?, shard_no)", [number])
            return int(counted.fetchall()[0][0])

    def _look(self, labels: Sequence[Label]) -> tuple[dict[str, Label], dict[str, str]]:
        """What is stored of these already, and what must be refused."""
        refused: dict[str, str] = {}
        seen: dict[str, Label] = {}
        for label in labels:
            why = _malformed(label)
            if why is None and _data(seen.setdefault(label.label_id, label)) != _data(label):
                why = "the same label_id comes twice in this batch with different content. Give each label its own id."
            if why is not None:
                refused.setdefault(str(label.label_id), why)
        sound = [label for label in seen.values() if label.label_id not in refused]
        with self._reading() as cursor:
            stored = {one.label_id: one for one in _stored(cursor, [label.label_id for label in sound])}
            hashes = drawn_hashes(cursor, [label.doc_id for label in sound])
        for label in sound:
            known = stored.get(label.label_id)
            if known is not None:
                if to_json(_data(known)) != to_json(_data(label)) or known.reviewer != label.reviewer:
                    refused[label.label_id] = (
                        f"this label_id is stored already (seq {known.seq}, {known.reviewer!r} on {known.doc_id!r}) "
                        "with other content. A change of mind is a new label with a new id."
                    )
            elif label.doc_id not in hashes:
                refused[label.label_id] = f"{label.doc_id!r} is not among this project's drawn documents."
            elif hashes[label.doc_id] != label.content_hash:
                refused[label.label_id] = (
                    f"the reviewer saw another text ({label.content_hash[:12]}...) than the one drawn "
                    f"({hashes[label.doc_id][:12]}...) as {label.doc_id!r}. Load the document again and judge that."
                )
        return stored, refused


def _stored(cursor: DuckDBPyConnection, label_ids: Sequence[str]) -> list[Label]:
    """Those of the labels that are stored already."""
    chosen, values = one_of([pack(name) for name in label_ids])
    if not cursor.execute(f"select 1 from labels where label_id in {chosen} limit 1", values).fetchall():
        return []  # mostly none is, and then no shard needs to be found
    rows = cursor.execute(
        f"select {LABEL} from labels l join shards using (shard_no) where label_id in {chosen}", values
    ).fetchall()
    return [to_label(row) for row in rows]


def _malformed(label: Label) -> str | None:
    """Why this label cannot be stored whatever the store holds, or None. Labels come from outside: no type is given."""
    for name in ("label_id", "doc_id", "content_hash", "reviewer", "note", "source"):
        value = getattr(label, name)
        if not isinstance(value, str) or (not value and name in ("label_id", "reviewer")):
            return f"its {name} is {value!r}; expected {'some text' if name in ('label_id', 'reviewer') else 'text'}."
    if label.verdict is not None and label.verdict not in list(Verdict):
        return f"its verdict is {label.verdict!r}; allowed are {', '.join(Verdict)} and None (taken back)."
    if not isinstance(label.reasons, tuple | list) or not all(isinstance(reason, str) for reason in label.reasons):
        return f"its reasons are {label.reasons!r}; expected a tuple of codes."
    # Not isinstance: True is an int, but the journal would say `true` and the tables 1.
    if label.score is not None and not (type(label.score) is int and 0 <= label.score <= 5):
        return f"its score is {label.score!r}; allowed are the whole numbers 0 to 5 and None."
    if type(label.seconds) is bool or not isinstance(label.seconds, int | float) or not 0 <= label.seconds <= _LONGEST:
        return f"its active seconds are {label.seconds!r}; expected a number from 0 to {_LONGEST:,}."
    if not (type(label.rubric) is int and 0 < label.rubric < 2**31):
        return f"its rubric version is {label.rubric!r}; versions are whole numbers from 1."
    try:
        if doc_id(*split_doc_id(label.doc_id)) != label.doc_id:
            return f"{label.doc_id!r} is not how a document is named; expected '<shard>#<row>', the row without zeros."
    except (ValueError, TypeError) as error:
        return f"it cannot be written down: {error}."
    return unwritable(label.shown, lambda: _data(label))


def unwritable(shown: Mapping[str, Any], data: Callable[[], dict[str, Any]]) -> str | None:
    """Why what a person says, with what was shown to them, cannot stand in the journal, or None."""
    try:
        if _depth(shown) > _DEEPEST:
            return f"what was shown is nested more than {_DEEPEST} deep."
        written = to_json(data())
        if to_json(json.loads(written)) != written:  # 2 sorts before 10, "10" before "2"
            return "it cannot be written down: what was shown has keys that are no text."
    except (ValueError, TypeError, RecursionError) as error:
        return f"it cannot be written down: {error}."
    return None


def _depth(value: object) -> int:
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, tuple | list) else ()
    return 1 + max(map(_depth, inner), default=0)


def _places(cursor: DuckDBPyConnection, doc_ids: Iterable[str]) -> dict[tuple[int, int], str]:
    """The documents by (shard_no, row), those of unknown shards left out. A name that is no document's is too."""
    parts: dict[str, tuple[str, int]] = {}
    for name in doc_ids:
        with contextlib.suppress(ValueError):
            parts[name] = split_doc_id(name)
    known = known_shards(cursor, {shard for shard, _ in parts.values()})
    return {
        (known[shard], row): name
        for name, (shard, row) in parts.items()
        if shard in known and row < 2**63 and doc_id(shard, row) == name
    }


def drawn_hashes(cursor: DuckDBPyConnection, doc_ids: Sequence[str]) -> dict[str, str]:
    """Content hash, as drawn, of those of the documents that are drawn."""
    places = _places(cursor, doc_ids)
    if not places:
        return {}
    rows = with_batch(
        cursor,
        place_columns(list(places)),
        'select distinct shard_no, "row", content_hash from draws semi join batch using (shard_no, "row")',
    ).fetchall()
    return {places[number, row]: digest for number, row, digest in rows}


def _data(label: Label) -> dict[str, Any]:
    """What a label says, for the journal; who says it is the event's `by`, when is its `at`."""
    return {
        "label_id": label.label_id,
        "doc_id": label.doc_id,
        "content_hash": label.content_hash,
        "verdict": None if label.verdict is None else str(label.verdict),
        "reasons": list(label.reasons),
        "note": label.note,
        "score": label.score,
        "seconds": float(label.seconds),
        "rubric": label.rubric,
        "shown": dict(label.shown),
        "source": label.source,
    }


def _from_event(event: Event) -> Label:
    data: Mapping[str, Any] = event.data
    verdict = None if data["verdict"] is None else Verdict(data["verdict"])
    rest = {key: data[key] for key in ("label_id", "doc_id", "content_hash", "note", "score", "seconds", "rubric")}
    return Label(
        **rest,
        reviewer=event.by,
        verdict=verdict,
        reasons=tuple(data["reasons"]),
        shown=data["shown"],
        source=data["source"],
        at=event.at,
        seq=event.seq,
    )


def to_label(row: tuple[Any, ...]) -> Label:
    """From a row of LABEL."""
    return Label(
        label_id=unpack(row[0]),
        doc_id=doc_id(unpack(row[1]), row[2]),
        content_hash=unpack(row[3]),
        reviewer=unpack(row[4]),
        verdict=None if row[5] is None else Verdict(row[5]),
        reasons=tuple(unpack(reason) for reason in row[6]),
        note=unpack(row[7]),
        score=row[8],
        seconds=row[9],
        rubric=row[10],
        shown=json.loads(row[11]),
        source=unpack(row[12]),
        at=row[13],
        seq=row[14],
    )
