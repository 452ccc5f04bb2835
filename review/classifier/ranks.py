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
    n_knots = knots.shape[2]
    first_step = 1
    while first_step * 2 <= n_knots:
        first_step *= 2
    low = np.empty(values.shape[1], np.int64)
    high = np.empty(values.shape[1], np.int64)
    for i in range(values.shape[0]):
        table = knots[tables[i]]
        # Knots below each value and knots up to it, by halving steps without a branch: its outcome could not be
        # predicted. All signals take a step together, so that their look-ups wait side by side.
        low[:] = 0
        high[:] = 0
        step = first_step
        while step > 0:
            for j in range(values.shape[1]):
                ahead = low[j] + step
                low[j] += step * np.int64(ahead <= n_knots and table[j, min(ahead, n_knots) - 1] < values[i, j])
                ahead = high[j] + step
                high[j] += step * np.int64(ahead <= n_knots and table[j, min(ahead, n_knots) - 1] <= values[i, j])
            step >>= 1
        for j in range(values.shape[1]):
            value = values[i, j]
            below = low[j]
            equal = high[j]
            if equal > below:
                place = (below + equal - 1) * 0.5  # ties to the middle
            elif below == 0:
                place = 0.0
            elif below == n_knots:
                place = n_knots - 1.0
            else:
                place = below - 1 + (value - table[j, below - 1]) / (table[j, below] - table[j, below - 1])
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
