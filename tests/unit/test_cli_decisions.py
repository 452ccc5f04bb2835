"""`review decide` with a glob, `review plan` in and out of a project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from review import workflow
from review.cli import app
from review.errors import NotFound, PlanError, ReviewError
from review.records import Decision, Ruling


@pytest.fixture
def root(project_root: Path, shard_files: Path, read_all) -> Path:
    """Shards that can be approved (clean) and rejected (poor), and one without labels (mixed)."""
    with workflow.open_project(project_root) as project:
        workflow.ingest(project, [str(shard_files / "*.parquet")], by="lead")
        for name in ("clean", "poor"):
            workflow.draw(project, shard=f"shards/{name}.parquet", by="lead")
        read_all(project)
    return project_root


@pytest.fixture
def review(root: Path):
    """Run a command on the project: exit code and output; a ReviewError comes through."""

    def run(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, [*words, "--project", str(root)])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.exit_code, result.output

    return run


def decisions(root: Path) -> list[Decision]:
    with workflow.open_project(root) as project:
        return project.store.decisions()


def test_a_glob_takes_what_is_supported_and_says_why_each_other_is_not(review, root):
    code, said = review("decide", "shards/*", "approve")
    assert code == 0
    approved, *left_out = said.splitlines()
    assert approved == "shards/clean.parquet: approve"
    assert [line.split()[2] for line in left_out] == ["shards/mixed.parquet", "shards/poor.parquet"]
    assert "The plan says 'more'" in left_out[0]
    assert "The plan says 'reject'" in left_out[1]
    assert [(one.shard, one.ruling) for one in decisions(root)] == [("shards/clean.parquet", Ruling.APPROVE)]


def test_a_glob_speaks_json_of_both(review):
    code, said = review("decide", "shards/*", "approve", "--json")
    told = json.loads(said)
    assert code == 0
    assert [one["shard"] for one in told["decided"]] == ["shards/clean.parquet"]
    assert set(told["left_out"]) == {"shards/mixed.parquet", "shards/poor.parquet"}
    assert isinstance(json.loads(review("decide", "shards/clean.parquet", "approve", "--json")[1]), list)


def test_a_glob_under_which_nothing_can_be_decided_is_a_no(review, root):
    code, said = review("decide", "shards/m*", "approve")
    assert code == 1
    assert said.startswith("Left out: shards/mixed.parquet cannot be set to approve")
    assert decisions(root) == []


def test_a_glob_names_a_shard_whose_file_changed(review, shard_files):
    (shard_files / "clean.parquet").write_bytes((shard_files / "poor.parquet").read_bytes())
    code, said = review("decide", "shards/c*", "approve")
    assert code == 1
    assert "is not the file that was labelled any more" in said


def test_a_glob_never_overrules(review, root):
    with pytest.raises(ReviewError, match="--overrule takes one shard"):
        review("decide", "shards/*", "approve", "--overrule", "--reason", "hurry")
    assert decisions(root) == []


def test_a_glob_that_matches_nothing_is_wrong_use(review):
    with pytest.raises(NotFound, match="No shard matches"):
        review("decide", "news/*", "approve")


def test_a_shard_by_its_name_is_refused_with_the_reason(review, root):
    with pytest.raises(ReviewError, match="cannot be set to approve"):
        review("decide", "shards/mixed.parquet", "approve")
    assert decisions(root) == []


def plan_of(review, *words: str) -> dict:
    return json.loads(review("plan", *words, "--json")[1])


def test_the_project_s_plan_is_what_is_not_asked_for_otherwise(review):
    assert plan_of(review)["plan"] == {
        "accept": 0.05,
        "reject": 0.2,
        "alpha": 0.05,
        "beta": 0.1,
        "method": "fixed",
        "unit": "documents",
    }
    changed = plan_of(review, "--accept", "0.1", "--beta", "0.05", "--method", "sequential")["plan"]
    assert changed == {
        "accept": 0.1,
        "reject": 0.2,
        "alpha": 0.05,
        "beta": 0.05,
        "method": "sequential",
        "unit": "documents",
    }


def test_without_a_project_the_plan_is_the_one_init_writes(tmp_path):
    result = CliRunner().invoke(app, ["plan", "--project", str(tmp_path), "--json"])
    plan = json.loads(result.output)["plan"]
    assert (plan["accept"], plan["reject"], plan["alpha"], plan["beta"]) == (0.02, 0.06, 0.05, 0.1)


def test_a_sequential_plan_says_the_most_it_costs_and_what_to_expect(review):
    fixed, sequential = (plan_of(review, "--method", name) for name in ("fixed", "sequential"))
    assert sequential["c"] is None
    assert sequential["n"] > fixed["n"]
    assert sequential["alpha"] <= 0.05
    awful = [view["curve"][-1]["labels"] for view in (fixed, sequential)]
    assert awful[1] < awful[0]
    said = review("plan", "--method", "sequential")[1]
    assert f"until the plan decides, at most {sequential['n']:,} a shard" in said
    assert "Risk of rejecting at 5.0 % bad" in said


def test_a_plan_that_is_none_is_refused(review):
    with pytest.raises(PlanError, match="allowed are fixed, sequential"):
        review("plan", "--method", "guess")
    with pytest.raises(PlanError, match="above 0"):
        review("plan", "--accept", "0", "--method", "sequential")
