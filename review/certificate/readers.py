"""What reviewers' errors do to a plan. Readers find a share `se` of the bad documents (sensitivity) and keep a share
`sp` of the good ones (specificity), so a shard with a bad share m is labelled bad in m se + (1 - m)(1 - sp).

The rule: a fifth of either risk goes to the errors, the rest to the shard. From documents whose answer is known come
confidence sequences of se and sp, valid however often they are looked at. An unacceptable shard is then labelled bad
in at least `reject` se_low + (1 - `reject`)(1 - sp_high), and it is this share that the labels must refute to approve;
an acceptable one in at most `accept` se_high + (1 - `accept`)(1 - sp_low), and it is this that they must refute to
reject. By the union bound both promises are about what is truly bad. Where the errors, or what is not known of them,
are as large as what the plan tolerates, a side cannot be shown and is closed.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import lru_cache
from typing import Any

from review.certificate.design import cap_of
from review.certificate.plan import fixed_plan
from review.certificate.sequence import confidence_sequence
from review.certificate.statement import Aims, percent_down, percent_up
from review.errors import PlanError
from review.records import Plan

ERROR_RISK = 0.2  # of either risk


@dataclass(frozen=True, slots=True)
class Readers:
    """How readers did on documents whose answer is known."""

    bad_found: int
    bad_shown: int
    good_kept: int
    good_shown: int

    def __post_init__(self) -> None:
        for right, shown in ((self.bad_found, self.bad_shown), (self.good_kept, self.good_shown)):
            if type(right) is not int or type(shown) is not int or not 0 <= right <= shown:
                raise PlanError(f"Readers were right {right!r} times of {shown!r}; expected 0 <= right <= shown.")

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class ErrorBounds:
    """Between what their errors are, all four together at 1 - risk."""

    sensitivity: tuple[float, float]
    specificity: tuple[float, float]

    def labelled(self, bad: float, *, least: bool) -> float:
        """Share labelled bad of a shard with the bad share `bad`, at least or at most."""
        found, kept = (
            (self.sensitivity[0], self.specificity[1]) if least else (self.sensitivity[1], self.specificity[0])
        )
        return bad * found + (1 - bad) * (1 - kept)

    def wrong(self, bad: float) -> float:
        """Share of the documents of a shard with the bad share `bad` that are labelled wrong, at most."""
        return bad * (1 - self.sensitivity[0]) + (1 - bad) * (1 - self.specificity[0])

    def truly(self, low: float, high: float) -> tuple[float, float]:
        """The bad shares that a share labelled bad of low..high leaves possible (Rogan and Gladen, 1978)."""
        return self._true(low, least=True), self._true(high, least=False)

    def _true(self, labelled: float, *, least: bool) -> float:
        found, kept = (
            (self.sensitivity[1], self.specificity[0]) if least else (self.sensitivity[0], self.specificity[1])
        )
        if found + kept <= 1:  # readers no better than a coin leave everything possible
            return 0.0 if least else 1.0
        return min(1.0, max(0.0, (labelled + kept - 1) / (found + kept - 1)))


def error_bounds(readers: Readers, risk: float) -> ErrorBounds:
    """Confidence sequences of both shares, together at 1 - risk."""
    missed = confidence_sequence(readers.bad_shown - readers.bad_found, readers.bad_shown, None, risk / 2)
    condemned = confidence_sequence(readers.good_shown - readers.good_kept, readers.good_shown, None, risk / 2)
    return ErrorBounds((1 - missed[1], 1 - missed[0]), (1 - condemned[1], 1 - condemned[0]))


@lru_cache(maxsize=256)
def allow_for(plan: Plan, readers: Readers) -> Aims:
    """What labels must show, so that the plan's promises hold for what is truly bad. A side that cannot is closed,
    with the reason."""
    for_approving = error_bounds(readers, plan.alpha * ERROR_RISK)
    for_rejecting = error_bounds(readers, plan.beta * ERROR_RISK)
    rest = replace(plan, alpha=plan.alpha * (1 - ERROR_RISK), beta=plan.beta * (1 - ERROR_RISK))
    refuted_to_approve = _down(for_approving.labelled(plan.reject, least=True))
    refuted_to_reject = _up(for_rejecting.labelled(plan.accept, least=False))
    fine = expected(readers, plan.accept)
    # The shares betted on may be any; where errors blur the plan's own, better and worse shards can still be told.
    better = (plan.accept, plan.accept / 2, 0.0)
    worse = (plan.reject, 2 * plan.reject, 4 * plan.reject, 8 * plan.reject)
    approve = _first_possible(rest, [(_up(expected(readers, share)), refuted_to_approve) for share in better])
    reject = _first_possible(
        rest, [(refuted_to_reject, _down(expected(readers, share))) for share in worse if share < 1]
    )
    wrong = for_approving.wrong(plan.accept)
    why = ""
    if wrong >= plan.reject:
        approve = None
        why = (
            f"Reviewer error is as large as the tolerated share: readers may be wrong about {percent_up(wrong)} of the "
            f"documents, and a shard must not be {percent_down(plan.reject)} bad. {_advice(readers)}"
        )
    elif approve is None:
        why = (
            f"Reviewer error is as large as the tolerated share: a shard that is {percent_down(plan.reject)} bad might "
            f"be labelled bad in no more than {percent_down(refuted_to_approve)}, one that is "
            f"{percent_down(plan.accept)} bad in {percent_up(fine)}. {_advice(readers)}"
        )
    truly = error_bounds(readers, min(plan.alpha, plan.beta) * ERROR_RISK).truly
    return Aims(rest, approve, reject, truly, why)


def _first_possible(plan: Plan, shares: Sequence[tuple[float, float]]) -> Plan | None:
    """The plan for the first of these pairs of shares labelled bad that can be told apart; None where none can."""
    for accept, reject in shares:
        made = replace(plan, accept=accept, reject=reject)
        try:
            if plan.method == "sequential":
                cap_of(made)
            else:
                fixed_plan(made, None)
        except PlanError:
            continue
        return made
    return None


def basis_of(readers: Readers | None) -> str:
    """What a certificate's labels stand for, as a sentence or two."""
    if readers is None:
        return "Speaks of the labels as given: without documents whose answer is known, reviewer error is not in it."
    return (
        f"Allows for reviewer error: of documents whose answer is known, {readers.bad_found} of {readers.bad_shown} "
        f"bad ones were found and {readers.good_kept} of {readers.good_shown} good ones kept. "
        "A text drawn again counts as unsure."
    )


def _advice(readers: Readers) -> str:
    if readers.bad_shown < 100 or readers.good_shown < 100:
        return (
            f"Only {readers.bad_shown} bad and {readers.good_shown} good documents with a known answer were read; "
            "mix in more of them, or let two people read each document."
        )
    return "Sharpen the rubric, let two people read each document, or tolerate a larger share."


def expected(readers: Readers, bad: float) -> float:
    """Share labelled bad of a shard with this bad share, by the error rates as measured (half an error more)."""
    found = (readers.bad_found + 0.5) / (readers.bad_shown + 1)
    kept = (readers.good_kept + 0.5) / (readers.good_shown + 1)
    return bad * found + (1 - bad) * (1 - kept)


def _down(share: float) -> float:
    """To three digits, so that few plans serve many counts; away from the promise."""
    return _digits(share, math.floor)


def _up(share: float) -> float:
    return _digits(share, math.ceil)


def _digits(share: float, whole: Callable[[float], int]) -> float:
    if share <= 0:
        return 0.0
    scale = 10.0 ** (2 - math.floor(math.log10(share)))
    return min(1.0, whole(round(share * scale, 9)) / scale)
