"""What a plan costs and promises, before anyone labels."""

from __future__ import annotations

from dataclasses import dataclass

from review.certificate import OcPoint, fixed_plan, oc_curve
from review.records import Plan


@dataclass(frozen=True, slots=True)
class PlanView:
    """A fixed plan with its achieved risks and its operating characteristic."""

    plan: Plan
    size: int | None  # documents in the shard; None: so many that it does not matter
    n: int
    c: int
    alpha: float  # achieved, at most the plan's
    beta: float
    curve: tuple[OcPoint, ...]


def describe_plan(*, accept: float, reject: float, alpha: float, beta: float, size: int | None = None) -> PlanView:
    """Sample size, acceptance number and operating characteristic. Raises PlanError for impossible numbers."""
    plan = Plan(accept=accept, reject=reject, alpha=alpha, beta=beta)
    fixed = fixed_plan(plan, size)
    top = min(1.0, 2 * reject)
    shares = sorted({accept, reject, *(round(top * step / 12, 4) for step in range(13))})
    return PlanView(plan, size, fixed.n, fixed.c, fixed.alpha, fixed.beta, tuple(oc_curve(plan, size, shares)))
