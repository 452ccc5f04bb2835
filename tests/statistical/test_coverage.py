"""What is promised holds: by enumeration where a shard is small, by seeded simulation where it is not."""

from math import comb

import numpy as np
import pytest

from review.certificate import certify, confidence_sequence, fixed_plan, interval, lower_bound, upper_bound
from review.records import Plan, Verdict


@pytest.mark.parametrize(("size", "n"), [(12, 5), (40, 15), (60, 45)])
@pytest.mark.parametrize("confidence", [0.8, 0.95])
def test_finite_bounds_cover_every_truth(size, n, confidence):
    """Exact: for every number d of bad documents, the chance that the bound holds d is at least the confidence."""
    for d in range(size + 1):
        chances = [comb(d, k) * comb(size - d, n - k) / comb(size, n) for k in range(n + 1)]
        held = {"upper": 0.0, "lower": 0.0, "both": 0.0}
        for bad, chance in enumerate(chances):
            if not chance:
                continue
            low, high = interval(bad, n, size, confidence)
            held["upper"] += chance * (d <= round(upper_bound(bad, n, size, confidence) * size))
            held["lower"] += chance * (d >= round(lower_bound(bad, n, size, confidence) * size))
            held["both"] += chance * (round(low * size) <= d <= round(high * size))
        assert min(held.values()) >= confidence - 1e-12, (d, held)


def ever_missed(size, d, alpha):
    """Exact chance that the running interval of a shard with d bad documents ever misses d, over all its draws."""
    alive, missed = {0: 1.0}, 0.0
    for n in range(1, size + 1):
        ahead = {}
        for bad, chance in alive.items():
            next_bad = (d - bad) / (size - n + 1)
            for count, p in ((bad, 1 - next_bad), (bad + 1, next_bad)):
                if p > 0:
                    ahead[count] = ahead.get(count, 0.0) + chance * p
        alive = {}
        for bad, chance in ahead.items():
            low, high = confidence_sequence(bad, n, size, alpha)
            if round(low * size) <= d <= round(high * size):
                alive[bad] = chance
            else:
                missed += chance
    return missed


@pytest.mark.parametrize(("size", "alpha"), [(9, 0.2), (25, 0.1), (25, 0.05)])
def test_the_running_interval_ever_misses_with_chance_at_most_alpha(size, alpha):
    missed = [ever_missed(size, d, alpha) for d in range(size + 1)]
    assert max(missed) <= alpha + 1e-12
    assert max(missed) > alpha / 10  # it is no empty promise


@pytest.mark.parametrize("share", [0.02, 0.1, 0.5])
def test_the_running_interval_survives_looking_at_every_label_of_a_large_shard(share):
    """1,000 shards of 20,000 documents, looked at after each of 300 labels; alpha .10."""
    random = np.random.default_rng(20261122)
    size, alpha, repeats = 20_000, 0.10, 1_000
    d = round(share * size)
    verdicts = np.array([random.permutation(size)[:300] < d for _ in range(repeats)])
    bad = verdicts.cumsum(axis=1)
    missed = np.zeros(repeats, dtype=bool)
    for n in range(1, 301):
        at = np.array([confidence_sequence(k, n, size, alpha) for k in range(n + 1) if k <= bad[:, n - 1].max()])
        low, high = at[bad[:, n - 1], 0], at[bad[:, n - 1], 1]
        missed |= (low > share + 1e-12) | (high < share - 1e-12)
    assert missed.mean() <= alpha + 2 * (alpha * (1 - alpha) / repeats) ** 0.5


@pytest.mark.parametrize("size", [None, 400])
def test_stopping_whenever_it_looks_good_does_not_approve_more_bad_shards(size):
    """Peeking after every answer, answers coming in any order: the plan's alpha holds, good shards pass."""
    plan = Plan(0.02, 0.08, 0.10, 0.10)
    random = np.random.default_rng(7)
    needed = fixed_plan(plan, size).n
    approved = {}
    for share in (plan.accept, plan.reject):
        hits = 0
        for _ in range(300):
            if size is None:
                truth = random.random(needed) < share
            else:
                truth = random.permutation(size)[:needed] < round(share * size)
            # Bad documents take longest: the worst order for a naive running rate.
            order = np.argsort(truth, kind="stable")
            verdicts = [None] * needed
            state = "more"
            for rank in order:
                verdicts[rank] = Verdict.REJECT if truth[rank] else Verdict.KEEP
                state = certify(plan, size, verdicts).state if len(order) - sum(map(bool, verdicts)) < 12 else "more"
                if state in ("approve", "reject"):
                    break
            hits += state == "approve"
        approved[share] = hits / 300
    error = 2 * (0.1 * 0.9 / 300) ** 0.5
    assert approved[plan.reject] <= plan.alpha + error
    assert approved[plan.accept] >= 1 - plan.beta - error
