"""What a shard's own plan does to shards of any quality: with its strata, and with the errors of its readers.

Where labels are counted this is exact: a shard that is truly bad in a share m is labelled bad in a share that follows
from the errors as measured. Over strata the chances depend on where the bad documents lie, which nobody knows; here
they lie where the classifier expects them, and audits are simulated, all shares with the same random numbers, so that
the curve is as smooth as the truth.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from review.certificate.certify import aims_of, counted
from review.certificate.curve import OcPoint, oc_curve
from review.certificate.design import cap_of
from review.certificate.inputs import Inputs
from review.certificate.readers import expected
from review.certificate.statement import Aims
from review.certificate.strata import Floats, Side, Strata, shape, sides
from review.certificate.tilted import boost, log_sum

REPEATS = 250  # audits a share: a chance is known to within .06, near 0 and 1 to much less


def truth_curve(given: Inputs, shares: Sequence[float]) -> list[OcPoint]:
    """One point for each true bad share (0..1). Exact where labels are counted, simulated over strata."""
    readers, aims = given.readers, aims_of(given)
    labelled = [expected(readers, share) for share in shares] if readers else list(shares)
    bounds = counted(given)
    if bounds is not None:
        points = oc_curve(bounds, None if readers else given.size, labelled)
        return [
            OcPoint(share if readers else point.share, point.approve, point.reject, point.labels)
            for share, point in zip(shares, points, strict=True)
        ]
    assert given.strata is not None  # counted by none but them
    return [
        OcPoint(share, *point) for share, point in zip(shares, _simulated(aims, given.strata, labelled), strict=True)
    ]


def _simulated(aims: Aims, strata: Strata, labelled: Sequence[float]) -> list[tuple[float, float, float]]:
    """(approved, rejected, mean labels) for shards labelled bad in these shares."""
    inside = np.clip(np.array(labelled), 1e-6, 1 - 1e-6)
    bad = shape(np.array(strata.predicted), np.array(strata.weights), inside, np.ones(len(inside)))
    bad[np.array(labelled) == 0] = 0.0
    share = np.repeat(np.arange(len(labelled)), REPEATS)  # of every audit
    random, chances = np.random.default_rng(0), np.cumsum(strata.chances)
    walks = [
        (name, side, -math.log(risk))
        for name, plan, at, risk in (
            ("reject", aims.reject, 1, aims.plan.beta),
            ("approve", aims.approve, 0, aims.plan.alpha),
        )
        if plan is not None
        for side in (sides(plan, strata)[at],)
    ]
    paths = {name: np.tile(side.log_weights, (len(share), 1)) for name, side, _ in walks}
    boosts = {name: np.zeros(len(share)) for name, *_ in walks}
    ended = {name: np.zeros(len(share), bool) for name in ("approve", "reject")}
    alive, labels = np.arange(len(share)), np.zeros(len(share))
    for _ in range(cap_of(aims.plan)):
        one = alive % REPEATS  # audits of the same number meet the same chances at every share
        h = np.searchsorted(chances / chances[-1], random.random(REPEATS), side="right")[one].clip(max=len(strata) - 1)
        y = (random.random(REPEATS)[one] < bad[share[alive], h]).astype(np.int64)
        labels[alive] += 1
        done = np.zeros(len(alive), bool)
        for name, side, enough in walks:
            path = paths[name][alive]
            boosts[name][alive] += _boosts(side, path, boosts[name][alive], enough)
            paths[name][alive] = path = path + side.gains[:, h, y].T
            hit = (log_sum(path.T) + boosts[name][alive] >= enough - 1e-12) & ~done
            ended[name][alive[hit]] = True
            done |= hit
        alive = alive[~done]
        if not len(alive):
            break
    means = (ended["approve"], ended["reject"], labels)
    return list(zip(*(one.reshape(-1, REPEATS).mean(axis=1).tolist() for one in means), strict=True))


def _boosts(side: Side, paths: Floats, boosted: Floats, enough: float) -> Floats:
    """What the boosts before the next label add, for many audits at once."""
    log_e = log_sum(paths.T)
    room = enough - log_e - boosted
    near = side.largest > room
    added = np.zeros(len(room))
    if near.any():
        added[near] = boost(side, np.exp(paths[near] - log_e[near, None]), np.maximum(room[near], 1e-9))
    return added
