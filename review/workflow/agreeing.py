"""How well the reviewers agree, and how each one reads: what the Agreement page and command show."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from review.errors import NotFound
from review.project import Project
from review.records import Verdict, doc_id
from review.workflow.aggregating import Together, together
from review.workflow.erring import reviewer_errors

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from review.agreement import Drift, Estimate, Judgements, ReviewerError, Speed, Table
    from review.store.judgements import LabelColumns

# From the mildest to the strictest: the order that ordinal alpha measures along.
VERDICTS = (str(Verdict.KEEP), str(Verdict.UNSURE), str(Verdict.REJECT))
NAMES = ("raw", "ac1", "fleiss", "alpha", "alpha_ordinal")
GROUPS = ("corpus", "language", "stream")
LEAST_PAIR = 5  # documents two reviewers must share to be shown as a pair
MOST_PAIRS = 60
ENOUGH = 50  # shared documents from which on Dawid and Skene's model can tell a reviewer apart
STAMP = 0.05  # spammer score under which answers hardly depend on the document


@dataclass(frozen=True, slots=True)
class ReviewerView:
    """One reviewer. Everything counts current labels, but `again`, which compares a person's first two verdicts."""

    reviewer: str
    labels: int
    simulated: bool  # every label is a simulated one
    speed: Speed
    others: Table | None  # beside all others who read the same documents; None when nobody did
    again: Table | None  # beside themselves, on documents they judged afresh
    error: ReviewerError | None  # on gold documents
    informative: float | None  # spammer score, 0 rubber stamp to 1; None with too few shared documents
    rejected: Drift  # share rejected by day; its trend is beside what the others rejected on the same days
    agreed: Drift  # share of documents on which they said what most others said, by day
    rejected_p: float  # of the trend of `rejected`, corrected for the number of reviewers; NaN when it has none
    agreed_p: float

    @property
    def stamps(self) -> bool:
        """Answers hardly depend on the document."""
        return self.informative is not None and self.informative < STAMP

    @property
    def drifts(self) -> bool:
        """The share rejected, or the agreement with the others, changes over time."""
        return self.rejected_p < 0.05 or self.agreed_p < 0.05


@dataclass(frozen=True, slots=True)
class AgreementView:
    """The reviewers together and one by one. Coefficients by name, as in review.agreement.COEFFICIENTS."""

    labels: int
    documents: int  # with a label
    shared: int  # read by two reviewers or more: what the coefficients rest on
    disputed: int  # of these, those on which not all said the same
    simulated: int  # labels
    verdicts: tuple[str, ...]  # the order of every confusion table
    overall: Mapping[str, Estimate]
    reasons: Mapping[str, Mapping[str, Estimate]]  # by reason code: whether it was given
    group: str | None
    groups: Mapping[str, Mapping[str, Estimate]]
    pairs: tuple[Table, ...]  # most documents first, at most MOST_PAIRS
    reviewers: tuple[ReviewerView, ...]  # most labels first
    together: Together  # what the labels of the shared documents come to


def agreement(
    project: Project, *, group: str | None = None, gold: Mapping[str, Verdict] | None = None, seed: int | None = None
) -> AgreementView:
    """Agreement over all current labels.

    group: also by "corpus", "language" (the column review.toml names), "stream" or a metadata column.
    gold: known verdicts by document name, for each reviewer's sensitivity and specificity; by default what they said
    of the project's gold documents.
    seed: of the bootstrap; the project's sampling seed when not given. Raises NotFound for an unknown group.
    """
    from review import agreement as measures

    seed = project.settings.sampling.seed if seed is None else seed
    column = _metadata_column(project, group)
    found = project.store.judgements(metadata=column is not None)
    judged = _judgements(found)
    twice = np.bincount(judged.item, minlength=1)[judged.item] >= 2  # current labels: one a reviewer
    shared = judged.where(twice)
    groups = _groups(found, group, column) if group else {}
    given = [set(codes) for codes, both in zip(found.reasons, twice.tolist(), strict=True) if both]
    codes = [reason.code for reason in project.store.rubric().reasons]
    codes += sorted({code for one in given for code in one} - set(codes))
    counts = shared.counts()
    return AgreementView(
        labels=len(judged),
        documents=len(judged.items),
        shared=int((counts.sum(1) > 0).sum()),
        disputed=int(((counts > 0).sum(1) > 1).sum()),
        simulated=int(found.simulated.sum()),
        verdicts=VERDICTS,
        overall=measures.agreement(shared, NAMES, seed=seed),
        reasons={
            code: measures.agreement(shared.recoded(np.array(said)), ("raw", "ac1", "alpha"), seed=seed)
            for code in codes
            if any(said := [code in one for one in given])
        },
        group=group,
        groups={name: measures.agreement(part, NAMES, seed=seed) for name, part in shared.groups(groups).items()},
        pairs=tuple(measures.pairs(shared, seed=seed, least=LEAST_PAIR, most=MOST_PAIRS)),
        reviewers=tuple(_reviewers(project, found, judged, shared, gold, seed)),
        together=together(project, shared, _names(found, judged)),
    )


def _names(found: LabelColumns, judged: Judgements) -> list[str]:
    """Document names of the items, in their order."""
    rows = zip(found.document.tolist(), found.shard.column(), found.row.tolist(), strict=True)
    names = {document: doc_id(shard, row) for document, shard, row in rows}
    return [names[item] for item in judged.items]


def _judgements(found: LabelColumns) -> Judgements:
    from review.agreement import Judgements

    place = np.array([VERDICTS.index(name) for name in found.verdict.names], dtype=np.int64)
    items, item = np.unique(found.document, return_inverse=True)
    return Judgements(
        tuple(items.tolist()),
        found.reviewer.names,
        VERDICTS,
        item.astype(np.int64),
        found.reviewer.code,
        place[found.verdict.code] if len(found) else found.verdict.code,
    )


def _metadata_column(project: Project, group: str | None) -> str | None:
    """The metadata column a group is read from, None for one that needs none."""
    if group == "language":
        column = project.settings.corpus.language_column
        if column is None:
            raise NotFound(
                "No column holds the language. Name it as language_column under [corpus] in review.toml, or group by "
                "a metadata column's own name."
            )
        return column
    return None if group in (None, "corpus", "stream") else group


def _groups(found: LabelColumns, group: str, column: str | None) -> dict[Any, str]:
    """Group of each document that has one."""
    if column is not None:
        values = {}
        for document, text in zip(found.document.tolist(), found.metadata, strict=True):
            if document not in values and text is not None:
                value = json.loads(text).get(column)
                if value is not None:
                    values[document] = str(value)
        if len(found) and not values:
            raise NotFound(f"No labelled document has {group!r} in its metadata. Group by corpus, stream or a column.")
        return values
    names = found.corpus.column() if group == "corpus" else ["training" if t else "audit" for t in found.training]
    return dict(zip(found.document.tolist(), names, strict=True))


def _reviewers(
    project: Project,
    found: LabelColumns,
    judged: Judgements,
    shared: Judgements,
    gold: Mapping[str, Verdict] | None,
    seed: int,
) -> list[ReviewerView]:
    from review import agreement as measures

    others = measures.against_others(shared, seed=seed)
    again = measures.self_consistency(_afresh(project.store.repeated_judgements()), seed=seed)
    errors = {error.reviewer: error for error in _errors(project, found, judged, gold)}
    informative = _informative(shared)
    days = found.at.astype("datetime64[D]")
    rejects = judged.value == VERDICTS.index(Verdict.REJECT)
    hits = measures.with_the_others(judged)
    names = judged.reviewers
    rows = {code: np.flatnonzero(judged.reviewer == code) for code in range(len(names))}
    compared = {code: mine[~np.isnan(hits[mine])] for code, mine in rows.items()}
    usual = _others_share(days, judged.reviewer, rejects)
    rejected = {
        names[code]: measures.drift(days[mine], rejects[mine], expected=usual[mine]) for code, mine in rows.items()
    }
    agreed = {names[code]: measures.drift(days[mine], hits[mine] > 0) for code, mine in compared.items()}
    rejected_p = measures.holm({name: one.trend.p for name, one in rejected.items()})
    agreed_p = measures.holm({name: one.trend.p for name, one in agreed.items()})
    views = [
        ReviewerView(
            reviewer=names[code],
            labels=len(mine),
            simulated=bool(found.simulated[mine].all()),
            speed=measures.speed(found.seconds[mine]),
            others=others.get(names[code]),
            again=again.get(names[code]),
            error=errors.get(names[code]),
            informative=informative.get(names[code]),
            rejected=rejected[names[code]],
            agreed=agreed[names[code]],
            rejected_p=rejected_p[names[code]],
            agreed_p=agreed_p[names[code]],
        )
        for code, mine in rows.items()
    ]
    return sorted(views, key=lambda view: (-view.labels, view.reviewer))


def _others_share(days: NDArray[Any], reviewer: NDArray[Any], yes: NDArray[Any]) -> NDArray[Any]:
    """For each label, (n,), the share of yes among what the others said on the same day; NaN where nobody did."""
    _, day = np.unique(days, return_inverse=True)
    _, own = np.unique(day * (reviewer.max(initial=0) + 1) + reviewer, return_inverse=True)
    cases = np.bincount(day, yes)[day] - np.bincount(own, yes)[own] if len(day) else np.zeros(0)
    of = np.bincount(day)[day] - np.bincount(own)[own] if len(day) else np.zeros(0)
    share: NDArray[Any] = np.divide(cases, of, out=np.full(len(day), np.nan), where=of > 0)
    return share


def _afresh(found: LabelColumns) -> Judgements:
    """The verdict of a document on first reading, as it stands, and the one of a blind second reading.

    Going back to change an answer is a correction, and says nothing about consistency.
    """
    from review.agreement import Judgements

    rows = zip(found.document.tolist(), found.reviewer.column(), found.verdict.column(), strict=True)
    return Judgements.from_tuples(rows, values=VERDICTS)


def _errors(
    project: Project, found: LabelColumns, judged: Judgements, gold: Mapping[str, Verdict] | None
) -> list[ReviewerError]:
    from review.agreement import ReviewerError
    from review.agreement import reviewer_errors as count_errors

    if gold is None:
        answers = reviewer_errors(project).gold
        return [ReviewerError(one.reviewer, one.sensitivity(), one.specificity()) for one in answers if one.reviewer]
    named = zip(found.document.tolist(), found.shard.column(), found.row.tolist(), strict=True)
    names = {document: doc_id(shard, row) for document, shard, row in named}
    known = {document: str(gold[name]) for document, name in names.items() if name in gold}
    return count_errors(judged, known, {str(Verdict.REJECT)})


def _informative(shared: Judgements) -> dict[str, float]:
    """How much each reviewer's keep and reject tell, for those with ENOUGH shared documents.

    Unsure is no answer: Dawid and Skene's model is fitted to the others.
    """
    from review.agreement import dawid_skene, spammer_score

    sure = shared.where(shared.value != VERDICTS.index(Verdict.UNSURE))
    times = np.bincount(sure.reviewer, minlength=len(sure.reviewers))
    if (times > 0).sum() < 3:  # of two who differ nobody can say which one errs
        return {}
    score = spammer_score(dawid_skene(sure.recoded(sure.value == VERDICTS.index(Verdict.REJECT))).confusion)
    return {name: float(score[code]) for code, name in enumerate(sure.reviewers) if times[code] >= ENOUGH}
