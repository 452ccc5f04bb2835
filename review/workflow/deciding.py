"""Labels -> certificate -> decision -> release."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict

from review.errors import NotFound, ReviewError
from review.project import Project
from review.records import Decision, Lot, Ruling
from review.standing import Standing
from review.workflow.intake import check_files


def decide(
    project: Project,
    shards: Sequence[str],
    ruling: Ruling,
    *,
    reason: str,
    by: str,
    overrule: bool = False,
    seen: Mapping[str, int | None] | None = None,
) -> list[Decision]:
    """Record a lead's ruling on shards, all or none.

    Raises ReviewError when a certificate does not support it (unless `overrule`, which is marked in the decision and
    needs a reason), when a file no longer is what was labelled, or when only some shards of a lot are named: what a lot
    shows is about all of them. `seen`, where given: see `Store.record_decisions`.
    """
    if overrule and not reason.strip():
        raise ReviewError("Overruling a certificate needs a reason. Say why in --reason.")
    found, left_out = _rule(project, shards, ruling, reason=reason, by=by, overrule=overrule)
    if left_out:
        raise ReviewError(next(iter(left_out.values())))
    return project.store.record_decisions(found, seen=seen)


def decide_supported(
    project: Project, shards: Sequence[str], ruling: Ruling, *, reason: str, by: str
) -> tuple[list[Decision], dict[str, str]]:
    """Record a lead's ruling on those of the shards whose certificates support it; of each other one, say why not."""
    found, left_out = _rule(project, shards, ruling, reason=reason, by=by, overrule=False)
    return (project.store.record_decisions(found) if found else []), left_out


def _rule(
    project: Project, shards: Sequence[str], ruling: Ruling, *, reason: str, by: str, overrule: bool
) -> tuple[list[Decision], dict[str, str]]:
    """The decisions that can be made, not yet recorded, and why each other one cannot."""
    standings = project.standings()
    missing = [name for name in shards if name not in standings]
    if missing:
        raise NotFound(f"There is no shard {missing[0]!r}. `review shards` lists them.")
    if not shards:
        raise ReviewError("No shard was chosen. Name at least one.")
    whole = set(mates(project, shards)) - set(shards) if ruling is not Ruling.HOLD and not overrule else set()
    gone = set(check_files(project, shards, by=by)) if ruling is Ruling.APPROVE else set()
    rubric = project.store.rubric().version
    decisions: list[Decision] = []
    left_out: dict[str, str] = {}
    for name in shards:
        place = standings[name]
        if name in gone:
            left_out[name] = f"{name} is not the file that was labelled any more. Ingest it again before approving."
            continue
        if place.pooled and not whole.isdisjoint(place.pooled.lot.shards):
            lot = place.pooled.lot
            left_out[name] = (
                f"{name} is in the lot {lot.name!r}, which can only be set to {ruling.value} as a whole, all "
                f"{len(lot.shards)} shards of it: decide `lot:{lot.name}`, or overrule with a reason."
            )
            continue
        if place.pooled and place.pooled.lost and ruling is not Ruling.HOLD and not overrule:
            left_out[name] = (
                f"{name} is in the lot {place.pooled.lot.name!r}, which was formed with {place.pooled.lost} as it was, "
                "and that file changed or is gone. Dissolve the lot, or overrule with a reason."
            )
            continue
        supported = ruling is Ruling.HOLD or place.certificate.state == ruling.value
        if supported and place.outdated and ruling is not Ruling.HOLD and not overrule:
            raise ReviewError(
                f"{name} has {place.outdated} documents that were judged by an earlier rubric only. Say what the "
                "change means for them (`review rubric`), or overrule with a reason if it does not touch them."
            )
        if not supported and not overrule:
            left_out[name] = (
                f"{name} cannot be set to {ruling.value}: {place.sentence.removesuffix('.')}. The plan says "
                f"{place.certificate.state!r}. {_way_out(place)}"
            )
            continue
        decisions.append(
            Decision(
                shard=name,
                ruling=ruling,
                reason=reason,
                by=by,
                fingerprint=project.store.shard(name).fingerprint,
                certificate=asdict(place.certificate)
                | {"overruled": not supported or (overrule and place.outdated > 0)}
                | ({"lot": place.pooled.lot.name} if place.pooled else {}),
                rubric=rubric,
            )
        )
    return decisions, left_out


def _way_out(place: Standing) -> str:
    """What a lead can do about a ruling that the labels do not support."""
    if place.certificate.state == "undecided":
        return "It asks for no more labels: overrule with a reason, or change the plan."
    return "Label more documents, or overrule with a reason."


def confirm(project: Project, shards: Sequence[str], *, by: str) -> int:
    """Sign, as the second person, approvals that need two; returns how many stand now. All or none.

    Raises ReviewError where nothing waits for a signature, the decision no longer holds, or it is this person's own.
    """
    if not shards:
        raise ReviewError("No shard was chosen. Name at least one.")
    check_files(project, shards, by=by)
    standings = project.standings()
    decisions: list[Decision] = []
    for name in shards:
        place = standings.get(name)
        if place is None:
            raise NotFound(f"There is no shard {name!r}. `review shards` lists them.")
        if place.state != "to be confirmed" or place.decision is None:
            why = f"stale: {', '.join(place.stale)}" if place.stale else place.state
            raise ReviewError(f"{name} is {why}; only an approval that waits for a second person can be confirmed.")
        decisions.append(place.decision)
    return project.store.confirm_decisions(decisions, by)


def approved(project: Project, *, by: str = "review") -> tuple[list[Standing], dict[str, str]]:
    """Standings a release may list, and why each other decided shard may not be. Files are compared first."""
    decided = [name for name, place in project.standings().items() if place.decision]
    check_files(project, decided, by=by)
    chosen: list[Standing] = []
    left_out: dict[str, str] = {}
    places = project.standings()
    for name, place in sorted(places.items()):
        if place.state == "approved" and (waits := _unsigned(place, places)):
            left_out[name] = f"{waits}, in its lot, is {places[waits].state}"
        elif place.state == "approved":
            chosen.append(place)
        elif place.decision:
            why = ", ".join(place.stale) if place.stale else place.state
            left_out[name] = why
    return chosen, left_out


def mates(project: Project, shards: Sequence[str]) -> list[str]:
    """These shards and all that are in a lot with one of them, each once."""
    places, found = project.standings(), dict.fromkeys(shards)
    for name in shards:
        if (place := places.get(name)) and place.pooled:
            found |= dict.fromkeys(place.pooled.lot.shards)
    return [name for name in found if name in places or name in shards]


def lot_of(place: Standing) -> Lot | None:
    """The lot that a shard was decided with; None where it stands alone, or was decided against the labels."""
    alone = place.pooled is None or (place.decision and place.decision.certificate.get("overruled"))
    return None if alone or place.pooled is None else place.pooled.lot


def _unsigned(place: Standing, places: Mapping[str, Standing]) -> str:
    """A shard that keeps its lot from being listed, or "": what a lot shows is about all its shards, so a list names
    all or none."""
    lot = lot_of(place)
    return next((name for name in lot.shards if name in places and places[name].state != "approved"), "") if lot else ""
