"""Minima of a document's shingles under many permutations, compiled: the costly part of finding near-duplicates."""

# numba infers the types of the kernel's arguments; mypy cannot.
# mypy: disable-error-code="no-untyped-def,arg-type"
# ruff: noqa: ANN001, ANN201

from __future__ import annotations

import numpy as np

from review.compiled import kernel

_FACTOR = np.uint64(0x100000001B3)
_HALF = np.uint64(32)


@kernel
def sketches(shingle, hashes, ends, add, multiply, out):
    """Lower `out` (documents, permutations) to the minima over each document's runs of `shingle` words.

    hashes: words of all documents in order, a document's end at ends[i]; a shorter document is one run, an empty one
    the run 0; add, multiply: (permutations,) of uint64.
    """
    start = 0
    for row in range(len(ends)):
        stop = ends[row]
        width = min(shingle, stop - start)
        for first in range(start, max(stop - width, start) + 1):
            run = np.uint64(0)
            for place in range(first, first + width):
                run = run * _FACTOR + hashes[place]
            for one in range(len(add)):
                mixed = (run ^ add[one]) * multiply[one]
                mixed ^= mixed >> _HALF
                out[row, one] = min(out[row, one], mixed)
        start = stop
