"""bulk."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from review.cli.options import HERE, By, Json, ProjectDir, opened, person
from review.cli.output import say, say_json, table
from review.errors import ReviewError
from review.records import Verdict


def register(app: typer.Typer) -> None:
    app.command()(bulk)


def bulk(
    verdict: Annotated[
        Verdict | None, typer.Argument(help="What to say of all that match.", show_default=False)
    ] = None,
    shard: Annotated[str, typer.Option(help="Only shards that match.")] = "*",
    contains: Annotated[str, typer.Option(help="Only texts with this in them, whatever the case.")] = "",
    where: Annotated[list[str] | None, typer.Option(help="Only documents whose metadata match: column=glob.")] = None,
    below: Annotated[float | None, typer.Option(help="Only scores below.", show_default=False)] = None,
    above: Annotated[float | None, typer.Option(help="Only scores above.", show_default=False)] = None,
    reason: Annotated[list[str] | None, typer.Option(help="A reason's code; may be given again.")] = None,
    note: Annotated[str, typer.Option(help="Why, for those who ask later.")] = "",
    undo: Annotated[str | None, typer.Option(help="Take a batch back.", show_default=False)] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do it; without, the matches are only shown.")] = False,
    project: ProjectDir = HERE,
    by: By = None,
    json: Json = False,
) -> None:
    """Label all training documents that match a filter at once; or list what was, and undo it.

    Bulk labels teach the classifier and nothing else: audit documents, bounds, tests and agreement never see them.
    """
    from review.workflow import bulk as verbs

    if undo is not None and verdict is not None:
        raise ReviewError("One thing at a time: a verdict, or --undo.")
    if any("=" not in pair for pair in where or ()):
        raise ReviewError("--where wants column=glob, as --where lang=de.")
    pairs = dict(pair.split("=", 1) for pair in where or ())
    wish = verbs.Filter(shard, contains, pairs, below, above)
    with opened(project) as opened_project:
        if undo is not None:
            verbs.undo_bulk(opened_project, undo, by=person(by))
        elif verdict is not None and yes:
            made = verbs.bulk_label(opened_project, wish, verdict, by=person(by), reasons=reason or (), note=note)
            if json:
                say_json(made)
            else:
                say(f"{made.documents:,} documents: {made.verdict}.")
                say(f"`review bulk --undo {made.batch[:8]}` takes it back.")
            return
        elif verdict is not None:
            found = verbs.bulk_matches(opened_project, wish)
            if json:
                say_json([document.doc_id for document in found])
                return
            say(f"{len(found):,} training documents match; nothing was stored. Say --yes to label them {verdict}.")
            shown = [{"document": one.doc_id, "begins": " ".join(one.text[:80].split())} for one in found[:20]]
            table(shown, {"document": "Document", "begins": "Begins"})
            return
        batches = opened_project.store.bulk_batches()
    if json:
        say_json(batches)
        return
    rows: list[dict[str, Any]] = [
        {
            "batch": one.batch[:8], "by": one.by, "at": one.at, "verdict": str(one.verdict),
            "documents": one.documents, "counts": 0 if one.undone else one.counts,
            "filter": verbs.Filter(**one.filter).told(), "state": "undone" if one.undone else "",
        }
        for one in batches
    ]  # fmt: skip
    heads = {"batch": "Batch", "by": "By", "at": "When", "verdict": "Verdict", "documents": "Documents"}
    table(rows, heads | {"counts": "Still count", "filter": "Filter", "state": ""})
