"""Adjudications: a lead's last word, stored once, beside the labels and never in their place."""

from __future__ import annotations

from dataclasses import replace

import pytest
from store_states import HOSTILE, NOW, Clock, adjudication, filled, label, read_rows, shard

from review.errors import RefusedLabel
from review.final import final_verdict, given_since
from review.records import Decision, FinalRule, Reason, Rubric, Ruling, Verdict
from review.store import Store
from review.store.recover import recover


@pytest.fixture
def store(tmp_path):
    with filled(tmp_path, Clock()) as store:
        store.record_labels([label("web/a#1", "l1"), label("web/a#1", "l2", Verdict.REJECT, reviewer="ben")])
        yield store


def test_an_adjudication_comes_back_as_it_was_given_and_the_labels_stay(store):
    given = adjudication(
        "web/a#1", HOSTILE, Verdict.REJECT, by=HOSTILE, reasons=(HOSTILE, "spam"), note=HOSTILE, labels=("l1", "l2"),
        shown={HOSTILE: None},
    )  # fmt: skip
    [stored] = store.record_adjudications([given])
    assert replace(stored, at=None, seq=None) == given
    assert (stored.at, stored.seq) == (NOW, store.last_seq())
    assert store.adjudications() == store.adjudications("web/a#1") == store.record_adjudications([given]) == [stored]
    assert store.adjudications("web/a#2") == []
    [found] = store.labelled_documents()
    assert (found.adjudication, len(found.labels), final_verdict(found)) == (stored, 2, Verdict.REJECT)
    assert store.verify() == []


def test_a_newer_word_replaces_the_older_and_one_taken_back_leaves_the_labels_to_speak(store):
    store.record_adjudications([adjudication("web/a#1", "a1", Verdict.KEEP)])
    store.record_adjudications([adjudication("web/a#1", "a2", Verdict.REJECT, by="eve")])
    assert final_verdict(store.labelled_documents()[0]) is Verdict.REJECT
    store.record_adjudications([adjudication("web/a#1", "a3", None)])
    [found] = store.labelled_documents("web/a")
    assert (found.adjudication, final_verdict(found)) == (None, Verdict.UNSURE)
    assert [one.adjudication_id for one in store.adjudications()] == ["a1", "a2", "a3"]


def test_it_holds_when_every_label_it_was_about_is_taken_back(store):
    store.record_adjudications([adjudication("web/a#1", "a1", Verdict.REJECT)])
    store.record_labels([label("web/a#1", "l3", None), label("web/a#1", "l4", None, reviewer="ben")])
    [found] = store.labelled_documents()
    assert (found.rank, found.labels, final_verdict(found)) == (1, (), Verdict.REJECT)
    seq = store.last_seq()
    assert store.labelled_documents(since_seq=seq) == []


def test_a_later_label_is_told_apart(store):
    store.record_adjudications([adjudication("web/a#1", "a1", Verdict.KEEP, labels=("l1", "l2"))])
    [later] = store.record_labels([label("web/a#1", "l5", Verdict.REJECT, reviewer="cid")])
    [found] = store.labelled_documents()
    assert given_since(found) == (later,)
    assert final_verdict(found) is Verdict.KEEP


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (adjudication("web/a#1", "first", Verdict.REJECT), "stored already"),
        (adjudication("web/a#1", "first", by="eve"), "stored already"),
        (adjudication("web/a#99"), "not among"),
        (adjudication("web/z#1"), "not among"),
        (adjudication("web/a#1", content_hash="0" * 64), "another text"),
        (replace(adjudication("web/a#1"), doc_id="web/a#01"), "without zeros"),
        (replace(adjudication("web/a#1"), doc_id="web/a"), "not a document name"),
        (adjudication("web/a#1", ""), "adjudication_id"),
        (adjudication("web/a#1", by=""), "by"),
        (adjudication("web/a#1", verdict="maybe"), "verdict"),
        (adjudication("web/a#1", reasons="spam"), "reasons"),
        (adjudication("web/a#1", labels=(1,)), "labels"),
        (adjudication("web/a#1", rubric=True), "rubric"),
        (adjudication("web/a#1", shown={2: "two", 10: "ten"}), "no text"),
    ],
)
def test_what_cannot_stand_is_refused_with_the_reason_and_nothing_is_stored(store, bad, why):
    store.record_adjudications([adjudication("web/a#1", "first")])
    seq = store.last_seq()
    with pytest.raises(RefusedLabel, match=why):
        store.record_adjudications([adjudication("web/a#2", "sound"), bad])
    assert store.last_seq() == seq


def test_the_rule_is_that_of_the_newest_rubric(store):
    assert store.labelled_documents()[0].rule is FinalRule.MAJORITY
    rubric = Rubric(1, (Reason("spam", "spam", "s"),), "Read.", final=FinalRule.STRICTEST)
    store.record_rubric(rubric, "lead")
    assert store.rubric() == rubric
    [found] = store.labelled_documents()
    assert (found.rule, final_verdict(found)) == (FinalRule.STRICTEST, Verdict.REJECT)


def test_a_rubric_from_before_there_were_rules_takes_the_majority(store):
    from review.store.events import Fact

    body = {"version": 1, "reasons": [], "guideline": "", "require_reason": False, "score": False}
    with store._turn():
        store._record([Fact("rubric", "old", body)])
    assert store.rubric().final is FinalRule.MAJORITY
    assert store.labelled_documents()[0].rule is FinalRule.MAJORITY
    assert store.record_rubric(Rubric(1, (), ""), "new") is False


def test_shards_touched_are_told_while_nothing_bears_on_all(store):
    seq = store.last_seq()
    store.record_labels([label("web/b#1", "l9")])
    store.record_adjudications([adjudication("web/a#1", "a1")])
    assert store.shards_touched(seq, store.last_seq()) == {"web/a", "web/b"}
    assert store.shards_touched(seq, seq + 1) == {"web/b"}
    assert store.shards_touched(seq, seq) == set()
    store.record_preference("reasons", "after", "ana")
    assert store.shards_touched(store.last_seq() - 1, store.last_seq()) == set()
    store.record_decisions([Decision("web/a", Ruling.HOLD, "", "lead", shard().fingerprint, {}, 1)])
    assert store.shards_touched(store.last_seq() - 1, store.last_seq()) == {"web/a"}
    store.record_model("v1", {}, "lead")
    assert store.shards_touched(seq, store.last_seq()) is None


def test_adjudications_survive_a_recovery(tmp_path):
    with filled(tmp_path, Clock()) as store:
        store.record_labels([label("web/a#1", "l1")])
        rows = [adjudication(f"web/b#{row}", f"a{row}", note=HOSTILE, labels=("l1",)) for row in range(12)]
        stored = store.record_adjudications([*rows, adjudication("web/b#3", "back", None)])
    (tmp_path / "review.duckdb").unlink()
    recover(tmp_path, read_rows, clock=Clock())
    with Store.open(tmp_path) as again:
        assert again.adjudications() == stored
        assert len(again.labelled_documents("web/b")) == 11
        assert again.verify() == []


def test_an_adjudication_whose_shard_is_lost_stays_in_the_journal(tmp_path):
    with filled(tmp_path, Clock()) as store:
        store.record_adjudications([adjudication("web/a#1", "a1"), adjudication("web/b#1", "b1")])
    journal = tmp_path / "journal" / "000001.jsonl"
    journal.write_bytes(b"".join(journal.read_bytes().splitlines(keepends=True)[1:]))
    (tmp_path / "review.duckdb").unlink()
    report = recover(tmp_path, read_rows, clock=Clock())
    assert report.unusable == [2, 5]
    with Store.open(tmp_path) as again:
        assert [one.adjudication_id for one in again.adjudications()] == ["b1"]
