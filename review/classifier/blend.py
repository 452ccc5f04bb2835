"""How much of a head rests on form and how much on topic, learned from the same labels as the head.

Two questions are asked of the labels. How likely each belief makes all of them (its evidence, MacKay 1992) says much
already at 50, but would soon take one fit and drop the other, though a mean of both ranks better. How well every mix of
both logits predicts each label from the others (stacking, Yao et al. 2018) is noise at 50 and settles it at hundreds.
So the share of the topic fit is its posterior mean by the second, under a prior whose mean the first gives.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from review.classifier.head import FORM, TOPIC, Belief, Fit, fit

BELIEFS = (FORM, TOPIC)
BLENDED = 1_000  # labels up to which both are fitted: beyond, the gain in AUC is below .001 and would double the time
# Odds of topic to form before any label: a topic fit still reads the form, only more slowly, while a form fit drowns
# what words say until there are hundreds of labels.
_ODDS = 3.0
_LABELS = 2.0  # that the Beta prior of the share weighs as much as
_EITHER = 0.1  # that prior's mean is never nearer to one fit alone
_CELLS = 64  # of the share, 0..1, over which its posterior is summed
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
    form, topic = (Posterior.of(*one) for one in zip(covariances, learned, means, strict=True))
    weight = topic_share(form.left_out(), topic.left_out(), share, topic.evidence(share) - form.evidence(share))
    return Fit(beliefs[0], 1 - weight, learned[0]), Fit(beliefs[1], weight, learned[1])


def predict(fits: Sequence[Fit], covariances: Sequence[Array], prior: Array) -> Array:
    """Logits of documents; covariances: (documents, documents learned from) under each belief; prior: m(x) of each."""
    return np.asarray(
        sum(
            one.share * (covariance @ one.coefficients + one.belief.prior * prior)
            for one, covariance in zip(fits, covariances, strict=True)
        )
    )


def topic_share(form: Array, topic: Array, share: Array, gain: float) -> float:
    """Posterior mean share of the topic fit, 0..1, from what both say of documents they did not learn from.

    gain: log evidence of the topic fit less that of the form fit.
    """
    from scipy.special import betainc, expit

    expected = _EITHER + (1 - 2 * _EITHER) * float(expit(gain + np.log(_ODDS)))
    edges = np.linspace(0, 1, _CELLS + 1)
    believed = np.diff(betainc(_LABELS * expected, _LABELS * (1 - expected), edges))
    middle = (edges[1:] + edges[:-1]) / 2
    logits = form[:, None] + (topic - form)[:, None] * middle
    support = (share[:, None] * logits - np.logaddexp(0, logits)).sum(0)
    weight = believed * np.exp(support - support.max())
    return float(weight @ middle / weight.sum())


@dataclass(frozen=True)
class Posterior:
    """What a fit believes of the labelled documents' logits, by Laplace's approximation: a Gaussian at its mode."""

    coefficients: Array
    pull: Array  # of the labels on each logit
    logit: Array  # with what was believed before them
    curvature: Array  # W, of each label's likelihood
    lower: Array  # Cholesky factor of 1 + W^1/2 K W^1/2

    @classmethod
    def of(cls, covariance: Array, coefficients: Array, prior: Array) -> Posterior:
        """Of a fit's coefficients; covariance: of the logits before any label; prior: their mean then."""
        from scipy.linalg import cholesky
        from scipy.special import expit

        pull = covariance @ coefficients
        p = expit(pull + prior)
        curvature = np.maximum(p * (1 - p), 1e-6)
        root = np.sqrt(curvature)
        system = covariance * root[:, None] * root
        system.flat[:: len(root) + 1] += 1
        return cls(coefficients, pull, pull + prior, curvature, cholesky(system, lower=True, check_finite=False))

    def evidence(self, share: Array) -> float:
        """Log probability of the labels under the belief (Rasmussen and Williams 2006, 3.32)."""
        likely = np.sum(share * self.logit - np.logaddexp(0, self.logit))
        return float(likely - self.coefficients @ self.pull / 2 - np.log(np.diag(self.lower)).sum())

    def left_out(self) -> Array:
        """Logit of each document by the fit without it, without fitting again: the others' pull is kept as the Gaussian
        has it (Opper and Winther 2000; Vehtari et al. 2016, equations 14 to 16).
        """
        from scipy.linalg.lapack import dtrtri

        inverse = dtrtri(self.lower, lower=1)[0]
        own = np.einsum("ij,ij->j", inverse, inverse)  # diagonal of the system's inverse, 0..1
        return np.asarray(self.logit + self.coefficients / self.curvature * (1 - 1 / own))
