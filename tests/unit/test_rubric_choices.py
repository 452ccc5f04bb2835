"""A change of the rubric: what became of the labels before it, by a lead's word, in the tables and after a recovery."""

from __future__ import annotations

import pytest
from store_states import LATER, Clock, adjudication, filled, label, read_rows

from review.errors import NotFound, StoreError
from review.final import final_reasons, final_verdict
from review.records import FinalRule, Reason, Rubric, RubricChoice, Verdict
from review.rubric import passages
from review.store import Store
from review.store.recover import recover


def rubric(version: int, *codes: str, guideline: str = "Read.", **rest: object) -> Rubric:
    reasons = tuple(Reason(code, code.capitalize(), code[0]) for code in codes)
    return Rubric(version, reasons, guideline, **rest)  # type: ignore[arg-type]


ONE, TWO, THREE = rubric(1, "spam", "ads", "junk"), rubric(2, "spam", "junk"), rubric(3, "bad", "junk")


# -- what follows from the choices --


def test_without_a_choice_only_versions_that_ask_the_same_stand():
    same = rubric(2, "spam", "ads", "junk", require_reason=True, final=FinalRule.NEWEST)
    found = passages({1: ONE, 2: same, 3: rubric(3, "spam")}, {})
    assert [(one.version, one.settled) for one in found] == [(1, False), (2, False), (3, True)]
    assert [one.settled for one in passages({1: ONE, 2: same}, {})] == [True, True]


def test_mappings_add_up_over_versions_and_again_means_the_code_of_its_day():
    choices = {2: RubricChoice(2, "lea", {"ads": "spam"}), 3: RubricChoice(3, "lea", {"spam": "bad"}, again=("junk",))}
    first, second, third = passages({1: ONE, 2: TWO, 3: THREE}, choices)
    assert (first.mapping, first.again, first.settled) == ({"ads": "bad", "spam": "bad"}, ("junk",), True)
    assert (second.mapping, second.again) == ({"spam": "bad"}, ("junk",))
    assert (third.mapping, third.again, third.every) == ({}, (), False)
    merged = passages({1: ONE, 2: TWO, 3: THREE}, choices | {3: RubricChoice(3, "lea", again=("spam", ""))})
    assert merged[0].again == ("", "ads", "spam")


def test_a_version_the_journal_has_lost_needs_a_choice_on_both_sides():
    assert [one.settled for one in passages({1: ONE, 3: rubric(3, "spam", "ads", "junk")}, {})] == [False, False, True]
    assert passages({}, {}) == []


# -- in the store --


@pytest.fixture
def store(tmp_path):
    """Five documents under version 1: spam, ads, a bare reject, keep, and one that ben, too, calls ads."""
    with filled(tmp_path, Clock()) as store:
        store.record_rubric(ONE, "review.toml")
        said = [("spam",), ("ads", "junk"), ()]
        labels = [label(f"web/a#{n}", f"l{n}", Verdict.REJECT, reasons=codes) for n, codes in enumerate(said)]
        labels += [label("web/a#3", "l3"), label("web/a#4", "l4", Verdict.REJECT, reasons=("ads",), reviewer="ben")]
        store.record_labels(labels)
        store.record_adjudications([adjudication("web/b#1", "a1", Verdict.REJECT, reasons=("ads",))])
        store.record_rubric(TWO, "lea")
        yield store


def counted(store):
    return {document.doc_id.rpartition("/")[2] for document in store.labelled_documents()}


def test_the_labels_touched_are_counted_by_reason(store):
    assert store.touched_labels() == {"*": 6, "": 1, "spam": 1, "ads": 3, "junk": 1}
    assert store.labels_by_rubric() == {1: 6}
    assert store.passages()[1].settled is False


def test_kept_labels_stand_as_they_are(store):
    store.record_rubric_choices([RubricChoice(2, "lea")])
    assert store.passages()[1].settled
    assert len(counted(store)) == 6
    assert final_reasons(store.labelled_documents("web/a")[1]) == ("ads", "junk")


def test_mapped_reasons_count_as_the_new_ones_and_the_labels_say_what_they_said(store):
    store.record_rubric_choices([RubricChoice(2, "lea", {"ads": "spam"})])
    found = {one.doc_id: one for one in store.labelled_documents()}
    assert final_reasons(found["web/a#1"]) == ("junk", "spam")
    assert found["web/a#1"].labels[0].reasons == ("ads", "junk")
    assert final_reasons(found["web/b#1"]) == ("spam",)
    assert store.judgements().reasons == (("spam",), ("spam", "junk"), (), (), ("spam",))


def test_labels_to_be_given_again_count_no_more_and_their_documents_come_back(store):
    held = set(store.lease("ana", "t", 50, until=LATER, overlap=1))
    assert not held & {f"web/a#{row}" for row in range(5)}
    store.release_leases("ana")
    store.record_rubric_choices([RubricChoice(2, "lea", again=("ads", ""))])
    assert counted(store) == {"a#0", "a#3"}
    assert store.touched_labels() == {"*": 2, "": 0, "spam": 1}
    back = {"web/a#1", "web/a#2", "web/a#4"}
    assert back <= set(store.lease("ana", "t", 50, until=LATER, overlap=1))
    assert back <= set(store.lease("ben", "t", 50, until=LATER, overlap=2))
    assert store.shard_counts()["web/a"].labelled == 2
    assert [one.verdict for one in store.labels("web/a#1")] == [Verdict.REJECT]
    assert [one.verdict for one in store.labels("web/a#1", standing=True)] == [None]
    store.record_labels([label("web/a#1", "anew", Verdict.KEEP, rubric=2)])
    assert final_verdict(store.labelled_documents("web/a")[1]) is Verdict.KEEP
    assert store.verify() == []


def test_an_older_label_does_not_come_up_from_under_one_to_be_given_again(store):
    store.record_labels([label("web/a#3", "later", Verdict.REJECT, reasons=("ads",))])
    store.record_rubric_choices([RubricChoice(2, "lea", again=("ads",))])
    assert "a#3" not in counted(store)


def test_a_label_that_comes_in_later_under_an_old_version_follows_what_was_said(store):
    store.record_rubric_choices([RubricChoice(2, "lea", again=("ads",))])
    late = [label("web/a#7", "late", Verdict.REJECT, reasons=("ads",)), label("web/a#8", "fine", Verdict.KEEP)]
    store.record_labels(late)
    assert {"a#7", "a#8"} & counted(store) == {"a#8"}
    assert store.verify() == []


def test_a_choice_can_be_made_again(store):
    store.record_rubric_choices([RubricChoice(2, "lea", every=True)])
    assert counted(store) == set()
    store.record_rubric_choices([RubricChoice(2, "eve", {"ads": "junk"})])
    assert len(counted(store)) == 6
    assert store.rubric_choices()[2].by == "eve"
    assert not {f"web/a#{row}" for row in range(5)} & set(store.lease("x", "t", 50, until=LATER, overlap=1))


def test_what_cannot_be_is_refused(store):
    seq = store.last_seq()
    for choice, error in (
        (RubricChoice(9, "lea"), NotFound),
        (RubricChoice(2, "lea", {"ads": "gone"}), StoreError),
        (RubricChoice(1, "lea"), StoreError),
    ):
        with pytest.raises(error):
            store.record_rubric_choices([RubricChoice(2, "lea"), choice])
    assert store.last_seq() == seq


@pytest.mark.parametrize(
    "choice", [RubricChoice(2, "lea", {"ads": "spam"}, again=("junk",)), RubricChoice(2, "l", every=True)]
)
def test_choices_survive_a_recovery(tmp_path, choice):
    with filled(tmp_path, Clock()) as store:
        store.record_rubric(ONE, "review.toml")
        codes = [("spam",), ("ads",), ("junk",)]
        store.record_labels([label(f"web/a#{n}", f"l{n}", Verdict.REJECT, reasons=codes[n % 3]) for n in range(12)])
        store.record_rubric(TWO, "lea")
        store.record_rubric_choices([choice])
        lived = (store.labelled_documents(), store.passages(), store.rubric_choices(), store.rubric_history())
        assert store.verify() == []
    (tmp_path / "review.duckdb").unlink()
    recover(tmp_path, read_rows, clock=Clock())
    with Store.open(tmp_path) as again:
        found = (again.labelled_documents(), again.passages(), again.rubric_choices(), again.rubric_history())
        assert found == lived
        assert again.verify() == []
