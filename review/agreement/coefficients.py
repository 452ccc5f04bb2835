"""Agreement coefficients, each as 1 - observed disagreement / disagreement expected by chance.

They are computed from sums over items alone, with any leading axes, so that a thousand resamples are one call.

- raw: the chance that two reviewers of an item gave the same value.
- Fleiss' kappa (Psychological Bulletin 76, 1971), for any number of judgements an item as in Gwet, Handbook of
  Inter-Rater Reliability, 4th edition, 2014.
- Gwet's AC1 (British Journal of Mathematical and Statistical Psychology 61, 2008): steady where nearly all items are
  of one kind, which is where kappa and alpha fall however well people agree.
- Krippendorff's alpha (Computing Krippendorff's Alpha-Reliability, 2011): nominal, ordinal, interval, ratio.
- Cohen's kappa (Educational and Psychological Measurement 20, 1960), for two reviewers.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from review.agreement.judgements import Floats


@dataclass(frozen=True, slots=True, eq=False)
class Sums:
    """Sums over items, with any leading axes "...". m is an item's number of judgements, n_c how many said value c.

    coincidence: (..., K, K), sum of the item's ordered pairs of judgements (c, k) over m - 1; items with m >= 2
    agreeing: (...), sum of the share of an item's pairs that agree; items with m >= 2
    paired: (...), number of items with m >= 2
    shares: (..., K), sum of n_c / m; every item with a judgement, also a single one, as Gwet has it
    """

    coincidence: Floats
    agreeing: Floats
    paired: Floats
    shares: Floats


# Sums -> observed and expected disagreement, both scaled so that 1 is "every pair as far apart as can be".
Disagreement = tuple[Floats, Floats]
Coefficient = Callable[[Sums, Sequence[Any]], Disagreement]


def features(counts: Floats) -> Floats:
    """What each item adds to the sums: (I, K * K + K + 2) from its counts of values (I, K)."""
    total = counts.sum(1)
    others = np.where(total >= 2, total - 1, np.inf)[:, None]  # single judgements pair with nothing
    pairs = counts[:, :, None] * counts[:, None, :]
    pairs -= counts[:, :, None] * np.eye(counts.shape[1])
    coincidence = pairs / others[:, :, None]
    agreeing = np.trace(coincidence, axis1=1, axis2=2) / np.maximum(total, 1)
    shares = counts / np.maximum(total, 1)[:, None]
    flat = coincidence.reshape(len(counts), counts.shape[1] ** 2)
    return np.column_stack([flat, shares, agreeing, total >= 2])


def sums(added: Floats, values: int) -> Sums:
    """Added-up `features`, (..., K * K + K + 2), taken apart again."""
    square = values * values
    return Sums(
        coincidence=added[..., :square].reshape(*added.shape[:-1], values, values),
        shares=added[..., square:-2],
        agreeing=added[..., -2],
        paired=added[..., -1],
    )


def table_sums(table: Floats) -> Sums:
    """The sums of two reviewers' tables (..., K, K): how often the first said c and the second k."""
    both = table + np.swapaxes(table, -1, -2)
    return Sums(
        coincidence=both,
        agreeing=np.trace(table, axis1=-2, axis2=-1),
        paired=table.sum((-2, -1)),
        shares=both.sum(-1) / 2,
    )


def raw(added: Sums, values: Sequence[Any]) -> Disagreement:
    """Disagreement itself; chance is not taken out."""
    observed = 1 - _ratio(added.agreeing, added.paired)
    return observed, np.ones_like(observed)


def fleiss(added: Sums, values: Sequence[Any]) -> Disagreement:
    """Fleiss' kappa: by chance a pair agrees as two draws from the overall shares do."""
    share = _shares(added.shares)
    return raw(added, values)[0], 1 - (share**2).sum(-1)


def ac1(added: Sums, values: Sequence[Any]) -> Disagreement:
    """Gwet's AC1: chance agreement happens only on items that are hard to tell."""
    share = _shares(added.shares)
    return raw(added, values)[0], 1 - (share * (1 - share)).sum(-1) / max(len(values) - 1, 1)


def alpha(added: Sums, values: Sequence[Any], *, metric: str) -> Disagreement:
    """Krippendorff's alpha with one of METRICS."""
    margin = added.coincidence.sum(-1)
    total = margin.sum(-1)
    distance = METRICS[metric](margin, values)
    distance = distance / np.maximum(distance.max((-2, -1), keepdims=True), np.finfo(float).tiny)
    observed = _ratio((added.coincidence * distance).sum((-2, -1)), total)
    chance = margin[..., :, None] * margin[..., None, :]
    return observed, _ratio((chance * distance).sum((-2, -1)), total * (total - 1))


def cohen(table: Floats) -> Disagreement:
    """Cohen's kappa of two reviewers' tables (..., K, K): chance keeps each reviewer's own habits."""
    total = table.sum((-2, -1))
    chance = (table.sum(-1) * table.sum(-2)).sum(-1)
    return 1 - _ratio(np.trace(table, axis1=-2, axis2=-1), total), 1 - _ratio(chance, total**2)


def value_of(disagreement: Disagreement) -> Floats:
    """1 - observed / expected; NaN where chance leaves nothing to disagree on, as when all said the same."""
    observed, expected = disagreement
    return 1 - _ratio(observed, np.where(expected > 1e-12, expected, 0.0))


def _nominal(margin: Floats, values: Sequence[Any]) -> Floats:
    return 1 - np.eye(len(values))


def _ordinal(margin: Floats, values: Sequence[Any]) -> Floats:
    """Squared number of judgements between the middles of two values."""
    middle = np.cumsum(margin, axis=-1) - margin / 2
    return np.asarray((middle[..., :, None] - middle[..., None, :]) ** 2, dtype=np.float64)


def _interval(margin: Floats, values: Sequence[Any]) -> Floats:
    number = np.asarray(values, dtype=np.float64)
    return (number[:, None] - number[None, :]) ** 2


def _ratio_scale(margin: Floats, values: Sequence[Any]) -> Floats:
    number = np.asarray(values, dtype=np.float64)
    return _ratio(number[:, None] - number[None, :], number[:, None] + number[None, :], empty=0.0) ** 2


METRICS: dict[str, Callable[[Floats, Sequence[Any]], Floats]] = {
    "nominal": _nominal,
    "ordinal": _ordinal,
    "interval": _interval,
    "ratio": _ratio_scale,
}

COEFFICIENTS: dict[str, Coefficient] = {
    "raw": raw,
    "ac1": ac1,
    "fleiss": fleiss,
    "alpha": partial(alpha, metric="nominal"),
    "alpha_ordinal": partial(alpha, metric="ordinal"),
    "alpha_interval": partial(alpha, metric="interval"),
    "alpha_ratio": partial(alpha, metric="ratio"),
}


def _shares(added: Floats) -> Floats:
    return _ratio(added, added.sum(-1, keepdims=True))


def _ratio(over: Floats, under: Floats, *, empty: float = np.nan) -> Floats:
    """Quotient, `empty` where the divisor is 0."""
    over, under = np.broadcast_arrays(np.asarray(over, float), np.asarray(under, float))
    quotient: Floats = np.divide(over, under, out=np.full(over.shape, empty), where=under != 0)
    return quotient
