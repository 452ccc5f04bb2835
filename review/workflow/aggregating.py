"""What several people's labels come to: by the project's rule, by majority, and by a model of each reader's errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from review.final import final_verdict
from review.project import Project

if TYPE_CHECKING:
    from review.agreement import Judgements

READERS = 3  # of two who differ no model can say which one errs
PER_READER = 20  # shared documents a reader must have on average for a model of their errors
MOST = 50  # documents listed


@dataclass(frozen=True, slots=True)
class Difference:
    """A document on which the ways to settle it do not say the same."""

    doc_id: str
    said: Mapping[str, int]  # labels by verdict
    counts: str | None  # the final verdict that counts now; None: it waits for a lead
    majority: str | None  # None: a tie
    model: str | None  # Dawid and Skene's answer; None where there is no model
    probability: float  # the model gives its answer; NaN where there is none


@dataclass(frozen=True, slots=True)
class Together:
    """The documents that two people or more have read, settled in each way."""

    documents: int
    counts: Mapping[str, int]  # documents by final verdict, as certificates and training take them; "": none yet
    majority: Mapping[str, int]  # documents by verdict; "": tied
    model: Mapping[str, float] | None  # expected documents by verdict; None: too few readers or documents
    differ: int
    differences: tuple[Difference, ...]  # least sure first, at most MOST


def together(project: Project, shared: Judgements, names: Sequence[str]) -> Together:
    """Settle the documents of `shared`, whose items are `names`, in each way."""
    from review.agreement import dawid_skene, majority

    rows: list[int] = np.flatnonzero(shared.counts().sum(1)).tolist()
    if not len(rows):
        return Together(0, {}, {}, None, 0, ())
    counts, values = shared.counts(), [str(value) for value in shared.values]
    once = majority(shared)
    readers = np.unique(shared.reviewer)
    enough = len(readers) >= READERS and len(shared) >= PER_READER * len(readers)
    fitted = dawid_skene(shared) if enough else None
    now = {
        one.doc_id: final_verdict(one) for one in project.store.labelled_documents(only=[names[row] for row in rows])
    }
    found: list[Difference] = []
    final = dict.fromkeys([*values, ""], 0)
    by_majority = dict.fromkeys([*values, ""], 0)
    for row in rows:
        verdict = now.get(names[row])
        most = None if once.tied[row] else values[int(once.best[row])]
        model = values[int(fitted.answers.best[row])] if fitted else None
        final[str(verdict or "")] += 1
        by_majority[most or ""] += 1
        said = {value: int(count) for value, count in zip(values, counts[row], strict=True) if count}
        answers = {verdict and str(verdict), most, model} if fitted else {verdict and str(verdict), most}
        if len(answers) > 1:
            sure = float(fitted.answers.probability[row].max()) if fitted else float("nan")
            found.append(Difference(names[row], said, verdict and str(verdict), most, model, sure))
    expected = fitted.answers.probability[rows].sum(0) if fitted else None
    return Together(
        documents=len(rows),
        counts=final,
        majority=by_majority,
        model=None if expected is None else dict(zip(values, expected.tolist(), strict=True)),
        differ=len(found),
        differences=tuple(sorted(found, key=lambda one: (one.probability, one.doc_id))[:MOST]),
    )
