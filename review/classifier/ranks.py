"""Rank-gauss: a signal's place among the pool's documents of the same language, as a normal quantile."""

# numba infers the types of the kernel's arguments; mypy cannot.
# mypy: disable-error-code="no-untyped-def,arg-type"

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from review.compiled import kernel
from review.signals.words import UNKNOWN

KNOTS = 129  # pool quantiles kept of each signal
CLIP = 0.002  # a document is never further out than the pool's outer 0.2 %
MIN_GROUP = 60  # pool documents of a language before it gets quantiles of its own
_STEPS = 4096


@kernel
def _ranks(values, tables, knots, normal, out, by_knot, up_to, places):  # noqa: ANN001, ANN202
    n_tables, n_signals, n_knots = knots.shape
    # Knot by knot, so that all signals take a step of their search together; and how many knots are no greater.
    for table in range(n_tables):
        for j in range(n_signals):
            equal = n_knots
            for knot in range(n_knots - 1, -1, -1):
                if knot + 1 < n_knots and knots[table, j, knot] != knots[table, j, knot + 1]:
                    equal = knot + 1
                by_knot[table, knot * n_signals + j] = knots[table, j, knot]
                up_to[table, knot * n_signals + j] = equal
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
    n_tables, n_signals, n_knots = knots.shape
    by_knot = np.empty((n_tables, n_knots * n_signals), np.float32)
    scratch = by_knot, np.empty(by_knot.shape, np.int32), np.empty(n_signals, np.int32)
    _ranks.bind(np.ascontiguousarray(values, np.float32), tables, knots, _normal(), out, *scratch)()
    return out


def normal_score(share: NDArray[np.float64]) -> NDArray[np.float64]:
    """Normal quantile of a share, clipped as ranks are.

    Wichura's PPND16 (algorithm AS 241, Applied Statistics 37, 1988), right to 16 digits; of its three ranges the two
    that the clipping leaves. SciPy has the same, and takes longer to import than most commands run.
    """
    share = np.clip(np.asarray(share, np.float64), CLIP, 1 - CLIP)
    q = share - 0.5
    r = 0.180625 - q * q
    central = q * _ratio(r, _CENTRAL)
    r = np.sqrt(-np.log(np.minimum(share, 1 - share))) - 1.6
    return np.where(np.abs(q) <= 0.425, central, np.copysign(_ratio(r, _OUTER), q))


def _ratio(r: NDArray[np.float64], coefficients: tuple[tuple[float, float], ...]) -> NDArray[np.float64]:
    """Of two polynomials, by the coefficients of numerator and denominator, highest power first."""
    over, under = (np.full_like(r, start) for start in coefficients[0])
    for above, below in coefficients[1:]:
        over = over * r + above
        under = under * r + below
    return over / under


_CENTRAL = (
    (2.50908_09287_30122_6727e3, 5.22649_52788_52854_5610e3),
    (3.34305_75583_58812_8105e4, 2.87290_85735_72194_2674e4),
    (6.72657_70927_00870_0853e4, 3.93078_95800_09271_0610e4),
    (4.59219_53931_54987_1457e4, 2.12137_94301_58659_5867e4),
    (1.37316_93765_50946_1125e4, 5.39419_60214_24751_1077e3),
    (1.97159_09503_06551_4427e3, 6.87187_00749_20579_0830e2),
    (1.33141_66789_17843_7745e2, 4.23133_30701_60091_1252e1),
    (3.38713_28727_96366_6080e0, 1.0),
)
_OUTER = (
    (7.74545_01427_83414_07640e-4, 1.05075_00716_44416_84324e-9),
    (2.27238_44989_26918_45833e-2, 5.47593_80849_95344_94600e-4),
    (2.41780_72517_74506_11770e-1, 1.51986_66563_61645_71966e-2),
    (1.27045_82524_52368_38258e0, 1.48103_97642_74800_74590e-1),
    (3.64784_83247_63204_60504e0, 6.89767_33498_51000_04550e-1),
    (5.76949_72214_60691_40550e0, 1.67638_48301_83803_84940e0),
    (4.63033_78461_56545_29590e0, 2.05319_16266_37758_82187e0),
    (1.42343_71107_49683_57734e0, 1.0),
)


@lru_cache(maxsize=1)
def _normal() -> NDArray[np.float32]:
    return normal_score(np.linspace(0, 1, _STEPS + 1)).astype(np.float32)
