"""What a list of approved shards promises as a whole."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import replace
from typing import Any

from review.certificate.certify import list_alpha, proof_of
from review.certificate.lists import BY_P, RISKS, Listed, Proof, choose
from review.errors import ReleaseError
from review.project import Project
from review.standing import Standing
from review.workflow.deciding import lot_of


def list_risk(project: Project, risk: str | None = None, *, also: Collection[str] = ()) -> Listed:
    """The approved shards that a list at this risk (default: the settings') may name, and what others lack.

    Every shard with an answer is a candidate, approved or not: the ones that were looked at and dropped count too.
    A shard approved against its certificate has nothing but its labels to show, as all others. What was read of a shard
    after it was approved counts too: its evidence is valid at any label. also: shards to be seen as approved now.
    Raises ReleaseError for a risk that is none.
    """
    kind = next((one for one in RISKS if one == (risk or project.settings.release.risk)), None)
    if kind is None:
        raise ReleaseError(f"There is no list risk {risk!r}. Allowed: {', '.join(RISKS)}.")
    plan = project.settings.plan.plan()
    places = {
        name: place
        for name, place in project.standings().items()
        if place.certificate.n or place.state == "approved" or name in also
    }
    approved = {name for name, place in places.items() if place.state == "approved" and name not in also}
    # A lot is one claim, about all its shards together: one candidate, listed as a whole.
    units: dict[str, list[str]] = {}
    for name, place in places.items():
        units.setdefault(_unit(place), []).append(name)
    # Where each shard speaks for itself, nobody asks what any of them shows.
    proofs = {unit: Proof() if kind == "shard" else proof_of(places[names[0]].given) for unit, names in units.items()}
    found = choose(
        proofs,
        {unit for unit, names in units.items() if all(name in approved or name in also for name in names)},
        list_alpha(plan, project.readers()),
        kind,
        claim=plan.alpha,
        overruled=sum(_overruled(places[name]) for name in approved)
        + sum(places[name].certificate.state != "approve" for name in also),
        lots=any(place.pooled for place in places.values()),
    )
    return replace(
        found,
        shards=tuple(sorted(name for unit in found.shards for name in units[unit])),
        lacking={name: bars for unit, bars in found.lacking.items() for name in units[unit]},
    )


def _unit(place: Standing) -> str:
    """What a shard is a candidate as: its lot, unless it was approved against the labels, or itself."""
    lot = lot_of(place)
    return f"\0{lot.name}" if lot else place.shard  # no shard is called so


def _overruled(place: Standing) -> bool:
    return place.decision is not None and bool(place.decision.certificate.get("overruled"))


def stated(listed: Listed) -> dict[str, Any]:
    """What a manifest says of it. A list without a promise of its own does not hang on other shards."""
    said: dict[str, Any] = {key: getattr(listed, key) for key in ("risk", "rule", "alpha", "sentence")}
    return said if listed.risk == "shard" else said | {"candidates": listed.candidates}


def why_left_out(listed: Listed) -> dict[str, str]:
    """Of each approved shard that the list may not name, why, as a clause."""
    fixed = listed.rule in BY_P
    then = "a fixed plan shows no more, a sequential one can be read on" if fixed else "label more of it"
    return {
        name: f"its evidence of {math.exp(min(has, 600)):.3g} is below the {math.exp(min(needed, 600)):.3g} that a "
        f"list at this risk asks for ({listed.rule}); {then}"
        for name, (has, needed) in listed.lacking.items()
    }


def to_read_on(project: Project) -> dict[str, int]:
    """How many audit ranks the desk may hand out of approved shards that lack evidence for the list's risk, by the
    settings. A fixed plan has no more to show."""
    if project.settings.release.risk == "shard":
        return {}
    listed = list_risk(project)
    if listed.rule in BY_P:
        return {}
    places = project.standings()
    return {name: places[name].drawn for name in listed.lacking}
