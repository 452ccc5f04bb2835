"""`review recover`: from the journal and the corpus back to the same store."""

from __future__ import annotations

import os
import shutil

import pytest
from store_states import HOSTILE, LATER, Clock, document, draw, filled, label, read_rows, shard

from review.errors import CorpusError, NotFound, StoreBusy, StoreError
from review.records import Decision, Ruling, Stream, Verdict
from review.store import Store
from review.store import repair as repair_module
from review.store.events import Fact
from review.store.journal import Journal
from review.store.recover import recover
from review.store.verify import DERIVED

TABLES = (*DERIVED, "documents", "document_lines")


def contents(store: Store) -> dict[str, list[tuple[object, ...]]]:
    with store._reading() as cursor:
        return {table: sorted(cursor.execute(f"from {table}").fetchall(), key=repr) for table in TABLES}


@pytest.fixture
def project(tmp_path):
    """A closed project with something of everything; events 1-4 shards and draws, 5-9 labels, 10 decision, ..."""
    with filled(tmp_path, Clock()) as store:
        for row in range(5):
            store.record_labels([label(f"web/a#{row}", f"l{row}", note=HOSTILE)])
        store.record_decisions([Decision("web/a", Ruling.APPROVE, HOSTILE, "lead", shard().fingerprint, {"n": 5}, 1)])
        store.record_draws([draw("web/b", 50, Stream.TRAINING)], [document("web/b", 50)], "lead")
        store.record_labels([label("web/a#0", "undo", None), label("web/b#50", "t", Verdict.REJECT, reviewer="ben")])
    return tmp_path


@pytest.fixture
def before(project):
    with Store.open(project) as store:
        return contents(store)


def journal_of(project):
    return project / "journal" / "000001.jsonl"


def test_a_deleted_database_comes_back_whole(project, before):
    original = journal_of(project).read_bytes()
    (project / "review.duckdb").unlink()
    seen = []
    report = recover(project, read_rows, lambda done, total: seen.append((done, total)), clock=Clock())
    assert (report.labels, report.draws, report.decisions, report.texts) == (7, 41, 1, 41)
    assert report.problems == report.lost == report.unavailable == report.kept_aside == []
    assert seen == [(1, 2), (2, 2)]
    assert journal_of(project).read_bytes() == original
    with Store.open(project) as store:
        assert contents(store) == before
        assert store.verify() == []
    assert any("41 texts" in sentence for sentence in report.sentences())


def test_a_garbled_database_is_moved_aside_not_deleted(project, before):
    (project / "review.duckdb").write_bytes(b"garbage" * 1000)
    with pytest.raises(StoreError, match="review recover"):
        Store.open(project)
    report = recover(project, read_rows, clock=Clock())
    assert (project / report.kept_aside[0]).read_bytes() == b"garbage" * 1000
    with Store.open(project) as store:
        assert contents(store) == before


def test_a_changed_text_is_never_taken(project):
    (project / "review.duckdb").unlink()

    def changed(source, rows):
        return [document(source.name, row, "other" if row == 3 else None) for row in rows]

    report = recover(project, changed, clock=Clock())
    assert report.unavailable == ["web/a#3", "web/b#3"]
    assert "1 of 20 texts" in report.reasons["web/a"]
    with Store.open(project) as store:
        assert [one.doc_id for one in store.labels(reviewer="ana")][3] == "web/a#3"
        with pytest.raises(NotFound, match="text of 'web/a#3'"):
            store.document("web/a#3")
        with pytest.raises(NotFound, match="text of 'web/a#3'"):
            store.documents(["web/a#2", "web/a#3"])
        assert [one.row for one in store.documents(["web/a#4", "web/a#3", "web/a#2"], missing="skip")] == [4, 2]
        with pytest.raises(NotFound, match="no shard"):
            store.documents(["web/z#1"], missing="skip")
        assert {"web/a#3", "web/b#3"}.isdisjoint(one.doc_id for batch in store.iter_documents() for one in batch)
        assert sum(map(len, store.iter_documents(7))) == 39
        assert "web/b#3" not in store.lease("x", "t", 99, until=Clock().now.replace(year=2030), overlap=9)
        assert ["no text" in sentence for sentence in store.verify()] == [True]
        store.record_draws([draw("web/a", 3), draw("web/b", 3)], [document("web/a", 3), document("web/b", 3)], "lead")
        assert store.document("web/a#3") == document("web/a", 3)
        assert store.verify() == []


def test_a_text_the_corpus_has_lost_is_taken_from_the_old_store(project, before):
    report = recover(project, lambda source, rows: [], clock=Clock())
    assert (report.texts, report.texts_from_old, report.unavailable) == (0, 41, [])
    with Store.open(project) as store:
        assert contents(store) == before


def test_an_unreadable_shard_costs_only_its_own_texts(project):
    (project / "review.duckdb").unlink()

    def broken(source, rows):
        if source.name == "web/a":
            raise CorpusError("web/a is cut off")
        return read_rows(source, rows)

    report = recover(project, broken, clock=Clock())
    assert len(report.unavailable) == 20
    assert "cut off" in report.reasons["web/a"]
    with Store.open(project) as store:
        assert store.label_count() == 7
        assert store.document("web/b#50") == document("web/b", 50)


def test_a_lost_line_comes_back_from_the_old_store(project, before):
    raw = journal_of(project).read_bytes().splitlines(keepends=True)
    damaged = b"".join([*raw[:6], raw[6].replace(b"note", b"nota"), *raw[8:]])
    journal_of(project).write_bytes(damaged)
    report = recover(project, read_rows, clock=Clock())
    assert (report.restored, report.lost) == ([7, 8], [])
    assert "000001.jsonl line 7" in report.problems[0]
    assert (project / report.kept_aside[0] / "000001.jsonl").read_bytes() == damaged
    assert journal_of(project).read_bytes().startswith(b"".join(raw))
    with Store.open(project) as store:
        assert store.last_seq() == 14  # 13 and the recovery's own event
        assert contents(store)["labels"] == before["labels"]
        assert store.verify() == []


def test_a_line_lost_on_both_sides_is_named_and_its_number_kept_free(project, before):
    (project / "review.duckdb").unlink()
    raw = journal_of(project).read_bytes().splitlines(keepends=True)
    journal_of(project).write_bytes(b"".join([*raw[:6], raw[6].replace(b"note", b"nota"), *raw[7:]]))
    report = recover(project, read_rows, clock=Clock())
    assert report.lost == [7]
    assert any("Lost for good: events 7" in sentence for sentence in report.sentences())
    with Store.open(project) as store:
        assert [one.seq for one in store.labels()] == [5, 6, 8, 9, 12, 13]
        assert contents(store)["labels"] == [row for row in before["labels"] if row[0] != 7]
        assert store.verify() == []
        [again] = store.record_labels([label("web/a#2", "l2", note=HOSTILE)])
        assert again.seq == 15


def test_a_line_altered_with_its_hash_is_not_believed(project):
    (project / "review.duckdb").unlink()
    raw = journal_of(project).read_bytes().splitlines(keepends=True)
    from review.store.events import Fact, parse, seal

    event = parse(raw[6].rstrip())
    forged = seal(Fact("label", "mallory", event.data), seq=event.seq, prev=event.prev, at=event.at)
    journal_of(project).write_bytes(b"".join([*raw[:6], forged.line.encode() + b"\n", *raw[7:]]))
    report = recover(project, read_rows, clock=Clock())
    assert report.lost == [7]
    assert any("Event 7" in problem for problem in report.problems)
    with Store.open(project) as store:
        assert "mallory" not in {one.reviewer for one in store.labels()}


def test_labels_of_a_shard_whose_own_line_is_lost_stay_in_the_journal(project):
    (project / "review.duckdb").unlink()
    raw = journal_of(project).read_bytes().splitlines(keepends=True)
    journal_of(project).write_bytes(b"".join(raw[1:]))
    report = recover(project, read_rows, clock=Clock())
    assert report.lost == [1]
    assert report.unusable == [2, 5, 6, 7, 8, 9, 10, 12]
    assert all(f'l{row}\\"'.encode() in journal_of(project).read_bytes() for row in range(5))
    with Store.open(project) as store:
        assert [one.doc_id for one in store.labels()] == ["web/b#50"]
        assert store.verify() == []


@pytest.fixture
def project_that_lost_draws(tmp_path):
    """Ranks 0-19 of web/a were drawn in two parts, both labelled; the first part's line is gone, and no database."""
    with Store.open(tmp_path, clock=Clock()) as store:
        store.add_shard(shard(), refused={}, by="lead")
        for rows in (range(10), range(10, 20)):
            store.record_draws([draw("web/a", row) for row in rows], [document("web/a", row) for row in rows], "lead")
        store.record_labels([label(f"web/a#{row}", f"l{row}") for row in (4, 7, 12)])
        store.record_labels([label("web/a#4", "again", None), label("web/a#4", "ben's", reviewer="ben")])
    raw = journal_of(tmp_path).read_bytes().splitlines(keepends=True)
    journal_of(tmp_path).write_bytes(b"".join([raw[0], raw[1].replace(b"rows", b"rosw"), *raw[2:]]))
    (tmp_path / "review.duckdb").unlink()
    return tmp_path


def test_labels_whose_draw_is_lost_are_listed_by_document_and_kept(project_that_lost_draws):
    report = recover(project_that_lost_draws, read_rows, clock=Clock())
    assert report.lost == [2]
    assert report.undrawn == {"web/a#4": ["l4", "again", "ben's"], "web/a#7": ["l7"]}
    assert any("4 labels" in said and "'web/a#4', 'web/a#7'" in said for said in report.sentences())
    with Store.open(project_that_lost_draws) as store:
        assert [one.rank for one in store.labelled_documents("web/a")] == [12]
        assert store.draw_counts() == {("web/a", Stream.AUDIT): 10}
        assert [one.label_id for one in store.labels()] == ["l4", "l7", "l12", "again", "ben's"]
        assert ["never drawn" in said for said in store.verify()] == [True]


def test_lost_draws_made_again_bring_their_labels_back(project_that_lost_draws):
    recover(project_that_lost_draws, read_rows, clock=Clock())
    with Store.open(project_that_lost_draws, clock=Clock()) as store:
        whole = [draw("web/a", row) for row in range(20)]
        assert store.record_draws(whole, [document("web/a", row) for row in range(20)], "lead") == 10
        assert [(one.rank, len(one.labels)) for one in store.labelled_documents("web/a")] == [(4, 1), (7, 1), (12, 1)]
        assert store.shard_counts()["web/a"].labelled == 3
        free = store.lease("cid", "t", 20, until=LATER, overlap=1)
        assert {f"web/a#{row}" for row in range(20)} - set(free) == {"web/a#4", "web/a#7", "web/a#12"}
        assert store.verify() == []


def test_an_old_journal_that_says_true_for_1_is_replayed(project):
    """Labels with a bool for a number were once accepted one by one, and then could not be replayed together."""
    journal = Journal(project / "journal")
    given = {"verdict": "keep", "reasons": [], "note": "", "seconds": 1.0, "shown": {}, "source": "import"}
    given["content_hash"] = document("web/a", 1).content_hash
    facts = [
        Fact("label", "eve", {**given, "label_id": f"old{n}", "doc_id": "web/a#1", "score": score, "rubric": rubric})
        for n, (score, rubric) in enumerate([(True, 1), (3, True), (None, 2), (False, 1), *[(5, 1)] * 20])
    ]
    journal.write(journal.prepare(facts, Clock().now))
    journal.close()
    (project / "review.duckdb").unlink()
    recover(project, read_rows, clock=Clock())
    with Store.open(project) as store:
        found = store.labels(reviewer="eve")[:4]
        assert [(one.score, one.rubric) for one in found] == [(1, 1), (3, 1), (None, 2), (0, 1)]
        assert store.verify() == []


def test_a_lost_journal_comes_back_from_the_old_store(project, before):
    shutil.rmtree(project / "journal")
    report = recover(project, read_rows, clock=Clock())
    assert len(report.restored) == 13
    with Store.open(project) as store:
        assert contents(store)["labels"] == before["labels"]
        assert store.verify() == []


def test_recover_needs_something_to_recover_from(tmp_path):
    with pytest.raises(StoreError, match="nothing to recover"):
        recover(tmp_path, read_rows)


def test_recover_leaves_an_open_store_alone(project):
    with Store.open(project), pytest.raises(StoreBusy):
        recover(project, read_rows)


def test_recover_twice_is_recover_once(project, before):
    for _ in range(2):
        recover(project, read_rows)
    with Store.open(project) as store:
        assert contents(store) == before


@pytest.mark.faults
@pytest.mark.parametrize("step", range(16))
def test_a_recovery_interrupted_anywhere_goes_on(project, before, monkeypatch, step):
    raw = journal_of(project).read_bytes().splitlines(keepends=True)
    journal_of(project).write_bytes(b"".join([*raw[:6], raw[6].replace(b"note", b"nota"), *raw[7:]]))
    calls = 0

    def interrupted(name, real):
        def call(*args, **kwargs):
            nonlocal calls
            calls += 1
            if calls > step:
                raise KeyboardInterrupt(name)
            return real(*args, **kwargs)

        return call

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", interrupted("replace", os.replace))
        patch.setattr(repair_module, "sync_folder", interrupted("sync", repair_module.sync_folder))
        patch.setattr(repair_module, "_copy", interrupted("copy", repair_module._copy))
        patch.setattr(shutil, "rmtree", interrupted("rmtree", shutil.rmtree))
        patch.setattr("pathlib.Path.rename", interrupted("rename", type(project).rename))
        try:
            recover(project, read_rows, clock=Clock())
        except KeyboardInterrupt:
            pass
        else:
            assert calls <= step
    clock = Clock()
    clock.now = clock.now.replace(hour=13)
    recover(project, read_rows, clock=clock)
    with Store.open(project) as store:
        assert contents(store)["labels"] == before["labels"]
        assert store.verify() == []
