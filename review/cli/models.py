"""train, models, card, scaling, objectives, suspects, promote, rollback, score, judge."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from review.cli.options import HERE, By, Json, ProjectDir, opened, person
from review.cli.output import bar, say, say_json, table


def register(app: typer.Typer) -> None:
    for command in (train, models, card, scaling, objectives, suspects, promote, rollback, score, judge):
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
        _say_unscored(result.unscored)
    raise typer.Exit(0 if result.promoted else 1)


def _say_unscored(names: Sequence[str]) -> None:
    if names:
        say(f"{len(names)} shards are not scored by it yet, so they stand in their old order: run `review score`.")


def rollback(
    reason: Annotated[str, typer.Option(help="Why; kept in the history.")],
    project: ProjectDir = HERE,
    by: By = None,
    json: Json = False,
) -> None:
    """Put the version to use that was in use before."""
    from review import workflow

    with opened(project) as opened_project:
        result = workflow.roll_back(opened_project, by=person(by), reason=reason)
    if json:
        say_json(result)
        return
    say(f"{result.version} is in use again, in place of {result.last}.")
    _say_unscored(result.unscored)


def card(
    version: Annotated[str | None, typer.Argument(help="Version.", show_default="the one in use")] = None,
    recompute: Annotated[bool, typer.Option(help="Compute every number again from the store, and compare.")] = False,
    project: ProjectDir = HERE,
    json: Json = False,
) -> None:
    """What a version rests on and how good it is. Exit code 1 when a recomputed number differs."""
    from review import workflow

    with opened(project) as opened_project:
        found = workflow.model_card(opened_project, version)
        again = workflow.recompute(opened_project, str(found["version"])) if recompute else None
    if json:
        say_json({"card": found, "recomputed": again} if recompute else found)
    else:
        _say_card(found)
        if again:
            for difference in again.differences:
                say(difference)
            if again.other_code:
                say("It was made by other code than this, so numbers may differ.")
            say(f"{again.numbers} numbers recomputed, {len(again.differences)} differ.")
    raise typer.Exit(0 if again is None or again.same else 1)


def _say_card(found: Mapping[str, Any]) -> None:
    from review import workflow

    say(f"Version {found['version']}, {found['snapshot']['labels']} labels.")
    metrics = [{"name": name.replace("_", " "), **one} for name, one in found["metrics"].items()]
    if metrics:
        shown = [{key: f"{one[key]:.3f}" if key != "name" else one[key] for key in one} for one in metrics]
        table(shown, {"name": "On audit labels, out of fold", "value": "", "low": "95 % from", "high": "to"})
    else:
        say("Not tested yet: too few distinct audit documents.")
    if told := workflow.encoder_sentence(found):
        say(told)
    say(workflow.guarantee_sentence(found))
    wrong = [(kind, one) for kind, rows in found.get("parts", {}).items() for one in rows if one["unlike"]]
    for kind, one in wrong:
        share = one["good_rejected"]
        part = workflow.part_name(str(one["name"]))
        say(
            f"Differs by {kind}: of {one['good']:,} good documents in {part} it rejects {100 * share['value']:.0f} %, "
            f"95 % sure {100 * share['low']:.0f} to {100 * share['high']:.0f} %."
        )
    _say_reasons(found.get("reasons"))


def _say_reasons(told: Mapping[str, Any] | None) -> None:
    """How well it tells why bad documents are bad; nothing for a version from before it did."""
    if not told or not told["rows"]:
        return
    rows = []
    for row in told["rows"]:
        tested = row["tested"] or {}
        shown = {
            name: f"{one['value']:.3f} ({one['low']:.3f} to {one['high']:.3f})"
            for name, one in tested.items()
            if name in ("auc", "average_precision")
        }
        few = "too few audit labels to test" if row["learned"] else f"too few, {told['needed']} with and without needed"
        rows.append({"code": row["code"], "documents": row["documents"], "auc": few, "average_precision": ""} | shown)
    columns = {
        "code": "Why documents are bad", "documents": "Documents", "auc": "AUC, 95 % sure",
        "average_precision": "Average precision",
    }  # fmt: skip
    table(rows, columns)


def scaling(
    version: Annotated[str | None, typer.Argument(help="Version.", show_default="the one in use")] = None,
    encoder: Annotated[
        str | None, typer.Option(help="To measure with: a name or folder.", show_default="that of review.toml")
    ] = None,
    again: Annotated[bool, typer.Option(help="Measure anew, where it was measured before.")] = False,
    documents: Annotated[
        int | None, typer.Option(min=1, help="To be scored.", show_default="those of all shards")
    ] = None,
    hours: Annotated[float, typer.Option(min=0.01, help="In which they must be.")] = 24.0,
    cores: Annotated[int, typer.Option(min=1, help="On which they are.")] = 1,
    project: ProjectDir = HERE,
    json: Json = False,
) -> None:
    """What each part of a version adds on the same audit labels, and costs; and which size does a job in time.

    Exit code 1 when none is fast enough.
    """
    from review import workflow

    with opened(project) as opened_project:
        named = str(workflow.model_card(opened_project, version)["version"])
        with bar("steps") as advance:
            found = workflow.scaling(opened_project, named, encoder=encoder, again=again, progress=advance)
        of = documents or sum(shard.rows for shard in opened_project.store.shards())
    told = workflow.advise(found, of, hours, cores)
    rows = workflow.sizes(found)
    if json:
        say_json({"version": named, **found, "advice": told})
    else:
        _say_sizes(rows, of, cores)
        say(f"{named}, on {found['documents']:,} audit documents, out of fold; documents a second on one core.")
        if found["cascade"]:
            say("The rows of the least sure say what asking it about those alone would give; no version scores so.")
        say(told.sentence)
    raise typer.Exit(0 if told.size else 1)


def _say_sizes(rows: Sequence[Any], documents: int, cores: int) -> None:
    from review import workflow

    def interval(one: Mapping[str, float] | None, show: Callable[[float], str]) -> str:
        return f"{show(one['value'])} ({show(one['low'])} to {show(one['high'])})" if one else ""

    shown = [
        {
            "title": one.title,
            "auc": interval(one.auc, "{:.3f}".format) or "too few documents",
            "gain": interval(one.gain, workflow.signed),
            "speed": f"{one.documents_per_second:,.0f}",
            "hours": workflow.took(one.hours(documents, cores)),
        }
        for one in rows
    ]
    hours = f"{documents:,} on {cores} core{'s' if cores > 1 else ''}"
    table(shown, {"title": "Size", "auc": "AUC", "gain": "Adds", "speed": "Documents/s", "hours": hours})


def objectives(project: ProjectDir = HERE, json: Json = False) -> None:
    """What each objective would give, on the same audit labels: teach by readers' shares, by majority, by ratings."""
    from review import workflow

    with opened(project) as opened_project, bar("objectives") as advance:
        found = workflow.compare_objectives(opened_project, advance)
        used = opened_project.settings.classifier.objective
    if json:
        say_json(found)
        return
    if not any(found.values()):
        say("Not tested: too few distinct audit documents.")
        return
    rows = [
        {"name": name, "used": "in review.toml" if name == used else ""}
        | {key: f"{one['value']:.3f} ({one['low']:.3f} to {one['high']:.3f})" for key, one in metrics.items()}
        for name, metrics in found.items()
    ]
    columns = {"name": "Objective", "used": "", "auc": "AUC", "brier": "Brier", "ece": "ECE", "recall": "Recall"}
    table(rows, columns)


def suspects(
    version: Annotated[str | None, typer.Argument(help="Version.", show_default="the one in use")] = None,
    n: Annotated[int, typer.Option("-n", min=1, help="How many.")] = 20,
    project: ProjectDir = HERE,
    json: Json = False,
) -> None:
    """Labels that the classifier doubts most, for people to look at again; it changes none."""
    from review import workflow

    with opened(project) as opened_project:
        found = workflow.suspects(opened_project, version, n)
    if json:
        say_json(found)
        return
    rows = [
        {"doc_id": one.doc_id, "verdict": str(one.verdict or "open"), "p": f"{one.probability:.2f}"} for one in found
    ]
    table(rows, {"doc_id": "Document", "verdict": "People say", "p": "Model's P(keep)"})


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


def judge(
    column: Annotated[str, typer.Argument(help="The score's column, in the shard files or in --table.")],
    table_file: Annotated[
        Path | None, typer.Option("--table", help="Parquet, CSV or JSONL with one row a document.")
    ] = None,
    id_column: Annotated[str, typer.Option(help="Of the table: SHARD#ROW or the documents' own ids.")] = "id",
    project: ProjectDir = HERE,
    json: Json = False,
) -> None:
    """Hold scores from elsewhere against people's audit labels, by score band."""
    from review import workflow

    with opened(project) as opened_project:
        found = workflow.audit_scores(opened_project, column, table=table_file, id_column=id_column)
    if json:
        say_json(found)
        return
    rows = [
        {
            "band": f"{one.low:g} to {one.high:g}",
            "documents": one.documents,
            "kept": f"{one.share:.0%}, {one.share_low:.0%} to {one.share_high:.0%}",
        }
        for one in found.bands
    ]
    table(rows, {"band": column, "documents": "Audit documents", "kept": "People keep, 95 % sure"})
    for name, auc in ((column, found.auc), ("The model in use, out of fold", found.ours)):
        if auc:
            say(f"{name}: AUC {auc['value']:.3f}, 95 % sure {auc['low']:.3f} to {auc['high']:.3f}.")
    if found.without:
        say(f"{found.without} audit documents with a verdict have no number there.")
