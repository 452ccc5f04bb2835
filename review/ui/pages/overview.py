"""Where the project stands, what to do next, what needs a look."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Literal

import streamlit as st

from review import workflow
from review.project import Project
from review.records import Stream
from review.standing import Standing
from review.ui import adding, bars, charts, parts, tables, theme, views, words, working
from review.workflow import Overview


def render(project: Project, reviewer: str, *, lead: bool = True) -> None:
    """Draw the page."""
    view = workflow.overview(project)
    standings = workflow.shard_table(project)
    plan, rubric = project.settings.plan.plan(), project.store.rubric().version
    parts.heading(
        "Overview" if standings else project.settings.project.name,
        f"{words.listed(sorted({place.corpus for place in standings}), 2)}, plan {words.whole(plan.accept)} to "
        f"{words.whole(plan.reject)}, rubric {rubric}" if standings else "",
    )  # fmt: skip
    parts.show_said()
    busy = working.watch(project, "ingest", "overview", adding.told_ingest)
    busy = working.watch(project, "draw", "overview", adding.told_draw) or busy
    if not standings:
        _first_steps(project, view, reviewer, busy)
        return
    shards, documents = views.decided(standings)
    aside = f"{words.share(shards, 0)} of shards decided, {words.share(documents, 0)} of documents"
    parts.block(charts.progress(views.progress(standings), aside, theme.LIVE))
    left, right = st.columns(2)
    with left:
        parts.section("Do next")
        _do_next(project, view, standings, reviewer, lead, busy)
    with right:
        parts.section("Needs a look")
        _needs_a_look(project, view, standings)
    _metrics(view, standings)
    left, right = st.columns(2)
    with left:
        _days(view)
    with right:
        _reviewers(view)
    with st.expander("Add shard files"):
        adding.ingest_form(project, reviewer)


def _first_steps(project: Project, view: Overview, reviewer: str, busy: bool) -> None:
    with st.container(width=760):
        parts.line("There are no shards yet.", "Add files to review; they are read in place.")
        parts.points([
            ("plus", "Add", "shard files. Each file becomes a shard, each row a document."),
            ("plus", "Draw", "documents at random, as many as the plan needs to decide."),
            ("plus", "Read", "them on the Review page: keep, unsure or reject, with one key."),
            ("check", "Decide", "which shards to approve, then make a release of them."),
        ])  # fmt: skip
        if not busy:
            adding.ingest_form(project, reviewer)
        _refused(project, view)


def _do_next(
    project: Project, view: Overview, standings: Sequence[Standing], reviewer: str, lead: bool, busy: bool
) -> None:
    rows = [
        row for step in view.do_next if (row := views.next_row(step, view, standings, project.settings.plan.plan()))
    ]
    with st.container(border=True, gap="xsmall", key="do-next"):
        if not rows:
            parts.quiet("Nothing waits. Add shard files, or look at the releases.")
        for place, row in enumerate(rows):
            with st.container(horizontal=True, vertical_alignment="center", wrap=False):
                parts.block(
                    f'<div class="list"><span style="color:{theme.LIVE[row.colour]}">{parts.icon(row.icon)}</span>'
                    f'<span><b>{parts.escaped(row.strong)}</b><br><span class="t2 sm">{parts.escaped(row.text)}</span>'
                    "</span></div>"
                )
                kind: Literal["primary", "secondary"] = "primary" if place == 0 else "secondary"
                if row.kind == "draw":
                    st.button(
                        row.button, key="do-draw", type=kind, disabled=busy,
                        on_click=adding.draw, args=(project, reviewer, Stream.AUDIT),
                    )  # fmt: skip
                elif st.button(row.button, key=f"do-{row.kind}", type=kind):
                    parts.go(row.page, **row.state)


def _needs_a_look(project: Project, view: Overview, standings: Sequence[Standing]) -> None:
    notes = views.notes(view, standings)
    for kind, strong, text in notes:
        parts.note(kind, strong, text)
    _refused(project, view)
    if not notes and not view.refused_rows:
        parts.quiet("Nothing. Files are as they were read, no warning is open.")


def _refused(project: Project, view: Overview) -> None:
    total = sum(view.refused_rows.values())
    if not total:
        return
    reasons = ", ".join(f"{reason.replace('_', ' ')} {words.number(n)}" for reason, n in view.refused_rows.items())
    parts.note("plain", f"{words.plural(total, 'row or file', 'rows and files')} refused:", f"{reasons}.")
    with st.expander("Which ones, and why"):
        rows = project.store.refusals(limit=1000)
        frame = tables.frame(
            {
                "File": [refusal.uri.rsplit("/", 1)[-1] for refusal in rows],
                "Row": ["whole file" if refusal.row is None else words.number(refusal.row) for refusal in rows],
                "Why": [refusal.detail for refusal in rows],
                "Path": [refusal.uri for refusal in rows],
            }
        )
        st.dataframe(frame, hide_index=True, row_height=28, height=220, lazy=False)
        if total > len(rows):
            parts.quiet(f"The first {words.number(len(rows))} of {words.number(total)}; the counts above are complete.")


def _metrics(view: Overview, standings: Sequence[Standing]) -> None:
    counts = dict(view.days)
    today = datetime.now(UTC).date()
    week = [counts.get(today - timedelta(days=back), 0) for back in range(6, -1, -1)]
    chart = parts.picture(bars.week_svg(week, theme.tokens()), "labels on each of the last seven days")
    figures = views.metrics(view, standings, week)
    parts.cards([(*figure, chart if place == 0 else "") for place, figure in enumerate(figures)])


def _days(view: Overview) -> None:
    parts.section("Labels a day")
    if not view.days:
        parts.quiet("None yet. The first one is a key away on the Review page.")
        return
    parts.chart(charts.days(_filled(view.days[-60:]), theme.tokens()))


def _filled(days: Sequence[tuple[date, int]]) -> list[tuple[date, int]]:
    counts = dict(days)
    first, last = days[0][0], days[-1][0]
    return [(day, counts.get(day, 0)) for day in (first + timedelta(n) for n in range((last - first).days + 1))]


def _reviewers(view: Overview) -> None:
    parts.section("Labels by reader")
    if not view.reviewers:
        parts.quiet("Nobody has read anything yet.")
        return
    offset = timedelta(minutes=-(st.context.timezone_offset or 0))
    frame = tables.frame(
        {
            "Reader": [r.reviewer + (" (simulated)" if r.simulated else "") for r in view.reviewers],
            "Labels": [words.number(r.labels) for r in view.reviewers],
            "Rejected": [words.found(r.rejected, r.labels) for r in view.reviewers],
            "Seconds each": ["–" if r.median_seconds is None else f"{r.median_seconds:.1f}" for r in view.reviewers],
            "Last": [words.moment(r.last_at, offset) for r in view.reviewers],
        }
    )
    right = {
        name: st.column_config.TextColumn(alignment="right") for name in ("Labels", "Rejected", "Seconds each", "Last")
    }
    st.dataframe(frame, hide_index=True, column_config=right, row_height=32, height=tables.height(len(frame), 5))
