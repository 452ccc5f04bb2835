"""From verdicts to a certificate, by the plan's method."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any, Protocol

import numpy as np

from review.certificate import fixed, sequential, tilted
from review.certificate.bounds import interval, korn_graubard
from review.certificate.curve import Boundaries, OcPoint
from review.certificate.curve import oc_curve as curve_of
from review.certificate.design import cap_of
from review.certificate.evalues import log_e_value, p_value
from review.certificate.inputs import Inputs, read_inputs
from review.certificate.lists import Proof
from review.certificate.plan import check_plan, check_size, fixed_plan
from review.certificate.readers import Readers, allow_for, basis_of
from review.certificate.statement import (
    UNANSWERED,
    UNITS,
    Aims,
    Certificate,
    Finding,
    answered,
    letters_of,
    prefix,
    sentence,
)
from review.certificate.strata import Strata, check_strata
from review.certificate.tilted import FIRST_STRATUM, Course
from review.errors import PlanError
from review.records import Plan, Verdict


class Judge(Protocol):
    """`letters`: one verdict a rank, as `letters_of` writes them."""

    def __call__(self, aims: Aims, size: int | None, letters: str) -> Finding: ...


class Bounding(Protocol):
    def __call__(self, aims: Aims, size: int | None) -> Boundaries: ...


@dataclass(frozen=True, slots=True)
class Method:
    """A way to judge a shard: `judge` finds what labels show, `boundaries` where it approves and rejects."""

    judge: Judge
    boundaries: Bounding


METHODS: dict[str, Method] = {
    "fixed": Method(fixed.judge, fixed.boundaries),
    "sequential": Method(sequential.judge, sequential.boundaries),
}


def certify(
    plan: Plan,
    size: int | None,
    verdicts: Sequence[Verdict | None],
    *,
    unit: str = "documents",
    strata: Strata | None = None,
    drawn: str = "",
    readers: Readers | None = None,
) -> Certificate:
    """The certificate of a shard of `size` documents from the final verdicts of its audit draws in rank order.

    `verdicts[r]` belongs to rank r of the shard's random order; None: drawn but unanswered. Ranks not listed are
    unanswered. Only audit draws may stand here. How they were drawn say size, unit, strata and drawn, see `Inputs`;
    readers: how reviewers did on documents whose answer is known, None where nobody knows. Raises PlanError for
    impossible numbers.
    """
    return certified(Inputs(plan, size, letters_of(verdicts), unit, strata, drawn, readers))


def certified(given: Inputs) -> Certificate:
    """The certificate of these inputs. Raises PlanError for impossible ones."""
    size, letters, strata = given.size, given.letters, given.strata
    check_plan(given.plan)
    check_size(size)
    if size is not None and len(letters) > size:
        raise PlanError(f"{len(letters)} draws from a shard of {size} documents cannot be; each is drawn once.")
    if given.unit not in UNITS:
        raise PlanError(f"Draws are of {given.unit!r}; allowed are {' and '.join(UNITS)}.")
    if given.unit == "tokens" and size is not None:
        raise PlanError("Draws in proportion to length are made with replacement; their shard has no size here.")
    if strata:
        check_strata(strata)
        if size is not None or len(given.drawn) < len(letters):
            raise PlanError(
                f"{len(letters)} verdicts from strata need the stratum of each draw, and draws with replacement; got "
                f"{len(given.drawn)} strata and a shard of {size} documents."
            )
        if not all(0 <= ord(letter) - FIRST_STRATUM < len(strata) for letter in given.drawn):
            raise PlanError(f"The draws name other strata than the {len(strata)} of the shard.")
    return _judged(replace(given, drawn=given.drawn[: len(letters)] if strata else ""))


def aims_of(given: Inputs) -> Aims:
    """What the labels have to show."""
    return allow_for(given.plan, given.readers) if given.readers else Aims.of(given.plan)


def counted(given: Inputs) -> Boundaries | None:
    """How many bad documents approve and reject, label by label; None over strata, where labels are weighed."""
    if given.strata:
        return None
    return method_of(given.plan).boundaries(aims_of(given), None if given.readers else given.size)


def weighed(given: Inputs) -> dict[str, tuple[Course, float]]:
    """Over strata: the evidence of "reject" and of "approve" after every answered label, and what is enough for it
    (natural logarithms); a side that reviewer error closes is left out. Empty where labels are counted."""
    if not given.strata:
        return {}
    aims = aims_of(given)
    verdicts = prefix(given.letters[: cap_of(aims.plan)])
    risks = {"approve": aims.plan.alpha, "reject": aims.plan.beta}
    found = tilted.courses_of(aims, given.strata, tilted.places(given.drawn[: len(verdicts)]), verdicts)
    return {side: (one, -math.log(risks[side])) for side, one in found.items()}


def running(given: Inputs, n: int) -> tuple[float, float]:
    """The 1 - alpha confidence sequence of the bad share after the first n answers."""
    aims = aims_of(given)
    if given.strata:
        return aims.truly(*tilted.interval(given.strata, given.drawn[:n], given.letters[:n], aims.plan.alpha))
    size = None if given.readers else given.size
    return aims.truly(*fixed.running_interval(aims.plan, size, given.letters[:n]))


def planned_interval(given: Inputs, n: int, confidence: float = 0.95) -> tuple[float, float] | None:
    """The interval of the bad share that the first n answers give if this number of them had been planned, `unsure`
    counting as bad: Clopper-Pearson or hypergeometric, over strata Korn-Graubard. None while a stratum has no answer.

    It does not hold for those who stop when they like what they see; `running` does.
    """
    letters = prefix(given.letters)[:n]
    bad = [letter in "ru" for letter in letters]
    if not letters:
        return None
    if not given.strata:
        return interval(sum(bad), len(letters), given.size, confidence)
    place = tilted.places(given.drawn[: len(letters)])
    counts, of = np.bincount(place, bad, len(given.strata)), np.bincount(place, minlength=len(given.strata))
    if of.min() == 0:
        return None
    return korn_graubard(counts.astype(int).tolist(), of.tolist(), given.strata.weights, confidence)


def best_guess(given: Inputs) -> float | None:
    """The bad share as the answers have it, each weighed by how much its stratum was favoured. None: no answers."""
    letters = [(letter, at) for at, letter in enumerate(given.letters) if letter != UNANSWERED]
    if not letters:
        return None
    if not given.strata:
        return sum(letter == "r" for letter, _ in letters) / len(letters)
    worth = np.array(given.strata.weights) / np.array(given.strata.chances)
    place = tilted.places(given.drawn)
    return min(1.0, float(np.mean([worth[place[at]] if letter == "r" else 0.0 for letter, at in letters])))


@lru_cache(maxsize=65_536)
def proof_of(given: Inputs) -> Proof:
    """What the labels are worth against "the shard is unacceptable": an e-value, or the p-value of a fixed plan.

    An e-value counts every answer up to the first missing one, also those after the shard was decided: it is valid at
    whatever label one looks, so who asks more of a list than of a shard may have a decided shard read on. A fixed plan
    says what its own labels say.
    """
    certificate, approve = certified(given), aims_of(given).approve
    if approve is None or given.plan.unit != given.unit:
        return Proof(log_e=-math.inf)
    if given.strata:
        return Proof(log_e=float(weighed(given)["approve"][0].log_e[-1]))
    size = None if given.readers else given.size
    if given.plan.method == "sequential":
        n, bad, unsure = answered(prefix(given.letters))
        return Proof(log_e=log_e_value(approve, size, n, bad + unsure))
    plan = fixed_plan(approve, size)
    # What is unsure or missing counts as bad.
    return Proof(
        p=p_value(approve, size, plan.n, min(plan.n, plan.n - certificate.n + certificate.bad + certificate.unsure))
    )


def list_alpha(plan: Plan, readers: Readers | None) -> float:
    """What of alpha is left for the shards of a list, when reviewer error takes its part once for all of them."""
    return allow_for(plan, readers).plan.alpha if readers else plan.alpha


@lru_cache(maxsize=65_536)
def _judged(given: Inputs) -> Certificate:
    """A page of ten thousand shards asks for the same certificates again and again."""
    aims = aims_of(given)
    method = method_of(given.plan)
    if given.strata:
        # Draws that favour some strata are no simple sample: whatever the method, only their own bets may judge them.
        found = tilted.judge(aims, given.strata, given.drawn, given.letters)
    else:
        # Labels with errors are no sample of a fixed set any more; independent ones promise less.
        found = method.judge(aims, None if given.readers else given.size, given.letters)
    return _certificate(given, aims, found)


def _certificate(given: Inputs, aims: Aims, found: Finding) -> Certificate:
    plan, state = given.plan, found.state
    low, high = aims.truly(*found.interval)
    if state == "approve":
        # What the decision proves; where reviewer error is allowed for, the plan's own share and no less.
        high = plan.reject if given.readers or found.promise is None else found.promise
        low = min(low, high)
    elif state == "reject":
        proven = plan.accept if found.promise is None else found.promise
        low = aims.truly(proven, 1.0)[0] if given.readers and found.promise is not None else proven
        high = max(low, high)
    confidence = 1 - plan.beta if state == "reject" else 1 - plan.alpha
    said = sentence(state, low, high, confidence, given.unit, given.of)
    certificate = Certificate(
        method=plan.method,
        state=state,
        n=found.n,
        bad=found.bad,
        unsure=found.unsure,
        needed=found.needed,
        allowed=found.allowed,
        more=found.more,
        expected_more=found.expected_more,
        low=low,
        high=high,
        confidence=confidence,
        sentence=said,
        inputs=given.to_json(found.used),
        unit=given.unit,
        basis=basis_of(given.readers),
        evidence=found.evidence,
    )
    if plan.unit != given.unit:
        why = f"It was drawn by {given.unit}, the plan speaks of {plan.unit}: it needs draws of its own."
        return _closed(certificate, why)
    if aims.closed and state != "reject":
        return _closed(certificate, aims.closed)
    return certificate


def _closed(certificate: Certificate, why: str) -> Certificate:
    """A certificate that cannot be, however many labels come."""
    said = f"{certificate.sentence.removesuffix('.')}. {why}"
    return replace(certificate, state="undecided", more=0, expected_more=0.0, sentence=said)


def recompute(inputs: Mapping[str, Any]) -> Certificate:
    """The certificate again, from its `inputs` alone. Raises PlanError when they are no such inputs."""
    return certified(read_inputs(inputs))


def oc_curve(plan: Plan, size: int | None, shares: Sequence[float]) -> list[OcPoint]:
    """Chance to approve, to reject, and mean labels, for shards of these bad shares (0..1). Exact."""
    check_plan(plan)
    check_size(size)
    return curve_of(method_of(plan).boundaries(Aims.of(plan), size), size, shares)


def method_of(plan: Plan) -> Method:
    """The plan's method. Raises PlanError for a name that is none."""
    try:
        return METHODS[plan.method]
    except KeyError:
        raise PlanError(f"The plan's method is {plan.method!r}; allowed are {', '.join(sorted(METHODS))}.") from None
