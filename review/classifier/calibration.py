"""From raw logits to probabilities: Platt's two numbers, or nothing while labels are few.

Source: Platt 1999. With few labels the fit can flip the sign of the slope, so the slope is exp(s) with s ~ N(0, 1), and
below 200 audit labels the raw logistic is used, which is the better calibrated one there.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

MIN_LABELS = 200


@dataclass(frozen=True)
class Calibration:
    """P(keep) = logistic(slope * logit + intercept), slope > 0."""

    slope: float = 1.0
    intercept: float = 0.0
    labels: int = 0  # audit labels it was fitted on; 0: raw

    def __call__(self, logits: NDArray[np.float64]) -> NDArray[np.float64]:
        z = np.clip(self.slope * logits + self.intercept, -500, 500)
        probability: NDArray[np.float64] = 1 / (1 + np.exp(-z))
        return probability


def calibrate(
    logits: NDArray[np.float64],
    keep: NDArray[np.bool_],
    weight: NDArray[np.float64] | None = None,
    least: int = MIN_LABELS,
) -> Calibration:
    """Platt's numbers from out-of-fold logits; raw below `least` labels or with one verdict only.

    weight: one over the chance each was drawn with, so that the probabilities suit the corpus, not the sample;
    None: the same for all.
    """
    if len(logits) < least or keep.all() or not keep.any():
        return Calibration()
    from scipy.optimize import minimize

    weight = np.ones(len(logits)) if weight is None else weight / weight.mean()

    def loss(parameters: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        log_slope, intercept = parameters
        slope = np.exp(log_slope)
        z = slope * logits + intercept
        error = weight * (1 / (1 + np.exp(-np.clip(z, -500, 500))) - keep)
        value = weight @ (np.logaddexp(0, z) - keep * z) + log_slope**2 / 2
        return float(value), np.array([slope * (error @ logits) + log_slope, error.sum()])

    found = minimize(loss, np.zeros(2), jac=True, method="BFGS").x
    return Calibration(float(np.exp(found[0])), float(found[1]), len(logits))


def cross_calibrated(
    logits: NDArray[np.float64],
    keep: NDArray[np.bool_],
    weight: NDArray[np.float64],
    fold: NDArray[np.int64],
    least: int = MIN_LABELS,
) -> NDArray[np.float64]:
    """Probabilities for measuring: each fold is calibrated on the others."""
    probability = np.empty(len(logits))
    for one in np.unique(fold):
        inside = fold == one
        probability[inside] = calibrate(logits[~inside], keep[~inside], weight[~inside], least)(logits[inside])
    return probability
