"""Rank-gauss: a signal's place among the pool's documents of the same language, as a normal quantile."""

# numba infers the types of the kernel's arguments; mypy cannot.
# mypy: disable-error-code="no-untyped-def,untyped-decorator"

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numba import njit
from numpy.typing import NDArray

from review.signals.words import UNKNOWN

KNOTS = 129  # pool quantiles kept of each signal
CLIP = 0.002  # a document is never further out than the pool's outer 0.2 %
MIN_GROUP = 60  # pool documents of a language before it gets quantiles of its own
_STEPS = 4096


@njit(nogil=True, cache=True, error_model="numpy")
def _ranks(values, tables, knots, normal, out):  # noqa: ANN001, ANN202
    n_tables, n_signals, n_knots = knots.shape
    # Knot by knot, so that all signals take a step of their search together; and how many knots are no greater.
    by_knot = np.empty((n_tables, n_knots * n_signals), np.float32)
    up_to = np.empty((n_tables, n_knots * n_signals), np.int32)
    for table in range(n_tables):
        for j in range(n_signals):
            equal = n_knots
            for knot in range(n_knots - 1, -1, -1):
                if knot + 1 < n_knots and knots[table, j, knot] != knots[table, j, knot + 1]:
                    equal = knot + 1
                by_knot[table, knot * n_signals + j] = knots[table, j, knot]
                up_to[table, knot * n_signals + j] = equal
    places = np.empty(n_signals, np.int32)
    for i in range(values.shape[0]):
        table = by_knot[tables[i]]
        ends = up_to[tables[i]]
        value_of = values[i]
        # The first knot that is not below each value, by halving without a branch: its outcome could not be predicted.
        for j in range(n_signals):
            places[j] = j
        left = n_knots
        while left > 1:
            half = left >> 1
            for j in range(n_signals):
                ahead = places[j] + half * n_signals
                places[j] = np.int32(ahead if table[ahead - n_signals] < value_of[j] else places[j])
            left -= half
        for j in range(n_signals):
            value = value_of[j]
            at = np.int64(places[j])
            at += n_signals * np.int64(table[at] < value)
            below = at // n_signals
            known = min(at, (n_knots - 1) * n_signals + j)
            if table[known] == value:
                place = (below + ends[known] - 1) * 0.5  # ties to the middle
            elif below == 0:
                place = 0.0
            elif below == n_knots:
                place = n_knots - 1.0
            else:
                lower = table[at - n_signals]
                place = below - 1 + (value - lower) / (table[at] - lower)
            out[i, j] = normal[int(place / (n_knots - 1) * (len(normal) - 1) + 0.5)]


def learn_knots(values: NDArray[np.float32], groups: NDArray[np.int32], n_groups: int) -> tuple[
    NDArray[np.float32], NDArray[np.int32]
]:  # fmt: skip
    """Quantile tables (tables, signals, KNOTS) and the table of each group; table 0 is for all documents together.

    Documents of no known language keep to table 0, whatever their number.
    """
    levels = np.linspace(0, 1, KNOTS)
    tables = [np.quantile(values, levels, axis=0).T]
    table_of = np.zeros(n_groups, np.int32)
    for group, size in enumerate(np.bincount(groups, minlength=n_groups)):
        if size >= MIN_GROUP and group != UNKNOWN:
            table_of[group] = len(tables)
            tables.append(np.quantile(values[groups == group], levels, axis=0).T)
    return np.ascontiguousarray(tables, np.float32), table_of


def ranks(values: NDArray[np.float32], tables: NDArray[np.int32], knots: NDArray[np.float32]) -> NDArray[np.float32]:
    """Normal quantiles (documents, signals) of values by the table of each document."""
    out = np.empty(values.shape, np.float32)
    _ranks(np.ascontiguousarray(values, np.float32), tables, knots, _normal(), out)
    return out


def normal_score(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Normal quantile of a share, clipped as ranks are."""
    from scipy.special import ndtri

    quantiles: NDArray[np.float64] = ndtri(np.clip(share, CLIP, 1 - CLIP))
    return quantiles


@lru_cache(maxsize=1)
def _normal() -> NDArray[np.float32]:
    return normal_score(np.linspace(0, 1, _STEPS + 1)).astype(np.float32)
