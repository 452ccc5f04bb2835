"""Where a shard stands: its labels under the plan, the lead's decision on it, and whether that decision still holds."""

from __future__ import annotations

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from review.certificate import Certificate, Inputs, Readers, Strata, certified, letters_of, prefix
from review.certificate.statement import UNANSWERED
from review.certificate.tilted import letters as stratum_letters
from review.final import final_verdict
from review.overlap import Overlap
from review.records import AuditDesign, AuditPlace, Decision, LabelledDocument, Plan, Ruling, Shard, Verdict

if TYPE_CHECKING:
    from review.pooling import Pooled

# In the order a lead wants to see them.
STATES = (
    "can be approved",
    "should be rejected",
    "to be confirmed",
    "stale",
    "changed",
    "missing",
    "needs labels",
    "undecided",
    "no labels yet",
    "held",
    "approved",
    "rejected",
)

ONE = Overlap()  # one judgement a document
URGENCY = {state: rank for rank, state in enumerate(STATES)}

_RULED = {Ruling.APPROVE: "approved", Ruling.REJECT: "rejected", Ruling.HOLD: "held"}
_BY_CERTIFICATE = {"approve": "can be approved", "reject": "should be rejected", "undecided": "undecided"}


@dataclass(frozen=True, slots=True)
class Standing:
    """One shard's place in the project, as pages and commands show it."""

    shard: str
    corpus: str
    documents: int
    drawn: int  # audit draws
    labels: int  # audit draws with a final verdict
    bad: int
    unsure: int
    outdated: int  # of the labelled documents, those judged only by a rubric that said something else
    low: float  # anytime-valid interval for the bad share
    high: float
    certificate: Certificate
    given: Inputs  # all that was said so far, which the certificate may not need to the end
    state: str  # one of STATES
    sentence: str
    more: int  # audit labels still wanted before the plan can decide, at most
    decision: Decision | None
    stale: tuple[str, ...]  # why the decision no longer holds; empty: it does
    seconds: float  # active reading time of audit labels
    reach: int  # audit ranks that the desk may hand out for the plan now
    pooled: Pooled | None = None  # the lot that it is certified with; then certificate, interval and sentence are its

    @property
    def waiting(self) -> int:
        """Answers that its interval does not hold yet: it takes them in the order of the draw, up to the first document
        without one. Of a lot it says nothing: that has an order of its own.
        """
        if self.pooled or self.certificate.state != "more":
            return 0
        letters = self.given.letters
        return len(letters) - letters.count(UNANSWERED) - len(prefix(letters))


@dataclass(frozen=True, slots=True)
class Sample:
    """A shard's audit draws, answered or not.

    `places`: of every rank the document, where this is more than one rank a document (see `Store.audit_places`).
    """

    drawn: int
    audit: Sequence[LabelledDocument]
    overlap: Overlap = ONE  # how many people must have answered
    design: AuditDesign | None = None
    places: Sequence[AuditPlace] = ()

    def judged(self) -> list[LabelledDocument | None]:
        """The judged document of every rank, at least one entry a draw; None where none is yet.

        A document waits until as many people have answered as `overlap` plans, or a lead has. One drawn again keeps
        its labels, and a copy of an earlier drawn one takes that one's, unless it was judged itself. A damaged journal
        can have lost draws, so ranks may lie beyond their number; the gaps are unanswered.
        """
        judged = [one for one in self.audit if one.adjudication or self.overlap.met(one)]
        if self.places:
            by_row = {document.row: document for document in judged}
            return [
                by_row.get(place.row) or (None if place.same_as is None else by_row.get(place.same_as))
                for place in self.places
            ]
        answered = {document.rank: document for document in judged}
        return [answered.get(rank) for rank in range(max([self.drawn, *(rank + 1 for rank in answered)]))]

    def verdicts(self, *, once: bool = False) -> list[Verdict | None]:
        """Final verdicts in rank order; None where none is final yet.

        once: a judgement counts for the first draw it is about; where a later one takes the same, as a document drawn
        again and an unjudged copy do, that one is unsure.
        """
        judged = self.judged()
        verdicts = [None if document is None else final_verdict(document) for document in judged]
        if not once or not self.places:
            return verdicts
        seen: set[int] = set()
        for rank, document in enumerate(judged):
            if document is not None and verdicts[rank] is not None:
                if document.row in seen:
                    verdicts[rank] = Verdict.UNSURE
                seen.add(document.row)
        return verdicts

    def inputs(self, plan: Plan, documents: int, readers: Readers | None) -> Inputs:
        """What a certificate of a shard of so many documents rests on, by the way its draws were made.

        Where readers may err, draws that share one judgement share its error: a shard full of copies of one bad text
        would be approved whenever somebody misses that one. So a judgement counts once then, and the other draws of
        its text are unsure, which is the cautious side for approving and for rejecting alike. Without reader error a
        text's label is what it is, however often it is drawn.
        """
        letters, design = letters_of(self.verdicts(once=readers is not None)), self.design
        if design is None:
            return Inputs(plan, documents, letters, readers=readers)
        strata = Strata(design.weights, design.predicted, design.chances) if len(design.chances) > 1 else None
        drawn = stratum_letters([place.stratum or 0 for place in self.places[: len(letters)]]) if strata else ""
        return Inputs(plan, None, letters, design.unit, strata, drawn, readers)


def stale_reasons(
    decision: Decision,
    shard: Shard,
    file_state: str,
    certificate: Certificate,
    letters: str,
    rubrics: Container[int],
    pooled: Pooled | None = None,
) -> tuple[str, ...]:
    """Why a decision no longer holds, each as a few words. Empty: it holds.

    `letters` are today's verdicts in rank order, those too that today's certificate can do without. `rubrics` are the
    versions that say what the current one says. A hold promises nothing about the labels, so only the file can make it
    stale. What a lot promises is about all its shards together: it lapses with any of them.
    """
    reasons: list[str] = []
    if file_state == "missing":
        reasons.append("file missing")
    elif file_state == "changed" or _differs(decision, shard):
        reasons.append("file changed")
    if decision.ruling is Ruling.HOLD:
        return tuple(reasons)
    if decision.rubric not in rubrics:
        reasons.append("rubric changed")
    then, now = decision.certificate.get("inputs", {}), certificate.inputs
    if then.get("of") != now.get("of"):
        reasons.append("taken into a lot" if pooled else "lot dissolved")
        return tuple(reasons)
    if pooled and not decision.certificate.get("overruled"):
        if pooled.lost and not reasons:
            reasons.append(f"file of {pooled.lost}, in its lot, changed")
        elif pooled.left and decision.ruling is Ruling.APPROVE:
            reasons.append(f"{pooled.left}, in its lot, is not approved")
    if any(then.get(key) != now.get(key) for key in ("plan", "unit", "wanted")):
        reasons.append("plan changed")
    elif _counted_label_changed(then, letters):
        reasons.append("labels changed")
    elif certificate.state not in (decision.certificate.get("state"), decision.ruling.value):
        errors_changed = then.get("readers") != now.get("readers")
        reasons.append("reviewer error changed" if errors_changed else "labels speak against it")
    return tuple(reasons)


def outdated_in(sample: Sample, rubrics: Container[int]) -> int:
    """How many labelled documents were judged only by a rubric that said something else."""
    return sum(not _by_rubrics(document, rubrics) for document in sample.audit)


def _by_rubrics(document: LabelledDocument, rubrics: Container[int]) -> bool:
    """Whether anybody whose word counts judged it by one of these versions."""
    if document.adjudication:
        return document.adjudication.rubric in rubrics
    return any(label.rubric in rubrics for label in document.labels)


def _differs(decision: Decision, shard: Shard) -> bool:
    then, now = decision.fingerprint, shard.fingerprint
    return (then.bytes, then.digest) != (now.bytes, now.digest)


def _counted_label_changed(then: Mapping[str, Any], letters: str) -> bool:
    """True when a verdict the certificate rested on is another one now; later labels alone change nothing."""
    before = str(then.get("verdicts", ""))
    return any(old not in (".", letters[rank : rank + 1]) for rank, old in enumerate(before))


def standing(
    shard: Shard,
    file_state: str,
    *,
    plan: Plan,
    sample: Sample,
    decision: Decision | None,
    rubrics: Container[int],
    readers: Readers | None = None,
    two_person: bool = False,
    pooled: Pooled | None = None,
) -> Standing:
    """Put a shard's labels, plan and decision together.

    With `two_person` an approval is "to be confirmed" until somebody else has signed it. A shard in a lot stands as the
    lot does: `pooled` is its lot with the labels of all its shards.

    A certificate that rests on labels given under a rubric that said something else is "undecided": only a lead can
    say whether the change touches them, by overruling with a reason.
    """
    given = pooled.given if pooled else sample.inputs(plan, shard.documents, readers)
    certificate = certified(given)
    verdicts = sample.verdicts()
    answered = sum(verdict is not None for verdict in verdicts)
    outdated = pooled.outdated if pooled else outdated_in(sample, rubrics)
    stale = stale_reasons(decision, shard, file_state, certificate, given.letters, rubrics, pooled) if decision else ()
    said, reach = certificate.sentence, certificate.needed if certificate.more else 0
    more = certificate.more
    if pooled:
        reach = pooled.reach(shard.name, reach)
        more = max(0, pooled.ranks(shard.name, certificate.needed) - answered) if more else 0
    if pooled and pooled.lost and not decision:
        said = f"The file of {pooled.lost}, in the lot {pooled.lot.name}, changed: dissolve the lot."
    if file_state in ("changed", "missing") and not decision:
        state = file_state
    elif pooled and pooled.lost and not decision:
        state = "changed"
    elif stale:
        state = "stale"
    elif decision and decision.ruling is Ruling.APPROVE and two_person and not decision.confirmed_by:
        state = "to be confirmed"
    elif decision:
        state = _RULED[decision.ruling]
    elif not (certificate.n if pooled else answered):
        state = "no labels yet"
    else:
        state = _BY_CERTIFICATE.get(certificate.state, "needs labels")
        if outdated and certificate.state in ("approve", "reject"):
            state = "undecided"
    return Standing(
        shard=shard.name,
        corpus=shard.corpus,
        documents=shard.documents,
        drawn=sample.drawn,
        labels=answered,
        bad=sum(verdict is Verdict.REJECT for verdict in verdicts),
        unsure=sum(verdict is Verdict.UNSURE for verdict in verdicts),
        outdated=outdated,
        low=certificate.low,
        high=certificate.high,
        certificate=certificate,
        given=given,
        state=state,
        sentence=said,
        more=more,
        decision=decision,
        stale=stale,
        seconds=sum(label.seconds for document in sample.audit for label in document.labels),
        reach=reach,
        pooled=pooled,
    )
