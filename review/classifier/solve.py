"""Fits on all labels and on all but each fold: exactly while labels are few, iteratively when they are many."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from review.classifier.blend import BELIEFS, BLENDED, blend, predict
from review.classifier.head import FORM, Fit, kernels
from review.classifier.pool import Features, Pool
from review.classifier.products import Products

EXACT = 2_000  # labels up to which the n x n kernel is solved as it is and every labelled document is an anchor
FEWER = (0.125, 0.25, 0.5)  # of the labels: what fits on so many reach is the learning curve
ANCHORS = 1_000  # of the radial part beyond that, drawn at random: scoring costs no more, however many labels
_ITERATIONS = 30
_INNER = 50
_HALVINGS = 20
_FORCING = 0.3  # a Newton step is solved until its residual is so much of what it was (Eisenstat and Walker 1996)
# Nats a document that the last step of a fit may still gain. The fits without a fold only test: their logits are within
# .02 of the exact ones, where labels move them by tenths.
_CLOSE, _TESTING = 1e-6, 1e-4
Array = NDArray[np.float64]
Step = Callable[[int, int], None]


@dataclass(frozen=True)
class Solution:
    """What was learned from documents in a given order."""

    fits: tuple[Fit, ...]  # on all of them, with their shares in the head
    logits: Array  # (documents,) of each by the fit without its fold
    anchors: NDArray[np.int64] | None  # rows that span the radial part; None: all
    curve: dict[int, Array]  # logits as above, by fits on fewer labels; none beyond EXACT


def solve(
    pool: Pool,
    features: Features,
    share: Array,
    fold_of: NDArray[np.int64],
    seed: int,
    step: Step = lambda done, total: None,
) -> Solution:
    """Fit on all documents and without each fold.

    share: 0..1, what each document should be; fold_of: fold of each; step: called often with (done, total), may raise
    to stop.
    """
    if len(share) <= EXACT:
        return _exactly(pool, features, share, fold_of, seed, step)
    anchors = np.sort(np.random.default_rng(seed).permutation(len(share))[:ANCHORS])
    prior = pool.prior(features.ranked)
    held_out = fold_of[:, None] == np.unique(fold_of)
    step(0, 3)
    products = Products(pool, features, anchors)
    sketch = products.sketch(seed)
    everything = np.ones((len(share), 1), bool)
    zero = np.zeros(everything.shape)
    whole, known = fit_together(products, sketch, share, prior, everything, zero, _CLOSE, partial(step, 1, 3))
    # The fits without a fold begin where the fit on all ended: they are near it, and their steps are the costly ones.
    begin = np.repeat(known, held_out.shape[1], axis=1)
    _, logits = fit_together(products, sketch, share, prior, ~held_out, begin, _TESTING, partial(step, 2, 3))
    return Solution((Fit(FORM, 1.0, whole[:, 0]),), (logits * held_out).sum(1) + prior, anchors, {})


def _exactly(
    pool: Pool, features: Features, share: Array, fold_of: NDArray[np.int64], seed: int, step: Step
) -> Solution:
    folds = np.unique(fold_of).tolist()
    total = len(folds) + 1
    step(0, total)
    beliefs = BELIEFS if len(share) <= BLENDED else (FORM,)
    covariances = kernels(pool, features, beliefs)
    prior = pool.prior(features.ranked)
    fits = blend(beliefs, covariances, share, prior, partial(step, 0, total))
    order = np.random.default_rng(seed).permutation(len(share))
    logits = {part: np.empty(len(share)) for part in (*FEWER, 1.0)}
    for done, fold in enumerate(folds, 1):
        test, rest = np.flatnonzero(fold_of == fold), order[fold_of[order] != fold]
        for part, out in logits.items():
            some = np.sort(rest[: round(part * len(rest))])
            inside = [covariance[np.ix_(some, some)] for covariance in covariances]
            # The shares too are learned without the fold, so that its logits are those of documents never seen.
            learned = blend(beliefs, inside, share[some], prior[some], partial(step, done, total))
            out[test] = predict(learned, [covariance[np.ix_(test, some)] for covariance in covariances], prior[test])
    curve = {round(part * len(share) * (1 - 1 / len(folds))): out for part, out in logits.items()}
    return Solution(fits, logits[1.0], None, curve)


def fit_together(
    products: Products,
    sketch: Array,
    share: Array,
    prior: Array,
    inside: NDArray[np.bool_],
    near: Array,
    close: float,
    check: Callable[[], None],
) -> tuple[Array, Array]:
    """Coefficients and logits less the prior, a column a fit; inside: the documents that each fit learns from;
    near: logits that the first step is taken at; close: nats a document that the last step may gain; sketch: of the
    kernel, see `Products.sketch`.

    Newton's method as in `head.fit`, for all fits at once so that they share the products with the kernel, each step
    solved by preconditioned conjugate gradients. A document outside a fit has no curvature and no coefficient there.
    """
    from scipy.special import expit

    tolerance = close * len(share)
    target, before = share[:, None], prior[:, None]

    def objective(coefficients: Array, logits: Array) -> Array:
        total = logits + before
        return np.asarray(
            ((target * total - np.logaddexp(0, total)) * inside).sum(0) - (coefficients * logits).sum(0) / 2
        )

    coefficients, logits, best = np.zeros(inside.shape), np.zeros(inside.shape), np.full(inside.shape[1], -np.inf)
    for _ in range(_ITERATIONS):
        p = expit(near + before)
        root = np.sqrt(np.maximum(p * (1 - p), 1e-6)) * inside
        wanted = _over((target - p) * inside, root) + root * near
        solved, image = _conjugate_gradients(products, sketch, root, wanted, _over(coefficients, root), logits, check)
        ahead, lift, length = root * solved - coefficients, image - logits, np.ones(inside.shape[1])
        for _ in range(_HALVINGS):  # where nearly all is certain a whole step can lead far away
            gained = objective(coefficients + length * ahead, logits + length * lift)
            if np.all(gained >= best - tolerance):
                break
            length[gained < best - tolerance] /= 2
        coefficients, logits = coefficients + length * ahead, logits + length * lift
        near = logits
        if np.all(np.abs(gained - best) < tolerance):
            break
        best = gained
    return coefficients, logits


def _over(values: Array, root: Array) -> Array:
    """values / root, 0 outside a fit, where root is 0."""
    return np.divide(values, root, out=np.zeros(root.shape), where=root > 0)


def _conjugate_gradients(
    products: Products,
    sketch: Array,
    root: Array,
    wanted: Array,
    solved: Array,
    image: Array,
    check: Callable[[], None],
) -> tuple[Array, Array]:
    """u with (1 + R K R) u = wanted in every column, R the diagonal of `root`, from a start; and K R u.

    The preconditioner is the inverse of 1 + R F F' R (Woodbury), F the sketch of K.
    """
    from scipy.linalg import cho_factor, cho_solve

    columns = range(root.shape[1])
    factors = [
        cho_factor(np.eye(sketch.shape[1]) + sketch.T @ (root[:, [one]] ** 2 * sketch), lower=True) for one in columns
    ]

    def precondition(vectors: Array) -> Array:
        inner = sketch.T @ (root * vectors)
        inner = np.column_stack([cho_solve(factors[one], inner[:, one]) for one in columns])
        return np.asarray(vectors - root * (sketch @ inner))

    residual = wanted - solved - root * image
    good_enough = _FORCING * np.linalg.norm(residual, axis=0)
    direction = precondition(residual)
    size = (residual * direction).sum(0)
    for _ in range(_INNER):
        check()
        if np.all(np.linalg.norm(residual, axis=0) <= good_enough):
            break
        moved = products(root * direction)
        pushed = direction + root * moved
        length = size / np.maximum((direction * pushed).sum(0), 1e-300)
        solved, image, residual = solved + length * direction, image + length * moved, residual - length * pushed
        better = precondition(residual)
        last, size = size, (residual * better).sum(0)
        direction = better + size / np.maximum(last, 1e-300) * direction
    return solved, image
