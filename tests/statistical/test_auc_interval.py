"""How sure an AUC is: the stated coverage, by simulation."""

import numpy as np
import pytest
from scipy.stats import norm

from review.classifier.evaluate import auc, auc_interval

TRIALS = 1_500


@pytest.mark.parametrize(("kept", "rejected"), [(10, 10), (50, 10), (100, 10), (100, 30)])
@pytest.mark.parametrize("truth", [0.5, 0.8, 0.95])
def test_the_interval_holds_the_true_auc_as_often_as_it_says(kept, rejected, truth):
    rng = np.random.default_rng([kept, rejected, int(100 * truth)])
    shift = np.sqrt(2) * norm.ppf(truth)
    keep = np.arange(kept + rejected) < kept
    held = above_chance = 0
    for _ in range(TRIALS):
        score = rng.normal(size=kept + rejected) + shift * keep
        low, high = auc_interval(float(auc(np.ones((1, len(keep))), score, keep)[0]), kept, rejected)
        held += low <= truth <= high
        above_chance += low > 0.5
    assert held / TRIALS > 0.93
    if truth == 0.5:
        assert above_chance / TRIALS < 0.04  # half of 5 %, with the error of the simulation


@pytest.mark.parametrize(("value", "low", "high"), [(1.0, 0.5, 1.0), (0.0, 0.0, 0.5)])
def test_a_perfect_ranking_is_not_certain(value, low, high):
    found = auc_interval(value, 20, 12)
    assert low < found[0] + 1e-12
    assert found[1] <= high
    assert 0 < found[1] - found[0] < 0.3
