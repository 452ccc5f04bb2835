"""The pictures of a shard's page: the course of its labels, the evidence, and what its plan lets through; as they were
when the shard was decided, or as they are today."""

from __future__ import annotations

from datetime import timedelta

import streamlit as st

from review.ui import charts, explaining, parts, theme, words
from review.workflow import ShardDetail
from review.workflow.evidence import Evidence, curve_of

THEN, NOW = "then", "now"


def chosen(detail: ShardDetail, offset: timedelta) -> Evidence:
    """The evidence to draw: of the day of the decision first, where today's is another one, and a choice between."""
    if detail.then is None or detail.standing.decision is None:
        return detail.now
    day = explaining.dated(detail.standing.decision.at, offset)
    names = {THEN: f"As decided on {day}", NOW: "Today"}
    st.session_state.setdefault("shard-evidence", THEN)
    picked = st.segmented_control(
        "Evidence as it was, or as it is", list(names), format_func=names.__getitem__, key="shard-evidence",
        label_visibility="collapsed", required=True,
    )  # fmt: skip
    return detail.now if picked == NOW else detail.then


def course(shown: Evidence) -> None:
    """The bad share as labels came in."""
    plan, what = shown.plan, "share labelled bad" if shown.given.readers else "share found"
    weighed = ", weighed by how strata were favoured" if shown.given.strata else ""
    parts.section(
        "Bad share as labels came in",
        f"Line: {what}{weighed}. Band: {words.whole(1 - plan.alpha)} sure at every label. Ticks: bad.",
    )
    if not shown.path:
        parts.quiet(f"{_none(shown)} The band begins with it.")
        return
    parts.chart(charts.course(shown.path, plan.accept, plan.reject, theme.tokens()))


def _none(shown: Evidence) -> str:
    return (
        "The first document drawn has no verdict yet." if shown.given.letters.strip(".") else "There is no label yet."
    )


def against_the_plan(shown: Evidence) -> None:
    """The labels against the plan: counted, or weighed over strata."""
    certificate, colours = shown.certificate, theme.tokens()
    decided = certificate.n if certificate.state in ("approve", "reject") else None
    if not shown.path:
        parts.section("Evidence")
        parts.quiet(f"{_none(shown)} The line begins with it.")
    elif shown.weights:
        parts.section("Evidence", "Odds against a bad shard, dashed: against a good one. At its level either decides.")
        parts.chart(charts.weighed(shown.weights, shown.enough, colours, decided=decided))
    elif shown.bounds and shown.bounds.n:
        parts.section("Evidence", _counted(shown))
        parts.chart(charts.evidence(shown.path, shown.bounds, colours, decided=decided))
    else:
        parts.section("Evidence")
        parts.quiet("Reviewer error leaves the plan no answer to give, however many labels come.")


def _counted(shown: Evidence) -> str:
    said = "Bad documents counted"
    said += ", dashed with the unsure ones." if shown.path[-1].unsure else "."
    fields = "In a tinted field the plan decides"
    return f"{said} {fields}, reviewer error allowed for." if shown.given.readers else f"{said} {fields}."


def curve(shown: Evidence) -> None:
    """What the plan lets through, for this shard: with its strata, and the errors of its readers."""
    plan, given = shown.plan, shown.given
    points = curve_of(given)
    at = {point.share: point for point in points}
    unit = " by length" if given.unit == "tokens" else ""
    parts.quiet(
        f"A shard that is {words.whole(plan.reject)} bad{unit} is approved with a chance of "
        f"{words.share(at[plan.reject].approve)}, one that is {words.whole(plan.accept)} bad with "
        f"{words.share(at[plan.accept].approve)}, after {words.number(at[plan.accept].labels)} labels on average. "
        f"Blue: approved. Orange, dashed: rejected. {_how(shown)}"
    )
    parts.chart(charts.characteristic(points, plan.accept, plan.reject, theme.tokens()))


def _how(shown: Evidence) -> str:
    """Which curve this is: exact or simulated, and what it assumes."""
    from review.certificate.truth import REPEATS

    given = shown.given
    told = []
    if given.strata:
        told.append(
            f"Simulated, {REPEATS} audits at each share over this shard's strata, with the bad documents where the "
            "scores expect them; wherever they lie, the plan's risks hold."
        )
    else:
        told.append("Computed exactly for this shard.")
    if given.readers:
        told.append("Readers err as measured; the plan allows for more than that.")
    return " ".join(told)
