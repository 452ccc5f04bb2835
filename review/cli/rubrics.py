"""rubric."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from review.cli.options import HERE, By, Json, ProjectDir, opened, person
from review.cli.output import say, say_json, table
from review.errors import ReviewError

if TYPE_CHECKING:
    from review.workflow.rubrics import RubricView


def register(app: typer.Typer) -> None:
    app.command()(rubric)


def rubric(
    meaning: Annotated[
        str | None, typer.Argument(help="What the newest change means for labels before it: keep, map, again.")
    ] = None,
    reason: Annotated[
        list[str] | None,
        typer.Option(help="map: old=new. again: the reason whose labels to give again, - for rejects without one."),
    ] = None,
    toml: Annotated[bool, typer.Option("--toml", help="Print it as the [rubric] section of review.toml.")] = False,
    take_file: Annotated[bool, typer.Option("--take-file", help="Make review.toml's the next version.")] = False,
    project: ProjectDir = HERE,
    by: By = None,
    json: Json = False,
) -> None:
    """The rubric in force; or, as a lead, what its newest change means for the labels given before it."""
    from review.workflow import rubrics

    if (meaning is not None) + toml + take_file > 1:
        raise ReviewError("One thing at a time: say what a change means, or --toml, or --take-file.")
    with opened(project) as opened_project:
        if meaning is not None:
            if meaning not in rubrics.MEANINGS:
                raise ReviewError(f"A change can {', '.join(rubrics.MEANINGS)} the labels before it; got {meaning!r}.")
            pairs = dict(_pair(one) for one in reason or () if "=" in one)
            again = ["" if one == "-" else one for one in reason or () if "=" not in one]
            rubrics.settle(opened_project, meaning, by=person(by), mapping=pairs, again=again or None)
        elif take_file:
            rubrics.take_file(opened_project, by=person(by))
        view = rubrics.rubric_view(opened_project)
        text = rubrics.rubric_toml(view.rubric)
    if toml:
        say(text.rstrip())
    elif json:
        say_json(view)
    else:
        _say(view)


def _pair(text: str) -> tuple[str, str]:
    old, _, new = text.partition("=")
    return old.strip(), new.strip()


def _say(view: RubricView) -> None:
    one = view.rubric
    asks = ["a reject needs a reason"] * one.require_reason
    asks += [f"score {one.score}"] * (one.score != "off")
    say(f"Version {one.version}, by {view.by}. Final verdict of several labels: {one.final}.")
    if asks:
        say(f"Asks: {', '.join(asks)}.")
    say()
    rows = [
        {"key": reason.key, "code": reason.code, "name": reason.name, "labels": view.labels.get(reason.code, 0)}
        for reason in one.reasons
    ]
    table(rows, {"key": "Key", "code": "Code", "name": "Reason", "labels": "Labels"})
    known = {reason.code for reason in one.reasons} | {"", "*"}
    gone = {code: count for code, count in view.labels.items() if code not in known}
    if gone:
        say(f"Labels with a reason it no longer has: {', '.join(f'{code} {count:,}' for code, count in gone.items())}.")
    if view.waiting:
        say()
        say(f"{view.waiting:,} labels were given under a version that said something else, and certify nothing yet.")
        say("Say what the change means for them: `review rubric keep`, `review rubric map --reason old=new`, or")
        say("`review rubric again` (`--reason CODE` for those of one reason).")
    if view.outdated_file:
        say("review.toml says something else; `review rubric --toml` prints this version for it.")
