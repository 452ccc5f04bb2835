"""The plan and what it costs: so many readers for so many hours, which shards can be certified, in which order."""

from __future__ import annotations

from functools import partial
from typing import Any

import streamlit as st

from review import workflow
from review.errors import PlanError
from review.project import Project
from review.ui import address, charts, parts, tables, theme, views, words

PAGE = 12
MOST = {"readers": 1_000, "hours": 1_000, "seconds": 3_600}


def render(project: Project, reviewer: str, *, lead: bool = True) -> None:
    """Draw the page."""
    plan = project.settings.plan.plan()
    parts.heading(
        "Plan",
        f"Approve when {words.whole(1 - plan.alpha)} sure that less than {words.whole(plan.reject)} is bad, "
        f"reject when {words.whole(1 - plan.beta)} sure that more than {words.whole(plan.accept)} is.",
    )
    parts.quiet(METHOD[plan.method])
    readers, hours, seconds = _asked()
    try:
        budget = workflow.plan_budget(project, reviewers=readers, hours=hours, seconds=seconds)
    except PlanError as error:
        parts.note("plain", "Nothing to plan with yet.", str(error))
        _cost(project, seconds)
        return
    _answer(budget)
    if budget.lines:
        left, right = st.columns([1.9, 1])
        with left:
            _order(project, budget)
        with right:
            _options(project, budget)
    _cost(project, budget.seconds)


METHOD = {
    "fixed": "Every shard takes the same number of labels.",
    "sequential": "A shard is decided as soon as its labels allow.",
}


def _asked() -> tuple[int, float, float | None]:
    """The three numbers; they stand in the address."""
    fields = [
        address.Field(
            name, f"plan-{name}", partial(_is_number, most), plain={"readers": "3", "hours": "4"}.get(name, "")
        )
        for name, most in MOST.items()
    ]
    address.follow(fields)
    for name, kind, usual in (("readers", int, 3), ("hours", float, 4.0), ("seconds", float, None)):
        given = st.session_state.get(f"plan-{name}", usual)
        st.session_state[f"plan-{name}"] = None if given is None else kind(given)
    columns = st.columns([1, 1, 1.4, 2])
    columns[0].number_input("Readers", 1, MOST["readers"], step=1, key="plan-readers", persist_state="session")
    columns[1].number_input(
        "Hours of each", 0.25, float(MOST["hours"]), step=0.5, format="%g", key="plan-hours", persist_state="session"
    )
    columns[2].number_input(
        "Seconds a document", 0.5, float(MOST["seconds"]), step=1.0, format="%g", key="plan-seconds",
        placeholder="as measured on the desk", persist_state="session",
    )  # fmt: skip
    state = st.session_state
    address.tell([_told(field) for field in fields])
    return int(state["plan-readers"] or 1), float(state["plan-hours"] or 0.25), state["plan-seconds"]


def _told(field: address.Field) -> address.Field:
    """The field with its value written shortly, 4 and not 4.0."""
    value: Any = st.session_state.get(field.key)
    st.session_state[f"{field.key}-said"] = "" if value is None else f"{value:g}"
    return address.Field(field.name, f"{field.key}-said", field.allowed, plain=field.plain)


def _is_number(most: float, value: str) -> bool:
    try:
        return 0.25 <= float(value) <= most
    except ValueError:
        return False


def _answer(budget: workflow.Budget) -> None:
    inside = [line for line in budget.lines if line.within]
    if not budget.lines:
        parts.line("No shard waits for labels.", "Each is decided, can be, or has used up its plan.")
        return
    source = f"as measured on {words.plural(budget.timed, 'label')}" if budget.timed else "as you said"
    parts.line(
        f"{words.number(len(inside))} of {words.plural(len(budget.lines), 'open shard')} can be decided, "
        f"about {words.number(sum(line.approve for line in inside))} of them approved.",
        f"{words.plural(budget.reviewers, 'reader')} for {budget.hours:g} h each read about "
        f"{words.plural(budget.labels, 'document')}, at {words.seconds(budget.seconds)} a document {source}.",
    )


def _order(project: Project, budget: workflow.Budget) -> None:
    parts.section("In which order", "Most approvals a label first; chances from what is known of each shard.")
    lines = budget.lines
    pages = views.pages(len(lines), PAGE)
    key = f"plan-page-{pages}"
    page = int(st.session_state.get(key) or 1)
    first = (page - 1) * PAGE
    shown = lines[first : first + PAGE]
    frame = tables.frame(
        {
            "No.": [words.number(first + n) for n in range(1, len(shown) + 1)],
            "Shard": [line.name for line in shown],
            "Documents": [words.number(line.documents) for line in shown],
            "Read": [words.number(line.labels) for line in shown],
            "About to go": [words.plural(round(line.more), "label") for line in shown],
            "Approved": [f"{words.whole(round(line.approve, 2))} likely" for line in shown],
            "Done after": [words.duration(line.until * budget.seconds / budget.reviewers) for line in shown],
            "In budget": ["✓ yes" if line.within else "– no" for line in shown],
        }
    )
    right = ("No.", "Documents", "Read", "About to go", "Done after")
    config: dict[str, Any] = {name: st.column_config.TextColumn(alignment="right") for name in right}
    config["No."] = st.column_config.TextColumn(alignment="right", width=48)
    st.dataframe(
        frame, column_config=config, hide_index=True, row_height=28, height=tables.height(len(frame), PAGE, 28)
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        parts.quiet(f"{words.number(first + 1)} to {words.number(first + len(shown))} of {words.number(len(lines))}")
        if pages > 1:
            st.pagination(pages, key=key)


def _options(project: Project, budget: workflow.Budget) -> None:
    parts.section("At what bad share", "The same hours, asked another way.")
    plan = project.settings.plan.plan()
    frame = tables.frame(
        {
            "Promise": [
                f"less than {words.whole(one.reject)} bad" + (" (this plan)" if one.reject == plan.reject else "")
                for one in budget.options
            ],
            "Shards": [words.number(one.shards) for one in budget.options],
            "Labels each": [words.number(one.labels) for one in budget.options],
        }
    )
    config = {name: st.column_config.TextColumn(alignment="right") for name in ("Shards", "Labels each")}
    st.dataframe(
        frame, column_config=config, hide_index=True, row_height=28, height=tables.height(len(frame), PAGE, 28)
    )
    parts.quiet("Shards: about so many end approved. Each accepts a third of what it refuses.")


def _cost(project: Project, seconds: float | None) -> None:
    plan = project.settings.plan.plan()
    view = workflow.describe_plan(
        accept=plan.accept, reject=plan.reject, alpha=plan.alpha, beta=plan.beta, method=plan.method, unit=plan.unit
    )
    at = {point.share: point for point in view.curve}

    def cost(share: float) -> str:
        labels = at[share].labels
        time = "" if seconds is None else f", {words.duration(labels * seconds)}"
        return f"{words.number(labels)} labels{time}"

    left, right = st.columns([1, 1.9])
    with left:
        parts.section("What a shard costs")
        parts.pairs(
            [
                ("At most", words.plural(view.n, "label")),
                (f"On average, {words.whole(plan.accept)} bad", cost(plan.accept)),
                (f"On average, {words.whole(plan.reject)} bad", cost(plan.reject)),
                (f"Approved though {words.whole(plan.reject)} bad", words.share(view.alpha)),
                (f"{'Rejected' if view.c is None else 'Not approved'} though {words.whole(plan.accept)} bad",
                 words.share(view.beta)),
            ]
        )  # fmt: skip
        parts.command(
            "The plan stands in review.toml under [plan]. Tried out from the command line:", "review plan --budget 3x4"
        )
    with right:
        parts.section("What it lets through", "Blue: chance to approve. Orange, dashed: to reject.")
        parts.chart(charts.characteristic(view.curve, plan.accept, plan.reject, theme.tokens()))
