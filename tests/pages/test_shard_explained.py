"""From a shard's page alone it can be said why it was approved half a year ago, whatever has happened since."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from decided_shards import KINDS, NAME, NOW, build, read, score, settings
from test_pages import html, ran, show

from review import workflow
from review.certificate import Inputs, Readers, oc_curve
from review.certificate.truth import REPEATS, truth_curve
from review.project import Project, open_project
from review.records import Label, Plan, Ruling, Stream, Verdict
from review.ui import parts, words
from review.workflow.evidence import curve_of, evidence, evidence_then

pytestmark = pytest.mark.filterwarnings("ignore")
PLAN = Plan(0.05, 0.10, 0.05, 0.10, "sequential")


@pytest.fixture
def decided(tmp_path: Path) -> Iterator[Callable[[str], Project]]:
    made: list[Project] = []

    def one(kind: str) -> Project:
        made.append(build(tmp_path / "project", kind))
        return made[-1]

    yield one
    for project in made:
        project.close()


@pytest.fixture
def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The charts drawn since it was cleared, with their data, as JSON."""
    charts: list[str] = []
    monkeypatch.setattr(parts, "chart", lambda one: charts.append(json.dumps(one.to_dict(validate=False))))
    return charts


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "strata"])
def test_the_evidence_is_drawn_however_labels_became_a_certificate(decided, drawn, kind: str) -> None:
    project = decided(kind)
    at = show(project, "shards", shard=NAME)
    assert len(drawn) == 2, "course and evidence"
    detail = workflow.shard_detail(project, NAME)
    then = detail.then
    assert then is not None, "more was read than the decision rests on"
    assert f"decided at {then.certificate.n}" in drawn[1]
    if kind.startswith("strata"):
        *before, last = then.weights
        assert last.labels == then.certificate.n
        assert last.log_e["approve"] >= then.enough["approve"] - 1e-9
        assert all(one.log_e["approve"] < then.enough["approve"] for one in before)
        assert "Odds against a bad shard" in html(at)
    else:
        assert then.bounds is not None
        *before, last = then.path
        assert last.bad <= then.bounds.approve[last.labels]
        assert all(point.bad > then.bounds.approve[point.labels] for point in before)
    assert ("reviewer error allowed for" in html(at)) == (kind == "readers")


@pytest.mark.parametrize("kind", ["counted", "strata with readers"])
def test_what_was_known_on_the_day_is_said_and_drawn_whatever_has_changed_since(decided, drawn, kind: str) -> None:
    project = decided(kind)
    stored = dict(project.standings()[NAME].decision.certificate)
    before = evidence_then(project.standings()[NAME].decision)
    draws = sorted(project.store.draws(NAME, Stream.AUDIT), key=lambda draw: draw.rank)

    read(project, reviewer="ben", most=200)  # another reader, later
    workflow.adjudicate(project, draws[7].doc_id, Verdict.REJECT, by="lea")
    workflow.change_rubric(project, {"guideline": "Read it twice."}, by="lea", meaning="keep")
    score(project, "m2")
    root = project.root
    project.close()
    settings(root, reject="0.12", bad_found="200", bad_shown="400", good_kept="500", good_shown="1000")
    with open_project(root) as project:
        detail = workflow.shard_detail(project, NAME)
        assert detail.then == before
        assert evidence(detail.then.given).certificate.sentence == stored["sentence"]
        at = show(project, "shards", shard=NAME)
        told = html(at)
        unsure = f", {stored['unsure']} unsure" if stored["unsure"] else ""
        counted = "draws" if kind.startswith("strata") else "documents"
        for said in (
            "Approved on this: 95\u00a0% sure at most 10.0\u00a0% of this shard is bad.",
            "Approved by lea on 22 May 2026 09:0",
            "“Clean through and through.”",
            f"{stored['n']} {counted} counted, {stored['bad']} bad{unsure}, judged by rubric 1",
            f"ana ({len({draw.row for draw in draws[: stored['n']]})} documents).",
            stored["basis"][1:],
            "approve when 95\u00a0% sure that less than 10\u00a0% is bad",
            "the decision no longer holds: plan changed",
            f"1 counted document judged otherwise: row {words.number(draws[7].row)} keep then, reject now",
            "Rubric 2 is in force today, 1 was then; the labels given before it stand",
            "The plan asks today to approve when 95\u00a0% sure that less than 12\u00a0% is bad",
            "Readers&#x27; errors today: allows for reviewer error: of documents whose answer is known, 200 of 400",
        ):
            assert said in told.replace("<b>", "").replace("</b>", ""), said
        assert ("m2 is in use today." in told) == kind.startswith("strata")
        then = drawn[:]
        drawn.clear()
        at.segmented_control(key="shard-evidence").set_value("now")
        ran(at)
        now = drawn
        assert f"decided at {stored['n']}" in then[1]
        assert now != then
        assert '"p1 12' in now[0].replace("\\u00a0", " ")
        assert '"p1 10' in then[0].replace("\\u00a0", " ")


def test_an_undecided_shard_has_one_picture_and_no_why(tmp_path: Path, drawn) -> None:
    with build(tmp_path / "project", "strata", decided=False) as project:
        at = show(project, "shards", shard=NAME)
        assert len(drawn) == 2
        assert not [one for one in at.segmented_control if one.key == "shard-evidence"]
        assert "Why it stands as it does" not in html(at)


def test_a_decision_that_rests_on_everything_read_has_one_picture(tmp_path: Path) -> None:
    with build(tmp_path / "project", "counted", decided=False) as project:
        settled = project.standings()[NAME].certificate.n
    with build(tmp_path / "other", "counted", decided=False, read_first=settled) as project:
        workflow.decide(project, [NAME], Ruling.APPROVE, reason="", by="lea")
        assert workflow.shard_detail(project, NAME).then is None


def test_who_read_is_who_had_read_by_then(decided) -> None:
    project = decided("counted")
    draws = sorted(project.store.draws(NAME, Stream.AUDIT), key=lambda draw: draw.rank)
    counted = project.standings()[NAME].certificate.n
    read(project, reviewer="cleo", most=30)
    assert workflow.shard_detail(project, NAME).read_by == {"ana": counted}
    first = project.store.document(draws[0].doc_id)
    project.store.record_labels([Label("b", first.doc_id, first.content_hash, "ben", Verdict.KEEP)])
    project.store.record_labels([Label("b2", first.doc_id, first.content_hash, "ben", None)])
    workflow.decide(project, [NAME], Ruling.APPROVE, reason="again", by="lea")
    assert workflow.shard_detail(project, NAME).read_by == {"ana": counted, "cleo": 30}, "ben took his back"


def test_where_reviewer_error_closes_the_plan_the_page_says_so(tmp_path: Path) -> None:
    build(tmp_path / "project", "counted", decided=False).close()
    settings(tmp_path / "project", method='"fixed"', bad_found="5", bad_shown="20", good_kept="15", good_shown="20")
    with open_project(tmp_path / "project") as project:
        assert "Reviewer error leaves the plan no answer to give" in html(show(project, "shards", shard=NAME))


def test_the_history_can_be_read_whole_and_reached_by_key(decided) -> None:
    told = html(show(decided("counted"), "shards", shard=NAME))
    assert "so it can be approved" not in told, "it is approved"
    assert '<div class="past" tabindex="0" role="region" aria-label="History of this shard">' in told
    assert "<dt>22 May 2026 09:0" in told, "with the year"
    assert NOW.year == 2026


# -- what the plan lets through --------------------------------------------------------------------------------------


def test_the_curve_of_a_plain_shard_is_the_plans() -> None:
    given = Inputs(PLAN, 1_000, "kkk")
    shares = [point.share for point in curve_of(given)]
    assert curve_of(given) == tuple(oc_curve(PLAN, 1_000, shares))


def test_the_curve_of_readers_who_err_is_over_what_is_truly_bad() -> None:
    perfect, poor = Readers(2_000, 2_000, 8_000, 8_000), Readers(360, 400, 990, 1_000)
    shares = (0.02, 0.05, 0.10, 0.2)
    flawless = truth_curve(Inputs(PLAN, None, "", readers=perfect), shares)
    erring = truth_curve(Inputs(PLAN, None, "", readers=poor), shares)
    assert [point.share for point in erring] == list(shares)
    for points in (flawless, erring):
        at = {point.share: point for point in points}
        assert at[0.10].approve <= PLAN.alpha
        assert at[0.2].approve < at[0.10].approve
        assert at[0.02].approve > 0.95
    assert erring[0].labels > flawless[0].labels, "errors cost labels"


def test_the_curve_over_strata_is_what_simulated_audits_give() -> None:
    from simulated_audits import audits, population

    shard = population(0.10, 0.85)
    (bad, fine) = truth_curve(Inputs(PLAN, None, "", strata=shard.strata), (0.10, 0.02))
    noise = 4 * (0.05 * 0.95 / REPEATS) ** 0.5
    assert abs(bad.approve - audits(shard.strata, shard.bad, 2_000, 1).approve) < noise
    assert fine.approve > 0.97
    (alone,) = truth_curve(Inputs(PLAN, None, "", strata=shard.strata), (0.10,))
    assert alone == bad, "whatever else is asked for"
