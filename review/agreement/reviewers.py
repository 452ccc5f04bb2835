"""One reviewer at a time: errors on documents whose answer is known, consistency with oneself, speed."""

from __future__ import annotations

from collections.abc import Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from review.agreement.bootstrap import RESAMPLES
from review.agreement.judgements import Floats, Judgements
from review.agreement.measure import PAIR, Table, tables_by_reviewer


@dataclass(frozen=True, slots=True)
class Share:
    """Cases among `of`, as a fraction, with its exact interval; NaN and 0..1 when there were none."""

    cases: int
    of: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class ReviewerError:
    """How a reviewer did on gold documents."""

    reviewer: str
    sensitivity: Share  # of the bad ones: found
    specificity: Share  # of the good ones: not called bad


@dataclass(frozen=True, slots=True)
class Speed:
    """Active seconds a document: the median with a 95 % interval by order statistics, which assumes no shape."""

    documents: int
    median: float
    low: float
    high: float


def share(cases: int, of: int, *, confidence: float = 0.95) -> Share:
    """A share with its exact interval (Clopper and Pearson, Biometrika 26, 1934).

    Raises ValueError unless 0 <= cases <= of.
    """
    from scipy.special import betaincinv

    if not 0 <= cases <= of:
        raise ValueError(f"{cases} cases among {of} cannot be; allowed is 0 <= cases <= of.")
    tail = (1 - confidence) / 2
    low = 0.0 if cases == 0 else float(betaincinv(cases, of - cases + 1, tail))
    high = 1.0 if cases == of else float(betaincinv(cases + 1, of - cases, 1 - tail))
    return Share(cases, of, cases / of if of else float("nan"), low, high)


def reviewer_errors(
    judgements: Judgements, gold: Mapping[Hashable, Any], bad: Collection[Any], *, confidence: float = 0.95
) -> list[ReviewerError]:
    """Sensitivity and specificity of every reviewer who judged an item of `gold`, first judgements only.

    bad: the values that call an item bad. Any other answer, such as unsure, does not find a bad item and does not
    condemn a good one.
    """
    once = judgements.first()
    known = np.array([item in gold for item in once.items], dtype=np.bool_)
    truly = np.array([item in gold and gold[item] in bad for item in once.items], dtype=np.bool_)
    called = np.array([value in bad for value in once.values], dtype=np.bool_)[once.value]
    on_gold = known[once.item]
    is_bad = truly[once.item]

    def tally(mask: np.ndarray[Any, np.dtype[np.bool_]]) -> list[int]:
        counts: list[int] = np.bincount(once.reviewer[on_gold & mask], minlength=len(once.reviewers)).tolist()
        return counts

    found, all_bad, kept, all_good = tally(is_bad & called), tally(is_bad), tally(~is_bad & ~called), tally(~is_bad)
    return [
        ReviewerError(
            name,
            share(found[at], all_bad[at], confidence=confidence),
            share(kept[at], all_good[at], confidence=confidence),
        )
        for at, name in enumerate(once.reviewers)
        if all_bad[at] + all_good[at]
    ]


def self_consistency(
    judgements: Judgements,
    names: Sequence[str] = PAIR,
    *,
    seed: int,
    resamples: int = RESAMPLES,
    confidence: float = 0.95,
) -> dict[str, Table]:
    """First against second judgement of the same item by the same reviewer, for every reviewer with any.

    A third and later judgement is left out: every item counts once.
    """
    key = judgements.item * len(judgements.reviewers) + judgements.reviewer
    order = np.argsort(key, kind="stable")
    again = np.flatnonzero(key[order][1:] == key[order][:-1])
    again = again[np.unique(key[order][again], return_index=True)[1]]
    first, second = order[again], order[again + 1]
    return tables_by_reviewer(
        judgements,
        judgements.reviewer[first],
        judgements.value[first],
        np.eye(len(judgements.values))[judgements.value[second]],
        names,
        seed=seed,
        resamples=resamples,
        confidence=confidence,
    )


def speed(seconds: Sequence[float] | Floats, *, confidence: float = 0.95) -> Speed:
    """Median active seconds a document; idle time has been cut where it was measured.

    Times of 0 are labels that nobody read on the desk (imports) and are left out. The interval is the narrowest pair
    of order statistics that covers the median with the confidence, or all there are when they are too few.
    """
    from scipy.stats import binom

    times = np.sort(np.asarray(seconds, dtype=np.float64))
    times = times[times > 0]
    n = len(times)
    if n == 0:
        return Speed(0, float("nan"), float("nan"), float("nan"))
    rank = max(int(binom.ppf((1 - confidence) / 2, n, 0.5)), 1)  # 1-based
    return Speed(n, float(np.median(times)), float(times[rank - 1]), float(times[n - rank]))
