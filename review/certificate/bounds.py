"""Exact bounds for the bad share after a planned number of labels.

Size unknown: Clopper-Pearson. Size known: the inverted exact hypergeometric test, returned as a share of the shard.
They hold for a sample whose size was fixed beforehand; whoever looks while labels come in uses
`review.certificate.sequence`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

from review.certificate.tails import hypergeometric_cdf, hypergeometric_sf, meets
from review.errors import PlanError


def upper_bound(bad: int, n: int, size: int | None, confidence: float) -> float:
    """The bad share is at most this, at the confidence (in 0..1), after `bad` of `n` labels were bad.

    The largest share under which so few bad documents still have a chance above 1 - confidence.
    Raises PlanError for counts that cannot be.
    """
    check_counts(bad, n, size, 1 - confidence)
    risk = 1 - confidence
    if size is None:
        from scipy.special import betaincinv

        return 1.0 if bad == n else float(betaincinv(bad + 1, n - bad, confidence))
    most = size - (n - bad)
    guess, step = likely(bad, n, size)
    return last_true(lambda d: not meets(hypergeometric_cdf(bad, size, d, n), risk), bad, most, guess, step) / size


def lower_bound(bad: int, n: int, size: int | None, confidence: float) -> float:
    """The bad share is at least this, at the confidence. See `upper_bound`."""
    check_counts(bad, n, size, 1 - confidence)
    risk = 1 - confidence
    if size is None:
        from scipy.special import betaincinv

        return 0.0 if bad == 0 else float(betaincinv(bad, n - bad + 1, risk))
    most = size - (n - bad)
    guess, step = likely(bad, n, size)
    return first_true(lambda d: not meets(hypergeometric_sf(bad - 1, size, d, n), risk), bad, most, guess, step) / size


def interval(bad: int, n: int, size: int | None, confidence: float) -> tuple[float, float]:
    """The two-sided exact interval of the bad share: both bounds at half the risk each."""
    each = (1 + confidence) / 2
    return lower_bound(bad, n, size, each), upper_bound(bad, n, size, each)


def korn_graubard(
    bad: Sequence[int], n: Sequence[int], weights: Sequence[float], confidence: float
) -> tuple[float, float]:
    """Two-sided interval of a bad share from a sample of each stratum: Clopper-Pearson with the effective size.

    `weights` are the strata's shares of the whole and sum to 1. The effective size is the one at which an unstratified
    sample would have the variance of this one (Korn and Graubard, 1998); half a bad and half a good label are added to
    each stratum's share in it, so that none without a bad document is taken for certain. With one stratum it is
    Clopper-Pearson. For a number of labels fixed beforehand. Raises PlanError for counts that cannot be.
    """
    from scipy.special import betaincinv

    if not len(bad) == len(n) == len(weights) or min(n, default=0) < 1 or abs(math.fsum(weights) - 1) > 1e-9:
        raise PlanError("Each stratum needs its bad count, at least one label and a weight; the weights sum to 1.")
    for one, of in zip(bad, n, strict=True):
        check_counts(one, of, None, 1 - confidence)
    softened = [(one + 0.5) / (of + 1) for one, of in zip(bad, n, strict=True)]
    rows = list(zip(weights, softened, n, strict=True))
    middle = math.fsum(weight * share for weight, share, _ in rows)
    variance = math.fsum(weight**2 * share * (1 - share) / of for weight, share, of in rows)
    effective = middle * (1 - middle) / variance
    share = math.fsum(weight * one / of for weight, one, of in zip(weights, bad, n, strict=True))
    found, risk = min(share, 1.0) * effective, (1 - confidence) / 2
    low = 0.0 if found <= 0 else float(betaincinv(found, effective - found + 1, risk))
    high = 1.0 if found >= effective else float(betaincinv(found + 1, effective - found, 1 - risk))
    return low, high


def check_counts(bad: int, n: int, size: int | None, risk: float) -> None:
    """Raises PlanError unless 0 <= bad <= n <= size and the risk lies strictly between 0 and 1."""
    if not 0 <= bad <= n or (size is not None and (n > size or size < 1)):
        of = "" if size is None else f" of a shard of {size}"
        raise PlanError(f"{bad} bad among {n} labels{of} cannot be; allowed is 0 <= bad <= labels <= documents.")
    if not 0 < risk < 1:
        raise PlanError(f"A risk of {risk:g} is no risk; allowed is 0 < risk < 1, for example 0.05.")


def likely(bad: int, n: int, size: int) -> tuple[int, int]:
    """A good guess of the number of bad documents in the shard, and about its standard error."""
    if n == 0:
        return bad, size
    return bad * (size + 1) // n, max(1, int(size * math.sqrt((bad + 1) * (n - bad + 1) / n**3)))


def last_true(holds: Callable[[int], bool], low: int, high: int, guess: int, step: int) -> int:
    """The last number in low..high for which `holds`, which is true up to there and false after; true at `low`.

    Doubling steps from the guess, then bisection: few calls when the guess is near and the first step about right.
    """
    guess = min(max(guess, low), high)
    if holds(guess):
        while guess < high:
            ahead = min(guess + step, high)
            if not holds(ahead):
                high = ahead - 1
                break
            guess, step = ahead, step * 2
        low = guess
    else:
        high = guess - 1
        while high > low:
            behind = max(high - step, low)
            if holds(behind):
                low = behind
                break
            high, step = behind - 1, step * 2
    while low < high:
        middle = (low + high + 1) // 2
        if holds(middle):
            low = middle
        else:
            high = middle - 1
    return low


def first_true(holds: Callable[[int], bool], low: int, high: int, guess: int, step: int) -> int:
    """The first number in low..high for which `holds`, which is false before and true from there on; true at `high`."""
    return -last_true(lambda d: holds(-d), -high, -low, -guess, step)
