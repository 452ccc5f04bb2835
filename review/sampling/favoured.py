"""Audit draws that favour some documents, with replacement: first a stratum by its chance, then one of its documents.

Rank r of a shard's sequence depends on seed, shard name and r alone: two 64-bit numbers from the keyed mix of
`review.sampling.audit` choose the stratum and the place within it. So a longer draw contains the shorter one, and the
same frame gives the same draws on every machine.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from review.sampling.audit import place


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """What is drawn from: a shard's documents, each with its stratum and its size."""

    rows: NDArray[np.int64]  # in the shard, ascending
    stratum: NDArray[np.int64]  # 0 .. strata - 1, none empty
    sizes: NDArray[np.int64]  # 1 each, or the documents' lengths; above 0

    def digest(self) -> str:
        """SHA-256 of everything the draws depend on."""
        columns = (self.rows, self.stratum, self.sizes)
        return hashlib.sha256(b"".join(np.ascontiguousarray(one, "<i8").tobytes() for one in columns)).hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class Places:
    """Where draws fell, one entry a rank."""

    rows: NDArray[np.int64]
    stratum: NDArray[np.int64]
    chance: NDArray[np.float64]  # of this document at one draw


def favoured_draws(
    shard_name: str, seed: int, frame: Frame, chances: Sequence[float], n: int, start: int = 0
) -> Places:
    """The draws of ranks `start` to n - 1. `chances`: of each stratum. Raises ValueError for start > n."""
    if not 0 <= start <= n:
        raise ValueError(f"start={start}, n={n}: expected 0 <= start <= n")
    ranks = np.arange(start, n, dtype=np.int64)
    ends = np.cumsum(np.asarray(chances, np.float64))
    stratum = np.searchsorted(ends / ends[-1], _uniform(shard_name, seed, "stratum", ranks), side="right")
    within = _uniform(shard_name, seed, "document", ranks)
    at = np.zeros(len(ranks), np.int64)
    chance = np.zeros(len(ranks))
    for h in np.unique(stratum):
        members = np.flatnonzero(frame.stratum == h)
        reach = np.cumsum(frame.sizes[members])
        drawn = stratum == h
        # Whole numbers up to the stratum's size: a document of size s is met by s of them.
        ticket = np.minimum((within[drawn] * reach[-1]).astype(np.int64), reach[-1] - 1)
        at[drawn] = members[np.searchsorted(reach, ticket, side="right")]
        chance[drawn] = chances[h] * frame.sizes[at[drawn]] / reach[-1]
    return Places(frame.rows[at], stratum.astype(np.int64), chance)


def _uniform(shard_name: str, seed: int, purpose: str, ranks: NDArray[np.int64]) -> NDArray[np.float64]:
    """A number in [0, 1) for each rank, of 53 bits."""
    name = f"review-favoured-1\0{seed}\0{purpose}\0{shard_name}".encode("utf-8", "surrogatepass")
    digest = hashlib.sha256(name).digest()
    keys = np.uint64(int.from_bytes(digest[:8], "little")), np.uint64(int.from_bytes(digest[8:16], "little"))
    return (place(ranks, keys) >> np.uint64(11)).astype(np.float64) * 2.0**-53
