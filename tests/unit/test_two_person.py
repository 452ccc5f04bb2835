"""Two people sign an approval, where review.toml wants it: until then it is one lead's word and in no release."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from review import workflow
from review.cli import app
from review.errors import NotFound, ReleaseError, ReviewError, StoreError
from review.records import Ruling

CLEAN = "shards/clean.parquet"


@pytest.fixture
def root(project_root: Path, shard_files: Path, read_all) -> Path:
    """A project under two-person rule with every document read and nothing decided."""
    settings = project_root / "review.toml"
    settings.write_text(settings.read_text().replace("two_person = false", "two_person = true "))
    with workflow.open_project(project_root) as project:
        workflow.ingest(project, [str(shard_files / "*.parquet")], by="lead")
        workflow.draw(project, by="lead")
        read_all(project)
    return project_root


@pytest.fixture
def project(root: Path):
    with workflow.open_project(root) as opened:
        yield opened


def approve(project: workflow.Project, by: str = "lea", **how) -> None:
    workflow.decide(project, [CLEAN], Ruling.APPROVE, reason="certified", by=by, **how)


def state(project: workflow.Project) -> str:
    return project.standings()[CLEAN].state


@pytest.mark.parametrize("spelling", ["Lea", "LEA", "l\u200bea", "\uff4cea"])
def test_another_spelling_of_the_first_person_is_no_second_one(project, spelling):
    approve(project, by="lea")
    with pytest.raises(StoreError, match=r"lea decided .* somebody else has to confirm"):
        workflow.confirm(project, [CLEAN], by=spelling)
    assert state(project) == "to be confirmed"


def test_an_approval_waits_for_somebody_else_and_then_stands(project):
    approve(project)
    assert state(project) == "to be confirmed"
    assert [step.kind for step in workflow.overview(project).do_next][:2] == ["reject", "confirm"]
    with pytest.raises(ReleaseError, match=r"clean\.parquet: to be confirmed"):
        workflow.release(project, "early", by="lea")
    with pytest.raises(StoreError, match="somebody else has to confirm"):
        workflow.confirm(project, [CLEAN], by="lea")
    assert workflow.confirm(project, [CLEAN], by="ben") == 1
    assert state(project) == "approved"
    (decision,) = project.store.decisions()
    assert (decision.by, decision.confirmed_by) == ("lea", "ben")
    made = workflow.release(project, "both", by="lea").manifest["shards"][0]["decision"]
    assert (made["by"], made["confirmed_by"]) == ("lea", "ben")
    assert made["confirmed_at"] > made["at"]
    assert workflow.verify(project.root).ok


def test_a_new_decision_needs_a_new_signature(project):
    approve(project)
    workflow.confirm(project, [CLEAN], by="ben")
    approve(project, by="ben")
    assert state(project) == "to be confirmed"
    old, _ = project.store.decisions()
    with pytest.raises(StoreError, match="decided anew"):
        project.store.confirm_decisions([old], "cem")


def test_what_does_not_wait_cannot_be_confirmed(project, shard_files):
    with pytest.raises(ReviewError, match="can be approved; only an approval that waits"):
        workflow.confirm(project, [CLEAN], by="ben")
    with pytest.raises(NotFound):
        workflow.confirm(project, ["nobody"], by="ben")
    workflow.decide(project, ["shards/poor.parquet"], Ruling.REJECT, reason="", by="lea")
    assert project.standings()["shards/poor.parquet"].state == "rejected", "only approvals need two"
    approve(project)
    (shard_files / "clean.parquet").write_bytes((shard_files / "poor.parquet").read_bytes())
    with pytest.raises(ReviewError, match="stale: file changed"):
        workflow.confirm(project, [CLEAN], by="ben")
    assert project.store.decisions()[-1].confirmed_by is None


def test_signatures_survive_a_recovery(root):
    with workflow.open_project(root) as project:
        approve(project)
        workflow.confirm(project, [CLEAN], by="ben")
        before = project.store.decisions()
    for path in root.glob("review.duckdb*"):
        path.unlink()
    workflow.recover(root)
    with workflow.open_project(root) as project:
        assert project.store.decisions() == before
        assert [event.type for event in project.store.history(CLEAN, labels=False)][:2] == ["confirmation", "decision"]


def test_without_the_rule_one_signature_is_enough(root):
    settings = root / "review.toml"
    settings.write_text(settings.read_text().replace("two_person = true", "two_person = false"))
    with workflow.open_project(root) as project:
        approve(project)
        assert state(project) == "approved"


def test_the_second_signature_from_the_command_line(root):
    def run(*words: str) -> tuple[int, str]:
        result = CliRunner().invoke(app, [*words, "--project", str(root)])
        return result.exit_code, result.output

    assert run("confirm", "*")[0] == 1
    assert "to be confirmed by a second person" in run("decide", CLEAN, "approve", "--by", "lea")[1]
    code, said = run("confirm", "shards/*", "--by", "ben", "--json")
    assert (code, json.loads(said)) == (0, {"confirmed": [CLEAN]})
