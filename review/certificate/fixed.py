"""The certificate of the fixed-size plan."""

from __future__ import annotations

from functools import lru_cache

from review.certificate.bounds import lower_bound, upper_bound
from review.certificate.curve import NEVER, Boundaries, curtailed
from review.certificate.plan import FixedPlan, fixed_plan
from review.certificate.sequence import confidence_sequence
from review.certificate.statement import Aims, Finding, State, answered, prefix
from review.records import Plan


def judge(aims: Aims, size: int | None, letters: str) -> Finding:
    """What the documents of ranks 0..n-1 show; later ranks do not count.

    It approves or rejects as soon as no answer still missing could change the outcome, so the order in which answers
    come in, and how often anyone looks, cannot matter. `unsure` counts as bad for approving and as good for rejecting.
    With all n answered and the unsure ones tipping the scale, it stays undecided until they are resolved.
    """
    plan = aims.approve
    if plan is None:
        # The plan that reviewer error leaves cannot be met by any number of labels.
        n, bad, unsure = answered(letters)
        interval = running_interval(aims.plan, size, letters)
        return Finding("undecided", n, bad, unsure, n, None, 0, 0.0, interval, letters)
    fixed = fixed_plan(plan, size)
    letters = letters[: fixed.n]
    n, bad, unsure = answered(letters)
    missing = fixed.n - n
    state: State
    promise = None
    if bad + unsure + missing <= fixed.c:
        # The worst the missing answers can do is known, and the bound holds for it.
        state, promise = "approve", upper_bound(bad + unsure + missing, fixed.n, size, 1 - plan.alpha)
    elif bad > fixed.c:
        state, promise = "reject", lower_bound(bad, fixed.n, size, 1 - plan.beta)
    else:
        state = "more" if missing else "undecided"
    waiting = state == "more"
    return Finding(
        state=state,
        n=n,
        bad=bad,
        unsure=unsure,
        needed=fixed.n,
        allowed=fixed.c,
        more=missing if waiting else 0,
        expected_more=_expected_more(fixed, n, bad, unsure, plan.accept) if waiting else 0.0,
        interval=running_interval(plan, size, letters),
        used=letters,
        promise=promise,
    )


def running_interval(plan: Plan, size: int | None, letters: str) -> tuple[float, float]:
    """The 1 - alpha confidence sequence of the answered prefix, with unsure on the cautious side at either end."""
    n, bad, unsure = answered(prefix(letters))
    low, high = confidence_sequence(bad, n, size, plan.alpha)
    return low, (confidence_sequence(bad + unsure, n, size, plan.alpha)[1] if unsure else high)


def boundaries(aims: Aims, size: int | None) -> Boundaries:
    """Where the plan, stopped as soon as it is decided, approves and rejects; nowhere when reviewer error closes it."""
    return curtailed(fixed_plan(aims.approve, size)) if aims.approve else NEVER


@lru_cache(maxsize=65_536)
def _expected_more(fixed: FixedPlan, done: int, bad: int, unsure: int, start: float) -> float:
    """Mean labels until the outcome is certain, if the coming ones are as bad or unsure as those so far.

    "So far" includes one imagined label at the share `start`, which speaks while there is none yet. The outcome is
    certain when c + 1 are bad or n - c are good; after t more labels neither is so with chance
    P(t - good_left < X < bad_left), X binomial, and the mean is the sum of these chances over t.
    """
    import numpy as np
    from scipy.special import bdtr

    share = (bad + unsure + start) / (done + 1)
    bad_left, good_left = fixed.c + 1 - bad, fixed.n - fixed.c - (done - bad - unsure)
    t = np.arange(fixed.n - done)
    below = np.where(bad_left - 1 >= t, 1.0, bdtr(np.minimum(bad_left - 1, t), t, share))
    beyond = np.where(t >= good_left, bdtr(np.maximum(t - good_left, 0), t, share), 0.0)
    return float((below - beyond).sum())
