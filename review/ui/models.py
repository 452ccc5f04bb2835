"""What a model card says, as rows and points for the classifier page. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from review.certificate import interval as share_interval
from review.ui import words
from review.workflow import encoder_sentence

Card = Mapping[str, Any]


def metric(card: Card, name: str, digits: int = 3) -> str:
    """A metric with its interval: "0.912, 95 % sure 0.898 to 0.925"."""
    found = card.get("metrics", {}).get(name) or {}
    if found.get("value") is None:
        return "too few audit labels"
    text = f"{found['value']:.{digits}f}"
    if found.get("low") is None:
        return text
    return f"{text}, {sure(card)} {found['low']:.{digits}f} to {found['high']:.{digits}f}"


def interval(found: Mapping[str, float]) -> str:
    """A number with its interval: "0.912, 0.898 to 0.925"."""
    if not found:
        return "too few documents in common"
    return f"{found['value']:.3f}, {found['low']:.3f} to {found['high']:.3f}"


def share_metric(card: Card, name: str) -> str:
    """A metric that is a share, with its interval, as percentages."""
    found = card.get("metrics", {}).get(name) or {}
    if found.get("value") is None:
        return "too few audit labels"
    text = words.share(found["value"])
    if found.get("low") is None:
        return text
    return f"{text}, {sure(card)} {words.share(found['low'])} to {words.share(found['high'])}"


def sure(card: Card) -> str:
    """ "95 % sure"."""
    return f"{words.whole(card.get('confidence', 0.95))} sure"


def rows(card: Card) -> list[tuple[str, str]]:
    """The card as names and values."""
    counts, timing = card["documents"], card.get("timing", {})
    taught = sum(counts[stream]["documents"] for stream in counts)
    tested = counts["audit"]["keep"] + counts["audit"]["reject"]
    parts = [f"{words.number(size)} {name}" for name, size in card["features"]["sizes"].items()]
    return [
        ("Trained on", f"{words.plural(card['snapshot']['labels'], 'label')} of {words.plural(taught, 'document')}"),
        ("Of them audit, training", f"{words.number(counts['audit']['documents'])}, "
         f"{words.number(counts['training']['documents'])}"),
        ("Tested on", f"{words.plural(tested, 'audit document')}, out of fold, weighed as the corpus is"),
        ("Features", ", ".join(parts)),
        ("Encoder", encoder_sentence(card) or str(card["settings"]["encoder"])),
        ("AUC", metric(card, "auc")),
        ("Calibration error", share_metric(card, "ece")),
        ("Log loss", metric(card, "log_loss")),
        ("Speed", f"{words.number(timing['documents_per_second'])} documents a second, one core"
         if timing.get("documents_per_second") else "not measured"),
    ]  # fmt: skip


def threshold(card: Card) -> list[tuple[str, str]]:
    """What the threshold does, measured on audit labels."""
    costs = card["settings"]
    return [
        ("Keep from", f"{card['threshold']:.2f}"),
        ("Of what is kept, good", share_metric(card, "precision")),
        ("Of the good, kept", share_metric(card, "recall")),
        ("Costs, bad kept to good lost", f"{costs['false_accept_cost']:g} to {costs['false_reject_cost']:g}"),
    ]


def reliability(card: Card) -> list[tuple[float, float, float, float]]:
    """Mean chance given, share people kept, and its exact 95 % interval, for each bin with documents."""
    points = []
    for row in card.get("reliability", []):
        n = row["documents"]
        if n:
            low, high = share_interval(round(row["kept"] * n), n, None, 0.95)
            points.append((row["predicted"], row["kept"], low, high))
    return points


def calibration_sentence(card: Card, name: str) -> str:
    """The bin nearest to 80 % in words, where one has enough documents."""
    full = [row for row in card.get("reliability", []) if row["documents"] >= words.FEW]
    if not full:
        return "Bars: 95\u00a0% sure. Few documents a bin yet."
    row = min(full, key=lambda row: abs(row["predicted"] - 0.8))
    low, high = share_interval(round(row["kept"] * row["documents"]), row["documents"], None, 0.95)
    given = words.share(row["predicted"], 0)
    return f"When {name} says {given}, people kept {words.share(low, 0)} to {words.share(high, 0)}."


def reasons(card: Card, names: Mapping[str, str]) -> list[tuple[str, int, Mapping[str, float] | None, str]]:
    """Name of each reason, bad documents it was given for, AUC, and that in words; those of `names` nobody gave too.

    names: of the rubric's reasons by code.
    """
    told = card["reasons"]
    found = []
    for row in told["rows"]:
        auc = (row["tested"] or {}).get("auc")
        text = interval(auc) if auc else "learned, too few audit labels to test" if row["learned"] else "too few"
        found.append((names.get(row["code"], row["code"]), row["documents"], auc, text))
    given = {row["code"] for row in told["rows"]}
    return found + [(name, 0, None, "too few") for code, name in names.items() if code not in given]
