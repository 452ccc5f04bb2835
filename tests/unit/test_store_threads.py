"""Many threads on one store: order, isolation, and nobody gets another's document."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from store_states import LATER, Clock, filled, label


@pytest.fixture
def store(tmp_path):
    with filled(tmp_path, Clock()) as store:
        yield store


def test_six_reviewers_at_once_label_every_document_exactly_as_often_as_planned(store):
    def work(reviewer: str) -> list[str]:
        done = []
        while names := store.lease(reviewer, "t", 3, until=LATER, overlap=2):
            for name in names:
                [stored] = store.record_labels([label(name, f"{reviewer}:{name}", reviewer=reviewer)])
                assert (stored.doc_id, stored.reviewer) == (name, reviewer)
                assert [one.label_id for one in store.labels(doc_id=name, reviewer=reviewer)] == [stored.label_id]
                done.append(name)
        return done

    with ThreadPoolExecutor(6) as pool:
        done = list(pool.map(work, "abcdef"))
    every = sorted(name for names in done for name in names)
    assert every == sorted([name for name in (f"web/{s}#{row}" for s in "ab" for row in range(20)) for _ in range(2)])
    assert [one.seq for one in store.labels()] == list(range(5, 85))
    assert store.verify() == []


def test_readers_see_whole_batches_while_a_writer_writes(store):
    def write() -> None:
        for batch in range(8):
            store.record_labels([label(f"web/a#{row}", f"{batch}-{row}", reviewer=f"r{batch}") for row in range(5)])

    def read() -> None:
        for _ in range(40):
            assert store.label_count() % 5 == 0
            assert store.document("web/b#3").row == 3
            assert all(
                len(one.labels) == len({label.reviewer for label in one.labels}) for one in store.labelled_documents()
            )

    with ThreadPoolExecutor(4) as pool:
        jobs = [pool.submit(write), *(pool.submit(read) for _ in range(3))]
        found = pool.submit(store.verify)
        for job in jobs:
            job.result()
        assert found.result() == []
    assert store.label_count() == 40
