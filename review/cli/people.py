"""team, leases, assign, gold: the people, what they are given, and how they read documents whose answer is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from review.cli.options import HERE, By, Json, ProjectDir, opened, person
from review.cli.output import say, say_json, table

if TYPE_CHECKING:
    from review.workflow.erring import Errors
    from review.workflow.team import TeamView, Unread

gold_app = typer.Typer(help="Documents whose answer is known, mixed in blindly.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    app.command()(team)
    app.command()(leases)
    app.command()(assign)
    app.add_typer(gold_app, name="gold")


def team(project: ProjectDir = HERE, json: Json = False) -> None:
    """Who works, what each is given and holds, and how each reads gold."""
    from review import workflow

    with opened(project) as opened_project:
        view = workflow.team(opened_project)
        errors = workflow.reviewer_errors(opened_project)
    if json:
        say_json({"team": view, "errors": errors})
        return
    if not view.members:
        say("Nobody has worked here yet. Start the app with `review serve`.")
        return
    table([_member(one, view) for one in view.members], _MEMBER)
    say()
    say(f"{view.waiting:,} documents still want judgements.")
    for part in view.unread:
        say(unread_sentence(part))
    _say_gold(view)


_MEMBER = {
    "reviewer": "Reviewer",
    "labels": "Labels",
    "hour": "Last hour",
    "seconds": "Seconds each",
    "seen": "Last seen",
    "held": "Holds",
    "given": "Is given",
    "bad": "Bad found",
    "good": "Good kept",
}


def _member(one: Any, view: TeamView) -> dict[str, Any]:
    from review.workflow.team import given

    return {
        "reviewer": one.reviewer + (" (simulated)" if one.simulated else ""),
        "labels": one.labels,
        "hour": one.hour,
        "seconds": None if one.median_seconds is None else f"{one.median_seconds:.1f}",
        "seen": one.seen,
        "held": one.held,
        "given": given(one.assignment),
        "bad": _share(one.gold, bad=True),
        "good": _share(one.gold, bad=False),
    }


def _share(errors: Errors | None, *, bad: bool) -> str:
    if errors is None:
        return ""
    found = errors.sensitivity() if bad else errors.specificity()
    if not found.of:
        return ""
    return f"{found.cases} of {found.of} ({100 * found.low:.0f} to {100 * found.high:.0f} %)"


def unread_sentence(part: Unread) -> str:
    """What waits, and that too few are given it."""
    what = f"{part.documents:,} documents of {part.corpus}" + (f" in {part.language}" if part.language else "")
    if not part.readers:
        return f"Nobody is given {what}. Assign somebody with `review assign`."
    who = ", ".join(part.readers)
    verb = "is" if len(part.readers) == 1 else "are"
    return f"{what} want {part.people} readers each, and only {who} {verb} given them."


def _say_gold(view: TeamView) -> None:
    if not view.gold_bad + view.gold_good:
        return
    pooled = view.pooled
    say(
        f"Gold: {view.gold_bad:,} bad and {view.gold_good:,} good documents, {100 * view.mix.gold:g} % of what a "
        f"reader gets. Everybody together: bad found {_share(pooled, bad=True) or 'none yet'}, good kept "
        f"{_share(pooled, bad=False) or 'none yet'}."
    )


def leases(
    release: Annotated[
        str | None, typer.Option(help="Give back everything this reviewer holds.", show_default=False)
    ] = None,
    project: ProjectDir = HERE,
    json: Json = False,
) -> None:
    """Who holds documents, and until when; `--release ANA` gives back all that ana holds."""
    from review import workflow

    with opened(project) as opened_project:
        if release is not None:
            count = workflow.release_all(opened_project, release)
            if not json:
                say(f"{release} held {count:,} documents; they are free now.")
                return
        holders = opened_project.store.holders()
    if json:
        say_json(holders)
    elif not holders:
        say("Nobody holds documents.")
    else:
        table(
            [
                {"who": one.reviewer, "documents": one.documents, "tabs": one.tabs, "until": one.until}
                for one in holders
            ],
            {"who": "Reviewer", "documents": "Documents", "tabs": "Tabs", "until": "Until (UTC)"},
        )


def assign(
    reviewer: Annotated[str, typer.Argument(help="Whose assignment it is.")],
    corpus: Annotated[list[str] | None, typer.Option(help="Only documents of this corpus. Again for more.")] = None,
    language: Annotated[list[str] | None, typer.Option(help="Only in this language. Again for more.")] = None,
    shard: Annotated[
        list[str] | None, typer.Option(help="Only of shards that match this glob. Again for more.")
    ] = None,
    by: By = None,
    project: ProjectDir = HERE,
) -> None:
    """Say what a reviewer is given from now on; without --corpus, --language and --shard, everything."""
    from review import workflow
    from review.workflow.team import given, unread

    with opened(project) as opened_project:
        made = workflow.assign(
            opened_project, reviewer, corpora=corpus or (), languages=language or (), shards=shard or (), by=person(by)
        )
        left = unread(opened_project)
    say(f"{made.reviewer} is given {given(made)}.")
    for part in left:
        say(unread_sentence(part))


@gold_app.command("list")
def gold_list(project: ProjectDir = HERE, json: Json = False) -> None:
    """The gold documents."""
    with opened(project) as opened_project:
        gold = opened_project.store.gold()
    if json:
        say_json(gold)
    elif not gold:
        say("There are no gold documents. Make some with `review gold set`, or `review gold adjudicated`.")
    else:
        rows = [
            {
                "doc": one.doc_id,
                "verdict": str(one.verdict),
                "reasons": ", ".join(one.reasons),
                "by": one.by,
                "source": one.source,
            }
            for one in gold
        ]
        table(rows, {"doc": "Document", "verdict": "Answer", "reasons": "Reasons", "by": "By", "source": "From"})


@gold_app.command("set")
def gold_set(
    document: Annotated[list[str], typer.Argument(help="Names of drawn documents: SHARD#ROW.")],
    keep: Annotated[bool, typer.Option("--keep", help="They are good.")] = False,
    reject: Annotated[bool, typer.Option("--reject", help="They are bad.")] = False,
    reason: Annotated[list[str] | None, typer.Option(help="Why they are bad. Again for more.")] = None,
    by: By = None,
    project: ProjectDir = HERE,
) -> None:
    """Make drawn documents gold: say what the right answer is."""
    from review import workflow
    from review.errors import ReviewError
    from review.records import Verdict

    if keep == reject:
        raise ReviewError("A gold document is --keep or --reject: name one of them.")
    with opened(project) as opened_project:
        made = workflow.set_gold(
            opened_project, document, Verdict.KEEP if keep else Verdict.REJECT, reasons=reason or (), by=person(by)
        )
        share = opened_project.settings.desk.gold_share
    say(f"{len(made):,} documents are gold: {made[0].verdict}.")
    if not share:
        say("None is handed out yet: set gold_share under [desk] in review.toml.")


@gold_app.command("remove")
def gold_remove(
    document: Annotated[list[str], typer.Argument(help="Names of gold documents.")],
    by: By = None,
    project: ProjectDir = HERE,
) -> None:
    """Take documents from the gold ones. Answers given to them no longer say anything about a reader."""
    from review import workflow

    with opened(project) as opened_project:
        made = workflow.set_gold(opened_project, document, None, by=person(by))
    say(f"{len(made):,} documents are gold no more.")


@gold_app.command("adjudicated")
def gold_adjudicated(by: By = None, project: ProjectDir = HERE) -> None:
    """Make gold of every document on which a lead has said keep or reject.

    They are the disputed ones, harder than most: readers err on them more often than on a document drawn at random.
    """
    from review import workflow

    with opened(project) as opened_project:
        made = workflow.gold_from_adjudicated(opened_project, by=person(by))
    say(f"{len(made):,} adjudicated documents are gold now.")
