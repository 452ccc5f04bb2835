"""What pages show of the standings: chosen, sorted, paged, summed. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from review.names import same
from review.records import Plan, Ruling
from review.standing import URGENCY, Standing
from review.ui import words
from review.ui.bars import Interval
from review.ui.parts import Kind
from review.workflow import Overview, Step

SORTS: dict[str, Callable[[Standing], tuple[object, ...]]] = {
    "What to do first": lambda s: (URGENCY[s.state], s.more, s.shard),
    "Fewest labels to go": lambda s: (s.state in ("approved", "rejected"), s.more, s.shard),
    "Name": lambda s: (s.shard,),
    "Worst first": lambda s: (-s.low, -s.high, s.shard),
    "Best first": lambda s: (s.high, s.low, s.shard),
    "Most documents": lambda s: (-s.documents, s.shard),
    "Latest decision": lambda s: (-(s.decision.seq or 0) if s.decision else 1, s.shard),
}

OVERRULED = "overruled"  # stands among the states of the filter: decided against what the labels prove

# A bar over all shards, in this order: name, its states.
PROGRESS: dict[str, tuple[str, ...]] = {
    "approved": ("approved",),
    "rejected": ("rejected",),
    "stale": ("stale", "changed", "missing"),
    "ready to decide": ("can be approved", "should be rejected", "to be confirmed"),
    "held": ("held",),
    "undecided": ("undecided",),
    "being read": ("needs labels",),
    "no labels yet": ("no labels yet",),
}


def choose(
    standings: Iterable[Standing], *, states: Sequence[str] = (), find: str = "", corpus: str | None = None, sort: str
) -> list[Standing]:
    """Standings in these states (none: all), whose name or lot contains `find`, of one corpus, in the named order."""
    wanted, needle = set(states), find.strip().casefold()
    rows = [
        place
        for place in standings
        if (not wanted or place.state in wanted or (OVERRULED in wanted and words.overruled(place)))
        and (not needle or needle in place.shard.casefold() or needle in lot_name(place).casefold())
        and (corpus is None or place.corpus == corpus)
    ]
    return sorted(rows, key=SORTS[sort])


def lot_name(place: Standing) -> str:
    """The lot it is certified with, or ""."""
    return place.pooled.lot.name if place.pooled else ""


def pages(count: int, size: int) -> int:
    """How many pages of `size` rows; at least one."""
    return max(1, -(-count // size))


def progress(standings: Iterable[Standing]) -> dict[str, int]:
    """Shards in each part of the progress bar."""
    counts = Counter(place.state for place in standings)
    return {name: sum(counts[state] for state in states) for name, states in PROGRESS.items()}


def decided(standings: Sequence[Standing]) -> tuple[float, float]:
    """Share of shards, and of documents, with a decision that holds."""
    done = [place for place in standings if place.state in ("approved", "rejected")]
    documents = sum(place.documents for place in standings)
    return len(done) / max(len(standings), 1), sum(place.documents for place in done) / max(documents, 1)


def interval(place: Standing) -> Interval | None:
    """The bar of a shard; hollow where it no longer holds. None before the first label."""
    read, bad = counted(place)
    if not read:
        return None
    hollow = place.state in ("stale", "changed", "missing")
    return Interval(place.low, bad / read, place.high, hollow)


def counted(place: Standing) -> tuple[int, int]:
    """Labels and bad ones that its interval stands for: the shard's own, or those of the lot it is certified with."""
    return (place.certificate.n, place.certificate.bad) if place.pooled else (place.labels, place.bad)


def promised(standings: Sequence[Standing], ruling: Ruling) -> tuple[list[Standing], list[tuple[Standing, str]]]:
    """What a ruling would take in, and what it leaves out with the reason in words."""
    if ruling is Ruling.HOLD:
        taken = [place for place in standings if place.state not in ("changed", "missing")]
    else:
        taken = [
            place
            for place in standings
            if place.certificate.state == ruling.value
            and place.state not in ("changed", "missing")
            and not any(why.startswith("file") for why in place.stale)
        ]
    left = [(place, _why_not(place, ruling)) for place in standings if place not in taken]
    return taken, left


def confirmable(standings: Sequence[Standing], by: str) -> tuple[list[Standing], list[tuple[Standing, str]]]:
    """The approvals that this person's signature would make stand, and why each other one is not among them."""
    taken = [
        place
        for place in standings
        if place.state == "to be confirmed" and place.decision is not None and not same(place.decision.by, by)
    ]
    left = [
        (place, "was approved by you" if place.state == "to be confirmed" else f"is {words.state(place)}")
        for place in standings
        if place not in taken
    ]
    return taken, left


def _why_not(place: Standing, ruling: Ruling) -> str:
    if place.stale:
        return f"is stale: {', '.join(place.stale)}"
    if place.state in ("changed", "missing"):
        return f"its file is {place.state}"
    if not counted(place)[0]:
        return "has no labels yet"
    if place.certificate.state == "more":
        return f"needs up to {words.plural(place.more, 'more label')}"
    return f"its labels do not allow to {ruling.value} it: {words.sure(place)}"


@dataclass(frozen=True, slots=True)
class NextRow:
    """One line of "Do next": what to do, why, and where its button leads."""

    kind: str
    icon: str
    colour: str  # a token
    strong: str
    text: str
    button: str
    page: str
    state: Mapping[str, Any] = field(default_factory=dict)  # widget values to set on that page


def next_row(step: Step, view: Overview, standings: Sequence[Standing], plan: Plan) -> NextRow | None:
    """Words and goal for a step. None for a step that has no line of its own."""
    count = step.count
    shards = words.plural(count, "shard")
    if step.kind in ("approve", "reject"):
        state = "can be approved" if step.kind == "approve" else "should be rejected"
        documents = sum(place.documents for place in standings if place.state == state)
        if step.kind == "approve":
            said = f"{words.whole(1 - plan.alpha)} sure to be under {words.whole(plan.reject)} bad"
        else:
            said = f"{words.whole(1 - plan.beta)} sure to be over {words.whole(plan.accept)} bad"
        verb, icon, colour = ("Approve", "check", "keep_text") if step.kind == "approve" else (
            "Reject", "cross", "reject_text")  # fmt: skip
        each = "It is" if count == 1 else "Each is"
        return NextRow(
            step.kind, icon, colour, f"{verb} {shards}", f"{each} {said}. {words.short(documents)} documents.",
            f"Look and {verb.lower()}…", "shards", {"shards-states": [state]},
        )  # fmt: skip
    if step.kind == "adjudicate":
        return NextRow(
            "adjudicate", "question", "ink2", f"Rule on {words.plural(count, 'document')}",
            "Readers differ there; a lead has the last word.", "Adjudicate", "adjudicate",
        )  # fmt: skip
    if step.kind == "assign":
        return NextRow(
            "assign", "warning", "attention_text", f"Find readers for {words.plural(count, 'document')}",
            "Nobody, or too few people, are given them.", "See who is given what", "team",
        )  # fmt: skip
    if step.kind == "confirm":
        return NextRow(
            "confirm", "clock", "attention_text", f"Confirm {words.plural(count, 'approval')}",
            "Two people have to sign: somebody else than the one who approved.", "Look and confirm…", "shards",
            {"shards-states": ["to be confirmed"]},
        )  # fmt: skip
    if step.kind == "stale":
        causes = Counter(why for place in standings for why in place.stale)
        causes.update(f"file {place.state}" for place in standings if place.state in ("changed", "missing"))
        told = ", ".join(why if n == 1 else f"{why} ({words.number(n)} shards)" for why, n in causes.most_common())
        told = told[:1].upper() + told[1:]
        states = [state for state in ("stale", "changed", "missing") if view.states[state]]
        return NextRow(
            "stale", "stale", "attention_text", f"{shards} {'is' if count == 1 else 'are'} stale",
            f"{told}. Releases leave {'it' if count == 1 else 'them'} out.", "See what changed", "shards",
            {"shards-states": states},
        )  # fmt: skip
    if step.kind == "label":
        known = [reader.median_seconds for reader in view.reviewers if reader.median_seconds]
        about = f" About {words.duration(count * median(known))} of reading." if known else ""
        return NextRow(
            "label", "plus", "ink2", f"Read up to {words.plural(count, 'more document')}",
            f"The plans need them to decide.{about}", "Start reading", "review",
        )  # fmt: skip
    if step.kind == "rubric":
        return NextRow(
            "rubric", "question", "attention_text",
            f"Say what the rubric's change means for {words.plural(count, 'label')}",
            "Until then nothing can be decided on them, and what was decided is stale.", "Open rubric", "rubric",
        )  # fmt: skip
    if step.kind == "teach":
        return NextRow(
            "teach", "plus", "ink2", f"Read {words.plural(count, 'document')} drawn for training",
            "The classifier learns from them; certificates do not count them.", "Start reading", "review",
        )  # fmt: skip
    if step.kind == "draw":
        return NextRow(
            "draw", "plus", "ink2", "Draw documents to read",
            f"At random from {shards}, as many as the plan needs.", "Draw documents", "overview",
        )  # fmt: skip
    if step.kind == "train":
        return NextRow(
            "train", "spark", "ink2", "Train a classifier",
            f"On {words.plural(count, 'label')}. Its scores choose what to read next.", "Open classifier", "classifier",
        )  # fmt: skip
    if step.kind == "promote":
        return NextRow(
            "promote", "spark", "ink2", f"{view.newest_model} is trained, not in use", "See whether it is better.",
            "Compare…", "classifier",
        )  # fmt: skip
    if step.kind == "release":
        return NextRow(
            "release", "check", "ink2", f"Release {words.plural(count, 'approved shard')}",
            "A shard list with a manifest that can be verified later.", "Make a release…", "releases",
        )  # fmt: skip
    return None


def notes(view: Overview, standings: Sequence[Standing]) -> list[tuple[Kind, str, str]]:
    """What needs a look: kind, strong start, rest."""
    found: list[tuple[Kind, str, str]] = [("reject", "The journal was mended:", text) for text in view.warnings]
    for state, told in (("changed", "changed on disk"), ("missing", "cannot be found")):
        names = [place.shard for place in standings if place.state == state or f"file {state}" in place.stale]
        if names:
            out = "Releases leave them out." if len(names) > 1 else "Releases leave it out."
            found.append(("attention", f"{words.listed(names)} {told}.", out))
    over = [place.shard for place in standings if words.overruled(place)]
    if over:
        found.append(("attention", f"{words.listed(over)}:", "decided against what the labels prove."))
    simulated = sum(reader.labels for reader in view.reviewers if reader.simulated)
    if simulated:
        counted = sum(reader.labels for reader in view.reviewers)  # those that count now, as `simulated` does
        share = f"{words.number(simulated)} of {words.plural(counted, 'label')}"
        found.append(("plain", f"{share} are simulated.", "They count like any other; do not release on them."))
    return found


def metrics(view: Overview, standings: Sequence[Standing], week: Sequence[int]) -> list[tuple[str, str, str]]:
    """Label, value and line below for the row of figures."""
    paces = [3600 / reader.median_seconds for reader in view.reviewers if reader.median_seconds]
    done = [place for place in standings if place.state in ("approved", "rejected")]
    pace = words.number(median(paces)) if paces else "–"
    cost = words.number(sum(place.labels for place in done) / len(done)) if done else "–"
    plan = words.number(max((place.certificate.needed for place in standings), default=0))
    newest = f"{view.newest_model} is newer, not in use" if view.newest_model not in (None, view.model) else ""
    used = "its scores choose what to read" if view.model else "none is trained yet"
    return [
        ("Labels today", words.number(week[-1]), f"of {words.number(view.labels)} in all"),
        ("Labels an hour, each reader", pace, "at the middle reader's pace" if paces else "nobody has read yet"),
        ("Labels a decision", cost, f"the plan allows {plan}"),
        ("Left to read", words.number(view.waiting), "at most, by the plans"),
        ("Model in use", view.model or "none", newest or used),
    ]
