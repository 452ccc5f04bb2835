"""Thousands of audits of shards whose truth is known, side by side in numpy: what the certificate promises, measured.

The bets, chances and boosts are the product's own; only the walk over labels is written again, for many audits at
once. `test_the_simulation_is_the_product` in tests/statistical compares the two label by label.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.stats import norm

from review.certificate import Strata
from review.certificate.design import cap_of, design
from review.certificate.strata import CUTS, chances_of, sides
from review.certificate.tilted import boost
from review.records import Plan

PLAN = Plan(0.05, 0.10, 0.05, 0.10, "sequential")  # "good above 90 % at .05, below 95 % at .10"
TRUTHS = (0.80, 0.90, 0.95, 0.97, 0.99)
FIXED = 239  # labels of the exact fixed plan


@dataclass(frozen=True)
class Population:
    """A shard's strata and the bad share in each."""

    strata: Strata
    bad: np.ndarray

    @property
    def share(self) -> float:
        return float(np.dot(self.strata.weights, self.bad))


def population(
    share: float, auc: float, *, slope: float = 1.0, hidden: float = 0.0, useless: bool = False, plan: Plan = PLAN
) -> Population:
    """A shard with this bad share, scored by a classifier of this AUC (two normal curves).

    slope: overconfidence of the predictions (1: calibrated). hidden: share of the bad documents that score like good
    ones. useless: it claims the AUC, but its scores say nothing.
    """
    apart = math.sqrt(2) * norm.ppf(auc)
    score = np.linspace(-8, 8 + apart, 40_001)
    good, bad = norm.pdf(score), norm.pdf(score - apart)
    truly = share * ((1 - hidden) * bad + hidden * good)
    mass = (1 - share) * good + truly
    order = np.argsort(-score)
    ends = np.cumsum(mass[order]) / mass.sum()
    stratum = np.empty(len(score), int)
    stratum[order] = np.searchsorted(np.array(CUTS[:-1]), ends - mass[order] / mass.sum() / 2, side="right")
    weights = np.bincount(stratum, mass) / mass.sum()
    claimed_logit = np.log(share * bad + 1e-300) - np.log((1 - share) * good + 1e-300)
    claimed = 1 / (1 + np.exp(-np.clip(slope * claimed_logit, -30, 30)))
    predicted = np.clip(np.bincount(stratum, claimed * mass) / np.bincount(stratum, mass), 1e-4, 1 - 1e-4)
    shares = np.bincount(stratum, truly) / np.bincount(stratum, mass)
    strata = Strata(tuple(weights.tolist()), tuple(predicted.tolist()), chances_of(weights, predicted, plan))
    return Population(strata, np.full(len(weights), share) if useless else shares)


def null_population(strata: Strata, share: float, kind: str) -> np.ndarray:
    """Bad shares of the strata with the mean `share`, put where an adversary who knows the design would."""
    weights = np.array(strata.weights)
    if kind == "flat":
        return np.full(len(weights), share)
    order = range(len(weights)) if kind == "perfect" else range(len(weights) - 1, -1, -1)  # or: among the surest good
    bad, left = np.zeros(len(weights)), share
    for at in order:
        bad[at] = min(1.0, left / weights[at])
        left -= bad[at] * weights[at]
    return bad


@dataclass(frozen=True)
class Outcome:
    """What became of the audits."""

    approved: np.ndarray
    rejected: np.ndarray
    labels: np.ndarray  # labels read until the end

    @property
    def approve(self) -> float:
        return float(self.approved.mean())

    @property
    def reject(self) -> float:
        return float(self.rejected.mean())


def audits(
    strata: Strata,
    bad: np.ndarray,
    repeats: int,
    seed: int,
    *,
    plan: Plan = PLAN,
    cap: int | None = None,
    only: str | None = None,
    batch: int = 1,
) -> Outcome:
    """Audits over strata with the boosted bets. only: the other side is ignored, as people do who overrule it.
    batch: labels come in and are looked at so many at a time."""
    random = np.random.default_rng(seed)
    cap = cap or cap_of(plan)
    both = dict(zip(("approve", "reject"), zip(sides(plan, strata), (plan.alpha, plan.beta), strict=True), strict=True))
    running = {name: pair for name, pair in both.items() if only in (None, name)}
    paths = {name: np.tile(side.log_weights, (repeats, 1)) for name, (side, _) in running.items()}
    boosts = {name: np.zeros(repeats) for name in running}
    alive, labels = np.arange(repeats), np.full(repeats, cap)
    ended = {name: np.zeros(repeats, bool) for name in ("approve", "reject")}
    chances = np.cumsum(strata.chances)
    chances /= chances[-1]
    crossed = {name: np.zeros(repeats, bool) for name in running}
    for n in range(1, cap + 1):
        h = np.minimum(np.searchsorted(chances, random.random(len(alive)), side="right"), len(strata) - 1)
        y = (random.random(len(alive)) < bad[h]).astype(int)
        for name, (side, risk) in running.items():
            enough = -math.log(risk)
            path = paths[name][alive]
            now = _log_sum(path)
            near = now + boosts[name][alive] + side.largest > enough
            if near.any():
                trust = np.exp(path[near] - now[near, None])
                room = np.maximum(enough - now[near] - boosts[name][alive[near]], 1e-9)
                boosts[name][alive[near]] += boost(side, trust, room)
            paths[name][alive] = path = path + side.gains[:, h, y].T
            crossed[name][alive] |= _log_sum(path) + boosts[name][alive] >= enough - 1e-12
        if n % batch == 0 or n == cap:
            done = np.zeros(len(alive), bool)
            for name in running:
                hit = crossed[name][alive] & ~done
                ended[name][alive[hit]] = True
                done |= hit
            labels[alive[done]] = n
            alive = alive[~done]
            if not len(alive):
                break
    return Outcome(ended["approve"], ended["reject"], labels)


def uniform_audits(
    share: float,
    repeats: int,
    seed: int,
    *,
    plan: Plan = PLAN,
    size: int | None = None,
    only: str | None = None,
    batch: int = 1,
) -> Outcome:
    """Audits without a classifier, by the counted thresholds."""
    random = np.random.default_rng(seed)
    boundaries = design(plan, size).boundaries
    cap = boundaries.n
    bad = np.zeros(repeats, int)
    alive, labels = np.arange(repeats), np.full(repeats, cap)
    ended = {name: np.zeros(repeats, bool) for name in ("approve", "reject")}
    there = 0 if size is None else round(share * size)
    over = {name: np.zeros(repeats, bool) for name in ended}
    for n in range(1, cap + 1):
        chance = share if size is None else (there - bad[alive]) / (size - n + 1)
        bad[alive] += random.random(len(alive)) < chance
        over["approve"][alive] |= bad[alive] <= boundaries.approve[n]
        over["reject"][alive] |= bad[alive] >= boundaries.reject[n]
        if n % batch and n < cap:
            continue
        done = np.zeros(len(alive), bool)
        for name in ended:
            if only in (None, name):
                hit = over[name][alive] & ~done
                ended[name][alive[hit]] = True
                done |= hit
        labels[alive[done]] = n
        alive = alive[~done]
        if not len(alive):
            break
    return Outcome(ended["approve"], ended["reject"], labels)


def _log_sum(paths: np.ndarray) -> np.ndarray:
    top = paths.max(axis=1)
    return top + np.log(np.exp(paths - top[:, None]).sum(axis=1))
