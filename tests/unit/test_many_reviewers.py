"""Many reviewers, broken lines, dead leases, two tabs a person: nobody reads twice beyond plan, nothing is lost."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import pytest
from simulated_desks import simulate, wrongs

from review.turns import REPEAT, Turn


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory):
    outcome = simulate(tmp_path_factory.mktemp("many"), reviewers=10, documents=200, seed=11)
    yield outcome
    outcome.store.close()


def test_every_document_gets_its_planned_judgements_and_no_more(found):
    assert wrongs(found) == []
    assert found.disconnects > 5


def test_a_lost_label_and_one_too_many_or_too_few_are_noticed(found):
    """Else the test above could not fail: the same labels are held against other plans than they were given under."""
    lost = wrongs(replace(found, acknowledged={"never-stored"}))
    assert lost == ["never-stored was acknowledged and is not stored."]
    less = found.settings.model_copy(update={"desk": found.settings.desk.model_copy(update={"overlap_share": 0.0})})
    assert any("1 were planned" in one for one in wrongs(replace(found, settings=less)))
    more = found.settings.model_copy(update={"desk": found.settings.desk.model_copy(update={"overlap_share": 1.0})})
    assert any("2 were planned" in one for one in wrongs(replace(found, settings=more)))


def test_every_acknowledged_label_is_stored_once_and_no_other(found):
    stored = [one.label_id for one in found.store.labels()]
    assert len(stored) == len(set(stored))
    assert found.acknowledged <= set(stored)
    assert found.store.verify() == []


def test_nobody_reads_a_document_twice_but_blind(found):
    """One way is left: a tab sleeps through its lease, another tab of the same person gets the document, and the first
    wakes with it on the screen. The newer word counts then, once."""
    read: dict[tuple[str, str, bool], list[str]] = defaultdict(list)
    for one in found.store.labels():
        if one.verdict is not None and not one.label_id.endswith("-v"):
            read[one.doc_id, one.reviewer, bool(one.shown.get(REPEAT))].append(one.label_id.rpartition("-")[0])
    twice = {key: tabs for key, tabs in read.items() if len(tabs) > 1}
    assert all(len(set(tabs)) == len(tabs) for tabs in twice.values())  # never in one tab
    assert len(twice) <= 0.02 * len(read)


def test_the_checks_came_at_their_rates(found):
    turns = found.turns()
    assert turns[Turn.REPEAT] > 0
    assert 0.005 < turns[Turn.GOLD] / turns.total() < 0.06
    assert {one.doc_id for one in found.store.gold_answers()} <= found.gold


def test_a_label_is_refused_only_where_another_had_the_document(found):
    assert set(found.refused) <= {"another reviewer had it."}
    assert found.refused.total() < 0.05 * found.store.label_count()
