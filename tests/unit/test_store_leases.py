"""Which document goes to whom."""

from __future__ import annotations

from datetime import timedelta

import pytest
from store_states import LATER, Clock, document, draw, fill, filled, label

from review.errors import NotFound, StoreError
from review.records import Stream
from review.store import Store


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def store(tmp_path, clock):
    with filled(tmp_path, clock) as store:
        yield store


def take(store, reviewer="ana", tab="t1", n=4, overlap=1, **rest):
    return store.lease(reviewer, tab, n, until=LATER, overlap=overlap, **rest)


def test_shards_take_turns_rank_by_rank(store):
    ranks = [int(name.split("#")[1]) for name in take(store, n=40)]
    assert ranks == sorted(ranks)
    assert len(ranks) == 40


def test_within_a_rank_the_shards_come_in_mixed_order(tmp_path):
    with Store.open(tmp_path, clock=Clock()) as store:
        fill(store, shards=6, drawn=4)
        found = take(store, n=24)
    orders = [tuple(name.split("#")[0] for name in found[start : start + 6]) for start in range(0, 24, 6)]
    assert len(set(orders)) == 4
    assert all(sorted(order) == [f"web/{one}" for one in "abcdef"] for order in orders)


def test_two_reviewers_get_different_documents(store):
    assert not set(take(store)) & set(take(store, "ben"))


def test_a_reload_gets_the_same_and_a_second_tab_others(store):
    first = take(store)
    assert take(store) == first
    assert not set(take(store, tab="t2")) & set(first)
    assert take(store, n=6)[:4] == first


def test_a_labelled_document_makes_room_for_the_next(store):
    first = take(store)
    store.record_labels([label(first[0])])
    assert take(store)[:3] == first[1:]
    assert first[0] not in take(store, "ben", n=40)


def test_a_withdrawn_label_brings_the_document_back_to_its_reviewer(store):
    first = take(store)
    store.record_labels([label(first[0], "1"), label(first[0], "2", None)])
    assert first[0] not in take(store, "ben", n=36)
    assert take(store)[0] == first[0]


def test_overlap_counts_people_whether_they_hold_or_have_judged(store):
    first = take(store, "ana", n=1, overlap=2)[0]
    store.record_labels([label(first, reviewer="ana")])
    assert first not in take(store, "ana", n=40, overlap=2)
    assert take(store, "ben", n=1, overlap=2) == [first]
    assert first not in take(store, "cid", n=40, overlap=2)
    assert first in take(store, "cid", n=40, overlap=3)


def test_dead_leases_return(store, clock):
    first = take(store)
    clock.now = LATER + timedelta(seconds=1)
    assert store.leases() == []
    assert store.lease("ben", "t", 4, until=LATER + timedelta(hours=1), overlap=1) == first


def test_leases_are_released(store, clock):
    first = take(store)
    assert store.leases()[0][1:] == ("ana", "t1", LATER)
    assert store.release_leases("ana", "t2") == 0
    assert store.release_leases("ana") == 4
    assert store.leases() == []
    assert store.lease("ben", "t", 4, until=LATER + timedelta(hours=1), overlap=1) == first


def test_limits_shards_and_streams_narrow_the_choice(store):
    store.record_draws([draw("web/a", 50, Stream.TRAINING)], [document("web/a", 50)], "lead")
    found = take(store, n=100, limits={"web/a": 2, "web/b": 0})
    assert found == ["web/a#0", "web/a#1", "web/a#50"]
    assert take(store, "ben", n=100, shards=["web/b"], limits={"web/b": 3}) == ["web/b#0", "web/b#1", "web/b#2"]
    assert take(store, "cid", n=100, streams=[Stream.TRAINING]) == []
    store.release_leases("ana")
    assert take(store, "cid", n=100, streams=[Stream.TRAINING]) == ["web/a#50"]
    with pytest.raises(NotFound):
        take(store, shards=["web/z"])
    with pytest.raises(StoreError, match="overlap"):
        take(store, overlap=0)
    assert take(store, n=0) == []


def test_training_draws_come_last_and_the_newest_batch_first(store):
    for batch, rows in (("old", (50, 51)), ("new", (60, 61))):
        drawn = [draw("web/a", row, Stream.TRAINING, rank, batch) for rank, row in enumerate(rows)]
        store.record_draws(drawn, [document("web/a", row) for row in rows], "lead")
    assert take(store, n=100)[-4:] == ["web/a#60", "web/a#61", "web/a#50", "web/a#51"]
