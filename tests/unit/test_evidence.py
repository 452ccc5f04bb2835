"""What stands beside a document's text: lines it shares with other drawn documents, its signals, and what only training
draws may show."""

from __future__ import annotations

import json
from datetime import datetime
from threading import Event

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from store_states import Clock, draw, filled, label, shard
from store_states import document as made

from review.desk import exchange
from review.desk.evidence import dressed
from review.desk.queue import item
from review.desk.signals import _PASS, FEWEST, HANDFUL, signals_json
from review.records import Stream, Verdict
from review.settings import Settings, parse_settings
from review.signals import signals
from review.store.schema import migrate
from review.store.telling import SHORTEST, distinct_hashes, line_hashes
from review.turns import Turn

MENU = "Home, guides, shop and forum of the harbour"
NOW = datetime(2026, 1, 31, 12, 0)


@pytest.fixture
def store(tmp_path):
    """web/a and web/b with 20 documents each; web/c with three that share lines, one of them in the training stream."""
    with filled(tmp_path, Clock()) as store:
        store.record_rubric(Settings().rubric.rubric(1), by="lead")
        store.add_shard(shard("web/c"), refused={}, by="lead")
        texts = [
            f"One\n{MENU}\nand its own line, number one",
            f"  {MENU.replace(' ', '   ')} \n\nTwo",
            f"x\nshort\n{MENU}",
        ]
        documents = [made("web/c", row, text) for row, text in enumerate(texts)]
        store.record_draws([draw("web/c", row) for row in (0, 1)], documents[:2], "lead")
        store.record_draws([draw("web/c", 2, Stream.TRAINING)], documents[2:], "lead")
        yield store


def texts_of(store, *names):
    return [store.document(name).text for name in names]


def test_lines_of_other_drawn_documents_are_found_by_number(store):
    found = store.shared_lines(texts_of(store, "web/c#0", "web/c#1", "web/c#2", "web/a#0"))
    assert found[:3] == [[(1, 2)], [(0, 2)], [(2, 2)]]
    assert store.shared_lines([]) == []
    assert store.shared_lines(["", "short\n" * 9]) == [[], []]


def test_more_draws_count_at_once(store):
    assert store.shared_lines(texts_of(store, "web/c#0")) == [[(1, 2)]]
    store.record_draws([draw("web/c", 7)], [made("web/c", 7, f"Seven\n{MENU}\n{MENU}")], "lead")
    assert store.shared_lines(texts_of(store, "web/c#0")) == [[(1, 3)]]


def test_who_cannot_wait_gets_the_counts_of_before(store, monkeypatch):
    done = Event()
    count = type(store)._count_lines_anew
    monkeypatch.setattr(type(store), "_count_lines_anew", lambda self, drawn: (done.wait(60), count(self, drawn)))
    assert store.shared_lines(texts_of(store, "web/c#0"), 0.01) is None
    done.set()
    assert store.shared_lines(texts_of(store, "web/c#0")) == [[(1, 2)]]
    done.clear()
    store.record_draws([draw("web/c", 7)], [made("web/c", 7, f"Seven\n{MENU}")], "lead")
    assert store.shared_lines(texts_of(store, "web/c#0"), 0.01) == [[(1, 2)]]
    done.set()
    assert store.shared_lines(texts_of(store, "web/c#0")) == [[(1, 3)]]


def test_texts_stored_before_lines_were_get_theirs(store, tmp_path):
    with store._reading() as cursor:
        before = sorted(cursor.execute("from document_lines").fetchall())
    store._con.execute("drop table document_lines")
    store._con.execute("delete from migrations where name like '%document_lines'")
    with store._con.cursor() as cursor:
        migrate(cursor, NOW)
        assert sorted(cursor.execute("from document_lines").fetchall()) == before
    assert len(before) == 43


@settings(deadline=None)
@given(st.text() | st.lists(st.text(alphabet="ab \t\u3000\ud800", min_size=15, max_size=40)).map("\n".join))
def test_any_text_has_hashes_duckdb_can_hold(text):
    numbered = line_hashes(text)
    lines = text.split("\n")
    assert all(len(lines[number]) >= SHORTEST for number in numbered)
    taken = duckdb.execute("select ?::ubigint[]", [distinct_hashes(text)]).fetchall()[0][0]
    assert taken == sorted(set(numbered.values()))


def test_signals_are_those_of_the_catalogue_and_stand_in_their_shard(project):
    _PASS.begin()
    assert _PASS._ready.wait(120)
    names = [one.doc_id for one in project.store.draws("shards/poor.parquet")]
    documents = project.store.documents(names)
    assert len(documents) >= FEWEST
    spam = next(one for one in documents if "BUY NOW" in one.text)
    sound = next(one for one in documents if "BUY NOW" not in one.text)
    rows = signals_json(project.store, [spam, sound])
    json.dumps(rows)
    truth = signals(spam.text)
    found = {row["name"]: row for row in rows[0]}
    assert set(found) == {one.name for one in HANDFUL}
    for one in HANDFUL:
        row = found[one.name]
        assert row["value"] == one.told(truth[one.signal])
        assert sum(row["strip"]) == len(documents)
        assert row["strip"][row["at"]] > 0
        assert f"{len(documents)} drawn" in row["told"]
    assert found["Words"]["told"].startswith("Less than in ")
    assert [row["unusual"] for row in rows[0]] == sorted((row["unusual"] for row in rows[0]), reverse=True)


def test_too_few_drawn_documents_are_no_distribution(store):
    _PASS.begin()
    assert _PASS._ready.wait(120)
    [rows] = signals_json(store, [store.document("web/c#0")])
    assert all("strip" not in row and not row["unusual"] for row in rows)


ALL = '[desk]\nshow_on_training = ["score", "shard", "labels"]\n'


@pytest.fixture
def judged(store):
    """web/c#0 (audit) and web/c#2 (training) have a score, and a verdict of ben's."""
    store.record_model("v1", {}, "lead")
    store.promote("v1", "lead")
    store.record_scores("v1", {"web/c#0": 0.25, "web/c#2": 0.75})
    for name in ("web/c#0", "web/c#2"):
        text = store.document(name)
        for verdict, more in ((Verdict.KEEP, ()), (Verdict.REJECT, ("spam",))):
            store.record_labels(
                [
                    label(
                        name, f"{name}-{verdict}", verdict, reviewer="ben", reasons=more, content_hash=text.content_hash
                    )
                ]
            )
    return store


def seen(store, settings, reviewer="ana"):
    message = {"n": 1, "tab": "t", "hello": True, "rubric": 1}
    answer = exchange(store, parse_settings(settings), reviewer, message, NOW)
    return {one["doc_id"]: one for one in answer["items"]}


def beside(store, name, settings, reviewer="ana"):
    chosen = parse_settings(settings)
    [one] = dressed(store, chosen, reviewer, [item(store.document(name), chosen)])
    return one.to_json()["beside"]


def test_a_lead_may_allow_training_draws_to_show_more_but_never_audit_draws(judged):
    labels = [["ben", "reject", "spam"]]
    assert beside(judged, "web/c#2", ALL) == {"score": "0.75 keep, by v1", "shard": "web/c", "labels": labels}
    assert beside(judged, "web/c#2", ALL, "ben")["labels"] == []  # one's own are no others'
    assert beside(judged, "web/c#2", ALL.replace(', "labels"', "")).keys() == {"score", "shard"}
    assert beside(judged, "web/c#0", ALL) == {}
    assert beside(judged, "web/c#2", "[desk]\n") == {}


def test_others_labels_never_give_away_the_answer_to_a_blind_check(judged, monkeypatch):
    monkeypatch.setattr(judged, "held", lambda reviewer: {"web/c#2": Turn.GOLD})
    assert beside(judged, "web/c#2", ALL)["labels"] == []


def test_by_default_nothing_is_shown_on_training_draws_either(judged):
    items = seen(judged, "[desk]\noverlap = 9\nqueue = 100\n")
    assert all(one["beside"] == {} for one in items.values())
    beside = json.dumps([[one["facts"], one["source"], one["shared"], one["signals"]] for one in items.values()])
    assert "web/" not in beside
    assert "0.75" not in beside
    assert "ben" not in beside


def test_a_document_drawn_for_both_is_an_audit_document(judged):
    judged.record_draws([draw("web/c", 2, rank=2)], [judged.document("web/c#2")], "lead")
    assert seen(judged, ALL + "overlap = 9\nqueue = 100\n")["web/c#2"]["beside"] == {}


def test_the_lines_of_a_document_travel_with_it(store):
    items = {name: one for name, one in seen(store, "[desk]\nqueue = 100\n").items() if one["shared"]}
    assert {name: one["shared"] for name, one in items.items() if name.startswith("web/c")} == {
        "web/c#0": [[1, 2]],
        "web/c#1": [[0, 2]],
        "web/c#2": [[2, 2]],
    }
