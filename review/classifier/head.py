"""The head: one penalised logistic regression over all parts, fitted on the kernel and folded into tables.

logit(x) = m(x) + bias + S(x) + G(x) + W(x) + C(x) + H(x), each part with a Gaussian prior whose variance is stated in
units of the logit; Newton's method on the n x n kernel (Rasmussen and Williams 2006, algorithm 3.1). What is good may
be a matter of form or of topic, and few labels say little about which: so there are two sets of prior beliefs, and a
head is a weighted mean of a fit under each (`review.classifier.blend` weighs them). Nothing else is tuned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

from review.classifier.pool import HAND_WEIGHTS, NOVELTY_WEIGHT, PRIOR_WEIGHT, Features, Pool
from review.signals.scan import Scan, Tables
from review.signals.words import LOG_DF_STEPS


@dataclass(frozen=True)
class Belief:
    """What is believed before any label."""

    variances: Mapping[str, float]  # of each part's logit
    radial: float  # variance of the radial part's logit
    prior: float  # how much of m(x) is believed, 0..1


FORM = Belief({"signals": 3.0, "words": 3.0, "grams": 3.0, "static": 6.0, "encoder": 3.0}, radial=3.0, prior=1.0)
# The words may vary twice as much, the signals a sixth, and no signal points either way.
TOPIC = Belief({"signals": 0.5, "words": 6.0, "grams": 6.0, "static": 12.0, "encoder": 6.0}, radial=0.5, prior=0.0)
BIAS_VARIANCE = 16.0
ANCHOR_RIDGE = 1e-3  # keeps the anchors' weights small enough for single precision
_ITERATIONS = 30
_BLOCK = 2_048


@dataclass(frozen=True)
class Fit:
    """A fit under one belief and its share in the head."""

    belief: Belief
    share: float
    coefficients: NDArray[np.float64]  # (documents,)


def kernels(pool: Pool, features: Features, beliefs: Sequence[Belief]) -> list[NDArray[np.float64]]:
    """Prior covariance (documents, documents) of the logit under each belief."""
    totals = [np.full((len(features.ranked),) * 2, BIAS_VARIANCE) for _ in beliefs]
    for name, part in features.parts.items():
        block = pool.blocks[name]
        inner = part @ part.T
        inner = inner.toarray() if hasattr(inner, "toarray") else inner
        shift = np.asarray(part @ block.mean).ravel()
        centred = (inner - shift[:, None] - shift + block.mean @ block.mean) / block.scale
        for total, belief in zip(totals, beliefs, strict=True):
            total += belief.variances[name] * centred
    radial = rbf(pool, features.ranked, features.ranked) / pool.rbf_scale
    return [
        (total + total.T) / 2 + belief.radial * (radial + radial.T) / 2
        for total, belief in zip(totals, beliefs, strict=True)
    ]


def rbf(pool: Pool, left: NDArray[np.float32], right: NDArray[np.float32]) -> NDArray[np.float64]:
    """exp(-d^2 / 2 radius) between the rows of left and right."""
    a, b = left.astype(np.float64), right.astype(np.float64)
    distances = (a * a).sum(1)[:, None] + (b * b).sum(1) - 2 * a @ b.T
    return cast("NDArray[np.float64]", np.exp(-np.maximum(distances, 0) / (2 * pool.radius)))


def fit(
    covariance: NDArray[np.float64],
    share: NDArray[np.float64],
    prior: NDArray[np.float64],
    check: Callable[[], None] = lambda: None,
) -> NDArray[np.float64]:
    """Coefficients a with logit = covariance @ a + prior, at the posterior mode; a = share - p there.

    share: 0..1, what each document should be; check: called once an iteration, may raise to stop.
    """
    from scipy.linalg import cho_solve, cholesky
    from scipy.special import expit

    n = len(share)
    logit = np.zeros(n)
    coefficients = np.zeros(n)
    best = -np.inf
    for _ in range(_ITERATIONS):
        check()
        p = expit(logit + prior)
        curvature = np.maximum(p * (1 - p), 1e-6)
        root = np.sqrt(curvature)
        system = covariance * root[:, None] * root
        system.flat[:: n + 1] += 1
        lower = cholesky(system, lower=True, check_finite=False)
        target = curvature * logit + share - p
        coefficients = target - root * cho_solve((lower, True), root * (covariance @ target), check_finite=False)
        logit = covariance @ coefficients
        total = logit + prior
        objective = float(np.sum(share * total - np.logaddexp(0, total)) - 0.5 * coefficients @ logit)
        if abs(objective - best) < 1e-6 * n:
            break
        best = objective
    return coefficients


@dataclass(frozen=True)
class Head:
    """A fitted head, folded: one number a word, a 4-gram, a signal, an anchor."""

    bias: float
    signals: NDArray[np.float32]  # (57,)
    words: NDArray[np.int16]  # (262,144,) weight of holding a word or pair, in units
    word_unit: float
    occurrences: NDArray[np.int16]  # (262,144,) weight of each occurrence of a word, in units
    occurrence_unit: float
    grams: NDArray[np.int16]  # (65,536,) weight of holding a 4-gram, in units
    gram_unit: float
    anchors: NDArray[np.float32]  # (labelled, 57) ranks
    anchor_weights: NDArray[np.float32]
    encoder: NDArray[np.float32]  # (dimensions,), none without an encoder
    novelty: float = NOVELTY_WEIGHT  # weight of how unusual a document is

    def tables(self, pool: Pool) -> Tables:
        """The tables of the compiled pass."""
        steps = np.rint(pool.log_df * LOG_DF_STEPS).astype(np.int16)
        per_word = np.ascontiguousarray(np.column_stack([self.occurrences, steps]))
        return Tables(self.words, per_word, round(pool.widespread * LOG_DF_STEPS), self.grams)

    def logits(self, pool: Pool, scan: Scan, vectors: NDArray[np.float32] | None) -> NDArray[np.float64]:
        """Raw logits of scanned documents; vectors: their encoder vectors where the head has weights for them."""
        out = np.empty(len(scan.counts))
        presence, distinct, per_word, grams = scan.sums.T
        words = np.maximum(scan.counts[:, _TABLE_WORDS], 1)
        distinct_grams = np.maximum(scan.counts[:, _DISTINCT_GRAMS], 1)
        text = self.word_unit * presence / np.sqrt(np.maximum(distinct, 1)) + self.occurrence_unit * per_word / words
        text += self.gram_unit * grams / np.sqrt(distinct_grams)
        signals = scan.signals()
        squares = (self.anchors * self.anchors).sum(1)
        for first in range(0, len(out), _BLOCK):
            rows = slice(first, first + _BLOCK)
            ranked = pool.ranks(signals[rows], scan.groups[rows])
            logit = ranked @ self.signals + self.bias + self.novelty * pool.novelty(ranked)
            distances = (ranked * ranked).sum(1)[:, None] + squares - 2 * (ranked @ self.anchors.T)
            near = np.exp(np.maximum(distances, 0) * np.float32(-0.5 / pool.radius))
            out[rows] = logit + near @ self.anchor_weights + text[rows]
        if len(self.encoder):
            assert vectors is not None
            out += vectors @ self.encoder
        return out


def fold(pool: Pool, features: Features, fits: Sequence[Fit], anchors: NDArray[np.int64] | None = None) -> Head:
    """The head that is the weighted mean of fits on documents with these features; no coefficients at all give the
    day-zero head.

    anchors: rows that span the radial part; None: all.
    """
    weights: dict[str, NDArray[np.float64]] = {}
    believed = sum(one.share * one.belief.prior for one in fits)
    bias = BIAS_VARIANCE * sum(one.share * float(one.coefficients.sum()) for one in fits)
    bias -= believed * PRIOR_WEIGHT * pool.prior_mean / pool.prior_sd
    for name, block in pool.blocks.items():
        part: Any = features.parts[name]
        pulls = sum(one.share * one.belief.variances[name] * one.coefficients for one in fits)
        centred = np.asarray(part.T @ pulls).ravel() - np.sum(pulls) * block.mean
        weights[name] = centred / block.scale
        bias -= float(weights[name] @ block.mean)
    at = features.ranked
    near: NDArray[np.float64] = np.asarray(sum(one.share * one.belief.radial * one.coefficients for one in fits))
    if anchors is not None:
        at, near = features.ranked[anchors], _on_anchors(pool, features.ranked, near, anchors)
    words, word_unit = _quantise(weights["words"] * pool.word_idf)
    grams, gram_unit = _quantise(weights["grams"] * pool.gram_idf)
    occurrences, occurrence_unit = _quantise(pool.static.per_bucket(weights["static"]))
    return Head(
        bias=bias,
        signals=(weights["signals"] + believed * PRIOR_WEIGHT * HAND_WEIGHTS / pool.prior_sd).astype(np.float32),
        words=words,
        word_unit=word_unit,
        occurrences=occurrences,
        occurrence_unit=occurrence_unit,
        grams=grams,
        gram_unit=gram_unit,
        anchors=at,
        anchor_weights=(near / pool.rbf_scale).astype(np.float32),
        encoder=weights.get("encoder", np.zeros(0)).astype(np.float32),
        novelty=believed * NOVELTY_WEIGHT,
    )


def anchor_factor(pool: Pool, ranked: NDArray[np.float32]) -> NDArray[np.float64]:
    """Lower Cholesky factor of the radial kernel between anchors."""
    from scipy.linalg import cholesky

    return np.asarray(cholesky(rbf(pool, ranked, ranked) + ANCHOR_RIDGE * np.eye(len(ranked)), lower=True))


def _on_anchors(
    pool: Pool, ranked: NDArray[np.float32], coefficients: NDArray[np.float64], anchors: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Coefficients of the anchors that stand for those of all documents."""
    from scipy.linalg import cho_solve

    pulls = np.zeros(len(anchors))
    for first in range(0, len(ranked), _BLOCK):
        pulls += rbf(pool, ranked[anchors], ranked[first : first + _BLOCK]) @ coefficients[first : first + _BLOCK]
    return np.asarray(cho_solve((anchor_factor(pool, ranked[anchors]), True), pulls))


def _quantise(weights: NDArray[np.floating[Any]]) -> tuple[NDArray[np.int16], float]:
    """Weights as int16 and their unit: an error of 1/65,534 of the largest weight at most, half the cache."""
    unit = float(np.abs(weights).max(initial=0) / 32_767) or 1.0
    return np.rint(weights / unit).astype(np.int16), unit


def _count_columns() -> tuple[int, int]:
    from review.signals.catalogue import COUNTS

    return COUNTS.index("table_words"), COUNTS.index("distinct_grams")


_TABLE_WORDS, _DISTINCT_GRAMS = _count_columns()
