"""A release is there as a whole or not at all: killed at any moment, on a full disk, made twice at once."""

from __future__ import annotations

import contextlib
import errno
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from datetime import datetime
from pathlib import Path

import pytest

from review import workflow
from review.errors import ReleaseError, StoreFull
from review.records import Ruling
from review.release import Approved, verify_release, write_release
from review.workflow import releasing


@pytest.fixture
def root(project_root: Path, shard_files: Path, read_all) -> Path:
    """A project with an approved shard."""
    with workflow.open_project(project_root) as project:
        workflow.ingest(project, [str(shard_files / "*.parquet")], by="lead")
        workflow.draw(project, by="lead")
        read_all(project)
        workflow.decide(project, ["shards/clean.parquet"], Ruling.APPROVE, reason="", by="lea")
    return project_root


# Stops itself, as by a cut cable, at the k-th of the calls that put a release on the disk or into the journal.
KILLED_AT = """
import os, signal, sys
from pathlib import Path
from review import workflow
left = int(sys.argv[2])
def counted(call):
    def wrapped(*given, **named):
        global left
        left -= 1
        if left == 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return call(*given, **named)
    return wrapped
with workflow.open_project(Path(sys.argv[1])) as project:
    os.fsync, os.rename = counted(os.fsync), counted(os.rename)
    workflow.release(project, "r", by="lea")
print("done")
"""


def test_killed_at_any_step_it_is_whole_or_not_there_and_can_be_made_again(root):
    for step in range(1, 40, 2):
        ran = subprocess.run(
            [sys.executable, "-c", KILLED_AT, str(root), str(step)], capture_output=True, text=True, timeout=60
        )
        if ran.returncode == 0:
            break
        assert ran.returncode == -signal.SIGKILL, ran.stderr
        if (root / "releases" / "r").exists():
            assert workflow.verify(root, root / "releases" / "r").ok
        with workflow.open_project(root) as project:
            if not any(one.name == "r" for one in project.store.releases()):
                workflow.release(project, "r", by="lea")
            assert [one.name for one in project.store.releases()] == ["r"]
            assert project.store.verify() == []
        assert workflow.verify(root).ok
        assert workflow.releasing.manifest_at(root, None) == root / "releases" / "r" / "manifest.json"
        _forget(root)
    else:
        raise AssertionError("the release never ended")
    assert step > 5, "nothing was interrupted"


def _forget(root: Path) -> None:
    """As before the release: its folder is gone, and so is its line at the journal's end."""
    shutil.rmtree(root / "releases")
    segment = sorted((root / "journal").glob("*.jsonl"))[-1]
    lines = segment.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if b'"type":"release"' not in line]
    assert kept == lines[: len(kept)], "the release is the last event"
    segment.write_bytes(b"".join(kept))
    (root / "review.duckdb").unlink()
    for wal in root.glob("review.duckdb.wal"):
        wal.unlink()
    workflow.recover(root)


def test_a_release_that_was_put_in_place_but_not_recorded_is_taken_up(root, monkeypatch):
    """Killed between the two, it could neither be seen nor made again."""
    with workflow.open_project(root) as project:
        with monkeypatch.context() as patched:
            patched.setattr(type(project.store), "record_release", _killed)
            with pytest.raises(KeyboardInterrupt):
                workflow.release(project, "r", by="lea")
        made = (root / "releases" / "r" / "manifest.json").read_bytes()
        again = workflow.release(project, "r", by="lea")
        assert [one.name for one in project.store.releases()] == ["r"]
        assert (again.path / "manifest.json").read_bytes() == made
        with pytest.raises(ReleaseError, match="exists already"):
            workflow.release(project, "r", by="lea")
    assert [path.name for path in (root / "releases").iterdir()] == ["r"]


def test_another_release_of_that_name_is_not_taken_up(root, monkeypatch):
    with workflow.open_project(root) as project:
        with monkeypatch.context() as patched:
            patched.setattr(type(project.store), "record_release", _killed)
            with pytest.raises(KeyboardInterrupt):
                workflow.release(project, "r", by="lea")
        (root / "releases" / "r" / "shards.txt").write_text("other\n")
        with pytest.raises(ReleaseError, match="exists already"):
            workflow.release(project, "r", by="lea")
        assert (root / "releases" / "r" / "shards.txt").read_text() == "other\n"
        assert not project.store.releases()


def _killed(*_: object, **__: object) -> None:
    raise KeyboardInterrupt


@pytest.mark.parametrize("call", ["fsync", "rename"])
@pytest.mark.parametrize("at", range(1, 7))
def test_a_full_disk_leaves_nothing_behind(root, monkeypatch, call, at):
    with workflow.open_project(root) as project:
        seq = project.store.last_seq()
        real, calls = getattr(os, call), []

        def full(*given, **named):
            calls.append(given)
            if len(calls) == at:
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return real(*given, **named)

        with monkeypatch.context() as patched:
            patched.setattr(os, call, full)
            with contextlib.suppress(OSError, ReleaseError, StoreFull):
                workflow.release(project, "r", by="lea")
        if len(calls) < at:
            assert workflow.verify(root).ok
            return
        if project.store.last_seq() == seq and not (root / "releases" / "r").exists():
            assert [*(root / "releases").iterdir()] == []
        if not project.store.releases():
            workflow.release(project, "r", by="lea")
    assert workflow.verify(root).ok


def test_of_two_builders_of_one_name_one_wins(root):
    with workflow.open_project(root) as project:
        place = project.standings()["shards/clean.parquet"]
        entry = Approved(project.store.shard(place.shard), place.decision)
        start, won, lost = threading.Barrier(6), [], []

        def build(by: str) -> None:
            start.wait()
            try:
                won.append(write_release(
                    root / "releases", "r", [entry], project="p", plan=project.settings.plan.plan(), rubric=1, by=by,
                    at=datetime(2026, 1, 1),
                ))  # fmt: skip
            except ReleaseError as error:
                lost.append(str(error))

        threads = [threading.Thread(target=build, args=(f"lead {n}",)) for n in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert (len(won), len(lost)) == (1, 5)
    assert [path.name for path in (root / "releases").iterdir()] == ["r"]
    assert verify_release(root / "releases" / "r" / "manifest.json").ok


def test_what_a_killed_builder_left_is_no_release(root):
    with workflow.open_project(root) as project:
        made = workflow.release(project, "r", by="lea")
    time.sleep(0.01)
    shutil.copytree(made.path, root / "releases" / ".s.abc123")
    assert releasing.manifest_at(root, None) == made.path / "manifest.json"
