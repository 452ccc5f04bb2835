"""The desk's Python half: what a browser may send, what it gets, and what is on disk afterwards."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from review.desk import checkout, exchange, recall, submit
from review.desk.queue import WHOLE, item
from review.errors import StoreFull
from review.project import Project, open_project
from review.records import Document, Label, RubricChoice, Verdict
from review.ui.desk.seats import leave, new_secret, seat_of, take_seat
from review.workflow import draw, ingest

NOW = datetime(2026, 11, 22, 12, 0)


class Clock:
    now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(tmp_path: Path, clock: Clock) -> Iterator[Callable[..., Project]]:
    """A project with ten drawn documents."""
    opened = []

    def project(settings: str = "") -> Project:
        rows = [{"text": f"Document {at} says something.", "url": f"https://x.example/{at}"} for at in range(10)]
        (tmp_path / "web.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
        (tmp_path / "review.toml").write_text('[project]\nname = "Desk"\n' + settings)
        made = open_project(tmp_path, clock=clock)
        opened.append(made)
        ingest(made, [str(tmp_path / "web.jsonl")], by="test")
        draw(made, n=10, by="test")
        return made

    yield project
    for one in opened:
        one.close()


@pytest.fixture
def project(make: Callable[..., Project]) -> Project:
    return make()


def sent(document: Document, number: int = 1, **changes: Any) -> dict[str, Any]:
    """A label as a browser sends it."""
    label = {
        "label_id": f"00000000-0000-4000-8000-{number:012}",
        "doc_id": document.doc_id,
        "hash": document.content_hash,
        "verdict": "keep",
        "reasons": [],
        "note": "",
        "score": None,
        "seconds": 3.5,
        "rubric": 1,
        "shown": {"whole": True},
    }
    return label | changes


def documents(project: Project) -> list[Document]:
    return project.store.documents([draw.doc_id for draw in project.store.draws()])


def put(project: Project, *batch: object, reviewer: str = "ana") -> Any:
    return submit(project.store, project.settings, reviewer, batch)


def test_a_sound_label_is_stored_and_acknowledged(project):
    one = documents(project)[0]
    receipt = put(project, sent(one, verdict="reject", reasons=["spam"], note="seen", seconds=12))
    assert receipt.acks == (sent(one)["label_id"],)
    [label] = project.store.labels()
    assert (label.reviewer, label.verdict, label.reasons, label.note, label.seconds) == (
        *("ana", Verdict.REJECT, ("spam",), "seen", 12.0),
    )


def test_the_same_label_sent_again_is_acknowledged_and_stored_once(project):
    one = documents(project)[0]
    assert put(project, sent(one)) == put(project, sent(one), sent(one))
    assert len(project.store.labels()) == 1


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"label_id": "short"}, "label_id"),
        ({"label_id": "x' or 1=1 --        "}, "label_id"),
        ({"verdict": "maybe"}, "'maybe' is not keep, unsure or reject"),
        ({"verdict": ["keep"]}, "is not keep"),
        ({"reasons": ["no_such"], "verdict": "reject"}, "'no_such' is not a reason"),
        ({"reasons": "spam"}, "not a list"),
        ({"score": 6}, "0 to 5"),
        ({"score": True}, "0 to 5"),
        ({"seconds": float("nan")}, "active seconds"),
        ({"seconds": -1}, "active seconds"),
        ({"seconds": "9"}, "active seconds"),
        ({"note": "x" * 4001}, "at most 4000"),
        ({"note": None}, "note must be text"),
        ({"rubric": 2}, "rubric version 2 is unknown"),
        ({"shown": []}, "what was shown"),
        ({"shown": {"a": "x" * 3000}}, "what was shown"),
        ({"hash": "0" * 64}, "another text"),
        ({"doc_id": "web.jsonl#999"}, "not among"),
        ({"doc_id": "nowhere#1"}, "not among"),
        ({"doc_id": "../../etc/passwd"}, "n"),
    ],
)
def test_what_is_wrong_is_refused_and_the_rest_of_the_batch_stored(project, changes, why):
    bad, good = documents(project)[:2]
    receipt = put(project, sent(bad, 1, **changes), sent(good, 2))
    assert receipt.acks == (sent(good, 2)["label_id"],)
    assert len(receipt.refused) == 1
    assert why in receipt.refused[0].reason
    assert [label.doc_id for label in project.store.labels()] == [good.doc_id]


@pytest.mark.parametrize("junk", [None, 3, "label", [], {}, {"label_id": {"a": 1}}])
def test_junk_in_a_batch_is_refused_by_its_place(project, junk):
    receipt = put(project, junk)
    assert [one.label_id for one in receipt.refused] == ["#0"]
    assert project.store.labels() == []


def test_a_document_judged_by_as_many_as_planned_is_refused(project):
    one = documents(project)[0]
    put(project, sent(one, 1), reviewer="ben")
    receipt = put(project, sent(one, 2))
    assert receipt.refused[0].reason == "another reviewer had it."
    assert put(project, sent(one, 3, verdict="reject"), reviewer="ben").acks  # one's own may change


def test_an_undone_label_frees_its_document(project):
    one = documents(project)[0]
    put(project, sent(one, 1), sent(one, 2, verdict=None), reviewer="ben")
    assert put(project, sent(one, 3)).acks
    assert [label.verdict for label in project.store.labels()] == ["keep", None, "keep"]


def test_a_label_on_its_way_while_the_rubric_changes_counts_if_those_before_it_do(project):
    first, second, third, fourth, fifth = documents(project)[:5]
    put(project, sent(first, 1))
    project.store.record_rubric(newer := replace(project.store.rubric(), version=2, guideline="Other."), by="lead")
    receipt = put(project, sent(first, 1), sent(second, 2))  # nobody has said yet what becomes of such labels
    assert receipt.acks == (sent(first, 1)["label_id"],)
    assert "changed to version 2" in receipt.refused[0].reason
    project.store.record_rubric_choices([RubricChoice(2, "lead", {}, False, ("spam",))])
    told = put(project, sent(second, 2), sent(third, 3, verdict="reject", reasons=["spam"]))
    assert (told.acks, len(told.refused)) == ((sent(second, 2)["label_id"],), 1)
    project.store.record_rubric(replace(newer, version=3, examples=()), by="lead")  # asks the same
    assert put(project, sent(fourth, 4, rubric=2)).acks
    project.store.record_rubric_choices([RubricChoice(3, "lead", {}, True, ())])
    assert put(project, sent(fifth, 5, rubric=2)).refused
    assert [label.rubric for label in project.store.labels()] == [1, 1, 2]


def test_a_reject_without_a_reason_is_refused_where_the_rubric_wants_one(make):
    project = make("[rubric]\nrequire_reason = true\n")
    one = documents(project)[0]
    assert "needs a reason" in put(project, sent(one, verdict="reject")).refused[0].reason
    assert put(project, sent(one, verdict="reject", reasons=["spam"])).acks


def test_checkout_leases_and_hides_where_a_document_comes_from(project):
    items, gone = checkout(project.store, project.settings, "ana", "tab-1", 4, NOW)
    assert len(items) == 4
    assert gone == []
    assert {name for name, *_ in project.store.leases()} == {one.doc_id for one in items}
    shown = json.dumps([[one.to_json()["facts"], one.to_json()["source"]] for one in items])
    assert "web.jsonl" not in shown
    others, _ = checkout(project.store, project.settings, "ben", "tab-2", 10, NOW)
    assert not {one.doc_id for one in items} & {one.doc_id for one in others}


def test_what_the_browser_has_is_not_sent_again_and_what_it_lost_is_named(project, clock):
    items, _ = checkout(project.store, project.settings, "ana", "tab-1", 3, NOW)
    names = [one.doc_id for one in items]
    more, gone = checkout(project.store, project.settings, "ana", "tab-1", 5, NOW, skip=names)
    assert len(more) == 2
    assert gone == []
    clock.now = NOW + timedelta(hours=2)
    checkout(project.store, project.settings, "ben", "tab-2", 10, clock.now)
    _, gone = checkout(project.store, project.settings, "ana", "tab-1", 5, clock.now, skip=names)
    assert gone == names


def test_a_very_long_document_goes_in_parts_that_know_their_lines(project):
    text = "".join(f"line {at}\n" for at in range(WHOLE // 8))
    parts = item(Document("s", 0, text, "0"), project.settings).parts
    assert parts[0].start == 0
    assert len(parts) == 3
    for part in parts:
        assert text[part.start : part.start + len(part.text)] == part.text
        assert part.line == text.count("\n", 0, part.start)
    assert item(Document("s", 0, text, "0"), project.settings, whole=True).parts[0].text == text


@pytest.mark.parametrize("text", ["\U0001f600ab\n" * (WHOLE // 3), "\ud83d\U0001f600ab\n" * (WHOLE // 3)])
def test_parts_begin_where_the_browser_counts_them_to_begin(project, text):
    units = text.encode("utf-16-le", "surrogatepass")
    sent = item(Document("s", 0, text, "0"), project.settings).to_json()["parts"]
    assert len(sent) == 3
    for part in sent:
        here = part["text"].encode("utf-16-le", "surrogatepass")
        assert units[2 * part["start"] :][: len(here)] == here
    last = len(sent[-1]["text"].encode("utf-16-le", "surrogatepass")) // 2
    assert sent[-1]["start"] + last == len(units) // 2


def test_only_own_documents_can_be_recalled(project):
    mine, theirs = documents(project)[:2]
    put(project, sent(mine, 1, verdict="unsure", note="hm"))
    found = recall(project.store, project.settings, "ana", [mine.doc_id, theirs.doc_id, "no#1"], whole=False)
    assert [one.doc_id for one in found] == [mine.doc_id]
    assert found[0].to_json()["label"]["note"] == "hm"


def talk(project: Project, reviewer: str = "ana", **message: Any) -> dict[str, Any]:
    answer = exchange(project.store, project.settings, reviewer, {"n": 1, "tab": "tab-1", "rubric": 1, **message}, NOW)
    json.dumps(answer)
    return answer


def test_an_exchange_stores_and_fills_up(project):
    hello = talk(project, hello=True)
    assert len(hello["items"]) == 10
    assert hello["progress"] == {"wanted": 10, "labelled": 0, "saved": 0, "seq": project.store.last_seq()}
    names = [one["doc_id"] for one in hello["items"]]
    first = project.store.document(names[0])
    answer = talk(project, labels=[sent(first)], have=names[1:])
    assert answer["acks"] == [sent(first)["label_id"]]
    assert answer["items"] == []
    assert "progress" not in answer


def test_an_acknowledgement_and_a_count_can_be_told_apart_whichever_comes_first(project):
    """They travel by two links: the browser adds the labels that a count was made before."""
    hello = talk(project, hello=True)
    one, other = (project.store.document(item["doc_id"]) for item in hello["items"][:2])
    first = talk(project, labels=[sent(one, 1)], documents=False)
    counted = talk(project, ask=True)["progress"]
    second = talk(project, labels=[sent(other, 2), sent(one, 1)], documents=False)
    assert first["seqs"][0] == counted["seq"] < second["seqs"][0]
    assert second["seqs"][1] == first["seqs"][0]
    assert (counted["labelled"], counted["saved"]) == (1, 1)
    assert "items" in first
    assert first["items"] == []


def test_progress_counts_what_the_limits_leave(project):
    docs = documents(project)
    put(project, *(sent(one, number) for number, one in enumerate(docs[:3])))
    put(project, sent(docs[0], 9, verdict=None))
    [name] = project.store.shard_states()
    counted = [project.store.progress("ana", limits) for limits in (None, {}, {name: 6}, {name: 1}, {"other": 1})]
    assert [(one.wanted, one.labelled, one.saved) for one in counted] == [
        *((10, 2, 2), (10, 2, 2), (6, 2, 2), (2, 2, 2), (10, 2, 2)),
    ]
    assert project.store.progress("nobody").saved == 0


def test_very_long_documents_come_a_few_at_a_time(project, monkeypatch):
    monkeypatch.setattr(sys.modules[exchange.__module__], "_CHARACTERS", 60)
    have: list[str] = []
    sizes = []
    while True:
        answer = talk(project, have=have)
        sizes.append(len(answer["items"]))
        have += [one["doc_id"] for one in answer["items"]]
        if not answer["cut"]:
            break
    assert sizes == [3, 3, 3, 1]
    assert len(set(have)) == 10


def test_documents_put_off_stay_with_their_tab_and_make_room_for_others(make, clock):
    project = make("[desk]\nqueue = 4\nlease_minutes = 30\n")
    first = [one["doc_id"] for one in talk(project, hello=True)["items"]]
    assert len(first) == 4
    answer = talk(project, have=first[2:], later=first[:2], ask=True)
    assert len(answer["items"]) == 2
    assert answer["gone"] == []
    assert {name for name, *_ in project.store.leases()} >= set(first)
    again = talk(project, hello=True, expected=2)  # after a reload the browser holds no texts
    assert [one["doc_id"] for one in again["items"]][:4] == first
    assert len(again["items"]) == 6
    clock.now = NOW + timedelta(hours=2)
    exchange(project.store, project.settings, "ben", {"n": 1, "tab": "tab-2", "hello": True}, clock.now)
    assert set(talk(project, have=first[2:], later=first[:2], ask=True)["gone"]) == set(first)


@pytest.mark.parametrize("junk", [{"later": "web.jsonl#1"}, {"later": [1, None]}, {"expected": -3}, {"expected": "9"}])
def test_putting_off_nothing_sensible_puts_off_nothing(make, junk):
    project = make("[desk]\nqueue = 4\n")
    assert len(talk(project, hello=True, **junk)["items"]) == 4


def test_no_browser_hoards_by_putting_off(make):
    project = make("[desk]\nqueue = 4\n")
    assert len(talk(project, hello=True, expected=10**9)["items"]) == 10


def test_the_last_document_is_followed_by_why_there_are_no_more(project):
    for number, one in enumerate(documents(project)):
        answer = talk(project, labels=[sent(one, number)])
    assert "All that are wanted now have their labels" in answer["empty"]["title"]
    project.store.release_leases("ana")


def test_documents_with_other_readers_are_named_as_the_reason(project):
    talk(project, reviewer="ben", hello=True)
    assert talk(project, hello=True)["empty"]["why"].startswith("10 are with other readers")


def test_a_page_that_leaves_gives_its_documents_back(project):
    secret = new_secret()
    take_seat(secret, project, "ana", lambda: None)
    seat_of(secret, "tab-1")
    talk(project, hello=True)
    leave("not the secret")
    assert len(project.store.leases()) == 10
    leave(secret)
    assert project.store.leases() == []


def test_a_reload_keeps_the_documents_of_the_newer_page(project):
    older, newer = new_secret(), new_secret()
    for secret in (older, newer):
        take_seat(secret, project, "ana", lambda: None)
        seat_of(secret, "tab-1")
    talk(project, hello=True)
    leave(older)
    assert len(project.store.leases()) == 10


def test_a_full_disk_acknowledges_nothing_and_says_so(project, monkeypatch):
    def full(labels: list[Label]) -> list[Label]:
        raise StoreFull("No space is left on the disk.")

    one = documents(project)[0]
    monkeypatch.setattr(project.store, "record_labels", full)
    answer = talk(project, labels=[sent(one)])
    assert answer["acks"] == []
    assert answer["error"] == "No space is left on the disk."
    monkeypatch.undo()
    assert talk(project, labels=[sent(one)])["acks"] == [sent(one)["label_id"]]


@pytest.mark.parametrize("message", [None, [], "x", {"n": "y", "labels": 3, "have": {}, "tab": 7, "recall": [1]}])
def test_a_message_that_is_none_is_answered(project, message):
    answer = exchange(project.store, project.settings, "ana", message, NOW)
    assert answer["n"] == 0
    assert answer["acks"] == []


def test_labels_are_acknowledged_even_when_no_plan_can_say_what_to_read_next(project):
    """A plan that cannot be met is the lead's problem: what a reviewer sent is stored and must be said to be."""
    from review.errors import PlanError

    document = project.store.document(project.store.lease("ana", "tab", 1, until=datetime(2100, 1, 1), overlap=1)[0])
    label = {
        "label_id": "a-label-of-ana-0001",
        "doc_id": document.doc_id,
        "hash": document.content_hash,
        "verdict": "keep",
        "reasons": [],
        "note": "",
        "score": None,
        "seconds": 2.0,
        "rubric": 1,
        "shown": {},
    }

    def no_plan():
        raise PlanError("no plan meets these numbers")

    message = {"tab": "tab", "labels": [label], "have": [], "held": [], "ask": True, "rubric": 1}
    answer = exchange(project.store, project.settings, "ana", message, datetime(2026, 1, 1), limits=no_plan)
    assert len(answer["acks"]) == project.store.label_count() == 1
    assert "no plan" in answer["error"]
