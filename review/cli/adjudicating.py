"""adjudicate."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from review.cli.options import HERE, By, Json, ProjectDir, opened, person
from review.cli.output import say, say_json, table
from review.errors import ReviewError
from review.records import Verdict

if TYPE_CHECKING:
    from review.project import Project
    from review.workflow.adjudicating import Case


def register(app: typer.Typer) -> None:
    app.command()(adjudicate)


def adjudicate(
    document: Annotated[
        str | None, typer.Argument(help="A document, as the list names it.", show_default=False)
    ] = None,
    verdict: Annotated[Verdict | None, typer.Argument(help="The final verdict.", show_default=False)] = None,
    reason: Annotated[list[str] | None, typer.Option(help="A reason's code; may be given again.")] = None,
    note: Annotated[str, typer.Option(help="Why, for those who ask later.")] = "",
    take_back: Annotated[bool, typer.Option("--take-back", help="Let the labels speak again.")] = False,
    shard: Annotated[str, typer.Option(help="Only shards that match.")] = "*",
    settled: Annotated[bool, typer.Option("--settled", help="List what is settled, too.")] = False,
    project: ProjectDir = HERE,
    by: By = None,
    json: Json = False,
) -> None:
    """List where readers differ; or, as a lead, give one document its final verdict. The labels stay."""
    from review.workflow import adjudicating

    with opened(project) as opened_project:
        if document is None:
            found = [
                case for case in adjudicating.cases(opened_project, shard=shard) if settled or case.kind != "settled"
            ]
            _list(opened_project, found, json)
            return
        if take_back == (verdict is not None):
            raise ReviewError(f"Say which: a verdict ({', '.join(Verdict)}) for {document!r}, or --take-back.")
        if verdict is None:
            made = adjudicating.take_back(opened_project, document, by=person(by))
        else:
            made = adjudicating.adjudicate(
                opened_project, document, verdict, by=person(by), reasons=reason or (), note=note, names_shown=True
            )
        place = opened_project.standings().get(adjudicating.case(opened_project, document).document.shard)
    if json:
        say_json({"adjudication": made, "shard": place and place.shard, "state": place and place.state})
        return
    say(f"{document}: {made.verdict}." if made.verdict else f"{document}: the labels speak again.")
    if place:
        say(f"{place.shard}: {place.sentence} ({place.state})")


def _list(project: Project, found: list[Case], json: bool) -> None:
    if json:
        say_json([_plain(case) for case in found])
        return
    waiting = Counter(case.kind for case in found)
    say(
        f"{waiting['differ']:,} documents on which readers differ, {waiting['since']:,} judged otherwise since a lead "
        f"ruled, {waiting['unsure']:,} unsure."
    )
    if found:
        say()
        rows = [_plain(case) | {"labels": _said(case)} for case in found]
        columns = {"document": "Document", "kind": "Why", "final": "Counts now as", "labels": "Labels"}
        table(rows, columns)


def _said(case: Case) -> str:
    counts = Counter(str(label.verdict) for label in case.document.labels)
    return ", ".join(f"{counts[verdict]} {verdict}" for verdict in Verdict if counts[verdict])


def _plain(case: Case) -> dict[str, Any]:
    one = case.document
    return {
        "document": one.doc_id,
        "stream": one.stream,
        "kind": case.kind,
        "final": case.final,
        "adjudication": one.adjudication,
        "labels": [
            {key: getattr(label, key) for key in ("reviewer", "verdict", "reasons", "note", "seconds", "rubric")}
            for label in one.labels
        ],
    }
