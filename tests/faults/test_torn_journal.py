"""Torn journals and flipped bytes: what was acknowledged comes back, what was not is kept aside, nothing is guessed."""

from __future__ import annotations

import shutil

import pytest
from store_states import Clock, checkpoint, filled, label, read_rows

from review.errors import StoreError
from review.store import Store
from review.store.journal import Journal
from review.store.recover import recover

pytestmark = pytest.mark.faults


@pytest.fixture(scope="module")
def history(tmp_path_factory):
    """Two copies of one project: closed after the labels, and as it was before the last three of them."""
    root = tmp_path_factory.mktemp("history")
    with filled(root / "after", Clock()) as store:
        store.record_labels([label("web/a#1", "l1")])
        checkpoint(store)
        (root / "before").mkdir()
        shutil.copy(root / "after" / "review.duckdb", root / "before" / "review.duckdb")
        store.record_labels([label(f"web/a#{n}", f"l{n}", note="x" * 20) for n in (2, 3, 4)])
    return root


def last_three(raw: bytes) -> range:
    """Every length that cuts the last three lines somewhere."""
    return range(raw.rindex(b"\n", 0, raw.index(b'"label_id":"l2"')) + 1, len(raw))


def test_a_journal_torn_before_its_tables_is_restored_at_every_byte(history, tmp_path):
    """The tables have all labels, the journal lost its end: they are acknowledged, and they all come back."""
    raw = (history / "after" / "journal" / "000001.jsonl").read_bytes()
    shutil.copytree(history / "after", tmp_path / "p")
    path = tmp_path / "p" / "journal" / "000001.jsonl"
    for place, length in enumerate(last_three(raw)):
        if (
            place % 16 == 0
        ):  # the whole store, often enough to meet every kind of place; the journal at every byte below
            path.write_bytes(raw[:length])
            with Store.open(tmp_path / "p") as store:
                assert store.label_count() == 4
                assert "had lost events" in store.warnings[0]
            assert path.read_bytes() == raw


def test_a_journal_torn_in_a_write_keeps_its_whole_lines_at_every_byte(history, tmp_path):
    raw = (history / "after" / "journal" / "000001.jsonl").read_bytes()
    path = tmp_path / "000001.jsonl"
    for length in last_three(raw):
        path.write_bytes(raw[:length])
        journal = Journal(tmp_path)
        assert journal.last_seq == 4 + raw[:length].count(b'"type":"label"', 0, raw[:length].rfind(b"\n") + 1)
        whole = raw[: raw[:length].rfind(b"\n") + 1]
        assert journal.torn == raw[len(whole) : length]
        if journal.torn:
            copy = journal.cut_torn()
            assert copy.read_bytes() == raw[len(whole) : length]
            copy.unlink()
        journal.close()
        assert path.read_bytes() == whole


@pytest.mark.parametrize("cut", [1, 40, 300, 700, 1100])
def test_a_store_behind_a_torn_journal_takes_the_whole_lines(history, tmp_path, cut):
    """Died in the middle of a write: whole lines are applied, the torn one is kept aside, a resend completes."""
    shutil.copytree(history / "after", tmp_path / "p")
    shutil.copy(history / "before" / "review.duckdb", tmp_path / "p" / "review.duckdb")
    path = tmp_path / "p" / "journal" / "000001.jsonl"
    raw = path.read_bytes()
    path.write_bytes(raw[:-cut])
    whole = raw[:-cut].count(b'"type":"label"', 0, raw[:-cut].rfind(b"\n") + 1)
    with Store.open(tmp_path / "p") as store:
        assert [one.label_id for one in store.labels()] == [f"l{n}" for n in range(1, whole + 1)]
        assert "unfinished line" in store.warnings[0]
        assert list((tmp_path / "p" / "journal").glob("torn-*.txt"))
        store.record_labels([label(f"web/a#{n}", f"l{n}", note="x" * 20) for n in (2, 3, 4)])
        assert store.label_count() == 4
        assert store.verify() == []


def test_flipped_bytes_in_the_write_ahead_log_lose_no_label(tmp_path):
    project, copy = tmp_path / "p", tmp_path / "copy"
    store = filled(project, Clock())
    checkpoint(store)
    stored = [store.record_labels([label(f"web/a#{n}", f"l{n}")])[0] for n in range(6)]
    shutil.copytree(project, copy)  # with its log, as a killed process leaves it
    store.close()
    log = (copy / "review.duckdb.wal").read_bytes()
    assert len(log) > 500
    unopenable = 0
    for position in range(0, len(log), len(log) // 8):
        shutil.rmtree(project)
        shutil.copytree(copy, project)
        raw = bytearray(log)
        raw[position] ^= 0x20
        (project / "review.duckdb.wal").write_bytes(raw)
        if said := _refusal_to_open(project):
            assert "review recover" in said
            unopenable += 1
            report = recover(project, read_rows, clock=Clock())
            assert (project / f"{report.kept_aside[-1]}").exists()
        with Store.open(project) as store:
            assert store.labels() == stored
            assert store.verify() == []
    assert unopenable


def _refusal_to_open(project) -> str:
    try:
        Store.open(project).close()
    except StoreError as error:
        return str(error)
    return ""
