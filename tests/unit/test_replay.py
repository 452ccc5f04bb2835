"""A store as it was: the journal up to an event, in memory."""

from __future__ import annotations

import pytest
from store_states import Clock, filled, label
from test_store_recover import contents

from review.errors import JournalBroken
from review.store import replayed


def test_it_is_the_store_of_that_day_beside_an_open_one_and_touches_nothing(tmp_path):
    with filled(tmp_path, Clock()) as store:
        store.record_labels([label("web/a#0", "l0"), label("web/a#1", "l1")])
        day, then = store.newest(), contents(store)
        store.record_labels([label("web/a#0", "undo", None), label("web/a#2", "l2")])
        files = {path: path.read_bytes() for path in (tmp_path / "journal").iterdir()}
        with replayed(tmp_path / "journal", day[0]) as past:
            assert past is not None
            assert past.newest() == day
            found = contents(past)
            past.record_labels([label("web/a#3", "l3")])  # thrown away
        assert {path: path.read_bytes() for path in (tmp_path / "journal").iterdir()} == files
        assert len(store.labels()) == 4
    apart = {"documents", "document_lines"}  # texts are not in the journal
    assert {k: v for k, v in found.items() if k not in apart} == {k: v for k, v in then.items() if k not in apart}


def test_a_journal_that_ends_before_is_none_and_one_altered_before_is_refused(tmp_path):
    with filled(tmp_path, Clock()) as store:
        store.record_labels([label("web/a#0", "l0")])
        last = store.newest()[0]
    for beyond in (last + 1, 0):
        with replayed(tmp_path / "journal", beyond) as past:
            assert past is None
    path = tmp_path / "journal" / "000001.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"web/a"', b'"web/x"', 1))
    with pytest.raises(JournalBroken, match="line 1 "), replayed(tmp_path / "journal", last):
        pass
