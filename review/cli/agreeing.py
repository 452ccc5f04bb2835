"""agreement."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Annotated, Any

import typer

from review.cli.options import HERE, Json, ProjectDir, opened
from review.cli.output import plain, say, say_json, table

if TYPE_CHECKING:
    from review.agreement import Estimate
    from review.workflow.aggregating import Together
    from review.workflow.agreeing import AgreementView, ReviewerView

_TITLES = {
    "raw": "raw agreement",
    "ac1": "Gwet's AC1",
    "fleiss": "Fleiss' kappa",
    "alpha": "Krippendorff's alpha, nominal",
    "alpha_ordinal": "Krippendorff's alpha, ordinal",
}


def register(app: typer.Typer) -> None:
    app.command()(agreement)


def agreement(
    group: Annotated[
        str | None, typer.Option(help="Also by corpus, language, stream or a metadata column.", show_default=False)
    ] = None,
    project: ProjectDir = HERE,
    json: Json = False,
) -> None:
    """How well reviewers agree, with 95 % intervals, and how each one reads."""
    from review import workflow

    with opened(project) as opened_project:
        view = workflow.agreement(opened_project, group=group)
    if json:
        say_json(_plain(view))
        return
    if not view.shared:
        say(f"{view.labels:,} labels, but no document was read by two people yet.")
        say("Agreement needs overlap: set overlap = 2 under [desk] in review.toml, or let a second person read.")
    else:
        _together(view)
    if view.reviewers:
        say()
        table([_reviewer(one) for one in view.reviewers], _REVIEWER)


def _together(view: AgreementView) -> None:
    say(
        f"{view.shared:,} of {view.documents:,} labelled documents were read by two people or more; "
        f"on {view.disputed:,} they differ."
    )
    if view.simulated:
        say(f"{view.simulated:,} of {view.labels:,} labels are simulated.")
    say()
    table(
        [{"name": _TITLES[name], "value": _told(one)} for name, one in view.overall.items()],
        {"name": "Coefficient", "value": "Value and 95 % interval"},
    )
    for title, parts in (("Reason", view.reasons), (str(view.group).capitalize(), view.groups)):
        if parts:
            say()
            rows = [
                {
                    "name": name,
                    "shared": found["raw"].items,
                    **{key: _told(found[key]) for key in ("raw", "ac1", "alpha")},
                }
                for name, found in parts.items()
            ]
            table(rows, {"name": title, "shared": "Shared", "raw": "Raw", "ac1": "AC1", "alpha": "Alpha"})
    _settled(view.together)
    if view.pairs:
        say()
        rows = [
            {
                "pair": f"{pair.first} and {pair.second}",
                "shared": pair.items,
                **{key: _told(pair.coefficients[key]) for key in ("raw", "ac1", "cohen")},
            }
            for pair in view.pairs
        ]
        table(rows, {"pair": "Pair", "shared": "Shared", "raw": "Raw", "ac1": "AC1", "cohen": "Cohen's kappa"})


def _settled(found: Together) -> None:
    """What the labels come to, by each way."""
    ways: dict[str, Mapping[str, float]] = {"counts now": found.counts, "majority": found.majority}
    ways |= {"Dawid and Skene": found.model} if found.model else {}
    rows = [
        {"way": way, **{verdict: _count(row.get(verdict, 0)) for verdict in ("keep", "unsure", "reject", "")}}
        for way, row in ways.items()
    ]
    say()
    heads = {"way": "Settled by", "keep": "Keep", "unsure": "Unsure", "reject": "Reject", "": "Open or tied"}
    table(rows, heads)
    if found.differ:
        say(f"On {found.differ:,} documents these differ; --json names them.")


def _count(documents: float) -> str:
    """Documents; those of a model come in parts."""
    return f"{documents:,}" if isinstance(documents, int) else f"{documents:,.1f}"


_REVIEWER = {
    "reviewer": "Reviewer",
    "labels": "Labels",
    "shared": "Shared",
    "ac1": "AC1 with the others",
    "again": "Same on second reading",
    "seconds": "Seconds each",
    "note": "Look at",
}


def _reviewer(one: ReviewerView) -> dict[str, Any]:
    notes = [
        text
        for text, holds in (
            ("simulated", one.simulated),
            ("answers hardly depend on the document", one.stamps),
            ("changes over time", one.drifts),
        )
        if holds
    ]
    return {
        "reviewer": one.reviewer,
        "labels": one.labels,
        "shared": one.others.items if one.others else 0,
        "ac1": _told(one.others.coefficients["ac1"]) if one.others else "",
        "again": _told(one.again.coefficients["raw"]) if one.again else "",
        "seconds": f"{one.speed.median:.1f}" if one.speed.documents else "",
        "note": ", ".join(notes),
    }


def _told(one: Estimate) -> str:
    if not one.known:
        return "none"
    if math.isnan(one.low):
        return f"{one.value:z.2f} (too few documents for an interval)"
    return f"{one.value:z.2f} ({one.low:z.2f} to {one.high:z.2f})"


def _plain(value: Any) -> Any:
    """As `plain`, with arrays as lists and NaN, which JSON does not have, as null."""
    if isinstance(value, float):
        return None if math.isnan(value) else value
    if hasattr(value, "tolist"):  # an array of numpy, which is not loaded to say no
        return value.tolist()
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    fields = getattr(value, "__dataclass_fields__", None)
    if fields is not None:
        return {name: _plain(getattr(value, name)) for name in fields}
    return plain(value)
