"""A threshold with a guarantee: among what it keeps, a wanted share is good, except with a stated risk.

Learn then Test with a fixed sequence (Angelopoulos et al. 2021): thresholds are tried from strict to loose, each is
tested for "the good share among the kept is below the target", and the last one in an unbroken row of rejections is
certified. The thresholds come from unlabelled scores, so no label has chosen them, and since each test stands at the
full risk and the first failure ends the row, the risk that a certified threshold is wrong is at most the stated one.

The guarantee is as good as its labels: each must be of a document that did not teach the scores it is tested with.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

STRICTEST = 0.70  # quantile of the unlabelled scores: stricter thresholds have too few labels above them to begin with
STEP = 0.02
EDGES = (1 / (1 + np.exp(-np.linspace(-8, 8, 401)))).astype(
    np.float32
)  # thresholds and counts of scores stand on these
_BETS = np.array([0.05, 0.15, 0.3, 0.5, 0.75, 0.95])  # shares of the largest bet that cannot ruin
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Cut:
    """What labels say of keeping everything from a threshold on."""

    threshold: float
    share: float  # of unlabelled documents at or above it
    labels: int  # audit documents at or above it
    bad: int
    p: float  # chance of so few bad ones, or fewer, if the good share were just below the target


@dataclass(frozen=True)
class Guarantee:
    """The loosest threshold that could be certified, and every cut that was tried on the way."""

    target: float
    risk: float
    threshold: float | None
    cuts: tuple[Cut, ...]


def certify(
    score: NDArray[np.floating],
    keep: NDArray[np.bool_],
    weight: Array,
    unlabelled: NDArray[np.floating],
    target: float,
    risk: float,
) -> Guarantee:
    """Try thresholds from strict to loose until one fails.

    score, keep, weight: of audit documents; weight is one over the probability of being drawn. unlabelled: scores of
    documents of the corpus, which alone choose the thresholds.
    """
    cuts: list[Cut] = []
    certified = None
    for threshold in _thresholds(unlabelled):
        above = score >= threshold
        p = p_value(keep[above], weight[above], target)
        share = float((unlabelled >= threshold).mean())
        cuts.append(Cut(float(threshold), share, int(above.sum()), int((~keep[above]).sum()), p))
        if p > risk:
            break
        certified = float(threshold)
    return Guarantee(target, risk, certified, tuple(cuts))


def p_value(keep: NDArray[np.bool_], weight: Array, target: float) -> float:
    """P-value of "the good share is below `target`", exact where all documents had the same chance to be drawn.

    Otherwise one over the mean of bets on "good": with a fixed bet b the product of 1 + b w (q - bad), q the bad share
    allowed and w the weight, has a mean of at most 1 if more than q of the weighted documents are bad, in simple and
    in stratified samples alike, so it reaches 1/risk with a chance of at most the risk (Ville, Markov).
    """
    allowed = 1 - target
    n, bad = len(keep), int((~keep).sum())
    if n == 0:
        return 1.0
    if np.ptp(weight) <= 1e-9 * weight.max():
        from scipy.stats import binom

        return float(binom.cdf(bad, n, allowed))
    relative = weight / weight.mean()
    largest = 1 / (relative.max() * target)
    gains = np.log1p(_BETS[:, None] * largest * relative * (allowed - ~keep)).sum(1)
    return float(min(1.0, 1 / np.exp(gains - np.log(len(_BETS))).sum()))


def counts(score: NDArray[np.floating], size: NDArray[np.integer]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Documents and bytes whose score is at or above each edge."""
    place = np.searchsorted(EDGES, score, "right")
    documents = np.bincount(place, minlength=len(EDGES) + 1)
    sizes = np.bincount(place, size, minlength=len(EDGES) + 1).astype(np.int64)
    return documents[:0:-1].cumsum()[::-1], sizes[:0:-1].cumsum()[::-1]


def _thresholds(unlabelled: NDArray[np.floating]) -> NDArray[np.float32]:
    """Edges at falling quantiles of the scores, the loosest keeping everything."""
    if not len(unlabelled):
        return EDGES[:0]
    wanted = np.quantile(unlabelled, np.arange(STRICTEST, -1e-9, -STEP).clip(0))
    place = np.searchsorted(EDGES, wanted.astype(np.float32), "right") - 1
    return np.asarray(EDGES[np.unique(place.clip(0))[::-1]])
