"""What a shard's labels showed at one moment, as pictures draw it: on the day of a decision, or today."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from review.certificate import Boundaries, Certificate, Inputs, OcPoint, certified, counted, prefix, running, weighed
from review.certificate.inputs import read_inputs
from review.certificate.tilted import places
from review.errors import PlanError
from review.records import Decision, Draw, Plan, doc_id

if TYPE_CHECKING:
    from review.store import Event

POINTS = 150  # of a line in a picture
CURVE = 13  # shares of the curve, besides the plan's own two


@dataclass(frozen=True, slots=True)
class PathPoint:
    """The bad share after `labels` labels in draw order, with its anytime-valid interval."""

    labels: int
    bad: int
    unsure: int
    found: float  # share labelled bad, each label weighed by how much its stratum was favoured
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Weight:
    """The evidence over strata after `labels` labels, boosts included: natural logarithms, by side."""

    labels: int
    log_e: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class Evidence:
    """The course of the labels up to one moment, and what the plan made of it."""

    given: Inputs
    certificate: Certificate
    path: tuple[PathPoint, ...]
    bounds: Boundaries | None  # where counted bad documents approve and reject; None over strata
    weights: tuple[Weight, ...]  # over strata, else empty
    enough: Mapping[str, float]  # over strata: the log evidence that approves and rejects; a closed side is not there

    @property
    def plan(self) -> Plan:
        return self.given.plan


@lru_cache(maxsize=64)  # a page is drawn again at every click on it
def evidence(given: Inputs) -> Evidence:
    """The course of these labels. Raises PlanError for impossible inputs."""
    answered = prefix(given.letters)
    courses = weighed(given)
    length = min((len(course.log_e) for course, _ in courses.values()), default=0)
    return Evidence(
        given,
        certified(given),
        tuple(_path(given, answered)),
        counted(given),
        tuple(
            Weight(n, {side: float(course.log_e[n] + course.boosts[n]) for side, (course, _) in courses.items()})
            for n in _stations(range(length), given.letters)
        ),
        {side: enough for side, (_, enough) in courses.items()},
    )


def evidence_then(decision: Decision) -> Evidence | None:
    """What the labels showed when the decision was made, by all that was stored with it; None where that follows rules
    of another version."""
    try:
        return evidence(read_inputs(decision.certificate.get("inputs", {})))
    except PlanError:
        return None


def same_evidence(one: Evidence, other: Evidence) -> bool:
    """Whether both pictures are the same one."""
    return (one.certificate.inputs, one.path) == (other.certificate.inputs, other.path)


def read_by(decision: Decision, draws: Iterable[Draw], events: Iterable[Event]) -> dict[str, int]:
    """Who had judged the documents that the decision counted, and how many of them each, as the journal has it.

    draws: the audit draws by the rank they count at. Whoever took a label back before the decision is not among them.
    """
    used = str(decision.certificate.get("inputs", {}).get("verdicts", ""))
    counted_draws = [draw for draw in draws if used[draw.rank : draw.rank + 1] not in ("", ".")]
    names = {draw.doc_id for draw in counted_draws}
    names |= {doc_id(draw.shard, draw.same_as) for draw in counted_draws if draw.same_as is not None}
    said: dict[tuple[str, str], bool] = {}
    for event in sorted(events, key=lambda event: event.seq):
        if event.type in ("label", "adjudication") and event.seq < (decision.seq or 0):
            name = event.data["doc_id"]
            if name in names:
                said[event.by, name] = event.data["verdict"] is not None
    return dict(Counter(by for (by, _), given in said.items() if given).most_common())


def changed_since(decision: Decision, draws: Iterable[Draw], letters: str) -> list[tuple[str, str, str]]:
    """Name, verdict then and verdict now ("" for none) of every counted document that is judged otherwise today.

    draws: the audit draws by the rank they count at. letters: today's verdicts in that order.
    """
    names = {"k": "keep", "u": "unsure", "r": "reject"}
    used = str(decision.certificate.get("inputs", {}).get("verdicts", ""))
    drawn = {draw.rank: draw.doc_id for draw in draws}
    return [
        (drawn.get(rank, "?"), names.get(then, ""), names.get(letters[rank : rank + 1], ""))
        for rank, then in enumerate(used)
        if then != "." and then != letters[rank : rank + 1]
    ]


def curve_of(given: Inputs) -> tuple[OcPoint, ...]:
    """What the plan does to such a shard, with its strata and its readers' errors, for bad shares from 0 to twice the
    unacceptable one, the plan's own two among them."""
    return _curve(replace(given, letters="", drawn=""))


@lru_cache(maxsize=256)
def _curve(given: Inputs) -> tuple[OcPoint, ...]:
    from review.certificate.truth import truth_curve

    plan, points = given.plan, CURVE if given.strata else 2 * CURVE - 1
    top = min(1.0, 2 * plan.reject)
    shares = {plan.accept, plan.reject, *(round(top * step / (points - 1), 5) for step in range(points))}
    return tuple(truth_curve(given, sorted(shares)))


def _stations(places: Sequence[int], letters: str) -> list[int]:
    """Numbers of labels that a line is drawn through: some POINTS of them, every rejected document, and the last."""
    step = max(1, len(places) // POINTS)
    return [n for n in places if n % step == 0 or letters[n - 1 : n] == "r" or n == places[-1]]


def _path(given: Inputs, answered: str) -> list[PathPoint]:
    """The running interval over the answered prefix, one letter a verdict."""
    marks = np.frombuffer(answered.encode("ascii"), np.uint8)
    worth = np.ones(len(marks))
    if given.strata:
        favour = np.array(given.strata.weights) / np.array(given.strata.chances)
        worth = favour[places(given.drawn[: len(marks)])]
    bad, unsure = np.cumsum(marks == ord("r")), np.cumsum(marks == ord("u"))
    found = np.minimum(np.cumsum(worth * (marks == ord("r"))) / np.arange(1, len(marks) + 1), 1.0)
    path, low, high = [], 0.0, 1.0
    for n in _stations(range(1, len(marks) + 1), answered):
        now_low, now_high = running(given, n)
        low, high = max(low, now_low), min(high, now_high)  # a confidence sequence may keep its best so far
        at = n - 1
        path.append(PathPoint(n, int(bad[at]), int(unsure[at]), float(found[at]), low, high))
    return path
