"""Whether what a release says follows from the journal: its decisions, and the certificates they rest on.

The journal's lines up to the release are replayed into a store of their own, in memory, so this works beside a running
server and with nothing but a copy of the journal. What a certificate is today then says whether it still rests on the
labels it rested on: the very check by which decisions go stale.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from review.errors import ReviewError, StoreError
from review.plan_settings import PlanSettings
from review.project import Project
from review.records import Ruling
from review.release.manifest import stamp
from review.settings import Settings, load_settings
from review.store import replayed

JOURNAL = "journal"
# Of what makes a decision stale, that which the journal alone decides: files lie elsewhere, and what is set in
# review.toml may have changed since the release.
IN_JOURNAL = ("labels", "rubric")


def journal_of(manifest: Path) -> Path | None:
    """The journal of the project that a manifest lies in, as releases/NAME/manifest.json; None where there is none."""
    folder = manifest.resolve().parent.parent.parent / JOURNAL
    return folder if folder.is_dir() and any(folder.glob("*.jsonl")) else None


def journal_problems(manifest: Mapping[str, Any], journal: Path) -> tuple[int, list[str]]:
    """How many shards' certificates follow from the journal, and in what the others do not, as sentences."""
    place = manifest.get("journal")
    if not isinstance(place, Mapping) or type(place.get("seq")) is not int:
        return 0, []  # a release of an earlier version, which does not say where in the journal it stands
    try:
        with replayed(journal, place["seq"]) as store:
            if store is None or store.newest() != (place["seq"], place.get("hash")):
                what = "is missing" if store is None else "is another one"
                said = f"The journal in {journal} is not the one this release rests on: event {place['seq']} {what}."
                return 0, [said]
            problems = list(_problems(Project(store.root, _settings(manifest, journal.parent), store), manifest))
    except StoreError as error:
        return 0, [f"The journal in {journal} cannot be followed: {error}"]
    shards = len(manifest["shards"])
    return shards - len({problem.partition(":")[0] for problem in problems}), problems


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
    for shard in manifest["shards"]:
        name, said = shard["name"], shard["decision"]
        place = standings.get(name)
        decision = place.decision if place else None
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
