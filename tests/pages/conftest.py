"""Projects in the states a page must show: empty, files but no draws, draws but no labels, half-way, full."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from review import workflow
from review.project import Project, open_project
from review.records import Label, Ruling, Stream, Verdict
from review.settings import write_default

HOSTILE = (
    "**bold** $x^2$ :red[hot] :material/home: <img src=x onerror=alert(1)> [a](http://b.c) `code` :smile: -> www.x.yz"
)
WORDS = [
    first + second for first in ("gar", "riv", "sto", "lan", "wint", "har") for second in ("den", "er", "ne", "tern")
]
STATES = ("empty", "ingested", "drawn", "halfway", "full")
NOW = datetime(2026, 11, 22, 9, 0)


class Clock:
    """Moves a second at every look, so that times are ordered and known."""

    def __init__(self) -> None:
        self.at = NOW

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


def write_shards(folder: Path, shards: int, rows: int) -> None:
    folder.mkdir()
    dice = random.Random(7)
    for n in range(shards):
        texts = [f"Shard {n}, document {row}. {HOSTILE} {' '.join(dice.choices(WORDS, k=40))}." for row in range(rows)]
        pq.write_table(pa.table({"text": texts}), folder / f"{n:05}.parquet")


def label(
    project: Project,
    shard: str,
    bad: int,
    of: int | None = None,
    *,
    reviewer: str = "ana",
    unsure: int = 0,
    again: str = "",
) -> None:
    """`of` labels (none: all) on the first audit ranks of a shard, `bad` of them rejects, spread evenly."""
    draws = sorted((d for d in project.store.draws(shard=shard, stream=Stream.AUDIT)), key=lambda d: d.rank)[:of]
    of = len(draws)
    wrong = {int((k + 0.5) * of / bad) for k in range(bad)} if bad else set()
    hashes = {d.doc_id: d.content_hash for d in project.store.documents([d.doc_id for d in draws])}
    dice = random.Random(shard)
    project.store.record_labels(
        [
            Label(
                label_id=f"{shard}-{d.rank}-{reviewer}{again}",
                doc_id=d.doc_id,
                content_hash=hashes[d.doc_id],
                reviewer=reviewer,
                verdict=Verdict.REJECT if i in wrong else Verdict.UNSURE if i >= of - unsure else Verdict.KEEP,
                reasons=(dice.choice(["spam", "boilerplate", "duplicate"]),) if i in wrong else (),
                note=HOSTILE if i in wrong else "",
                seconds=10 + dice.random() * 10,
            )
            for i, d in enumerate(draws)
        ]
    )


def make(root: Path, state: str, *, shards: int = 6, rows: int = 300) -> Project:
    """A project in one of STATES, from files written for it."""
    settings = write_default(root, name="Garden texts")
    # A lenient plan decides after some 25 labels instead of 150.
    text = settings.read_text().replace("accept = 0.02", "accept = 0.05").replace("reject = 0.06", "reject = 0.25")
    settings.write_text(text)
    project = open_project(root, clock=Clock())
    if state == "empty":
        return project
    write_shards(root / "web-en", shards, rows)
    (root / "web-en" / "broken.parquet").write_bytes(b"PAR1 this is no parquet file")
    workflow.ingest(project, [str(root / "web-en" / "*.parquet")], by="lead")
    if state == "ingested":
        return project
    workflow.draw(project, by="lead")
    if state == "drawn":
        return project
    names = [place.shard for place in workflow.shard_table(project)]
    names.sort()
    label(project, names[0], 0, reviewer="ana")
    label(project, names[1], 15, reviewer="ben")
    label(project, names[2], 1, 10, unsure=1)
    if state == "halfway":
        return project
    label(project, names[3], 1)
    label(project, names[4], 15)
    workflow.decide(project, [names[3]], Ruling.APPROVE, reason=HOSTILE, by="lead")
    workflow.decide(project, [names[4]], Ruling.REJECT, reason="", by="lead")
    return project


@pytest.fixture(scope="module")
def standing_project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Project]]:
    """As `project_in`, but one project a state for the whole module: only to look at."""
    made: dict[str, Project] = {}

    def look(state: str) -> Project:
        if state not in made:
            made[state] = make(tmp_path_factory.mktemp("standing") / state, state)
        return made[state]

    yield look
    for project in made.values():
        project.close()


@pytest.fixture
def project_in(tmp_path: Path) -> Iterator[Callable[[str], Project]]:
    """A function that makes a project in a state; all are closed after the test."""
    made: list[Project] = []

    def build(state: str, **how: int) -> Project:
        made.append(make(tmp_path / state, state, **how))
        return made[-1]

    yield build
    for project in made:
        project.close()


@pytest.fixture
def hostile_project(tmp_path: Path) -> Iterator[Project]:
    """A project whose corpus, shard, readers, reasons and notes are written to be taken for markup."""
    root = tmp_path / "hostile"
    write_default(root, name=HOSTILE[:80])
    project = open_project(root, clock=Clock())
    write_shards(root / "files", 1, 120)
    name = ":red[x] **b** $y$ <img src=x onerror=alert(1)>.parquet"
    (root / "files" / "00000.parquet").rename(root / "files" / name)
    (root / "files" / f"broken {name}").write_bytes(b"PAR1")
    workflow.ingest(project, [str(root / "files" / "*.parquet")], corpus_name="**web** :red[en]", by=HOSTILE)
    workflow.draw(project, by=HOSTILE)
    shard = workflow.shard_table(project)[0].shard
    label(project, shard, 0, reviewer=":red[ana] **x** <img src=x onerror=alert(1)>")
    label(project, shard, 2, reviewer=":red[ana] **x** <img src=x onerror=alert(1)>", again="-2")
    workflow.decide(project, [shard], Ruling.HOLD, reason=HOSTILE, by=":red[lead] **x** <img src=x onerror=alert(1)>")
    yield project
    project.close()
