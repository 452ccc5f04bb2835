"""Reviewer error in the certificate: what labels must show when readers miss bad documents and condemn good ones."""

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review import workflow
from review.certificate import Readers, certify, recompute
from review.certificate.readers import ErrorBounds, allow_for, error_bounds
from review.errors import PlanError
from review.records import Gold, Label, Plan, Ruling, Verdict

K, U, R = Verdict.KEEP, Verdict.UNSURE, Verdict.REJECT
PLAN = Plan(0.05, 0.10, 0.05, 0.10, "sequential")
FIXED = Plan(0.02, 0.10, 0.05, 0.10)
SHARP = Readers(395, 400, 2990, 3000)


def test_without_known_answers_the_certificate_says_that_it_takes_labels_as_given():
    certificate = certify(PLAN, None, [K] * 41)
    assert certificate.state == "approve"
    assert certificate.basis.startswith("Speaks of the labels as given")
    assert "readers" not in certificate.inputs


@pytest.mark.parametrize("plan", [PLAN, FIXED])
def test_sharp_readers_cost_a_few_labels(plan):
    given, allowed = (
        next(n for n in range(400) if certify(plan, None, [K] * n, readers=readers).state == "approve")
        for readers in (None, SHARP)
    )
    assert given < allowed <= given * 1.6
    certificate = certify(plan, None, [K] * allowed, readers=SHARP)
    assert certificate.high <= plan.reject
    assert certificate.sentence.startswith("95\N{NO-BREAK SPACE}% sure at most 10.0")
    assert "395 of 400 bad ones were found" in certificate.basis


def test_missed_bad_documents_make_approving_harder():
    needed = [
        next(
            n
            for n in range(0, 600, 10)
            if certify(PLAN, None, [K] * n, readers=Readers(found, 400, 3000, 3000)).state != "more"
        )
        for found in (400, 360, 320)
    ]
    assert needed == sorted(needed)
    assert needed[0] < needed[2]


@pytest.mark.parametrize(
    ("readers", "says"),
    [
        (Readers(9, 10, 10, 10), "Only 10 bad and 10 good"),  # too little is known
        (Readers(400, 400, 900, 1000), "Sharpen the rubric"),  # every tenth good document is condemned
        (Readers(5, 100, 3000, 3000), "Sharpen the rubric"),  # nearly all of the bad ones are missed
        (Readers(0, 0, 0, 0), "Only 0 bad and 0 good"),
    ],
)
def test_error_as_large_as_the_tolerated_share_is_refused_saying_why(readers, says):
    for plan in (PLAN, FIXED):
        certificate = certify(plan, None, [K] * 1000, readers=readers)
        assert certificate.state == "undecided"
        assert certificate.more == 0
        assert "Reviewer error is as large as the tolerated share" in certificate.sentence
        assert says in certificate.sentence


def test_a_shard_that_is_far_too_bad_is_rejected_all_the_same():
    certificate = certify(PLAN, None, [R] * 60, readers=Readers(400, 400, 950, 1000))
    assert certificate.state == "reject"
    assert certificate.low >= PLAN.accept


@pytest.mark.parametrize("verdicts", [[], [K] * 80, [R] * 9, [K, U, None, R]])
@pytest.mark.parametrize("plan", [PLAN, FIXED])
def test_a_certificate_comes_out_again_from_its_inputs(plan, verdicts):
    certificate = certify(plan, 900, verdicts, readers=SHARP)
    assert recompute(json.loads(json.dumps(certificate.to_json()))["inputs"]) == certificate


def test_counts_that_cannot_be_are_refused():
    for counts in ((2, 1, 0, 0), (0, 0, 5, 4), (-1, 3, 0, 0), (1.5, 2, 0, 0)):
        with pytest.raises(PlanError, match="0 <= right <= shown"):
            Readers(*counts)
    inputs = dict(certify(PLAN, None, [K], readers=SHARP).inputs)
    with pytest.raises(PlanError):
        recompute(inputs | {"readers": {"bad_found": "1", "bad_shown": 1, "good_kept": 1, "good_shown": 1}})


share = st.floats(0, 1)


@given(share, share, share, share, share)
def test_bounds_hold_for_every_reader_within_them(a, b, c, d, bad):
    """No reader within the bounds labels less, or more, of a shard bad than they say; and the way back holds it."""
    bounds = ErrorBounds(tuple(sorted((a, b))), tuple(sorted((c, d))))
    for found in bounds.sensitivity:
        for kept in bounds.specificity:
            labelled = bad * found + (1 - bad) * (1 - kept)
            assert bounds.labelled(bad, least=True) - 1e-12 <= labelled <= bounds.labelled(bad, least=False) + 1e-12
            if found + kept > 1 + 1e-6:
                low, high = bounds.truly(labelled, labelled)
                assert low - 1e-6 <= bad <= high + 1e-6


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 300), st.integers(0, 300), st.integers(0, 100), st.integers(0, 100))
def test_a_closed_side_is_one_that_cannot_be_shown(bad_shown, good_shown, missed, condemned):
    readers = Readers(max(0, bad_shown - missed), bad_shown, max(0, good_shown - condemned), good_shown)
    aims = allow_for(PLAN, readers)
    assert (aims.approve is None) == bool(aims.closed)
    if aims.approve:
        bounds = error_bounds(readers, PLAN.alpha * 0.2)
        assert aims.approve.accept < aims.approve.reject <= bounds.labelled(PLAN.reject, least=True)
        assert aims.approve.alpha == pytest.approx(PLAN.alpha * 0.8)
    if aims.reject:
        assert aims.reject.accept >= error_bounds(readers, PLAN.beta * 0.2).labelled(PLAN.accept, least=False)


def test_readers_of_the_settings_reach_the_certificate_and_make_a_decision_stale(project_root, shard_files, read_all):
    with workflow.open_project(project_root) as project:
        workflow.ingest(project, [str(shard_files / "clean.parquet")], by="lead")
        workflow.draw(project, n=80, by="lead")
        read_all(project)
        (place,) = project.standings().values()
        assert place.certificate.state == "approve"
        workflow.decide(project, [place.shard], Ruling.APPROVE, reason="", by="lead")
    path = project_root / "review.toml"
    told = "[readers]\nbad_found = 5\nbad_shown = 9\ngood_kept = 9\ngood_shown = 9\n"
    path.write_text(path.read_text().replace("[readers]", told, 1))
    with workflow.open_project(project_root) as project:
        (place,) = project.standings().values()
        assert place.certificate.state == "undecided"
        assert place.state == "stale"
        assert place.stale == ("reviewer error changed",)
        assert "5 of 9 bad ones" in place.certificate.basis


def test_gold_answers_become_part_of_every_certificate_in_steps(project_root, shard_files, read_all):
    path = project_root / "review.toml"
    path.write_text(path.read_text().replace("gold_from = 100", "gold_from = 3"))
    with workflow.open_project(project_root) as project:
        workflow.ingest(project, [str(shard_files / "*.parquet")], by="lead")
        workflow.draw(project, n=80, by="lead")
        assert project.readers() is None
        documents = [document for batch in project.store.iter_documents() for document in batch][-40:]
        known = [Verdict.REJECT if document.text.startswith("BUY") else Verdict.KEEP for document in documents]
        project.store.record_gold(
            [
                Gold(document.doc_id, document.content_hash, verdict, "lead")
                for document, verdict in zip(documents, known, strict=True)
            ]
        )
        before = project.standings()["shards/clean.parquet"].certificate
        assert before.basis.startswith("Speaks of the labels as given")
        for at, (document, verdict) in enumerate(zip(documents, known, strict=True)):
            said = Verdict.UNSURE if at in (0, 1) else verdict
            project.store.record_labels([Label(f"g{at}", document.doc_id, document.content_hash, "ana", said)])
            assert (project.readers() is None) == (at < 19)
        readers = project.readers()
        found = known.count(Verdict.REJECT) - known[:2].count(Verdict.REJECT)
        assert (readers.bad_found, readers.bad_shown) == (found, known.count(Verdict.REJECT))
        assert readers.good_kept == readers.good_shown == known.count(Verdict.KEEP)
        after = project.standings()["shards/clean.parquet"].certificate  # another shard than the one answered
        assert after.basis.startswith("Allows for reviewer error")
        assert after.inputs["readers"] == readers.to_json()
