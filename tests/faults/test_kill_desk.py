"""The server killed 200 times while ten pages label: nothing acknowledged is lost, doubled or somebody else's."""

from __future__ import annotations

import json
import os
import random
import signal
import socket
import time
from collections import defaultdict

import pytest
from desk_clients import Client, at_work
from desk_server import Nursery, Wire

from review.project import Project, open_project
from review.workflow import draw, ingest

pytestmark = pytest.mark.faults

KILLS = int(os.environ.get("REVIEW_KILLS", "200"))
OVERLAP = 2
SHARDS, ROWS = 30, 100
# Eight people, two of whom have two pages open.
PAGES = [*((f"reader-{n}", "a") for n in range(8)), ("reader-0", "b"), ("reader-1", "b")]


def title(shard: int, row: int) -> str:
    return f"Document {row} of shard {shard}"


@pytest.fixture
def root(tmp_path):
    data = tmp_path / "data"
    data.mkdir()
    for shard in range(SHARDS):
        lines = [json.dumps({"text": f"{title(shard, row)}\nThe harbour keeps a book."}) for row in range(ROWS)]
        (data / f"{shard:03}.jsonl").write_text("\n".join(lines), encoding="utf-8")
    settings = f"[sampling]\naudit_per_shard = {ROWS}\n[desk]\noverlap = {OVERLAP}\n"
    (tmp_path / "review.toml").write_text('[project]\nname = "Kill test"\n' + settings, encoding="utf-8")
    with open_project(tmp_path) as project:
        ingest(project, [str(data / "*.jsonl")], by="test")
        draw(project, stream="audit", strategy="simple", n=ROWS, by="test")
    return tmp_path


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def answers(clients: list[Client]) -> int:
    return sum(client.ledger.answers for client in clients)


def pages(port: int, pause: float) -> list[Client]:
    return [
        Client(Wire(port, who, tab), who, f"{who}-{tab}", seed=n, pause=pause) for n, (who, tab) in enumerate(PAGES)
    ]


def wait_for(clients: list[Client], more: int) -> None:
    """Until the clients have heard so many answers more."""
    wanted = answers(clients) + more
    deadline = time.monotonic() + 60
    while answers(clients) < wanted:
        assert time.monotonic() < deadline, "the server answers nobody"
        time.sleep(0.002)


@pytest.mark.slow
@pytest.mark.timeout(1200)
def test_two_hundred_kills_under_ten_labelling_pages(root):
    moments = random.Random(20261125)
    port = free_port()
    clients = pages(port, pause=0.02)
    with Nursery(root, port, PAGES) as nursery:
        nursery.begin()
        with at_work(clients):
            for _ in range(KILLS):
                wait_for(clients, moments.choice((0, 0, 1, 2, 5)))
                time.sleep(moments.uniform(0.0, 0.03))
                nursery.kill()
                nursery.begin()
    with open_project(root) as project:
        assert project.store.verify() == []
        hold_against(project, clients)
    assert sum(client.ledger.lost for client in clients) > KILLS  # the kills came in the middle of messages


def test_a_stop_under_ten_labelling_pages_is_quick_and_leaves_the_store_settled(root):
    port = free_port()
    clients = pages(port, pause=0.01)
    with Nursery(root, port, PAGES) as nursery:
        nursery.begin()
        with at_work(clients):
            for _ in range(3):
                wait_for(clients, 15)
                begun = time.monotonic()
                assert nursery.kill(signal.SIGTERM) == 0
                assert time.monotonic() - begun < 10
                assert not (root / "review.duckdb.wal").exists()  # folded into the file
                nursery.begin()
    with open_project(root) as project:
        assert project.store.warnings == []
        assert project.store.verify() == []
        hold_against(project, clients)


def hold_against(project: Project, clients: list[Client]) -> None:
    """The store holds what the pages were told, and nothing else."""
    labels = project.store.labels()
    stored = {label.label_id: label for label in labels}
    assert len(stored) == len(labels)
    text = {one.doc_id: one.text for one in project.store.documents(list({label.doc_id for label in labels}))}
    known = set()
    for client in clients:
        ledger = client.ledger
        known |= set(ledger.given)
        # Everything given has one answer, and the answer is true.
        assert ledger.acknowledged | set(ledger.refused) == set(ledger.given)
        assert ledger.acknowledged & set(ledger.refused) == set()
        assert set(ledger.refused) & set(stored) == set()
        assert set(ledger.refused.values()) <= {"another reviewer had it."}
        for name in ledger.acknowledged:
            label, given = stored[name], ledger.given[name]
            assert (label.reviewer, label.doc_id, label.content_hash) == (
                client.reviewer,
                given["doc_id"],
                given["hash"],
            )
            assert (label.verdict, list(label.reasons)) == (given["verdict"], given["reasons"])
            assert (label.note, label.seconds) == (given["note"], given["seconds"])
            if label.verdict is not None:
                assert label.note == f"{client.reviewer} read {text[label.doc_id].splitlines()[0]}"
    assert set(stored) == set().union(*(client.ledger.acknowledged for client in clients)) <= known
    last_words(clients, project)


def last_words(clients: list[Client], project: Project) -> None:
    """What counts now is each page's last word on a document, and no document has more readers than planned."""
    said: dict[tuple[str, str], str | None] = {}
    for client in clients:
        for name, label in client.ledger.given.items():
            if name in client.ledger.acknowledged:
                said[client.reviewer, label["doc_id"]] = label["verdict"]
    counts = defaultdict(dict)
    for document in project.store.labelled_documents():
        for label in document.labels:
            counts[document.doc_id][label.reviewer] = label.verdict
    found = {(who, name): verdict for name, verdicts in counts.items() for who, verdict in verdicts.items()}
    assert found == {key: verdict for key, verdict in said.items() if verdict is not None}
    assert max(map(len, counts.values())) <= OVERLAP
    for client in clients:
        assert client.ledger.saved == sum(who == client.reviewer for who, _ in found)
