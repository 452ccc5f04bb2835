"""The sequential plan against published numbers, an independent oracle, and exact recursion."""

import importlib.util
import json
from itertools import groupby, pairwise

import pytest

from review.certificate import acceptable, certify, oc_curve, recompute, unacceptable
from review.certificate.curve import Boundaries
from review.certificate.curve import oc_curve as curve_of
from review.certificate.design import design, evidence
from review.errors import PlanError
from review.records import Plan, Verdict

K, U, R = Verdict.KEEP, Verdict.UNSURE, Verdict.REJECT
PLAN = Plan(0.05, 0.10, 0.05, 0.10, "sequential")  # "good above 90 % at .05, below 95 % at .10"


# log E_approve and log E_reject after n labels with so many bad ones.
@pytest.mark.parametrize(
    ("n", "bad", "approve", "reject"),
    [
        (1, 0, 0.068697, -0.076540),
        (10, 0, 0.696392, -0.720409),
        (40, 0, 2.922977, -2.601159),
        (41, 0, 3.000851, -2.661425),
        (1, 1, -1.021651, 0.875469),
        (2, 2, -1.907170, 1.811562),
        (3, 3, -2.736450, 2.817801),
        (20, 1, 0.200651, -0.536211),
        (100, 5, 1.318626, -2.178186),
        (157, 7, 2.971336, -3.975300),
        (158, 7, 3.031277, -4.034941),
        (10, 1, -0.448464, 0.160160),
        (50, 5, -1.672898, 0.872442),
        (100, 10, -3.003143, 1.849367),
        (110, 11, -3.267867, 2.050065),
        (130, 13, -3.797225, 2.454178),
    ],
)
def test_the_evidence_is_the_published_one(n, bad, approve, reject):
    assert evidence(PLAN, n, bad) == pytest.approx((approve, reject), abs=1e-6)


def test_the_evidence_agrees_with_an_independent_implementation(shared_data):
    path = shared_data.parent / "reference" / "sequential.py"
    if not path.exists():
        pytest.skip(f"the oracle is not at {path}")
    spec = importlib.util.spec_from_file_location("oracle", path)
    oracle = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(oracle)
    audit, bad = oracle.Audit(), 0
    for n in range(1, 400):
        is_bad = n % 7 == 3
        bad += is_bad
        approve, reject, _ = audit.add(0, is_bad)
        assert evidence(PLAN, n, bad) == pytest.approx((approve, reject), abs=1e-9)


def test_thresholds_and_risks_are_the_published_ones():
    made = design(PLAN, None)
    assert made.approve_at == pytest.approx(19.32, abs=0.01)
    assert made.reject_at == pytest.approx(7.50, abs=0.01)
    assert made.alpha == pytest.approx(0.0500, abs=5e-5)
    assert made.beta == pytest.approx(0.0994, abs=5e-5)
    assert made.cap == 1200


def test_the_card_is_the_published_one():
    """Approve at n with at most c bad; reject when k bad are seen within n."""
    boundaries = design(PLAN, None).boundaries
    first = {c: next(ns)[0] for c, ns in groupby(enumerate(boundaries.approve), key=lambda at: at[1])}
    assert [first[c] for c in range(17)] == [
        41, 60, 79, 96, 112, 127, 143, 157, 172, 187, 201, 215, 230, 244, 259, 273, 288,
    ]  # fmt: skip
    last = {k: max(n for n, least in enumerate(boundaries.reject) if least == k) for k in set(boundaries.reject)}
    assert [last[k] for k in range(3, 21)] == [
        10, 22, 33, 46, 58, 71, 84, 97, 110, 123, 137, 150, 164, 177, 190, 204, 217, 231,
    ]  # fmt: skip


def test_mean_labels_are_the_published_ones_a_third_of_the_fixed_plans():
    points = oc_curve(PLAN, None, [0.20, 0.10, 0.05, 0.03, 0.01])
    assert [round(point.labels) for point in points] == [21, 101, 153, 84, 50]
    assert [round(point.approve, 3) for point in points] == [0.0, 0.048, 0.903, 0.990, 1.0]
    assert sum(point.labels for point in points) / 5 / 239 <= 0.345


def test_a_shard_of_1000_takes_fewer_labels_still():
    points = oc_curve(PLAN, 1000, [0.20, 0.10, 0.05, 0.03, 0.01])
    assert [round(point.labels) for point in points] == [20, 86, 132, 75, 46]
    assert sum(point.labels for point in points) / 5 / 239 <= 0.30


PLANS = [PLAN, Plan(0.02, 0.06, 0.05, 0.10, "sequential"), Plan(0.1, 0.3, 0.01, 0.05, "sequential")]


@pytest.mark.parametrize("plan", PLANS)
@pytest.mark.parametrize("size", [None, 1, 7, 40, 123, 1234, 4999])
def test_each_risk_holds_exactly_with_the_other_boundary_ignored(plan, size):
    """The recursion of the curve, another one than the design's, over the boundaries as they are used."""
    made = design(plan, size)
    never_reject = Boundaries(made.boundaries.approve, (max(made.boundaries.reject) + 1,) * (made.cap + 1))
    never_approve = Boundaries((-1,) * (made.cap + 1), made.boundaries.reject)
    worst = plan.reject if size is None else unacceptable(plan, size) / size
    fine = plan.accept if size is None else acceptable(plan, size) / size
    (unacceptable_,) = curve_of(never_reject, size, [worst])
    (acceptable_,) = curve_of(never_approve, size, [fine])
    assert unacceptable_.approve == pytest.approx(made.alpha, abs=1e-9)
    assert acceptable_.reject == pytest.approx(made.beta, abs=1e-9)
    assert made.alpha <= plan.alpha * (1 + 1e-9)
    assert made.beta <= plan.beta * (1 + 1e-9)


@pytest.mark.parametrize("plan", [PLANS[0], PLANS[2]])
@pytest.mark.parametrize("size", [1, 7, 40, 123, 1000])
def test_the_risks_hold_at_every_number_of_bad_documents(plan, size):
    """Exactly, the other side ignored; and a worse shard is never likelier approved, nor a better one rejected."""
    made = design(plan, size)
    never_reject = Boundaries(made.boundaries.approve, (max(made.boundaries.reject) + 1,) * (made.cap + 1))
    never_approve = Boundaries((-1,) * (made.cap + 1), made.boundaries.reject)
    bad = [there / size for there in range(unacceptable(plan, size), size + 1)]
    fine = [there / size for there in range(acceptable(plan, size) + 1)]
    approved = [point.approve for point in curve_of(never_reject, size, bad)]
    rejected = [point.reject for point in curve_of(never_approve, size, fine)]
    assert max(approved) <= plan.alpha * (1 + 1e-9)
    assert max(rejected) <= plan.beta * (1 + 1e-9)
    assert all(worse <= better + 1e-12 for better, worse in pairwise(approved))
    assert all(better <= worse + 1e-12 for better, worse in pairwise(rejected))


@pytest.mark.parametrize("size", [1, 7, 40, 123])
def test_a_small_shard_read_to_its_end_is_decided(size):
    for bad in (0, size):
        verdicts = [R] * bad + [K] * (size - bad)
        assert certify(PLANS[2], size, verdicts).state == ("reject" if bad else "approve")


@pytest.mark.parametrize(
    ("verdicts", "state", "n"),
    [
        ([], "more", 0),
        ([K] * 40, "more", 40),
        ([K] * 41, "approve", 41),
        ([K] * 41 + [R] * 50, "approve", 41),  # the first crossing decides
        ([R] * 2, "more", 2),
        ([R] * 3, "reject", 3),
        ([R] * 3 + [K] * 300, "reject", 3),
        ([K] * 40 + [U], "more", 41),  # unsure counts as bad for approving
        ([U] + [K] * 59, "approve", 60),
        ([U] * 3, "more", 3),  # and as good for rejecting
        ([K] * 20 + [None] + [K] * 100, "more", 20),  # a gap blocks what comes after it
        (([K] * 13 + [R]) * 86, "undecided", 1200),
    ],
)
def test_the_first_crossing_in_rank_order_decides(verdicts, state, n):
    certificate = certify(PLAN, None, verdicts)
    assert (certificate.state, certificate.n) == (state, n)


def test_the_sentence_promises_what_the_test_proved():
    approved = certify(PLAN, None, [K] * 41)
    assert approved.sentence == "95\N{NO-BREAK SPACE}% sure at most 10.0\N{NO-BREAK SPACE}% of this shard is bad."
    rejected = certify(PLAN, None, [R] * 3)
    assert rejected.sentence == "90\N{NO-BREAK SPACE}% sure at least 5.0\N{NO-BREAK SPACE}% of this shard is bad."


def test_about_how_many_more_is_what_the_curve_says():
    start = certify(PLAN, None, [])
    (point,) = oc_curve(PLAN, None, [0.05])
    assert start.more == 1200
    assert start.expected_more == pytest.approx(point.labels, rel=0.15)  # shares are rounded to 15 %
    clean, mixed = certify(PLAN, None, [K] * 35), certify(PLAN, None, ([K] * 13 + [R]) * 3)
    assert clean.expected_more < 20 < mixed.expected_more < mixed.more


@pytest.mark.parametrize("verdicts", [[], [K] * 41, [R] * 3, ([K] * 13 + [R]) * 20, [K, U, None, R]])
@pytest.mark.parametrize("size", [None, 1234])
def test_a_certificate_comes_out_again_from_its_inputs(verdicts, size):
    certificate = certify(PLAN, size, verdicts)
    assert recompute(json.loads(json.dumps(certificate.to_json()))["inputs"]) == certificate


def test_an_acceptable_share_of_0_belongs_to_the_fixed_plan():
    with pytest.raises(PlanError, match="method 'fixed'"):
        certify(Plan(0.0, 0.05, method="sequential"), None, [])


def test_shares_too_close_for_one_label_at_a_time_are_refused():
    with pytest.raises(PlanError, match="Move accept and reject apart"):
        certify(Plan(0.10, 0.11, method="sequential"), None, [])
