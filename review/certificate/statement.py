"""The certificate: what the labels of a shard allow to say, in one sentence, with everything to recompute it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from review.errors import PlanError
from review.records import Plan, Verdict

State = Literal["approve", "reject", "more", "undecided"]
RULES = 1  # version of the rules in this package; inputs of another version are not recomputed
UNANSWERED = "."
_VERDICTS: dict[str, Verdict | None] = {**{verdict[0]: verdict for verdict in Verdict}, UNANSWERED: None}


@dataclass(frozen=True, slots=True)
class Certificate:
    """The statement a plan yields for one shard.

    States: "approve" and "reject" are what the labels prove; "more" means labels are missing; "undecided" means that
    the plan is used up without an answer. Shares are of documents, 0..1. In "approve" the `confidence` belongs to
    `high`, in "reject" to `low`; the other end, and both ends otherwise, come from a 1 - alpha confidence sequence.
    """

    method: str
    state: State
    n: int  # answered documents that count
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

    def to_json(self) -> dict[str, Any]:
        """The whole certificate as plain JSON, as decisions and manifests keep it."""
        return asdict(self)


def letters_of(verdicts: Sequence[Verdict | None]) -> str:
    """One letter a rank: k, u, r, or . for unanswered; without unanswered ranks at the end."""
    return "".join([UNANSWERED if verdict is None else verdict[0] for verdict in verdicts]).rstrip(UNANSWERED)


def inputs_of(plan: Plan, size: int | None, letters: str) -> dict[str, Any]:
    """Plain JSON from which the certificate follows."""
    return {
        "rules": RULES,
        "unit": "documents",
        "plan": {
            "accept": plan.accept,
            "reject": plan.reject,
            "alpha": plan.alpha,
            "beta": plan.beta,
            "method": plan.method,
        },
        "size": size,
        "verdicts": letters.rstrip(UNANSWERED),
    }


def read_inputs(inputs: Mapping[str, Any]) -> tuple[Plan, int | None, list[Verdict | None]]:
    """The arguments of `certify` from a certificate's `inputs`. Raises PlanError when they are not such inputs."""
    try:
        if inputs["rules"] != RULES or inputs["unit"] != "documents":
            raise PlanError(
                f"The certificate follows rules {inputs['rules']!r} for {inputs['unit']!r}; this version knows "
                f"rules {RULES} for 'documents'. Recompute it with the version that made it."
            )
        plan, size = Plan(**inputs["plan"]), inputs["size"]
        # A manifest may come from anywhere: numbers must be numbers before anything is computed.
        shares = (plan.accept, plan.reject, plan.alpha, plan.beta)
        if not all(type(share) in (int, float) for share in shares) or not isinstance(plan.method, str):
            raise TypeError(f"plan {inputs['plan']!r}")
        if size is not None and type(size) is not int:
            raise TypeError(f"size {size!r}")
        return plan, size, [_VERDICTS[letter] for letter in inputs["verdicts"]]
    except (KeyError, TypeError) as error:
        raise PlanError(f"These are not the inputs of a certificate: {error!r}. Take them from a manifest.") from error


def answered(letters: str) -> tuple[int, int, int]:
    """How many were answered, and of these how many are rejected and unsure."""
    return len(letters) - letters.count(UNANSWERED), letters.count("r"), letters.count("u")


def prefix(letters: str) -> str:
    """The verdicts before the first unanswered rank.

    Only these are a random sample at every moment: quickly judged documents would otherwise come in first.
    """
    return letters.partition(UNANSWERED)[0]


def sentence(state: State, low: float, high: float, confidence: float) -> str:
    """The one sentence form. Shares have one decimal, rounded away from the promise: it never says too much."""
    if state == "approve":
        return f"{sure(confidence)} at most {percent_up(high)} of this shard is bad."
    if state == "reject":
        return f"{sure(confidence)} at least {percent_down(low)} of this shard is bad."
    return f"{percent_down(low)} to {percent_up(high)} bad"


def sure(confidence: float) -> str:
    """'95 % sure'."""
    return f"{100 * confidence:.4g}\N{NO-BREAK SPACE}% sure"


def percent_up(share: float) -> str:
    """A share as a percentage with one decimal, rounded up."""
    return f"{math.ceil(round(share * 1000, 6)) / 10:.1f}\N{NO-BREAK SPACE}%"


def percent_down(share: float) -> str:
    """A share as a percentage with one decimal, rounded down."""
    return f"{math.floor(round(share * 1000, 6)) / 10:.1f}\N{NO-BREAK SPACE}%"
