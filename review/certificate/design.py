"""The sequential plan: a likelihood ratio of two bets for either decision, with exactly computed thresholds.

E_approve(n, F) is the evidence, after n labels with F bad ones, that less than `reject` of the shard is bad: a weighted
mean of likelihood ratios of two assumed bad shares against `reject`. E_reject is the same against `accept`. A shard is
approved at the first n where E_approve reaches its threshold, rejected at the first where E_reject does.

Ville's inequality would allow thresholds 1/alpha and 1/beta. They are lowered here to the smallest for which the exact
chance of ever crossing, over all labels up to the cap and as if the other boundary were not there, is at most alpha at
the unacceptable share and at most beta at the acceptable one. Ignoring the other boundary keeps alpha even when people
overrule a rejection and go on; better or worse shards only move the paths to the safe side. In a shard of up to
`EXACT_SIZE` documents the recursion draws without replacement, which needs fewer labels still.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from review.certificate.bounds import first_true
from review.certificate.curve import Boundaries
from review.certificate.plan import acceptable, fixed_plan, unacceptable
from review.certificate.tails import meets
from review.errors import PlanError
from review.records import Plan

Floats = npt.NDArray[np.float64]
Counts = npt.NDArray[np.int64]

EXACT_SIZE = 5_000  # larger shards are judged as unlimited ones: the thresholds differ by less than 3 %
# Assumed bad shares as odds ratios, with weights. They are the best found for 5 % against 10 %: 4.5 % and 1.5 % when
# approving, 10.5 % and 18 % when rejecting. As odds ratios they fit other plans.
APPROVING = ((0.95 * 0.045 / (0.05 * 0.955), 0.7), (0.95 * 0.015 / (0.05 * 0.985), 0.3))  # of the odds of `accept`
REJECTING = ((0.90 * 0.105 / (0.10 * 0.895), 0.8), (0.90 * 0.18 / (0.10 * 0.82), 0.2))  # of the odds of `reject`
PRECISION = 5e-4  # of the threshold's logarithm
COARSE = 4  # the same for sized shards, in steps of PRECISION
MAX_CAP = 10_000  # labels; closer shares make the exact recursion slow, and nobody labels that many


@dataclass(frozen=True, slots=True)
class Design:
    """A sequential plan ready for use: both thresholds and where they are crossed."""

    approve_at: float  # E_approve
    reject_at: float  # E_reject
    alpha: float  # exact chance to ever approve an unacceptable shard
    beta: float  # exact chance to ever reject an acceptable shard
    boundaries: Boundaries

    @property
    def cap(self) -> int:
        return self.boundaries.n


def design(plan: Plan, size: int | None) -> Design:
    """The sequential plan of a shard of `size` documents. Raises PlanError when its numbers cannot be met."""
    if plan.accept == 0:
        raise PlanError(
            "A sequential plan needs an acceptable bad share above 0: with 0, the first bad document rejects. "
            "Use the method 'fixed', which then stops at it as well."
        )
    if size is not None and size > EXACT_SIZE:
        size = None
    return _design(plan.accept, plan.reject, plan.alpha, plan.beta, size)


def evidence(plan: Plan, n: int, bad: int) -> tuple[float, float]:
    """(log E_approve, log E_reject), natural logarithms, after `bad` of n labels were bad."""
    counts, labels = np.array([float(bad)]), np.array([float(n)])
    approve, reject = _bets(plan)
    return float(_log_evidence(approve, labels, counts)[0, 0]), float(_log_evidence(reject, labels, counts)[0, 0])


@lru_cache(maxsize=8_192)
def _design(accept: float, reject: float, alpha: float, beta: float, size: int | None) -> Design:
    """The design of one size, by thresholds found for that size rounded up to two digits and proven for it.

    Thresholds grow slowly with the size, so the next round size's are valid, and nearly the best, for all sizes below:
    ten thousand shards need few searches. Should they not be, the size gets its own search.
    """
    plan = Plan(accept, reject, alpha, beta)
    steps = _thresholds(plan, None if size is None else two_digits(size))
    if not (meets(_chance(plan, size, 0, steps[0]), alpha) and meets(_chance(plan, size, 1, steps[1]), beta)):
        steps = _thresholds(plan, size)
    chances = _chance(plan, size, 0, steps[0]), _chance(plan, size, 1, steps[1])
    approve, reject_ = _boundary(plan, 0, steps[0]), _boundary(plan, 1, steps[1])
    if size is not None:
        approve, reject_ = approve[: size + 1], reject_[: size + 1]
        # What the labels already settle for certain costs no risk.
        approve = np.maximum(approve, unacceptable(plan, size) - 1 - (size - np.arange(len(approve))))
        reject_ = np.minimum(reject_, acceptable(plan, size) + 1)
    boundaries = Boundaries(tuple(approve.tolist()), tuple(reject_.tolist()))
    return Design(math.exp(steps[0] * PRECISION), math.exp(steps[1] * PRECISION), *chances, boundaries)


@lru_cache(maxsize=1_024)
def _thresholds(plan: Plan, size: int | None) -> tuple[int, int]:
    """The smallest log thresholds that keep alpha and beta, in steps of PRECISION, searched below log 1/risk."""
    # Sized shards share a coarser grid, and with it the walks; at most 0.2 % above the smallest threshold.
    grid = 1 if size is None else COARSE

    def smallest(side: int, risk: float) -> int:
        ville = math.ceil(-math.log(risk) / PRECISION / grid)
        # The chance falls about as the threshold grows: the first guess is close.
        guess = ville + round(math.log(max(_chance(plan, size, side, ville * grid), 1e-9) / risk) / PRECISION / grid)
        keeps = lambda step: meets(_chance(plan, size, side, step * grid), risk)  # noqa: E731
        return first_true(keeps, 1, ville, guess, 8 // grid) * grid

    return smallest(0, plan.alpha), smallest(1, plan.beta)


def _chance(plan: Plan, size: int | None, side: int, step: int) -> float:
    """Exact chance ever to approve an unacceptable shard (side 0), or ever to reject an acceptable one (side 1).

    Every path to a crossing point has the same chance, in a shard of any size; so the number of paths to each point,
    once counted, serves all sizes.
    """
    n, bad, paths = _crossings(plan, side, step)
    if size is None:
        share = (plan.reject, plan.accept)[side]
        return float(np.exp(paths + bad * math.log(share) + (n - bad) * math.log1p(-share)).sum())
    from scipy.special import gammaln

    def falling(x: Floats | float, k: Floats) -> Floats:
        falling: Floats = gammaln(x + 1) - gammaln(x - k + 1)
        return falling

    there = float((unacceptable, acceptable)[side](plan, size))
    possible = (n <= size) & (bad <= there) & (n - bad <= size - there)
    n, bad, paths = n[possible], bad[possible], paths[possible]
    return float(np.exp(paths + falling(there, bad) + falling(size - there, n - bad) - falling(size, n)).sum())


@lru_cache(maxsize=2_048)
def _crossings(plan: Plan, side: int, step: int) -> tuple[Floats, Floats, Floats]:
    """Where paths first cross a boundary: labels n, bad documents, and the log of the number of paths to there."""
    boundary = _boundary(plan, side, step).tolist()
    share = (plan.reject, plan.accept)[side]
    first = _first_approvals(boundary, share) if side == 0 else _first_rejections(boundary, share)
    n, bad, chance = (np.array(column, dtype=float) for column in zip(*first, strict=True))
    return n, bad, np.log(chance) - bad * math.log(share) - (n - bad) * math.log1p(-share)


@lru_cache(maxsize=256)
def _boundary(plan: Plan, side: int, step: int) -> Counts:
    """Largest bad count that approves (side 0; -1: none), or smallest that rejects (side 1), after 0..cap labels."""
    log_evidence = _tables(plan)[side]
    enough: Counts = (log_evidence >= step * PRECISION).sum(axis=1)
    if side == 1:
        rejecting: Counts = log_evidence.shape[1] - enough
        return rejecting
    approving: Counts = np.minimum(enough - 1, np.arange(len(enough)))
    return approving


def two_digits(size: int) -> int:
    """The size rounded up to two significant digits: 1234 -> 1300."""
    unit = int(10 ** max(0, len(str(size)) - 2))
    return -(-size // unit) * unit


def cap_of(plan: Plan) -> int:
    """Labels after which the plan gives up: five fixed plans, in whole hundreds."""
    cap = math.ceil(fixed_plan(plan, None).n / 20) * 100
    if cap > MAX_CAP:
        raise PlanError(
            f"Telling {plan.accept:g} from {plan.reject:g} bad one label at a time may take {cap:,} labels a shard; "
            f"allowed are {MAX_CAP:,}. Move accept and reject apart, or allow larger risks."
        )
    return cap


def assumed(base: float, ratios: tuple[tuple[float, float], ...]) -> tuple[tuple[float, float], ...]:
    """Assumed bad shares with their weights: odds `ratio` times those of `base`."""
    odds = [(ratio * base / (1 - base), weight) for ratio, weight in ratios]
    return tuple((one / (1 + one), weight) for one, weight in odds)


Bets = tuple[tuple[float, float, float], ...]  # log weight, log ratio of a good label, log ratio of a bad label


def _bets(plan: Plan) -> tuple[Bets, Bets]:
    def against(null: float, base: float, ratios: tuple[tuple[float, float], ...]) -> Bets:
        return tuple(
            (math.log(weight), math.log1p(-share) - math.log1p(-null), math.log(share / null))
            for share, weight in assumed(base, ratios)
        )

    return against(plan.reject, plan.accept, APPROVING), against(plan.accept, plan.reject, REJECTING)


def _log_evidence(bets: Bets, labels: Floats, bad: Floats) -> Floats:
    """log E at [labels, bad], shape (len(labels), len(bad))."""
    good = labels[:, None] - bad[None, :]
    terms = [weight + good * per_good + bad[None, :] * per_bad for weight, per_good, per_bad in bets]
    return np.logaddexp(*terms)


@lru_cache(maxsize=8)
def _tables(plan: Plan) -> tuple[Floats, Floats]:
    """log E_approve and log E_reject for all numbers of labels (rows) and of bad documents (columns) that matter."""
    labels = np.arange(cap_of(plan) + 1, dtype=float)
    approve, reject_ = _bets(plan)
    # With so many bad documents every path is rejected at Ville's threshold, and none is approved any more.
    most = int(np.searchsorted(_log_evidence(reject_, labels[-1:], labels)[0], -math.log(plan.beta))) + 2
    bad = np.arange(most + 1, dtype=float)
    return _log_evidence(approve, labels, bad), _log_evidence(reject_, labels, bad)


def _first_approvals(boundary: list[int], share: float) -> list[tuple[int, int, float]]:
    """(n, bad, chance) of the first time that a path has at most boundary[n] bad documents, for independent labels."""
    chance = np.zeros(boundary[-1] + 2)  # a path beyond the last column can never be approved any more
    chance[0] = 1.0
    first, before = [], -1
    for n, most in enumerate(boundary):
        if n:
            _label(chance, share)
        if most > before:  # bad counts only grow, so a path can cross only where the boundary steps up
            first += [(n, bad, float(chance[bad])) for bad in range(before + 1, most + 1) if chance[bad] > 0]
            chance[: most + 1] = 0.0
            before = most
    return first


def _first_rejections(boundary: list[int], share: float) -> list[tuple[int, int, float]]:
    """(n, bad, chance) of the first time that a path has at least boundary[n] bad documents."""
    chance = np.zeros(boundary[-1] + 1)
    chance[0] = 1.0
    first = []
    for n, least in enumerate(boundary):
        if n:
            _label(chance, share)
        if chance[least] > 0:  # paths cross one bad document at a time
            first.append((n, least, float(chance[least])))
            chance[least] = 0.0
    return first


def _label(chance: Floats, share: float) -> None:
    """One more label for the chance of every bad count, in place."""
    step = chance * share
    chance -= step
    chance[1:] += step[:-1]
