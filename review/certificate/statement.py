"""The certificate: what the labels of a shard allow to say, in one sentence, with everything to recompute it."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Literal

from review.errors import PlanError
from review.records import Label, Plan, Verdict

State = Literal["approve", "reject", "more", "undecided"]
RULES = 1  # version of the rules in this package; inputs of another version are not recomputed
_LETTERS = {Verdict.KEEP: "k", Verdict.UNSURE: "u", Verdict.REJECT: "r", None: "."}
_VERDICTS = {letter: verdict for verdict, letter in _LETTERS.items()}


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


def final_verdict(labels: Iterable[Label]) -> Verdict | None:
    """The verdict of a document from its reviewers' current labels: the most frequent one; a tie is unsure.

    Withdrawn labels (verdict None) do not count. None: nobody has answered.
    """
    counts = Counter(label.verdict for label in labels if label.verdict is not None).most_common(2)
    if not counts:
        return None
    tied = len(counts) > 1 and counts[0][1] == counts[1][1]
    return Verdict.UNSURE if tied else counts[0][0]


def inputs_of(plan: Plan, size: int | None, verdicts: Sequence[Verdict | None]) -> dict[str, Any]:
    """Plain JSON from which the certificate follows. Verdicts are one letter a rank: k, u, r, or . for unanswered."""
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
        "verdicts": "".join(_LETTERS[verdict] for verdict in verdicts).rstrip("."),
    }


def read_inputs(inputs: Mapping[str, Any]) -> tuple[Plan, int | None, list[Verdict | None]]:
    """The arguments of `certify` from a certificate's `inputs`. Raises PlanError when they are not such inputs."""
    try:
        if inputs["rules"] != RULES or inputs["unit"] != "documents":
            raise PlanError(
                f"The certificate follows rules {inputs['rules']!r} for {inputs['unit']!r}; this version knows "
                f"rules {RULES} for 'documents'. Recompute it with the version that made it."
            )
        plan = Plan(**inputs["plan"])
        return plan, inputs["size"], [_VERDICTS[letter] for letter in inputs["verdicts"]]
    except (KeyError, TypeError) as error:
        raise PlanError(f"These are not the inputs of a certificate: {error!r}. Take them from a manifest.") from error


def answered(verdicts: Sequence[Verdict | None]) -> tuple[int, int, int]:
    """How many were answered, and of these how many are rejected and unsure."""
    bad = sum(verdict is Verdict.REJECT for verdict in verdicts)
    unsure = sum(verdict is Verdict.UNSURE for verdict in verdicts)
    return bad + unsure + sum(verdict is Verdict.KEEP for verdict in verdicts), bad, unsure


def prefix(verdicts: Sequence[Verdict | None]) -> Sequence[Verdict | None]:
    """The verdicts before the first unanswered rank.

    Only these are a random sample at every moment: quickly judged documents would otherwise come in first.
    """
    return verdicts[: next((rank for rank, verdict in enumerate(verdicts) if verdict is None), len(verdicts))]


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
