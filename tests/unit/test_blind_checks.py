"""Gold documents and second readings: mixed in blindly, and never a judgement of the document."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from store_states import LATER, NOW, Clock, document, draw, filled, label, read_rows
from test_store_recover import contents

from review.desk import checkout, exchange, recall, submit
from review.errors import NotFound, StoreError
from review.overlap import Overlap
from review.records import Gold, Stream, Verdict
from review.settings import Settings, parse_settings
from review.store import Store
from review.store import schema as store_schema
from review.store.recover import recover
from review.turns import REPEAT, Mix, Turn, ticket, turn_of

KEEP, REJECT = Verdict.KEEP, Verdict.REJECT
SETTINGS = "[desk]\nqueue = 6\ngold_share = {gold}\nrepeat_share = {repeat}\nrepeat_distance = 50\n"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with filled(tmp_path) as opened:
        more = range(20, 90)
        opened.record_draws([draw("web/a", row) for row in more], [document("web/a", row) for row in more], "lead")
        opened.record_rubric(settings().rubric.rubric(1), "lead")
        yield opened


def settings(gold: float = 0.0, repeat: float = 0.0, more: str = "") -> Settings:
    return parse_settings(SETTINGS.format(gold=gold, repeat=repeat) + more)


def gold(name: str, verdict: Verdict | None = KEEP, **rest: Any) -> Gold:
    shard, row = name.split("#")
    return Gold(name, document(shard, int(row)).content_hash, verdict, "lead", **rest)


class Desk:
    """A browser, as far as the protocol goes."""

    def __init__(self, store: Store, settings: Settings, reviewer: str = "ana") -> None:
        self.store, self.settings, self.reviewer = store, settings, reviewer
        self.n = 0
        self.tickets: dict[str, str] = {}

    def get(self, n: int = 6) -> list[str]:
        items, _ = checkout(self.store, self.settings, self.reviewer, "tab", n, NOW)
        self.tickets |= {one.doc_id: one.to_json()["ticket"] for one in items}
        return [one.doc_id for one in items]

    def label(self, name: str, verdict: str | None = "keep", **rest: Any) -> dict[str, Any]:
        shard, row = name.split("#")
        self.n += 1
        return {
            "label_id": f"{self.reviewer}-{self.n:012}", "doc_id": name, "verdict": verdict, "rubric": 1,
            "hash": document(shard, int(row)).content_hash, "ticket": self.tickets.get(name), **rest,
        }  # fmt: skip

    def say(self, name: str, verdict: str | None = "keep", **rest: Any) -> Any:
        return submit(self.store, self.settings, self.reviewer, [self.label(name, verdict, **rest)])

    def read(self, times: int, verdict: Callable[[str], str] = lambda name: "keep") -> list[str]:
        """Judge the next documents, one by one."""
        done = []
        while len(done) < times and (names := self.get()):
            assert self.say(names[0], verdict(names[0])).acks
            done.append(names[0])
        return done

    def turns(self) -> list[Turn]:
        return [turn_of(one.shown) for one in self.store.labels(reviewer=self.reviewer)]


def judged(store: Store) -> dict[tuple[int, int], tuple[int, int]]:
    with store._reading() as cursor:
        rows = cursor.execute('select shard_no, "row", judged, agreed from queue where judged > 0').fetchall()
    return {(number, row): (count, agreed) for number, row, count, agreed in rows}


# -- second readings --


def test_own_documents_come_again_after_a_distance_and_the_first_word_stands(store):
    desk = Desk(store, settings(repeat=0.25))
    first = store.lease("ana", "tab", 60, until=LATER, overlap=1)
    store.record_labels([label(name, f"first-{name}") for name in first])
    done = desk.read(20)
    again = [name for name in done if name in first]
    assert 2 <= len(again) == len(set(again))  # once more, not twice
    assert all(first.index(name) < 60 + done.index(name) - 50 for name in again)
    assert desk.turns().count(Turn.REPEAT) == len(again)
    counted = store.labelled_documents()
    assert len(counted) == 80 - len(again)
    assert all(len(one.labels) == 1 and not one.labels[0].shown for one in counted)
    assert {count for count, _ in judged(store).values()} == {1}
    assert store.progress("ana").saved == 80


def repeated(store: Store) -> tuple[Desk, str]:
    """A desk whose next document is one of its own."""
    desk = Desk(store, settings(repeat=0.25))
    done = store.lease("ana", "tab", 60, until=LATER, overlap=1)
    store.record_labels([label(name, f"first-{name}") for name in done])
    for _ in range(40):
        if (name := desk.get(1)[0]) in done:
            return desk, name
        desk.say(name)
    raise AssertionError("no document came again")


def test_a_second_reading_replaces_nothing_and_can_be_taken_back(store):
    desk, name = repeated(store)
    before = store.labelled_documents()
    assert desk.say(name, "reject").acks
    assert store.labelled_documents() == before
    found = store.repeated_judgements()
    assert found.verdict.column() == ["keep", "reject"]
    assert found.repeat.tolist() == [False, True]
    assert desk.say(name, None).acks
    assert store.labelled_documents() == before
    assert len(store.repeated_judgements()) == 0
    assert [turn_of(one.shown) for one in store.labels(name, "ana")] == [Turn.PLAN, Turn.REPEAT, Turn.REPEAT]
    assert desk.say(name, "unsure").acks
    assert store.repeated_judgements().verdict.column() == ["keep", "unsure"]
    assert store.labelled_documents() == before


def test_a_second_reading_is_known_when_its_lease_is_long_gone(store):
    desk, name = repeated(store)
    before = store.labelled_documents()
    store.release_leases("ana")
    assert desk.say(name, "reject").acks
    assert store.labelled_documents() == before


def test_a_correction_of_the_first_word_is_no_second_reading(store):
    desk = Desk(store, settings(repeat=0.25))
    [name] = desk.read(1)
    desk.say(name, None)
    desk.say(name, "reject")
    assert desk.turns() == [Turn.PLAN] * 3
    assert store.labelled_documents()[0].labels[0].verdict is REJECT


def test_the_first_word_can_be_taken_back_beside_the_second(store):
    desk, name = repeated(store)
    desk.say(name, "reject")
    desk.tickets[name] = ticket(desk.settings.sampling.seed, "ana", name, repeat=False)
    desk.say(name, None)
    assert name not in {one.doc_id for one in store.labelled_documents()}
    assert name in Desk(store, settings(), "ben").get(100)  # it is to be judged again


def test_a_second_reading_never_counts_as_a_second_opinion(store):
    desk, name = repeated(store)
    desk.say(name)
    assert {count for count, _ in judged(store).values()} == {1}
    assert name in Desk(store, settings(more="overlap = 2\n"), "ben").get(200)


def test_nothing_on_the_desk_tells_a_second_reading(store):
    desk, name = repeated(store)
    items, _ = checkout(store, desk.settings, "ana", "tab", 1, NOW)
    [again] = [one.to_json() for one in items]
    [whole] = [one.to_json() for one in recall(store, desk.settings, "ana", [name], whole=True)]
    fresh = checkout(store, settings(), "ben", "tab", 1, NOW)[0][0].to_json()
    assert again["doc_id"] == name
    assert again.keys() == fresh.keys()
    assert again["label"] is None
    assert whole["label"] is None  # not what was said the first time
    assert whole["ticket"] == again["ticket"]
    assert len(again["ticket"]) == len(fresh["ticket"])
    assert "repeat" not in json.dumps([again, whole])


def test_a_browser_cannot_mark_a_label_itself(store):
    desk = Desk(store, settings())
    [name] = desk.get(1)
    desk.say(name, "keep", shown={"repeat": True, "gold": True, "told": True, "marks": True})
    assert store.labels()[0].shown == {"marks": True}


def test_a_ticket_for_a_second_reading_without_a_first_is_a_first(store):
    desk = Desk(store, settings())
    [name] = desk.get(1)
    desk.tickets[name] = ticket(desk.settings.sampling.seed, "ana", name, repeat=True)
    desk.say(name, "keep")
    assert desk.turns() == [Turn.PLAN]


# -- gold --


def test_gold_comes_to_everyone_once_at_about_the_set_rate(store):
    known = {f"web/a#{row}" for row in range(10)}
    store.record_gold([gold(name) for name in known])
    ana = store.lease("ana", "tab", 40, until=LATER, overlap=1)
    store.record_labels([label(name, f"ana-{name}") for name in ana])
    assert known <= set(ana)  # as planned: no check, and the documents have their judgement
    met = {}
    for who in ("ben", "cid"):
        desk = Desk(store, settings(gold=0.2), who)
        handed = desk.get(40)
        met[who] = [name for name in handed if name in known]
        assert 4 <= len(met[who]) == len(set(met[who])) <= 10
        assert handed[: len(met[who])] != met[who]  # among the others, not before them
        for name in met[who]:
            assert desk.say(name).acks
        assert desk.turns() == [Turn.GOLD] * len(met[who])
        assert not set(desk.get(40)) & set(met[who])
    assert met["ben"] != met["cid"]  # an order of one's own
    assert {count for count, _ in judged(store).values()} == {1}
    assert all(len(one.labels) == 1 for one in store.labelled_documents())
    assert {one.reviewer for one in store.gold_answers()} == {"ana", "ben", "cid"}


def test_without_planned_documents_there_is_no_gold_either(store):
    store.record_gold([gold("web/a#0")])
    names = store.lease("ana", "tab", 200, until=LATER, overlap=1)
    store.record_labels([label(name, f"ana-{name}") for name in names])
    assert Desk(store, settings(gold=0.5), "ben").get(50) == []


def answer_gold(store: Store, more: str = "") -> tuple[Desk, str]:
    """Ben has answered a gold document that ana had judged as planned."""
    names = store.lease("ana", "tab", 4, until=LATER, overlap=1)
    store.record_labels([label(name, f"ana-{name}") for name in names])
    name = names[0]
    store.record_gold([gold(name, REJECT, reasons=("spam",))])
    ben = Desk(store, settings(gold=0.5, more=more), "ben")
    while name not in (names := ben.get()):
        ben.say(names[0])
    ben.receipt = ben.say(name, "keep")  # type: ignore[attr-defined]
    return ben, name


def test_a_gold_answer_is_no_judgement_of_the_document(store):
    ben, name = answer_gold(store)
    assert turn_of(store.labels(name, "ben")[0].shown) is Turn.GOLD
    [one] = [one for one in store.labelled_documents() if one.doc_id == name]
    assert [label.reviewer for label in one.labels] == ["ana"]
    [answer] = [one for one in store.gold_answers() if one.reviewer == "ben"]
    assert (answer.doc_id, answer.known, answer.said) == (name, REJECT, KEEP)
    assert not [one for one in store.gold_answers() if one.reviewer == "ana"]  # said before it was gold
    assert not ben.receipt.known
    assert name not in ben.get(100)
    ben.say(name, None)
    assert [one.reviewer for one in store.gold_answers()] == []
    ben.say(name, "reject")
    assert [one.said for one in store.gold_answers()] == [REJECT]
    assert {count for count, _ in judged(store).values()} == {1}


def test_an_answer_given_after_the_known_one_was_told_is_none(store):
    ben, name = answer_gold(store, "gold_feedback = true\n")
    [told] = ben.receipt.to_json()["known"]
    assert told == {"doc_id": name, "verdict": "reject", "said": "keep", "reasons": ("spam",)}
    ben.say(name, None)
    again = ben.say(name, "reject")
    assert not again.known
    assert [one.said for one in store.gold_answers()] == [KEEP]


def test_whoever_said_the_answer_is_not_asked_for_it(store):
    Desk(store, settings()).read(3)
    names = [one.doc_id for one in store.labels()]
    store.record_gold([gold(name) for name in names])
    assert not set(Desk(store, settings(gold=0.5), "lead").get(20)) & set(names)
    store.record_labels([label(names[0], "own", reviewer="lead", shown={"gold": True})])
    assert store.gold_answers() == []


def test_gold_can_be_taken_away_and_must_be_sound(store):
    store.record_gold([gold("web/a#1", REJECT, reasons=("spam",)), gold("web/b#2")])
    assert [(one.doc_id, one.verdict, one.reasons) for one in store.gold()] == [
        ("web/a#1", REJECT, ("spam",)), ("web/b#2", KEEP, ()),
    ]  # fmt: skip
    store.record_gold([gold("web/a#1", None)])
    assert [one.doc_id for one in store.gold()] == ["web/b#2"]
    with pytest.raises(NotFound, match="not among this project's drawn"):
        store.record_gold([gold("web/a#1"), gold("web/a#99")])
    with pytest.raises(StoreError, match="keep or reject"):
        store.record_gold([gold("web/a#1", Verdict.UNSURE)])
    with pytest.raises(StoreError, match="another text"):
        store.record_gold([Gold("web/a#1", "0" * 64, KEEP, "lead")])
    assert [one.doc_id for one in store.gold()] == ["web/b#2"]


def test_what_was_drawn_for_training_can_be_gold(store):
    store.record_draws([draw("web/b", 70, Stream.TRAINING)], [document("web/b", 70)], "lead")
    store.record_gold([gold("web/b#70")])
    assert "web/b#70" in Desk(store, settings(gold=0.5)).get(20)


# -- leases, stores, files --


def test_a_reload_shows_the_same_documents_in_the_same_order_checks_too(store):
    names = store.lease("ana", "tab", 60, until=LATER, overlap=1)
    store.record_labels([label(name, f"ana-{name}") for name in names])
    store.record_gold([gold(name) for name in names[:30]])
    mix = Mix(1, gold=0.4, repeat=0.2, distance=5)
    take = lambda tab, n=6: store.hand_out("ana", tab, n, until=LATER, overlap=Overlap(), mix=mix)  # noqa: E731
    first = take("t1", 12)
    assert {one.turn for one in first} == {Turn.PLAN, Turn.REPEAT}  # their own documents are no gold to them
    assert take("t1", 12) == first
    assert not {one.doc_id for one in take("t2", 12)} & {one.doc_id for one in first}
    ben = store.hand_out("ben", "t", 12, until=LATER, overlap=Overlap(), mix=mix)
    assert Turn.GOLD in {one.turn for one in ben}
    assert store.hand_out("ben", "t", 12, until=LATER, overlap=Overlap(), mix=mix) == ben
    assert store.held("ben") == {one.doc_id: one.turn for one in ben}


def test_everything_comes_back_from_the_journal(store, tmp_path):
    desk, name = repeated(store)
    desk.say(name, "reject")
    answer_gold(store)
    store.record_gold([gold("web/b#3", None)])
    before, gold_before, answers = contents(store), store.gold(), store.gold_answers()
    assert store.verify() == []
    store.close()
    (tmp_path / "review.duckdb").unlink()
    recover(tmp_path, read_rows, clock=Clock())
    with Store.open(tmp_path, clock=Clock()) as again:
        assert contents(again) == before
        assert (again.gold(), again.gold_answers()) == (gold_before, answers)
        assert again.verify() == []


# A column that is added again stands last, whatever was added after it before.
LABELS_AND_QUEUE = ("select * exclude (turn), turn from labels order by all", "from queue order by all")


def test_a_store_of_an_earlier_version_marks_its_labels(tmp_path):
    with filled(tmp_path) as store:
        store.record_labels([label("web/a#0", "1"), label("web/a#0", "2", REJECT, shown={REPEAT: True})])
        with store._reading() as cursor:
            before = [cursor.execute(query).fetchall() for query in LABELS_AND_QUEUE]
    con = duckdb.connect(str(tmp_path / "review.duckdb"))
    con.execute("drop view current_labels; drop view current_gold; drop table gold")
    con.execute("alter table labels drop column turn")
    con.execute(
        "create view current_labels as from (from labels qualify row_number() over "
        '(partition by shard_no, "row", reviewer order by seq desc) = 1) where verdict is not null'
    )
    con.execute("update queue set judged = 5 where judged > 0")
    store_schema.m011_blind_checks(con)
    assert [con.execute(query).fetchall() for query in LABELS_AND_QUEUE] == before
    assert [row[2] for row in con.execute("from current_labels").fetchall()] == ["1"]
    con.close()


def test_leases_of_checks_die_as_others_do(store):
    _, name = repeated(store)
    assert store.held("ana")[name] is Turn.REPEAT
    store._clock.now = NOW + timedelta(hours=2)  # type: ignore[attr-defined]
    assert store.held("ana") == {}
    store._clock.now = NOW  # type: ignore[attr-defined]


def test_the_answer_of_the_desk_counts_what_was_given(store):
    desk, name = repeated(store)
    given = store.progress("ana").saved
    message = {"n": 1, "tab": "tab", "rubric": 1, "labels": [desk.label(name, "reject")], "ask": True}
    assert exchange(store, desk.settings, "ana", message, NOW)["progress"]["saved"] == given + 1
