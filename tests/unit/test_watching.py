"""Shard files are looked at beside the pages: a change is known without anybody asking, and nothing is read twice."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from review import workflow
from review.workflow import watching


@pytest.fixture
def digests(monkeypatch) -> list[str]:
    """Files whose content was compared."""
    from review import corpus

    read: list[str] = []
    real = corpus.unchanged
    monkeypatch.setattr(corpus, "unchanged", lambda uri, seen: (read.append(Path(uri).name), real(uri, seen))[1])
    return read


def states(project: workflow.Project) -> set[str]:
    return {name for name, state in project.store.shard_states().items() if state != "ok"}


def test_only_what_is_not_as_it_was_is_compared_and_only_once(project, shard_files, digests):
    seen: dict = {}
    assert watching.compare(project, seen) == digests == []
    os.utime(shard_files / "clean.parquet")
    assert watching.compare(project, seen) == []
    assert digests == ["clean.parquet"], "touched: its content is compared"
    (shard_files / "poor.parquet").write_bytes((shard_files / "mixed.parquet").read_bytes())
    assert watching.compare(project, seen) == ["shards/poor.parquet"]
    (shard_files / "mixed.parquet").unlink()
    assert watching.compare(project, seen) == ["shards/mixed.parquet"]
    assert states(project) == {"shards/poor.parquet", "shards/mixed.parquet"}
    digests.clear()
    assert watching.compare(project, seen) == digests == []


def test_a_file_that_comes_back_is_known_to_be_back(project, shard_files):
    seen: dict = {}
    content = (shard_files / "poor.parquet").read_bytes()
    (shard_files / "poor.parquet").unlink()
    watching.compare(project, seen)
    assert states(project) == {"shards/poor.parquet"}
    (shard_files / "poor.parquet").write_bytes(content)
    watching.compare(project, seen)
    assert states(project) == set()


def test_a_look_is_taken_beside_and_the_next_one_when_it_is_due(project, shard_files, monkeypatch):
    (shard_files / "poor.parquet").unlink()
    watch = watching.watch(project)
    assert watching.watch(project) is watch
    watch.look(project)
    watch.thread.join(30)
    assert states(project) == {"shards/poor.parquet"}
    first = watch.thread
    watch.look(project)
    assert watch.thread is first, "the next look is not due"
    watch.due = time.monotonic()
    watch.look(project)
    assert watch.thread is not first
    watch.thread.join(30)


def test_a_closed_project_ends_the_look_quietly(project):
    project.close()
    watch = watching.Watch()
    watch.look(project)
    watch.thread.join(30)
    assert not watch.thread.is_alive()
    assert watch.due > time.monotonic()
