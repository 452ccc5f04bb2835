"""init, ingest, draw, status, shards, refused, check, recover."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from review.cli.options import HERE, By, Json, ProjectDir, opened, person
from review.cli.output import bar, counted, say, say_json, table

if TYPE_CHECKING:
    from review.standing import Standing


def register(app: typer.Typer) -> None:
    for command in (init, ingest, draw, status, shards, refused, check, recover):
        app.command()(command)


def init(folder: Annotated[Path, typer.Argument(metavar="[DIR]")] = HERE) -> None:
    """Make a project: write a commented review.toml."""
    from review.settings import write_default

    path = write_default(folder)
    say(f"Wrote {path}. Next: review ingest --project {folder} 'shards/*.parquet'")


def ingest(
    patterns: Annotated[list[str], typer.Argument(metavar="PATTERN...", help="Files, globs, folders or URLs.")],
    corpus: Annotated[str | None, typer.Option(help="Name of the corpus.", show_default="the folder's name")] = None,
    text_column: Annotated[str | None, typer.Option(help="Column that holds the text.")] = None,
    id_column: Annotated[str | None, typer.Option(help="Column whose values must differ within a file.")] = None,
    replace: Annotated[bool, typer.Option(help="Add changed files as new shards.")] = False,
    project: ProjectDir = HERE,
    by: By = None,
    json: Json = False,
) -> None:
    """Read shard files in place and add the new ones. Nothing is copied."""
    from review import workflow

    with opened(project) as opened_project, bar("shards") as advance:
        report = workflow.ingest(
            opened_project,
            patterns,
            corpus_name=corpus,
            text_column=text_column,
            id_column=id_column,
            by=person(by),
            replace_changed=replace,
            progress=advance,
        )
    if json:
        say_json(report)
        return
    say(f"Added {counted(len(report.added) + len(report.replaced), 'shard')} with {report.documents:,} documents.")
    if report.unchanged:
        say(f"Known and unchanged: {counted(len(report.unchanged), 'shard')}.")
    for name in report.changed:
        say(
            f"Changed on disk since it was read: {name}. Its decision is stale; `review ingest --replace` adds it anew."
        )
    for column, count in report.guessed.items():
        say(
            f"Read column {column!r} as the text of {counted(count, 'shard')}: the only one of strings. If it is not "
            "the text, start a new project with text_column in review.toml."
        )
    for name, other in report.twins.items():
        say(f"{name} has the content of {other}: a release of both would list its documents twice.")
    for refusal in report.refused_files:
        say(f"Refused file {refusal.uri}: {refusal.reason}: {refusal.detail}")
    for reason, count in sorted(report.refused.items()):
        first = next((refusal for refusal in report.examples if refusal.reason == reason), None)
        where = f", first at {first.uri} row {first.row}" if first else ""
        say(f"Refused {counted(count, 'row')}: {reason}{where}")
    if report.documents:
        say("Next: review draw")


def draw(
    stream: Annotated[str, typer.Option(help="audit or training.")] = "audit",
    strategy: Annotated[
        str | None,
        typer.Option(
            help="training: uncertain, likely_bad, diverse, novel, search, random, or a mix with shares, as "
            "uncertain=0.6,diverse=0.4; audit: simple, or strata (of the classifier's scores).",
            show_default="sampling.training_strategy; audit: what suits the plan",
        ),
    ] = None,
    query: Annotated[str, typer.Option(help="Words to search for; implies --strategy search.")] = "",
    document: Annotated[
        list[str] | None, typer.Option(metavar="SHARD#ROW", help="A document chosen by hand, for training.")
    ] = None,
    shard: Annotated[str, typer.Option(metavar="GLOB", help="Which shards.")] = "*",
    n: Annotated[int | None, typer.Option("-n", min=1, help="audit: documents a shard; training: in all.")] = None,
    project: ProjectDir = HERE,
    by: By = None,
    json: Json = False,
) -> None:
    """Draw documents for people to label."""
    from review import workflow
    from review.records import Stream

    if stream not in list(Stream):
        raise typer.BadParameter(f"{stream!r} is no stream; choose audit or training", param_hint="--stream")
    if (query or document) and Stream(stream) is not Stream.TRAINING:
        raise typer.BadParameter("only training draws can be searched or chosen by hand", param_hint="--stream")
    with opened(project) as opened_project, bar("shards") as advance:
        if document:
            report = workflow.draw_by_hand(opened_project, document, by=person(by))
        else:
            report = workflow.draw(
                opened_project, stream=Stream(stream), strategy=strategy or ("search" if query else None), shard=shard,
                n=n, query=query, by=person(by), progress=advance,
            )  # fmt: skip
    if json:
        say_json({"total": report.total, "drawn": report.drawn, "problems": report.problems, "notes": report.notes})
        return
    say(f"Drew {counted(report.total, 'document')} from {counted(len(report.drawn), 'shard')}.")
    for said in (*report.problems, *report.notes):
        say(said)
    if report.total:
        say("Next: review serve")


def status(project: ProjectDir = HERE, json: Json = False) -> None:
    """Where the project stands and what to do next."""
    from review import workflow

    with opened(project) as opened_project:
        workflow.check_files(opened_project, by=person(None))  # a decision on a file that changed is stale from here on
        view = workflow.overview(opened_project)
    if json:
        say_json(view)
        return
    say(f"{view.shards} shards, {view.documents:,} documents, {view.drawn:,} drawn, {view.labels:,} labels")
    for state, count in view.states.items():
        if count:
            say(f"  {count:>6,}  {state}")
    say(f"Model in use: {view.model or 'none'}")
    for step in view.do_next:
        say(f"Next: {step.text} {step.command}".rstrip())


def shards(
    state: Annotated[list[str] | None, typer.Option(help="Only shards in this state; may be given again.")] = None,
    project: ProjectDir = HERE,
    json: Json = False,
) -> None:
    """List the shards with their labels, bad share, certificate and decision."""
    from review import workflow
    from review.standing import STATES

    for one in state or ():
        if one not in STATES:
            raise typer.BadParameter(f"{one!r} is no state; choose one of: {', '.join(STATES)}", param_hint="--state")
    with opened(project) as opened_project:
        rows = [row for row in workflow.shard_table(opened_project) if not state or row.state in state]
    if json:
        say_json(rows)
        return
    columns = {
        "shard": "Shard", "documents": "Documents", "labels": "Labels", "bad": "Bad", "unsure": "Unsure",
        "state": "State", "sentence": "The labels say",
    }  # fmt: skip
    table([{key: getattr(row, key) for key in columns} | {"sentence": told(row)} for row in rows], columns)


def told(place: Standing) -> str:
    """What a shard's labels say, and why where some are not in it yet."""
    if not place.waiting:
        return place.sentence
    return (
        f"{place.sentence}, without {place.waiting} of {place.labels} labels: a document drawn before theirs has none"
    )


def refused(
    limit: Annotated[int, typer.Option(min=1)] = 100,
    project: ProjectDir = HERE,
    json: Json = False,
) -> None:
    """List the files and rows that could not become documents."""
    with opened(project) as opened_project:
        rows = opened_project.store.refusals(limit=limit)
        counts = opened_project.store.refused_counts()
    if json:
        say_json({"counts": counts, "refusals": rows})
        return
    for reason, count in sorted(counts.items()):
        say(f"{count:>8,}  {reason}")
    table(
        [{"uri": r.uri, "row": r.row, "detail": r.detail} for r in rows], {"uri": "File", "row": "Row", "detail": "Why"}
    )


def check(project: ProjectDir = HERE, json: Json = False) -> None:
    """Check that store, journal and files agree. Exit code 1 when something is wrong."""
    from review import workflow

    with opened(project) as opened_project:
        problems = workflow.check(opened_project)
    if json:
        say_json({"ok": not problems, "problems": problems})
    else:
        for problem in problems:
            say(problem)
        say("Store, journal and files agree." if not problems else f"{counted(len(problems), 'problem')}.")
    raise typer.Exit(1 if problems else 0)


def recover(project: ProjectDir = HERE, json: Json = False) -> None:
    """Rebuild review.duckdb from the journal and the corpus. The old file is kept aside."""
    from review import workflow

    with bar("events") as advance:
        report = workflow.recover(project, progress=advance)
    if json:
        say_json(report)
        return
    for line in report.sentences():
        say(line)
