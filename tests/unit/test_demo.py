"""The demo project is whole, and tells the story it promises."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner

from review import corpus, demo, workflow
from review.certificate import certify
from review.cli import app
from review.errors import SettingsError, StoreBusy
from review.records import Ruling, Stream, Verdict
from review.settings import load_settings

NOW = datetime(2026, 3, 20, 15, 30)


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("demo") / "project"
    demo.make_demo(folder, now=lambda: NOW)
    return folder


@pytest.fixture(scope="module")
def project(root: Path) -> Iterator[workflow.Project]:
    with workflow.open_project(root, clock=lambda: NOW) as opened:
        yield opened


def test_the_store_finds_nothing_wrong(project: workflow.Project) -> None:
    assert project.store.verify() == []


def test_every_kind_of_standing_can_be_seen(project: workflow.Project) -> None:
    assert {name: place.state for name, place in project.standings().items()} == {
        "forum/00.jsonl.gz": "needs labels",
        "forum/01.jsonl.gz": "should be rejected",
        "shop/00.jsonl.gz": "held",
        "web-de/00.parquet": "stale",
        "web-de/01.jsonl.gz": "needs labels",
        "web-en/00.parquet": "approved",
        "web-en/01.parquet": "no labels yet",
        "web-en/02.parquet": "rejected",
        "web-es/00.parquet": "can be approved",
        "web-es/01.jsonl.gz": "needs labels",
        "wiki/00.parquet": "approved",
        "wiki/01.parquet": "no labels yet",
    }


def test_a_dozen_keeps_by_a_newcomer_certify_one_shard(project: workflow.Project) -> None:
    shard = project.store.shard("forum/00.jsonl.gz")
    draws = sorted(project.store.draws(shard.name, Stream.AUDIT), key=lambda draw: draw.rank)
    place = project.standings()[shard.name]
    assert place.more == 12
    truth = {row.row: row.metadata["truth_verdict"] for row in corpus.read_rows(shard, [draw.row for draw in draws])}
    assert {truth[draw.row] for draw in draws[place.labels :]} == {"keep"}
    seen = [Verdict.REJECT] * place.bad + [Verdict.KEEP] * (len(draws) - place.bad)
    assert certify(project.settings.plan.plan(), shard.documents, seen).state == "approve"


def test_documents_wait_to_be_labelled(project: workflow.Project) -> None:
    waiting = project.store.lease(
        "newcomer", "tab", 500, until=NOW + timedelta(hours=1), overlap=1, limits=workflow.desk_limits(project)
    )
    project.store.release_leases("newcomer")
    assert len(waiting) > 100


def test_all_history_is_marked_as_simulated(project: workflow.Project) -> None:
    labels = project.store.labels()
    assert {label.source for label in labels} == {"simulated"}
    assert {label.reviewer for label in labels} == {reviewer.name for reviewer in demo.REVIEWERS}
    assert all(reviewer.name.startswith("sim-") for reviewer in demo.REVIEWERS)
    assert {decision.by for decision in project.store.decisions()} == {demo.LEAD}


def test_history_fills_the_two_weeks_before_now(project: workflow.Project) -> None:
    times = [label.at for label in project.store.labels() if label.at]
    assert times == sorted(times)
    assert times[0].date() == (NOW - timedelta(days=demo.DAYS)).date()
    assert times[-1] <= NOW
    assert len({time.date() for time in times}) >= 9
    assert all(8 <= time.hour < 18 for time in times)


def test_people_disagree_err_and_change_their_minds(project: workflow.Project) -> None:
    labels = project.store.labels()
    assert any(label.verdict is None for label in labels)
    assert any(label.verdict is Verdict.UNSURE for label in labels)
    assert any(label.note for label in labels)
    twice = [one for one in project.store.labelled_documents() if len(one.labels) > 1]
    assert len(twice) > 20


def test_the_truth_never_enters_the_store(project: workflow.Project) -> None:
    for batch in project.store.iter_documents():
        assert not any(name.startswith("truth_") for document in batch for name in document.metadata)


def test_a_model_is_in_use_and_has_scored_what_was_drawn(project: workflow.Project) -> None:
    version = project.store.promoted()
    assert version is not None
    drawn = {draw.doc_id for draw in project.store.draws()}
    scores = project.store.scores(version)
    assert len(drawn & set(scores)) > 0.9 * len(drawn)
    assert {draw.strategy for draw in project.store.draws(stream=Stream.TRAINING)} == {"uncertain"}


def test_the_release_holds_and_lists_what_was_approved(root: Path, project: workflow.Project) -> None:
    assert [row.name for row in project.store.releases()] == [demo.RELEASE]
    report = workflow.verify(root)
    assert (report.checked, report.problems) == (3, ())
    approved = {one.shard for one in project.store.decisions() if one.ruling is Ruling.APPROVE}
    listed = (root / "releases" / demo.RELEASE / "shards.txt").read_text(encoding="utf-8").split()
    assert {"/".join(Path(path).parts[-2:]) for path in listed} == approved


def test_the_copy_holds_shards_and_nothing_else(root: Path) -> None:
    files = {path.relative_to(root / "sample_data").as_posix() for path in (root / "sample_data").rglob("*.*")}
    assert len(files) == 12
    assert all(name.endswith((".parquet", ".jsonl.gz")) for name in files)


def test_settings_are_commented_and_hide_the_truth(root: Path) -> None:
    settings = load_settings(root)
    assert settings.corpus.hidden_columns == ["truth_*"]
    assert settings.plan.reject == pytest.approx(0.10)
    assert "# p1:" in (root / "review.toml").read_text(encoding="utf-8")


def test_a_folder_that_is_a_project_is_left_alone(root: Path) -> None:
    before = (root / "review.toml").read_text(encoding="utf-8")
    with pytest.raises(SettingsError, match="exists already"):
        demo.make_demo(root, now=lambda: NOW)
    assert (root / "review.toml").read_text(encoding="utf-8") == before


@pytest.fixture
def short_story(monkeypatch: pytest.MonkeyPatch) -> None:
    """A demo of one shard and no classifier, for tests that make several."""
    (chapter,) = (chapter for chapter in demo.STORY if chapter.shard == "web-de/00.parquet")
    monkeypatch.setattr(demo, "STORY", (chapter,))
    monkeypatch.setattr(demo.Office, "train", lambda office: None)


def interrupt(root: Path, where: object, what: str) -> None:
    """Make a demo and press Ctrl+C when it comes to `what`."""

    def stop(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(where, what, stop)
        with pytest.raises(KeyboardInterrupt):
            demo.make_demo(root, now=lambda: NOW)


@pytest.mark.usefixtures("short_story")
@pytest.mark.parametrize(
    ("where", "what"),
    [(demo.shutil, "copytree"), (workflow, "open_project"), (workflow, "draw"), (demo.Office, "change_mind")],
)
def test_an_interrupted_demo_is_made_anew(tmp_path: Path, where: object, what: str) -> None:
    root = tmp_path / "demo"
    interrupt(root, where, what)
    assert not demo.is_whole(root)
    result = CliRunner().invoke(app, ["demo", str(root), "--no-start"])
    assert (result.exit_code, "anew: the last time it was interrupted" in result.output) == (0, True)
    assert demo.is_whole(root)
    with workflow.open_project(root) as project:
        assert project.store.verify() == []
        assert len(project.store.shards()) == 12
        assert project.standings()["web-de/00.parquet"].state == "stale"
        assert len({label.label_id for label in project.store.labels()}) == len(project.store.labels())
    assert workflow.verify(root).problems == ()


@pytest.mark.usefixtures("short_story")
def test_people_s_labels_in_an_unfinished_demo_are_never_deleted(tmp_path: Path) -> None:
    root = tmp_path / "demo"
    interrupt(root, workflow, "release")
    with workflow.open_project(root) as project:
        simulated = project.store.labels()[0]
        project.store.record_labels([replace(simulated, label_id="a-person", reviewer="ana", source="desk")])
        before = project.store.labels()
    with pytest.raises(SettingsError, match="work by ana, which is not deleted"):
        demo.make_demo(root, now=lambda: NOW)
    with workflow.open_project(root) as project:
        assert project.store.labels() == before


@pytest.mark.usefixtures("short_story")
def test_a_journal_that_cannot_be_read_is_never_deleted(tmp_path: Path) -> None:
    root = tmp_path / "demo"
    interrupt(root, workflow, "draw")
    journal = root / "journal" / "000001.jsonl"
    journal.write_bytes(journal.read_bytes() + b"not json\n")
    with pytest.raises(SettingsError, match="cannot be read"):
        demo.make_demo(root, now=lambda: NOW)
    assert journal.read_bytes().endswith(b"not json\n")


@pytest.mark.usefixtures("short_story")
def test_a_demo_that_another_process_is_making_is_left_to_it(tmp_path: Path) -> None:
    root = tmp_path / "demo"
    interrupt(root, workflow, "draw")
    with workflow.open_project(root), pytest.raises(StoreBusy):
        demo.make_demo(root, now=lambda: NOW)


def test_other_files_are_never_mixed_with_a_demo(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    with pytest.raises(SettingsError, match="not an empty folder"):
        demo.make_demo(tmp_path, now=lambda: NOW)
    assert [path.name for path in tmp_path.iterdir()] == ["thesis.txt"]
