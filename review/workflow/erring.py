"""How each reviewer errs: on gold, and, where gold is thin, as several readers of the same documents let one guess."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from review.project import Project
from review.records import Verdict

if TYPE_CHECKING:
    from review.agreement import Share
    from review.store.gold import GoldAnswer

ENOUGH = 30  # answers to bad gold documents, and as many to good ones, from which on gold says more than overlap
LEAST_PEOPLE = 3  # of two who differ nobody can say which one errs


@dataclass(frozen=True, slots=True)
class Answers:
    """How often each answer was given. Whole numbers on gold; expected ones where the truth is estimated."""

    keep: float = 0.0
    unsure: float = 0.0
    reject: float = 0.0

    @property
    def shown(self) -> float:
        return self.keep + self.unsure + self.reject


@dataclass(frozen=True, slots=True)
class Errors:
    """A reviewer's answers, or everybody's, to bad documents and to good ones."""

    reviewer: str | None  # None: everybody's
    bad: Answers
    good: Answers
    documents: int  # different ones; answers of several people to the same one are not independent
    simulated: bool

    @property
    def bad_shown(self) -> float:
        return self.bad.shown

    @property
    def bad_found(self) -> float:
        """Bad documents rejected; unsure does not find one."""
        return self.bad.reject

    @property
    def good_shown(self) -> float:
        return self.good.shown

    @property
    def good_kept(self) -> float:
        """Good documents not rejected; unsure does not condemn one."""
        return self.good.shown - self.good.reject

    def sensitivity(self, confidence: float = 0.95) -> Share:
        """Share of the bad ones found, with its exact interval; of gold alone."""
        from review.agreement import share

        return share(round(self.bad_found), round(self.bad_shown), confidence=confidence)

    def specificity(self, confidence: float = 0.95) -> Share:
        """Share of the good ones not called bad, with its exact interval; of gold alone."""
        from review.agreement import share

        return share(round(self.good_kept), round(self.good_shown), confidence=confidence)


@dataclass(frozen=True, slots=True)
class ErrorReport:
    """Reviewer error by source.

    gold: answers to documents whose answer is known, given unknowing, after they had become gold. overlap: expected
    answers on audit documents that two people or more judged as planned, by Dawid and Skene's model; nobody knows the
    truth there, and an error everybody makes is not seen.
    """

    gold: tuple[Errors, ...]  # by reviewer's name
    gold_pooled: Errors
    overlap: tuple[Errors, ...]  # empty with fewer than LEAST_PEOPLE people
    overlap_pooled: Errors | None

    @property
    def thin(self) -> bool:
        """Gold says too little to stand alone."""
        return min(self.gold_pooled.bad_shown, self.gold_pooled.good_shown) < ENOUGH


def reviewer_errors(project: Project) -> ErrorReport:
    """What every reviewer did with bad documents and with good ones."""
    answers = project.store.gold_answers()
    people = sorted({one.reviewer for one in answers})
    overlap = _from_overlap(project)
    return ErrorReport(
        gold=tuple(_on_gold(name, [one for one in answers if one.reviewer == name]) for name in people),
        gold_pooled=_on_gold(None, answers),
        overlap=overlap[1:],
        overlap_pooled=overlap[0] if overlap else None,
    )


def _on_gold(reviewer: str | None, answers: Iterable[GoldAnswer]) -> Errors:
    answers = list(answers)

    def told(known: Verdict) -> Answers:
        said = [one.said for one in answers if one.known is known]
        return Answers(*(float(said.count(verdict)) for verdict in (Verdict.KEEP, Verdict.UNSURE, Verdict.REJECT)))

    return Errors(
        reviewer,
        bad=told(Verdict.REJECT),
        good=told(Verdict.KEEP),
        documents=len({one.doc_id for one in answers}),
        simulated=bool(answers) and all(one.simulated for one in answers),
    )


def _from_overlap(project: Project) -> tuple[Errors, ...]:
    """Everybody's, then each one's, by name; nothing with too few people or documents in common."""
    from review.agreement import Judgements, dawid_skene

    found = project.store.judgements()
    audit = ~found.training
    verdicts = (Verdict.KEEP, Verdict.UNSURE, Verdict.REJECT)
    place = np.array([verdicts.index(Verdict(name)) for name in found.verdict.names], dtype=np.int64)
    judged = Judgements.from_columns(
        found.document[audit].tolist(),
        [name for name, kept in zip(found.reviewer.column(), audit.tolist(), strict=True) if kept],
        place[found.verdict.code[audit]].tolist() if audit.any() else [],
        values=(0, 1, 2),
    )
    both = judged.is_shared()
    shared = judged.where(both)
    people = np.unique(shared.reviewer)
    if len(people) < LEAST_PEOPLE:
        return ()
    # Rejected or not: whether unsure is a verdict of its own cannot be told from so little.
    model = dawid_skene(shared.recoded(shared.value == verdicts.index(Verdict.REJECT)))
    bad = model.answers.probability[shared.item, 1]
    simulated = found.simulated[audit][both]

    def counted(reviewer: str | None, mask: np.ndarray[tuple[int], np.dtype[np.bool_]]) -> Errors:
        def told(weight: np.ndarray[tuple[int], np.dtype[np.float64]]) -> Answers:
            return Answers(*np.bincount(shared.value[mask], weight[mask], minlength=3).tolist())

        documents = len(np.unique(shared.item[mask]))
        return Errors(reviewer, told(bad), told(1 - bad), documents, bool(simulated[mask].all()))

    everybody = counted(None, np.ones(len(shared), dtype=np.bool_))
    by_name = sorted((shared.reviewers[code], code) for code in people.tolist())
    return (everybody, *(counted(name, shared.reviewer == code) for name, code in by_name))
