"""Fixtures that more than one kind of test needs."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from truth import truthful_label

from review import workflow
from review.settings import write_default

# The demo and the tests must work without any model hub.
os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

REPOSITORY = Path(__file__).resolve().parents[1]


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """Folder of labelled corpora that lies beside the checkout, where there is one."""
    folder = Path(os.environ.get("REVIEW_SHARED", REPOSITORY.parent / "shared")) / "data"
    if not folder.is_dir():
        pytest.skip(f"the labelled corpora are not at {folder}; set REVIEW_SHARED to the folder that holds data/")
    return folder


@pytest.fixture(scope="session")
def sample_data() -> Path:
    """The corpus that ships with the product."""
    return REPOSITORY / "sample_data"


@pytest.fixture
def shard_files(tmp_path: Path) -> Path:
    """Three Parquet shards of 80 short documents: all good, every 4th bad, every 2nd bad. Bad texts say so."""
    folder = tmp_path / "shards"
    folder.mkdir()
    for name, every in (("clean", 0), ("mixed", 4), ("poor", 2)):
        texts = [
            f"BUY NOW cheap {name} {row} CLICK HERE" if every and row % every == 0 else _paragraph(name, row)
            for row in range(80)
        ]
        table = pa.table({"id": [f"{name}-{row}" for row in range(80)], "text": texts})
        pq.write_table(table, folder / f"{name}.parquet", row_group_size=16)
    return folder


WORDS = str.split(
    "harbour tide ladder window copper meadow lantern river gravel orchard candle bridge saddle pepper anchor bottle "
    "cellar dairy engine ferry garden hammer island jacket kettle lemon mirror needle oven pencil quarry rope silver "
    "table umbrella valley wagon yard zinc apron barley chapel drum easel fiddle goose hedge inkwell jetty"
)


def _paragraph(name: str, row: int) -> str:
    """A sound text that is no near-copy of another."""
    pick = random.Random(f"{name} {row}")
    told = [f"The {pick.choice(WORDS)} by the {pick.choice(WORDS)} needs a new {pick.choice(WORDS)}." for _ in range(6)]
    return f"The {name} harbour keeps a book of day {row}. {' '.join(told)} The clerk writes it down with care."


@pytest.fixture
def project_root(tmp_path: Path) -> Path:
    """A folder with a review.toml whose plan suits shards of 80 documents."""
    root = tmp_path / "project"
    write_default(root)
    settings = root / "review.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("accept = 0.02 ", "accept = 0.05 ").replace("reject = 0.06 ", "reject = 0.20 "))
    return root


@pytest.fixture
def project(project_root: Path, shard_files: Path) -> Iterator[workflow.Project]:
    """The three shards ingested and drawn, nobody has labelled yet."""
    with workflow.open_project(project_root) as opened:
        workflow.ingest(opened, [str(shard_files / "*.parquet")], by="lead")
        workflow.draw(opened, by="lead")
        yield opened


@pytest.fixture
def read_all() -> Callable[..., int]:
    """Label every document the desk wants read, truthfully: texts with BUY NOW are spam."""

    def read(project: workflow.Project, reviewer: str = "ana", most: int = 1_000) -> int:
        until = datetime(2100, 1, 1)
        names = project.store.lease(reviewer, "tab", most, until=until, overlap=1, limits=workflow.desk_limits(project))
        labels = [truthful_label(document, reviewer) for document in project.store.documents(names)]
        project.store.record_labels(labels)
        return len(labels)

    return read
