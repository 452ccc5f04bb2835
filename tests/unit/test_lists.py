"""What a list of shards promises as a whole: e-BH, Benjamini-Yekutieli, Holm."""

import math
from dataclasses import replace

import numpy as np
import pytest
from statsmodels.stats.multitest import multipletests

from review import workflow
from review.certificate import Inputs, Readers, Strata, certify
from review.certificate.certify import list_alpha, proof_of
from review.certificate.evalues import log_e_value, p_value
from review.certificate.inputs import read_inputs
from review.certificate.lists import Proof, calibrated, choose
from review.errors import ReleaseError
from review.records import Plan, Ruling, Verdict

K, R = Verdict.KEEP, Verdict.REJECT
PLAN = Plan(0.05, 0.10, 0.05, 0.10, "sequential")


@pytest.mark.parametrize(("risk", "method"), [("fdr", "fdr_by"), ("family", "holm")])
def test_lists_by_p_values_agree_with_statsmodels(risk, method):
    random = np.random.default_rng(3)
    for _ in range(40):
        p = np.concatenate([random.uniform(size=20), random.uniform(0, 0.004, size=15)])
        names = [f"s{at:02}" for at in range(len(p))]
        proofs = {name: Proof(p=float(one)) for name, one in zip(names, p, strict=True)}
        listed = choose(proofs, names, 0.05, risk)
        expected = multipletests(p, 0.05, method)[0]
        assert listed.shards == tuple(name for name, kept in zip(names, expected, strict=True) if kept)
        assert listed.lacking.keys() == set(names) - set(listed.shards)


def test_e_bh_lists_the_best_k_whose_evidence_is_enough_for_k():
    """20 candidates at 5 %: the best needs 400, the two best 200 each, the four best 100 each."""
    evidence = {"a": 150.0, "b": 120.0, "c": 110.0, "d": 101.0, "e": 70.0, **{f"z{at}": 1.0 for at in range(15)}}
    proofs = {name: Proof(log_e=math.log(one)) for name, one in evidence.items()}
    listed = choose(proofs, evidence, 0.05, "fdr")
    assert listed.shards == ("a", "b", "c", "d")
    assert listed.candidates == 20
    assert math.exp(listed.lacking["e"][1]) == pytest.approx(80)  # of five
    assert choose(proofs, evidence, 0.05, "family").shards == ()
    assert len(choose(proofs, evidence, 0.05, "shard").shards) == 20


def test_what_a_lead_holds_back_counts_as_a_candidate_without_evidence():
    proofs = {name: Proof(log_e=math.log(41)) for name in "abcd"}
    assert choose(proofs, "abcd", 0.05, "fdr").shards == ("a", "b", "c", "d")
    held_two = choose(proofs, "ab", 0.05, "fdr")
    assert held_two.shards == ("a", "b")
    assert held_two.lacking == {}
    assert choose(proofs, "a", 0.05, "fdr").shards == ()


@pytest.mark.parametrize("risk", ["fdr", "family"])
def test_false_ones_stay_below_the_risk_under_dependence(risk):
    """200 unacceptable shards of 250, read by one sample of people's moods: all e-values move together."""
    random = np.random.default_rng(8)
    rates = []
    for _ in range(400):
        bad = random.binomial(60, 0.10, size=200)
        if random.random() < 0.5:
            bad[:] = bad[0]
        e = [log_e_value(PLAN, None, 60, int(one)) for one in bad]
        good = [log_e_value(PLAN, None, 60, int(one)) for one in random.binomial(60, 0.002, size=50)]
        proofs = {f"bad{at}": Proof(log_e=one) for at, one in enumerate(e)}
        proofs |= {f"good{at}": Proof(log_e=one) for at, one in enumerate(good)}
        listed = choose(proofs, proofs, 0.05, risk)
        false = sum(name.startswith("bad") for name in listed.shards)
        rates.append(false / max(1, len(listed.shards)) if risk == "fdr" else false > 0)
    assert np.mean(rates) <= 0.05


@pytest.mark.parametrize("size", [40, 200, 1_000])
def test_the_e_value_of_a_shard_has_mean_at_most_1_under_every_unacceptable_one(size):
    """Exactly, over all outcomes of a sample without replacement."""
    from scipy.stats import hypergeom

    n = 30
    for share in (0.10, 0.2, 0.5):
        there = math.ceil(share * size)
        mean = sum(
            hypergeom.pmf(bad, size, there, n) * math.exp(log_e_value(PLAN, size, n, bad)) for bad in range(n + 1)
        )
        assert mean <= 1 + 1e-9
    assert log_e_value(PLAN, size, n, 0) > 0


def test_proofs_of_certificates():
    sequential = certify(PLAN, None, [K] * 41)
    assert proof_of(read_inputs(sequential.inputs)).log_e == pytest.approx(log_e_value(PLAN, None, 41, 0))
    fixed = Plan(0.01, 0.05, 0.05, 0.10)
    half = certify(fixed, None, [K] * 100)
    whole = certify(fixed, None, [K] * half.needed)
    assert proof_of(read_inputs(half.inputs)).p > proof_of(read_inputs(whole.inputs)).p
    assert proof_of(read_inputs(whole.inputs)).p == pytest.approx(p_value(fixed, None, whole.n, 0))
    blind = certify(PLAN, None, [K] * 41, readers=Readers(1, 2, 1, 2))
    assert proof_of(read_inputs(blind.inputs)).log_e == -math.inf
    assert list_alpha(PLAN, None) == 0.05
    assert list_alpha(PLAN, Readers(99, 100, 100, 100)) == pytest.approx(0.04)


def test_calibrated_p_values_are_e_values():
    p = (np.arange(200_000) + 0.5) / 200_000
    assert np.mean([math.exp(calibrated(one)) for one in p]) <= 1 + 1e-3
    assert calibrated(1e-6) > math.log(1000)
    assert calibrated(1.0) == math.log(0.5)


def test_a_release_states_its_risk_and_leaves_out_what_lacks_evidence(project_root, shard_files, read_all):
    with workflow.open_project(project_root) as project:
        workflow.ingest(project, [str(shard_files / "*.parquet")], by="lead")
        workflow.draw(project, by="lead")
        read_all(project)
        workflow.decide(project, ["shards/clean.parquet"], Ruling.APPROVE, reason="", by="lead")
        plain = workflow.release(project, "plain", by="lead")
        assert plain.manifest["risk"]["risk"] == "shard"
        assert "nothing more is promised" in plain.manifest["risk"]["sentence"]
        workflow.decide(
            project, ["shards/mixed.parquet"], Ruling.APPROVE, reason="the bad ones are fine", by="lead", overrule=True
        )
        assert workflow.release(project, "both", by="lead").shards == 2
        strict = workflow.release(project, "strict", by="lead", risk="fdr")
        assert [shard["name"] for shard in strict.manifest["shards"]] == ["shards/clean.parquet"]
        assert "asks for (Benjamini-Yekutieli)" in strict.left_out["shards/mixed.parquet"]
        assert strict.manifest["risk"]["candidates"] == 3
        with pytest.raises(ReleaseError, match="Allowed: shard, fdr, family"):
            workflow.release(project, "x", by="lead", risk="none")
        assert workflow.verify(project.root, strict.path).ok


def test_evidence_goes_on_after_the_decision_and_a_fixed_plans_does_not():
    at = [proof_of(Inputs(PLAN, 2_000, "k" * n)).log_e for n in (30, 60, 90)]
    assert at == [pytest.approx(log_e_value(PLAN, 2_000, n, 0)) for n in (30, 60, 90)]
    assert at[2] > at[1] > at[0]
    assert proof_of(Inputs(PLAN, 2_000, "k" * 60 + "r")).log_e < at[1]
    assert proof_of(Inputs(PLAN, 2_000, "k" * 60 + "." + "k" * 30)).log_e == at[1], "up to the first missing answer"
    strata = Strata((0.3, 0.7), (0.4, 0.1), (0.5, 0.5))
    longer = [proof_of(Inputs(PLAN, None, "k" * n, strata=strata, drawn="ab" * 60)).log_e for n in (60, 120)]
    assert longer[1] > longer[0] + 1
    fixed = Plan(0.01, 0.05, 0.05, 0.10)
    needed = certify(fixed, None, [K]).needed
    assert proof_of(Inputs(fixed, None, "k" * needed)) == proof_of(Inputs(fixed, None, "k" * needed + "r" * 50))
    assert proof_of(Inputs(replace(PLAN, unit="tokens"), None, "k" * 90)).log_e == -math.inf


def test_reading_on_until_the_evidence_is_enough_keeps_its_mean_at_most_1():
    """A shard of 1,000, exactly unacceptable, read until its evidence is 60, or 250 labels are given."""
    random, size, most, repeats = np.random.default_rng(9), 1_000, 250, 4_000
    bad = np.cumsum(random.permuted(np.tile(np.arange(size) < 100, (repeats, 1)), axis=1)[:, :most], axis=1)
    table = np.array([[log_e_value(PLAN, size, n, k) for k in range(61)] for n in range(1, most + 1)])
    path = table[np.arange(most)[None, :], np.minimum(bad, 60)]
    enough = path >= math.log(60)
    stopped = np.where(enough.any(axis=1), enough.argmax(axis=1), most - 1)
    evidence = np.exp(path[np.arange(repeats), stopped])
    assert evidence.mean() <= 1 + 3 * evidence.std() / repeats**0.5
    assert enough.any(axis=1).mean() <= 1 / 60 + 3 * (1 / 60 / repeats) ** 0.5


def test_an_approved_shard_is_read_on_until_the_list_may_name_it(project_root, shard_files, read_all):
    """A sequential plan stops with just the evidence for one shard; a list among others asks for more."""
    path = project_root / "review.toml"
    text = path.read_text(encoding="utf-8").replace('method = "fixed"', 'method = "sequential"')
    path.write_text(text.replace('risk = "shard"', 'risk = "fdr"'), encoding="utf-8")
    with workflow.open_project(project_root) as project:
        assert (project.settings.plan.method, project.settings.release.risk) == ("sequential", "fdr")
        workflow.ingest(project, [str(shard_files / "*.parquet")], by="lead")
        workflow.draw(project, n=60, by="lead")
        clean = "shards/clean.parquet"
        while read_all(project, most=3):
            pass
        project.store.release_leases("ana")
        settled = project.standings()[clean].certificate.n
        workflow.decide(project, [clean], Ruling.APPROVE, reason="", by="lead")
        with pytest.raises(ReleaseError, match="label more of it"):
            workflow.release(project, "early", by="lead")
        assert {name for name, limit in workflow.desk_limits(project).items() if limit} == {clean}
        while read_all(project, most=3):
            project.store.release_leases("ana")
        place = project.standings()[clean]
        assert settled < place.labels < 60
        assert (place.state, place.certificate.n) == ("approved", settled), "the decision rests on what it rested on"
        made = workflow.release(project, "enough", by="lead")
        assert [shard["name"] for shard in made.manifest["shards"]] == [clean]
        assert made.manifest["risk"]["rule"] == "e-BH"
        assert workflow.verify(project.root, made.path).ok
