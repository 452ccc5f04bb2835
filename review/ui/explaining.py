"""Why a shard stands as it does: who decided, on what, under which plan, and what has happened since. Pure.

A lead has to be able to answer for an approval long after it was given, from this alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from review.records import AuditDesign, Decision
from review.standing import Standing
from review.ui import words

DONE = {"approve": "Approved", "reject": "Rejected", "hold": "Held"}


@dataclass(frozen=True, slots=True)
class Around:
    """What else is known: of the day of the decision, and of today."""

    design: AuditDesign | None = None  # how the audit draws are made, where they are no simple random order
    read_by: Mapping[str, int] = field(default_factory=dict)  # who had read how many of the documents that counted
    changed: Sequence[tuple[str, str, str]] = ()  # counted documents judged otherwise today: name, verdict then and now
    rubric: int | None = None  # version in force today
    stands: bool = False  # whether labels given by the decision's rubric stand under it
    model: str | None = None  # in use today


def explained(
    place: Standing, offset: timedelta = timedelta(), around: Around = Around()
) -> list[tuple[str, str, str]]:
    """Icon, strong start and rest of each sentence; none while nobody has decided.

    First what was known when it was decided, all of it as it was stored then; from "Since then" on what is different
    today.
    """
    decision = place.decision
    if decision is None:
        return []
    certificate = decision.certificate
    lines = [("check", *_who(decision, offset))]
    if lot := str(certificate.get("lot", "")):
        lines.append(("check", "As part of a lot:", _together(lot, place)))
    if certificate.get("overruled"):
        lines.append(("warning", "Not proven by the labels.", "The lead overruled what they said:"))
    lines.append(("check", "The labels said", _then(decision)))
    if around.read_by:
        names = [f"{name} ({words.plural(count, 'document')})" for name, count in around.read_by.items()]
        lines.append(("check", "Read by", f"{words.listed(names, 6)}."))
    if drawn := _drawn(certificate.get("inputs", {}), around.design):
        lines.append(("check", "They were drawn", drawn))
    if basis := str(certificate.get("basis", "")):
        lines.append(("check", "Readers' errors:", f"{basis[0].lower()}{basis[1:]}"))
    if wanted := _wanted(certificate.get("inputs", {}).get("plan", {})):
        lines.append(("check", "The plan asked", wanted))
    lines.append(("stale" if place.stale else "clock", "Since then", _since(place, decision)))
    return lines + [("clock", strong, rest) for strong, rest in _today(place, decision, around)]


def _who(decision: Decision, offset: timedelta) -> tuple[str, str]:
    start = f"{DONE[decision.ruling.value]} by {decision.by} on {dated(decision.at, offset)}."
    rest = f"Confirmed by {decision.confirmed_by} on {dated(decision.confirmed_at, offset)}. " if (
        decision.confirmed_by) else ""  # fmt: skip
    return start, rest + (f"“{decision.reason}”" if decision.reason else "No reason was given.")


def _together(lot: str, place: Standing) -> str:
    if place.pooled is None or place.pooled.lot.name != lot:
        return f"{lot}, which is dissolved."
    found = place.pooled.lot
    test = place.pooled.test()
    alike = "" if test is None else (
        f" Its shards {'differ' if test.differ else 'show no sign that they differ'} (p = {test.p:.2g})."
    )  # fmt: skip
    why = f" “{found.reason}”" if found.reason else ""
    return (
        f"{lot}, {words.plural(len(found.shards), 'shard')} with {words.plural(found.documents, 'document')}, formed "
        f"by {found.by}.{why} What follows is about all of them together, not about this shard alone.{alike}"
    )


def _then(decision: Decision) -> str:
    certificate = decision.certificate
    # Drawn with replacement, a document may count more than once.
    counted = "document" if certificate.get("inputs", {}).get("size") else "draw"
    read = f"{words.plural(int(certificate.get('n', 0)), counted)} counted, {certificate.get('bad', 0)} bad"
    if unsure := certificate.get("unsure"):
        read += f", {unsure} unsure"
    said = str(certificate.get("sentence", "nothing")).rstrip(".")
    return f"“{said}.” {read}, judged by rubric {decision.rubric}."


def _drawn(inputs: Mapping[str, Any], design: AuditDesign | None) -> str:
    """How the documents were chosen, which is what lets a few speak for all."""
    if strata := inputs.get("strata"):
        told = f"at random from {words.plural(len(strata.get('weights', ())), 'stratum', 'strata')}"
        if design is not None and design.model:
            told += f" by the scores of {design.model}"
            told += f", whose AUC was {design.auc:.3f}" if design.auc is not None else ""
        told += "; the scores only chose where to look, they prove nothing"
    elif inputs.get("unit") == "tokens":
        told = "at random in proportion to their length"
    elif size := inputs.get("size"):
        told = f"at random from {words.plural(int(size), 'document')}"
    else:
        return ""
    unit = "text by its length" if inputs.get("unit") == "tokens" else "documents"
    return f"{told}. Shares are of {unit}."


def _wanted(plan: Mapping[str, Any]) -> str:
    try:
        accept, reject, alpha, beta = (float(plan[name]) for name in ("accept", "reject", "alpha", "beta"))
    except (KeyError, TypeError, ValueError):
        return ""
    return (
        f"to approve when {words.whole(1 - alpha)} sure that less than {words.whole(reject)} is bad, to reject when "
        f"{words.whole(1 - beta)} sure that more than {words.whole(accept)} is ({plan.get('method', 'fixed')})."
    )


def _since(place: Standing, decision: Decision) -> str:
    told = []
    more = place.labels - int(decision.certificate.get("n", 0))
    if more > 0:
        told.append(f"{words.plural(more, 'more document')} read")
    if place.stale:
        told.append(f"the decision no longer holds: {', '.join(place.stale)}")
    else:
        told.append("file, rubric, plan and counted labels are as they were, so it holds")
    text = "; ".join(told)
    return f"{text}."


def _today(place: Standing, decision: Decision, around: Around) -> list[tuple[str, str]]:
    """What is different today, each with what it was."""
    then, now = decision.certificate, place.certificate
    inputs: Mapping[str, Any] = then.get("inputs", {})
    lines = []
    if around.changed:
        named = [
            f"{words.document(name, place.shard)} {was} then, {said or 'unanswered'} now"
            for name, was, said in around.changed
        ]
        count = words.plural(len(around.changed), "counted document")
        lines.append(("Labels changed:", f"{count} judged otherwise: {words.listed(named, 4)}."))
    if around.rubric is not None and around.rubric != decision.rubric:
        means = "the labels given before it stand" if around.stands else "it asks something else of those labels"
        lines.append((f"Rubric {around.rubric} is in force today,", f"{decision.rubric} was then; {means}."))
    if inputs.get("plan") != now.inputs["plan"]:
        lines.append(("The plan asks today", _wanted(now.inputs["plan"])))
    if inputs.get("readers") != now.inputs.get("readers"):
        lines.append(("Readers' errors today:", f"{now.basis[0].lower()}{now.basis[1:]}"))
    if around.model and around.design and around.design.model and around.model != around.design.model:
        lines.append((
            f"{around.model} is in use today.", f"The draws stay as they were made, by the scores of "
            f"{around.design.model}."
        ))  # fmt: skip
    if lines and now.sentence != then.get("sentence"):
        lines.append(("The labels say today", f"“{now.sentence.rstrip('.')}.”"))
    return lines


def dated(at: datetime | None, offset: timedelta = timedelta()) -> str:
    """22 May 2026 09:14, in the reader's clock."""
    if at is None:
        return "an unknown day"
    local = at + offset
    return f"{words.day(local)} {local.year} {local:%H:%M}"
