"""What a plan costs and promises, before anyone labels."""

from __future__ import annotations

from dataclasses import dataclass

from review.certificate import OcPoint, fixed_plan, oc_curve
from review.certificate.design import design
from review.records import Plan


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan with its achieved risks and its operating characteristic."""

    plan: Plan
    size: int | None  # documents in the shard; None: so many that it does not matter
    n: int  # documents to label; sequential: at most
    c: int | None  # bad documents allowed among them; sequential: no single number
    alpha: float  # achieved, at most the plan's
    beta: float  # fixed: chance not to approve an acceptable shard; sequential: to reject it
    curve: tuple[OcPoint, ...]


def describe_plan(
    *, accept: float, reject: float, alpha: float, beta: float, size: int | None = None, method: str = "fixed"
) -> PlanView:
    """Sample size, acceptance number and operating characteristic of a plan, by method `fixed` or `sequential`.

    Raises PlanError for numbers that cannot be met and for another method.
    """
    plan = Plan(accept=accept, reject=reject, alpha=alpha, beta=beta, method=method)
    top = min(1.0, 2 * reject)
    shares = sorted({accept, reject, *(round(top * step / 12, 4) for step in range(13))})
    curve = tuple(oc_curve(plan, size, shares))
    if method == "sequential":
        made = design(plan, size)
        return PlanView(plan, size, made.cap, None, made.alpha, made.beta, curve)
    fixed = fixed_plan(plan, size)
    return PlanView(plan, size, fixed.n, fixed.c, fixed.alpha, fixed.beta, curve)
