"""The certificate: what the labels of a shard allow to say, in one sentence, with everything to recompute it."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from review.records import Plan, Verdict

State = Literal["approve", "reject", "more", "undecided"]
UNANSWERED = "."
# What a bad share is a share of, in a sentence: this shard, this shard's text.
UNITS = {"documents": "", "tokens": "'s text"}


@dataclass(frozen=True, slots=True)
class Certificate:
    """The statement a plan yields for one shard.

    States: "approve" and "reject" are what the labels prove; "more" means labels are missing; "undecided" means that
    the plan is used up without an answer, or cannot give one. Shares are of the unit, 0..1. In "approve" the
    `confidence` belongs to `high`, in "reject" to `low`; the other end, and both ends otherwise, come from a 1 - alpha
    confidence sequence.
    """

    method: str
    state: State
    n: int  # answered draws that count
    bad: int  # of them rejected
    unsure: int  # of them unsure: bad when approving, good when rejecting
    needed: int  # labels of the whole plan
    allowed: int | None  # bad documents the plan allows at its end; None where it has no such number
    more: int  # at most so many labels until the plan ends
    expected_more: float  # about so many, if the shard goes on as it began
    low: float
    high: float
    confidence: float
    sentence: str
    inputs: Mapping[str, Any]  # everything `recompute` needs, plain JSON
    unit: str = "documents"  # what the shares count: documents, or tokens (text by its length)
    basis: str = ""  # what the labels stand for: as given, or with reviewer error allowed for
    evidence: float | None = None  # natural logarithm of the e-value against an unacceptable shard

    def to_json(self) -> dict[str, Any]:
        """The whole certificate as plain JSON, as decisions and manifests keep it."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class Aims:
    """What labels have to show: the plan's shares as they stand, or as reviewer error leaves them.

    `approve` and `reject` are the plans whose unacceptable and acceptable share must be refuted; None: that side is
    closed. `truly` turns an interval of what is labelled bad into one of what is bad.
    """

    plan: Plan
    approve: Plan | None
    reject: Plan | None
    truly: Callable[[float, float], tuple[float, float]]
    closed: str = ""  # why approving cannot be shown, as sentences

    @classmethod
    def of(cls, plan: Plan) -> Aims:
        """Labels as given."""
        return cls(plan, plan, plan, lambda low, high: (low, high))


@dataclass(frozen=True, slots=True)
class Finding:
    """What a method finds in the labels. `interval` is of what is labelled bad."""

    state: State
    n: int
    bad: int
    unsure: int
    needed: int
    allowed: int | None
    more: int
    expected_more: float
    interval: tuple[float, float]
    used: str  # the verdicts that count, a letter each
    evidence: float | None = None
    promise: float | None = None  # the bound that the decision proves; None: the plan's own share


def letters_of(verdicts: Sequence[Verdict | None]) -> str:
    """One letter a rank: k, u, r, or . for unanswered; without unanswered ranks at the end."""
    return "".join([UNANSWERED if verdict is None else verdict[0] for verdict in verdicts]).rstrip(UNANSWERED)


def answered(letters: str) -> tuple[int, int, int]:
    """How many were answered, and of these how many are rejected and unsure."""
    return len(letters) - letters.count(UNANSWERED), letters.count("r"), letters.count("u")


def prefix(letters: str) -> str:
    """The verdicts before the first unanswered rank.

    Only these are a random sample at every moment: quickly judged documents would otherwise come in first.
    """
    return letters.partition(UNANSWERED)[0]


def sentence(
    state: State, low: float, high: float, confidence: float, unit: str = "documents", of: str = "shard"
) -> str:
    """The one sentence form. Shares have one decimal, rounded away from the promise: it never says too much."""
    what = f"this {of}{UNITS[unit]}"
    if state == "approve":
        return f"{sure(confidence)} at most {percent_up(high)} of {what} is bad."
    if state == "reject":
        return f"{sure(confidence)} at least {percent_down(low)} of {what} is bad."
    return f"{percent_down(low)} to {percent_up(high)} bad" + ("" if unit == "documents" else " by length")


def sure(confidence: float) -> str:
    """'95 % sure'."""
    return f"{100 * confidence:.4g}\N{NO-BREAK SPACE}% sure"


def percent_up(share: float) -> str:
    """A share as a percentage with one decimal, rounded up."""
    return f"{math.ceil(round(share * 1000, 6)) / 10:.1f}\N{NO-BREAK SPACE}%"


def percent_down(share: float) -> str:
    """A share as a percentage with one decimal, rounded down."""
    return f"{math.floor(round(share * 1000, 6)) / 10:.1f}\N{NO-BREAK SPACE}%"
