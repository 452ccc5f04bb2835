"""From verdicts to a certificate, by the plan's method."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Protocol

from review.certificate import fixed, sequential
from review.certificate.curve import Boundaries, OcPoint
from review.certificate.curve import oc_curve as curve_of
from review.certificate.plan import check_plan, check_size
from review.certificate.statement import Certificate, letters_of, read_inputs
from review.errors import PlanError
from review.records import Plan, Verdict


class Judge(Protocol):
    """`letters`: one verdict a rank, as `letters_of` writes them."""

    def __call__(self, plan: Plan, size: int | None, letters: str) -> Certificate: ...


class Bounding(Protocol):
    def __call__(self, plan: Plan, size: int | None) -> Boundaries: ...


@dataclass(frozen=True, slots=True)
class Method:
    """A way to judge a shard: `judge` gives the certificate, `boundaries` where it approves and rejects."""

    judge: Judge
    boundaries: Bounding


METHODS: dict[str, Method] = {
    "fixed": Method(fixed.judge, fixed.boundaries),
    "sequential": Method(sequential.judge, sequential.boundaries),
}


def certify(plan: Plan, size: int | None, verdicts: Sequence[Verdict | None]) -> Certificate:
    """The certificate of a shard of `size` documents from the final verdicts of its audit draws in rank order.

    `verdicts[r]` belongs to rank r of the shard's random order; None: drawn but unanswered. Ranks not listed are
    unanswered. Only audit draws may stand here. Raises PlanError for impossible numbers.
    """
    check_plan(plan)
    check_size(size)
    if size is not None and len(verdicts) > size:
        raise PlanError(f"{len(verdicts)} draws from a shard of {size} documents cannot be; each is drawn once.")
    return _judged(plan, size, letters_of(verdicts))


@lru_cache(maxsize=65_536)
def _judged(plan: Plan, size: int | None, letters: str) -> Certificate:
    """A page of ten thousand shards asks for the same certificates again and again."""
    return method_of(plan).judge(plan, size, letters)


def recompute(inputs: Mapping[str, Any]) -> Certificate:
    """The certificate again, from its `inputs` alone. Raises PlanError when they are no such inputs."""
    return certify(*read_inputs(inputs))


def oc_curve(plan: Plan, size: int | None, shares: Sequence[float]) -> list[OcPoint]:
    """Chance to approve, to reject, and mean labels, for shards of these bad shares (0..1). Exact."""
    check_plan(plan)
    check_size(size)
    return curve_of(method_of(plan).boundaries(plan, size), size, shares)


def method_of(plan: Plan) -> Method:
    """The plan's method. Raises PlanError for a name that is none."""
    try:
        return METHODS[plan.method]
    except KeyError:
        raise PlanError(f"The plan's method is {plan.method!r}; allowed are {', '.join(sorted(METHODS))}.") from None
