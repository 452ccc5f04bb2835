"""What a given number of labels can certify: which shards to read, in which order.

What is not known yet of a shard is a Beta distribution of its bad share: the mean of all shards' labels, worth a few,
and its own labels. Under it the plan's exact operating characteristic gives the chance that the shard ends approved,
and the mean labels until it ends at all. Shards are read in the order of approvals a label. None of this touches a
verdict: it only plans work.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from review.certificate.certify import oc_curve
from review.certificate.design import two_digits
from review.records import Plan

Floats = npt.NDArray[np.float64]

PRIOR_LABELS = 8.0  # what all shards say counts as so many labels of one shard
SHARES = (0.01, 0.02, 0.03, 0.05, 0.08, 0.10, 0.15, 0.20)  # unacceptable shares that a budget is tried with
_ACCEPTED = 1 / 3  # of the unacceptable share: what such a plan accepts


@dataclass(frozen=True, slots=True)
class Candidate:
    """A shard whose certificate is open."""

    name: str
    documents: int
    labels: int  # read so far
    bad: int  # of them, unsure ones too


@dataclass(frozen=True, slots=True)
class Line:
    """A shard in its place in the order of work."""

    name: str
    documents: int
    labels: int
    more: float  # mean labels until it is decided
    approve: float  # chance that it ends approved
    until: float  # mean labels of all shards up to this one
    within: bool  # of the budget


@dataclass(frozen=True, slots=True)
class Option:
    """A certificate that could be asked for, and how many shards the budget is expected to certify with it."""

    reject: float  # "at most this share is bad"
    shards: float
    labels: float  # mean labels a shard


def order_of_work(plan: Plan, candidates: Sequence[Candidate], budget: float) -> list[Line]:
    """The shards in the order of expected approvals a label, with where the budget of labels ends."""
    prior = prior_of(candidates)
    ahead = {one.name: outlook(plan, one, prior) for one in candidates}
    ranked = sorted(candidates, key=lambda one: (-ahead[one.name][0] / max(ahead[one.name][1], 1.0), one.name))
    lines, until = [], 0.0
    for one in ranked:
        approve, more = ahead[one.name]
        until += more
        lines.append(Line(one.name, one.documents, one.labels, more, approve, until, until <= budget))
    return lines


def options(plan: Plan, candidates: Sequence[Candidate], budget: float) -> list[Option]:
    """How many shards the budget certifies at other unacceptable shares, each against a third of it."""
    found = []
    for share in sorted({*SHARES, plan.reject}):
        wanted = plan if share == plan.reject else replace(plan, reject=share, accept=round(share * _ACCEPTED, 4))
        lines = order_of_work(wanted, candidates, budget)
        inside = [line for line in lines if line.within]
        mean = sum(line.more for line in lines) / len(lines) if lines else 0.0
        found.append(Option(share, sum(line.approve for line in inside), mean))
    return found


def prior_of(candidates: Sequence[Candidate]) -> tuple[float, float]:
    """Beta distribution of a shard's bad share from the labels of all."""
    labels, bad = sum(one.labels for one in candidates), sum(one.bad for one in candidates)
    share = (bad + 0.5) / (labels + 10.0)  # half a bad one in ten while nothing is known
    return share * PRIOR_LABELS, (1 - share) * PRIOR_LABELS


def outlook(plan: Plan, one: Candidate, prior: tuple[float, float]) -> tuple[float, float]:
    """(chance to end approved, mean labels until the end) of a shard, from what is known of it.

    The curve is of a fresh audit; the labels that are there already have moved the distribution and are taken off.
    """
    size = two_digits(one.documents) if one.documents <= 5_000 else None
    return _outlook(plan, size, one.labels, one.bad, prior)


@lru_cache(maxsize=65_536)
def _outlook(plan: Plan, size: int | None, read: int, bad: int, prior: tuple[float, float]) -> tuple[float, float]:
    """Of ten thousand shards most are in the same place."""
    shares, approve, labels = _curve(plan, size)
    weights = _weights(prior[0] + bad, prior[1] + read - bad, shares)
    return float(weights @ approve), max(1.0, float(weights @ labels) - read)


def _weights(a: float, b: float, shares: Floats) -> Floats:
    """Chance of the bad share to be nearest to each of `shares`."""
    from scipy.stats import beta

    edges = np.concatenate([[0.0], (shares[1:] + shares[:-1]) / 2, [1.0]])
    weights: Floats = np.diff(beta.cdf(edges, a, b))
    total = float(weights.sum())
    return weights / total


@lru_cache(maxsize=512)
def _curve(plan: Plan, size: int | None) -> tuple[Floats, Floats, Floats]:
    """Shares, chances to approve and mean labels, finest where the plan's own shares lie."""
    near, far = np.linspace(0.0, 2 * plan.reject, 18), np.linspace(2 * plan.reject, 6 * plan.reject, 6)
    wanted = np.unique(np.concatenate([near, far]).clip(0, 0.999))
    points = oc_curve(plan, size, wanted.tolist())
    columns = [np.array([getattr(point, name) for point in points]) for name in ("share", "approve", "labels")]
    keep = np.concatenate([[True], np.diff(columns[0]) > 0])
    return columns[0][keep], columns[1][keep], columns[2][keep]
