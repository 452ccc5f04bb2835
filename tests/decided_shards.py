"""A project of one shard, approved half a year ago, for every way in which labels become a certificate."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from review import workflow
from review.project import Project, open_project
from review.records import Label, Ruling, Stream, Verdict
from review.scoring import sidecar_path
from review.scoring.shards import _FINGERPRINT, _MODEL, _stamp
from review.settings import write_default

ROWS = 2_400
NAME = "shards/web.parquet"
THEN, NOW = datetime(2026, 5, 22, 9, 0), datetime(2026, 11, 22, 9, 0)
KINDS = ("counted", "strata", "readers", "tokens", "strata with readers")
READERS = {"bad_found": "390", "bad_shown": "400", "good_kept": "998", "good_shown": "1000"}


class Clock:
    """Moves a second at every look; set it to move it further."""

    def __init__(self) -> None:
        self.at = THEN

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


def is_bad(row: int) -> bool:
    return row % 50 == 7


def settings(root: Path, **plan: str) -> None:
    """review.toml with these lines changed: `accept="0.05"`."""
    path = root / "review.toml"
    lines = path.read_text(encoding="utf-8").splitlines()
    known = {line.split(" =")[0].lstrip("# "): at for at, line in reversed(list(enumerate(lines)))}
    for name, value in plan.items():
        lines[known[name]] = f"{name} = {value}"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def score(project: Project, version: str = "m1") -> None:
    """Promote a model that knows nearly everything, with its row-aligned scores of the shard."""
    project.store.record_model(version, {"metrics": {"auc": {"value": 0.91, "low": 0.88, "high": 0.94}}}, "lead")
    project.store.promote(version, "lead")
    shard = project.store.shard(NAME)
    noise = np.random.default_rng(1).normal(0, 1, shard.rows)
    logit = np.array([-1.5 if is_bad(row) else 2.5 for row in range(shard.rows)]) + noise
    path = sidecar_path(shard, project.root / "scores" / version)
    path.parent.mkdir(parents=True, exist_ok=True)
    table = pa.table(
        {
            "row": np.arange(shard.rows),
            "score": (1 / (1 + np.exp(-logit))).astype(np.float32),
            "ok": np.ones(shard.rows, bool),
        }
    )
    pq.write_table(
        table.replace_schema_metadata({_MODEL: version.encode(), _FINGERPRINT: _stamp(shard).encode()}), path
    )


def read(project: Project, *, reviewer: str = "ana", most: int | None = None) -> None:
    """Judge the audit draws as the truth is, in rank order."""
    draws = sorted(project.store.draws(NAME, Stream.AUDIT), key=lambda draw: draw.rank)[:most]
    documents = {one.row: one for one in project.store.documents(list(dict.fromkeys(draw.doc_id for draw in draws)))}
    project.store.record_labels(
        [
            Label(
                f"{reviewer}-{row}", one.doc_id, one.content_hash, reviewer,
                Verdict.REJECT if is_bad(row) else Verdict.KEEP, reasons=("spam",) if is_bad(row) else (), rubric=1,
                seconds=8.0,
            )
            for row, one in documents.items()
        ]
    )  # fmt: skip


def build(root: Path, kind: str, *, decided: bool = True, read_first: int = 160) -> Project:
    """The project, open; with `decided`, approved by lea on THEN. The clock stands at NOW."""
    write_default(root)
    text = {"tokens": '"tokens"'}.get(kind, '"documents"')
    settings(root, accept="0.05", reject="0.10", method='"sequential"', unit=text)
    if "readers" in kind:
        settings(root, **READERS)
    (root / "shards").mkdir()
    texts = [f"{'BUY NOW' if is_bad(row) else 'A text'} number {row} " + "word " * (row % 40) for row in range(ROWS)]
    pq.write_table(pa.table({"text": texts}), root / "shards" / "web.parquet", row_group_size=400)
    clock = Clock()
    project = open_project(root, clock=clock)
    workflow.ingest(project, [str(root / "shards" / "*.parquet")], by="lead")
    if kind.startswith("strata"):
        score(project)
    workflow.draw(project, n=400, by="lead")
    read(project, most=read_first)
    if decided:
        workflow.decide(project, [NAME], Ruling.APPROVE, reason="Clean through and through.", by="lea")
    clock.at = NOW
    return project
