"""Every shard: how bad it may be, what the plan says, and a lead's decision."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from functools import partial

import streamlit as st

from review import workflow
from review.project import Project
from review.records import Ruling
from review.standing import STATES, Standing
from review.ui import address, deciding, parts, tables, views, words

PAGE = 18  # rows that fit above the fold
FIRST = next(iter(views.SORTS))


def render(project: Project, reviewer: str, *, lead: bool = True) -> None:
    """Draw the table, or one shard when the URL names one, or the lots when it asks for them."""
    if "shard" in st.query_params:
        from review.ui.pages import shard

        shard.render(project, reviewer, st.query_params["shard"], lead=lead)
        return
    if "lots" in st.query_params:
        from review.ui.pages import lots

        lots.render(project, reviewer, lead=lead)
        return
    standings = workflow.shard_table(project)
    parts.show_said()
    _heading(project, standings)
    if not standings:
        parts.line("There are no shards yet.", "Add shard files first; they are read in place.")
        parts.command("From the command line:", "review ingest 'shards/*.parquet'")
        if st.button("Add shard files", key="shards-ingest", type="primary"):
            parts.go("overview")
        return
    fields = _fields(standings)
    address.follow(fields)
    states = _states(project, standings)
    left, right = st.columns([1, 1], vertical_alignment="center")
    with right:
        rows = _filters(standings, states)
    pages = views.pages(len(rows), PAGE)
    key = f"shards-page-{pages}"  # another number of pages: start at the first again
    number = address.Field("page", key, partial(_is_page, pages), plain="1")
    address.follow([number])
    page = int(st.session_state.get(key) or 1)
    if isinstance(st.session_state.get(key), str):  # as the address had it
        st.session_state[key] = page
    address.tell([*fields, number])
    shown = rows[(page - 1) * PAGE : page * PAGE]
    # The key names the rows: a selection made by position must die when other rows take those positions.
    chosen = "shards-rows-" + hashlib.sha256("\n".join(place.shard for place in shown).encode()).hexdigest()[:16]
    picked = st.session_state.get(chosen, {}).get("selection", {}).get("rows", [])
    with left:
        _actions(project, rows, [shown[row] for row in picked if row < len(shown)], reviewer, lead)
    if not shown:
        parts.quiet("No shard matches. Choose other states, or clear the search.")
        return
    _table(project, shown, chosen)
    with st.container(horizontal=True, vertical_alignment="center"):
        first = (page - 1) * PAGE + 1
        parts.quiet(
            f"{words.number(first)} to {words.number(first + len(shown) - 1)} of {words.number(len(rows))} shown"
        )
        if pages > 1:
            st.pagination(pages, key=key)


def _fields(standings: Sequence[Standing]) -> list[address.Field]:
    corpora = {place.corpus for place in standings}
    return [
        address.Field("state", "shards-states", lambda value: value in (*STATES, views.OVERRULED), many=True),
        address.Field("find", "shards-find", lambda value: len(value) <= 200),
        address.Field("corpus", "shards-corpus", corpora.__contains__),
        address.Field("sort", "shards-sort", views.SORTS.__contains__, plain=FIRST),
    ]


def _is_page(pages: int, value: str) -> bool:
    return value.isascii() and value.isdigit() and 1 <= int(value) <= pages


def _heading(project: Project, standings: Sequence[Standing]) -> None:
    plan = project.settings.plan.plan()
    facts = ""
    if standings:
        documents = sum(place.documents for place in standings)
        facts = f"{words.plural(len(standings), 'shard')}, {words.short(documents)} documents"
    promise = (
        f"Approve when {words.whole(1 - plan.alpha)} sure that less than {words.whole(plan.reject)} is bad, "
        f"reject when {words.whole(1 - plan.beta)} sure that more than {words.whole(plan.accept)} is."
    )
    parts.block(
        f'<div class="row"><h1>Shards</h1><span class="t2">{facts}</span><span class="grow"></span>'
        f'<span class="t2 sm">{promise}</span></div>'
    )


def _states(project: Project, standings: Sequence[Standing]) -> list[str]:
    counts = Counter(place.state for place in standings)
    counts[views.OVERRULED] = sum(words.overruled(place) for place in standings)
    chosen = st.session_state.get("shards-states") or []
    left, right = st.columns([2.5, 1], vertical_alignment="center")
    with right:
        tables.legend(project.settings.plan.plan())
    return left.pills(
        "State",
        [state for state in (*STATES, views.OVERRULED) if counts[state] or state in chosen],
        selection_mode="multi",
        format_func=lambda state: f"{state.capitalize()} {words.number(counts[state])}",
        key="shards-states",
        label_visibility="collapsed",
        wrap=True,
        persist_state="session",
    )


def _filters(standings: Sequence[Standing], states: Sequence[str]) -> list[Standing]:
    columns = st.columns([1.3, 1, 1.2])
    find = columns[0].text_input(
        "Find",
        key="shards-find",
        placeholder="name contains…",
        icon=":material/search:",
        label_visibility="collapsed",
        persist_state="session",
    )
    corpora = sorted({place.corpus for place in standings})
    corpus = columns[1].selectbox(
        "Corpus",
        ["", *corpora],
        key="shards-corpus",
        format_func=lambda name: name or ("All corpora" if len(corpora) > 1 else corpora[0]),
        label_visibility="collapsed",
        persist_state="session",
    )
    sort = columns[2].selectbox(
        "Sort by", list(views.SORTS), key="shards-sort", label_visibility="collapsed", persist_state="session"
    )
    return views.choose(standings, states=states, find=find or "", corpus=corpus or None, sort=sort)


def _actions(project: Project, rows: Sequence[Standing], picked: Sequence[Standing], reviewer: str, lead: bool) -> None:
    why = None if lead else "Only a lead decides. Change your role at the top right."
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html(
            f'<div class="rd"><b>{words.number(len(picked)) if picked else "None"} selected</b></div>', width="content"
        )
        for ruling, state in ((Ruling.APPROVE, "can be approved"), (Ruling.REJECT, "should be rejected")):
            ready = [place for place in rows if place.state == state]
            verb = deciding.VERBS[ruling]
            if st.button(
                f"{verb}…" if picked or not ready else f"{verb} all {words.number(len(ready))}…",
                key=f"shards-{ruling.value}",
                type="primary" if ruling is Ruling.APPROVE else "secondary",
                disabled=not lead or not (picked or ready),
                help=why,
            ):
                deciding.open_dialog(project, picked or ready, ruling, reviewer)
        waiting = [place for place in picked or rows if place.state == "to be confirmed"]
        if waiting and st.button(f"Confirm {words.number(len(waiting))}…", key="shards-confirm", disabled=not lead):
            deciding.open_confirm(project, waiting, reviewer)
        if len(picked) == 1 and st.button("Open", key="shards-show"):
            parts.go("shards", shard=picked[0].shard)
        if st.button("Hold…", key="shards-hold", disabled=not lead or not picked, help=why):
            deciding.open_dialog(project, picked, Ruling.HOLD, reviewer)
        if st.button("Lots…", key="shards-lots", help="Certify many alike shards as one."):
            st.switch_page(st.session_state["pages"]["shards"], query_params={"lots": "1"})


def _table(project: Project, shown: Sequence[Standing], key: str) -> None:
    frame, config = tables.shards(shown, project.settings.plan.plan(), width=156)
    frame.insert(1, "open", "Open")  # in sight at any width
    config["open"] = st.column_config.ButtonColumn("Page", width=60, key="shards-open")
    st.dataframe(
        frame,
        column_config=config,
        hide_index=True,
        row_height=tables.ROW,
        height="content",
        on_select="rerun",
        selection_mode="multi-row",
        key=key,
    )
    click = st.session_state.get("shards-open")
    if click:
        parts.go("shards", shard=shown[click["row"]].shard)
