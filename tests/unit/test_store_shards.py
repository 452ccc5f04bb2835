"""The store's verbs on the corpus: shards, refusals, states, history."""

from __future__ import annotations

from dataclasses import replace

import pytest
from store_states import HOSTILE, Clock, fill, label, shard

from review.errors import NotFound, StoreError
from review.records import Fingerprint, Refusal
from review.store import Store


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path, clock=Clock()) as store:
        yield store


@pytest.fixture
def store_with_draws(store):
    fill(store)
    return store


def test_a_shard_is_added_once(store):
    assert store.add_shard(shard(), refused={}, by="lead")
    assert not store.add_shard(shard(), refused={}, by="lead")
    assert store.shards() == [shard()]
    assert store.shards("web") == [shard()]
    assert store.shards("books") == []
    assert store.shard_states() == {"web/a": "ok"}


def test_a_shard_name_cannot_stand_for_two_files(store):
    store.add_shard(shard(), refused={}, by="lead")
    with pytest.raises(StoreError, match="known as"):
        store.add_shard(shard(rows=50), refused={}, by="lead")


def test_an_unknown_shard_is_named(store):
    with pytest.raises(NotFound, match="'web/z'"):
        store.shard("web/z")
    with pytest.raises(NotFound, match="'web/z'"):
        store.set_shard_state("web/z", "ok", None, "lead")


def test_refusals_are_listed_and_counted_in_full(store):
    rows = [Refusal("/corpus/a", row, "empty_text", "no text") for row in (3, 4)]
    store.add_shard(shard(), refusals=rows, refused={"empty_text": 5000}, by="lead")
    whole = Refusal("/corpus/x", None, "broken_file", HOSTILE)
    assert store.add_refused_file(whole, "lead")
    assert not store.add_refused_file(whole, "lead")
    assert store.refusals() == [*rows, whole]
    assert store.refusals("/corpus/x") == [whole]
    assert store.refusals(limit=1, offset=1) == [rows[1]]
    assert store.refused_counts() == {"empty_text": 5000, "broken_file": 1}


def test_a_file_that_was_mended_and_ingested_is_refused_no_longer(store):
    mended = Refusal(shard().uri, None, "broken_file", "cut off")
    other = Refusal("/corpus/x", None, "broken_file", "cut off")
    row = Refusal(shard().uri, 3, "empty_text", "no text")
    store.add_refused_file(mended, "lead")
    store.add_refused_file(other, "lead")
    store.add_shard(shard(), refusals=[row], refused={"empty_text": 2}, by="lead")
    assert store.refusals() == [other, row]
    assert store.refusals(shard().uri) == [row]
    assert store.refused_counts() == {"empty_text": 2, "broken_file": 1}
    assert store.verify() == []


def test_rows_refused_after_ingest_are_counted_and_listed_once(store):
    footer = replace(shard(), excluded=(3,))
    at_ingest = Refusal(footer.uri, 3, "empty_text", "no text")
    store.add_shard(footer, refusals=[at_ingest], refused={"empty_text": 1}, by="lead")
    found = [Refusal(footer.uri, row, "not_utf8", HOSTILE) for row in (5, 9)]
    assert store.record_refusals("web/a", [at_ingest, *found, found[0]], "lead") == 2
    assert store.record_refusals("web/a", found, "lead") == 0
    assert store.record_refusals("web/a", [*found, Refusal(footer.uri, 6, "empty_text", "")], "lead") == 1
    assert store.last_seq() == 3
    assert [one.row for one in store.refusals()] == [3, 5, 9, 6]
    assert store.refusals(footer.uri)[1:3] == found
    assert store.refused_counts() == {"empty_text": 2, "not_utf8": 2}
    assert [event.type for event in store.history("web/a")] == ["refusals", "refusals", "shard"]
    assert store.verify() == []


@pytest.mark.parametrize(("uri", "row"), [("/corpus/x", 1), (shard().uri, None), (shard().uri, 100), (shard().uri, -1)])
def test_a_refusal_of_no_row_of_the_shard_is_refused(store, uri, row):
    store.add_shard(shard(), refused={}, by="lead")
    with pytest.raises(StoreError, match="100 rows"):
        store.record_refusals("web/a", [Refusal(uri, row, "empty_text", "")], "lead")
    with pytest.raises(NotFound):
        store.record_refusals("web/z", [], "lead")


def test_history_can_leave_out_labels(store_with_draws):
    store_with_draws.record_labels([label("web/a#1", f"l{number}") for number in range(5)])
    assert [event.type for event in store_with_draws.history("web/a", limit=2)] == ["label", "label"]
    assert [event.type for event in store_with_draws.history("web/a", limit=2, labels=False)] == ["draws", "shard"]


def test_a_shard_changes_its_state_and_history_tells(store_with_draws):
    seen = Fingerprint(1, 2, "other")
    for _ in range(2):
        store_with_draws.set_shard_state("web/a", "changed", seen, "lead")
    assert store_with_draws.shard_states() == {"web/a": "changed", "web/b": "ok"}
    assert [event.type for event in store_with_draws.history("web/a")] == ["shard_state", "draws", "shard"]
    assert len(store_with_draws.history("web/a", limit=1)) == 1
    with pytest.raises(StoreError, match="ok, changed, missing"):
        store_with_draws.set_shard_state("web/a", "gone", None, "lead")
