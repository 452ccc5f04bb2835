"""An anytime-valid interval for the bad share from draws that favour some strata, at one glance.

Betting on the weighted share Z = weight / chance of a bad document, 0 of a good one, whose mean is the bad share m
(Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting", 2024): a mean over fixed bets of
the product of 1 + bet (m - Z) is a martingale under m, so it ever reaches 1/risk with chance at most risk. Shares
where it has are left out. Only counts matter, so one small table gives the interval. It stands beside the decision,
which comes from sharper bets.
"""

from __future__ import annotations

import math

import numpy as np

from review.certificate.strata import Floats, Integers, Strata

# Shares that are tried: finer where shards live.
_GRID: Floats = np.concatenate([np.arange(0, 0.25, 0.001), np.arange(0.25, 1.0001, 0.01)])
_BETS = 12  # as shares of the largest bet that can never lose everything


def weighted_interval(
    strata: Strata, place: Integers, certain: Integers, possible: Integers, risk: float
) -> tuple[float, float]:
    """(low, high) of the bad share, both ends together at 1 - risk.

    `place`: the draws' strata; `certain`: 1 for a rejected document, the lower end counts these; `possible`: 1 for one
    that may be bad, the upper end counts these.
    """
    if not len(place):
        return 0.0, 1.0
    return (
        _end(strata, place, certain, risk / 2, lower=True),
        _end(strata, place, possible, risk / 2, lower=False),
    )


def _end(strata: Strata, place: Integers, bad: Integers, risk: float, *, lower: bool) -> float:
    """One end. A lower end is betted on by Z above m, an upper end by Z below m."""
    value = np.array(strata.weights) / np.array(strata.chances)
    counts = np.bincount(place, bad, len(strata))
    good = len(bad) - counts.sum()
    # 1 + bet (m - Z) stays above 0: Z is at most value.max() for an upper end, at least 0 for a lower one.
    room = np.maximum(_GRID, 1e-9) if lower else np.maximum(value.max() - _GRID, 1e-9)
    bets = (np.arange(1, _BETS + 1) / (_BETS + 1))[:, None] / room * (-1 if lower else 1)  # (bets, grid)
    log_gain = good * np.log1p(bets * _GRID)
    for stratum in np.flatnonzero(counts):
        log_gain += counts[stratum] * np.log1p(bets * (_GRID - value[stratum]))
    top = log_gain.max(axis=0)
    log_e = top + np.log(np.exp(log_gain - top).mean(axis=0))
    out = log_e >= -math.log(risk)
    if lower:
        # Shares below the end are refuted one and all, so the first that is not is the end, less one step of the grid.
        first = int(np.argmin(out)) if not out.all() else len(_GRID) - 1
        return float(_GRID[max(first - 1, 0)])
    last = len(_GRID) - 1 - int(np.argmin(out[::-1])) if not out.all() else 0
    return float(_GRID[min(last + 1, len(_GRID) - 1)])
