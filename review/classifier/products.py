"""The kernel of many documents as products with vectors: memory and time grow with the labels, not with their square.

The parts are kept as feature matrices, in single precision. The radial part, which has no features of its own, is
spanned by anchors: k(x, A) k(A, A)^-1 k(A, y) (Williams and Seeger 2001).
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from review.classifier.head import BIAS_VARIANCE, FORM, anchor_factor, rbf
from review.classifier.pool import Features, Pool

RANK = 100  # directions of the kernel that the preconditioner knows
_BLOCK = 2_048
_COLUMNS = 20  # a wider product of the sparse parts would need much memory and gain nothing
Array = NDArray[np.float64]


class Products:
    """K @ v for the prior covariance K of the logit between documents, believing in form."""

    def __init__(self, pool: Pool, features: Features, anchors: NDArray[np.int64]) -> None:
        """anchors: rows of `features` that span the radial part."""
        n = len(features.ranked)
        dense = [np.full((n, 1), BIAS_VARIANCE**0.5, np.float32), _radial(pool, features.ranked, anchors)]
        self._sparse: list[tuple[Any, Array, float]] = []
        self._own = np.zeros((n, 1))  # of each document with itself, by what no other one holds
        for name, part in features.parts.items():
            block, weight = pool.blocks[name], (FORM.variances[name] / pool.blocks[name].scale) ** 0.5
            if hasattr(part, "tocsr"):
                mean = block.mean * weight
                shared, own = _shared(part * weight)
                self._sparse.append((shared, np.asarray(part @ mean) * weight, float(mean @ mean)))
                self._own[:, 0] += own
            else:
                dense.append(((part - block.mean) * weight).astype(np.float32))
        self._dense = np.hstack(dense)
        self.documents = n

    def __call__(self, vectors: Array) -> Array:
        """K @ vectors, (documents, columns)."""
        out = np.empty(vectors.shape)
        for first in range(0, vectors.shape[1], _COLUMNS):
            some = vectors[:, first : first + _COLUMNS]
            single = some.astype(np.float32)
            product = (self._dense @ (self._dense.T @ single)).astype(np.float64) + self._own * some
            for part, shift, square in self._sparse:  # (part - mean) @ (part - mean).T without filling the zeros
                product += part @ (part.T @ single) + some.sum(0) * (square - shift[:, None]) - shift @ some
            out[:, first : first + _COLUMNS] = product
        return out

    def sketch(self, seed: int) -> Array:
        """F (documents, at most RANK) with F @ F.T near K: its leading part (Frangella, Tropp and Udell 2021)."""
        from scipy.linalg import eigh, qr

        draws = np.random.default_rng(seed).standard_normal((self.documents, min(RANK, self.documents)))
        test: Array = np.asarray(qr(draws, mode="economic", check_finite=False)[0], np.float64)
        image = self(test)
        inner = test.T @ image
        values, vectors = eigh((inner + inner.T) / 2, check_finite=False)
        sound = values > 1e-6 * values[-1]
        return np.asarray(image @ (vectors[:, sound] / np.sqrt(values[sound])))


def _radial(pool: Pool, ranked: NDArray[np.float32], anchors: NDArray[np.int64]) -> NDArray[np.float32]:
    """Features (documents, anchors) whose inner products are the radial part."""
    from scipy.linalg.lapack import dtrtri

    inverse = dtrtri(anchor_factor(pool, ranked[anchors]), lower=1)[0].T.astype(np.float32)
    out = np.empty((len(ranked), len(anchors)), np.float32)
    for first in range(0, len(ranked), _BLOCK):
        near = rbf(pool, ranked[first : first + _BLOCK], ranked[anchors])
        out[first : first + _BLOCK] = near.astype(np.float32) @ inverse
    return np.asarray(out * np.float32((FORM.radial / pool.rbf_scale) ** 0.5))


def _shared(part: Any) -> tuple[Any, Array]:
    """The columns that several documents hold, in single precision, and each document's sum of squares in the others:
    those, most of all pairs of words, only ever meet themselves. The commonest columns come first: products then stay
    in the cache, twice as fast.
    """
    from scipy.sparse import csr_matrix

    frequency = np.bincount(part.indices, minlength=part.shape[1])
    order = np.argsort(-frequency, kind="stable")[: np.count_nonzero(frequency > 1)]
    place = np.full(part.shape[1], -1, part.indices.dtype)
    place[order] = np.arange(len(order))
    places, document = place[part.indices], np.repeat(np.arange(part.shape[0]), np.diff(part.indptr))
    inside = places >= 0
    own: Array = np.bincount(document[~inside], part.data[~inside] ** 2, part.shape[0]).astype(np.float64)
    pointer = np.concatenate([[0], np.cumsum(np.bincount(document[inside], minlength=part.shape[0]))])
    shape = (part.shape[0], len(order))
    made = csr_matrix((part.data[inside].astype(np.float32), places[inside], pointer), shape=shape)
    return made, own
