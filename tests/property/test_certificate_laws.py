"""Laws that hold for every plan and every count."""

import json

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from review.certificate import (
    acceptable,
    certify,
    confidence_sequence,
    fixed_plan,
    interval,
    lower_bound,
    oc_curve,
    recompute,
    unacceptable,
    upper_bound,
)
from review.certificate.tails import hypergeometric_cdf
from review.records import Plan, Verdict

settings.register_profile("certificate", deadline=None, max_examples=80)
settings.load_profile("certificate")


@st.composite
def counts(draw):
    """bad, n, size with 0 <= bad <= n <= size, or no size."""
    n = draw(st.integers(1, 400))
    bad = draw(st.integers(0, n))
    size = draw(st.none() | st.integers(n, n + 50) | st.integers(n, 10**9))
    return bad, n, size


@st.composite
def plans(draw):
    accept = draw(st.integers(0, 30)) / 100
    reject = accept + draw(st.integers(4, 40)) / 100
    return Plan(
        accept,
        round(reject, 4),
        draw(st.sampled_from([0.01, 0.05, 0.1])),
        draw(st.sampled_from([0.02, 0.05, 0.1, 0.2])),
    )


@given(counts(), st.sampled_from([0.5, 0.9, 0.95, 0.999]))
def test_an_interval_holds_the_observed_share_when_documents_allow_it(case, confidence):
    bad, n, size = case
    for low, high in (interval(bad, n, size, confidence), confidence_sequence(bad, n, size, 1 - confidence)):
        assert 0 <= low <= high <= 1
        slack = 1e-12 if size is None else 1 / size  # the observed share need not be a whole number of documents
        assert low - slack <= bad / n <= high + slack


@given(counts())
def test_intervals_are_nested_in_their_confidence(case):
    bad, n, size = case
    narrow, wide = interval(bad, n, size, 0.8), interval(bad, n, size, 0.99)
    assert wide[0] <= narrow[0] <= narrow[1] <= wide[1]
    narrow, wide = confidence_sequence(bad, n, size, 0.2), confidence_sequence(bad, n, size, 0.01)
    assert wide[0] <= narrow[0] <= narrow[1] <= wide[1]


@given(counts())
def test_bounds_grow_with_the_bad_count(case):
    bad, n, size = case
    assume(bad < n)
    assert upper_bound(bad, n, size, 0.95) <= upper_bound(bad + 1, n, size, 0.95)
    assert lower_bound(bad, n, size, 0.95) <= lower_bound(bad + 1, n, size, 0.95)
    before, after = confidence_sequence(bad, n, size, 0.05), confidence_sequence(bad + 1, n, size, 0.05)
    assert before[0] <= after[0] + 1e-12
    assert before[1] <= after[1] + 1e-12


@given(counts())
def test_the_same_share_from_twice_the_labels_is_known_better(case):
    bad, n, size = case
    assume(size is None or size >= 2 * n)
    one, two = interval(bad, n, size, 0.95), interval(2 * bad, 2 * n, size, 0.95)
    assert two[1] - two[0] <= one[1] - one[0] + 1e-12


@given(counts())
def test_looking_all_the_time_costs_width(case):
    bad, n, size = case
    assume(n >= 30)  # with a handful of labels the prior of the running interval still speaks
    always, once = confidence_sequence(bad, n, size, 0.05), interval(bad, n, size, 0.95)
    assert always[1] - always[0] >= once[1] - once[0] - (1e-12 if size is None else 2 / size)


@given(plans(), st.none() | st.integers(1, 3000) | st.integers(1, 10**7))
def test_every_plan_keeps_the_risks_it_names(plan, size):
    fixed = fixed_plan(plan, size)
    if size is None:
        fine, bad = oc_curve(plan, None, [plan.accept, plan.reject])
        assert bad.approve <= plan.alpha * (1 + 1e-9)
        assert fine.approve >= 1 - plan.beta - 1e-9
    else:
        assert fixed.n <= size
        assert hypergeometric_cdf(fixed.c, size, unacceptable(plan, size), fixed.n) <= plan.alpha * (1 + 1e-9)
        assert hypergeometric_cdf(fixed.c, size, acceptable(plan, size), fixed.n) >= 1 - plan.beta - 1e-9


@given(plans(), st.none() | st.integers(1, 2000))
def test_a_small_shard_never_takes_more_labels_than_a_large_one_by_much(plan, size):
    """The whole-document rounding of a small shard can cost a few labels, never more than its size."""
    assume(size is not None)
    assert fixed_plan(plan, size).n <= min(size, 1.35 * fixed_plan(plan, None).n + 5)


VERDICTS = st.lists(st.sampled_from([None, *Verdict]), max_size=260)


@given(plans(), st.none() | st.integers(260, 10**6), VERDICTS)
def test_a_certificate_comes_out_again_from_its_inputs(plan, size, verdicts):
    certificate = certify(plan, size, verdicts)
    assert recompute(json.loads(json.dumps(certificate.inputs))) == certificate


@given(plans(), st.none() | st.integers(260, 10**6), VERDICTS)
def test_what_a_certificate_says_fits_its_plan(plan, size, verdicts):
    certificate = certify(plan, size, verdicts)
    assert 0 <= certificate.low <= certificate.high <= 1
    assert certificate.n <= certificate.needed
    if certificate.state == "approve":
        assert certificate.high < plan.reject
    if certificate.state == "reject":
        assert certificate.low > plan.accept
    if certificate.state == "more":
        assert 0 < certificate.expected_more <= certificate.more + 1e-9
    else:
        assert certificate.more == 0


@given(plans(), VERDICTS, st.randoms(use_true_random=False))
def test_an_early_decision_is_the_full_plans_whatever_the_missing_answers_are(plan, verdicts, random):
    certificate = certify(plan, None, verdicts)
    full = [verdict or random.choice(list(Verdict)) for verdict in verdicts]
    full += random.choices(list(Verdict), k=max(0, certificate.needed - len(full)))
    if certificate.state in ("approve", "reject"):
        assert certify(plan, None, full).state == certificate.state
