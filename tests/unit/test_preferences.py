"""A reviewer's preferences: kept in the journal, each one's own, there again after a recovery; and the desk's use of
them."""

from __future__ import annotations

from dataclasses import replace

import pytest
from store_states import HOSTILE, Clock, filled, label, read_rows

from review.desk.choices import choose_keys, keys_of, mark_read, rubric_json
from review.desk.neighbours import AROUND, neighbours
from review.errors import NotFound, SettingsError
from review.records import Example, Label, Verdict
from review.settings import Settings, parse_settings
from review.store import Store
from review.store.recover import recover


@pytest.fixture
def store(tmp_path):
    with filled(tmp_path, Clock()) as made:
        made.record_rubric(Settings().rubric.rubric(1), by="lead")
        yield made


def test_the_newest_wish_of_each_name_counts_for_its_reviewer_alone(store):
    assert store.record_preference("keys", {"keep": "f"}, "ana") is True
    assert store.record_preference("keys", {"keep": "f"}, "ana") is False
    store.record_preference(HOSTILE, [HOSTILE], HOSTILE)
    store.record_preference("keys", {"keep": "q"}, "ana")
    assert store.preferences("ana") == {"keys": {"keep": "q"}}
    assert store.preferences(HOSTILE) == {HOSTILE: [HOSTILE]}
    assert store.preferences("ben") == {}


def test_preferences_come_back_with_a_recovery(tmp_path):
    with filled(tmp_path, Clock()) as store:
        store.record_preference("keys", {"keep": "f"}, "ana")
        store.record_preference("keys", {}, "ana")
        store.record_preference("size", 3, HOSTILE)
        assert store.verify() == []
    (tmp_path / "review.duckdb").unlink()
    recover(tmp_path, read_rows, clock=Clock())
    with Store.open(tmp_path) as store:
        assert store.preferences("ana") == {"keys": {}}
        assert store.preferences(HOSTILE) == {"size": 3}
        assert store.verify() == []


def test_a_reviewers_keys_are_kept_and_laid_over_the_projects(store):
    settings = parse_settings('[desk.keys]\nkeep = "q"\n')
    choose_keys(store, settings, "ana", {"unsure": "z", "reason.spam": "y", "neighbours": "7"})
    keys = keys_of(store, settings, "ana", store.rubric())
    assert (keys.acts["keep"], keys.acts["unsure"], keys.reasons["spam"]) == ("q", "z", "y")
    shown = rubric_json(store, settings, "ana")
    assert shown["acts"]["unsure"] == {"name": "Unsure", "key": "z"}
    assert {"code": "spam", "name": "spam / SEO", "key": "y"} in shown["reasons"]
    assert rubric_json(store, settings, "ben")["own"] == {}
    choose_keys(store, settings, "ana", {})
    assert keys_of(store, settings, "ana", store.rubric()).acts["unsure"] == "k"


@pytest.mark.parametrize(
    ("wishes", "why"),
    [
        ({"keep": "s"}, "Key S would mean both 'Keep' and 'spam / SEO'"),
        ({"keep": "Q"}, "'Q' cannot be a key"),
        ({"keep": 3}, "Load the page again"),
        ({"reason.none": "z"}, "'reason.none' is nothing a key can do here"),
        ([], "Load the page again"),
        (None, "Load the page again"),
    ],
)
def test_wishes_that_cannot_be_met_are_refused_and_nothing_changes(store, wishes, why):
    choose_keys(store, Settings(), "ana", {"keep": "z"})
    with pytest.raises(SettingsError, match=why):
        choose_keys(store, Settings(), "ana", wishes)
    assert store.preferences("ana") == {"keys": {"keep": "z"}}


def test_rows_around_a_document_are_for_who_has_it(project):
    name = project.store.lease("ana", "tab", 1, until=project.store._clock().replace(year=2100), overlap=1)[0]
    shard, row = name.split("#")
    found = neighbours(project.store, "ana", name)
    rows = project.store.shard(shard).rows
    assert [one["offset"] for one in found] == [
        at for at in range(-AROUND, AROUND + 1) if at and 0 <= int(row) + at < rows
    ]
    assert all(one["length"] == len(one["text"]) > 20 for one in found)
    with pytest.raises(NotFound, match="who has it to judge"):
        neighbours(project.store, "ben", name)
    one = project.store.document(name)
    project.store.release_leases("ana")
    project.store.record_labels([label(name, "mine", content_hash=one.content_hash)])
    assert neighbours(project.store, "ana", name) == found
    with pytest.raises(NotFound):
        neighbours(project.store, "ana", "no such#1")


def test_refused_rows_are_no_neighbours(tmp_path):
    from review.project import open_project
    from review.workflow import draw, ingest

    rows = ["one", "", "two", "  ", "", "three", "four"]
    (tmp_path / "web.jsonl").write_text("".join(f'{{"text": "{text}"}}\n' for text in rows))
    (tmp_path / "review.toml").write_text("")
    with open_project(tmp_path) as project:
        ingest(project, [str(tmp_path / "web.jsonl")], by="test")
        draw(project, n=4, by="test")
        names = project.store.lease("ana", "t", 9, until=project.store._clock().replace(year=2100), overlap=1)
        [middle] = [name for name in names if name.endswith("#2")]
        found = neighbours(project.store, "ana", middle)
    assert [(one["offset"], one["text"]) for one in found] == [(-2, "one"), (3, "three"), (4, "four")]


def test_what_changed_in_the_guideline_since_it_was_read(store):
    def told(reviewer: str = "ana") -> tuple[int | None, dict | None]:
        rubric = rubric_json(store, Settings(), reviewer)
        return rubric["read"], rubric["news"]

    first = store.rubric()
    assert told() == (None, None)
    mark_read(store, "ana", 1)
    assert told() == (1, None)
    keys = tuple(replace(one, key=key) for one, key in zip(first.reasons, "qwertasdfgzx", strict=True))
    store.record_rubric(replace(first, version=2, reasons=keys), by="lead")
    assert told() == (1, None)  # other keys are no news
    line = "- A menu line above an article is no boilerplate."
    longer = f"{first.guideline}\n\n{line}\n"
    store.record_rubric(replace(first, version=3, guideline=longer, examples=(Example("", "A text."),)), by="lead")
    news = {
        "since": 1,
        "what": ["the text", "the examples"],
        "lines": ["- A menu line above an article is no boilerplate."],
    }
    assert told() == (1, news)
    assert told("ben") == (None, None)
    mark_read(store, "ana", 2)
    assert told() == (2, news | {"since": 2})
    mark_read(store, "ana", 3)
    mark_read(store, "ana", 1)  # a page that is still open somewhere
    assert told() == (3, None)
    store.record_rubric(replace(first, version=4, require_reason=True), by="lead")
    assert told()[1]["what"] == ["the text", "the examples", "what a judgement must say"]
    assert told()[1]["lines"] == []


def test_who_judged_by_an_earlier_rubric_is_told_what_changed_though_they_never_said_that_they_read_one(project):
    document = project.store.documents([project.store.draws()[0].doc_id])[0]
    label = Label("l1", document.doc_id, document.content_hash, "ben", Verdict.KEEP)
    project.store.record_labels([label])
    first = project.store.rubric()
    assert rubric_json(project.store, Settings(), "ben")["news"] is None
    project.store.record_rubric(replace(first, version=2, require_reason=True), by="lead")
    project.store.record_labels([replace(label, label_id="l2", rubric=2)])  # and judging on takes no notice away
    told = rubric_json(project.store, Settings(), "ben")
    assert (told["read"], told["news"]["since"], told["news"]["what"]) == (None, 1, ["what a judgement must say"])
    assert rubric_json(project.store, Settings(), "cy")["news"] is None
    mark_read(project.store, "ben", 2)
    assert rubric_json(project.store, Settings(), "ben")["news"] is None
