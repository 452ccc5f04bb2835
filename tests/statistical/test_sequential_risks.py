"""The sequential plan under people who stop when it looks good: seeded, quick."""

import numpy as np
import pytest

from review.certificate import certify
from review.records import Plan, Verdict

PLAN = Plan(0.05, 0.10, 0.05, 0.10, "sequential")
REPEATS = 400


def verdicts_of(random, share, size, n=700):
    """The answers of a shard's first n ranks."""
    bad = random.random(n) < share if size is None else random.permutation(size)[: min(n, size)] < round(share * size)
    return [Verdict.REJECT if is_bad else Verdict.KEEP for is_bad in bad]


@pytest.mark.parametrize("size", [None, 1500])
def test_false_approvals_and_rejections_stay_below_their_risks(size):
    random = np.random.default_rng(20261122)
    states = {
        share: [certify(PLAN, size, verdicts_of(random, share, size)).state for _ in range(REPEATS)]
        for share in (PLAN.accept, PLAN.reject)
    }
    error = 2 * (0.1 * 0.9 / REPEATS) ** 0.5
    assert states[PLAN.reject].count("approve") / REPEATS <= PLAN.alpha + error
    assert states[PLAN.accept].count("reject") / REPEATS <= PLAN.beta + error
    assert states[PLAN.accept].count("approve") / REPEATS >= 1 - PLAN.beta - error


def test_unsure_answers_raise_neither_risk():
    """A bad shard whose reviewers say unsure of every third bad document, and of some good ones, is not approved."""
    random = np.random.default_rng(3)
    wrong = 0
    for _ in range(REPEATS):
        verdicts = verdicts_of(random, PLAN.reject, None, 500)
        doubt = random.random(500)
        verdicts = [
            Verdict.UNSURE if doubt[rank] < (1 / 3 if verdict is Verdict.REJECT else 0.02) else verdict
            for rank, verdict in enumerate(verdicts)
        ]
        wrong += certify(PLAN, None, verdicts).state == "approve"
    assert wrong / REPEATS <= PLAN.alpha + 2 * (0.05 * 0.95 / REPEATS) ** 0.5


def test_answers_that_come_in_out_of_order_cannot_approve_early():
    """Good documents are judged fast, bad ones slowly: only the answered prefix may speak."""
    random = np.random.default_rng(5)
    wrong = 0
    for _ in range(120):
        truth = verdicts_of(random, PLAN.reject, None, 300)
        slow = random.random(300) * np.array([5 if verdict is Verdict.REJECT else 1 for verdict in truth])
        arrival = np.arange(300) + 10 * slow  # each reviewer works on a few ranks at a time
        for now in range(20, 350, 10):
            seen = [verdict if at <= now else None for verdict, at in zip(truth, arrival, strict=True)]
            state = certify(PLAN, None, seen).state
            if state != "more":
                wrong += state == "approve"
                break
    assert wrong / 120 <= PLAN.alpha + 2 * (0.05 * 0.95 / 120) ** 0.5
