"""A lot is approved wrongly no more often than its plan says, however its bad documents lie in its shards."""

from __future__ import annotations

import numpy as np
import pytest

from review.certificate import Inputs, certified
from review.certificate.lots import lot_order
from review.certificate.plan import unacceptable
from review.records import Plan

REPEATS = 1_500


@pytest.mark.parametrize("method", ["fixed", "sequential"])
@pytest.mark.parametrize("where", ["alike", "in one shard"])
def test_a_bad_lot_is_seldom_approved(method, where):
    """Its order is made of its shards' own; people look at it as a lot only where it looks good, which changes nothing:
    the chance that its labels ever approve it is what the plan bounds."""
    plan = Plan(0.05, 0.15, 0.05, 0.10, method)
    sizes = [60, 300, 90, 150]
    bad = unacceptable(plan, sum(sizes))
    spread = [9, 45, 14, bad - 68] if where == "alike" else [0, bad, 0, 0]
    dice, approved = np.random.default_rng(11), 0
    for seed in range(REPEATS):
        shards = [
            dice.permutation(["r"] * wrong + ["k"] * (size - wrong)) for size, wrong in zip(sizes, spread, strict=True)
        ]
        letters = "".join(shards[shard][rank] for shard, rank in lot_order(sizes, "corpus=web", seed, 200))
        approved += certified(Inputs(plan, sum(sizes), letters, of="lot")).state == "approve"
    assert approved / REPEATS <= plan.alpha + 3 * (0.05 * 0.95 / REPEATS) ** 0.5
    assert approved / REPEATS >= 0.02, "the plan is used to its risk, so the test could fail"
