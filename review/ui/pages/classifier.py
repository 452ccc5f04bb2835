"""The classifier: train, see how good it is and how sure that is, put it to use."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import cache

import streamlit as st

from review import workflow
from review.project import Project
from review.records import LabelledDocument
from review.store import ModelRow
from review.ui import (
    bars,
    bulking,
    charts,
    jobs,
    models,
    parts,
    promoting,
    reach,
    sizing,
    tables,
    theme,
    words,
    working,
    wrong,
)
from review.ui.remember import remembered


def render(project: Project, reviewer: str, *, lead: bool = True) -> None:
    """Draw the page."""
    rows = project.store.models()
    newest, used = rows[-1] if rows else None, next((row for row in rows if row.promoted), None)
    missing = "" if rows else promoting.missing_labels(project)
    running = jobs.current(working.key(project, "train"))
    with st.container(horizontal=True, vertical_alignment="center"):
        parts.heading("Classifier", _facts(newest, used))
        st.button(
            "Train again" if rows else "Train",
            key="train",
            type="secondary" if rows else "primary",
            disabled=bool(missing) or bool(running and running.running),
            on_click=_train,
            args=(project, reviewer),
        )
    parts.show_said()
    busy = working.watch(project, "train", "classifier", _told)
    if project.store.shard_states():
        reach.actions(project, reviewer, used)
        bulking.expander(project, reviewer, lead=lead)
    if newest is None:
        if not busy:
            _empty(missing)
        return
    if newest is not used:
        promoting.gate_card(project, newest.version, reviewer, lead=lead)
    labelled = cache(project.store.labelled_documents)  # read once a drawing at most
    shown = _versions(project, rows, labelled, hold=bool(running and running.running))
    if lead:
        promoting.back_button(project, reviewer)
    reach.scored(project, shown)
    left, middle, right = st.columns([1.15, 1.15, 1])
    with left:
        parts.section(f"Model card, {shown.version}")
        parts.pairs(models.rows(shown.card))
    with middle:
        parts.section("Calibration")
        parts.quiet(models.calibration_sentence(shown.card, shown.version))
        points = models.reliability(shown.card)
        if points:
            st.altair_chart(charts.calibration(points, theme.tokens()), theme=None, width="stretch")
    with right:
        parts.section("Threshold")
        parts.pairs(models.threshold(shown.card))
        parts.quiet("It follows from the costs in review.toml, [classifier]: false_accept_cost and false_reject_cost.")
    sizing.section(project, shown)
    wrong.errors(shown)
    wrong.reasons(project, shown)
    if lead:
        wrong.doubted(project, shown, labelled)


def _facts(newest: ModelRow | None, used: ModelRow | None) -> str:
    if newest is None:
        return ""
    if used is None:
        return f"{newest.version} trained {words.day(newest.at)}, none in use"
    text = f"{used.version} in use"
    return text if used is newest else f"{text}, {newest.version} trained {words.day(newest.at)}"


def _train(project: Project, reviewer: str) -> None:
    def work(job: jobs.Job) -> workflow.Trained:
        made = workflow.train(project, by=reviewer, progress=job.progress, cancel=job.cancelled.is_set, apart=True)
        if made.gate is not None:
            promoting.judged(project, made.gate)
        return made

    jobs.start(working.key(project, "train"), "Training", work)


def _told(trained: workflow.Trained) -> str:
    return f"Trained {trained.version}. {trained.summary}"


def _empty(missing: str) -> None:
    with st.container(width=760):
        parts.line(
            "There is no classifier yet.", "It learns from labels and scores documents by how likely people keep them."
        )
        parts.points([
            ("check", "It chooses", "which documents are worth reading next, and scores whole shards."),
            ("check", "It is tested", "on audit labels, out of fold, each figure with its interval."),
            ("cross", "It never approves.", "Certificates rest on people's audit labels alone."),
        ])  # fmt: skip
        if missing:
            parts.note("plain", "Too few labels.", f"Training needs {missing}.")
            if st.button("Start reading", key="classifier-review", type="primary"):
                parts.go("review")
        else:
            parts.command("Or from the command line:", "review train")


def _versions(
    project: Project, rows: Sequence[ModelRow], labelled: Callable[[], Sequence[LabelledDocument]], *, hold: bool
) -> ModelRow:
    """The table of versions, tested on the same documents; returns the one to show: the selected, else the newest.

    hold: a training is under way, so the comparison waits for its end, and whoever labels does not wait for it.
    """
    newest_first = list(reversed(rows))
    if len(rows) == 1:
        return newest_first[0]
    offset = timedelta(minutes=-(st.context.timezone_offset or 0))
    documents, same = remembered(
        project,
        "side by side",
        project.store.last_seq(),
        lambda: workflow.side_by_side(project, labelled()),
        hold=hold,
    )
    auc = [same.get(row.version) or {} for row in newest_first]
    frame = tables.frame(
        {
            "Version": [row.version for row in newest_first],
            "Use": ["in use" if row.promoted else "" for row in newest_first],
            "Trained": [words.moment(row.at, offset) for row in newest_first],
            "By": [row.by for row in newest_first],
            "Labels": [words.number(row.card["snapshot"]["labels"]) for row in newest_first],
            "bar": [bars.data_url(bars.interval_svg(bars.above_chance(one), theme.tokens(), end=0.5)) for one in auc],
            "AUC": [models.interval(one) for one in auc],
        }
    )
    config = {
        "Labels": st.column_config.TextColumn(alignment="right", width=70),
        "bar": st.column_config.ImageColumn("AUC, 0.5 to 1", width=bars.WIDTH + 16, alignment="left"),
        "AUC": st.column_config.TextColumn("95\u00a0% sure", width=230),
    }
    event = st.dataframe(
        frame, hide_index=True, column_config=config, row_height=tables.ROW, height=tables.height(len(rows), 4),
        on_select="rerun", selection_mode="single-row", key=f"models-{len(rows)}",
    )  # fmt: skip
    if documents:
        parts.quiet(f"AUC of every version on the same {words.plural(documents, 'audit document')}, out of fold.")
    picked = event["selection"]["rows"]
    return newest_first[picked[0] if picked else 0]
