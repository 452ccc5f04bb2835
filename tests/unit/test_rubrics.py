"""The rubric from review.toml, the page and the command line: one does not silently overwrite the other."""

from __future__ import annotations

import json
import tomllib

import pytest
from typer.testing import CliRunner

from review import workflow
from review.cli import app
from review.errors import ReviewError, SettingsError
from review.records import Ruling, Verdict
from review.settings import parse_settings
from review.ui import views
from review.workflow import rubrics

CLEAN, POOR = "shards/clean.parquet", "shards/poor.parquet"


@pytest.fixture
def judged(project, read_all):
    while read_all(project):
        pass
    workflow.decide(project, [CLEAN], Ruling.APPROVE, reason="certified", by="lead")
    return project


def without(project, code, **changes):
    """Changes that drop a reason."""
    kept = [
        {"code": one.code, "name": one.name, "key": one.key}
        for one in project.store.rubric().reasons
        if one.code != code
    ]
    return {"reasons": kept, **changes}


def edit(project, old, new):
    path = project.root / "review.toml"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_a_change_says_what_it_touches(project):
    before = project.store.rubric()
    after = rubrics.draft(project, without(project, "spam", guideline="Other.", require_reason=True, final="strictest"))
    change = rubrics.compare(before, after)
    assert (change.removed, change.added, change.renamed) == (("spam",), (), ())
    assert (change.guideline, change.needs_reason, change.rule, change.touches_labels) == (True, True, True, True)
    quiet = rubrics.compare(before, rubrics.draft(project, {"examples": [{"reason": "spam", "text": "BUY"}]}))
    assert (quiet.quiet, quiet.touches_labels) == (True, False)
    assert rubrics.compare(before, rubrics.draft(project, {"final": "newest"})).touches_labels is False


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"reasons": []}, "at least 1"),
        ({"reasons": [{"code": "A b", "name": "x", "key": "z"}]}, "pattern"),
        ({"reasons": [{"code": "a", "name": "x", "key": "z"}, {"code": "a", "name": "y", "key": "y"}]}, "stands twice"),
        ({"reasons": [{"code": "a", "name": "x", "key": "j"}]}, "Key J"),
        ({"examples": [{"reason": "nothing", "text": "x"}]}, "not a reason"),
    ],
)
def test_a_rubric_that_cannot_be_is_refused_saying_why(project, changes, why):
    with pytest.raises(SettingsError, match=why):
        workflow.change_rubric(project, changes, by="lea")
    assert project.store.rubric().version == 1


def test_kept_labels_go_on_certifying_and_decisions_hold(judged):
    workflow.change_rubric(judged, {"guideline": "Read it twice."}, by="lea", meaning="keep")
    assert judged.store.rubric().version == 2
    places = judged.standings()
    assert (places[CLEAN].state, places[CLEAN].outdated) == ("approved", 0)
    assert places[POOR].state == "should be rejected"


def test_a_merged_reason_counts_as_the_other_and_decisions_hold(judged):
    changes = without(judged, "spam")
    workflow.change_rubric(judged, changes, by="lea", meaning="map", mapping={"spam": "boilerplate"})
    assert judged.standings()[CLEAN].state == "approved"
    detail = workflow.shard_detail(judged, POOR)
    assert [reason.code for reason in detail.reasons] == ["boilerplate"]


def test_labels_to_be_given_again_leave_the_certificate_and_make_the_decision_stale(judged, read_all):
    before = judged.standings()[POOR]
    workflow.change_rubric(judged, without(judged, "spam"), by="lea", meaning="again", again=["spam"])
    places = judged.standings()
    assert places[CLEAN].state == "approved"
    assert (places[POOR].labels, places[POOR].bad) == (before.labels - before.bad, 0)
    assert places[POOR].state == "needs labels"
    workflow.settle(judged, "again", by="lea")
    places = judged.standings()
    assert (places[CLEAN].state, places[CLEAN].stale, places[CLEAN].labels) == ("stale", ("labels changed",), 0)
    assert set(workflow.desk_limits(judged).values()) != {0}
    workflow.settle(judged, "keep", by="lea")
    assert judged.standings()[CLEAN].state == "approved"


def test_a_rule_alone_touches_no_label_but_may_change_verdicts(project):
    draws = sorted(project.store.draws(CLEAN), key=lambda draw: draw.rank)
    document = project.store.document(draws[0].doc_id)
    from review.records import Label

    for who, verdict in (("ana", Verdict.KEEP), ("ben", Verdict.REJECT)):
        project.store.record_labels([Label(who, document.doc_id, document.content_hash, who, verdict)])
    assert (project.standings()[CLEAN].bad, project.standings()[CLEAN].unsure) == (0, 1)
    workflow.change_rubric(project, {"final": "strictest"}, by="lea")
    assert (project.standings()[CLEAN].bad, project.standings()[CLEAN].outdated) == (1, 0)


def test_what_makes_no_sense_is_refused(judged):
    with pytest.raises(ReviewError, match="Nothing was changed"):
        workflow.change_rubric(judged, {}, by="lea")
    with pytest.raises(ReviewError, match="one version only"):
        workflow.settle(judged, "keep", by="lea")
    with pytest.raises(ReviewError, match="no reason of version 2"):
        workflow.change_rubric(judged, without(judged, "spam"), by="l", meaning="map", mapping={"spam": "spam"})
    with pytest.raises(ReviewError, match="never a reason"):
        workflow.change_rubric(judged, without(judged, "spam"), by="l", meaning="again", again=["span"])
    assert judged.store.rubric().version == 1


# -- review.toml --


def reopened(project):
    project.close()
    return workflow.open_project(project.root)


def test_a_change_in_the_file_waits_for_a_lead_and_the_next_change_settles_both(judged):
    edit(judged, "small blemishes do not matter", "small blemishes matter")
    with reopened(judged) as project:
        view = workflow.rubric_view(project)
        assert (view.rubric.version, view.by, view.unsettled, view.outdated_file) == (2, "review.toml", (1,), False)
        assert view.waiting == view.labels["*"] > 0
        assert project.standings()[CLEAN].stale == ("rubric changed",)
        workflow.change_rubric(project, {"guideline": "Both."}, by="lea", meaning="keep")
        assert workflow.rubric_view(project).unsettled == ()
        assert set(project.store.rubric_choices()) == {2, 3}
        assert project.standings()[CLEAN].state == "approved"


def test_while_nobody_has_said_what_a_change_means_that_is_the_first_thing_to_do(judged):
    assert "rubric" not in [step.kind for step in workflow.overview(judged).do_next]
    edit(judged, "small blemishes do not matter", "small blemishes matter")
    with reopened(judged) as project:
        step = workflow.overview(project).do_next[0]
        waiting = workflow.rubric_view(project).waiting
        assert (step.kind, step.count, step.command) == ("rubric", waiting, "review rubric keep")
        row = views.next_row(step, workflow.overview(project), [], project.settings.plan.plan())
        assert row is not None
        assert row.page == "rubric"
        workflow.settle(project, "keep", by="lea")
        assert "rubric" not in [step.kind for step in workflow.overview(project).do_next]


def test_a_change_made_in_the_app_is_not_undone_by_the_old_file(project):
    workflow.change_rubric(project, {"guideline": "Made in the app."}, by="lea")
    with reopened(project) as again:
        assert (again.store.rubric().version, again.store.rubric().guideline) == (2, "Made in the app.")
        assert again.store.warnings == []
        assert workflow.rubric_view(again).outdated_file


def test_when_both_changed_neither_overwrites_the_other_until_it_is_said(project):
    workflow.change_rubric(project, {"guideline": "Made in the app."}, by="lea")
    edit(project, "small blemishes do not matter", "small blemishes matter")
    with reopened(project) as again:
        assert again.store.rubric().guideline == "Made in the app."
        assert "--take-file" in again.store.warnings[0]
        made = rubrics.take_file(again, by="lea")
        assert (made.version, "small blemishes matter" in made.guideline) == (3, True)
        with pytest.raises(ReviewError, match="says what the project says"):
            rubrics.take_file(again, by="lea")
    with workflow.open_project(project.root) as again:
        assert again.store.warnings == []


def test_the_printed_section_is_the_rubric(project):
    hostile = 'a "b" \\ \n\t\x7f = [x] ünï \U0001f600 \'\'\' """'
    changes = {
        "guideline": hostile,
        "examples": [{"reason": "spam", "text": hostile, "note": "why"}],
        "final": "newest",
    }
    made = workflow.change_rubric(project, changes, by="lea")
    text = rubrics.rubric_toml(made)
    assert list(tomllib.loads(text)) == ["rubric"]
    assert parse_settings(text).rubric.rubric(2) == made


def test_the_command_says_what_waits_and_settles_it(judged):
    edit(judged, 'code = "spam", name = "spam / SEO"', 'code = "ads", name = "advertising"')
    judged.close()
    run = CliRunner().invoke

    def ran(*args):
        result = run(app, ["rubric", *args, "--project", str(judged.root), "--by", "lea"])
        assert result.exit_code == 0, result.output
        return result.stdout

    assert "certify nothing yet" in ran()
    assert "Labels with a reason it no longer has: spam" in ran()
    ran("map", "--reason", "spam=ads")
    assert "certify nothing" not in ran()
    view = json.loads(ran("--json"))
    assert (view["rubric"]["version"], view["unsettled"]) == (2, [])
    ran("again", "--reason", "spam")
    assert json.loads(ran("--json"))["labels"]["*"] < view["labels"]["*"]
    assert ran("--toml").startswith("[rubric]\n")
    wrong = run(app, ["rubric", "forget", "--project", str(judged.root)])
    assert isinstance(wrong.exception, ReviewError)


# -- words of verdicts and scores --

NAMED = [{"verdict": "reject", "name": "Bad", "hint": "Not worth reading.", "key": "z"}]


def test_other_words_for_a_verdict_are_a_change_a_lead_speaks_about(judged):
    before = judged.store.rubric()
    change = rubrics.compare(before, rubrics.draft(judged, {"verdicts": NAMED}))
    assert (change.verdicts, change.touches_labels, change.quiet) == (("reject",), True, False)
    key = [{"verdict": "reject", "name": "Reject", "key": "z"}]
    assert rubrics.compare(before, rubrics.draft(judged, {"verdicts": key})).quiet
    workflow.change_rubric(judged, {"verdicts": NAMED}, by="lea", meaning="keep")
    assert judged.standings()[CLEAN].state == "approved"
    workflow.change_rubric(judged, {"verdicts": []}, by="lea", meaning="again")
    assert judged.standings()[CLEAN].labels == 0


def test_what_a_score_means_touches_labels_only_where_scores_are_asked_for(project):
    meant = {"anchors": ["Nothing", "", "", "", "", "Teaches"]}
    off = rubrics.compare(project.store.rubric(), rubrics.draft(project, meant))
    assert (off.anchors, off.touches_labels) == ((), False)
    workflow.change_rubric(project, meant | {"score": "also"}, by="lea")
    other = rubrics.draft(project, {"anchors": ["Nothing", "", "", "", "", "Teaches  "]})
    assert rubrics.compare(project.store.rubric(), other).anchors == ()  # white space alone
    other = rubrics.draft(project, {"anchors": ["Less"]})
    assert rubrics.compare(project.store.rubric(), other).anchors == (0, 5)


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"verdicts": [{"verdict": "bad", "name": "x"}]}, "'keep', 'unsure' or 'reject'"),
        ({"verdicts": [{"verdict": "keep", "name": " "}]}, "pattern"),
        ({"verdicts": [{"verdict": "keep", "name": "x"}, {"verdict": "reject", "name": "X "}]}, "stands twice"),
        ({"verdicts": [{"verdict": "keep", "name": "Reject"}]}, "stands twice"),
        ({"verdicts": [{"verdict": "keep", "name": "x", "key": "s"}]}, "Key S would mean both 'x' and 'spam / SEO'"),
        ({"verdicts": [{"verdict": "keep", "name": "x", "key": "!"}]}, "cannot be a key"),
        ({"anchors": ["x"] * 7}, "at most 6"),
        ({"anchors": ["x" * 201]}, "at most 200"),
    ],
)
def test_words_that_cannot_be_are_refused_saying_why(project, changes, why):
    with pytest.raises(SettingsError, match=why):
        workflow.change_rubric(project, changes, by="lea")
    assert project.store.rubric().version == 1


def test_words_of_verdicts_and_scores_are_printed_as_they_are(project):
    hostile = '<b>"x"</b> \\ \U0001f600'
    changes = {
        "verdicts": [{"verdict": "keep", "name": '"\\', "hint": hostile, "key": ""}],
        "anchors": [hostile] * 6,
        "score": "instead",
    }
    made = workflow.change_rubric(project, changes, by="lea")
    assert parse_settings(rubrics.rubric_toml(made)).rubric.rubric(2) == made
    project.close()
    with workflow.open_project(project.root) as again:
        assert again.store.rubric() == made


def test_a_rubric_stored_before_verdicts_had_words_reads_as_the_usual_ones(project):
    from dataclasses import asdict

    from review.store.encoding import to_json
    from review.store.rubric_rows import to_rubric

    body = asdict(project.store.rubric())
    del body["verdicts"], body["anchors"]
    assert to_rubric(to_json(body)) == project.store.rubric()
