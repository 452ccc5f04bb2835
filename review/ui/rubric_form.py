"""The fields of the rubric, and what they say now: see the page `rubric`."""

from __future__ import annotations

from typing import Any

import pandas as pd
import streamlit as st

from review.keys import ACTS
from review.project import Project
from review.records import FinalRule, Rubric
from review.ui import parts
from review.workflow.rubrics import RubricView

_RULES = {
    FinalRule.MAJORITY: "the most frequent verdict, a tie is unsure",
    FinalRule.UNANIMOUS: "what all say, else it waits for a lead",
    FinalRule.NEWEST: "what was said last",
    FinalRule.STRICTEST: "reject if anybody says so, else unsure, else keep",
}
_SCORES = {"off": "no score", "also": "a score beside the verdict", "instead": "a score in place of the verdict"}


def form(project: Project, view: RubricView, lead: bool) -> dict[str, Any]:
    """The fields, and what they say now."""
    one, version = view.rubric, view.rubric.version
    parts.section("Reasons to reject", "The code stays in the labels, the key is pressed on the desk.")
    rows = [(r.key, r.code, r.name, view.labels.get(r.code, 0)) for r in one.reasons]
    reasons = st.data_editor(
        pd.DataFrame(rows, columns=["Key", "Code", "Reason", "Labels"]),
        key=f"rubric-reasons-{version}", num_rows="dynamic" if lead else "fixed", hide_index=True,
        disabled=["Labels"] if lead else True, row_height=28,
        column_config={
            "Key": st.column_config.TextColumn(width=50, max_chars=1),
            "Code": st.column_config.TextColumn(width=150, max_chars=40),
            "Reason": st.column_config.TextColumn(max_chars=40),
            "Labels": st.column_config.NumberColumn(width=60, default=0),
        },
    )  # fmt: skip
    verdicts = _verdicts(project, one, lead)
    parts.section("Guideline", "Markdown. Readers open it on the desk with M.")
    guideline = st.text_area(
        "Guideline", one.guideline, key=f"rubric-guideline-{version}", height=260, label_visibility="collapsed",
        disabled=not lead,
    )  # fmt: skip
    parts.section("What is asked, and what several labels come to")
    first, second, third = st.columns(3)
    needs = first.toggle(
        "A reject needs a reason", one.require_reason, key=f"rubric-needs-{version}", disabled=not lead
    )
    score = second.selectbox(
        "Score", list(_SCORES), list(_SCORES).index(one.score), key=f"rubric-score-{version}", disabled=not lead,
        format_func=lambda name: _SCORES[name],
    )  # fmt: skip
    rule = third.selectbox(
        "Final verdict", list(_RULES), list(_RULES).index(one.final), key=f"rubric-final-{version}", disabled=not lead,
        format_func=lambda name: f"{name}: {_RULES[name]}",
    )  # fmt: skip
    anchors = _anchors(one, lead) if score != "off" else {}
    examples = _examples(one, lead)
    return {
        "verdicts": verdicts,
        **anchors,
        "reasons": [
            {"key": row["Key"], "code": row["Code"], "name": row["Reason"]}
            for row in filled(reasons, "Key", "Code", "Reason")
        ],
        "guideline": guideline,
        "require_reason": needs,
        "score": score,
        "final": str(rule),
        "examples": examples,
    }


def _verdicts(project: Project, one: Rubric, lead: bool) -> list[dict[str, str]]:
    """What the verdicts are called; labels hold keep, unsure and reject whatever stands here."""
    parts.section("Verdicts", "What readers see on the buttons, and with M. Labels stay keep, unsure and reject.")
    rows = [(said.verdict.value, said.name, said.hint, said.key) for said in one.verdicts]
    edited = st.data_editor(
        pd.DataFrame(rows, columns=["Verdict", "Name", "Hint", "Key"], dtype=str), key=f"rubric-verdicts-{one.version}",
        num_rows="fixed", hide_index=True, disabled=["Verdict"] if lead else True, row_height=28,
        column_config={
            "Verdict": st.column_config.TextColumn(width=70),
            "Name": st.column_config.TextColumn(width=110, max_chars=16),
            "Hint": st.column_config.TextColumn(max_chars=200),
            "Key": st.column_config.TextColumn(width=50, max_chars=1),
        },
    )  # fmt: skip
    usual = {said.verdict.value: ACTS[said.verdict][1].upper() for said in one.verdicts}
    own = {name: key.upper() for name, key in project.settings.desk.keys.items() if name in usual}
    told = f"Without a key here: {', '.join(f'{key} {name}' for name, key in usual.items())}."
    if own:
        told += f" review.toml's [desk.keys] goes over both: {', '.join(f'{key} {name}' for name, key in own.items())}."
    parts.quiet(told)
    return [
        {"verdict": str(row["Verdict"]), "name": row["Name"].strip(), "hint": row["Hint"].strip(), "key": row["Key"]}
        for row in filled(edited, "Verdict", "Name", "Hint", "Key")
    ]


def _anchors(one: Rubric, lead: bool) -> dict[str, list[str]]:
    """What each score means; asked for only where a score is."""
    parts.section("What a score means", "Shown on the score's button, and with M. An empty one is left to the reader.")
    edited = st.data_editor(
        pd.DataFrame({"Score": [str(score) for score in range(6)], "Meaning": list(one.anchors)}, dtype=str),
        key=f"rubric-anchors-{one.version}", num_rows="fixed", hide_index=True, row_height=28,
        disabled=["Score"] if lead else True,
        column_config={
            "Score": st.column_config.TextColumn(width=50),
            "Meaning": st.column_config.TextColumn(max_chars=200),
        },
    )  # fmt: skip
    return {"anchors": [row["Meaning"].strip() for row in filled(edited, "Score", "Meaning")]}


def _examples(one: Rubric, lead: bool) -> list[dict[str, str]]:
    parts.section("Examples", "Short texts, each of a reason's code, or of none for one to keep.")
    rows = [{"Reason": e.reason, "Text": e.text, "Note": e.note} for e in one.examples]
    edited = st.data_editor(
        pd.DataFrame(rows, columns=["Reason", "Text", "Note"], dtype=str), key=f"rubric-examples-{one.version}",
        num_rows="dynamic" if lead else "fixed", hide_index=True, disabled=not lead, row_height=28,
        column_config={
            "Reason": st.column_config.TextColumn(width=120),
            "Text": st.column_config.TextColumn(width=360, max_chars=2_000),
            "Note": st.column_config.TextColumn(max_chars=400),
        },
    )  # fmt: skip
    return [
        {"reason": row["Reason"], "text": row["Text"], "note": row["Note"]}
        for row in filled(edited, "Reason", "Text", "Note")
    ]


def filled(frame: pd.DataFrame, *columns: str) -> list[dict[str, str]]:
    """Rows with anything in them; an empty cell is empty text."""
    rows = [{name: "" if pd.isna(row[name]) else str(row[name]) for name in columns} for _, row in frame.iterrows()]
    return [row for row in rows if any(row.values())]
