"""Keeping what people said: check that everything agrees, rebuild what can be rebuilt."""

from __future__ import annotations

from pathlib import Path

from review import corpus
from review.project import Project
from review.workflow.drawing import visible_in
from review.workflow.intake import Progress, check_files


def check(project: Project) -> list[str]:
    """Everything that does not agree, as sentences: store against journal, shard files against fingerprints."""
    problems = project.store.verify()
    states = project.store.shard_states()
    check_files(project)
    for name, state in project.store.shard_states().items():
        if state in ("changed", "missing"):
            since = "" if states[name] != state else " (known before)"
            problems.append(f"The file of shard {name} is {state}{since}: {project.store.shard(name).uri}")
    return problems
