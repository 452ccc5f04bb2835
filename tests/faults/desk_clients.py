"""Reviewers without a browser: what the desk's page does with labels, documents and lost answers, as threads.

A client keeps what its server has not acknowledged, sends it again as often as it takes, asks for documents, undoes,
changes its mind and reloads, as `sync.js` and `outbox.js` do. It writes down all it did and all it was told, so that
the store can be held against both.
"""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

Send = Callable[[Mapping[str, Any]], Mapping[str, Any]]  # raises OSError or ValueError when no whole answer comes

BATCH = 100  # labels in one message, as in the page
MOST = 8  # labels that wait before a reviewer looks up: 200 kills fit a minute when they are about small batches
VERDICTS = (("keep", ()), ("unsure", ()), ("reject", ("spam",)), ("reject", ("boilerplate", "duplicate")))


@dataclass
class Ledger:
    """All that one page gave and was told."""

    given: dict[str, dict[str, Any]] = field(default_factory=dict)  # by label_id, in order; what never left is not here
    acknowledged: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    saved: int = 0  # documents with a label, as last told
    answers: int = 0
    lost: int = 0  # messages without an answer


class Client:
    """One page of one reviewer."""

    def __init__(self, send: Send, reviewer: str, tab: str, *, seed: int, pause: float = 0.01) -> None:
        self.reviewer, self.tab, self.pause = reviewer, tab, pause
        self.ledger = Ledger()
        self._send = send
        self._dice = random.Random(seed)
        self._queue: list[dict[str, Any]] = []
        self._waiting: dict[str, dict[str, Any]] = {}  # by label_id, in order
        self._sent: set[str] = set()
        self._trail: list[tuple[str, dict[str, Any]]] = []  # label_id and document, newest last
        self._made = self._number = 0
        self._hello = True
        self._rubric = 0
        self._leaving = threading.Event()
        self._thread = threading.Thread(target=self._live, name=f"{reviewer} {tab}", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def leave(self) -> None:
        """Judge nothing more; go when every label has its answer."""
        self._leaving.set()

    def finish(self, seconds: float = 60.0) -> None:
        """Wait until that is so."""
        self._thread.join(seconds)
        assert not self._thread.is_alive(), f"{self._thread.name} still waits for {list(self._waiting)[:5]}"

    def _live(self) -> None:
        while not self._leaving.is_set() or self._waiting:
            if not self._leaving.is_set() and len(self._waiting) < MOST:
                for _ in range(self._dice.randrange(3)):
                    self._act()
            self._exchange()

    def ask(self) -> None:
        """One more question, when nobody's labels wait any more: how many are saved?"""
        self._hello = True
        while self._hello:
            self._exchange()

    def _exchange(self) -> None:
        try:
            answer = self._send(self._compose())
        except (OSError, ValueError):
            self.ledger.lost += 1
            time.sleep(0.05)
            return
        self._receive(answer)
        time.sleep(self._dice.uniform(0, 2 * self.pause))

    # -- what a reviewer does --

    def _act(self) -> None:
        chance = self._dice.random()
        if chance < 0.1 and self._trail:
            self._undo()
        elif chance < 0.12:
            self._queue, self._hello = [], True  # a reload: what waits is kept, documents are not
        elif self._queue:
            self._judge(self._queue.pop(0))

    def _judge(self, item: dict[str, Any]) -> None:
        verdict, reasons = self._dice.choice(VERDICTS)
        title = item["parts"][0]["text"].split("\n")[0]
        name = self._label(item, verdict, list(reasons), f"{self.reviewer} read {title}")
        self._trail.append((name, item))

    def _undo(self) -> None:
        """Back to the last document: a label that never left is dropped, one that may be stored is taken back."""
        name, item = self._trail.pop()
        if name in self._waiting and name not in self._sent:
            del self._waiting[name]
            del self.ledger.given[name]
        else:
            if name in self.ledger.refused:
                return
            self._label(item, None, [], "")
        self._queue = [item, *(one for one in self._queue if one["doc_id"] != item["doc_id"])]

    def _label(self, item: dict[str, Any], verdict: str | None, reasons: list[str], note: str) -> str:
        self._made += 1
        name = f"{self.tab}-{self._made:06}"
        label = {
            "label_id": name,
            "doc_id": item["doc_id"],
            "hash": item["hash"],
            "verdict": verdict,
            "reasons": reasons,
            "note": note,
            "score": None,
            "seconds": self._made / 10,
            "rubric": self._rubric,
            "shown": {"whole": True},
        }
        self._waiting[name] = self.ledger.given[name] = label
        return name

    # -- what the page does --

    def _compose(self) -> dict[str, Any]:
        labels = list(self._waiting.values())[:BATCH]
        self._sent.update(label["label_id"] for label in labels)
        have = [item["doc_id"] for item in self._queue]
        held = {label["doc_id"] for label in self._waiting.values()} - set(have)
        self._number += 1
        return {
            "n": self._number,
            "tab": self.tab,
            "labels": labels,
            "have": have,
            "held": sorted(held),
            "rubric": self._rubric,
            "hello": self._hello,
            "ask": self._hello or not self._queue,
        }

    def _receive(self, answer: Mapping[str, Any]) -> None:
        self.ledger.answers += 1
        for name in answer["acks"]:
            self.ledger.acknowledged.add(name)
            self._waiting.pop(name, None)
        for one in answer["refused"]:
            self.ledger.refused[one["label_id"]] = one["reason"]
            self._waiting.pop(one["label_id"], None)
        if answer.get("error"):
            time.sleep(0.01)
            return
        self._hello = False
        if "rubric" in answer:
            self._rubric = answer["rubric"]["version"]
        if "progress" in answer:
            self.ledger.saved = answer["progress"]["saved"]
        gone = set(answer["gone"])
        judged = {label["doc_id"] for label in self._waiting.values() if label["verdict"] is not None}
        known = {item["doc_id"] for item in self._queue} | judged
        self._queue = [item for item in self._queue if item["doc_id"] not in gone]
        self._queue += [item for item in answer["items"] if item["doc_id"] not in known]


@contextlib.contextmanager
def at_work(clients: list[Client]) -> Any:
    """Clients that label until the block ends, and then wait for their answers."""
    for client in clients:
        client.start()
    yield clients
    for client in clients:
        client.leave()
    for client in clients:
        client.finish()
    for client in clients:
        client.ask()
