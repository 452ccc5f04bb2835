"""A certified threshold keeps its promise: wrong in no more than the stated share of trials."""

import numpy as np
import pytest

from review.classifier.guarantee import certify

TRIALS = 1_000
TARGET, RISK = 0.90, 0.10


def corpus(random, size=20_000):
    """Scores, whether each is good, and the true good share at or above a threshold: a score of middling use."""
    logit = random.normal(1.8, 1.2, size)
    chance = 1 / (1 + np.exp(-logit))
    return np.clip(chance + random.normal(0, 0.03, size), 0, 1), random.random(size) < chance


@pytest.mark.parametrize("strata", [False, True])
def test_a_certified_threshold_is_wrong_no_more_often_than_its_risk(strata):
    random = np.random.default_rng(11 + strata)
    score, good = corpus(random)
    weight = np.ones(len(score))
    pools = [np.arange(len(score))]
    if strata:  # two shards, one drawn from four times as densely; the worse one is the larger
        order = np.argsort(score + random.normal(0, 0.2, len(score)))
        pools = [order[:16_000], order[16_000:]]
        weight[pools[0]] = 4.0
    violated = certified = 0
    for _ in range(TRIALS):
        rows = np.concatenate([random.choice(pool, 300 // len(pools), replace=False) for pool in pools])
        found = certify(score[rows], good[rows], weight[rows], score[:2_000], TARGET, RISK)
        if found.threshold is not None:
            certified += 1
            violated += good[score >= found.threshold].mean() < TARGET
    assert violated <= RISK * TRIALS
    assert certified > TRIALS / (10 if strata else 3)  # it does find thresholds, with equal chances more often
