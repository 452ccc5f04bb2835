"""Why a document lies on a reviewer's desk: the plan wants it judged, or it is one of two blind checks.

Gold is a document whose answer is known. A repeat is one the reviewer judged a good while ago. Both are mixed in among
the planned ones at set rates, at places that a keyed hash chooses, and look like any other document. Neither answer
ever counts as a judgement of the document: a label of such a turn says so in what was shown, and the store leaves it
out wherever labels become verdicts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

GOLD = "gold"  # true in a label's `shown`: given because the document is gold, beyond the planned judgements
REPEAT = "repeat"  # true in a label's `shown`: the reviewer's second reading of a document
TOLD = "told"  # true in a label's `shown`: given after the desk had told the reviewer the known answer
MARKS = (GOLD, REPEAT, TOLD)  # the server's to set; what a browser says of them is thrown away


class Turn(StrEnum):
    """Why a document is handed to a reviewer."""

    PLAN = "plan"
    GOLD = "gold"
    REPEAT = "repeat"


@dataclass(frozen=True, slots=True)
class Mix:
    """How the blind checks are mixed in."""

    seed: int
    gold: float = 0.0  # share of the documents a reviewer gets
    repeat: float = 0.0  # share of the documents a reviewer gets
    distance: int = 200  # documents a reviewer judges in between, at least, before one comes again

    def turn(self, reviewer: str, number: int) -> Turn:
        """What the reviewer's document `number` is to be, if there is such a one."""
        at = self.chance("turn", reviewer, str(number))
        if at < self.gold:
            return Turn.GOLD
        return Turn.REPEAT if at < self.gold + self.repeat else Turn.PLAN

    def chance(self, *parts: str) -> float:
        """A number in 0..1 that hangs on the seed and these words alone."""
        return int.from_bytes(_digest(self.seed, *parts)[:7], "big") / 2**56


def turn_of(shown: Mapping[str, Any]) -> Turn:
    """The turn a label was given in."""
    if shown.get(REPEAT) is True:
        return Turn.REPEAT
    return Turn.GOLD if shown.get(GOLD) is True else Turn.PLAN


def ticket(seed: int, reviewer: str, doc_id: str, *, repeat: bool) -> str:
    """What a document carries to the browser and its label back, so that a second reading is known for one even when
    its lease is long gone. Every document has one, and no reader can tell them apart."""
    return _digest(seed, "ticket", reviewer, doc_id, "again" if repeat else "first").hex()[:16]


def _digest(seed: int, *parts: str) -> bytes:
    return hashlib.blake2b("\0".join([str(seed), *parts]).encode("utf-8", "surrogatepass"), digest_size=16).digest()
