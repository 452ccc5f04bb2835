"""What each part of a classifier adds and costs, and which size does a job in a given time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def encoder_sentence(card: Mapping[str, Any]) -> str:
    """What a card says of its encoder, in words; "" where none was asked for."""
    told = card.get("encoder")
    if not told:
        return ""
    gain = told["gain"]
    if gain is None:
        return f"{told['name']} is left out: too few distinct audit documents to show that it adds anything."
    added = f"it adds {signed(gain['value'])} AUC, 95 % sure {signed(gain['low'])} to {signed(gain['high'])}"
    return f"{told['name']} joins: {added}." if told["joined"] else f"{told['name']} is left out: {added}."


def signed(value: float) -> str:
    """A difference with its sign: "+0.004"."""
    return f"{value:+.3f}".replace("-", "\u2212")
