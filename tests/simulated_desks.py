"""Many reviewers at the desk at once, by its protocol alone, on a clock of their own: who got what, and what was lost.

Used by a test with 2,000 documents and by a benchmark with 10,000.
"""

from __future__ import annotations

import random
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from store_states import Clock, document, draw, shard

from review.desk import exchange
from review.records import Gold, Verdict
from review.settings import Settings, parse_settings
from review.store import Store
from review.turns import Turn, turn_of

SETTINGS = """
[desk]
queue = 8
lease_minutes = 5
overlap = 3
overlap_share = 0.2
until_agreement = true
gold_share = 0.05
repeat_share = 0.03
repeat_distance = 50
"""
GOLD = 20


@dataclass
class Tab:
    """One tab of a reviewer: the documents in it, and the labels that nobody has acknowledged."""

    reviewer: str
    name: str
    items: dict[str, Any] = field(default_factory=dict)
    waiting: list[dict[str, Any]] = field(default_factory=list)
    away_until: int = 0  # step at which the line, or the reviewer, is back
    sent: int = 0


@dataclass
class Outcome:
    """What became of it all."""

    store: Store
    settings: Settings
    documents: set[str]
    gold: set[str]
    refused: Counter[str] = field(default_factory=Counter)
    acknowledged: set[str] = field(default_factory=set)
    steps: int = 0
    disconnects: int = 0
    seconds: list[float] = field(default_factory=list)  # of processor time, one for each message answered

    def turns(self) -> Counter[Turn]:
        return Counter(turn_of(one.shown) for one in self.store.labels())


def simulate(
    root: Path, *, reviewers: int, documents: int, seed: int, distance: int = 8, most_steps: int = 100_000
) -> Outcome:
    """Let `reviewers` people, every fifth with two tabs, read until nothing is handed out any more.

    Lines break with labels on their way or their answers on the way back; browsers die, with or without a goodbye;
    people walk off for longer than a lease; some take a label back. Every unacknowledged label is sent again.
    `distance`: documents between two readings; the default is closer than any review.toml may ask for, so that even a
    short simulation has second readings.
    """
    dice = random.Random(seed)
    clock = Clock()
    settings = parse_settings(SETTINGS)
    settings = settings.model_copy(update={"desk": settings.desk.model_copy(update={"repeat_distance": distance})})
    store = Store.open(root, clock=clock)
    store.record_rubric(settings.rubric.rubric(1), "lead")
    names = _draw(store, documents)
    found = Outcome(store, settings, set(names), set(dice.sample(names, GOLD)))
    store.record_gold([Gold(name, _hash(name), truth(name), "lead") for name in sorted(found.gold)])
    people = [f"r{number:02}" for number in range(reviewers)]
    tabs = [Tab(who, f"{who}-a") for who in people] + [Tab(who, f"{who}-b") for who in people[::5]]
    calm = False  # the last documents are read without trouble, so that there is an end
    while found.steps < most_steps:
        found.steps += 1
        clock.now += timedelta(seconds=20)
        dice.shuffle(tabs)
        for tab in tabs:
            if tab.away_until <= found.steps:
                _turn(found, tab, dice, clock, calm)
        if found.steps % 10 == 0:
            calm = calm or not store.waiting(settings.desk.planned())
            if calm and not any(tab.items or tab.waiting for tab in tabs):
                break
    return found


def departures(found: Outcome) -> list[str]:
    """Where the labels are not what was planned: too few, too many, or read twice by one person and not as a check."""
    plan = found.settings.desk.planned()
    planned = found.store.planned(sorted(found.documents))
    said: dict[str, dict[tuple[str, bool], tuple[str | None, Turn]]] = defaultdict(dict)
    for label in found.store.labels():  # in order: the newest wins
        turn = turn_of(label.shown)
        said[label.doc_id][label.reviewer, turn is Turn.REPEAT] = (label.verdict, turn)
    wrong = []
    for name in sorted(found.documents):
        spoken = said[name]
        counted = Counter(
            verdict for (_, again), (verdict, turn) in spoken.items() if verdict and not again and turn is Turn.PLAN
        )
        wanted = plan.wanted(
            pick=planned[name].pick, training=False, judged=counted.total(), agreed=max(counted.values(), default=0)
        )
        if counted.total() != wanted:
            wrong.append(f"{name} has {counted.total()} judgements; {wanted} were planned.")
        if name not in found.gold and any(verdict and turn is Turn.GOLD for verdict, turn in spoken.values()):
            wrong.append(f"{name} was given as gold and is none.")
        wrong += [f"{who} repeats {name}, unread." for who, again in spoken if again and (who, False) not in spoken]
    return wrong


def wrongs(found: Outcome) -> list[str]:
    """Everything that may not be: `departures`, and labels that are lost or stored twice."""
    stored = [label.label_id for label in found.store.labels()]
    wrong = departures(found)
    wrong += [f"{name} was acknowledged and is not stored." for name in sorted(found.acknowledged - set(stored))]
    wrong += ["Labels are stored twice."] if len(stored) != len(set(stored)) else []
    unread = found.documents - {one.doc_id for one in found.store.labelled_documents()}
    return wrong + [f"{name} was lost." for name in sorted(unread)]


def truth(name: str) -> Verdict:
    return Verdict.REJECT if hash_of(name) % 5 == 0 else Verdict.KEEP


def hash_of(text: str) -> int:
    return int.from_bytes(text.encode()[-6:], "big") * 2654435761 % 1_000_003


def _draw(store: Store, documents: int) -> list[str]:
    per_shard = 100
    names = []
    for number in range(documents // per_shard):
        name = f"web/{number:03}"
        store.add_shard(shard(name, per_shard * 10), refused={}, by="lead")
        rows = range(per_shard)
        store.record_draws([draw(name, row) for row in rows], [document(name, row) for row in rows], "lead")
        names += [f"{name}#{row}" for row in rows]
    return names


def _hash(name: str) -> str:
    shard_name, row = name.split("#")
    return document(shard_name, int(row)).content_hash


def _turn(found: Outcome, tab: Tab, dice: random.Random, clock: Clock, calm: bool) -> None:
    """One message of a tab, with what goes wrong on the way."""
    chance = dice.random() if not calm else 1.0
    if chance < 0.01:  # the browser dies; unsent labels are in its storage, its documents are not
        found.disconnects += 1
        if dice.random() < 0.5:  # it could say goodbye, and its waiting labels with it
            bye = {"n": found.steps, "tab": tab.name, "rubric": 1, "labels": list(tab.waiting), "bye": True}
            _receive(found, tab, exchange(found.store, found.settings, tab.reviewer, bye, clock.now))
            found.store.release_leases(tab.reviewer, tab.name)
        tab.items.clear()
        tab.name = f"{tab.name[:5]}{found.disconnects}"
        tab.away_until = found.steps + dice.choice([1, 5, 40])
        return
    if chance < 0.02:  # a long break: its leases end, its documents stay on the screen
        tab.away_until = found.steps + 20
        return
    for name in list(tab.items)[: dice.choice([1, 2, 3, 4])]:
        tab.sent += 1
        _judge(tab, name, dice)
    message = {
        "n": found.steps, "tab": tab.name, "rubric": 1, "labels": list(tab.waiting), "have": list(tab.items),
    }  # fmt: skip
    if chance < 0.05:  # the message never arrives
        found.disconnects += 1
        return
    start = time.process_time()
    answer = exchange(found.store, found.settings, tab.reviewer, message, clock.now)
    found.seconds.append(time.process_time() - start)
    if chance < 0.08:  # the answer never arrives: everything in it is sent again
        found.disconnects += 1
        return
    _receive(found, tab, answer)
    if not tab.items and not tab.waiting:
        tab.away_until = found.steps + 8  # nothing for them now


def _judge(tab: Tab, name: str, dice: random.Random) -> None:
    item = tab.items.pop(name)
    right = truth(name)
    wrong = Verdict.KEEP if right is Verdict.REJECT else Verdict.REJECT
    label = {
        "label_id": f"{tab.name}-{tab.sent:08}", "doc_id": name, "hash": item["hash"], "rubric": 1,
        "ticket": item["ticket"], "verdict": str(right if dice.random() < 0.9 else wrong), "seconds": 3.0,
    }  # fmt: skip
    tab.waiting.append(label)
    if dice.random() < 0.02:  # taken back, and judged once more
        tab.waiting.append({**label, "label_id": f"{label['label_id']}-u", "verdict": None})
        tab.waiting.append({**label, "label_id": f"{label['label_id']}-v"})


def _receive(found: Outcome, tab: Tab, answer: Mapping[str, Any]) -> None:
    assert "error" not in answer, answer
    refused = {one["label_id"]: one["reason"] for one in answer["refused"]}
    found.refused.update(refused.values())
    found.acknowledged.update(answer["acks"])
    done = {*answer["acks"], *refused}
    tab.waiting = [label for label in tab.waiting if label["label_id"] not in done]
    for name in answer["gone"]:
        tab.items.pop(name, None)
    on_the_way = {label["doc_id"] for label in tab.waiting}
    for item in answer["items"]:
        if item["doc_id"] not in on_the_way:
            tab.items[item["doc_id"]] = item
