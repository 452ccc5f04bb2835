"""Shards are recorded in batches: fast, and nothing half-way when a run is stopped."""

from __future__ import annotations

from pathlib import Path

import pytest
from store_states import Clock, shard

from review import workflow
from review.errors import StoreError
from review.records import Fingerprint
from review.store import NewShard, ShardState, Store
from review.workflow import intake


@pytest.fixture
def lines(tmp_path: Path) -> Path:
    folder = tmp_path / "lines"
    folder.mkdir()
    for number in range(12):
        (folder / f"{number:03}.jsonl").write_text(f'{{"text": "document {number}"}}\n')
    return folder


def commits(project: workflow.Project, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many events each write to the store holds, as it happens."""
    sizes: list[int] = []
    record = project.store._record
    monkeypatch.setattr(project.store, "_record", lambda facts: (sizes.append(len(facts)), record(facts))[1])
    return sizes


def test_many_shards_are_one_write(project_root, lines, monkeypatch):
    with workflow.open_project(project_root) as project:
        sizes = commits(project, monkeypatch)
        report = workflow.ingest(project, [str(lines / "*.jsonl")], by="lead")
        assert (len(report.added), report.documents) == (12, 12)
        assert [size for size in sizes if size] == [12]
        assert [one.name for one in project.store.shards()] == list(report.added)


def test_a_long_run_writes_every_few_shards(project_root, lines, monkeypatch):
    monkeypatch.setattr(intake, "BATCH_SHARDS", 5)
    with workflow.open_project(project_root) as project:
        sizes = commits(project, monkeypatch)
        workflow.ingest(project, [str(lines / "*.jsonl")], by="lead")
        assert sizes == [5, 5, 2]


def test_what_was_read_before_a_stop_is_kept_and_the_next_run_goes_on(project_root, lines):
    def stop(what: str, done: int, total: int, rows: int) -> None:
        if done == 7:
            raise KeyboardInterrupt

    with workflow.open_project(project_root) as project:
        with pytest.raises(KeyboardInterrupt):
            workflow.ingest(project, [str(lines / "*.jsonl")], by="lead", progress=stop)
        assert len(project.store.shards()) == 7
        report = workflow.ingest(project, [str(lines / "*.jsonl")], by="lead")
        assert (len(report.added), len(report.unchanged)) == (5, 7)


def test_a_known_shard_again_writes_nothing(project_root, lines, monkeypatch):
    with workflow.open_project(project_root) as project:
        workflow.ingest(project, [str(lines / "*.jsonl")], by="lead")
        before = project.store.last_seq()
        workflow.ingest(project, [str(lines / "*.jsonl")], by="lead")
        assert project.store.last_seq() == before


def test_a_replaced_file_and_its_new_shard_are_one_write(project_root, lines, monkeypatch):
    with workflow.open_project(project_root) as project:
        workflow.ingest(project, [str(lines / "*.jsonl")], by="lead")
        (lines / "003.jsonl").write_text('{"text": "another document"}\n')
        sizes = commits(project, monkeypatch)
        report = workflow.ingest(project, [str(lines / "*.jsonl")], by="lead", replace_changed=True)
        assert (report.replaced, sizes) == (("lines/003.jsonl@2",), [2])
        assert project.store.shard_states()["lines/003.jsonl"] == "replaced"


def test_states_of_many_shards_are_recorded_once_and_all_or_none(tmp_path):
    with Store.open(tmp_path, clock=Clock()) as store:
        new = [NewShard(shard(f"web/{n}"), (), {}) for n in range(20)]
        assert store.add_shards(new, "lead") == 20
        seen = Fingerprint(1, 2, "other")
        states = [ShardState(one.shard.name, "changed", seen) for one in new]
        assert store.set_shard_states(states, "lead") == 20
        assert store.set_shard_states(states, "lead") == 0
        assert store.set_shard_states([*states[:3], ShardState("web/3", "missing", None)], "lead") == 1
        before = store.last_seq()
        with pytest.raises(StoreError, match="state is one of"):
            store.set_shard_states([ShardState("web/1", "ok", None), ShardState("web/2", "gone", None)], "lead")
        with pytest.raises(StoreError, match="known as"):
            store.add_shards([NewShard(shard("web/0", 50), (), {})], "lead", states=[ShardState("web/1", "ok", None)])
        assert store.last_seq() == before
        assert list(store.shard_states().values()) == ["changed"] * 3 + ["missing"] + ["changed"] * 16
