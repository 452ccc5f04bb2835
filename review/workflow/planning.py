"""What a plan costs and promises, before anyone labels."""

from __future__ import annotations

from dataclasses import dataclass

from review.certificate import OcPoint, fixed_plan, oc_curve
from review.certificate.budget import Candidate, Line, Option, options, order_of_work
from review.certificate.design import design
from review.errors import PlanError
from review.project import Project
from review.records import Plan


@dataclass(frozen=True, slots=True)
class PlanView:
    """A plan with its achieved risks and its operating characteristic."""

    plan: Plan
    size: int | None  # documents in the shard; None: so many that it does not matter
    n: int  # documents to label; sequential: at most
    c: int | None  # bad documents allowed among them; sequential: no single number
    alpha: float  # achieved, at most the plan's
    beta: float  # fixed: chance not to approve an acceptable shard; sequential: to reject it
    curve: tuple[OcPoint, ...]
    seconds: float | None = None  # median active seconds a document took readers; None: nobody was timed yet

    def hours(self, labels: float) -> float | None:
        """Reading time of so many labels, one person after the other."""
        return None if self.seconds is None else labels * self.seconds / 3600


def describe_plan(
    *,
    accept: float,
    reject: float,
    alpha: float,
    beta: float,
    size: int | None = None,
    method: str = "fixed",
    unit: str = "documents",
    seconds: float | None = None,
) -> PlanView:
    """Sample size, acceptance number and operating characteristic of a plan, by method `fixed` or `sequential`.

    unit: tokens are drawn by length, with replacement, so a shard's size makes no difference. seconds: what a document
    takes to read, see `reading_seconds`. Raises PlanError for numbers that cannot be met and for another method.
    """
    plan = Plan(accept=accept, reject=reject, alpha=alpha, beta=beta, method=method, unit=unit)
    size = None if unit == "tokens" else size
    top = min(1.0, 2 * reject)
    shares = sorted({accept, reject, *(round(top * step / 12, 4) for step in range(13))})
    curve = tuple(oc_curve(plan, size, shares))
    if method == "sequential":
        made = design(plan, size)
        return PlanView(plan, size, made.cap, None, made.alpha, made.beta, curve, seconds)
    fixed = fixed_plan(plan, size)
    return PlanView(plan, size, fixed.n, fixed.c, fixed.alpha, fixed.beta, curve, seconds)


@dataclass(frozen=True, slots=True)
class Budget:
    """What reviewers can certify in the time they have."""

    reviewers: int
    hours: float  # of each
    seconds: float  # a document takes, all planned judgements of it together
    timed: int  # labels the seconds were measured on; 0: they were given
    labels: int  # documents that can be read
    lines: tuple[Line, ...]  # open shards in the order of work
    options: tuple[Option, ...]  # other bad shares that could be certified
    sentence: str


def reading_seconds(project: Project) -> tuple[float | None, int]:
    """Median active seconds a label took, and on how many it was measured; imported labels have no time."""
    from review.agreement.reviewers import speed

    measured = speed(project.store.reading_times())
    return (measured.median, measured.documents) if measured.documents else (None, 0)


def plan_budget(project: Project, *, reviewers: int, hours: float, seconds: float | None = None) -> Budget:
    """Which open shards `reviewers` can certify in `hours` each, in which order, and what else they could certify.

    seconds: what one judgement takes; by default as measured on the desk. Raises PlanError where that is not known yet.
    """
    measured, timed = (seconds, 0) if seconds is not None else reading_seconds(project)
    if measured is None:
        raise PlanError(
            "No label has been timed yet, so nobody knows how many documents an hour holds. "
            "Read a few on the desk first, or say how long one takes with --seconds."
        )
    if reviewers < 1 or not hours > 0 or not measured > 0:
        raise PlanError(f"{reviewers} reviewers x {hours:g} h at {measured:g} s a document is no time to plan with.")
    overlap = project.settings.desk.planned()
    each = measured * (1 + overlap.share * (overlap.most - 1))
    budget = reviewers * hours * 3600 / each
    plan = project.settings.plan.plan()
    open_shards = _candidates(project)
    lines = order_of_work(plan, open_shards, budget)
    inside = [line for line in lines if line.within]
    said = (
        f"{reviewers} x {hours:g} h are about {budget:,.0f} documents: {len(inside)} of {len(lines)} open shards can "
        f"be decided, about {sum(line.approve for line in inside):.1f} of them approved."
    )
    return Budget(
        reviewers, hours, each, timed, int(budget), tuple(lines), tuple(options(plan, open_shards, budget)), said
    )


def _candidates(project: Project) -> list[Candidate]:
    """What is still to be decided: open shards, and lots, each as one."""
    found = {}
    for place in project.standings().values():
        if place.state in ("needs labels", "no labels yet"):
            lot, certificate = place.pooled.lot if place.pooled else None, place.certificate
            name, documents = (f"lot {lot.name}", lot.documents) if lot else (place.shard, place.documents)
            found[name] = Candidate(name, documents, certificate.n, certificate.bad + certificate.unsure)
    return list(found.values())
