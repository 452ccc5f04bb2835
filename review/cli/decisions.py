"""plan, certify, decide, confirm."""

from __future__ import annotations

from typing import Annotated

import typer

from review.cli.options import HERE, By, Json, ProjectDir, opened, person
from review.cli.output import plain, say, say_json, table


def register(app: typer.Typer) -> None:
    for command in (plan, certify, decide, confirm):
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
        places = opened_project.standings()
        unsigned = {one.shard for one in made if places[one.shard].state == "to be confirmed"}
    if json:
        say_json({"decided": made, "left_out": left_out} if glob else made)
    else:
        for decision in made:
            waits = ", to be confirmed by a second person" if decision.shard in unsigned else ""
            say(f"{decision.shard}: {decision.ruling.value}{waits}")
        for why in left_out.values():
            say(f"Left out: {why}")
    raise typer.Exit(0 if made else 1)


def confirm(
    shard: Annotated[str, typer.Argument(metavar="SHARD", help="A shard's name or a glob.")],
    project: ProjectDir = HERE,
    by: By = None,
    json: Json = False,
) -> None:
    """Sign, as the second person, approvals that need two. Exit code 1 when none waits for it.

    Two signatures are needed where review.toml says `two_person = true` under [decisions].
    """
    import fnmatch

    from review import workflow

    with opened(project) as opened_project:
        places = opened_project.standings()
        waiting = [name for name, place in places.items() if place.state == "to be confirmed"]
        names = [shard] if shard in places else [name for name in waiting if fnmatch.fnmatchcase(name, shard)]
        count = workflow.confirm(opened_project, names, by=person(by)) if names else 0
    if json:
        say_json({"confirmed": names if count else []})
    else:
        say(f"Confirmed {count} approvals." if count else f"No approval of {shard!r} waits for a second person.")
    raise typer.Exit(0 if count else 1)
