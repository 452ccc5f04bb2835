"""Intervals by resampling items: the percentile bootstrap (Efron and Tibshirani 1993) over what each item adds up to.

Items whose judgements are alike add the same, so a resample draws how often each *kind* of item occurs, from a
multinomial. That is the same distribution as drawing items one by one, and with few kinds a thousand resamples of a
hundred thousand judgements take milliseconds.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from review.agreement.coefficients import Disagreement, value_of
from review.agreement.judgements import Codes, Floats

RESAMPLES = 1_000
_CELLS = 4_000_000  # numbers drawn at once: about 32 MB
_UNDEFINED = 0.05  # the most resamples without a value before an interval is given up


@dataclass(frozen=True, slots=True)
class Estimate:
    """A coefficient with its interval; NaN where it does not exist, as kappa when everybody always said the same."""

    value: float
    low: float
    high: float
    items: int  # items that two judgements or more compare

    @property
    def known(self) -> bool:
        return self.value == self.value


def kinds(features: Floats) -> tuple[Floats, Codes]:
    """Distinct rows of (I, F), and how often each occurs."""
    if not len(features):
        return features, np.zeros(0, dtype=np.int64)
    rows = np.ascontiguousarray(features)
    _, first, times = np.unique(rows.view([("", rows.dtype)] * rows.shape[1]), return_index=True, return_counts=True)
    return rows[first], times.astype(np.int64)


def resampled(rows: Floats, times: Codes, *, seed: int, resamples: int = RESAMPLES) -> Floats:
    """Sums of the rows (P, F) over `resamples` draws of all items with replacement: (resamples, F)."""
    total = int(times.sum())
    if total == 0 or resamples == 0:
        return np.zeros((resamples, rows.shape[1]))
    rng = np.random.default_rng(seed)
    step = max(1, _CELLS // len(times))
    chance = times / total
    return np.concatenate(
        [rng.multinomial(total, chance, size=min(step, resamples - at)) @ rows for at in range(0, resamples, step)]
    )


def estimate(
    formula: Callable[[Floats], Disagreement], found: Floats, drawn: Floats, *, items: int, confidence: float = 0.95
) -> Estimate:
    """A coefficient of the sums `found` (F,) with the interval its resamples `drawn` (resamples, F) give.

    Where the judgements show no disagreement at all, or nothing else, resampling them shows the same again; the
    interval then reaches to the exact (Clopper-Pearson) bound for the share of items that might be otherwise.
    """
    observed, expected = formula(found[None])
    value = float(value_of((observed, expected))[0])
    tail = (1 - confidence) / 2
    if np.isnan(value) or items == 0:
        return Estimate(value, np.nan, np.nan, items)
    unseen = 1 - tail ** (1 / items)
    if observed[0] < 1e-12:
        return Estimate(value, max(-1.0, 1 - unseen / float(expected[0])), 1.0, items)
    if observed[0] > 1 - 1e-12:
        return Estimate(value, value, 1 - (1 - unseen) / float(expected[0]), items)
    values = value_of(formula(drawn))
    defined = values[~np.isnan(values)]
    if len(defined) <= (1 - _UNDEFINED) * len(values):
        return Estimate(value, np.nan, np.nan, items)
    low, high = np.quantile(defined, [tail, 1 - tail])
    return Estimate(value, float(low), float(high), items)
