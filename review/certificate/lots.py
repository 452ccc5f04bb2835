"""Shards taken together: whether they differ at all, and one random order over several of them.

A lot is a set of shards chosen by what is known of them beforehand, never by their labels, and certified as one large
shard. Its random order is made of the shards' own: a seeded random sequence says whose next document comes, each shard
as often as it has documents. So labels that single shards were given serve the lot as they are, and the lot's first n
documents are a simple random sample of all its documents.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from review.errors import PlanError

PERMUTATIONS = 2_000
SLACK = 1e-9  # equal statistics may be summed in another order


@dataclass(frozen=True, slots=True)
class Homogeneity:
    """Whether shards differ in their bad share, by answers of each."""

    shards: int
    labels: int  # answers in all
    spread: float  # chi-squared statistic over its mean under equal shares; 1: as chance alone would have it
    p: float  # chance of a spread as large if all had the same share

    @property
    def differ(self) -> bool:
        return self.p <= 0.05


def homogeneity(
    bad: Sequence[int], labels: Sequence[int], *, seed: int = 0, permutations: int = PERMUTATIONS
) -> Homogeneity:
    """Permutation test of equal bad shares. `bad[i]` of the `labels[i]` answers of shard i were bad.

    How many answers a shard has must not hang on what they were: shards whose labelling stopped early because of what
    was seen would look more different than they are. Under equal shares every way to deal the bad answers to the
    shards is equally likely, so the p-value is exact, up to the number of permutations. Raises PlanError for
    impossible counts.
    """
    counts, of = np.asarray(bad, np.int64), np.asarray(labels, np.int64)
    if len(counts) < 2 or len(of) != len(counts) or of.min() < 1 or counts.min() < 0 or (counts > of).any():
        raise PlanError(
            f"{len(counts)} shards with {list(labels)[:5]} answers, {list(bad)[:5]} of them bad, cannot be compared; "
            "two shards with an answer each can."
        )
    total, answers = int(counts.sum()), int(of.sum())
    if total in (0, answers):
        return Homogeneity(len(counts), answers, 1.0, 1.0)
    random = np.random.default_rng(seed)
    dealt = random.multivariate_hypergeometric(of, total, size=permutations)
    share = total / answers

    def statistic(found: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        chi: npt.NDArray[np.float64] = ((found - of * share) ** 2 / (of * share * (1 - share))).sum(axis=-1)
        return chi

    seen, by_chance = float(statistic(counts)), statistic(dealt)
    p = (1 + int((by_chance >= seen - SLACK).sum())) / (1 + permutations)
    return Homogeneity(len(counts), answers, seen / ((len(counts) - 1) * answers / (answers - 1)), p)


def lot_order(sizes: Sequence[int], name: str, seed: int, n: int) -> list[tuple[int, int]]:
    """The lot's first n documents, of `sizes[i]` in shard i, as (shard's place in `sizes`, rank in that shard's order).

    The first documents are the same whatever n is. Raises PlanError for a shard without documents.
    """
    return list(_order(tuple(sizes), name, seed, n))


@lru_cache(maxsize=1_024)  # every label of a lot asks for its order
def _order(sizes: tuple[int, ...], name: str, seed: int, n: int) -> tuple[tuple[int, int], ...]:
    left = np.asarray(sizes, np.int64)
    if not len(left) or left.min() < 1:
        raise PlanError(f"A lot of shards of {list(sizes)} documents cannot be; each needs at least one.")
    total = int(left.sum())
    n = min(n, total)
    digest = hashlib.sha256(f"review-lot-1\0{seed}\0{name}".encode("utf-8", "surrogatepass")).digest()
    random = np.random.Generator(np.random.Philox(int.from_bytes(digest[:16], "little")))
    ranks: npt.NDArray[np.int64] = np.zeros(len(left), np.int64)
    order = []
    for at in range(n):
        # A uniform document of those left decides which shard's next one comes.
        ticket = int(random.integers(0, total - at))
        shard = int(np.searchsorted(np.cumsum(left), ticket, side="right"))
        order.append((shard, int(ranks[shard])))
        ranks[shard] += 1
        left[shard] -= 1
    return tuple(order)
