"""Lots: shards certified as one. Those there are, and which there could be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import streamlit as st

from review import workflow
from review.certificate.lots import Homogeneity
from review.errors import ReviewError
from review.pooling import Pooled
from review.project import Project
from review.records import Ruling
from review.ui import deciding, parts, tables, words


def render(project: Project, reviewer: str, *, lead: bool = True) -> None:
    """Draw the lots."""
    if st.button("All shards", key="lots-back", type="tertiary", icon=":material/arrow_back:"):
        parts.go("shards")
    parts.show_said()
    parts.heading("Lots")
    parts.line(
        "A lot is certified as one large shard.",
        "Many alike shards then take the labels of one. What is said holds for all its documents together, never for "
        "one of its shards, and a lead decides it as a whole.",
    )
    formed = workflow.pooled_lots(project)
    if formed:
        _formed(project, formed, reviewer, lead)
    _new(project, reviewer, lead)


def _formed(project: Project, formed: Sequence[Pooled], reviewer: str, lead: bool) -> None:
    parts.section("Lots there are", "Choose one to decide it.")
    places = project.standings()
    firsts = [next(places[name] for name in one.lot.shards if name in places) for one in formed]
    frame = tables.frame(
        {
            "Lot": [one.lot.name for one in formed],
            "Shards": [words.number(len(one.lot.shards)) for one in formed],
            "Documents": [words.number(one.lot.documents) for one in formed],
            "Read": [words.number(place.certificate.n) for place in firsts],
            "Bad": [words.number(place.certificate.bad) for place in firsts],
            "What is sure": [words.sure(place) for place in firsts],
            "Its shards": [_alike(one.test()) for one in formed],
            "State": [[tables.chip(place)] for place in firsts],
        }
    )
    config: dict[str, Any] = {"State": tables.chips("State", firsts, width=170)}
    config |= {name: st.column_config.TextColumn(alignment="right") for name in ("Shards", "Documents", "Read", "Bad")}
    picked = st.dataframe(
        frame, column_config=config, hide_index=True, row_height=tables.ROW, on_select="rerun",
        selection_mode="single-row", height=tables.height(len(formed), 8), key=f"lots-formed-{len(formed)}",
    )["selection"]["rows"]  # fmt: skip
    if not picked:
        return
    one = formed[picked[0]]
    chosen = [places[name] for name in one.lot.shards if name in places]
    why = None if lead else "Only a lead decides. Change your role at the top right."
    with st.container(horizontal=True, vertical_alignment="center"):
        for ruling in (Ruling.APPROVE, Ruling.REJECT):
            if st.button(
                f"{deciding.VERBS[ruling]}…", key=f"lots-{ruling.value}", disabled=not lead, help=why,
                type="primary" if ruling is Ruling.APPROVE else "secondary",
            ):  # fmt: skip
                deciding.open_dialog(project, chosen, ruling, reviewer)
        if st.button("See its shards", key="lots-shards"):
            parts.go("shards", **{"shards-find": one.lot.name})
    with st.expander("Dissolve it"):
        parts.quiet(
            "Its shards stand for themselves again, and what was decided of the lot no longer holds. Shards of a lot "
            "that was read take part in no other one: auditing the same documents twice would double the risk."
        )
        reason = st.text_input("Reason, kept in the history", key="lots-reason-gone")
        st.button(
            "Dissolve", key="lots-dissolve", disabled=not lead or not reason.strip(), help=why,
            on_click=_dissolve, args=(project, one.lot.name, reviewer),
        )  # fmt: skip


def _new(project: Project, reviewer: str, lead: bool) -> None:
    parts.section("Lots there could be", "Of open shards that agree in something known before anybody read them.")
    key = st.selectbox("They agree in", workflow.lot_keys(project), key="lots-key", format_func=_named, width=240)
    try:
        found = workflow.lots(project, key)
    except ReviewError as error:
        parts.quiet(str(error))
        return
    if not found:
        parts.quiet("No shard is open and stands for itself.")
        return
    frame = tables.frame(
        {
            _named(key): [one.name for one in found],
            "Shards": [words.number(len(one.shards)) for one in found],
            "Documents": [words.number(one.documents) for one in found],
            "Labels as one": ["" if one.unfit else words.number(one.together) for one in found],
            "One by one": ["" if one.unfit else words.number(one.alone) for one in found],
            "Its shards": [_alike(one.test) for one in found],
            "Beforehand": [_before(one) for one in found],
        }
    )
    right = ("Shards", "Documents", "Labels as one", "One by one")
    picked = st.dataframe(
        frame, column_config={name: st.column_config.TextColumn(alignment="right") for name in right},
        hide_index=True, row_height=tables.ROW, height=tables.height(len(found), 10), on_select="rerun",
        selection_mode="multi-row", key=f"lots-new-{key}-{len(found)}",
    )["selection"]["rows"]  # fmt: skip
    chosen = [found[row] for row in picked if row < len(found)]
    differ = [one.name for one in chosen if one.test and one.test.differ]
    reason = st.text_input(
        f"Why take {words.listed(differ)} as one although the shards differ" if differ else "Reason, kept with the lot",
        key="lots-reason",
    )
    ready = bool(chosen) and not any(one.unfit or len(one.shards) < 2 for one in chosen)
    pressed = st.button(
        f"Certify {words.plural(sum(len(one.shards) for one in chosen), 'shard')} as {words.plural(len(chosen), 'lot')}"
        if chosen else "Certify as one",
        key="lots-form", type="primary", disabled=not lead or not ready or bool(differ and not reason.strip()),
        help=None if lead else "Only a lead makes lots. Change your role at the top right.",
    )  # fmt: skip
    names = [one.name for one in chosen]
    if parts.pressed_as_shown(pressed, "lots-form", (key, names)):
        _form(project, key, names, reviewer)
        st.switch_page(st.session_state["pages"]["shards"], query_params={"lots": "1"})


def _named(key: str) -> str:
    return {"corpus": "Corpus", "folder": "Folder", "score": "Score band"}.get(key, key)


def _alike(test: Homogeneity | None) -> str:
    if test is None:
        return "too few answers yet"
    return f"{'differ' if test.differ else 'no sign that they differ'} (p = {test.p:.2g})"


def _before(one: workflow.Proposal) -> str:
    if one.unfit:
        return one.unfit
    if len(one.shards) < 2:
        return "a single shard"
    if any(one.starts):
        return "what was read does not count"
    return f"{words.number(one.certificate.n)} read count"


def _form(project: Project, key: str, values: list[str], reviewer: str) -> None:
    reason = st.session_state["lots-reason"].strip()
    parts.act(
        lambda: workflow.form_lots(project, key, values, by=reviewer, reason=reason),
        lambda made: f"{words.listed([lot.name for lot in made])}: one certificate from now on. Draw documents for it.",
        failed="No lot was made.",
    )


def _dissolve(project: Project, name: str, reviewer: str) -> None:
    reason = st.session_state["lots-reason-gone"].strip()
    parts.act(
        lambda: workflow.dissolve_lot(project, name, by=reviewer, reason=reason),
        lambda lot: f"The {words.plural(len(lot.shards), 'shard')} of {name} stand for themselves again.",
        failed="The lot stands.",
    )
