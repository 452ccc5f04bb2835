"""The audit stream: a fixed random order of a shard's rows, of which a draw takes the first ones.

Row r's place is its rank by a keyed 64-bit mix: with two 64-bit keys from the sha256 of seed and shard name,
h(r) = mix(mix(r + k0) xor k1), mix being the finaliser of splitmix64 (Steele, Lea, Flood, 2014, "Fast splittable
pseudorandom number generators"). Every step is a bijection of 64-bit integers, so no two rows tie. Taking the n rows of
smallest h is a simple random sample without replacement (bottom-k), and a larger draw contains the smaller one.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

CHUNK = 1 << 20

AuditOrder = Callable[..., NDArray[np.int64]]


def audit_order(
    shard_name: str, seed: int, rows: int, excluded: Sequence[int], n: int, start: int = 0
) -> NDArray[np.int64]:
    """Rows of the ranks `start` to n - 1, in rank order, of the shard's fixed random order.

    The frame is range(rows) without `excluded` (sorted, distinct); when it holds fewer than n rows, all of them are
    ranked. Time is linear in `rows` (10^8 rows: seconds), memory 16 bytes for each of n and of a chunk of 2^20 rows.
    Raises ValueError for a negative number or start > n.
    """
    if rows < 0 or not 0 <= start <= n:
        raise ValueError(f"rows={rows}, start={start}, n={n}: expected 0 <= rows and 0 <= start <= n")
    left_out = np.asarray(excluded, np.int64)
    keys = _keys(shard_name, seed)
    best = np.empty(0, np.int64)
    places = np.empty(0, np.uint64)
    for first in range(0, rows, CHUNK):
        chunk = np.arange(first, min(first + CHUNK, rows), dtype=np.int64)
        lo, hi = np.searchsorted(left_out, [first, first + CHUNK])
        if lo < hi:
            chunk = np.delete(chunk, left_out[lo:hi] - first)
        found = place(chunk, keys)
        if len(best) == n and n:  # full: only rows before the worst one kept can enter
            near = found < places.max()
            chunk, found = chunk[near], found[near]
        best, places = np.concatenate([best, chunk]), np.concatenate([places, found])
        if len(best) > n:
            keep = np.argpartition(places, n)[:n]
            best, places = best[keep], places[keep]
    return best[np.argsort(places)][start:]


def place(rows: NDArray[np.int64], keys: tuple[np.uint64, np.uint64]) -> NDArray[np.uint64]:
    """The keyed 64-bit place of each row."""
    with np.errstate(over="ignore"):  # arithmetic modulo 2^64 is meant
        return _mix(_mix(rows.astype(np.uint64) + keys[0]) ^ keys[1])


def inclusion_probability(n: int, documents: int) -> float:
    """Chance of each document to be among the first n of a frame of `documents`, in 0..1."""
    return min(1.0, n / documents) if documents else 0.0


def _keys(shard_name: str, seed: int) -> tuple[np.uint64, np.uint64]:
    digest = hashlib.sha256(f"review-audit-1\0{seed}\0{shard_name}".encode("utf-8", "surrogatepass")).digest()
    return np.uint64(int.from_bytes(digest[:8], "little")), np.uint64(int.from_bytes(digest[8:16], "little"))


def _mix(x: NDArray[np.uint64]) -> NDArray[np.uint64]:
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return x ^ (x >> np.uint64(31))


AUDIT: dict[str, AuditOrder] = {"simple": audit_order}
