"""Tail probabilities of the number of bad documents in a sample.

A shard of known size is sampled without replacement: hypergeometric. A shard of unknown size: binomial. Both are exact
to about 1e-12, also for a thousand million documents, where differences of plain log-gammas would lose six digits.
"""

from __future__ import annotations

import math

# A chance that equals a risk counts as meeting it; rounding may put it this much (relative) above.
SLACK = 1e-12
_SMALL = 16  # below it Stirling's series is not exact enough


def meets(chance: float, risk: float) -> bool:
    """True when a chance is at most the risk, rounding aside."""
    return chance <= risk * (1 + SLACK)


def log_falling(x: int, k: int, base: float = 1.0) -> float:
    """log of x(x-1)...(x-k+1) / base^k, for 0 <= k <= x.

    Stirling's formula for both factorials with the leading terms cancelled by hand, so nothing large is subtracted.
    """
    rest = x - k
    if k == 0:
        return 0.0
    if rest < _SMALL:
        return math.lgamma(x + 1) - math.lgamma(rest + 1) - k * math.log(base)
    return k * math.log(x / base) - (rest + 0.5) * math.log1p(-k / x) - k + _stirling(x) - _stirling(rest)


def hypergeometric_pmf(k: int, size: int, bad: int, n: int) -> float:
    """P(k bad among n drawn without replacement from `size` documents of which `bad` are bad)."""
    if k < max(0, n - (size - bad)) or k > min(n, bad):
        return 0.0
    chosen = log_falling(n, k) - math.lgamma(k + 1)
    return math.exp(
        chosen + log_falling(bad, k, size) + log_falling(size - bad, n - k, size) - log_falling(size, n, size)
    )


def hypergeometric_cdf(k: int, size: int, bad: int, n: int) -> float:
    """P(at most k bad among n drawn without replacement)."""
    if k < max(0, n - (size - bad)):
        return 0.0
    if k >= min(n, bad):
        return 1.0
    if k < _mode(size, bad, n):
        return _sum_down(k, size, bad, n)
    return 1.0 - _sum_up(k + 1, size, bad, n)


def hypergeometric_sf(k: int, size: int, bad: int, n: int) -> float:
    """P(more than k bad among n drawn without replacement)."""
    if k < max(0, n - (size - bad)):
        return 1.0
    if k >= min(n, bad):
        return 0.0
    if k < _mode(size, bad, n):
        return 1.0 - _sum_down(k, size, bad, n)
    return _sum_up(k + 1, size, bad, n)


def binomial_cdf(k: int, share: float, n: int) -> float:
    """P(at most k bad among n independent draws of the given bad share)."""
    from scipy.special import bdtr

    if k < 0:
        return 0.0
    return 1.0 if k >= n else float(bdtr(k, n, share))


def _mode(size: int, bad: int, n: int) -> int:
    return (n + 1) * (bad + 1) // (size + 2)


def _sum_down(k: int, size: int, bad: int, n: int) -> float:
    """P(X <= k) for k below the mode: the terms only get smaller on the way down."""
    term = total = hypergeometric_pmf(k, size, bad, n)
    while k > 0 and term > total * 1e-17:
        term *= k * (size - bad - n + k) / ((bad - k + 1) * (n - k + 1))
        total += term
        k -= 1
    return total


def _sum_up(k: int, size: int, bad: int, n: int) -> float:
    """P(X >= k) for k above the mode."""
    term = total = hypergeometric_pmf(k, size, bad, n)
    last = min(n, bad)
    while k < last and term > total * 1e-17:
        term *= (bad - k) * (n - k) / ((k + 1) * (size - bad - n + k + 1))
        total += term
        k += 1
    return total


def _stirling(x: int) -> float:
    """log x! minus Stirling's leading terms; error below 1e-13 from x = 16 on."""
    inverse = 1.0 / x
    square = inverse * inverse
    return inverse * (1 / 12 - square * (1 / 360 - square * (1 / 1260 - square / 1680)))
