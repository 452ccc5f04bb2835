"""Two leads on one document, and words taken back: nobody's word is replaced by somebody who has not seen it."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from review import workflow
from review.errors import ReviewError
from review.records import Label, Verdict

MIXED = "shards/mixed.parquet"
KEEP, REJECT = Verdict.KEEP, Verdict.REJECT


@pytest.fixture
def name(project):
    """A document on which ana and ben differ."""
    draw = min(project.store.draws(MIXED), key=lambda one: one.rank)
    digest = project.store.document(draw.doc_id).content_hash
    for who, verdict in (("ana", KEEP), ("ben", REJECT)):
        project.store.record_labels([Label(f"{who}-1", draw.doc_id, digest, who, verdict)])
    return draw.doc_id


def holds(project, name):
    word = workflow.case(project, name).document.adjudication
    return word and (word.by, word.verdict)


def test_the_second_of_two_tabs_is_told_who_ruled_and_replaces_nothing(project, name):
    first = workflow.adjudicate(project, name, KEEP, by="lea", saw="")
    with pytest.raises(ReviewError, match=r"lea has ruled keep on .* since you opened it\. Look at it again"):
        workflow.adjudicate(project, name, REJECT, by="max", saw="")
    assert holds(project, name) == ("lea", KEEP)
    workflow.adjudicate(project, name, REJECT, by="max", saw=first.adjudication_id)
    assert holds(project, name) == ("max", REJECT)
    with pytest.raises(ReviewError, match="max has ruled reject"):
        workflow.take_back(project, name, by="lea", saw=first.adjudication_id)
    with pytest.raises(ReviewError, match="max has ruled"):
        workflow.undo_adjudication(project, first, by="lea")
    assert holds(project, name) == ("max", REJECT)


def test_a_word_taken_back_meanwhile_is_no_ground_to_rule_on(project, name):
    first = workflow.adjudicate(project, name, KEEP, by="lea")
    workflow.take_back(project, name, by="max", saw=first.adjudication_id)
    with pytest.raises(ReviewError, match="max has taken back the verdict on"):
        workflow.adjudicate(project, name, REJECT, by="lea", saw=first.adjudication_id)
    assert holds(project, name) is None
    assert [one.kind for one in workflow.cases(project)] == ["differ"]


def test_of_leads_who_press_at_the_same_time_one_is_first(project, name):
    def rule(who):
        try:
            return workflow.adjudicate(project, name, REJECT, by=who, saw="").by
        except ReviewError:
            return None

    with ThreadPoolExecutor(8) as pool:
        done = [who for who in pool.map(rule, [f"lead-{n}" for n in range(8)]) if who]
    assert len(done) == 1
    assert holds(project, name) == (done[0], REJECT)
    assert len(project.store.adjudications(name)) == 1


def test_an_undone_word_leaves_certificate_queue_and_labels_as_before(project, name, read_all):
    while read_all(project):
        pass
    before = project.standings()[MIXED]
    made = workflow.adjudicate(project, name, REJECT, by="lea", saw="")
    assert project.standings()[MIXED].sentence != before.sentence
    workflow.undo_adjudication(project, made, by="lea")
    after = project.standings()[MIXED]
    assert (after.labels, after.bad, after.unsure, after.sentence) == (
        before.labels, before.bad, before.unsure, before.sentence,
    )  # fmt: skip
    assert [label.verdict for label in project.store.labels(name)] == [KEEP, REJECT]
    with pytest.raises(ReviewError, match="since"):
        workflow.undo_adjudication(project, made, by="lea")  # the button pressed twice
