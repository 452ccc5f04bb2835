"""One reviewer at a time: errors on gold, consistency, speed, drift."""

from datetime import date, timedelta

import numpy as np
import pytest
from scipy.stats import binomtest

from review.agreement import Judgements, drift, holm, reviewer_errors, self_consistency, share, speed, trend

VERDICTS = ["keep", "unsure", "reject"]


@pytest.mark.parametrize(("cases", "of"), [(0, 10), (11, 17), (10, 10), (1, 1), (37, 400)])
def test_the_interval_of_a_share_is_exact(cases, of):
    found = share(cases, of)
    known = binomtest(cases, of).proportion_ci(method="exact")
    assert (found.low, found.high) == pytest.approx((known.low, known.high))


def test_eleven_of_seventeen_planted_documents_says_38_to_86_percent():
    found = share(11, 17)
    assert (round(found.low, 2), round(found.high, 2)) == (0.38, 0.86)


def test_a_share_of_nothing_may_be_anything():
    found = share(0, 0)
    assert np.isnan(found.value)
    assert (found.low, found.high) == (0.0, 1.0)


def test_cases_beyond_the_number_are_refused():
    with pytest.raises(ValueError, match="3 cases among 2 cannot be"):
        share(3, 2)


def test_sensitivity_counts_bad_documents_found_and_specificity_good_ones_spared():
    gold = {1: "reject", 2: "reject", 3: "keep", 4: "keep", 9: "keep"}
    rows = [(1, "ana", "reject"), (2, "ana", "unsure"), (3, "ana", "keep"), (4, "ana", "reject"),
            (1, "ben", "keep"), (7, "cleo", "reject"), (2, "ben", "reject"), (2, "ben", "keep")]  # fmt: skip
    found = reviewer_errors(Judgements.from_tuples(rows, values=VERDICTS), gold, {"reject"})
    counts = {e.reviewer: (e.sensitivity.cases, e.sensitivity.of, e.specificity.cases, e.specificity.of) for e in found}
    assert counts == {"ana": (1, 2, 1, 2), "ben": (1, 2, 0, 0)}  # cleo judged no gold; ben's second try is no find


def test_self_consistency_compares_the_first_two_judgements_of_an_item():
    rows = [(1, "ana", "keep"), (1, "ana", "reject"), (1, "ana", "reject"), (2, "ana", "keep"), (2, "ben", "reject"),
            (2, "ana", "keep"), (3, "ana", "reject")]  # fmt: skip
    found = self_consistency(Judgements.from_tuples(rows, values=VERDICTS), ["raw"], seed=1)
    assert list(found) == ["ana"]
    assert found["ana"].items == 2
    assert found["ana"].counts.tolist() == [[1, 0, 1], [0, 0, 0], [0, 0, 0]]
    assert found["ana"].coefficients["raw"].value == 0.5


def test_speed_is_the_median_of_what_was_read():
    found = speed([0.0, 4.0, 5.0, 6.0, 7.0, 300.0, 0.0])
    assert (found.documents, found.median) == (5, 6.0)
    assert (found.low, found.high) == (4.0, 300.0)  # five times cannot promise more


def test_the_interval_of_the_median_covers_it():
    rng = np.random.default_rng(8)
    inside = 0
    for _ in range(400):
        found = speed(rng.lognormal(3, 1, 60))
        inside += found.low <= np.exp(3) <= found.high
    assert inside / 400 >= 0.935


def test_nobody_has_no_speed():
    assert np.isnan(speed([0.0]).median)


def test_trend_is_cochran_and_armitages():
    # Agresti, Categorical Data Analysis, 2nd edition, table 5.3: malformation by mother's drinking.
    scores, present, absent = [0, 0.5, 1.5, 4, 7], [48, 38, 5, 1, 1], [17066, 14464, 788, 126, 37]
    times = np.repeat(scores * 2, present + absent)
    hits = np.repeat([1] * 5 + [0] * 5, present + absent)
    found = trend(times, hits)
    assert found.z**2 == pytest.approx(6.57, abs=0.01)
    assert found.p == pytest.approx(0.0104, abs=1e-3)


def test_a_steady_reviewer_has_no_trend_and_a_tiring_one_has():
    start = date(2026, 11, 2)
    days = [start + timedelta(days=at // 40) for at in range(400)]
    steady = [at % 5 == 0 for at in range(400)]
    tiring = [at % 5 == 0 and at % 400 < 300 - at // 2 for at in range(400)]
    assert drift(days, steady).trend.p > 0.9
    found = drift(days, tiring)
    assert found.trend.p < 1e-4
    assert found.trend.slope < 0
    assert len(found.days) == 10
    assert found.days[0][1].value == pytest.approx(0.2)


def test_one_day_has_no_trend():
    found = drift([date(2026, 11, 2)] * 3, [True, False, True])
    assert np.isnan(found.trend.p)
    assert found.days[0][1].cases == 2
    assert drift([], []).days == ()


def test_looking_at_many_reviewers_is_corrected():
    found = holm({"ana": 0.01, "ben": 0.04, "cleo": 0.03, "dora": float("nan")})
    assert [found[name] for name in ("ana", "cleo", "ben")] == pytest.approx([0.03, 0.06, 0.06])
    assert np.isnan(found["dora"])
