"""labels export, labels import."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from review.cli.options import HERE, By, Json, ProjectDir, opened, person
from review.cli.output import say, say_json

if TYPE_CHECKING:
    from review.workflow import ImportReport

app = typer.Typer(help="Take labels out, bring labels in.", no_args_is_help=True)


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="A .jsonl, .csv or .parquet file to write.")],
    texts: Annotated[bool, typer.Option(help="Also write the documents' texts.")] = True,
    waiting: Annotated[
        bool, typer.Option(help="The documents nobody has labelled yet, as a sheet to fill in and import.")
    ] = False,
    force: Annotated[bool, typer.Option(help="Replace the file if it is there.")] = False,
    project: ProjectDir = HERE,
    json: Json = False,
) -> None:
    """Write the labelled documents, streamed. A waiting document whose text is lost is left out of the sheet."""
    from review import workflow

    with opened(project) as opened_project:
        report = workflow.export_labels(opened_project, file, texts=texts, waiting=waiting, force=force)
        desk = opened_project.settings.desk
    if json:
        say_json({"file": file, "documents": report.documents, "without_text": report.without_text})
        return
    say(f"Wrote {report.documents:,} {'waiting' if waiting else 'labelled'} documents to {file}.")
    if waiting and desk.overlap > 1:
        say("Those that wait for another reader are not among them: the desk hands them out, blind.")
    if report.without_text:
        what = "were left out" if waiting else "have an empty text"
        say(f"{report.without_text:,} {what}, for their texts were lost; `review check` lists them.")


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(help="A .jsonl, .csv or .parquet file to read.")],
    reviewer_column: Annotated[str, typer.Option(help="Column that names who labelled.")] = "reviewer",
    project: ProjectDir = HERE,
    by: By = None,
    json: Json = False,
) -> None:
    """Bring labels in, of texts as they were drawn and under this project's rubric.

    Importing a file twice stores its labels once. Their own times are kept beside the time of the import. Exit code 1
    when every row was refused.
    """
    from review import workflow

    with opened(project) as opened_project:
        report = workflow.import_labels(opened_project, file, reviewer_column=reviewer_column, by=person(by))
    if json:
        say_json(report)
    else:
        _say_import(report)
    raise typer.Exit(1 if report.refused and not report.stored and not report.known else 0)


def _say_import(report: ImportReport) -> None:
    words = f" and {report.adjudicated:,} adjudications" if report.adjudicated else ""
    say(f"Stored {report.stored:,} labels{words}; {report.known:,} were known already.")
    for refusal in report.refused[:20]:
        say(f"Refused {refusal.uri} row {refusal.row}: {refusal.detail}")
    if len(report.refused) > 20:
        say(f"... and {len(report.refused) - 20:,} more; --json lists them all.")
