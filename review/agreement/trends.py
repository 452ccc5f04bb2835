"""Whether a reviewer changes over time: a share by day with its interval, and a test for a trend."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

from review.agreement.judgements import Mask
from review.agreement.reviewers import Share, share

Days = NDArray[np.datetime64]
Numbers = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Trend:
    """A straight line through yes (1) and no (0), or how far they are from what was expected, over days.

    slope: change of the share a day; z: standard score; p: two-sided chance of so much trend when there is none.
    NaN where there is one day, or one answer, alone.
    """

    slope: float
    z: float
    p: float


@dataclass(frozen=True, slots=True)
class Drift:
    """A share day by day."""

    days: tuple[tuple[date, Share], ...]
    trend: Trend


def drift(
    days: Sequence[date] | Days,
    hits: Sequence[bool] | Mask,
    *,
    expected: Sequence[float] | Numbers | None = None,
    confidence: float = 0.95,
) -> Drift:
    """`hits` (n,), what is counted, such as "rejected" or "agreed with the others", by its day (n,).

    expected: (n,) the chance of each hit as the documents or the other reviewers would have it; the trend is then
    that of the difference, so that a stretch of worse documents is not taken for a stricter reviewer. Where it is NaN
    nothing can be compared, and the trend leaves it out.
    """
    when, hit = np.asarray(days, dtype="datetime64[D]"), np.asarray(hits, dtype=np.bool_)
    known, place = np.unique(when, return_inverse=True)
    cases, of = np.bincount(place[hit], minlength=len(known)), np.bincount(place, minlength=len(known))
    shares = tuple(
        (day, share(some, every, confidence=confidence))
        for day, some, every in zip(known.tolist(), cases.tolist(), of.tolist(), strict=True)
    )
    if expected is None:
        return Drift(shares, trend(when.astype(np.int64), hit))
    beyond: Numbers = hit - np.asarray(expected, dtype=np.float64)
    compared = ~np.isnan(beyond)
    return Drift(shares, trend(when[compared].astype(np.int64), beyond[compared]))


def trend(times: Sequence[float] | Numbers, hits: Sequence[float] | Numbers) -> Trend:
    """Cochran-Armitage test for a trend of the share of `hits` over `times`, both (n,).

    Armitage, Biometrics 11, 1955, with the permutation variance (n - 1).
    """
    when = np.asarray(times, dtype=np.float64)
    hit = np.asarray(hits, dtype=np.float64)
    when, hit = when - (when.mean() if len(when) else 0), hit - (hit.mean() if len(hit) else 0)
    spread, varied = float(when @ when), float(hit @ hit)
    if spread <= 0 or varied <= 0:
        return Trend(math.nan, math.nan, math.nan)
    z = float(when @ hit) / math.sqrt(spread * varied / (len(hit) - 1))
    return Trend(float(when @ hit) / spread, z, math.erfc(abs(z) / math.sqrt(2)))


def holm(p: Mapping[str, float]) -> dict[str, float]:
    """p values by name, corrected for having looked at all of them (Holm, Scandinavian Journal of Statistics 6, 1979).

    NaN stays NaN and is not counted as a look.
    """
    tested = sorted((value, name) for name, value in p.items() if not math.isnan(value))
    corrected, floor = dict.fromkeys(p, math.nan), 0.0
    for at, (value, name) in enumerate(tested):
        floor = max(floor, min(1.0, (len(tested) - at) * value))
        corrected[name] = floor
    return corrected
