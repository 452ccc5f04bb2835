"""Why a bad document is bad: one small logistic regression a reason, P(reason | bad), one against the rest.

Learned from documents that people judged bad and gave a reason for; one without any reason says nothing about which
holds and is left out. It reads the dense features of the quality head (signals, word vectors): 313 numbers a reason
where hashed words would be 590,000, and no encoder even where the quality head has one. On registers and genres of web
documents in three languages, 100 and 300 documents each, its mean AUC is .867, where the whole kernel reaches .853
(FORM) to .875 (TOPIC).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from review.classifier.calibration import MIN_LABELS, Calibration, calibrate, cross_calibrated
from review.classifier.evaluate import (
    MIN_GROUPS,
    auc,
    auc_interval,
    average_precision,
    distinct,
    evenness,
    interval,
    resamples,
)  # fmt: skip
from review.classifier.head import BIAS_VARIANCE, TOPIC
from review.classifier.pool import Features, Pool
from review.classifier.targets import Targets
from review.final import final_reasons
from review.records import LabelledDocument

# Documents that hold a reason, and bad ones that do not, before it is learned, near-duplicates counted once; and as
# many in the audit stream before it is tested. With fewer no interval of its AUC could be trusted (see MIN_GROUPS).
LEAST = MIN_GROUPS
PARTS = ("signals", "static")  # in the order of a head's weights
_ITERATIONS = 30
Array = NDArray[np.float64]


@dataclass(frozen=True)
class ReasonHeads:
    """One linear head a reason over a document's dense features."""

    codes: tuple[str, ...]
    weights: NDArray[np.float32]  # (reasons, dimensions)
    bias: Array  # (reasons,)
    calibrations: tuple[Calibration, ...]

    def __call__(self, dense: Array) -> Array:
        """P(reason | bad), (documents, reasons). dense: (documents, dimensions) as `dense_features` gives them."""
        logits = dense @ self.weights.T.astype(np.float64) + self.bias
        columns = [calibration(logit) for calibration, logit in zip(self.calibrations, logits.T, strict=True)]
        return np.column_stack(columns) if columns else np.zeros((len(dense), 0))


NO_REASONS = ReasonHeads((), np.zeros((0, 0), np.float32), np.zeros(0), ())


def dense_features(features: Features) -> Array:
    """Signals and word vectors side by side, (documents, dimensions)."""
    return np.hstack([features.parts[name] for name in PARTS])


def reasons_of(targets: Targets, labelled: Sequence[LabelledDocument]) -> list[tuple[str, ...]]:
    """The reasons of each target's final verdict; none for documents that are not bad."""
    found = {one.doc_id: one for one in labelled}
    bad = targets.decided & ~targets.keep
    return [final_reasons(found[name]) if one else () for name, one in zip(targets.doc_ids, bad, strict=True)]


def learn_reasons(
    pool: Pool,
    features: Features,
    targets: Targets,
    reasons: Sequence[tuple[str, ...]],
    groups: NDArray[np.int64],
    fold_of: NDArray[np.int64],
    seed: int,
    step: Callable[[int, int], None] = lambda done, total: None,
) -> tuple[ReasonHeads, dict[str, Any]]:
    """A head for every reason with enough documents, and the card's section on all reasons that were given.

    reasons: of each target, as `reasons_of` gives them; groups: near-duplicates share a number; fold_of: fold of each
    target, the quality head's; step: called with (done, total), may raise to stop.
    """
    rows = np.flatnonzero([bool(one) for one in reasons])
    given = [set(one) for one in reasons if one]
    codes = sorted({code for one in given for code in one})
    holds = np.array([[code in one for code in codes] for one in given], bool).reshape(len(rows), len(codes))
    groups, folds, audit, inclusion = groups[rows], fold_of[rows], targets.audit[rows], targets.weight[rows]
    evidence = {code: distinct(holds[:, column], groups) for column, code in enumerate(codes)}
    enough = [column for column, code in enumerate(codes) if min(evidence[code]) >= LEAST]
    design, scale, centre = _design(pool, features, rows)
    weights, biases, calibrations, metrics = [], [], [], {}
    out_of_fold = np.empty((len(rows), len(enough)))
    for done, column in enumerate(enough):
        step(done, len(enough))
        held = holds[:, column]
        whole = _fit(design, held, np.zeros(design.shape[1]))
        logits = out_of_fold[:, done]
        for fold in np.unique(folds):
            inside = folds == fold
            logits[inside] = design[inside] @ _fit(design[~inside], held[~inside], whole)
        calibration = calibrate(logits[audit], held[audit], inclusion[audit])
        metrics[codes[column]] = _tested(logits[audit], held[audit], groups[audit], folds[audit], inclusion[audit])
        calibrations.append(calibration)
        weights.append(whole[:-1] * scale)
        biases.append(whole[-1] * BIAS_VARIANCE**0.5 - weights[-1] @ centre)
    precise = _precision_intervals(out_of_fold[audit], holds[audit][:, enough], groups[audit], inclusion[audit], seed)
    for column, found in zip(enough, precise, strict=True):
        if own := metrics[codes[column]]:
            own["average_precision"] |= found
    heads = ReasonHeads(
        tuple(codes[column] for column in enough),
        np.array(weights, np.float32).reshape(len(enough), design.shape[1] - 1),
        np.array(biases, np.float64),
        tuple(calibrations),
    )
    told = [_row(code, holds[:, column], evidence[code], heads, metrics.get(code)) for column, code in enumerate(codes)]
    told.sort(key=lambda row: (-row["documents"], row["code"]))
    silent = int((targets.decided & ~targets.keep).sum()) - len(rows)
    return heads, {"documents": len(rows), "without_reason": silent, "needed": LEAST, "rows": told}


def _design(pool: Pool, features: Features, rows: NDArray[np.int64]) -> tuple[Array, Array, Array]:
    """Features (rows, dimensions + 1) in which every weight has the prior N(0, 1), the bias last; what a weight on
    them is multiplied by to be one on the dense features; and the mean of those.
    """
    blocks = [pool.blocks[name] for name in PARTS]
    centre = np.concatenate([block.mean for block in blocks])
    spread = [(TOPIC.variances[name] / block.scale) ** 0.5 for name, block in zip(PARTS, blocks, strict=True)]
    scale = np.repeat(spread, [len(block.mean) for block in blocks])
    dense = dense_features(features)[rows]
    return np.hstack([(dense - centre) * scale, np.full((len(rows), 1), BIAS_VARIANCE**0.5)]), scale, centre


def _fit(design: Array, holds: NDArray[np.bool_], start: Array) -> Array:
    """Weights at the posterior mode, by Newton's method from `start`.

    The curvature is summed in single precision, twice as fast; the gradient, which says where the mode is, in double.
    """
    from scipy.linalg import cho_factor, cho_solve
    from scipy.linalg.blas import ssyrk
    from scipy.special import expit

    single = np.asarray(design, np.float32)
    weights = start

    def objective(at: Array) -> float:
        logit = design @ at
        return float(np.sum(holds * logit - np.logaddexp(0, logit)) - at @ at / 2)

    best = objective(weights)
    for _ in range(_ITERATIONS):
        p = expit(design @ weights)
        gradient = design.T @ (holds - p) - weights
        root = np.sqrt(p * (1 - p)).astype(np.float32)
        curvature = np.asarray(ssyrk(1.0, (single * root[:, None]).T, lower=1), np.float64)
        curvature.flat[:: len(weights) + 1] += 1
        ahead = cho_solve(cho_factor(curvature, lower=True, check_finite=False), gradient, check_finite=False)
        length = 1.0
        while (gained := objective(weights + length * ahead)) < best and length > 1e-3:
            length /= 2
        if gained <= best:
            break
        weights = weights + length * ahead
        if gained - best < 1e-6 * len(holds):
            break
        best = gained
    return weights


def _tested(
    logits: Array, holds: NDArray[np.bool_], groups: NDArray[np.int64], folds: NDArray[np.int64], inclusion: Array
) -> dict[str, Any]:
    """AUC with its interval, average precision without, and calibration error, on bad audit documents out of fold;
    nothing where too few of them hold the reason or too few do not.
    """
    with_, without = distinct(holds, groups) if len(holds) else (0, 0)
    if min(with_, without) < LEAST:
        return {}
    value = float(auc(inclusion[None], logits, holds)[0])
    low, high = auc_interval(value, with_ * evenness(inclusion[holds]), without * evenness(inclusion[~holds]))
    probability = cross_calibrated(logits, holds, inclusion, folds, MIN_LABELS)
    return {
        "documents": len(holds),
        "share": float(inclusion @ holds / inclusion.sum()),
        "auc": {"value": value, "low": low, "high": high},
        "average_precision": {"value": float(average_precision(inclusion[None], logits, holds)[0])},
        "brier": float(inclusion @ (probability - holds) ** 2 / inclusion.sum()),
    }


def _precision_intervals(
    logits: Array, holds: NDArray[np.bool_], groups: NDArray[np.int64], inclusion: Array, seed: int
) -> list[dict[str, float | None]]:
    """Bootstrap interval of each column's average precision; all columns share the resamples."""
    if not len(logits) or not logits.shape[1]:
        return [{} for _ in range(logits.shape[1])]
    draws: list[list[Array]] = [[] for _ in range(logits.shape[1])]
    for weights in resamples(groups, seed):
        for column, out in enumerate(draws):
            out.append(average_precision(weights * inclusion, logits[:, column], holds[:, column]))
    ends = [interval(np.concatenate(out)) for out in draws]
    return [{"low": low, "high": high} for low, high in ends]


def _row(
    code: str,
    holds: NDArray[np.bool_],
    evidence: tuple[int, int],
    heads: ReasonHeads,
    tested: dict[str, Any] | None,
) -> dict[str, Any]:
    """A reason's row of the card."""
    learned = code in heads.codes
    return {
        "code": code,
        "documents": int(holds.sum()),
        "distinct": {"with": evidence[0], "without": evidence[1]},
        "learned": learned,
        "calibration": asdict(heads.calibrations[heads.codes.index(code)]) if learned else None,
        "tested": tested or None,
    }
