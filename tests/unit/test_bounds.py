"""Exact bounds against independent implementations."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from scipy.stats import binomtest, hypergeom
from statsmodels.stats.proportion import proportion_confint

from review.certificate import Inputs, Strata, interval, korn_graubard, lower_bound, upper_bound
from review.certificate.certify import best_guess, planned_interval
from review.certificate.tails import hypergeometric_cdf, hypergeometric_pmf, hypergeometric_sf
from review.errors import PlanError
from review.records import Plan

COUNTS = [(0, 1), (1, 1), (0, 59), (3, 60), (16, 239), (50, 100), (239, 239), (7, 1204), (2000, 20000)]


@pytest.mark.parametrize(("bad", "n"), COUNTS)
@pytest.mark.parametrize("confidence", [0.8, 0.95, 0.999])
def test_clopper_pearson_agrees_with_scipy_and_statsmodels(bad, n, confidence):
    low, high = interval(bad, n, None, confidence)
    scipys = binomtest(bad, n).proportion_ci(confidence, method="exact")
    assert (low, high) == pytest.approx((scipys.low, scipys.high), abs=1e-9)
    assert (low, high) == pytest.approx(proportion_confint(bad, n, 1 - confidence, method="beta"), abs=1e-9)
    one_sided = binomtest(bad, n, alternative="less").proportion_ci(confidence, method="exact")
    assert upper_bound(bad, n, None, confidence) == pytest.approx(one_sided.high, abs=1e-9)
    one_sided = binomtest(bad, n, alternative="greater").proportion_ci(confidence, method="exact")
    assert lower_bound(bad, n, None, confidence) == pytest.approx(one_sided.low, abs=1e-9)


@pytest.mark.parametrize(("size", "n"), [(1, 1), (5, 3), (12, 12), (30, 9), (60, 41)])
def test_finite_bounds_are_the_inverted_test_in_exact_arithmetic(size, n):
    risk = Fraction(1, 20)
    for bad in range(n + 1):

        def chance(numbers, d):
            return Fraction(sum(comb(d, k) * comb(size - d, n - k) for k in numbers), comb(size, n))

        possible = range(bad, size - (n - bad) + 1)
        highest = max(d for d in possible if chance(range(bad + 1), d) > risk)
        lowest = min(d for d in possible if chance(range(bad, n + 1), d) > risk)
        assert upper_bound(bad, n, size, 0.95) == highest / size
        assert lower_bound(bad, n, size, 0.95) == lowest / size


@pytest.mark.parametrize(("size", "bad", "n"), [(1000, 3, 165), (48_211, 12, 400), (1_000_000, 40, 900)])
def test_finite_bounds_agree_with_scipys_hypergeometric(size, bad, n):
    high = round(upper_bound(bad, n, size, 0.95) * size)
    assert hypergeom.cdf(bad, size, high, n) > 0.05 >= hypergeom.cdf(bad, size, high + 1, n)
    low = round(lower_bound(bad, n, size, 0.95) * size)
    assert hypergeom.sf(bad - 1, size, low, n) > 0.05 >= hypergeom.sf(bad - 1, size, low - 1, n)


def test_a_huge_shard_has_the_bounds_of_an_unlimited_one():
    assert interval(10, 200, 10**12, 0.95) == pytest.approx(interval(10, 200, None, 0.95), abs=1e-9)


def test_a_census_leaves_no_doubt():
    assert interval(4, 100, 100, 0.95) == (0.04, 0.04)


@pytest.mark.parametrize(
    ("size", "bad", "n"), [(10, 3, 4), (50, 49, 20), (1000, 60, 165), (5000, 2500, 300), (100_000, 6000, 195)]
)
def test_hypergeometric_tails_are_exact(size, bad, n):
    total = comb(size, n)
    terms = [comb(bad, k) * comb(size - bad, n - k) for k in range(n + 1)]
    for k in range(0, n + 1, max(1, n // 25)):
        assert hypergeometric_pmf(k, size, bad, n) == pytest.approx(float(Fraction(terms[k], total)), rel=1e-10)
        below = float(Fraction(sum(terms[: k + 1]), total))
        assert hypergeometric_cdf(k, size, bad, n) == pytest.approx(below, rel=1e-10, abs=1e-13)
        above = float(Fraction(sum(terms[k + 1 :]), total))
        assert hypergeometric_sf(k, size, bad, n) == pytest.approx(above, rel=1e-10, abs=1e-13)


@pytest.mark.parametrize(("bad", "n", "size"), [(-1, 5, None), (6, 5, None), (2, 5, 4), (0, 0, 0)])
def test_counts_that_cannot_be_are_refused(bad, n, size):
    with pytest.raises(PlanError, match="cannot be"):
        upper_bound(bad, n, size, 0.95)


@pytest.mark.parametrize("confidence", [0, 1, 1.5, -0.2])
def test_a_confidence_outside_0_to_1_is_refused(confidence):
    with pytest.raises(PlanError, match="0 < risk < 1"):
        upper_bound(1, 5, None, confidence)


@pytest.mark.parametrize(("bad", "n"), COUNTS)
def test_korn_graubard_of_one_stratum_is_clopper_pearson(bad, n):
    assert korn_graubard([bad], [n], [1.0], 0.95) == pytest.approx(interval(bad, n, None, 0.95), abs=1e-9)


@pytest.mark.parametrize(
    ("bad", "n", "weights"),
    [([0, 3, 11], [40, 60, 50], [0.5, 0.3, 0.2]), ([0, 0], [30, 30], [0.9, 0.1]), ([5, 40], [5, 45], [0.02, 0.98])],
)
def test_korn_graubard_is_the_beta_interval_at_the_effective_size(bad, n, weights):
    soft = [(one + 0.5) / (of + 1) for one, of in zip(bad, n, strict=True)]
    middle = sum(w * p for w, p in zip(weights, soft, strict=True))
    variance = sum(w * w * p * (1 - p) / of for w, p, of in zip(weights, soft, n, strict=True))
    size = middle * (1 - middle) / variance
    share = sum(w * one / of for w, one, of in zip(weights, bad, n, strict=True))
    low, high = proportion_confint(share * size, size, 0.05, method="beta")
    found = korn_graubard(bad, n, weights, 0.95)
    assert found == pytest.approx((0.0 if share == 0 else low, high), abs=1e-9)
    assert found[0] <= share <= found[1]


def test_korn_graubard_holds_the_truth_where_normal_intervals_do_not():
    """Half-Neyman strata at 5 % bad, 60 labels: see the coverage of a planned sample."""
    random = np.random.default_rng(0)
    weights, truth, n = [0.6, 0.3, 0.1], np.array([0.005, 0.04, 0.35]), [20, 20, 20]
    share = float(np.dot(weights, truth))
    held = 0
    for _ in range(1_500):
        low, high = korn_graubard(random.binomial(n, truth).tolist(), n, weights, 0.95)
        held += low <= share <= high
    assert held / 1_500 >= 0.95


def test_strata_without_labels_have_no_interval():
    with pytest.raises(PlanError, match="at least one label"):
        korn_graubard([0, 0], [10, 0], [0.5, 0.5], 0.95)
    with pytest.raises(PlanError, match="sum to 1"):
        korn_graubard([0, 0], [10, 10], [0.5, 0.6], 0.95)


def test_what_answers_say_if_they_had_been_planned():
    strata = Strata((0.5, 0.5), (0.2, 0.01), (0.8, 0.2))
    given = Inputs(Plan(0.05, 0.1), None, "rkkkrkkkkk", strata=strata, drawn="aaaaaaaabb")
    assert best_guess(given) == pytest.approx(2 * 0.5 / 0.8 / 10)  # drawn more often, so worth less
    assert planned_interval(given, 10) == korn_graubard([2, 0], [8, 2], [0.5, 0.5], 0.95)
    assert planned_interval(given, 8) is None  # nothing of the second stratum yet
    plain = Inputs(Plan(0.05, 0.1), 1000, "rkkkrkkkkk")
    assert best_guess(plain) == 0.2
    assert planned_interval(plain, 10) == interval(2, 10, 1000, 0.95)
    assert planned_interval(plain, 0) is best_guess(Inputs(Plan(0.05, 0.1), 1000, "")) is None
