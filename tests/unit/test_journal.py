"""The journal's format, chain and segments."""

from __future__ import annotations

import hashlib
import json

import pytest
from store_states import HOSTILE, NOW

from review.errors import JournalBroken, StoreError
from review.store import journal as journal_module
from review.store.events import FIRST_PREV, Fact, check_line, parse
from review.store.journal import Journal, segments


def facts(n: int, start: int = 0) -> list[Fact]:
    return [Fact("note", "ana", {"n": start + index, "text": HOSTILE}) for index in range(n)]


@pytest.fixture
def journal(tmp_path):
    journal = Journal(tmp_path)
    journal.write(journal.prepare(facts(5), NOW))
    yield journal
    journal.close()


@pytest.fixture
def small_segments(monkeypatch):
    monkeypatch.setattr(journal_module, "SEGMENT_BYTES", 900)


def reopened(journal: Journal) -> Journal:
    journal.close()
    return Journal(journal.folder)


def test_a_line_can_be_checked_with_nothing_but_sha256(journal):
    prev = FIRST_PREV
    for seq, line in enumerate(journal.path.read_bytes().splitlines(), 1):
        body, mark, rest = line.rpartition(b',"hash":"')
        digest = rest.removesuffix(b'"}').decode()
        assert mark
        assert hashlib.sha256(body).hexdigest() == digest
        event = json.loads(line)
        assert (event["seq"], event["prev"], event["hash"]) == (seq, prev, digest)
        assert event["data"]["text"] == HOSTILE
        prev = digest


def test_lines_are_ascii(journal):
    assert journal.path.read_bytes().isascii()
    assert journal.path.read_bytes().count(b"\n") == 5


def test_events_come_back_from_any_place(journal):
    again = reopened(journal)
    assert [event.data["n"] for event in again.events()] == [0, 1, 2, 3, 4]
    assert [event.seq for event in again.events(4)] == [4, 5]
    assert [event.seq for event in again.events(2, 3)] == [2, 3]
    assert list(again.events(6)) == []
    assert (again.last_seq, again.last_hash) == (5, journal.last_hash)


def test_a_line_is_parsed_into_the_event_it_was(tmp_path):
    journal = Journal(tmp_path)
    [event] = journal.prepare(facts(1), NOW)
    check_line(event.line.encode())
    assert parse(event.line.encode()) == event


def test_segments_rotate_and_read_as_one(tmp_path, small_segments):
    journal = Journal(tmp_path)
    for start in range(12):
        journal.write(journal.prepare(facts(1, start), NOW))
    assert len(segments(tmp_path)) > 2
    again = reopened(journal)
    assert [event.data["n"] for event in again.events()] == list(range(12))
    assert [event.seq for event in again.events(7, 9)] == [7, 8, 9]
    again.write(again.prepare(facts(1, 12), NOW))
    assert [event.seq for event in reopened(again).events(11)] == [11, 12, 13]


def test_an_empty_newest_segment_is_no_loss(tmp_path, small_segments):
    journal = Journal(tmp_path)
    for start in range(4):
        journal.write(journal.prepare(facts(1, start), NOW))
    (tmp_path / f"{len(segments(tmp_path)) + 1:06d}.jsonl").touch()
    again = reopened(journal)
    assert again.last_seq == 4
    again.write(again.prepare(facts(1, 4), NOW))
    assert [event.seq for event in reopened(again).events()] == [1, 2, 3, 4, 5]


def test_a_missing_segment_is_noticed(tmp_path, small_segments):
    journal = Journal(tmp_path)
    for start in range(12):
        journal.write(journal.prepare(facts(1, start), NOW))
    segments(tmp_path)[1].unlink()
    with pytest.raises(JournalBroken, match="expected seq"):
        list(reopened(journal).events())


@pytest.mark.parametrize("number", range(1, 6))
def test_any_altered_line_is_named(journal, number):
    raw = journal.path.read_bytes().splitlines(keepends=True)
    raw[number - 1] = raw[number - 1].replace(b'"by":"ana"', b'"by":"ben"')
    journal.path.write_bytes(b"".join(raw))
    with pytest.raises(JournalBroken, match=rf"000001.jsonl line {number} cannot be trusted.*review recover"):
        reopened(journal)


@pytest.mark.parametrize("number", range(2, 5))
def test_a_missing_line_is_named(journal, number):
    raw = journal.path.read_bytes().splitlines(keepends=True)
    del raw[number - 1]
    journal.path.write_bytes(b"".join(raw))
    with pytest.raises(JournalBroken, match=rf"line {number} .*expected seq {number}.*got seq {number + 1}"):
        reopened(journal)


def test_a_swapped_pair_of_lines_is_noticed(journal):
    raw = journal.path.read_bytes().splitlines(keepends=True)
    raw[1], raw[2] = raw[2], raw[1]
    journal.path.write_bytes(b"".join(raw))
    with pytest.raises(JournalBroken, match="line 2"):
        reopened(journal)


def test_a_flipped_bit_anywhere_is_noticed(journal):
    sound = journal.path.read_bytes()
    for position in range(0, len(sound) - 1, 7):
        raw = bytearray(sound)
        raw[position] ^= 4
        journal.path.write_bytes(raw)
        with pytest.raises(JournalBroken):
            reopened(journal)


def test_a_torn_last_line_is_cut_and_kept(journal):
    sound = journal.path.read_bytes()
    journal.path.write_bytes(sound[:-20])
    again = reopened(journal)
    assert again.last_seq == 4
    copy = again.cut_torn()
    assert copy.name == "torn-5.txt"
    assert again.path.read_bytes() + copy.read_bytes() == sound[:-20]
    again.write(again.prepare(facts(1, 4), NOW))
    assert [event.seq for event in reopened(again).events()] == [1, 2, 3, 4, 5]


def test_an_interrupted_repair_must_be_finished_first(journal):
    (journal.folder / "ready-1").mkdir()
    with pytest.raises(StoreError, match="interrupted"):
        Journal(journal.folder)
