"""The store's verbs, one by one."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import replace
from datetime import date

import duckdb
import pytest
from store_states import HOSTILE, NOW, Clock, document, draw, fill, filled, label, shard

from review.errors import JournalBroken, NotFound, StoreBusy, StoreError
from review.records import Decision, Reason, Rubric, Ruling, Stream, Verdict
from review.store import Store
from review.store.events import Fact


@pytest.fixture
def store(tmp_path):
    with Store.open(tmp_path, clock=Clock()) as store:
        yield store


@pytest.fixture
def store_with_draws(store):
    fill(store)
    return store


# -- opening --


def test_a_new_store_is_empty_and_healthy(store):
    assert store.shards() == []
    assert store.last_seq() == 0
    assert store.verify() == []
    assert store.warnings == []


def test_a_folder_that_does_not_exist_is_refused(tmp_path):
    with pytest.raises(StoreError, match="review init"):
        Store.open(tmp_path / "typo")


def test_a_second_store_in_this_process_is_busy(store):
    with pytest.raises(StoreBusy, match="this very process"):
        Store.open(store.root)


def test_another_process_is_told_who_holds_the_store(store):
    code = f"from review.store import Store\nfrom pathlib import Path\nStore.open(Path({str(store.root)!r}))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env={"PYTHONPATH": ":".join(sys.path)}
    )
    assert "StoreBusy" in done.stderr
    assert f"pid {json.loads((store.root / 'journal' / 'lock').read_text())['pid']}" in done.stderr


def test_the_lock_is_given_back_when_opening_fails(tmp_path):
    filled(tmp_path).close()
    (tmp_path / "review.duckdb").unlink()
    for _ in range(2):
        with pytest.raises(StoreError, match="review recover"):
            Store.open(tmp_path)


def test_a_closed_store_says_so(tmp_path):
    store = Store.open(tmp_path)
    store.close()
    store.close()
    with pytest.raises(StoreError, match="closed"):
        store.shards()
    with pytest.raises(StoreError, match="closed"):
        store.record_labels([])


def test_everything_is_there_after_reopening(tmp_path):
    with filled(tmp_path) as store:
        stored = store.record_labels([label("web/a#1", note=HOSTILE, reasons=("spam", HOSTILE))])
        before = (store.shards(), store.draws(), store.document("web/a#1"))
    with Store.open(tmp_path) as store:
        assert (store.shards(), store.draws(), store.document("web/a#1")) == before
        assert store.labels() == stored
        assert store.verify() == []


def test_a_missing_journal_is_restored_from_the_tables(tmp_path):
    filled(tmp_path).close()
    original = (tmp_path / "journal" / "000001.jsonl").read_bytes()
    (tmp_path / "journal" / "000001.jsonl").unlink()
    with Store.open(tmp_path) as store:
        assert "had lost events 1 to 4" in store.warnings[0]
        assert store.verify() == []
    assert (tmp_path / "journal" / "000001.jsonl").read_bytes() == original


def test_another_project_s_journal_is_refused(tmp_path):
    filled(tmp_path / "one").close()
    clock = Clock()
    clock.now = NOW.replace(year=2027)
    filled(tmp_path / "two", clock).close()
    (tmp_path / "one" / "journal" / "000001.jsonl").write_bytes(
        (tmp_path / "two" / "journal" / "000001.jsonl").read_bytes()
    )
    with pytest.raises(JournalBroken, match="disagree on event 4"):
        Store.open(tmp_path / "one")


def test_a_failing_migration_leaves_the_old_store(tmp_path, monkeypatch):
    filled(tmp_path).close()

    def m999_fails(db):
        db.execute("create table half (x integer)")
        raise duckdb.InvalidInputException("no")

    from review.store import schema

    monkeypatch.setattr(schema, "MIGRATIONS", [*schema.MIGRATIONS, m999_fails])
    with pytest.raises(StoreError):
        Store.open(tmp_path)
    monkeypatch.undo()
    with Store.open(tmp_path) as store:
        assert store.verify() == []
        with store._reading() as cursor:
            assert cursor.execute("select count(*) from duckdb_tables() where table_name = 'half'").fetchall() == [(0,)]


# -- draws --


def test_a_larger_nested_draw_adds_only_what_is_new(store_with_draws):
    draws = [draw("web/a", row) for row in range(30)]
    assert store_with_draws.record_draws(draws, [document("web/a", row) for row in range(20, 30)], "lead") == 10
    assert store_with_draws.draws("web/a") == draws
    assert store_with_draws.draw_counts() == {("web/a", Stream.AUDIT): 30, ("web/b", Stream.AUDIT): 20}
    assert store_with_draws.record_draws(draws, [], "lead") == 0


@pytest.mark.parametrize(
    ("given", "documents", "message"),
    [
        (draw("web/a", 50), [], "without its document"),
        (draw("web/a", 50, rank=3), [document("web/a", 50)], "contradicts"),
        (draw("web/a", 5, rank=6), [document("web/a", 5)], "contradicts"),
        (draw("web/a", 5), [document("web/a", 5, "other text")], "drawn before with other text"),
        (draw("web/z", 5), [document("web/z", 5)], "no shard"),
    ],
)
def test_a_draw_that_cannot_be_is_refused(store_with_draws, given, documents, message):
    before = store_with_draws.last_seq()
    with pytest.raises((StoreError, NotFound), match=message):
        store_with_draws.record_draws([given], documents, "lead")
    assert store_with_draws.last_seq() == before


def test_a_text_that_does_not_match_its_hash_is_refused(store_with_draws):
    wrong = replace(document("web/a", 50), text="other")
    with pytest.raises(StoreError, match="content hash"):
        store_with_draws.record_draws([draw("web/a", 50)], [wrong], "lead")


def test_a_fact_the_tables_cannot_hold_is_never_journalled(store_with_draws):
    journal = store_with_draws.root / "journal" / "000001.jsonl"
    before = journal.read_bytes()
    with pytest.raises(StoreError):
        store_with_draws.record_draws([replace(draw("web/a", 50), seed=2**70)], [document("web/a", 50)], "lead")
    assert journal.read_bytes() == before
    store_with_draws.record_labels([label("web/a#1")])
    assert store_with_draws.verify() == []


def test_documents_come_in_the_order_asked(store_with_draws):
    names = ["web/b#3", "web/a#7", "web/b#1", "web/b#3"]
    assert [one.doc_id for one in store_with_draws.documents(names)] == names
    assert store_with_draws.document("web/a#7") == document("web/a", 7)
    for unknown in ("web/a#99", "web/z#1", "nonsense", "web/a#07", f"web/a#{10**30}"):
        with pytest.raises(NotFound):
            store_with_draws.document(unknown)


def test_all_documents_come_in_batches(store_with_draws):
    found = list(store_with_draws.iter_documents(15))
    assert [len(batch) for batch in found] == [15, 15, 10]
    assert [one for batch in found for one in batch] == [document(f"web/{s}", row) for s in "ab" for row in range(20)]


# -- rubric, decisions, models, scores, releases --


def test_rubric_versions_follow_each_other(store):
    with pytest.raises(NotFound):
        store.rubric()
    first = Rubric(1, (Reason("spam", "spam", "s"),), HOSTILE)
    second = Rubric(2, (), "shorter", require_reason=True)
    assert store.record_rubric(first, "lead")
    assert not store.record_rubric(first, "lead")
    with pytest.raises(StoreError, match="other content"):
        store.record_rubric(Rubric(1, (), "x"), "lead")
    with pytest.raises(StoreError, match="next rubric version is 2"):
        store.record_rubric(Rubric(4, (), "x"), "lead")
    store.record_rubric(second, "lead")
    assert store.rubric() == second
    assert store.rubric(1) == first


def test_the_newest_decision_counts_and_all_are_kept(store_with_draws):
    print_ = shard().fingerprint
    rulings = [
        Decision("web/a", ruling, HOSTILE, "lead", print_, {"n": 20}, 1) for ruling in (Ruling.HOLD, Ruling.APPROVE)
    ]
    stored = store_with_draws.record_decisions(rulings)
    assert [one.seq for one in stored] == [5, 6]
    assert store_with_draws.decisions() == stored == store_with_draws.decisions("web/a")
    assert store_with_draws.decisions("web/b") == []
    assert store_with_draws.current_decisions() == {"web/a": stored[1]}
    with pytest.raises(NotFound):
        store_with_draws.record_decisions([Decision("web/z", Ruling.HOLD, "", "lead", print_, {}, 1)])
    with pytest.raises(StoreError, match="JSON"):
        store_with_draws.record_decisions(
            [Decision("web/a", Ruling.HOLD, "", "lead", print_, {"low": float("nan")}, 1)]
        )


def test_one_model_is_in_use(store_with_draws):
    store = store_with_draws
    assert store.promoted() is None
    with pytest.raises(NotFound, match="none yet"):
        store.promote("v1", "lead")
    for version in ("v1", "v2"):
        store.record_model(version, {"auc": 0.9}, "lead")
        store.promote(version, "lead", "better")
    with pytest.raises(StoreError, match="already"):
        store.record_model("v1", {}, "lead")
    assert [(model.version, model.promoted) for model in store.models()] == [("v1", False), ("v2", True)]
    store.record_scores("v1", {"web/a#1": 0.25, "web/b#2": 0.5})
    store.record_scores("v1", {"web/a#1": 0.75})
    assert store.scores("v1") == {"web/a#1": 0.75, "web/b#2": 0.5}
    assert store.scores("v2") == {}
    with pytest.raises(NotFound):
        store.record_scores("v3", {"web/a#1": 0.1})


def test_releases_are_named_once(store):
    store.record_release("r1", {"shards": []}, "/releases/r1", "lead")
    with pytest.raises(StoreError, match="already"):
        store.record_release("r1", {}, "/x", "lead")
    assert [(one.name, one.manifest, one.path, one.by) for one in store.releases()] == [
        ("r1", {"shards": []}, "/releases/r1", "lead")
    ]


# -- counts --


def test_counts_follow_the_labels(store_with_draws):
    store = store_with_draws
    store.record_draws([draw("web/a", 40, Stream.TRAINING)], [document("web/a", 40)], "lead")
    store.record_labels(
        [
            label("web/a#1", "1", Verdict.KEEP, seconds=4.0),
            label("web/a#2", "2", Verdict.REJECT, seconds=6.0),
            label("web/a#3", "3", Verdict.UNSURE),
            label("web/a#4", "4", Verdict.REJECT),
            label("web/a#4", "5", None),
            label("web/a#40", "6", Verdict.REJECT, reviewer="ben", source="simulated", seconds=1.0),
        ]
    )
    counts = store.shard_counts()["web/a"]
    assert (counts.drawn, counts.labelled) == (20, 3)
    assert (counts.training_labelled, counts.seconds) == (1, 11.0)
    assert store.shard_counts()["web/b"].labelled == 0
    people = store.reviewer_counts()
    assert [(one.reviewer, one.labels, one.rejected, one.simulated) for one in people] == [
        ("ana", 3, 1, False),
        ("ben", 1, 1, True),
    ]
    assert people[0].median_seconds == 4.0
    assert store.labels_per_day() == [(date(2026, 1, 31), 5)]


# -- check --


@pytest.mark.parametrize(
    ("damage", "sentence"),
    [
        ("update labels set note = 'x'", "Table labels"),
        ("delete from labels", "Table labels: 1 rows are only in the journal"),
        ("update draws set rank = 99 where row = 3", "Table draws"),
        ("update queue set judged = 0", "Table queue"),
        ("update documents set text = 'x' where row = 3", "'web/a#3' does not match its content hash"),
        ("update documents set text = null where row = 3", "no text"),
        ("delete from events where seq = 2", "Table events"),
        ("update shards set uri = '/y' where name = 'web/a'", "Table shards"),
        ("insert into labels select * replace ('l2' as label_id, 99 as row) from labels", "never drawn"),
        ("insert into labels select * from labels", "more than once"),
    ],
)
def test_check_notices_what_was_altered(store_with_draws, damage, sentence):
    store_with_draws.record_labels([label("web/a#1")])
    assert store_with_draws.verify() == []
    with store_with_draws._con.cursor() as cursor:
        cursor.execute(damage)
    assert any(sentence in found for found in store_with_draws.verify())


def test_check_notices_an_altered_journal(store_with_draws):
    path = store_with_draws.root / "journal" / "000001.jsonl"
    path.write_bytes(path.read_bytes().replace(b'"by":"lead"', b'"by":"dael"', 1))
    assert any("line 1 cannot be trusted" in found for found in store_with_draws.verify())


def test_a_rubric_written_when_a_score_was_a_switch_is_read_as_what_it_said(tmp_path):
    with filled(tmp_path) as store:
        for version, score in ((1, False), (2, True)):
            body = {"version": version, "reasons": [], "guideline": "", "require_reason": False, "score": score}
            with store._turn():
                store._record([Fact("rubric", "lead", body)])
        assert [store.rubric(version).score for version in (1, 2)] == ["off", "also"]
        assert store.record_rubric(Rubric(2, (), "", score="also"), "lead") is False
