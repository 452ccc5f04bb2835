"""Several reviewers' labels in one write: as if each had come alone, in the order they came."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from review.desk import together
from review.desk.submit import Batch, submit_all
from review.desk.together import submit_together
from review.errors import StoreError, StoreFull
from review.project import Project, open_project
from review.records import Document
from review.workflow import draw, ingest


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Project]:
    (tmp_path / "web.jsonl").write_text("".join(json.dumps({"text": f"Document {at}."}) + "\n" for at in range(60)))
    (tmp_path / "review.toml").write_text('[project]\nname = "Desk"\n')
    with open_project(tmp_path) as made:
        ingest(made, [str(tmp_path / "web.jsonl")], by="test")
        draw(made, n=60, by="test")
        yield made


def documents(project: Project) -> list[Document]:
    return project.store.documents([draw.doc_id for draw in project.store.draws()])


def sent(document: Document, number: int, **changes: Any) -> dict[str, Any]:
    label = {"label_id": f"label-{number:08}", "doc_id": document.doc_id, "hash": document.content_hash}
    return label | {"verdict": "keep", "note": "", "seconds": 1, "rubric": 1} | changes


def held_up(project: Project, monkeypatch: pytest.MonkeyPatch) -> tuple[list[int], threading.Event, threading.Event]:
    """Sizes of the writes, of which the first waits for the second event after it has set the first."""
    sizes: list[int] = []
    writing, go_on = threading.Event(), threading.Event()
    write = project.store._journal.write

    def slow(events: Any) -> None:
        sizes.append(len(events))
        writing.set()
        assert go_on.wait(20)
        write(events)

    monkeypatch.setattr(project.store._journal, "write", slow)
    return sizes, writing, go_on


def test_labels_that_come_while_others_are_written_share_one_fsync(project, monkeypatch):
    docs = documents(project)
    sizes, writing, go_on = held_up(project, monkeypatch)
    receipts: dict[int, Any] = {}

    def send(at: int) -> None:
        batch = [sent(docs[at], at), {"label_id": f"spoilt-{at:08}"}]
        receipts[at] = submit_together(project.store, project.settings, f"reviewer {at}", batch)

    threads = [threading.Thread(target=send, args=(at,)) for at in range(20)]
    threads[0].start()
    assert writing.wait(20)
    for thread in threads[1:]:
        thread.start()
    while len(together._queue) < 19:
        pass
    go_on.set()
    for thread in threads:
        thread.join()
    assert sizes == [1, 19]
    for at, receipt in receipts.items():
        assert receipt.acks == (sent(docs[at], at)["label_id"],)
        assert [one.label_id for one in receipt.refused] == [f"spoilt-{at:08}"]
    assert {one.reviewer: one.doc_id for one in project.store.labels()} == {
        f"reviewer {at}": docs[at].doc_id for at in range(20)
    }


def test_of_two_who_judge_the_same_document_at_once_the_first_is_stored(project):
    one, other = documents(project)[:2]
    first, second, third = submit_all(
        project.store,
        project.settings,
        [
            Batch("ana", [sent(one, 1)]),
            Batch("ben", [sent(one, 2), sent(other, 3)]),
            Batch("ana", [sent(one, 1), sent(one, 4, verdict="reject")]),
        ],
    )
    assert first.acks == ("label-00000001",)
    assert second.acks == ("label-00000003",)
    assert second.refused[0].reason == "another reviewer had it."
    assert third.acks == ("label-00000001", "label-00000004")  # sent twice, and a change of mind
    assert [one.label_id[-1] for one in project.store.labels()] == ["1", "3", "4"]


def test_a_label_the_store_will_not_take_keeps_nobody_out(project):
    one, other = documents(project)[:2]
    first, second = submit_all(
        project.store,
        project.settings,
        [Batch("ana", [sent(one, 1, hash="0" * 64), sent(other, 2)]), Batch("ben", [sent(one, 3)])],
    )
    assert (first.acks, [one.label_id for one in first.refused]) == (("label-00000002",), ["label-00000001"])
    assert "another text" in first.refused[0].reason
    assert second.acks == ("label-00000003",)  # ana's did not count


def test_two_labels_of_one_name_are_not_one(project):
    one, other = documents(project)[:2]
    first, second = submit_all(
        project.store, project.settings, [Batch("ana", [sent(one, 1)]), Batch("ben", [sent(other, 1)])]
    )
    assert first.acks == ("label-00000001",)
    assert (second.acks, "label_id" in second.refused[0].reason) == ((), True)


def test_what_one_write_cannot_hold_does_not_stop_the_others(project, monkeypatch):
    docs = documents(project)
    record = project.store.record_labels

    def picky(labels: Any) -> Any:
        if any(one.reviewer == "ben" for one in labels):
            raise StoreError("The store cannot hold this.")
        return record(labels)

    monkeypatch.setattr(project.store, "record_labels", picky)
    some = [
        together._Waiting(project.store, Batch(who, [sent(docs[at], at)]))
        for at, who in enumerate(("ana", "ben", "cy"))
    ]
    together._write(project.settings, some)
    assert [(one.receipt and one.receipt.acks, str(one.error or "")) for one in some] == [
        (("label-00000000",), ""),
        (None, "The store cannot hold this."),
        (("label-00000002",), ""),
    ]


def test_a_full_disk_is_told_to_everybody_and_the_next_batch_is_tried(project, monkeypatch):
    docs = documents(project)

    def full(_labels: Any) -> Any:
        raise StoreFull("No space is left on the disk.")

    monkeypatch.setattr(project.store, "record_labels", full)
    for at in range(2):
        with pytest.raises(StoreFull):
            submit_together(project.store, project.settings, "ana", [sent(docs[at], at)])
    monkeypatch.undo()
    assert submit_together(project.store, project.settings, "ana", [sent(docs[0], 0)]).acks
