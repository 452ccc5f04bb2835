"""train, models, promote, score."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from review.cli.options import HERE, By, Json, ProjectDir, opened, person
from review.cli.output import bar, say, say_json, table


def register(app: typer.Typer) -> None:
    for command in (train, models, promote, score):
        app.command()(command)


def train(project: ProjectDir = HERE, by: By = None, json: Json = False) -> None:
    """Train a classifier on the labels, and test it on audit labels it did not train on."""
    from review import workflow

    with opened(project) as opened_project, bar("steps") as advance:
        trained = workflow.train(opened_project, by=person(by), progress=advance)
    if json:
        say_json(trained)
        return
    say(f"Trained {trained.version}. {trained.summary}")
    say(trained.gate.sentence if trained.gate else "Too few distinct audit documents to compare it with anything yet.")
    say(f"Next: review promote {trained.version}")


def models(project: ProjectDir = HERE, json: Json = False) -> None:
    """List the trained versions."""
    with opened(project) as opened_project:
        rows = opened_project.store.models()
    if json:
        say_json(rows)
        return
    shown = [
        {"version": row.version, "at": row.at, "by": row.by, "in_use": "in use" if row.promoted else ""} for row in rows
    ]
    table(shown, {"version": "Version", "at": "Trained", "by": "By", "in_use": ""})


def promote(
    version: Annotated[str, typer.Argument(help="A version from `review models`.")],
    reason: Annotated[str, typer.Option(help="Why; needed with --overrule.")] = "",
    overrule: Annotated[bool, typer.Option(help="Promote although the gate says no.")] = False,
    project: ProjectDir = HERE,
    by: By = None,
    json: Json = False,
) -> None:
    """Put a model to use, if it passes its gate. Exit code 1 when the gate refuses."""
    from review import workflow

    with opened(project) as opened_project:
        result = workflow.promote(opened_project, version, by=person(by), reason=reason, overrule=overrule)
    if json:
        say_json(result)
    else:
        if result.gate:
            say(result.gate.sentence)
        say(
            f"{version} is in use."
            if result.promoted
            else f"{version} was not promoted. A lead may --overrule with a --reason."
        )
    raise typer.Exit(0 if result.promoted else 1)


def score(
    patterns: Annotated[
        list[str] | None, typer.Argument(metavar="[GLOB...]", help="Shard names; default: all.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Version.", show_default="the one in use")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder.", show_default="scores/<version> in the project")] = None,
    workers: Annotated[int, typer.Option(min=1, help="Processes.")] = 1,
    project: ProjectDir = HERE,
    json: Json = False,
) -> None:
    """Score whole shards into Parquet files with one row a document."""
    from review import workflow

    with opened(project) as opened_project, bar("shards") as advance:
        report = workflow.score(
            opened_project, patterns or ["*"], version=model, out=out, workers=workers, progress=advance
        )
    if json:
        say_json(report)
        return
    say(f"Scored {report.documents:,} documents of {report.shards} shards into {report.out}.")
    if report.skipped:
        say(f"{report.skipped} shards had their scores already.")
    for problem in report.problems:
        say(problem)
