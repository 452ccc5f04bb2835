"""Whether what a release says follows from the journal: its decisions, and the certificates they rest on.

The journal's lines up to the release are replayed into a store of their own, in memory, so this works beside a running
server and with nothing but a copy of the journal. What a certificate is today then says whether it still rests on the
labels it rested on: the very check by which decisions go stale.
"""

from __future__ import annotations

import contextlib
import hashlib
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from review.certificate.lists import RISKS
from review.errors import ReviewError, StoreError
from review.plan_settings import PlanSettings
from review.project import Project
from review.records import Ruling
from review.release.manifest import shard_facts, stamp
from review.settings import Settings, load_settings
from review.store import read_events, replayed
from review.workflow.risk import list_risk, stated

JOURNAL = "journal"
# Of what makes a decision stale, that which the journal alone decides: files lie elsewhere, and what is set in
# review.toml may have changed since the release.
IN_JOURNAL = ("labels", "rubric")


def journal_of(manifest: Path) -> Path | None:
    """The journal of the project that a manifest lies in, as releases/NAME/manifest.json; None where there is none."""
    folder = manifest.resolve().parent.parent.parent / JOURNAL
    return folder if folder.is_dir() and any(folder.glob("*.jsonl")) else None


def journal_problems(content: bytes, manifest: Mapping[str, Any], journal: Path) -> tuple[int, list[str]]:
    """How many shards' certificates follow from the journal, and in what the manifest differs from it, as sentences.

    content: the manifest's bytes.
    """
    place = manifest.get("journal")
    if manifest.get("schema") == 1:  # of an earlier version, which did not say where in the journal a release stands
        return 0, list(_recorded_otherwise(content, manifest, journal, 0))
    if not isinstance(place, Mapping) or type(place.get("seq")) is not int:
        return 0, ["The manifest does not say where in the journal it stands, so it cannot be followed there."]
    shards = len(manifest["shards"])
    try:
        with replayed(journal, place["seq"]) as store:
            if store is None or store.newest() != (place["seq"], place.get("hash")):
                what = "is missing" if store is None else "is another one"
                said = f"The journal in {journal} is not the one this release rests on: event {place['seq']} {what}."
                return 0, [said]
            project = Project(store.root, _settings(manifest, journal.parent), store)
            problems = list(_problems(project, manifest))
            checked = shards - len({problem.partition(":")[0] for problem in problems})
            problems += _list_problems(project, manifest)
    except StoreError as error:
        return 0, [f"The journal in {journal} cannot be followed: {error}"]
    return checked, [*problems, *_recorded_otherwise(content, manifest, journal, place["seq"])]


def _recorded_otherwise(content: bytes, manifest: Mapping[str, Any], journal: Path, seq: int) -> Iterator[str]:
    """What is wrong where the journal has recorded another manifest of this name, or at this place."""
    digest, other = hashlib.sha256(content).hexdigest(), ""
    with contextlib.suppress(
        StoreError
    ):  # what came later is no part of this release; a writer may be at its last line
        for event in read_events(journal, seq + 1, sys.maxsize):
            if event.type != "release":
                continue
            head = event.data["manifest"]
            if head.get("sha256") == digest:
                return
            if event.data["name"] == manifest.get("release") or head.get("journal") == manifest.get("journal"):
                other = f"The journal has another manifest for the release {event.data['name']} (event {event.seq})."
    if other:
        yield other


def _list_problems(project: Project, manifest: Mapping[str, Any]) -> Iterator[str]:
    """What is wrong with the promise about the list as a whole, computed again from the labels of its day."""
    risk = manifest.get("risk")
    if not isinstance(risk, Mapping) or risk.get("risk") not in RISKS or risk["risk"] == "shard":
        return
    found = list_risk(project, risk["risk"])
    if stated(found) != dict(risk):
        yield f"What the manifest promises of the list does not follow from the journal: {found.sentence}"
    listed = {str(shard["name"]) for shard in manifest["shards"]}
    if missing := sorted(listed - set(found.shards)):
        yield f"{missing[0]}: lacks the evidence that a list at this risk asks for."


def _settings(manifest: Mapping[str, Any], root: Path) -> Settings:
    """The project's settings, with the plan that the release was made under."""
    try:
        settings = load_settings(root)
    except ReviewError:
        settings = Settings()
    try:
        plan = PlanSettings(**manifest["plan"])
    except (ValidationError, TypeError, KeyError):
        return settings
    return settings.model_copy(update={"plan": plan})


def _problems(project: Project, manifest: Mapping[str, Any]) -> Iterator[str]:
    standings = project.standings()
    facts = {shard.name: shard_facts(shard) for shard in project.store.shards()}
    for shard in manifest["shards"]:
        name, said = shard["name"], shard["decision"]
        place = standings.get(name)
        decision = place.decision if place else None
        if differing := [key for key, value in facts.get(name, {}).items() if shard.get(key, value) != value]:
            yield f"{name}: the journal knows another {differing[0]} of this shard."
            continue
        if place is None or decision is None or decision.seq != said.get("seq"):
            yield f"{name}: the journal has no such decision, or a newer one."
        elif decision.ruling is not Ruling.APPROVE or decision.by != said.get("by"):
            yield f"{name}: the journal says {decision.ruling.value} by {decision.by!r}."
        elif said.get("at") != (decision.at and stamp(decision.at)) or said.get("reason") != decision.reason:
            yield f"{name}: the journal gives another time or reason for the decision."
        elif said.get("confirmed_by") != decision.confirmed_by:
            yield f"{name}: the journal says {decision.confirmed_by or 'nobody'} confirmed it."
        elif dict(decision.certificate) != shard["certificate"]:
            yield f"{name}: the journal holds another certificate for this decision."
        elif why := [reason for reason in place.stale if reason.startswith(IN_JOURNAL)]:
            yield f"{name}: its certificate does not follow from the journal: {', '.join(why)}."
