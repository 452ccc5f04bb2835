"""Intervals take labels in the order of the draw: whoever looks is told when some wait for one before theirs."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from review import workflow
from review.cli import app
from review.errors import ReviewError
from review.records import Label, Ruling, Verdict
from review.settings import write_default
from review.ui import views, words

SHARD = "files/a.parquet"


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "project"
    write_default(root)
    (tmp_path / "files").mkdir()
    texts = [f"{row} of the harbour" for row in range(300)]
    pq.write_table(pa.table({"text": texts}), tmp_path / "files" / "a.parquet")
    with workflow.open_project(root) as project:
        workflow.ingest(project, [str(tmp_path / "files" / "*.parquet")], by="lead")
        workflow.draw(project, by="lead")
    return root


def read(project, ranks, verdict=Verdict.KEEP):
    draws = {one.rank: one.doc_id for one in project.store.draws(SHARD)}
    for document in project.store.documents([draws[rank] for rank in ranks]):
        name = document.doc_id
        project.store.record_labels([Label(f"ana-{name}", name, document.content_hash, "ana", verdict)])


def test_the_first_label_missing_keeps_the_others_from_counting(root):
    with workflow.open_project(root) as project:
        read(project, range(1, 31))
        place = project.standings()[SHARD]
        assert (place.labels, place.waiting, words.sure(place)) == (30, 30, "unknown")
    said = CliRunner().invoke(app, ["shards", "--project", str(root)]).output
    assert "without 30 of 30 labels: a document drawn before theirs has none" in said
    with workflow.open_project(root) as project:
        read(project, [0])
        place = project.standings()[SHARD]
        assert (place.labels, place.waiting) == (31, 0)
        assert words.sure(place) != "unknown"
    assert "without" not in CliRunner().invoke(app, ["shards", "--project", str(root)]).output


def test_a_plan_used_up_is_no_reading_under_way(root):
    with workflow.open_project(root) as project:
        plan = project.standings()[SHARD].certificate
        assert plan.allowed is not None
        read(project, range(plan.allowed + 1), Verdict.UNSURE)
        read(project, range(plan.allowed + 1, plan.needed))
        (place,) = standings = list(project.standings().values())
        assert (place.state, place.waiting) == ("undecided", 0)
        assert {name: n for name, n in views.progress(standings).items() if n} == {"undecided": 1}
        with pytest.raises(ReviewError, match=r"bad\. The plan says 'undecided'\. It asks for no more labels"):
            workflow.decide(project, [SHARD], Ruling.APPROVE, reason="", by="lead")
    assert "Unsure" in CliRunner().invoke(app, ["shards", "--project", str(root)]).output


def test_shards_in_any_of_several_states_are_listed_as_status_says(root, tmp_path):
    (tmp_path / "files" / "a.parquet").unlink()
    run = CliRunner().invoke
    assert "review shards --state missing" in run(app, ["status", "--project", str(root)]).output
    said = run(app, ["shards", "--state", "stale", "--state", "missing", "--project", str(root)]).output
    assert SHARD in said
    assert SHARD not in run(app, ["shards", "--state", "stale", "--project", str(root)]).output


def test_what_was_drawn_for_training_is_asked_for_and_counted_once_the_plans_are_done(root):
    with workflow.open_project(root) as project:
        read(project, range(project.standings()[SHARD].certificate.needed))
        assert {"label", "teach"}.isdisjoint(step.kind for step in workflow.overview(project).do_next)
        done = project.store.progress("ana", workflow.desk_limits(project))
        assert done.wanted == done.labelled == project.standings()[SHARD].labels
        drawn = {draw.row for draw in project.store.draws(SHARD)}
        others = [f"{SHARD}#{row}" for row in range(300) if row not in drawn]
        workflow.draw_by_hand(project, others[:5], by="lead")
        step = next(step for step in workflow.overview(project).do_next if step.kind == "teach")
        assert (step.count, step.text) == (5, "Read 5 documents drawn for training.")
        row = views.next_row(step, workflow.overview(project), [], project.settings.plan.plan())
        assert row is not None
        assert (row.strong, row.page) == ("Read 5 documents drawn for training", "review")
        assert project.store.progress("ana", workflow.desk_limits(project)).wanted == done.wanted + 5


def test_a_budget_for_nothing_says_that_nothing_waits(root):
    with workflow.open_project(root) as project:
        read(project, range(project.standings()[SHARD].certificate.needed))
    said = CliRunner().invoke(app, ["plan", "--budget", "3x4", "--seconds", "9", "--project", str(root)]).output
    assert said == "No shard waits for labels: each is decided, can be, or has used up its plan.\n"
