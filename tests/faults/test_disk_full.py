"""A disk that fails at any step of a write: nothing is acknowledged or half there, and it goes on without restart."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest
from store_states import LATER, Clock, draw, filled, label, shard

from review.errors import StoreError, StoreFull, StoreKept
from review.records import Decision, Ruling, Stream
from review.store import Store
from review.store.core import connect

pytestmark = pytest.mark.faults


@pytest.fixture
def store(tmp_path):
    with filled(tmp_path, Clock()) as store:
        store.record_labels([label("web/a#1", "first")])
        yield store


class Disk:
    """The disk's calls, each of which can be told to fail from its n-th call on, for a number of calls."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.fail: dict[str, range] = {}
        self.calls = dict.fromkeys(("pwrite", "fsync", "ftruncate", "open"), 0)
        for name in self.calls:
            monkeypatch.setattr(os, name, self._wrapped(name, getattr(os, name)))

    def _wrapped(self, name, real):
        def call(*args, **kwargs):
            number = self.calls[name]
            self.calls[name] += 1
            if number in self.fail.get(name, ()):
                if name == "pwrite":  # a disk fills up in the middle of a line
                    real(args[0], args[1][: len(args[1]) // 2], args[2])
                raise OSError(errno.ENOSPC, "No space left on device")
            return real(*args, **kwargs)

        return call

    def breaks(self, times: int = 1, **calls: int) -> None:
        self.calls = dict.fromkeys(self.calls, 0)
        self.fail = {name: range(first, first + times) for name, first in calls.items()}

    def mended(self) -> None:
        self.fail = {}


@pytest.mark.parametrize(
    "calls", [{"pwrite": 0}, {"fsync": 0}, {"pwrite": 0, "ftruncate": 0}, {"fsync": 0, "ftruncate": 0}]
)
@pytest.mark.parametrize("times", [1, 3])
def test_a_failing_journal_acknowledges_nothing_and_recovers(store, monkeypatch, calls, times):
    journal = store.root / "journal" / "000001.jsonl"
    before = journal.read_bytes()
    disk = Disk(monkeypatch)
    disk.breaks(times, **calls)
    batch = [label("web/a#2", "second"), label("web/a#3", "third")]
    with pytest.raises(StoreFull, match="No space left"):
        store.record_labels(batch)
    assert store.label_count() == 1
    disk.mended()
    stored = store.record_labels(batch)
    assert [one.seq for one in stored] == [6, 7]
    assert journal.read_bytes().startswith(before)
    assert store.verify() == []
    store.close()
    with Store.open(store.root) as again:
        assert again.warnings == []
        assert [one.label_id for one in again.labels()] == ["first", "second", "third"]


def test_while_the_disk_is_full_every_write_is_refused_and_reads_work(store, monkeypatch):
    disk = Disk(monkeypatch)
    disk.breaks(10_000, pwrite=0, ftruncate=0)
    for attempt in range(3):
        with pytest.raises(StoreFull):
            store.record_labels([label("web/a#2", f"try-{attempt}")])
        assert store.label_count() == 1
        assert store.document("web/a#2").row == 2
    disk.mended()
    store.record_labels([label("web/a#2", "try-3")])
    assert [one.label_id for one in store.labels()] == ["first", "try-3"]
    assert store.verify() == []


def test_a_death_while_the_failed_write_could_not_be_cut_off(store, monkeypatch, tmp_path):
    disk = Disk(monkeypatch)
    disk.breaks(10_000, pwrite=0, ftruncate=0)
    with pytest.raises(StoreFull):
        store.record_labels([label("web/a#2", "second")])
    store.close()
    disk.mended()
    with Store.open(store.root) as again:
        assert "unfinished line" in again.warnings[0]
        assert [one.label_id for one in again.labels()] == ["first"]
        again.record_labels([label("web/a#2", "second")])
        assert again.verify() == []


def test_a_new_segment_that_cannot_be_made_durable_is_tried_again(store, monkeypatch):
    monkeypatch.setattr("review.store.journal.SEGMENT_BYTES", 10)
    disk = Disk(monkeypatch)
    for calls in ({"open": 0}, {"fsync": 0}, {"fsync": 1}):
        disk.breaks(1, **calls)
        with pytest.raises(StoreFull):
            store.record_labels([label("web/a#2", "second")])
    disk.mended()
    store.record_labels([label("web/a#2", "second")])
    store.record_labels([label("web/a#3", "third")])
    assert store.verify() == []


class FailingCursor:
    """A cursor whose n-th call of a method fails as DuckDB does on a full disk; the plan counts down."""

    def __init__(self, real, plan):
        self._real, self._plan = real, plan

    def __getattr__(self, name):
        real = getattr(self._real, name)
        if name not in ("execute", "commit", "begin"):
            return real

        def call(*args):
            self._plan[name] = self._plan.get(name, 0) - 1
            if self._plan[name] == 0:
                raise duckdb.IOException("Could not write file: No space left on device")
            done = real(*args)
            return self if done is self._real else done

        return call

    def __enter__(self):
        self._real.__enter__()
        return self

    def __exit__(self, *error):
        return self._real.__exit__(*error)


class FailingConnection:
    def __init__(self, real, plan):
        self._real, self._plan = real, plan

    def cursor(self):
        return FailingCursor(self._real.cursor(), self._plan)

    def __getattr__(self, name):
        return getattr(self._real, name)


@pytest.mark.parametrize(
    "plan",
    [
        {"begin": 1},
        {"begin": 2},
        *({"execute": n} for n in range(1, 9)),
    ],
)
def test_a_failing_database_step_acknowledges_nothing_and_a_resend_stores_once(store, plan):
    real = store._con
    store._con = FailingConnection(real, dict(plan))
    batch = [label("web/a#2", "second"), label("web/a#3", "third")]
    with pytest.raises(StoreError, match="No space left"):
        store.record_labels(batch)
    store._con = real
    stored = store.record_labels(batch)
    assert [one.label_id for one in store.labels()] == ["first", "second", "third"]
    assert store.labels()[1:] == stored
    assert store.verify() == []


class DyingConnection(FailingConnection):
    """A database whose first commit fails and which then refuses everything, as DuckDB does until it is reopened."""

    def cursor(self):
        if self._plan["commit"] <= 0:
            raise duckdb.FatalException("database has been invalidated because of a previous fatal error")
        return super().cursor()


RULING = Decision("web/a", Ruling.APPROVE, "good", "lead", shard().fingerprint, {"n": 20}, 1)


def record_one_of_each(store):
    """Facts that would be there twice if their sender were told to send again."""
    yield lambda: store.record_labels([label("web/a#2", "second")])
    yield lambda: store.record_decisions([RULING])
    yield lambda: store.record_release("r1", {"shards": ["web/a"]}, "/releases/r1", "lead")
    yield lambda: store.record_draws([draw("web/b", 5, Stream.TRAINING)], [], "lead")


def assert_each_is_there_once(store):
    assert [one.label_id for one in store.labels()] == ["first", "second"]
    assert [one.ruling for one in store.decisions()] == [Ruling.APPROVE]
    assert [one.name for one in store.releases()] == ["r1"]
    assert [one.row for one in store.draws("web/b", Stream.TRAINING)] == [5]
    assert store.verify() == []


@pytest.mark.parametrize("connection", [FailingConnection, DyingConnection])
def test_what_the_journal_has_is_stored_though_the_commit_failed(store, connection):
    for record in record_one_of_each(store):
        before = store.last_seq()
        store._con = connection(store._con, {"commit": 1})
        record()
        assert store.last_seq() == before + 1
    assert_each_is_there_once(store)
    store.close()
    with Store.open(store.root) as again:
        assert_each_is_there_once(again)


def test_what_only_the_journal_has_is_not_to_be_sent_again(store, monkeypatch):
    for record in record_one_of_each(store):
        before = store.last_seq()
        store._con = DyingConnection(store._con, {"commit": 1})
        with monkeypatch.context() as patch:
            patch.setattr(store, "_connect", lambda: connect(store.root, store._clock()))  # a folder: cannot be opened
            with pytest.raises(StoreError, match=r"kept in the journal .* do not send again") as told:
                record()
            assert "Nothing was stored" not in str(told.value)
            with pytest.raises(StoreError):
                store.labels()
        assert store.last_seq() == before + 1  # the disk is mended: it catches up even without a new start
    store.close()
    with Store.open(store.root) as again:
        assert_each_is_there_once(again)


class FullConnection(FailingConnection):
    """A database on a full disk: it is read, and reopened, but no commit succeeds."""

    def cursor(self):
        return FailingCursor(self._real.cursor(), {"commit": 1})

    def close(self):
        pass


def test_while_the_tables_cannot_follow_the_journal_reads_show_what_they_have(store, monkeypatch):
    real = store._con
    with monkeypatch.context() as patch:
        patch.setattr(store, "_con", FullConnection(real, {}))
        patch.setattr(store, "_connect", lambda: FullConnection(real, {}))
        with pytest.raises(StoreKept):
            store.record_labels([label("web/a#2", "second")])
        assert [one.label_id for one in store.labels()] == ["first"]
        assert store.document("web/a#2").row == 2
        with pytest.raises(StoreFull):
            store.record_labels([label("web/a#3", "third")])
        with pytest.raises(StoreFull):
            store.lease("ana", "tab", 5, until=LATER, overlap=1)
    assert [one.label_id for one in store.labels()] == ["first", "second"]
    store.record_labels([label("web/a#2", "second"), label("web/a#3", "third")])
    assert [one.label_id for one in store.labels()] == ["first", "second", "third"]
    assert store.verify() == []


def test_a_real_limit_on_file_size(tmp_path):
    """Under a file size limit every further write fails in the kernel, in the journal and in DuckDB alike."""
    filled(tmp_path, Clock()).close()
    code = f"""
import resource
from pathlib import Path
from store_states import label
from review.errors import StoreError, StoreFull, StoreKept
from review.store import Store
store = Store.open(Path({str(tmp_path)!r}))
journal = store.root / "journal" / "000001.jsonl"
resource.setrlimit(resource.RLIMIT_FSIZE, (journal.stat().st_size + 4000, resource.RLIM_INFINITY))
stored = refused = kept = 0
for n in range(20):
    try:
        store.record_labels([label(f"web/a#{{n}}", f"l{{n}}")])
        stored += 1
    except StoreError as error:
        refused += isinstance(error, StoreFull)
        kept += "do not send again" in str(error)
assert refused + kept == 20 - stored > 0, (stored, refused, kept)
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
store.record_labels([label(f"web/a#{{n}}", f"l{{n}}") for n in range(20)])
assert store.label_count() == 20, store.label_count()
assert store.verify() == []
assert store.last_seq() == 4 + 20
print(stored, refused, kept)
"""
    folders = [str(Path(__file__).parents[1]), *sys.path]
    # Python would keep the torn bytecode of whatever it imports under the limit, and everything after it would break.
    environment = {"PYTHONPATH": ":".join(folders), "PYTHONDONTWRITEBYTECODE": "1"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with Store.open(tmp_path) as store:
        assert store.label_count() == 20
        assert store.verify() == []
