"""What a list of approved shards promises as a whole."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from typing import Any

from review.certificate.certify import list_alpha, proof_of
from review.certificate.inputs import read_inputs
from review.certificate.lists import RISKS, Listed, Proof, choose
from review.errors import PlanError, ReleaseError
from review.project import Project
from review.standing import Standing


def list_risk(project: Project, risk: str | None = None, *, also: Collection[str] = ()) -> Listed:
    """The approved shards that a list at this risk (default: the settings') may name, and what others lack.

    Every shard with an answer is a candidate, approved or not: the ones that were looked at and dropped count too.
    A shard approved against its certificate has nothing but its labels to show, as all others. also: shards to be seen
    as approved now, on the labels of today. Raises ReleaseError for a risk that is none.
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
    # A decision rests on the labels of its time; those that came later may not raise what it shows.
    inputs: dict[str, Mapping[str, object]] = {
        name: place.decision.certificate["inputs"] if name in approved and place.decision else place.certificate.inputs
        for name, place in places.items()
    }
    # Where each shard speaks for itself, nobody asks what any of them shows.
    proofs = {name: Proof() if kind == "shard" else _proof(one) for name, one in inputs.items()}
    return choose(
        proofs,
        approved | set(also),
        list_alpha(plan, project.readers()),
        kind,
        claim=plan.alpha,
        overruled=sum(_overruled(places[name]) for name in approved)
        + sum(places[name].certificate.state != "approve" for name in also),
    )


def _overruled(place: Standing) -> bool:
    return place.decision is not None and bool(place.decision.certificate.get("overruled"))


def stated(listed: Listed) -> dict[str, Any]:
    """What a manifest says of it. A list without a promise of its own does not hang on other shards."""
    said: dict[str, Any] = {key: getattr(listed, key) for key in ("risk", "rule", "alpha", "sentence")}
    return said if listed.risk == "shard" else said | {"candidates": listed.candidates}


def why_left_out(listed: Listed) -> dict[str, str]:
    """Of each approved shard that the list may not name, why, as a clause."""
    return {
        name: f"its evidence of {math.exp(min(has, 600)):.3g} is below the {math.exp(min(needed, 600)):.3g} that a "
        f"list at this risk asks for ({listed.rule}); label more of it"
        for name, (has, needed) in listed.lacking.items()
    }


def _proof(inputs: Mapping[str, object]) -> Proof:
    try:
        return proof_of(read_inputs(inputs))
    except PlanError:  # of an earlier version, or of another plan: it shows nothing here
        return Proof(log_e=-math.inf)
