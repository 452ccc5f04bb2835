"""Exact bounds against independent implementations."""

from fractions import Fraction
from math import comb

import pytest
from scipy.stats import binomtest, hypergeom
from statsmodels.stats.proportion import proportion_confint

from review.certificate import interval, lower_bound, upper_bound
from review.certificate.tails import hypergeometric_cdf, hypergeometric_pmf, hypergeometric_sf
from review.errors import PlanError

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
