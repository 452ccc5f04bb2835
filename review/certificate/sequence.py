"""An interval for the bad share that stays valid however often one looks and whenever one stops.

Prior-posterior ratio confidence sequence for sampling without replacement: Waudby-Smith and Ramdas, "Confidence
sequences for sampling without replacement", NeurIPS 2020. The ratio prior(D) / posterior(D) is a martingale under the
true number D of bad documents, so by Ville's inequality it ever reaches 1/alpha with chance at most alpha; the
interval holds every D for which it has not. With a beta-binomial prior the ratio is in closed form, exact for any size.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import lru_cache

from review.certificate.bounds import check_counts, first_true, last_true, likely
from review.certificate.tails import log_falling

# Beta prior on the bad share. Any prior fixed beforehand keeps the promise. This one is sharpest where shards live,
# below 20 % bad (3 bad of 60: at most 17.3 %, with a flat prior 20.0 %), and costs about 1 point of width at 50 %.
PRIOR = (0.5, 5.0)


@lru_cache(maxsize=65_536)
def confidence_sequence(bad: int, n: int, size: int | None, alpha: float) -> tuple[float, float]:
    """Interval (low, high) of the bad share after `bad` of the first `n` draws, in rank order, were bad.

    Over the whole course of labelling the chance that any of these intervals misses the truth is at most alpha.
    Size None: independent draws from an unlimited shard. Raises PlanError for counts that cannot be.
    """
    check_counts(bad, n, size, alpha)
    if n == 0:
        return 0.0, 1.0
    limit = _log_marginal(bad, n - bad) + math.log(alpha)  # shares with a likelihood above it stay in
    if size is None:
        return _unlimited(bad, n - bad, limit)
    good = n - bad

    def inside(d: int) -> bool:
        likelihood = log_falling(d, bad, size) + log_falling(size - d, good, size) - log_falling(size, n, size)
        return likelihood > limit

    peak, spread = likely(bad, n, size)
    peak = min(max(peak, bad), size - good)
    low = first_true(inside, bad, peak, peak - spread, spread)
    high = last_true(inside, peak, size - good, peak + spread, spread)
    return low / size, high / size


def _log_marginal(bad: int, good: int) -> float:
    """log chance of these verdicts, in their order, under the prior."""
    a, b = PRIOR
    return _log_beta(a + bad, b + good) - _log_beta(a, b)


def _log_beta(a: float, b: float) -> float:
    return math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)


def _unlimited(bad: int, good: int, limit: float) -> tuple[float, float]:
    def inside(share: float) -> bool:
        # 0 log 0 = 0: a share of 0 or 1 has a likelihood only if nothing contradicts it.
        if (share == 0 and bad) or (share == 1 and good):
            return False
        return (bad and bad * math.log(share)) + (good and good * math.log1p(-share)) > limit

    peak = bad / (bad + good)
    return _edge(inside, peak, 0.0), _edge(inside, peak, 1.0)


def _edge(inside: Callable[[float], bool], inner: float, outer: float) -> float:
    """Where `inside` ends between a point inside and one that may be outside: bisection to the last bit."""
    if inside(outer):
        return outer
    while True:
        middle = (inner + outer) / 2
        if middle in (inner, outer):
            return outer
        if inside(middle):
            inner = middle
        else:
            outer = middle
