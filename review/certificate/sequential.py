"""The certificate of the sequential plan: decided at the first label whose evidence is enough."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from review.certificate.curve import Boundaries
from review.certificate.design import design, two_digits
from review.certificate.evalues import log_e_value
from review.certificate.fixed import running_interval
from review.certificate.plan import acceptable, unacceptable
from review.certificate.statement import Aims, Finding, State, answered, prefix


def judge(aims: Aims, size: int | None, letters: str) -> Finding:
    """What the documents in rank order show, up to the first unanswered one or the first decision.

    The first crossing decides; later labels do not count, and nobody has to stop looking. A draw without an answer
    blocks what comes after it, or quickly judged documents would speak first. `unsure` counts as bad for approving and
    as good for rejecting. After `needed` labels without a decision the shard is undecided.
    """
    bounds = boundaries(aims, size)
    letters = prefix(letters[: bounds.n])
    state, at = _first_crossing(bounds, letters)
    letters = letters[:at]
    n, bad, unsure = answered(letters)
    waiting = state == "more"
    expected = _expected_more(aims, size, n, bad + unsure) if waiting else 0.0
    promise = None
    if size is not None and state == "approve":
        promise = (unacceptable(aims.plan, size) - 1) / size
    elif size is not None and state == "reject":
        promise = (acceptable(aims.plan, size) + 1) / size
    return Finding(
        state=state,
        n=n,
        bad=bad,
        unsure=unsure,
        needed=bounds.n,
        allowed=None,
        more=bounds.n - n if waiting else 0,
        expected_more=min(float(bounds.n - n), expected),
        interval=running_interval(aims.plan, size, letters),
        used=letters,
        evidence=log_e_value(aims.approve, size, n, bad + unsure) if aims.approve else None,
        promise=promise,
    )


def boundaries(aims: Aims, size: int | None) -> Boundaries:
    """Where labels approve and reject; a side that reviewer error closes is never crossed."""
    if aims.approve == aims.reject == aims.plan:
        return design(aims.plan, size).boundaries
    approve = design(aims.approve, size).boundaries.approve if aims.approve else ()
    reject = design(aims.reject, size).boundaries.reject if aims.reject else ()
    cap = max(len(approve), len(reject), 1)
    never = cap + 1
    return Boundaries(
        approve + (approve[-1] if approve else -1,) * (cap - len(approve)),  # who got beyond its end is above it
        reject + (never,) * (cap - len(reject)),
    )


def _first_crossing(boundaries: Boundaries, letters: str) -> tuple[State, int]:
    """The state, and after how many labels it was reached."""
    bad = unsure = 0
    for n in range(len(letters) + 1):
        if n:
            bad += letters[n - 1] == "r"
            unsure += letters[n - 1] == "u"
        if bad + unsure <= boundaries.approve[n]:
            return "approve", n
        if bad >= boundaries.reject[n]:
            return "reject", n
    return ("undecided" if len(letters) == boundaries.n else "more"), len(letters)


def _expected_more(aims: Aims, size: int | None, n: int, bad: int) -> float:
    """Mean further labels, if the coming ones are as bad as those so far and one imagined at the accepted share.

    Sizes are rounded up to two digits and shares to steps of 15 %, so that few tables serve all shards.
    """
    share = (bad + aims.plan.accept) / (n + 1)
    step = min(0, round(math.log(share) / math.log(1.15)))
    table = _labels_ahead(boundaries(aims, None if size is None else two_digits(size)), 1.15**step)
    return float(table[n, min(bad, table.shape[1] - 1)])


@lru_cache(maxsize=64)
def _labels_ahead(boundaries: Boundaries, share: float) -> npt.NDArray[np.float32]:
    """Mean labels until a decision or the cap from every state [labels so far, bad so far], for independent labels."""
    width = max(boundaries.reject) + 1
    ahead = np.zeros((boundaries.n + 1, width), dtype=np.float32)
    for n in range(boundaries.n - 1, -1, -1):
        row, following = ahead[n], ahead[n + 1]
        row[:-1] = 1 + (1 - share) * following[:-1] + share * following[1:]
        row[boundaries.reject[n] :] = 0
        row[: boundaries.approve[n] + 1] = 0
    return ahead
