"""Reviewers who are given some languages, corpora or shards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from store_states import LATER, Clock, document, draw, label, shard
from test_store_recover import contents

from review.errors import StoreError
from review.overlap import Overlap
from review.records import Assignment, Gold, Verdict
from review.store import Store
from review.store.recover import recover
from review.turns import Mix, Turn

LANGUAGES = {"web/a": "de", "web/b": "fr", "books/x": "de"}


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """Three shards of two corpora, ten draws each; the last document of each says no language."""
    with Store.open(tmp_path, clock=Clock()) as opened:
        for name, language in LANGUAGES.items():
            opened.add_shard(replace(shard(name), corpus=name.split("/")[0]), refused={}, by="lead")
            opened.record_draws(
                [draw(name, row) for row in range(10)], [spoken(name, row, language) for row in range(10)], "l"
            )
        opened.keep_languages("lang")
        yield opened


def spoken(name: str, row: int, language: str):
    return replace(document(name, row), metadata={} if row == 9 else {"lang": language})


def take(store: Store, who: str = "ana", n: int = 100) -> set[str]:
    names = store.lease(who, "tab", n, until=LATER, overlap=Overlap(9))
    store.release_leases(who)
    return {name.split("#")[0] for name in names}


def test_without_an_assignment_everything_is_given(store):
    assert take(store) == set(LANGUAGES)
    assert store.assignments() == []


@pytest.mark.parametrize(
    ("kinds", "given"),
    [
        ({"languages": ("de",)}, {"web/a", "books/x"}),
        ({"languages": ("fr", "it")}, {"web/b"}),
        ({"corpora": ("web",)}, {"web/a", "web/b"}),
        ({"corpora": ("web",), "languages": ("de",)}, {"web/a"}),
        ({"shards": ("*/b", "books/*")}, {"web/b", "books/x"}),
        ({"shards": ("none*",)}, set()),
        ({"languages": ("it",)}, set()),
        ({"languages": ("de'; drop table labels --",)}, set()),
    ],
)
def test_each_kind_narrows_what_a_reviewer_gets(store, kinds, given):
    store.assign(Assignment("ana", **kinds, by="lead"))
    assert take(store) == given
    assert take(store, "ben") == set(LANGUAGES)
    store.assign(Assignment("ana", by="lead"))
    assert take(store) == set(LANGUAGES)
    assert store.assignments() == []


def test_a_document_without_a_language_is_for_those_with_none_assigned(store):
    store.assign(Assignment("ana", languages=("de",), by="lead"))
    assert not [name for name in store.lease("ana", "t", 99, until=LATER, overlap=9) if name.endswith("#9")]
    assert len([name for name in store.lease("ben", "t", 99, until=LATER, overlap=9) if name.endswith("#9")]) == 3


def test_shards_and_documents_that_come_later_are_given_too(store):
    store.assign(Assignment("ana", shards=("web/*",), languages=("de",), by="lead"))
    assert take(store) == {"web/a"}
    store.add_shard(shard("web/z"), refused={}, by="lead")
    store.record_draws([draw("web/z", 0)], [spoken("web/z", 0, "de")], "lead")
    assert take(store) == {"web/a", "web/z"}


def test_what_is_held_goes_when_the_assignment_changes(store):
    held = store.lease("ana", "tab", 5, until=LATER, overlap=1)
    store.assign(Assignment("ana", languages=("it",), by="lead"))
    assert held
    assert store.lease("ana", "tab", 5, until=LATER, overlap=1) == []


def test_gold_stays_within_the_assignment(store):
    store.record_gold([
        Gold(f"{name}#0", document(name, 0).content_hash, Verdict.KEEP, "lead") for name in LANGUAGES
    ])  # fmt: skip
    names = store.lease("zoe", "tab", 3, until=LATER, overlap=1, shards=list(LANGUAGES))
    store.record_labels([label(f"{name}#0", name, reviewer="zoe") for name in LANGUAGES])
    assert {name.split("#")[1] for name in names} == {"0"}
    store.assign(Assignment("ana", languages=("fr",), by="lead"))
    found = store.hand_out("ana", "tab", 9, until=LATER, overlap=Overlap(), mix=Mix(1, gold=0.5))
    assert [one.doc_id for one in found if one.turn is Turn.GOLD] == ["web/b#0"]


def test_another_language_column_is_read_anew_and_the_same_is_not(store, monkeypatch):
    store.assign(Assignment("ana", languages=("en",), by="lead"))
    store.keep_languages("row")
    assert take(store) == set()
    store.keep_languages("lang")
    store.assign(Assignment("ana", languages=("de",), by="lead"))
    assert take(store) == {"web/a", "books/x"}
    monkeypatch.setattr("review.store.assignments.fill_languages", lambda *_: pytest.fail("read again"))
    store.keep_languages("lang")


def test_assignments_come_back_from_the_journal(store, tmp_path):
    store.assign(Assignment("ana", languages=("de",), by="lead"))
    store.assign(Assignment("ben \ud800", shards=("web/*",), by="lead"))
    store.assign(Assignment("cid", corpora=("web",), by="lead"))
    store.assign(Assignment("cid", by="lead"))
    told, before = store.assignments(), {name: len(rows) for name, rows in contents(store).items()}
    assert [(one.reviewer, one.languages, one.shards) for one in told] == [
        ("ana", ("de",), ()), ("ben \ud800", (), ("web/*",)),
    ]  # fmt: skip
    assert store.verify() == []
    store.close()
    (tmp_path / "review.duckdb").unlink()
    recover(tmp_path, lambda source, rows: [spoken(source.name, row, LANGUAGES[source.name]) for row in rows])
    with Store.open(tmp_path, clock=Clock()) as again:
        assert again.assignments() == told
        assert {name: len(rows) for name, rows in contents(again).items()} == before
        again.keep_languages("lang")
        assert take(again) == {"web/a", "books/x"}
        assert again.verify() == []


@pytest.mark.parametrize("kinds", [{"languages": ("",)}, {"shards": (3,)}, {"corpora": ("x",) * 1_001}])
def test_an_assignment_that_is_none_is_refused(store, kinds):
    with pytest.raises(StoreError):
        store.assign(Assignment("ana", **kinds, by="lead"))
    with pytest.raises(StoreError, match="name"):
        store.assign(Assignment("", languages=("de",), by="lead"))
    assert store.assignments() == []
