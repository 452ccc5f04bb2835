"""The fixed-size plan against its definition, computed the long way."""

from fractions import Fraction
from math import ceil, comb, floor

import pytest
from scipy.stats import binom

from review.certificate import acceptable, fixed_plan, oc_curve, unacceptable
from review.errors import PlanError
from review.records import Plan


@pytest.mark.parametrize(("reject", "n"), [(0.10, 29), (0.05, 59), (0.02, 149), (0.01, 299)])
def test_zero_defect_plans_at_95_percent(reject, n):
    plan = fixed_plan(Plan(accept=0, reject=reject), None)
    assert (plan.n, plan.c) == (n, 0)
    assert plan.beta == 0


def test_a_zero_defect_plan_is_shorter_in_a_shard_of_1000():
    assert fixed_plan(Plan(accept=0, reject=0.05), 1000).n == 57


@pytest.mark.parametrize(
    ("plan", "n", "c"),
    [
        (Plan(0.01, 0.05), 181, 4),
        (Plan(0.05, 0.15), 93, 8),
        (Plan(0.05, 0.10, 0.05, 0.10), 239, 16),  # "good above 90 % at .05, below 95 % at .10"
    ],
)
def test_published_plans_with_both_risks(plan, n, c):
    found = fixed_plan(plan, None)
    assert (found.n, found.c) == (n, c)


@pytest.mark.parametrize("plan", [Plan(0.01, 0.05), Plan(0.05, 0.15), Plan(0.2, 0.4, 0.1, 0.2), Plan(0.0, 0.3)])
def test_no_smaller_binomial_plan_keeps_both_risks(plan):
    found = fixed_plan(plan, None)

    def keeps(n, c):
        return binom.cdf(c, n, plan.reject) <= plan.alpha and binom.cdf(c, n, plan.accept) >= 1 - plan.beta

    assert keeps(found.n, found.c)
    assert not any(keeps(n, c) for n in range(found.n) for c in range(n + 1))
    assert found.alpha == pytest.approx(binom.cdf(found.c, found.n, plan.reject), abs=1e-12)
    assert found.beta == pytest.approx(binom.sf(found.c, found.n, plan.accept), abs=1e-12)


@pytest.mark.parametrize("plan", [Plan(0.02, 0.06, 0.05, 0.10), Plan(0.1, 0.3), Plan(0.0, 0.2, 0.01, 0.01)])
@pytest.mark.parametrize("size", [1, 2, 3, 7, 10, 20, 33, 47])
def test_no_smaller_plan_keeps_both_risks_in_a_small_shard(plan, size):
    """In exact arithmetic, against every plan there is."""
    bad = ceil(Fraction(str(plan.reject)) * size)
    fine = floor(Fraction(str(plan.accept)) * size)

    def at_most(c, d, n):
        hits = sum(comb(d, k) * comb(size - d, n - k) for k in range(min(c, n) + 1))
        return Fraction(hits, comb(size, n))

    def keeps(n, c):
        alpha, beta = Fraction(str(plan.alpha)), Fraction(str(plan.beta))
        return at_most(c, bad, n) <= alpha and at_most(c, fine, n) >= 1 - beta

    found = fixed_plan(plan, size)
    assert keeps(found.n, found.c)
    assert not any(keeps(n, c) for n in range(found.n) for c in range(n + 1))
    assert found.n <= size


def test_shares_of_a_shard_count_as_the_decimals_they_were_written_as():
    # As binary floats 0.07 * 100 is 7.000000000000001 and 0.29 * 100 is 28.999999999999996.
    assert unacceptable(Plan(0.01, 0.07), 100) == 7
    assert acceptable(Plan(0.29, 0.5), 100) == 29


def test_a_tiny_shard_is_read_completely():
    plan = fixed_plan(Plan(0.02, 0.06), 5)
    assert (plan.n, plan.c, plan.alpha, plan.beta) == (5, 0, 0, 0)


@pytest.mark.parametrize(
    ("plan", "size", "says"),
    [
        (Plan(0.05, 0.05), None, "accept < reject"),
        (Plan(0.06, 0.02), None, "accept < reject"),
        (Plan(-0.1, 0.1), None, "accept < reject"),
        (Plan(0.1, 1.0), None, "accept < reject"),
        (Plan(float("nan"), 0.1), None, "accept < reject"),
        (Plan(0.1, 0.2, alpha=0), None, "0 < alpha < 0.5"),
        (Plan(0.1, 0.2, beta=0.5), None, "0 < beta < 0.5"),
        (Plan(0.1, 0.1001), None, "Move accept and reject apart"),
        (Plan(0.1, 0.2), 0, "at least one document"),
    ],
)
def test_impossible_numbers_are_refused_saying_what_is_allowed(plan, size, says):
    with pytest.raises(PlanError, match=says):
        fixed_plan(plan, size)


def test_the_curve_meets_the_plan_at_both_ends_and_stops_early_on_bad_shards():
    plan = Plan(0.01, 0.05)
    fixed = fixed_plan(plan, None)
    fine, unacceptable_, awful = oc_curve(plan, None, [0.01, 0.05, 0.3])
    assert 1 - fine.approve == pytest.approx(fixed.beta, abs=1e-12)
    assert unacceptable_.approve == pytest.approx(fixed.alpha, abs=1e-12)
    assert fine.approve + fine.reject == pytest.approx(1)
    assert awful.labels < 20 < unacceptable_.labels < fixed.n


def test_the_curve_of_a_small_shard_is_hypergeometric():
    plan = Plan(0.02, 0.06, 0.05, 0.10)
    fixed = fixed_plan(plan, 1000)
    fine, unacceptable_ = oc_curve(plan, 1000, [0.02, 0.06])
    assert unacceptable_.approve == pytest.approx(fixed.alpha, abs=1e-12)
    assert 1 - fine.approve == pytest.approx(fixed.beta, abs=1e-12)


def test_a_curve_outside_0_to_1_is_refused():
    with pytest.raises(PlanError, match="0 to 1"):
        oc_curve(Plan(0.01, 0.05), None, [1.5])
