"""How much of a head rests on form and how much on topic, learned from the same labels as the head.

Each label is predicted by the fits on all others, and the share of the topic fit is the mean over its posterior given
how well every mix of both logits predicts (stacking of Yao et al. 2018, with a prior instead of a maximum: few labels
move it little, many settle it).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from review.classifier.head import FORM, TOPIC, Belief, Fit, fit

BELIEFS = (FORM, TOPIC)
BLENDED = 1_000  # labels up to which both are fitted: beyond, the gain in AUC is below .001 and would double the time
# Beta prior of the topic fit's share, its mean 2/3: a topic fit still reads the form, only more slowly, while a form
# fit drowns what words say until there are hundreds of labels.
_TOPIC, _FORM = 1.0, 0.5
_STEPS = 40
Array = NDArray[np.float64]


def blend(
    beliefs: Sequence[Belief],
    covariances: Sequence[Array],
    share: Array,
    prior: Array,
    check: Callable[[], None] = lambda: None,
) -> tuple[Fit, ...]:
    """A fit under each belief and its share.

    beliefs: BELIEFS, or one alone; covariances: of the logit under each; share: 0..1, what each document should be;
    prior: m(x) of each document; check: called often, may raise to stop.
    """
    means = [belief.prior * prior for belief in beliefs]
    learned = [fit(covariance, share, mean, check) for covariance, mean in zip(covariances, means, strict=True)]
    if len(beliefs) == 1:
        return (Fit(beliefs[0], 1.0, learned[0]),)
    form, topic = (left_out(*one) for one in zip(covariances, learned, means, strict=True))
    weight = topic_share(form, topic, share)
    return Fit(beliefs[0], 1 - weight, learned[0]), Fit(beliefs[1], weight, learned[1])


def predict(fits: Sequence[Fit], covariances: Sequence[Array], prior: Array) -> Array:
    """Logits of documents; covariances: (documents, documents learned from) under each belief; prior: m(x) of each."""
    return np.asarray(
        sum(
            one.share * (covariance @ one.coefficients + one.belief.prior * prior)
            for one, covariance in zip(fits, covariances, strict=True)
        )
    )


def topic_share(form: Array, topic: Array, share: Array) -> float:
    """Posterior mean share of the topic fit, 0..1, from what both say of documents they did not learn from."""
    grid = (np.arange(_STEPS) + 0.5) / _STEPS
    logits = form[:, None] + (topic - form)[:, None] * grid
    support = (share[:, None] * logits - np.logaddexp(0, logits)).sum(0)
    support += (_TOPIC - 1) * np.log(grid) + (_FORM - 1) * np.log(1 - grid)
    weight = np.exp(support - support.max())
    return float(weight @ grid / weight.sum())


def left_out(covariance: Array, coefficients: Array, prior: Array) -> Array:
    """Logit of each document by the fit without it, without fitting again.

    Laplace's approximation: the others' pull is kept as the posterior's Gaussian has it (Opper and Winther 2000;
    Vehtari et al. 2016, equations 14 to 16).
    """
    from scipy.linalg import cholesky
    from scipy.linalg.lapack import dtrtri
    from scipy.special import expit

    pull = covariance @ coefficients
    p = expit(pull + prior)
    curvature = np.maximum(p * (1 - p), 1e-6)
    root = np.sqrt(curvature)
    system = covariance * root[:, None] * root
    system.flat[:: len(root) + 1] += 1
    inverse = dtrtri(cholesky(system, lower=True, check_finite=False), lower=1)[0]
    own = np.einsum("ij,ij->j", inverse, inverse)  # diagonal of the system's inverse, 0..1
    return np.asarray(pull + prior + coefficients / curvature * (1 - 1 / own))
