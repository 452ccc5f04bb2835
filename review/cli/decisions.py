"""plan, certify, decide, confirm."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from review.cli.corpus import told
from review.cli.options import HERE, By, Json, ProjectDir, opened, person
from review.cli.output import plain, say, say_json, table

if TYPE_CHECKING:
    from review.project import Project

LOT = "lot:"  # before a lot's name, where a shard's could stand


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
    budget: Annotated[
        str | None, typer.Option(metavar="REVIEWERSxHOURS", help="What so many people can certify, as 3x4.")
    ] = None,
    seconds: Annotated[
        float | None, typer.Option(min=0.1, help="A document takes to read.", show_default="as measured")
    ] = None,
    project: ProjectDir = HERE,
    json: Json = False,
) -> None:
    """What a plan costs before anyone labels: sample size, acceptance number, chances, expected labels and hours.

    What is not given is taken from the project's review.toml, or else from what `review init` writes. With --budget:
    which open shards of the project that time certifies, in which order, and at which other bad shares.
    """
    from review.plan_settings import PlanSettings
    from review.settings import FILE_NAME, load_settings
    from review.workflow.planning import describe_plan

    if budget is not None:
        _budget(budget, seconds, project, json=json)
        return

    # As they stand, each number may be overridden; only what comes of it has to be a plan.
    base = load_settings(project).plan if (project / FILE_NAME).exists() else PlanSettings()
    view = describe_plan(
        accept=base.accept if accept is None else accept,
        reject=base.reject if reject is None else reject,
        alpha=base.alpha if alpha is None else alpha,
        beta=base.beta if beta is None else beta,
        method=method or base.method,
        size=shard_size,
        unit=base.unit,
        seconds=seconds,
    )
    if json:
        say_json(view)
        return
    if view.c is None:
        say(f"Label documents until the plan decides, at most {view.n:,} a shard.")
    else:
        say(f"Label {view.n:,} documents a shard; approve with at most {view.c} bad.")
    say(
        f"Risk of approving at {_percent(view.plan.reject)} bad: {_percent(view.alpha)}. "
        f"Risk of {'rejecting' if view.c is None else 'not approving'} at {_percent(view.plan.accept)} bad: "
        f"{_percent(view.beta)}."
    )
    rows = [
        {
            "share": _percent(p.share).rjust(9), "approve": _percent(p.approve).rjust(8), "labels": round(p.labels),
            "hours": view.hours(p.labels),
        }
        for p in view.curve
    ]  # fmt: skip
    columns = {"share": "Bad share", "approve": "Approved", "labels": "Expected labels"}
    table(rows, columns | ({} if view.seconds is None else {"hours": "Hours"}))
    if view.seconds is None:
        say("Hours are not known: give --seconds a document, or ask `review plan --budget` of a project with labels.")


def _percent(share: float) -> str:
    """A share or chance; one that is next to none or all says so."""
    if 0 < share < 0.0005:
        return "<0.1 %"
    return ">99.9 %" if 0.9995 < share < 1 else f"{100 * share:.1f} %"


def _budget(budget: str, seconds: float | None, project: Path, *, json: bool) -> None:
    """What a number of reviewers can certify in their hours."""
    from review import workflow

    people, mark, hours = budget.lower().partition("x")
    try:
        if not mark:
            raise ValueError
        reviewers, each = int(people), float(hours)
    except ValueError:
        raise typer.BadParameter(f"{budget!r}: write reviewers x hours, as 3x4", param_hint="--budget") from None
    with opened(project) as opened_project:
        found = workflow.plan_budget(opened_project, reviewers=reviewers, hours=each, seconds=seconds)
    if json:
        say_json(found)
        return
    if not found.lines:
        say("No shard waits for labels: each is decided, can be, or has used up its plan.")
        return
    how = f"measured on {found.timed:,} labels" if found.timed else "as given"
    say(f"{found.sentence} A document takes {found.seconds:.1f} s, {how}.")
    lines = [
        {
            "shard": line.name, "labels": round(line.more), "approve": _percent(line.approve).rjust(8),
            "hours": line.until * found.seconds / 3600, "within": "yes" if line.within else "no",
        }
        for line in found.lines
    ]  # fmt: skip
    table(
        lines,
        {"shard": "Shard", "labels": "Labels", "approve": "Approved", "hours": "Hours so far", "within": "In time"},
    )
    say("At other bad shares, each against a third of it:")
    table(
        [
            {"share": _percent(one.reject).rjust(11), "shards": one.shards, "labels": round(one.labels)}
            for one in found.options
        ],
        {"share": "At most bad", "shards": "Shards approved", "labels": "Labels a shard"},
    )


def certify(
    shard: Annotated[str, typer.Option(metavar="GLOB", help="Which shards.")] = "*",
    rejected: Annotated[bool, typer.Option("--rejected", help="Only how much good text rejecting has cost.")] = False,
    project: ProjectDir = HERE,
    json: Json = False,
) -> None:
    """What the labels say about each shard under the plan."""
    import fnmatch

    from review import workflow

    if rejected:
        with opened(project) as opened_project:
            lost = workflow.thrown_away(opened_project)
        if json:
            say_json(lost)
        else:
            say(lost.sentence)
        return
    with opened(project) as opened_project:
        rows = [row for row in workflow.shard_table(opened_project) if fnmatch.fnmatchcase(row.shard, shard)]
    if json:
        say_json([{"shard": row.shard, **plain(row.certificate)} for row in rows])
        return
    if not rows:
        say(f"No shard matches {shard!r}.")
    for row in rows:
        say(f"{row.shard}: {row.certificate.state}: {told(row)}")
    for basis in dict.fromkeys(row.certificate.basis for row in rows):
        say(basis)


def decide(
    shard: Annotated[str, typer.Argument(metavar="SHARD", help="A shard's name, a glob, or lot:NAME.")],
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
            members = _members(opened_project, shard)
            made = workflow.decide(opened_project, members, chosen, reason=reason, by=person(by), overrule=overrule)
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
    shard: Annotated[str, typer.Argument(metavar="SHARD", help="A shard's name, a glob, or lot:NAME.")],
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
        if shard in places or shard.startswith(LOT):
            names = _members(opened_project, shard)
        else:
            names = [name for name in waiting if fnmatch.fnmatchcase(name, shard)]
        count = workflow.confirm(opened_project, names, by=person(by)) if names else 0
    if json:
        say_json({"confirmed": names if count else []})
    else:
        say(f"Confirmed {count} approvals." if count else f"No approval of {shard!r} waits for a second person.")
    raise typer.Exit(0 if count else 1)


def _members(project: Project, shard: str) -> list[str]:
    """The shards meant: one, or all of `lot:NAME`. Raises NotFound."""
    from review import workflow
    from review.errors import NotFound

    if not shard.startswith(LOT) or shard in project.standings():
        return [shard]
    lots = {one.lot.name: list(one.lot.shards) for one in workflow.pooled_lots(project)}
    if shard.removeprefix(LOT) not in lots:
        raise NotFound(f"There is no lot {shard.removeprefix(LOT)!r}. `review lots` lists them.")
    return lots[shard.removeprefix(LOT)]
