"""Keeping what people said: check that everything agrees, rebuild what can be rebuilt."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from review import corpus
from review.project import Project
from review.records import Document, Shard
from review.settings import load_settings
from review.store.recover import RecoverReport
from review.store.recover import recover as rebuild
from review.workflow.drawing import shown_only
from review.workflow.intake import Progress, check_files


def check(project: Project) -> list[str]:
    """Everything that does not agree, as sentences: store against journal, shard files against fingerprints."""
    problems = list(project.store.verify())
    check_files(project)
    for name, state in project.store.shard_states().items():
        if state in ("changed", "missing"):
            problems.append(f"The file of shard {name} is {state}: {project.store.shard(name).uri}")
    return problems


def recover(root: Path, *, progress: Progress | None = None) -> RecoverReport:
    """Rebuild review.duckdb from the journal and the corpus; works on a project that cannot be opened."""
    settings = load_settings(root)

    def read(shard: Shard, rows: Sequence[int]) -> list[Document]:
        return shown_only(settings, corpus.read_rows(shard, rows))

    def step(done: int, total: int) -> None:
        if progress:
            progress("events", done, total, 0)

    return rebuild(root, read, step)
