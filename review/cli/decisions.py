"""plan, certify, decide, release, verify."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from review.cli.options import HERE, By, Json, ProjectDir, opened, person
from review.cli.output import plain, say, say_json, table


def register(app: typer.Typer) -> None:
    for command in (plan, certify, decide, release, verify):
        app.command()(command)


def plan(
    accept: Annotated[float | None, typer.Option(help="Acceptable bad share p0, 0 to 1.")] = None,
    reject: Annotated[float | None, typer.Option(help="Unacceptable bad share p1, 0 to 1.")] = None,
    alpha: Annotated[float | None, typer.Option(help="Risk of approving a shard at p1.")] = None,
    beta: Annotated[float | None, typer.Option(help="Risk of not approving a shard at p0.")] = None,
    method: Annotated[str | None, typer.Option(help="fixed or sequential.")] = None,
    shard_size: Annotated[int | None, typer.Option(min=1, help="Documents in the shard.")] = None,
    project: ProjectDir = HERE,
    json: Json = False,
) -> None:
    """What a plan costs before anyone labels: sample size, acceptance number, chances and expected labels.

    What is not given is taken from the project's review.toml, or else from what `review init` writes.
    """
    from review.settings import FILE_NAME, PlanSettings, load_settings
    from review.workflow.planning import describe_plan

    # As they stand, each number may be overridden; only what comes of it has to be a plan.
    base = load_settings(project).plan if (project / FILE_NAME).exists() else PlanSettings()
    view = describe_plan(
        accept=base.accept if accept is None else accept,
        reject=base.reject if reject is None else reject,
        alpha=base.alpha if alpha is None else alpha,
        beta=base.beta if beta is None else beta,
        method=method or base.method,
        size=shard_size,
    )
    if json:
        say_json(view)
        return
    if view.c is None:
        say(f"Label documents until the plan decides, at most {view.n:,} a shard.")
    else:
        say(f"Label {view.n:,} documents a shard; approve with at most {view.c} bad.")
    say(
        f"Risk of approving at {view.plan.reject:.1%} bad: {view.alpha:.3f}. "
        f"Risk of {'rejecting' if view.c is None else 'not approving'} at {view.plan.accept:.1%} bad: {view.beta:.3f}."
    )
    rows = [{"share": f"{p.share:.1%}", "approve": p.approve, "labels": round(p.labels, 1)} for p in view.curve]
    table(rows, {"share": "Bad share", "approve": "P(approve)", "labels": "Expected labels"})


def certify(
    shard: Annotated[str, typer.Option(metavar="GLOB", help="Which shards.")] = "*",
    project: ProjectDir = HERE,
    json: Json = False,
) -> None:
    """What the labels say about each shard under the plan."""
    import fnmatch

    from review import workflow

    with opened(project) as opened_project:
        rows = [row for row in workflow.shard_table(opened_project) if fnmatch.fnmatchcase(row.shard, shard)]
    if json:
        say_json([{"shard": row.shard, **plain(row.certificate)} for row in rows])
        return
    for row in rows:
        say(f"{row.shard}: {row.certificate.state}: {row.sentence}")


def decide(
    shard: Annotated[str, typer.Argument(metavar="SHARD", help="A shard's name or a glob.")],
    ruling: Annotated[str, typer.Argument(help="approve, reject or hold.")],
    reason: Annotated[str, typer.Option(help="Why; kept with the decision.")] = "",
    overrule: Annotated[
        bool, typer.Option(help="Decide against or without a certificate. Marked in the release.")
    ] = False,
    project: ProjectDir = HERE,
    by: By = None,
    json: Json = False,
) -> None:
    """Approve, reject or hold shards.

    A glob decides the shards whose certificates support it and names the others; exit code 1 when it decides none.
    """
    import fnmatch

    from review import workflow
    from review.errors import NotFound, ReviewError
    from review.records import Ruling

    if ruling not in list(Ruling):
        raise typer.BadParameter(f"{ruling!r}: choose approve, reject or hold", param_hint="RULING")
    with opened(project) as opened_project:
        names, chosen = list(opened_project.standings()), Ruling(ruling)
        glob = shard not in names and any(mark in shard for mark in "*?[")
        left_out: dict[str, str] = {}
        if not glob:
            made = workflow.decide(opened_project, [shard], chosen, reason=reason, by=person(by), overrule=overrule)
        elif overrule:
            raise ReviewError(f"--overrule takes one shard by its own name; {shard!r} may be many. Name each one.")
        elif matching := [name for name in names if fnmatch.fnmatchcase(name, shard)]:
            made, left_out = workflow.decide_supported(opened_project, matching, chosen, reason=reason, by=person(by))
        else:
            raise NotFound(f"No shard matches {shard!r}. `review shards` lists them.")
    if json:
        say_json({"decided": made, "left_out": left_out} if glob else made)
    else:
        for decision in made:
            say(f"{decision.shard}: {decision.ruling.value}")
        for why in left_out.values():
            say(f"Left out: {why}")
    raise typer.Exit(0 if made else 1)


def release(
    name: Annotated[str, typer.Argument(help="A new release's name.")],
    format: Annotated[str, typer.Option(help="Which pipeline reads the list.")] = "paths",
    project: ProjectDir = HERE,
    by: By = None,
    json: Json = False,
) -> None:
    """Write the approved shard list and its manifest."""
    from review import workflow

    with opened(project) as opened_project:
        made = workflow.release(opened_project, name, by=person(by), fmt=format)
    if json:
        say_json(made)
        return
    say(f"Released {made.shards} shards in {made.path}")
    for file in made.files:
        say(f"  {file}")
    for shard, why in made.left_out.items():
        say(f"Left out {shard}: {why}")


def verify(
    manifest: Annotated[Path | None, typer.Argument(help="A manifest.json.", show_default="the newest release")] = None,
    project: ProjectDir = HERE,
    json: Json = False,
) -> None:
    """Check that every released file still is what was approved. Exit code 1 when not."""
    from review import workflow

    report = workflow.verify(project, manifest)
    if json:
        say_json(report)
    else:
        for problem in report.problems:
            say(problem)
        say(
            f"{report.checked} shards checked: "
            + ("all as approved." if report.ok else f"{len(report.problems)} problems.")
        )
    raise typer.Exit(0 if report.ok else 1)
