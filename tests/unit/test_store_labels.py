"""Labels: stored once, as given, or refused with the reason."""

from __future__ import annotations

from dataclasses import replace

import pytest
from store_states import HOSTILE, NOW, Clock, document, draw, filled, label

from review.errors import NotFound, RefusedLabel
from review.records import Stream, Verdict


def nested(depth: int) -> dict[str, object]:
    found: dict[str, object] = {}
    for _ in range(depth):
        found = {"in": found}
    return found


@pytest.fixture
def store(tmp_path):
    with filled(tmp_path, Clock()) as store:
        yield store


def test_a_label_comes_back_as_it_was_given(store):
    given = label(
        "web/a#1", HOSTILE, Verdict.REJECT, reviewer=HOSTILE, note=HOSTILE, reasons=(HOSTILE, "spam"), score=3,
        seconds=2.5, rubric=2, shown={"part": [0, 10], HOSTILE: None}, source="import",
    )  # fmt: skip
    [stored] = store.record_labels([given])
    assert (stored.seq, stored.at) == (5, NOW)
    assert replace(stored, seq=None, at=None) == given
    assert store.labels() == [stored]
    assert store.labels(doc_id="web/a#1") == store.labels(reviewer=HOSTILE) == [stored]
    assert store.labels(doc_id="web/a#2") == store.labels(reviewer="ben") == store.labels(since_seq=5) == []
    assert store.label_count() == 1


def test_a_resend_is_harmless(store):
    batch = [label(f"web/a#{row}", f"l{row}") for row in range(3)]
    first = store.record_labels(batch)
    assert store.record_labels([*batch, batch[0]]) == [*first, first[0]]
    assert store.label_count() == 3
    assert store.last_seq() == first[-1].seq


def test_a_batch_sent_half_is_completed(store):
    batch = [label(f"web/a#{row}", f"l{row}") for row in range(4)]
    half = store.record_labels(batch[:2])
    whole = store.record_labels(batch)
    assert whole[:2] == half
    assert store.labels() == whole


@pytest.mark.parametrize(
    ("bad", "why"),
    [
        (label("web/a#1", "first", note="changed"), "stored already"),
        (label("web/a#1", "first", reviewer="ben"), "stored already"),
        (label("web/a#99"), "not among"),
        (label("web/z#1"), "not among"),
        (label("web/a#1", content_hash="0" * 64), "another text"),
        (replace(label("web/a#1"), doc_id="web/a"), "not a document name"),
        (replace(label("web/a#1"), doc_id="web/a#01"), "without zeros"),
        (label("web/a#1", ""), "label_id"),
        (label("web/a#1", reviewer=""), "reviewer"),
        (label("web/a#1", score=6), "0 to 5"),
        (label("web/a#1", seconds=float("nan")), "seconds"),
        (label("web/a#1", seconds=-1.0), "seconds"),
        (label("web/a#1", rubric=0), "rubric"),
        (label("web/a#1", verdict="maybe"), "verdict"),
        (label("web/a#1", shown={"x": {1, 2}}), "written down"),
        (label("web/a#1", shown={2: "two", 10: "ten"}), "no text"),
        (label("web/a#1", shown=nested(2_000)), "written down"),
        (label("web/a#1", shown=nested(30)), "nested"),
        (label("web/a#1", score=True), "0 to 5"),
        (label("web/a#1", rubric=True), "rubric"),
        (label("web/a#1", rubric="1"), "rubric"),
        (label("web/a#1", seconds=True), "seconds"),
        (label("web/a#1", seconds="4"), "seconds"),
        (label("web/a#1", seconds=10**400), "seconds"),
        (label("web/a#1", note=None), "note"),
        (label("web/a#1", reasons="spam"), "reasons"),
        (label("web/a#1", reasons=(1,)), "reasons"),
        (replace(label("web/a#1"), doc_id=f"web/a#{10**30}"), "not among"),
        (replace(label("web/a#1"), doc_id=1), "doc_id"),
    ],
)
def test_a_refused_label_takes_its_batch_with_it_and_says_why(store, bad, why):
    store.record_labels([label("web/a#1", "first")])
    good = label("web/a#2", "good")
    assert list(store.why_refused([good, bad])) == [bad.label_id]
    assert why in store.why_refused([good, bad])[bad.label_id]
    with pytest.raises(RefusedLabel, match=why):
        store.record_labels([good, bad])
    assert store.label_count() == 1
    assert store.last_seq() == 5


def test_one_id_for_two_labels_of_a_batch_is_refused(store):
    with pytest.raises(RefusedLabel, match="twice"):
        store.record_labels([label("web/a#1", "x"), label("web/a#2", "x")])


def test_the_newest_label_counts_and_a_withdrawn_one_does_not(store):
    store.record_labels([label("web/a#1", "1"), label("web/a#2", "2"), label("web/a#1", "3", reviewer="ben")])
    store.record_labels([label("web/a#1", "4", Verdict.REJECT), label("web/a#2", "5", None)])
    [found] = store.labelled_documents()
    assert (found.doc_id, found.stream, found.rank, found.probability) == ("web/a#1", Stream.AUDIT, 1, 0.25)
    assert [(one.reviewer, one.verdict) for one in found.labels] == [("ana", Verdict.REJECT), ("ben", Verdict.KEEP)]
    assert store.label_count() == 5
    assert store.labelled_documents("web/b") == []
    assert store.labelled_documents(since_seq=9) == []
    assert store.labelled_documents(since_seq=7) == [found]
    store.record_labels([label("web/a#2", "6", Verdict.UNSURE)])
    assert [one.doc_id for one in store.labelled_documents("web/a")] == ["web/a#1", "web/a#2"]


def test_a_document_of_both_streams_is_an_audit_document(store):
    drawn = [draw("web/a", row, Stream.TRAINING, rank=rank) for rank, row in enumerate((5, 40))]
    store.record_draws(drawn, [document("web/a", 5), document("web/a", 40)], "lead")
    store.record_labels([label("web/a#5", "1"), label("web/a#40", "2")])
    assert [(one.row, one.rank) for one in store.labelled_documents(stream=Stream.AUDIT)] == [(5, 5)]
    assert [(one.row, one.rank) for one in store.labelled_documents(stream=Stream.TRAINING)] == [(40, 1)]
    audit = draw("web/a", 40)
    store.record_draws([audit], [], "lead")
    assert store.labelled_documents(stream=Stream.TRAINING) == []
    assert [one.rank for one in store.labelled_documents(stream=Stream.AUDIT)] == [5, 40]
    assert store.verify() == []


def test_many_labels_at_once_are_stored_as_one_by_one(store):
    batch = [label(f"web/{name}#{row}", f"{name}{row}") for name in "ab" for row in range(20)]
    stored = store.record_labels(batch)
    assert [one.seq for one in stored] == list(range(5, 45))
    assert store.labels() == stored
    assert store.verify() == []


def test_labels_of_one_shard_are_counted(store):
    store.record_labels([label("web/a#1", "1"), label("web/a#1", "2", None), label("web/b#1", "3")])
    assert (store.label_count(), store.label_count("web/a"), store.label_count("web/b")) == (3, 2, 1)
    with pytest.raises(NotFound):
        store.label_count("web/z")
