"""How unlike the labelled documents a document is, so that nobody trusts a score where nothing was learned.

Signals become robust z-scores (median and quartiles of the corpus, clipped at 5, so that one wild number cannot
outweigh all others), and the distance is Mahalanobis' from the labelled documents with a shrunk covariance (Ledoit and
Wolf 2004). The limit is the distance that 1 % of the labelled documents exceed when those of their own fold are left
out. A document in a language of which hardly any was labelled is beyond it too. Source of the choice: on web pages it
tells other formats and languages where embeddings do not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from review.signals.words import GROUPS, UNKNOWN

CLIP = 5.0
KNOWN = 3  # labelled documents before a language counts as known
USUAL = 0.99  # share of the labelled documents within the limit
_IQR = 1.349  # of a standard normal distribution
Array = NDArray[np.float64]


@dataclass(frozen=True)
class Novelty:
    """A fitted distance."""

    centre: NDArray[np.float32]  # (57,) median of the corpus' signals
    scale: NDArray[np.float32]  # (57,)
    mean: NDArray[np.float32]  # (57,) of the labelled documents' z-scores
    whitening: NDArray[np.float32]  # (57, 57): the distance is the length of (z - mean) @ whitening
    limit: float  # beyond it a document is unlike the labelled ones
    usual: float  # mean distance of the labelled documents, in limits
    known: NDArray[np.int32]  # (groups,) 1 where the language or script has labelled documents

    def __call__(self, signals: NDArray[np.float32], groups: NDArray[np.int32]) -> NDArray[np.float32]:
        """Novelty of documents: their distance in limits, and 1 more in an unknown language. Above 1 is novel.

        signals: (documents, 57); groups: their language guesses.
        """
        return np.asarray(self.distances(signals) / np.float32(self.limit) + (1 - self.known[groups]), np.float32)

    def distances(self, signals: NDArray[np.float32]) -> NDArray[np.float32]:
        """Distances of documents from the labelled ones."""
        z = np.clip((signals - self.centre) / self.scale, -CLIP, CLIP)
        white = (z - self.mean) @ self.whitening
        return np.asarray(np.sqrt(np.einsum("ij,ij->i", white, white)), np.float32)


def learn_novelty(
    corpus: NDArray[np.float32], labelled: NDArray[np.float32], groups: NDArray[np.int32], fold_of: NDArray[np.int64]
) -> Novelty:
    """The distance from `labelled` documents, in the units of the `corpus`; signals of both, a row a document.

    groups: language guess of each labelled document; fold_of: its fold, near-duplicates together.
    """
    low, centre, high = np.quantile(corpus, [0.25, 0.5, 0.75], axis=0)
    scale = (high - low) / _IQR
    scale = np.where(scale > 1e-9, scale, corpus.std(0))
    scale = np.where(scale > 1e-9, scale, 1.0)
    z = np.clip((labelled - centre) / scale, -CLIP, CLIP)
    apart = np.empty(len(z))
    for fold in np.unique(fold_of):
        inside = fold_of == fold
        mean, whitening = _shape(z[~inside] if (~inside).any() else z)
        apart[inside] = np.linalg.norm((z[inside] - mean) @ whitening, axis=1)
    mean, whitening = _shape(z)
    limit = float(max(np.quantile(apart, USUAL), 1e-6))
    known = (np.bincount(groups, minlength=len(GROUPS)) >= KNOWN).astype(np.int32)
    known[UNKNOWN] = 1  # a headline in no language that can be told is not news by that
    return Novelty(
        centre.astype(np.float32), scale.astype(np.float32), mean.astype(np.float32), whitening.astype(np.float32),
        limit, float(apart.mean() / limit), known,
    )  # fmt: skip


def _shape(z: Array) -> tuple[Array, Array]:
    """Mean, and a matrix that makes the shrunk covariance round."""
    from scipy.linalg import cholesky, solve_triangular
    from sklearn.covariance import ledoit_wolf

    mean = z.mean(0)
    covariance = ledoit_wolf(z)[0] if len(z) > 1 else np.eye(z.shape[1])
    covariance = covariance + 1e-6 * np.eye(len(covariance))
    lower = cholesky(covariance, lower=True)
    return mean, np.asarray(solve_triangular(lower, np.eye(len(lower)), lower=True).T)
