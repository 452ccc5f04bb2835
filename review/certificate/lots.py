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

import numpy as np
import numpy.typing as npt

from review.errors import PlanError

PERMUTATIONS = 2_000


@dataclass(frozen=True, slots=True)
class Homogeneity:
    """Whether shards differ in their bad share, by the first `labels` answers of each."""

    shards: int
    labels: int
    spread: float  # chi-squared statistic over its mean under equal shares; 1: as chance alone would have it
    p: float  # chance of a spread as large if all had the same share

    @property
    def differ(self) -> bool:
        return self.p <= 0.05


def homogeneity(bad: Sequence[int], labels: int, *, seed: int = 0, permutations: int = PERMUTATIONS) -> Homogeneity:
    """Permutation test of equal bad shares. `bad[i]` of the first `labels` answers of shard i were bad.

    The same number of answers of each, fixed beforehand: shards whose labelling stopped early because of what was seen
    would look more different than they are. Under equal shares every way to deal the bad answers to the shards is
    equally likely, so the p-value is exact, up to the number of permutations. Raises PlanError for impossible counts.
    """
    counts = np.asarray(bad, np.int64)
    if len(counts) < 2 or labels < 1 or counts.min() < 0 or counts.max() > labels:
        raise PlanError(f"{len(counts)} shards with {labels} answers each cannot be compared; two with one can.")
    total = int(counts.sum())
    if total in (0, labels * len(counts)):
        return Homogeneity(len(counts), labels, 1.0, 1.0)
    random = np.random.default_rng(seed)
    dealt = random.multivariate_hypergeometric([labels] * len(counts), total, size=permutations)
    # With equal numbers of answers the chi-squared statistic grows with the sum of squares alone.
    seen, by_chance = int((counts**2).sum()), (dealt.astype(np.int64) ** 2).sum(axis=1)
    mean = total / len(counts)
    share = mean / labels
    statistic = float(((counts - mean) ** 2).sum() / (labels * share * (1 - share)))
    p = (1 + int((by_chance >= seen).sum())) / (1 + permutations)
    expected = (len(counts) - 1) * len(counts) * labels / (len(counts) * labels - 1)
    return Homogeneity(len(counts), labels, statistic / expected, p)


def lot_order(sizes: Sequence[int], name: str, seed: int, n: int) -> list[tuple[int, int]]:
    """The lot's first n documents as (shard's place in `sizes`, rank in that shard's random order).

    Raises PlanError for a shard without documents.
    """
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
    return order
