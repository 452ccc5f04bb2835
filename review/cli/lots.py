"""lots."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from review.cli.options import HERE, By, Json, ProjectDir, opened, person
from review.cli.output import plain, say, say_json
from review.errors import ReviewError

if TYPE_CHECKING:
    from review.certificate.lots import Homogeneity
    from review.pooling import Pooled


SAYS = {"more": "needs labels", "approve": "can be approved", "reject": "should be rejected", "undecided": "undecided"}


def register(app: typer.Typer) -> None:
    app.command()(lots)


def lots(
    key: Annotated[str, typer.Option(help="corpus, folder, score, or a metadata column.")] = "corpus",
    form: Annotated[list[str] | None, typer.Option(metavar="VALUE", help="Make a lot; may be given again.")] = None,
    dissolve: Annotated[str | None, typer.Option(metavar="LOT", help="Let its shards stand alone again.")] = None,
    reason: Annotated[str, typer.Option(help="Why; kept with the lot.")] = "",
    project: ProjectDir = HERE,
    by: By = None,
    json: Json = False,
) -> None:
    """Shards certified as one: the lots there are, and which there could be. `--form` makes one.

    A lot is decided as a whole, as `review decide lot:NAME approve`. What is said of it is said of all its documents
    together, never of one of its shards.
    """
    from review import workflow

    if form and dissolve:
        raise ReviewError("One thing at a time: --form or --dissolve.")
    with opened(project) as opened_project:
        if form:
            made = workflow.form_lots(opened_project, key, form, by=person(by), reason=reason)
            for lot in () if json else made:
                say(f"{lot.name}: {len(lot.shards)} shards, {lot.documents:,} documents, one certificate from now on.")
                if any(lot.starts):
                    say(f"  The {sum(lot.starts):,} documents read before have no part in it.")
            if json:
                say_json(made)
            return
        if dissolve:
            gone = workflow.dissolve_lot(opened_project, dissolve, by=person(by), reason=reason)
            if json:
                say_json(gone)
            else:
                say(f"{gone.name}: its {len(gone.shards)} shards stand for themselves again.")
            return
        formed, found = workflow.pooled_lots(opened_project), workflow.lots(opened_project, key)
        standing = {one.lot.name: _told(one, opened_project.standings()[one.lot.shards[0]]) for one in formed}
    if json:
        say_json({"lots": list(standing.values()), "proposals": found})
        return
    for name, told in standing.items():
        say(f"Lot {name}: {told['shards']} shards, {told['documents']:,} documents; {told['state']}.")
        say(f"  {told['sentence']} {told['read']:,} read, {told['bad']:,} bad. {_alike(told['test'])}.")
    if found:
        say(f"Lots there could be, of open shards with the same {key}; `--form VALUE` makes one:")
    for one in found:
        say(f"{one.name}: {_shards(len(one.shards))}, {one.documents:,} documents; {_alike(one.test)}.")
        if len(one.shards) < 2:
            say("  A single shard is no lot.")
            continue
        if one.unfit:
            say(f"  No lot can be made of them: {one.unfit}.")
            continue
        if any(one.starts):
            say(
                "  What was read of them would not count: "
                + (
                    f"{one.others} of the same value were decided, or are or were in a lot."
                    if one.others
                    else "scores learn from it."
                )
            )
        say(f"  As one: {SAYS[one.certificate.state]}; {one.certificate.sentence.removesuffix('.')}.")
        say(f"  Mean labels at the accepted share: {one.together:,.0f} as one, {one.alone:,.0f} one by one.")


def _told(one: Pooled, place: Any) -> dict[str, Any]:
    return {
        "name": one.lot.name,
        "shards": len(one.lot.shards),
        "documents": one.lot.documents,
        "state": place.state,
        "sentence": place.sentence,
        "read": place.certificate.n,
        "bad": place.certificate.bad,
        "test": one.test(),
        "certificate": plain(place.certificate),
    }


def _shards(count: int) -> str:
    return "1 open shard" if count == 1 else f"{count} open shards"


def _alike(test: Homogeneity | None) -> str:
    if test is None:
        return "too few answers yet to say whether they differ"
    return f"{'they differ' if test.differ else 'no sign that they differ'} (p = {test.p:.2g})"
