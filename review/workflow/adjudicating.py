"""Where readers differ, a lead has the last word."""

from __future__ import annotations

import fnmatch
import hashlib
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal
from uuid import uuid4

from review.errors import NotFound, RefusedLabel, ReviewError
from review.final import disputed, final_verdict, given_since
from review.project import Project
from review.records import Adjudication, Label, LabelledDocument, Stream, Verdict
from review.rubric import why_against

Kind = Literal["differ", "unsure", "since", "settled"]
KINDS: tuple[Kind, ...] = ("differ", "since", "unsure", "settled")

# What holds is looked at and ruled over in one breath. One process holds a store, so a lock in it is enough.
_WORD = threading.Lock()


@dataclass(frozen=True, slots=True)
class Case:
    """A document before a lead."""

    document: LabelledDocument
    kind: Kind  # differ: readers disagree; unsure: they cannot tell; since: judged again after a lead did; settled
    final: Verdict | None  # what counts now; None: the rubric's rule leaves it to a lead


@dataclass(frozen=True, slots=True)
class Effect:
    """What a verdict would do to the document's shard. A training document has no certificate to change."""

    changes: bool  # the certificate's sentence or state would be another one
    state: str
    sentence: str
    stale: tuple[str, ...]  # why the shard's decision would no longer hold


def cases(project: Project, *, shard: str = "*") -> list[Case]:
    """Documents that a lead may rule on, or has: audit documents first, within these by rank, so that the ones a
    certificate waits for come before those behind them."""
    store = project.store
    states = store.shard_states()
    names = [name for name in store.contested() if fnmatch.fnmatchcase(name.rpartition("#")[0], shard)]
    found = [
        Case(one, _kind(one), final_verdict(one))
        for one in store.labelled_documents(only=names)
        if states[one.shard] != "replaced"
    ]
    return sorted(
        found,
        key=lambda case: (
            KINDS.index(case.kind),
            case.document.stream is not Stream.AUDIT,
            case.document.rank,
            case.document.shard,
            case.document.row,
        ),
    )


def _kind(document: LabelledDocument) -> Kind:
    if document.adjudication is None:
        return "differ" if disputed(document) else "unsure"
    again = any(label.verdict is not document.adjudication.verdict for label in given_since(document))
    return "since" if again else "settled"


def case(project: Project, doc_id: str) -> Case:
    """One document, disputed or not. Raises NotFound when nobody has judged it."""
    found = project.store.labelled_documents(only=[doc_id])
    if not found:
        raise NotFound(f"Nobody has judged {doc_id!r}. `review adjudicate` lists the documents that wait for a lead.")
    return Case(found[0], _kind(found[0]), final_verdict(found[0]))


def order(document: LabelledDocument) -> list[Label]:
    """The labels in an order that differs from document to document, so that "reader A" is nobody in particular."""
    return sorted(
        document.labels,
        key=lambda label: hashlib.sha256(
            f"{document.doc_id} {label.reviewer}".encode("utf-8", "surrogatepass")
        ).digest(),
    )


def effects(project: Project, document: LabelledDocument) -> Mapping[Verdict, Effect]:
    """What each verdict would do to the shard, for audit documents."""
    if document.stream is not Stream.AUDIT or document.shard not in project.standings():
        return {}
    now = project.standings()[document.shard]
    found = {}
    for verdict in Verdict:
        word = document.adjudication or Adjudication("", document.doc_id, "", verdict, "")
        rubric = project.store.rubric().version
        ruled = replace(document, adjudication=replace(word, verdict=verdict, rubric=rubric))
        then = project.standing_if(ruled)
        changes = (then.state, then.sentence) != (now.state, now.sentence)
        found[verdict] = Effect(changes, then.state, then.sentence, then.stale)
    return found


def adjudicate(
    project: Project,
    doc_id: str,
    verdict: Verdict,
    *,
    by: str,
    reasons: Sequence[str] = (),
    note: str = "",
    names_shown: bool = False,
    saw: str | None = None,
) -> Adjudication:
    """A lead's final verdict on a document that people have judged; it holds from now on, their labels stay.

    names_shown: whether the lead knew who said what.
    saw: id of the adjudication that held when the lead looked, "" for none; None: whichever holds now.
    Raises NotFound for a document nobody has judged, RefusedLabel for a verdict against the rubric, ReviewError when
    somebody has ruled since the lead looked.
    """
    with _WORD:
        document = _as_seen(project, doc_id, saw)
        rubric = project.store.rubric()
        why = why_against(rubric, verdict, reasons)
        if why is not None:
            raise RefusedLabel(f"The verdict on {doc_id!r} was not stored: {why}")
        words = _word(document, verdict, by, rubric.version)
        said = replace(words, reasons=tuple(reasons), note=note, shown={"names": names_shown})
        return project.store.record_adjudications([said])[0]


def take_back(project: Project, doc_id: str, *, by: str, saw: str | None = None) -> Adjudication:
    """Take the adjudication that holds back: the labels speak again.

    `saw` as for `adjudicate`. Raises ReviewError when there is none, or another than the lead saw.
    """
    with _WORD:
        document = _as_seen(project, doc_id, saw)
        if document.adjudication is None:
            raise ReviewError(f"{doc_id!r} has no adjudication to take back.")
        word = _word(document, None, by, project.store.rubric().version)
        return project.store.record_adjudications([word])[0]


def _as_seen(project: Project, doc_id: str, saw: str | None) -> LabelledDocument:
    """The document, if what holds is what the lead saw: the last of two who look at once must not win unknowingly."""
    document = case(project, doc_id).document
    held = document.adjudication
    if saw is not None and saw != (held.adjudication_id if held else ""):
        last = held or project.store.adjudications(doc_id)[-1]
        did = f"ruled {held.verdict} on" if held else "taken back the verdict on"
        raise ReviewError(f"{last.by} has {did} {doc_id!r} since you opened it. Look at it again, then rule.")
    return document


def undo(project: Project, done: Adjudication, *, by: str) -> None:
    """Put things back as they were before `done`: the word it replaced holds again, or the labels speak.

    Nothing is deleted: this is one more adjudication, and it says what it undid. Raises ReviewError when somebody
    has ruled on the document since.
    """
    with _WORD:
        words = project.store.adjudications(done.doc_id)
        if words[-1].adjudication_id != done.adjudication_id:
            raise ReviewError(f"{words[-1].by} has ruled on {done.doc_id!r} since. Look at it again.")
        before = words[-2] if len(words) > 1 else replace(done, verdict=None, reasons=(), note="")
        again = replace(
            before, adjudication_id=str(uuid4()), by=by, shown={"undone": done.adjudication_id}, at=None, seq=None
        )
        project.store.record_adjudications([again])


def _word(document: LabelledDocument, verdict: Verdict | None, by: str, rubric: int) -> Adjudication:
    said = document.labels[0] if document.labels else document.adjudication
    assert said is not None
    return Adjudication(
        adjudication_id=str(uuid4()),
        doc_id=document.doc_id,
        content_hash=said.content_hash,
        verdict=verdict,
        by=by,
        rubric=rubric,
        labels=tuple(label.label_id for label in document.labels),
    )
