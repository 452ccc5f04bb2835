"""What verdicts let a certificate say."""

import json
from datetime import datetime

import pytest

from review.certificate import certify, fixed_plan, recompute, upper_bound
from review.errors import PlanError
from review.records import Label, Plan, Verdict

K, U, R = Verdict.KEEP, Verdict.UNSURE, Verdict.REJECT
PLAN = Plan(0.01, 0.05)  # n = 181, c = 4


def label(verdict, reviewer="ana"):
    return Label("id", "s#0", "hash", reviewer, verdict, at=datetime(2026, 11, 22))


@pytest.mark.parametrize(
    ("verdicts", "state"),
    [
        ([], "more"),
        ([K] * 176, "more"),
        ([K] * 177, "approve"),  # four labels are missing, four bad are allowed
        ([K] * 181, "approve"),
        ([K] * 173 + [R] * 4 + [K] * 4, "approve"),
        ([R] * 4, "more"),
        ([R] * 5, "reject"),
        ([K] * 176 + [R] * 5, "reject"),
        ([K] * 176 + [U] * 5, "undecided"),
        ([K] * 177 + [U] * 4, "approve"),
        ([U] * 5, "more"),  # five unsure do not reject
        ([K] * 181 + [R] * 50, "approve"),  # labels beyond the plan change nothing
        ([None] * 4 + [K] * 177, "approve"),  # the missing four cannot turn it
        ([None] * 5 + [K] * 176, "more"),
        ([None] * 100 + [R] * 5, "reject"),
    ],
)
def test_the_state_is_what_no_missing_answer_could_change(verdicts, state):
    assert certify(PLAN, None, verdicts).state == state


def test_an_approval_says_at_most_and_keeps_its_promise():
    certificate = certify(PLAN, 5000, [R] * 3 + [K] * 178)
    assert certificate.sentence == "95\N{NO-BREAK SPACE}% sure at most 4.3\N{NO-BREAK SPACE}% of this shard is bad."
    assert certificate.high == upper_bound(3, fixed_plan(PLAN, 5000).n, 5000, 0.95)
    assert certificate.high < PLAN.reject


def test_a_rejection_says_at_least_at_the_producers_confidence():
    certificate = certify(Plan(0.02, 0.06, 0.05, 0.10), None, [R] * 7)
    assert certificate.sentence == "90\N{NO-BREAK SPACE}% sure at least 2.0\N{NO-BREAK SPACE}% of this shard is bad."
    assert certificate.low > 0.02
    assert certificate.confidence == 0.9


def test_while_labels_come_in_it_gives_the_running_interval_and_what_is_missing():
    certificate = certify(PLAN, None, [K] * 57 + [R] * 3)
    assert certificate.sentence == "0.5\N{NO-BREAK SPACE}% to 17.4\N{NO-BREAK SPACE}% bad"
    assert (certificate.n, certificate.bad, certificate.needed, certificate.allowed) == (60, 3, 181, 4)
    assert certificate.more == 121
    assert 20 < certificate.expected_more < 60  # at 5 % bad, two more bad ones end it


def test_with_no_labels_yet_everything_is_possible_and_the_whole_plan_lies_ahead():
    certificate = certify(PLAN, 100_000, [])
    assert (certificate.low, certificate.high) == (0, 1)
    assert 170 < certificate.expected_more <= 181


def test_the_running_interval_uses_the_ranks_before_the_first_gap_only():
    with_gap = certify(PLAN, None, [K] * 10 + [None] + [R] * 3)
    assert (with_gap.low, with_gap.high) == (
        certify(PLAN, None, [K] * 10).low,
        certify(PLAN, None, [K] * 10).high,
    )
    assert with_gap.n == 13


def test_unsure_counts_on_the_cautious_side_at_either_end():
    certificate = certify(PLAN, None, [K] * 40 + [U] * 3)
    assert certificate.low == certify(PLAN, None, [K] * 43).low
    assert certificate.high == certify(PLAN, None, [K] * 40 + [R] * 3).high
    assert certificate.bad == 0
    assert certificate.unsure == 3


def test_a_small_shard_is_read_completely_and_then_known():
    certificate = certify(Plan(0.02, 0.2), 5, [K] * 5)
    assert certificate.state == "approve"
    assert (certificate.low, certificate.high) == (0, 0)


@pytest.mark.parametrize("verdicts", [[], [K] * 181, [R] * 9, [K, None, U, R], [K] * 176 + [U] * 5])
def test_a_certificate_comes_out_again_from_its_inputs_through_json(verdicts):
    certificate = certify(PLAN, 4321, verdicts)
    assert recompute(json.loads(json.dumps(certificate.inputs))) == certificate


@pytest.mark.parametrize("broken", [{}, {"rules": 99, "unit": "documents"}, {"rules": 1, "unit": "documents"}])
def test_inputs_that_are_none_are_refused(broken):
    with pytest.raises(PlanError):
        recompute(broken)


def test_unknown_letters_in_the_inputs_are_refused():
    inputs = {**certify(PLAN, 4321, [K]).inputs, "verdicts": "kx"}
    with pytest.raises(PlanError, match="inputs of a certificate"):
        recompute(inputs)


def test_more_draws_than_documents_are_refused():
    with pytest.raises(PlanError, match="drawn once"):
        certify(PLAN, 3, [K] * 4)


def test_an_unknown_method_is_refused_with_the_allowed_ones():
    with pytest.raises(PlanError, match="allowed are fixed"):
        certify(Plan(0.01, 0.05, method="luck"), None, [])
