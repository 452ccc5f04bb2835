"""labels export, labels import."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from review.cli.options import HERE, By, Json, ProjectDir, opened, person
from review.cli.output import say, say_json

app = typer.Typer(help="Take labels out, bring labels in.", no_args_is_help=True)


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="A .jsonl, .csv or .parquet file to write.")],
    texts: Annotated[bool, typer.Option(help="Also write the documents' texts.")] = True,
    waiting: Annotated[bool, typer.Option(help="The documents that wait, as a sheet to fill in and import.")] = False,
    project: ProjectDir = HERE,
    json: Json = False,
) -> None:
    """Write the labelled documents, streamed."""
    from review import workflow

    with opened(project) as opened_project:
        count = workflow.export_labels(opened_project, file, texts=texts, waiting=waiting)
    if json:
        say_json({"file": file, "documents": count})
    else:
        say(f"Wrote {count:,} {'waiting' if waiting else 'labelled'} documents to {file}.")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A .jsonl, .csv or .parquet file to read.")],
    reviewer_column: Annotated[str, typer.Option(help="Column that names who labelled.")] = "reviewer",
    project: ProjectDir = HERE,
    by: By = None,
    json: Json = False,
) -> None:
    """Bring labels in. Importing a file twice stores its labels once."""
    from review import workflow

    with opened(project) as opened_project:
        report = workflow.import_labels(opened_project, file, reviewer_column=reviewer_column, by=person(by))
    if json:
        say_json(report)
        return
    say(f"Stored {report.stored:,} labels; {report.known:,} were known already.")
    for refusal in report.refused[:20]:
        say(f"Refused {refusal.uri} row {refusal.row}: {refusal.detail}")
    if len(report.refused) > 20:
        say(f"... and {len(report.refused) - 20:,} more; --json lists them all.")
