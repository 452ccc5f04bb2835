"""The fixed-size plan: label n documents, approve when at most c of them are bad.

The smallest (n, c) that keeps both risks exactly (single sampling by attributes, as in ISO 2859-2, but computed
instead of read from a table): binomial for a shard of unknown size, hypergeometric for a shard of known size.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from review.certificate.tails import SLACK, hypergeometric_pmf, meets
from review.errors import PlanError
from review.records import Plan

MAX_LABELS = 100_000  # nobody labels more of one shard; a plan that asks for it is a mistake


@dataclass(frozen=True, slots=True)
class FixedPlan:
    """Label `n` documents, approve when at most `c` are bad. `alpha` and `beta` are the risks it really has."""

    n: int
    c: int
    size: int | None  # documents in the shard; None: unknown, or so many that it does not matter
    alpha: float
    beta: float


def check_plan(plan: Plan) -> None:
    """Raises PlanError when the plan's numbers make no sense."""
    if not 0 <= plan.accept < plan.reject < 1:
        raise PlanError(
            f"The plan accepts a bad share of {plan.accept:g} and refuses {plan.reject:g}; allowed is "
            "0 <= accept < reject < 1. Set accept to what is still fine and reject to what must not pass."
        )
    for name, risk in (("alpha", plan.alpha), ("beta", plan.beta)):
        if not 0 < risk < 0.5:
            raise PlanError(f"The plan's {name} is {risk:g}; allowed is 0 < {name} < 0.5, for example 0.05.")


def check_size(size: int | None) -> None:
    """Raises PlanError for a shard without documents."""
    if size is not None and size < 1:
        raise PlanError(f"A shard of {size} documents cannot be judged; it needs at least one document.")


def unacceptable(plan: Plan, size: int) -> int:
    """Smallest number of bad documents that makes a shard of this size unacceptable: ceil(reject * size).

    The share counts as the decimal number it was written as: 5 % of 1,000 is 50, not 50.000000000000003.
    """
    return math.ceil(Fraction(str(plan.reject)) * size)


def acceptable(plan: Plan, size: int) -> int:
    """Largest number of bad documents that a shard of this size may have and still be fine: floor(accept * size)."""
    return math.floor(Fraction(str(plan.accept)) * size)


def fixed_plan(plan: Plan, size: int | None) -> FixedPlan:
    """The smallest plan with P(approve | unacceptable) <= alpha and P(approve | acceptable) >= 1 - beta.

    A shard of `size` documents is unacceptable from `unacceptable(plan, size)` bad documents on. With accept 0 it is
    the zero-defect plan (59 labels for 5 % at 95 %; 57 in a shard of 1,000). In a small shard n can reach its size:
    a census. Raises PlanError for impossible numbers and for plans of more than 100,000 labels.
    """
    check_plan(plan)
    check_size(size)
    return _smallest(plan.accept, plan.reject, plan.alpha, plan.beta, size)


@lru_cache(maxsize=65_536)
def _smallest(accept: float, reject: float, alpha: float, beta: float, size: int | None) -> FixedPlan:
    """Walks up the plans on the edge of alpha: more labels until alpha holds, then one more bad until beta holds.

    For each c the walk stops at the fewest labels that keep alpha; these grow with c, so the first c whose plan keeps
    beta as well is the smallest plan. Each step updates both tails in constant time.
    """
    plan = Plan(accept, reject, alpha, beta)
    consumer, producer = _tails(plan, size)
    while True:
        while not meets(consumer.total, alpha):
            if consumer.n == MAX_LABELS:
                raise PlanError(
                    f"Telling {accept:g} from {reject:g} bad with risks {alpha:g} and {beta:g} takes more than "
                    f"{MAX_LABELS:,} labels a shard. Move accept and reject apart, or allow larger risks."
                )
            consumer.label_one_more()
            producer.label_one_more()
        if producer.total >= 1 - beta - SLACK:
            break
        consumer.allow_one_more()
        producer.allow_one_more()
    return FixedPlan(consumer.n, consumer.c, size, consumer.total, 1 - producer.total)


class _Tail:
    """P(at most c bad among n) for a moving (n, c). `point` is P(exactly c bad)."""

    __slots__ = ("_bad_next", "_odds", "_point", "c", "n", "point", "total")

    def __init__(
        self,
        bad_next: Callable[[int, int], float],
        odds: Callable[[int, int], float],
        point: Callable[[int, int], float],
    ) -> None:
        self._bad_next, self._odds, self._point = bad_next, odds, point
        self.n, self.c, self.point, self.total = 0, 0, 1.0, 1.0

    def label_one_more(self) -> None:
        bad = self._bad_next(self.n, self.c)
        self.total -= self.point * bad
        self.n += 1
        self.point *= self.n / (self.n - self.c) * (1.0 - bad)

    def allow_one_more(self) -> None:
        # From an impossible number of bad documents no ratio leads on: the next point is computed afresh.
        if self.point > 0.0:
            self.point *= (self.n - self.c) / (self.c + 1) * self._odds(self.n, self.c)
        else:
            self.point = self._point(self.n, self.c + 1)
        self.c += 1
        self.total += self.point


def _tails(plan: Plan, size: int | None) -> tuple[_Tail, _Tail]:
    """The consumer's tail (an unacceptable shard) and the producer's (an acceptable one)."""
    if size is None:
        return _binomial(plan.reject), _binomial(plan.accept)
    return _hypergeometric(size, unacceptable(plan, size)), _hypergeometric(size, acceptable(plan, size))


def _binomial(share: float) -> _Tail:
    odds = share / (1 - share)
    return _Tail(
        lambda n, c: share, lambda n, c: odds, lambda n, c: math.comb(n, c) * share**c * (1 - share) ** (n - c)
    )


def _hypergeometric(size: int, bad: int) -> _Tail:
    return _Tail(
        lambda n, c: (bad - c) / (size - n),
        lambda n, c: (bad - c) / (size - bad - n + c + 1),
        lambda n, c: hypergeometric_pmf(c, size, bad, n),
    )
