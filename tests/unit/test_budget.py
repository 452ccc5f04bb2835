"""What reviewers can certify in the hours they have: order of work, what fits, at which bad shares."""

import json

import pytest
from typer.testing import CliRunner

from review import workflow
from review.certificate import oc_curve
from review.certificate.budget import Candidate, options, order_of_work, outlook, prior_of
from review.cli import app
from review.errors import PlanError
from review.records import Plan

PLAN = Plan(0.05, 0.10, 0.05, 0.10, "sequential")
CLEAN, NEW, AWFUL = Candidate("clean", 9_000, 35, 0), Candidate("new", 9_000, 0, 0), Candidate("awful", 9_000, 40, 9)


def test_what_is_nearly_approved_comes_first_and_what_will_be_rejected_last():
    lines = order_of_work(PLAN, [AWFUL, NEW, CLEAN], 100)
    assert [line.name for line in lines] == ["clean", "new", "awful"]
    assert lines[0].approve > lines[1].approve > lines[2].approve
    assert lines[0].more < lines[1].more
    assert [line.until for line in lines] == pytest.approx(
        [lines[0].more, lines[0].more + lines[1].more, sum(line.more for line in lines)]
    )


def test_a_larger_budget_holds_no_less():
    held = [
        sum(line.within for line in order_of_work(PLAN, [AWFUL, NEW, CLEAN], budget)) for budget in (0, 20, 200, 900)
    ]
    assert held == sorted(held)
    assert (held[0], held[-1]) == (0, 3)


def test_the_outlook_is_the_mean_of_the_plans_curve():
    """With thousands of labels at 2 % behind it, a shard is that bad."""
    known = Candidate("known", 9_000, 3_000, 60)
    approve, _ = outlook(PLAN, known, prior_of([known]))
    (point,) = oc_curve(PLAN, None, [0.02])
    assert approve == pytest.approx(point.approve, abs=0.03)


def test_easier_certificates_hold_more_shards_and_fewer_labels():
    found = options(PLAN, [Candidate(f"s{at}", 20_000, 10, 0) for at in range(30)], 600)
    assert [one.reject for one in found] == sorted(one.reject for one in found)
    strict, easy = found[0], found[-1]
    assert easy.shards > strict.shards
    assert easy.labels < strict.labels


@pytest.fixture
def root(project_root, shard_files, read_all):
    with workflow.open_project(project_root) as project:
        workflow.ingest(project, [str(shard_files / "*.parquet")], by="lead")
        workflow.draw(project, by="lead")
    return project_root


def run(root, *words):
    result = CliRunner().invoke(app, ["plan", *words, "--project", str(root)])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.output


def test_a_project_without_a_timed_label_says_so_and_takes_a_number(root):
    with pytest.raises(PlanError, match="No label has been timed yet"):
        run(root, "--budget", "3x4")
    code, said = run(root, "--budget", "3x4", "--seconds", "36")
    assert code == 0
    assert "3 x 4 h are about 1,200 documents: 3 of 3 open shards can be decided" in said
    assert "A document takes 36.0 s, as given" in said
    told = json.loads(run(root, "--budget", "1x0.1", "--seconds", "36", "--json")[1])
    assert told["labels"] == 10
    assert [line["within"] for line in told["lines"]] == [False] * 3
    assert run(root, "--budget", "three")[0] == 2


def test_seconds_are_measured_on_the_desk(root, read_all):
    with workflow.open_project(root) as project:
        assert workflow.reading_seconds(project) == (None, 0)
        read_all(project)
        seconds, timed = workflow.reading_seconds(project)
        assert seconds > 0
        assert timed == project.store.label_count()
        budget = workflow.plan_budget(project, reviewers=2, hours=1)
        assert (budget.seconds, budget.timed) == (seconds, timed)
        assert budget.lines == ()  # every shard is decided
        with pytest.raises(PlanError, match="no time to plan with"):
            workflow.plan_budget(project, reviewers=0, hours=1)


def test_a_plan_tells_its_hours_where_seconds_are_known(root):
    code, said = run(root, "--seconds", "30", "--shard-size", "80")
    assert code == 0
    assert "Hours" in said
    assert "Hours are not known" in run(root)[1]
    view = workflow.describe_plan(accept=0.02, reject=0.06, alpha=0.05, beta=0.1, seconds=30)
    assert view.hours(120) == 1.0
    zero = workflow.describe_plan(accept=0, reject=0.05, alpha=0.05, beta=0.1)
    assert (zero.n, zero.c, zero.hours(59)) == (59, 0, None)
