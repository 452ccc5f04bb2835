"""What a plan will do to shards of any quality: chance to approve and to reject, mean labels. Exact, no simulation.

Every plan here is a pair of boundaries: after t labels with F bad ones it approves when F <= approve[t] and rejects
when F >= reject[t]. The recursion follows the chance of every (t, F) forward and takes out what crosses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from review.certificate.plan import FixedPlan
from review.errors import PlanError


@dataclass(frozen=True, slots=True)
class Boundaries:
    """`approve[t]` (-1: never) and `reject[t]` in bad documents after t labels, t = 0..n. At n it ends as it is."""

    approve: tuple[int, ...]
    reject: tuple[int, ...]

    @property
    def n(self) -> int:
        return len(self.approve) - 1


NEVER = Boundaries((-1,), (1,))  # of a plan that no number of labels can meet


@dataclass(frozen=True, slots=True)
class OcPoint:
    """One point of the operating-characteristic curve."""

    share: float  # bad share of the shard, 0..1
    approve: float  # chance to approve
    reject: float  # chance to reject
    labels: float  # mean labels until the outcome is decided


def curtailed(plan: FixedPlan) -> Boundaries:
    """The fixed plan, stopped as soon as its outcome is certain: more than c bad, or c cannot be passed any more.

    Its decision is the full plan's, whatever the remaining labels would say, so both risks are the same.
    """
    approve = tuple(max(-1, plan.c - (plan.n - t)) for t in range(plan.n + 1))
    return Boundaries(approve, (plan.c + 1,) * (plan.n + 1))


def oc_curve(boundaries: Boundaries, size: int | None, shares: Sequence[float]) -> list[OcPoint]:
    """One point for each bad share in `shares` (0..1; for a known size, rounded to whole documents).

    Raises PlanError for a share outside 0..1. Cost: labels x largest boundary x shares.
    """
    if any(not 0 <= share <= 1 for share in shares):
        raise PlanError(f"The curve was asked for bad shares {list(shares)}; allowed is 0 to 1.")
    if size is not None:
        shares = [round(share * size) / size for share in shares]
    true = np.asarray(shares, dtype=float)[:, None]
    width = max(boundaries.reject) + 1
    counts = np.arange(width)
    chance = np.zeros((len(shares), width))
    chance[:, 0] = 1.0
    approved, rejected, labels = (np.zeros(len(shares)) for _ in range(3))
    for t in range(boundaries.n + 1):
        if t:
            labels += chance.sum(axis=1)
            bad = true if size is None else np.clip((true * size - counts) / (size - t + 1), 0.0, 1.0)
            step = chance * bad
            chance -= step
            chance[:, 1:] += step[:, :-1]
        approve, reject = boundaries.approve[t], boundaries.reject[t]
        if approve >= 0:
            approved += chance[:, : approve + 1].sum(axis=1)
            chance[:, : approve + 1] = 0.0
        if reject < width:
            rejected += chance[:, reject:].sum(axis=1)
            chance[:, reject:] = 0.0
    return [OcPoint(*map(float, row)) for row in zip(shares, approved, rejected, labels, strict=True)]
