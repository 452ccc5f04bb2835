"""Score strata: where a classifier expects bad documents, and the bets that this allows. Pure arithmetic.

The documents of a shard are sorted by score and cut into strata. A draw picks a stratum with a known chance, then one
of its documents at random, with replacement. What the classifier says is used twice, and trusted nowhere: the chances
favour strata where it is unsure, and each bet assumes that bad documents lie where it expects them. Validity does not
depend on it: for every bet the expected gain is at most 1 for ANY bad shares of the strata whose weighted mean is the
null's, because gain(good) - gain(bad) is proportional to weight / chance. A poor classifier only costs labels.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from review.certificate.design import APPROVING, REJECTING, assumed
from review.errors import PlanError
from review.records import Plan

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]

# Cumulative shares of the shard, from the most likely bad on: fine where bad documents are expected.
CUTS = (
    0.005, 0.01, 0.02, 0.03, 0.045, 0.06, 0.08, 0.10, 0.13, 0.17, 0.22, 0.28, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85,
    0.93, 1.0,
)  # fmt: skip
MOST_STRATA = 26  # a letter each
UNIFORM = 0.7  # of the draws fall as the documents lie; the others where the classifier is unsure
SLOPES = ((0.0, 0.25), (0.5, 0.25), (1.0, 0.5))  # how much of the classifier's logit a bet believes, with weights
_EDGE = 1e-4  # predictions are kept this far from 0 and 1


@dataclass(frozen=True, slots=True)
class Strata:
    """A shard's strata, fixed before its first draw. Three numbers each, in 0..1."""

    weights: tuple[float, ...]  # share of the shard's documents (or tokens) that lies in the stratum
    predicted: tuple[float, ...]  # mean bad share by the classifier; only its shape is used, not its level
    chances: tuple[float, ...]  # of a draw to fall into the stratum

    def __len__(self) -> int:
        return len(self.weights)


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """The bets of one side. `gains[j, h, y]`: log gain of bet j from a good (0) or bad (1) document of stratum h."""

    gains: Floats  # (bets, strata, 2)
    log_weights: Floats  # (bets,)
    weights: Floats  # (strata,)
    chances: Floats  # (strata,)
    null: float  # the bad share it speaks against
    above: bool  # the null is `null` or more (approving); else `null` or less (rejecting)

    @property
    def largest(self) -> float:
        """No label can raise the log evidence by more."""
        return float(self.gains.max())


def check_strata(strata: Strata) -> None:
    """Raises PlanError unless the numbers are strata: as many of each, shares and chances that sum to 1."""
    sizes = {len(strata.weights), len(strata.predicted), len(strata.chances)}
    numbers = (*strata.weights, *strata.predicted, *strata.chances)
    sound = len(sizes) == 1 and 1 <= len(strata) <= MOST_STRATA
    if not sound or not all(type(number) in (int, float) and 0 <= number <= 1 for number in numbers):
        raise PlanError(
            f"Strata need 1 to {MOST_STRATA} weights, predictions and chances each, all in 0..1; got "
            f"{len(strata.weights)}, {len(strata.predicted)} and {len(strata.chances)}."
        )
    for name, shares in (("weights", strata.weights), ("chances", strata.chances)):
        if min(shares) <= 0 or abs(math.fsum(shares) - 1) > 1e-9:
            raise PlanError(f"The {name} of strata must be above 0 and sum to 1; these sum to {math.fsum(shares):g}.")


def stratify(bad: Floats, sizes: Floats) -> Integers:
    """Stratum of each document, 0 holding the most likely bad ones, by the classifier's P(bad) and the documents'
    sizes (1 each, or their lengths). Ties are kept in the order given; strata without a document are left out."""
    order = np.argsort(-bad, kind="stable")
    ends = np.cumsum(sizes[order])
    middle = (ends - sizes[order] / 2) / ends[-1]
    place = np.empty(len(bad), np.int64)
    place[order] = np.searchsorted(np.array(CUTS[:-1]), middle, side="right")
    return np.unique(place, return_inverse=True)[1].astype(np.int64)


def make_strata(stratum: Integers, bad: Floats, sizes: Floats, plan: Plan) -> Strata:
    """The strata with their weights, mean predictions and the chances of a draw."""
    mass = np.bincount(stratum, sizes)
    weights = mass / mass.sum()
    predicted = np.clip(np.bincount(stratum, bad * sizes) / mass, _EDGE, 1 - _EDGE)
    return Strata(tuple(weights.tolist()), tuple(predicted.tolist()), chances_of(weights, predicted, plan))


def chances_of(weights: Floats, predicted: Floats, plan: Plan) -> tuple[float, ...]:
    """How draws are spread: 70 % as the documents lie, 30 % by how unsure the classifier is of a stratum.

    Approving cannot be aimed, for bad documents may hide among those that look good; rejecting can. The mixture serves
    both, whatever the truth.
    """
    middle = math.sqrt(plan.accept * plan.reject)
    share = shape(predicted, weights, np.array([middle]), np.array([1.0]))[0]
    unsure = weights * np.sqrt(share * (1 - share))
    chances = UNIFORM * weights + (1 - UNIFORM) * unsure / unsure.sum()
    return tuple((chances / chances.sum()).tolist())


@lru_cache(maxsize=16_384)
def sides(plan: Plan, strata: Strata) -> tuple[Side, Side]:
    """The bets against an unacceptable shard, and against an acceptable one."""
    return (
        _side(strata, assumed(plan.accept, APPROVING), plan.reject, above=True),
        _side(strata, assumed(plan.reject, REJECTING), plan.accept, above=False),
    )


def _side(strata: Strata, shares: tuple[tuple[float, float], ...], null: float, *, above: bool) -> Side:
    slopes = SLOPES if len(strata) > 1 else ((0.0, 1.0),)
    bets = [(share, slope, weight * trust) for slope, trust in slopes for share, weight in shares]
    share, slope, weight = (np.array(column) for column in zip(*bets, strict=True))
    weights, chances = np.array(strata.weights), np.array(strata.chances)
    assumed_bad = shape(np.array(strata.predicted), weights, share, slope)
    null_bad = _tilt(assumed_bad, weights, chances, null)
    gains = np.stack([np.log1p(-assumed_bad) - np.log1p(-null_bad), np.log(assumed_bad) - np.log(null_bad)], axis=-1)
    return Side(gains, np.log(weight), weights, chances, null, above)


def shape(predicted: Floats, weights: Floats, mean: Floats, slope: Floats) -> Floats:
    """Bad share of each stratum (bets, strata): the classifier's logit times `slope`, moved to the mean `mean`."""
    inside = np.clip(predicted, _EDGE, 1 - _EDGE)
    logit = slope[:, None] * (np.log(inside) - np.log1p(-inside))

    def excess(shift: Floats) -> tuple[Floats, Floats]:
        share = 1 / (1 + np.exp(-(logit + shift[:, None])))
        return share @ weights - mean, (share * (1 - share)) @ weights

    shift = _root(excess, np.full(len(mean), -40.0), np.full(len(mean), 40.0))
    shares: Floats = 1 / (1 + np.exp(-(logit + shift[:, None])))
    return shares


def _tilt(assumed_bad: Floats, weights: Floats, chances: Floats, null: float) -> Floats:
    """The null's bad shares q0 nearest to the assumed ones q1: (q0 - q1) / (q0 (1 - q0)) = nu weight / chance, with
    one nu a bet, so that their weighted mean is the null's."""
    ratio = weights / chances

    def shares(nu: Floats) -> tuple[Floats, Floats]:
        n = nu[:, None] * ratio
        root = np.sqrt((1 - n) ** 2 + 4 * n * assumed_bad)
        small = n < 1
        low = 2 * assumed_bad / np.where(small, (1 - n) + root, 1)
        return np.where(small, low, ((n - 1) + root) / np.where(small, 1, 2 * n)), root

    def excess(nu: Floats) -> tuple[Floats, Floats]:
        q0, root = shares(nu)
        return q0 @ weights - null, (ratio * q0 * (1 - q0) / root) @ weights

    reach = np.ones(len(assumed_bad))
    while (wide := (excess(-reach)[0] > 0) | (excess(reach)[0] < 0)).any():
        reach = np.where(wide, reach * 2, reach)
    return shares(_root(excess, -reach, reach))[0]


def _root(function: Callable[[Floats], tuple[Floats, Floats]], low: Floats, high: Floats) -> Floats:
    """Where increasing functions are 0, one in each place: Newton's steps, halving wherever one would leave the
    bracket."""
    at = (low + high) / 2
    for _ in range(200):
        value, slope = function(at)
        low, high = np.where(value > 0, low, at), np.where(value > 0, at, high)
        with np.errstate(divide="ignore", invalid="ignore"):
            step = at - value / slope
        following = np.where((step > low) & (step < high), step, (low + high) / 2)
        if (np.abs(value) <= 1e-15).all():
            break
        at = following
    return at
