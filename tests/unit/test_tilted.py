"""Bets over score strata: published vectors, an independent oracle, and the law that makes them valid."""

import importlib.util
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.certificate import Strata, certify, make_strata, recompute, stratify
from review.certificate.strata import CUTS, chances_of, sides
from review.certificate.tilted import boost, course, letters
from review.errors import PlanError
from review.records import Plan, Verdict

K, U, R = Verdict.KEEP, Verdict.UNSURE, Verdict.REJECT
PLAN = Plan(0.05, 0.10, 0.05, 0.10, "sequential")
THREE = Strata((0.1, 0.3, 0.6), (0.5, 0.10, 0.02), (0.25, 0.3, 0.45))
CYCLE = (0, 1, 2, 2, 1, 2, 0, 2, 1, 2)


def evidence(strata, bad):
    against, in_favour = sides(PLAN, THREE)
    strata, bad = np.array(strata), np.array(bad)
    return course(against, strata, bad, PLAN.alpha).log_e[-1], course(in_favour, strata, bad, PLAN.beta).log_e[-1]


@pytest.mark.parametrize(
    ("side", "bet", "good", "bad"),
    [
        (0, 4, (0.089265, 0.070349, 0.050482), (-0.199255, -0.947244, -1.978004)),  # 4.5 % assumed, full slope
        (0, 3, (0.022941, 0.053448, 0.120343), (-0.351082, -1.359836, -2.754871)),  # 1.5 %, half the slope
        (1, 4, (-0.366324, -0.087653, -0.018281), (0.453204, 1.136629, 1.364928)),  # 10.5 %, full slope
    ],
)
def test_the_gains_are_the_published_ones(side, bet, good, bad):
    gains = sides(PLAN, THREE)[side].gains[bet]
    assert gains[:, 0] == pytest.approx(good, abs=1e-6)
    assert gains[:, 1] == pytest.approx(bad, abs=1e-6)


@pytest.mark.parametrize(
    ("is_bad", "n", "approve", "reject"),
    [
        (lambda i: 0, 1, 0.049912, -0.268467),
        (lambda i: 0, 3, 0.185265, -0.409164),
        (lambda i: 0, 10, 0.667672, -0.984902),
        (lambda i: 0, 44, 3.027431, -3.537984),
        (lambda i: CYCLE[i % 10] == 0, 1, -0.246120, 0.487381),
        (lambda i: CYCLE[i % 10] == 0, 7, -0.145657, 0.625167),
        (lambda i: CYCLE[i % 10] == 0, 10, 0.066668, 0.427126),
        (lambda i: CYCLE[i % 10] == 0, 41, 0.021431, 2.467943),
        (lambda i: i % 10 == 0, 10, 0.365574, -0.331950),
        (lambda i: i % 10 == 0, 50, 1.855819, -1.366117),
        (lambda i: i % 10 == 0, 80, 3.003742, -2.058870),
    ],
)
def test_the_evidence_is_the_published_one(is_bad, n, approve, reject):
    found = evidence([CYCLE[i % 10] for i in range(n)], [int(is_bad(i)) for i in range(n)])
    assert found == pytest.approx((approve, reject), abs=1e-6)


def test_gains_and_evidence_agree_with_an_independent_implementation(shared_data):
    path = shared_data.parent / "reference" / "sequential.py"
    if not path.exists():
        pytest.skip(f"the oracle is not at {path}")
    spec = importlib.util.spec_from_file_location("oracle", path)
    oracle = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(oracle)
    random = np.random.default_rng(4)
    weights = np.diff((0, *CUTS))
    predicted = np.sort(random.beta(0.5, 5, len(weights)))[::-1].clip(1e-4, 1 - 1e-4)
    strata = Strata(tuple(weights), tuple(predicted), chances_of(weights, predicted, PLAN))
    audit = oracle.Audit(strata.weights, strata.predicted, strata.chances)
    against, in_favour = sides(PLAN, strata)
    assert np.abs(against.gains - audit.TA.transpose(0, 2, 1)).max() < 1e-9
    assert np.abs(in_favour.gains - audit.TR.transpose(0, 2, 1)).max() < 1e-9
    drawn, bad = random.integers(0, len(weights), 80), (random.random(80) < 0.08).astype(int)
    for n in range(80):
        approve, reject, _ = audit.add(drawn[n], bad[n])
    assert course(against, drawn, bad, 1e-9).log_e[-1] == pytest.approx(approve, abs=1e-9)
    assert course(in_favour, drawn, bad, 1e-9).log_e[-1] == pytest.approx(reject, abs=1e-9)


def shares():
    """Strata of any shape, and bad shares in them."""
    positive = st.floats(0.01, 1)
    return st.integers(1, 6).flatmap(
        lambda h: st.tuples(
            *(st.lists(one, min_size=h, max_size=h) for one in (positive, positive, positive, positive))
        )
    )


@settings(max_examples=40, deadline=None)
@given(shares(), st.sampled_from([PLAN, Plan(0.01, 0.03), Plan(0.2, 0.4)]))
def test_no_bet_gains_under_any_shard_of_its_null(numbers, plan):
    """Whatever the classifier says, and wherever the bad documents lie."""
    weights, predicted, chances, placed = (np.array(column) for column in numbers)
    weights, chances = weights / weights.sum(), chances / chances.sum()
    strata = Strata(tuple(weights), tuple(np.clip(predicted, 1e-4, 1 - 1e-4)), tuple(chances))
    for side in sides(plan, strata):
        scale = side.null / (weights @ placed)
        if (placed * scale > 1).any():
            continue
        gains = np.exp(side.gains)

        def mean(bad, gains=gains):
            return ((1 - bad) * gains[:, :, 0] + bad * gains[:, :, 1]) @ chances

        assert mean(placed * scale) == pytest.approx(np.ones(len(gains)), abs=1e-12)
        other = placed * scale * (0.9 if not side.above else 1.05)
        if (other <= 1).all():
            assert (mean(other) <= 1 + 1e-12).all()


@settings(max_examples=40, deadline=None)
@given(shares(), st.floats(0.01, 0.2))
def test_a_boosted_label_gains_nothing_either(numbers, room):
    weights, predicted, chances, placed = (np.array(column) for column in numbers)
    weights, chances = weights / weights.sum(), chances / chances.sum()
    strata = Strata(tuple(weights), tuple(np.clip(predicted, 1e-4, 1 - 1e-4)), tuple(chances))
    for side in sides(PLAN, strata):
        trust = np.exp(side.log_weights)
        b = math.exp(boost(side, trust[None, :], np.array([room]))[0])
        gain = np.minimum(b * np.tensordot(trust, np.exp(side.gains), axes=1), math.exp(room))
        bad = placed * side.null / (weights @ placed)
        if (bad <= 1).all():
            assert b >= 1
            assert chances @ ((1 - bad) * gain[:, 0] + bad * gain[:, 1]) <= 1 + 1e-9


def certified(verdicts, strata=THREE, drawn=None, plan=PLAN):
    drawn = letters([CYCLE[i % 10] for i in range(len(verdicts))]) if drawn is None else drawn
    return certify(plan, None, verdicts, strata=strata, drawn=drawn)


@pytest.mark.parametrize(
    ("verdicts", "state"),
    [
        ([], "more"),
        ([K] * 60, "approve"),
        ([R if CYCLE[i % 10] == 0 else K for i in range(60)], "reject"),
        ([K] * 20 + [None] + [K] * 100, "more"),  # a gap blocks what comes after it
        ([K] * 30 + [U] * 30, "more"),
        (([K] * 14 + [R]) * 80, "undecided"),
    ],
)
def test_the_first_crossing_in_rank_order_decides(verdicts, state):
    assert certified(verdicts).state == state


def test_unsure_is_bad_for_approving_and_good_for_rejecting():
    clean, doubtful = certified([K] * 30), certified([U, *[K] * 29])
    assert doubtful.evidence < clean.evidence
    assert doubtful.evidence == certified([R, *[K] * 29]).evidence
    assert certified([U] * 12).state == "more"
    assert certified([R] * 12).state == "reject"


def test_one_stratum_is_the_plan_without_a_classifier_at_villes_thresholds():
    one = Strata((1.0,), (0.05,), (1.0,))
    states = [certify(PLAN, None, [K] * n, strata=one, drawn="a" * n).state for n in (40, 41)]
    assert states == ["more", "approve"]


@pytest.mark.parametrize("verdicts", [[], [K] * 60, [K, U, None, R], [R] * 9])
def test_a_certificate_comes_out_again_from_its_inputs(verdicts):
    certificate = certified(verdicts)
    assert recompute(json.loads(json.dumps(certificate.to_json()))["inputs"]) == certificate


@pytest.mark.parametrize("method", ["fixed", "sequential"])
def test_favoured_draws_are_judged_by_their_own_bets_alone(method):
    """No plan may take draws that favour some strata for a simple sample."""
    plan = Plan(0.05, 0.10, 0.05, 0.10, method)
    assert certified([K] * 60, plan=plan).state == "approve"
    assert certified([K] * 60, plan=plan).n == certified([K] * 60).n


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"weights": (0.5, 0.6)}, "Strata need"),
        ({"weights": (0.1, 0.3, 0.7)}, "sum to 1"),
        ({"chances": (0.0, 0.5, 0.5)}, "above 0"),
        ({"predicted": (0.5, 0.1, float("nan"))}, r"in 0\.\.1"),
    ],
)
def test_numbers_that_are_no_strata_are_refused(change, says):
    fields = {"weights": THREE.weights, "predicted": THREE.predicted, "chances": THREE.chances} | change
    with pytest.raises(PlanError, match=says):
        certify(PLAN, None, [K], strata=Strata(**fields), drawn="a")


def test_draws_of_unknown_strata_are_refused():
    with pytest.raises(PlanError, match="other strata"):
        certify(PLAN, None, [K, K], strata=THREE, drawn="ad")
    with pytest.raises(PlanError, match="stratum of each draw"):
        certify(PLAN, None, [K, K], strata=THREE, drawn="a")
    with pytest.raises(PlanError, match="draws with replacement"):
        certify(PLAN, 100, [K], strata=THREE, drawn="a")


def test_strata_hold_the_shares_they_should():
    random = np.random.default_rng(0)
    bad = random.random(5000)
    stratum = stratify(bad, np.ones(5000))
    assert np.bincount(stratum) / 5000 == pytest.approx(np.diff((0, *CUTS)), abs=3e-4)
    assert (np.diff([bad[stratum == h].mean() for h in range(20)]) < 0).all()  # the most likely bad first
    lengths = random.integers(1, 1000, 5000).astype(float)
    by_length = np.bincount(stratify(bad, lengths), lengths) / lengths.sum()
    assert by_length == pytest.approx(np.diff((0, *CUTS)), abs=2e-3)
    strata = make_strata(stratum, bad, np.ones(5000), PLAN)
    assert math.fsum(strata.chances) == pytest.approx(1)
    assert (np.array(strata.chances) >= 0.7 * np.array(strata.weights) - 1e-12).all()


def test_a_tiny_shard_has_as_many_strata_as_it_can_fill():
    assert stratify(np.array([0.9, 0.1, 0.5]), np.ones(3)).tolist() == [0, 2, 1]
    assert set(stratify(np.full(7, 0.5), np.ones(7)).tolist()) == set(
        range(len(set(stratify(np.full(7, 0.5), np.ones(7)))))
    )
