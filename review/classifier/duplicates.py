"""Groups of near-duplicates, so that no document is tested by a model that learned from its copy.

MinHash over runs of five words (Broder 1997): two documents are one group when they share a band of minima and their
estimated Jaccard similarity is 0.6 or more, or when their words are the same. Groups are closed transitively.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

SHINGLE = 5
PERMUTATIONS = 64
ROWS = 4  # minima a band: 16 bands of 4 find pairs of Jaccard 0.6 with a chance of 0.9
SIMILAR = 0.6
_SEED = 20_250_101


def near_duplicate_groups(hashes: NDArray[np.uint64], ends: NDArray[np.int64]) -> NDArray[np.int64]:
    """Group of each document: the smallest row number in it. hashes: the documents' word hashes in order."""
    n = len(ends)
    sketches = _sketches(hashes, ends)
    parent = list(range(n))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    for band in range(0, PERMUTATIONS, ROWS):
        # One number for a band's minima: should two bands ever share it, the documents must still be similar.
        mixed = (sketches[:, band : band + ROWS] * _MULTIPLY[:ROWS, 0]).sum(1, dtype=np.uint64)
        _, index, place = np.unique(mixed, return_index=True, return_inverse=True)
        first = index[place]
        rows = np.flatnonzero(first != np.arange(n))
        alike = (sketches[rows] == sketches[first[rows]]).mean(1) >= SIMILAR
        for row, other in zip(rows[alike].tolist(), first[rows[alike]].tolist(), strict=True):
            low, high = sorted((root(row), root(other)))
            parent[high] = low
    return np.array([root(row) for row in range(n)], np.int64)


def text_groups(texts: Sequence[str]) -> NDArray[np.int64]:
    """Group of each text: the smallest row number in it."""
    from review.signals.scan import Scanner, Texts

    _, grams = Scanner().grams(Texts.from_strings(texts))
    return near_duplicate_groups(grams.hashes, grams.order_ends)


def folds(groups: NDArray[np.int64], keep: NDArray[np.bool_], number: int, seed: int) -> NDArray[np.int64]:
    """Fold 0..number-1 of each document: groups stay together, verdicts are spread evenly, order set by the seed."""
    rng = np.random.default_rng(seed)
    names, group = np.unique(groups, return_inverse=True)
    share = np.bincount(group, keep) / np.bincount(group)
    order = np.lexsort((rng.random(len(names)), share))
    fold_of = np.empty(len(names), np.int64)
    fold_of[order] = np.arange(len(names)) % number
    return fold_of[group]


def _sketches(hashes: NDArray[np.uint64], ends: NDArray[np.int64]) -> NDArray[np.uint64]:
    """The minima (documents, PERMUTATIONS) of each document's shingles under every permutation."""
    from review.classifier.sketch import sketches

    out = np.full((len(ends), PERMUTATIONS), np.iinfo(np.uint64).max)
    sketches.bind(hashes, ends, _ADD.ravel(), _MULTIPLY.ravel(), out)(SHINGLE)
    return out


def _permutations() -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Odd factors and masks, (PERMUTATIONS, 1) each."""
    values = np.random.default_rng(_SEED).integers(0, 2**64, (PERMUTATIONS, 2), np.uint64)
    return values[:, :1] | np.uint64(1), values[:, 1:]


_MULTIPLY, _ADD = _permutations()
