"""The sequential plan over score strata: bets that follow a classifier, valid whatever the classifier is worth.

E_approve is a weighted mean of likelihood ratios, one a bet of `review.certificate.strata`. Under every unacceptable
shard it is a supermartingale, so by Ville's inequality it ever reaches 1/alpha with chance at most alpha, at every
stopping time; E_reject likewise with beta. Near a threshold a label could carry the evidence beyond it, which earns
nothing. That surplus is given to the other outcomes of the same label (boosting: Fischer and Ramdas, "Improving Wald's
approximate sequential probability ratio test by avoiding overshoot", 2024): before the draw the gains are multiplied by
the largest b for which, cut off at the threshold, their expected value under the worst shard of the null is still 1.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from review.certificate.design import cap_of
from review.certificate.statement import Aims, Finding, State, answered, prefix
from review.certificate.strata import Floats, Integers, Side, Strata, shape, sides
from review.certificate.weighted import weighted_interval
from review.records import Plan

FIRST_STRATUM = ord("a")
SLACK = 1e-12
HALVINGS = 20  # of log 2, and seldom of more


@dataclass(frozen=True, slots=True, eq=False)
class Course:
    """The evidence of one side: `log_e[t]` after t labels, without boosts, what the boosts had added by then, and after
    how many labels both together were enough (after which nothing is boosted any more)."""

    log_e: Floats
    boosts: Floats
    crossed: int | None


def places(drawn: str) -> Integers:
    """Strata of draws written as letters, a the first."""
    return np.frombuffer(drawn.encode("ascii"), np.uint8).astype(np.int64) - FIRST_STRATUM


def letters(strata: Sequence[int]) -> str:
    """Strata as letters."""
    return "".join(chr(FIRST_STRATUM + stratum) for stratum in strata)


def course(side: Side, strata: Integers, bad: Integers, risk: float) -> Course:
    """The evidence label by label, for the strata drawn and whether each document was bad (1) or good (0)."""
    steps = side.gains[:, strata, bad]
    paths = np.concatenate([side.log_weights[:, None], side.log_weights[:, None] + np.cumsum(steps, axis=1)], axis=1)
    log_e = log_sum(paths)
    enough = -math.log(risk)
    near = np.flatnonzero(log_e[:-1] + side.largest > enough - SLACK)
    boosts = np.zeros(len(log_e))
    if not len(near):
        return Course(log_e, boosts, None)
    boosted = 0.0
    for t in range(int(near[0]), len(bad)):
        now = float(log_e[t]) + boosted
        if now + side.largest > enough:
            trust = np.exp(paths[:, t] - log_e[t])
            boosted += float(boost(side, trust[None, :], np.array([enough - now]))[0])
            boosts[t + 1 :] = boosted
        if float(log_e[t + 1]) + boosted >= enough - SLACK:
            return Course(log_e, boosts, t + 1)
    return Course(log_e, boosts, None)


def boost(side: Side, trust: Floats, room: Floats) -> Floats:
    """log b of the next label, for many courses at once. trust (courses, bets): each bet's share of the evidence;
    room (courses,): log of what is missing to the threshold."""
    gain = np.tensordot(trust, np.exp(side.gains), axes=1)  # (courses, strata, 2)
    cap = np.exp(room)
    log_b = np.zeros(len(cap))
    over = gain.max(axis=(1, 2)) > cap
    if over.any():
        log_b[over] = _largest(side, gain[over], cap[over])
    return log_b


def _largest(side: Side, gain: Floats, cap: Floats) -> Floats:
    """log of the largest b, from below to one in a million: doubling steps, then halving."""
    low, high = np.zeros(len(cap)), np.full(len(cap), math.log(2))
    while (wide := _worst(side, gain, high, cap) <= 1).any():
        high = np.where(wide, high * 2, high)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        fits = _worst(side, gain, middle, cap) <= 1
        low, high = np.where(fits, middle, low), np.where(fits, high, middle)
    return low


def _worst(side: Side, gain: Floats, log_b: Floats, cap: Floats) -> Floats:
    """The largest expected gain, multiplied by b and cut off, under any shard of the null: bad documents are put where
    they pay best."""
    cut = np.minimum(gain * np.exp(log_b)[:, None, None], cap[:, None, None])
    pays = side.chances * (cut[:, :, 1] - cut[:, :, 0])
    order = np.argsort(-pays / side.weights, axis=1)
    weights, pays = side.weights[order], np.take_along_axis(pays, order, axis=1)
    filled = np.clip((side.null - np.cumsum(weights, axis=1)) / weights + 1, 0.0, 1.0)
    # The null asks for at least so many bad documents, or allows at most so many.
    share = np.maximum(filled, pays > 0) if side.above else filled * (pays > 0)
    worst: Floats = cut[:, :, 0] @ side.chances + (share * pays).sum(axis=1)
    return worst


def interval(strata: Strata, drawn: str, verdicts: str, risk: float) -> tuple[float, float]:
    """The 1 - risk confidence sequence of the answered prefix, with unsure on the cautious side at either end."""
    verdicts = prefix(verdicts)
    certain, possible = marks(verdicts)
    return weighted_interval(strata, places(drawn[: len(verdicts)]), certain, possible, risk)


def marks(verdicts: str) -> tuple[Integers, Integers]:
    """1 for every verdict that is bad for certain, and for every one that may be."""
    given = np.frombuffer(verdicts.encode("ascii"), np.uint8)
    certain = (given == ord("r")).astype(np.int64)
    return certain, certain | (given == ord("u"))


def judge(aims: Aims, strata: Strata, drawn: str, verdicts: str) -> Finding:
    """What draws in rank order show, up to the first unanswered one or the first decision.

    `drawn`: the strata of the ranks, a letter each. `unsure` counts as bad for approving and as good for rejecting.
    """
    cap = cap_of(aims.plan)
    verdicts = prefix(verdicts[:cap])
    place = places(drawn[: len(verdicts)])
    log_e: dict[str, float | None] = {"approve": None, "reject": None}
    state: State = "undecided" if len(verdicts) == cap else "more"
    at = len(verdicts)
    courses = courses_of(aims, strata, place, verdicts)
    for name, one in courses.items():
        if one.crossed is not None and one.crossed <= at:
            state, at = ("reject" if name == "reject" else "approve"), one.crossed
    log_e |= {name: float(one.log_e[at]) for name, one in courses.items()}
    n, bad, unsure = answered(verdicts[:at])
    waiting = state == "more"
    return Finding(
        state=state,
        n=n,
        bad=bad,
        unsure=unsure,
        needed=cap,
        allowed=None,
        more=cap - n if waiting else 0,
        expected_more=min(float(cap - n), _expected_more(aims, strata, log_e, n, bad + unsure)) if waiting else 0.0,
        interval=interval(strata, drawn, verdicts[:at], aims.plan.alpha),
        evidence=log_e["approve"],
        used=verdicts[:at],
    )


def courses_of(aims: Aims, strata: Strata, place: Integers, verdicts: str) -> dict[str, Course]:
    """The evidence of "reject" and of "approve" over answered verdicts; a side that reviewer error closes is left out.

    place: the stratum of each. `unsure` counts as bad for approving and as good for rejecting.
    """
    certain, possible = marks(verdicts)
    courses = {}
    if aims.reject:
        courses["reject"] = course(sides(aims.reject, strata)[1], place, certain, aims.reject.beta)
    if aims.approve:
        courses["approve"] = course(sides(aims.approve, strata)[0], place, possible, aims.approve.alpha)
    return courses


def _expected_more(aims: Aims, strata: Strata, log_e: dict[str, float | None], n: int, bad: int) -> float:
    """About how many further labels, if the shard goes on as bad as it began, where the classifier expects it.

    What is missing to each threshold over the mean gain of the side's best bet; whichever comes first.
    """
    share = (bad + aims.plan.accept) / (n + 1)
    share = min(0.95, 1.15 ** round(math.log(share) / math.log(1.15)))  # few shares, so that few paces serve all
    ways = []
    for at, (side, plan) in enumerate((("approve", aims.approve), ("reject", aims.reject))):
        now = log_e[side]
        if plan is not None and now is not None and (pace := _pace(plan, strata, share)[at]) > 0:
            ways.append((-math.log((plan.alpha, plan.beta)[at]) - now) / pace)
    return max(1.0, min(ways)) if ways else math.inf


@lru_cache(maxsize=16_384)
def _pace(plan: Plan, strata: Strata, share: float) -> tuple[float, float]:
    """Mean log gain a label of either side's best bet, in a shard of this bad share that the classifier describes."""
    truly = shape(np.array(strata.predicted), np.array(strata.weights), np.array([share]), np.array([1.0]))[0]
    chances = np.array(strata.chances)
    approve, reject = (
        float(((1 - truly) * side.gains[:, :, 0] + truly * side.gains[:, :, 1]).dot(chances).max())
        for side in sides(plan, strata)
    )
    return approve, reject


def log_sum(paths: Floats) -> Floats:
    """log of the sum over bets of exp."""
    top = paths.max(axis=0)
    total: Floats = top + np.log(np.exp(paths - top).sum(axis=0))
    return total
