"""The risk of a whole list of approved shards. Each certificate keeps its own promise, but of a thousand of them some
are wrong; a list may promise more.

    shard    nothing beyond each shard's own alpha
    fdr      of the shards listed, the expected share that is unacceptable is at most alpha
    family   the chance that any shard listed is unacceptable is at most alpha

With e-values: e-BH (Wang and Ramdas, 2022), valid however the shards depend on each other, and Holm's steps on their
inverses. With p-values of fixed plans: Benjamini-Yekutieli, valid likewise, and Holm. A list that mixes both turns
p-values into e-values by a calibrator. Candidates are all shards whose audit was looked at, not only the approved ones.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

ListRisk = Literal["shard", "fdr", "family"]
BY_P = ("Benjamini-Yekutieli", "Holm")  # the rules of lists whose shards have p-values, of fixed plans
RISKS: tuple[ListRisk, ...] = ("shard", "fdr", "family")


@dataclass(frozen=True, slots=True)
class Proof:
    """What a shard's labels are worth against "it is unacceptable": one of the two."""

    log_e: float | None = None
    p: float | None = None


@dataclass(frozen=True, slots=True)
class Listed:
    """Which shards a list may name at its risk. `needed`: log e-value (or log of 1 / p) that each shard left out lacks,
    by name, with what it has."""

    risk: ListRisk
    alpha: float
    candidates: int
    shards: tuple[str, ...]
    lacking: Mapping[str, tuple[float, float]]  # has, needed
    rule: str  # the procedure's name, as a manifest states it
    sentence: str


def choose(
    proofs: Mapping[str, Proof],
    approved: Collection[str],
    alpha: float,
    risk: ListRisk,
    *,
    claim: float | None = None,
    overruled: int = 0,
    lots: bool = False,
) -> Listed:
    """The approved shards of `proofs` that a list at this risk may name.

    proofs: of every shard whose audit was looked at. One that nobody approved counts with nothing to show: an e-value
    made smaller, for whatever reason, is one still, so a lead may hold back what they like. claim: the risk that is
    stated where it is more than `alpha`, the rest of it having gone to reviewer error. overruled: how many were
    approved against their labels; where each shard speaks for itself, the sentence says so. lots: some of the names
    are lots, each of several shards.
    """
    names, stated = sorted(proofs), claim or alpha
    one, all_of = ("shard or lot", "shards and lots") if lots else ("shard", "shards")
    if risk == "shard":
        said = (
            f"Each {one} was approved at its own risk of {stated:g}; of the list as a whole nothing more is promised."
        )
        if overruled:
            were = "shard was" if overruled == 1 else "shards were"
            said += f" But {overruled} {were} approved against the labels, which promises nothing."
        return Listed(risk, stated, len(names), tuple(n for n in names if n in approved), {}, "each by itself", said)
    by_p = all(proof.log_e is None and proof.p is not None for proof in proofs.values()) and bool(names)
    worth = {name: _worth(proof, by_p=by_p) if name in approved else -math.inf for name, proof in proofs.items()}
    ranked = sorted(names, key=lambda name: (-worth[name], name))
    bars = _bars(len(names), alpha, risk, by_p=by_p)
    kept = _step_up(ranked, worth, bars) if risk == "fdr" else _step_down(ranked, worth, bars)
    chosen = set(ranked[:kept])
    # One more would have to reach the bar of the list with it in.
    bar = bars[min(kept, len(bars) - 1)] if bars else 0.0
    lacking = {name: (worth[name], bar) for name in ranked[kept:] if name in approved}
    rule = {
        ("fdr", False): "e-BH",
        ("fdr", True): "Benjamini-Yekutieli",
        ("family", False): "Holm on e-values",
        ("family", True): "Holm",
    }[risk, by_p]
    said = (
        f"Of the {all_of} listed, at most {stated:.4g} are expected to be unacceptable ({rule})."
        if risk == "fdr"
        else f"The chance that any {one} listed is unacceptable is at most {stated:.4g} ({rule})."
    )
    return Listed(risk, stated, len(names), tuple(sorted(chosen)), lacking, rule, said)


def calibrated(p: float) -> float:
    """log e-value of a p-value: (1 - p + p log p) / (p log^2 p), the mean of all power calibrators."""
    if p <= 0:
        return math.inf
    if p >= 1:
        return math.log(0.5)
    log_p = math.log(p)
    return math.log((1 - p + p * log_p) / (p * log_p**2))


def _worth(proof: Proof, *, by_p: bool) -> float:
    if by_p:
        return -math.log(max(proof.p or 0.0, 1e-300))
    if proof.log_e is not None:
        return proof.log_e
    return -math.inf if proof.p is None else calibrated(proof.p)


def _bars(number: int, alpha: float, risk: ListRisk, *, by_p: bool) -> list[float]:
    """What the k-th best shard must be worth, k = 1, 2, ..."""
    harmonic = math.fsum(1 / k for k in range(1, number + 1)) if by_p and risk == "fdr" else 1.0
    if risk == "fdr":
        return [math.log(number * harmonic / (k * alpha)) for k in range(1, number + 1)]
    return [math.log((number - k + 1) / alpha) for k in range(1, number + 1)]


def _step_up(ranked: Sequence[str], worth: Mapping[str, float], bars: Sequence[float]) -> int:
    """The largest k whose k-th best shard reaches its bar."""
    return max((k for k, name in enumerate(ranked, 1) if worth[name] >= bars[k - 1] - 1e-12), default=0)


def _step_down(ranked: Sequence[str], worth: Mapping[str, float], bars: Sequence[float]) -> int:
    """How many shards reach their bars before the first that does not."""
    for k, name in enumerate(ranked):
        if worth[name] < bars[k] - 1e-12:
            return k
    return len(ranked)
