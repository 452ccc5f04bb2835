"""Two heads in a row: a cheap one reads every document, a costly one those that the cheap one is least sure of."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from review.classifier.calibration import Calibration
from review.classifier.head import Head

Array = NDArray[np.float64]


@dataclass(frozen=True)
class Cascade:
    """The cheap head, its raw logits on the costly one's scale, and between which of them the costly one is asked."""

    head: Head
    low: float
    high: float

    def asks(self, logits: Array) -> NDArray[np.bool_]:
        """Which documents the costly head is asked about, by the cheap head's raw logits."""
        return np.asarray((logits >= self.low) & (logits <= self.high))


@dataclass(frozen=True)
class Scale:
    """Raw logits of a head in terms of another's: a probability is then read off by the other's calibration alone."""

    slope: float
    shift: float

    @classmethod
    def of(cls, own: Calibration, other: Calibration) -> Scale:
        return cls(own.slope / other.slope, (own.intercept - other.intercept) / other.slope)

    def __call__(self, logits: Array) -> Array:
        return np.asarray(self.slope * logits + self.shift)

    def head(self, head: Head) -> Head:
        """The head whose raw logits are these: all its parts add up, so each is stretched."""
        stretched: dict[str, Any] = {
            name: getattr(head, name) * self.slope
            for name in ("word_unit", "occurrence_unit", "gram_unit", "novelty", "bias")
        }
        stretched |= {
            name: (getattr(head, name) * self.slope).astype(np.float32)
            for name in ("signals", "anchor_weights", "encoder")
        }
        return replace(head, **stretched | {"bias": stretched["bias"] + self.shift})


def doubt(logits: Array, own: Calibration, threshold: float) -> Array:
    """How near to the threshold a head puts documents: distance of the logit of their P(keep) from the threshold's."""
    return np.asarray(np.abs(own.slope * logits + own.intercept - _logit(threshold)))


def in_front(head: Head, own: Calibration, costly: Calibration, threshold: float, width: float) -> Cascade:
    """A head to stand in front of a costly one, which is asked where the first one's `doubt` is at most `width`.

    own, costly: the calibrations of both.
    """
    low, high = ((_logit(threshold) + side - costly.intercept) / costly.slope for side in (-width, width))
    return Cascade(Scale.of(own, costly).head(head), low, high)


def _logit(threshold: float) -> float:
    """Finite also where one error costs so much more than the other that the threshold is 0 or 1 to the last bit."""
    p = min(max(threshold, 1e-6), 1 - 1e-6)
    return float(np.log(p) - np.log1p(-p))
