"""Audits over score strata, and with erring readers, under people who stop when it looks good: seeded, quick.

The full table, 10,000 audits a cell, is measured by tests/benchmarks/certificate.py and stands in docs/risks.md.
"""

import numpy as np
import pytest
from simulated_audits import FIXED, PLAN, audits, null_population, population

from review.certificate import Readers, certify
from review.certificate.tilted import letters
from review.records import Plan, Verdict

REPEATS = 1_000


def error(risk, repeats=REPEATS):
    return 2.5 * (risk * (1 - risk) / repeats) ** 0.5


@pytest.mark.parametrize("kind", ["flat", "perfect", "hidden"])
def test_no_placement_of_bad_documents_gets_an_unacceptable_shard_approved_too_often(kind):
    """Rejections are ignored, as by people who overrule them, and the evidence is looked at after every label."""
    strata = population(0.05, 0.92).strata
    outcome = audits(strata, null_population(strata, PLAN.reject, kind), REPEATS, 1, only="approve", cap=400)
    assert outcome.approve <= PLAN.alpha + error(PLAN.alpha)


@pytest.mark.parametrize("kind", ["flat", "hidden"])
def test_nor_an_acceptable_one_rejected(kind):
    strata = population(0.05, 0.85).strata
    outcome = audits(strata, null_population(strata, PLAN.accept, kind), REPEATS, 2, only="reject", cap=400)
    assert outcome.reject <= PLAN.beta + error(PLAN.beta)


@pytest.mark.parametrize(("auc", "useless", "most"), [(0.85, False, 0.29), (0.92, False, 0.25), (0.85, True, 0.42)])
def test_labels_against_the_fixed_plan(auc, useless, most):
    """Two truths that decide most of the mean; the benchmark has all five, and 10,000 audits each."""
    published = {(0.85, False): (0.496, 0.202), (0.92, False): (0.423, 0.196), (0.85, True): (0.79, 0.216)}
    for truth, expected in zip((0.05, 0.01), published[auc, useless], strict=True):
        made = population(truth, auc, useless=useless)
        labels = audits(made.strata, made.bad, 400, 3).labels
        assert labels.mean() / FIXED == pytest.approx(expected, abs=4 * labels.std() / 400**0.5 / FIXED)


def test_the_simulation_is_the_product():
    """Label by label, the vectorised walk decides as `certify` does."""
    made = population(0.06, 0.85)
    chances = np.cumsum(made.strata.chances)
    agreed = 0
    for seed in range(25):
        outcome = audits(made.strata, made.bad, 1, seed)
        again = np.random.default_rng(seed)
        drawn, bad = [], []
        for _ in range(int(outcome.labels[0])):
            h = min(int(np.searchsorted(chances / chances[-1], again.random(1)[0], side="right")), len(chances) - 1)
            drawn.append(h)
            bad.append(bool(again.random(1)[0] < made.bad[h]))
        verdicts = [Verdict.REJECT if one else Verdict.KEEP for one in bad]
        certificate = certify(PLAN, None, verdicts, strata=made.strata, drawn=letters(drawn))
        assert certificate.n == outcome.labels[0]
        assert (certificate.state == "approve") == bool(outcome.approved[0])
        assert (certificate.state == "reject") == bool(outcome.rejected[0])
        before = certify(PLAN, None, verdicts[:-1], strata=made.strata, drawn=letters(drawn[:-1]))
        assert before.state == "more"
        agreed += certificate.state != "undecided"
    assert agreed == 25


@pytest.mark.parametrize(("sensitivity", "specificity"), [(0.9, 0.995), (0.98, 0.98), (1.0, 1.0)])
def test_erring_readers_do_not_get_a_bad_shard_approved(sensitivity, specificity):
    """The shard is truly `reject` bad; readers miss some of it, and were measured on documents with known answers."""
    plan = Plan(0.02, 0.10, 0.05, 0.10)
    random = np.random.default_rng(5)
    wrong = 0
    for _ in range(REPEATS):
        readers = Readers(int(random.binomial(200, sensitivity)), 200, int(random.binomial(400, specificity)), 400)
        truth = random.random(300) < plan.reject
        called = random.random(300) < np.where(truth, sensitivity, 1 - specificity)
        verdicts = [Verdict.REJECT if one else Verdict.KEEP for one in called]
        wrong += certify(plan, None, verdicts, readers=readers).state == "approve"
    assert wrong / REPEATS <= plan.alpha + error(plan.alpha)


def test_without_the_rule_they_do():
    """What the rule is for: the same readers, believed, approve shards that are too bad."""
    plan = Plan(0.02, 0.10, 0.05, 0.10)
    random = np.random.default_rng(6)
    wrong = 0
    for _ in range(300):
        called = random.random(300) < plan.reject * 0.7
        verdicts = [Verdict.REJECT if one else Verdict.KEEP for one in called]
        wrong += certify(plan, None, verdicts).state == "approve"
    assert wrong / 300 > plan.alpha + error(plan.alpha, 300)


def test_unsure_and_unanswered_draws_raise_neither_risk():
    """Bad documents get `unsure` or no answer more often than good ones."""
    strata = population(0.05, 0.85).strata
    bad = null_population(strata, PLAN.reject, "flat")
    random = np.random.default_rng(7)
    wrong = 0
    for _ in range(200):
        h = random.choice(len(strata), 200, p=np.array(strata.chances) / sum(strata.chances))
        is_bad = random.random(200) < bad[h]
        doubt = random.random(200)
        verdicts = [
            (Verdict.UNSURE if doubt[at] < 0.5 else None if doubt[at] < 0.52 else Verdict.REJECT)
            if is_bad[at]
            else Verdict.KEEP
            for at in range(200)
        ]
        wrong += certify(PLAN, None, verdicts, strata=strata, drawn=letters(h.tolist())).state == "approve"
    assert wrong / 200 <= PLAN.alpha + error(PLAN.alpha, 200)
