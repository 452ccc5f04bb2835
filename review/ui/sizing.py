"""What each part of a version adds and costs, and which size does a stated job in time."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

import streamlit as st

from review import workflow
from review.project import Project
from review.store import ModelRow
from review.ui import bars, charts, jobs, models, parts, tables, theme, words, working
from review.ui.remember import remembered

KIND = "scaling"


def section(project: Project, row: ModelRow) -> None:
    """Quality against speed by size, with a recommendation; or a button that measures it."""
    parts.section("Quality and speed")
    busy = working.watch(project, KIND, "classifier", lambda found: "Measured.")
    found = workflow.stored_scaling(project, row.version)
    if found is None:
        parts.quiet(
            "Fits heads of growing size on the same labels and judges them on the same audit documents: what signals, "
            "words, characters, word vectors and an encoder each add, and what they cost."
        )
    else:
        _job(project, found)
        left, right = st.columns([1.6, 1]) if found["cascade"] else (st.container(), None)
        with left:
            _table(found)
        if right is not None:
            with right:
                _chart(found)
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Measure again" if found else "Measure", key="scaling", type="tertiary" if found else "secondary",
            disabled=busy, on_click=_measure, args=(project, row.version, found is not None),
        )  # fmt: skip
        if not (found or {}).get("encoder"):
            parts.quiet("To measure an encoder too, name one in review.toml, [classifier]: encoder.")


def _measure(project: Project, version: str, again: bool) -> None:
    jobs.start(
        working.key(project, KIND),
        f"Measuring {version}",
        lambda job: workflow.scaling(
            project, version, again=again, progress=job.progress, cancel=job.cancelled.is_set, apart=True
        ),
    )


def _job(project: Project, found: Mapping[str, Any]) -> None:
    """What is to be scored, in what time, on what; and the answer."""
    ingested = len(project.store.shard_states())
    of = remembered(project, "frame", ingested, lambda: sum(shard.rows for shard in project.store.shards()))
    for key, value in (("documents", max(of, 1)), ("hours", 24.0), ("cores", os.cpu_count() or 1)):
        st.session_state.setdefault(f"scaling-{key}", value)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.number_input("Documents to score", min_value=1, key="scaling-documents", width=170)
        st.number_input("in hours", min_value=0.01, key="scaling-hours", width=120)
        st.number_input("on cores", min_value=1, max_value=100_000, key="scaling-cores", width=120)
    told = workflow.advise(
        found, st.session_state["scaling-documents"], st.session_state["scaling-hours"],
        st.session_state["scaling-cores"],
    )  # fmt: skip
    parts.note("plain" if told.size else "attention", told.sentence)


def _table(found: Mapping[str, Any]) -> None:
    sizes = workflow.sizes(found)
    colours = theme.tokens()
    documents, cores = st.session_state["scaling-documents"], st.session_state["scaling-cores"]
    drawn = [bars.data_url(bars.interval_svg(_bar(one.auc), colours, end=0.5)) for one in sizes]
    frame = tables.frame(
        {
            "Size": [one.title for one in sizes],
            **({} if found["cascade"] else {"bar": drawn}),  # else a chart beside the table shows them
            "AUC": [models.interval(one.auc) if one.auc else "too few" for one in sizes],
            "Adds": [_gain(one) for one in sizes],
            "A second": [words.number(round(one.documents_per_second)) for one in sizes],
            "Takes": [workflow.took(one.hours(documents, cores)) for one in sizes],
        }
    )
    config = {
        "bar": st.column_config.ImageColumn("AUC, 0.5 to 1", width=bars.WIDTH + 16, alignment="left"),
        "AUC": st.column_config.TextColumn("AUC, 95\u00a0% sure"),
        "Adds": st.column_config.TextColumn("Adds, 95\u00a0% sure"),
        "A second": st.column_config.TextColumn(alignment="right"),
    }
    st.dataframe(
        frame, hide_index=True, column_config=config, row_height=tables.ROW, height=tables.height(len(frame), 10),
        key="sizes",
    )  # fmt: skip
    parts.quiet(
        f"Out of fold on the same {words.plural(found['documents'], 'audit document')}; documents a second on one core "
        "with texts of this project. Words and word vectors cost nothing: the pass that the signals need looks them up."
    )
    if found["cascade"]:
        parts.quiet(
            f"The rows of the least sure say what it gives to ask {found['encoder']['name']} about those alone: "
            "cascade in review.toml, [classifier], is the share of documents that a version sends on."
        )


def _gain(one: workflow.Size) -> str:
    if one.gain is None:
        return ""
    low, value, high = (workflow.signed(one.gain[name]) for name in ("low", "value", "high"))
    return f"{value}, {low} to {high}"


def _bar(auc: Mapping[str, float] | None) -> bars.Interval | None:
    if auc is None:
        return None
    low, value, high = (max(auc[name] - 0.5, 0.0) for name in ("low", "value", "high"))
    return bars.Interval(low, value, high)


def _chart(found: Mapping[str, Any]) -> None:
    """What more time buys: the recipe, the encoder where it is least sure, and everywhere."""
    points = _points(workflow.sizes(found), found["encoder"]["name"])
    if not points:
        parts.quiet("Too few distinct audit documents to say how good each is.")
        return
    parts.quiet(f"AUC, 95\u00a0% sure: the recipe, {found['encoder']['name']} for its least sure, and for all.")
    st.altair_chart(charts.quality_and_speed(points, theme.tokens()), theme=None, width="stretch")


def _points(sizes: Sequence[workflow.Size], encoder: str) -> list[tuple[str, float, Mapping[str, float]]]:
    shown = [one for one in sizes if one.name == "static"] + sorted(
        (one for one in sizes if one.sent), key=lambda one: one.sent
    )
    labels = {"static": "recipe", "encoder": encoder}
    return [
        (labels.get(one.name, f"{round(100 * one.sent)}\u00a0%"), one.documents_per_second, one.auc)
        for one in shown
        if one.auc is not None
    ]
