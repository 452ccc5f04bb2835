"""What pages and commands read: where the project stands, one shard in full."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from review.certificate import Inputs, confidence_sequence, prefix, weighted_interval
from review.certificate.certify import best_guess, planned_interval
from review.certificate.tilted import places
from review.final import final_reasons, final_verdict
from review.project import Project
from review.records import AuditDesign, Draw, LabelledDocument, Shard, Stream, Verdict
from review.standing import STATES, URGENCY, Standing
from review.workflow.evidence import Evidence, changed_since, evidence, evidence_then, read_by, same_evidence
from review.workflow.rubrics import unsettled_labels
from review.workflow.team import unread

if TYPE_CHECKING:
    from review.store import Event, ReviewerCounts

HISTORY = 5_000  # newest happenings of a shard that its page goes through


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do next."""

    kind: str  # ingest, draw, label, approve, reject, confirm, adjudicate, stale, train, promote, release
    text: str
    count: int = 0
    command: str = ""


@dataclass(frozen=True, slots=True)
class Overview:
    """The project at a glance."""

    shards: int
    documents: int
    drawn: int
    labels: int
    states: Mapping[str, int]  # shards by state, every state of STATES
    disputed: int  # documents on which readers differ and no lead has ruled
    waiting: int  # documents the plans still want people to read, at most
    untaught: int  # documents drawn for training that nobody has judged
    unsettled: int  # labels given by an earlier rubric, while nobody has said what its change means for them
    unread: int  # documents that more people must read than are given them
    refused_rows: Mapping[str, int]
    model: str | None
    newest_model: str | None
    reviewers: tuple[ReviewerCounts, ...]
    days: tuple[tuple[date, int], ...]
    releases: int
    warnings: tuple[str, ...]
    do_next: tuple[Step, ...]


def shard_table(project: Project) -> list[Standing]:
    """Every shard's standing, those that need attention first."""
    return sorted(project.standings().values(), key=lambda place: (URGENCY[place.state], place.shard))


def overview(project: Project) -> Overview:
    """Where the project stands and what to do next."""
    store = project.store
    places = project.standings()
    states = dict.fromkeys(STATES, 0) | Counter(place.state for place in places.values())
    drawn = sum(store.draw_counts().values())
    labels = store.label_count()
    waiting = sum(min(place.more, place.documents) for place in places.values() if not place.decision)
    models = store.models()
    view = Overview(
        shards=len(places),
        documents=sum(place.documents for place in places.values()),
        drawn=drawn,
        labels=labels,
        states=states,
        disputed=store.disputed_count(),
        waiting=waiting,
        untaught=store.untaught(),
        unsettled=sum(unsettled_labels(project).values()),
        unread=sum(part.documents for part in unread(project)),
        refused_rows=store.refused_counts(),
        model=store.promoted(),
        newest_model=models[-1].version if models else None,
        reviewers=tuple(store.reviewer_counts()),
        days=tuple(store.labels_per_day()),
        releases=len(store.releases()),
        warnings=tuple(store.warnings),
        do_next=(),
    )
    return _with_steps(view)


def _with_steps(view: Overview) -> Overview:
    steps: list[Step] = []

    def add(kind: str, count: int, text: str, command: str = "") -> None:
        steps.append(Step(kind, text, count, command))

    states = view.states
    if not view.shards:
        add("ingest", 0, "Add shard files.", "review ingest 'shards/*.parquet'")
        return replace(view, do_next=tuple(steps))
    if not view.drawn:
        add("draw", view.shards, "Draw documents for people to label.", "review draw")
    if view.unsettled:
        what = "1 label" if view.unsettled == 1 else f"{view.unsettled:,} labels"
        add("rubric", view.unsettled, f"Say what the rubric's change means for {what} before it.", "review rubric keep")
    if count := states["can be approved"]:
        add("approve", count, f"Approve {_shards(count)}.", "review decide SHARD approve")
    if count := states["should be rejected"]:
        add("reject", count, f"Reject {_shards(count)}.", "review decide SHARD reject")
    if count := states["to be confirmed"]:
        add("confirm", count, f"Confirm the approval of {_shards(count)}, as a second person.", "review confirm SHARD")
    if view.disputed:
        what = "1 document" if view.disputed == 1 else f"{view.disputed} documents"
        add("adjudicate", view.disputed, f"Say the last word on {what} on which readers differ.", "review adjudicate")
    if old := [state for state in ("stale", "changed", "missing") if states[state]]:
        count = sum(states[state] for state in old)
        which = " ".join(f"--state {state}" for state in old)
        add("stale", count, f"Look at {_shards(count)} whose file or labels changed.", f"review shards {which}")
    if view.unread:
        what = "1 document" if view.unread == 1 else f"{view.unread} documents"
        add("assign", view.unread, f"Nobody, or too few people, are given {what}.", "review team")
    if view.drawn and view.waiting:
        what = "1 more document" if view.waiting == 1 else f"{view.waiting:,} more documents"
        add("label", view.waiting, f"Read up to {what}.", "review serve")
    elif view.untaught:
        what = "1 document" if view.untaught == 1 else f"{view.untaught:,} documents"
        add("teach", view.untaught, f"Read {what} drawn for training.", "review serve")
    if view.labels and view.newest_model is None:
        add("train", view.labels, f"Train a classifier on {view.labels:,} labels.", "review train")
    elif view.newest_model and view.newest_model != view.model:
        add("promote", 1, f"Promote {view.newest_model}, if it is better.", f"review promote {view.newest_model}")
    if states["approved"]:
        add("release", states["approved"], f"Release {_shards(states['approved'])}.", "review release NAME")
    return replace(view, do_next=tuple(steps))


def _shards(count: int) -> str:
    return "1 shard" if count == 1 else f"{count} shards"


@dataclass(frozen=True, slots=True)
class ReasonShare:
    """How often a reason was given, with an anytime-valid 95 % interval for its share of the shard's documents."""

    code: str
    count: int
    of: int
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Example:
    """A labelled document, as a lead sees it on the shard's page."""

    document: LabelledDocument
    verdict: Verdict
    reasons: tuple[str, ...]
    begins: str  # the first characters of the text


@dataclass(frozen=True, slots=True)
class ShardDetail:
    """One shard in full: enough to explain its decision."""

    shard: Shard
    file_state: str
    standing: Standing
    now: Evidence
    then: Evidence | None  # on the day of the decision, where that was another picture
    read_by: Mapping[str, int]  # who had read the documents that the decision counted
    changed: tuple[tuple[str, str, str], ...]  # counted documents judged otherwise today: name, verdict then, and now
    reasons: tuple[ReasonShare, ...]
    examples: tuple[Example, ...]
    reviewers: int
    history: tuple[Event, ...]
    guess: float | None = None  # best guess of the bad share
    planned: tuple[float, float] | None = None  # 95 % interval, if this number of labels had been planned
    design: AuditDesign | None = None  # how its audit draws are made, where they are no simple random order


def shard_detail(project: Project, name: str, *, examples: int = 200) -> ShardDetail:
    """Everything about one shard. Raises NotFound."""
    store = project.store
    shard = store.shard(name)
    place = project.standings()[name]
    sample = project.sample(name)
    given, lot = place.given, place.pooled
    answered = prefix(given.letters)
    judged = lot.judged if lot else sample.judged()
    now, decision = evidence(given), place.decision
    then = evidence_then(decision) if decision else None
    events, draws = store.history(name, limit=HISTORY), _in_order(project, place)
    return ShardDetail(
        shard=shard,
        file_state=store.shard_states()[name],
        standing=place,
        now=now,
        then=None if then is None or same_evidence(then, now) else then,
        read_by=read_by(decision, draws, _labelling(project, place, events, draws)) if decision else {},
        changed=tuple(changed_since(decision, draws, given.letters)) if decision else (),
        reasons=tuple(_reason_shares(given, judged[: len(answered)])),
        examples=tuple(_examples(project, list(sample.audit[:examples]))),
        reviewers=len({label.reviewer for document in sample.audit for label in document.labels}),
        history=tuple(events),
        guess=best_guess(given),
        planned=planned_interval(given, len(answered)),
        design=sample.design,
    )


def _in_order(project: Project, place: Standing) -> list[Draw]:
    """The audit draws by the rank they count at: their shard's, or their place in the lot's order."""
    if place.pooled is None:
        return project.store.draws(place.shard, Stream.AUDIT)
    order = place.pooled.order[: len(place.given.letters)]
    drawn = {
        (draw.shard, draw.rank): draw
        for name in dict.fromkeys(shard for shard, _ in order)
        for draw in project.store.draws(name, Stream.AUDIT)
    }
    return [replace(drawn[at], rank=rank) for rank, at in enumerate(order) if at in drawn]


def _labelling(project: Project, place: Standing, events: Sequence[Event], draws: Sequence[Draw]) -> list[Event]:
    """What was said of the draws: the shard's own events, and those of the shards it is in a lot with."""
    others = dict.fromkeys(draw.shard for draw in draws if draw.shard != place.shard)
    return [*events, *(event for name in others for event in project.store.history(name, limit=HISTORY))]


def _reason_shares(given: Inputs, counted: Sequence[LabelledDocument | None]) -> list[ReasonShare]:
    """Shares among the answered prefix, each with a 95 % interval that holds whenever anyone looks."""
    named = [
        final_reasons(document) if document and final_verdict(document) is Verdict.REJECT else ()
        for document in counted
    ]
    counts = Counter(code for codes in named for code in codes)
    shares = []
    for code, count in counts.most_common():
        if given.strata:
            given_for = np.array([code in codes for codes in named], dtype=np.int64)
            drawn = places(given.drawn[: len(named)])
            low, high = weighted_interval(given.strata, drawn, given_for, given_for, 0.05)
        else:
            low, high = confidence_sequence(count, len(counted), given.size, 0.05)
        shares.append(ReasonShare(code, count, len(counted), low, high))
    return shares


def _examples(project: Project, audit: list[LabelledDocument]) -> list[Example]:
    found_texts = project.store.documents([d.doc_id for d in audit], missing="skip")
    texts = {document.doc_id: document.text for document in found_texts}
    found = []
    for document in audit:
        verdict = final_verdict(document)
        if verdict is not None:
            begins = texts.get(document.doc_id, "")[:300]
            found.append(Example(document, verdict, final_reasons(document), begins))
    order = [Verdict.REJECT, Verdict.UNSURE, Verdict.KEEP]
    return sorted(found, key=lambda example: (order.index(example.verdict), example.document.rank))
