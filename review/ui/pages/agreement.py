"""How well the readers agree, who disagrees with whom, and how each one reads."""

from __future__ import annotations

import streamlit as st

from review.errors import NotFound
from review.project import Project
from review.ui import agreeing, fresh, parts, tables, words
from review.workflow import AgreementView
from review.workflow.aggregating import PER_READER, READERS
from review.workflow.agreeing import MOST_PAIRS, ReviewerView

_GROUPS = ("corpus", "language", "stream")
_GUESS = 0.2  # alpha under which a model of errors has little to go by


def render(project: Project, reviewer: str, *, lead: bool = True) -> None:
    """Draw the page."""
    group = st.session_state.get("agreement-group") or "corpus"
    parts.show_said()
    try:
        kept, missing = fresh.view(project, group), ""
    except NotFound as error:
        kept, missing = fresh.view(project, None), str(error)
    view = kept.view
    shared = f"{words.plural(view.shared, 'document')} read by two readers or more, of {words.number(view.documents)}"
    parts.heading("Agreement", f"{shared} with a label" if view.labels else "")
    _age(project, kept)
    if not view.labels:
        _nothing_read()
        return
    if view.shared:
        parts.cards(agreeing.cards(view.overall))
        parts.quiet(
            "95\u00a0% sure, by resampling documents. 1 is full agreement, 0 is chance. Where nearly all documents are "
            "alike, kappa and alpha fall however well people agree; AC1 does not."
        )
    else:
        _no_overlap(view)
    _notes(view)
    _reviewers(view)
    if view.shared:
        left, right = st.columns(2)
        with left:
            _pairs(view)
        with right:
            _parts(project, view, missing)
        _together(view)


def _age(project: Project, kept: fresh.Kept) -> None:
    """Say when these numbers were computed, where something has happened since."""
    if kept.seq == project.store.last_seq():
        return
    since = words.plural(project.store.label_count() - kept.labels, "label")
    with st.container(horizontal=True, vertical_alignment="center"):
        parts.quiet(f"As of {words.seconds(kept.age)} ago; {since} since. Computing took {words.seconds(kept.cost)}.")
        st.button("Compute again", key="agreement-fresh", type="tertiary", on_click=fresh.forget, args=(project,))


def _nothing_read() -> None:
    parts.line("Nobody has read anything yet.", "Agreement is measured on documents that two people or more have read.")
    if st.button("Start reading", key="agreement-review", type="primary"):
        parts.go("review")


def _no_overlap(view: AgreementView) -> None:
    people = words.plural(len(view.reviewers), "person has", "people have")
    with st.container(width=760):
        parts.line(
            "No document has been read by two people yet.",
            f"{people} given {words.plural(view.labels, 'label')}, each on other documents.",
        )
        parts.points([
            ("plus", "Let a second person read.", "With overlap = 2 they get the documents the first one had."),
            ("check", "About 100 shared documents", "place alpha within 0.1 either way, 300 within 0.06."),
        ])  # fmt: skip
        parts.command("In review.toml, under [desk]:", "overlap = 2", "then start the app again.")


def _notes(view: AgreementView) -> None:
    for one in view.reviewers:
        if one.stamps:
            parts.note(
                "reject", f"{one.reviewer}'s answers hardly depend on the document.",
                "They say the same of good and bad ones, as the other readers see them. Look at their labels.",
            )  # fmt: skip
        elif one.drifts:
            parts.note("attention", f"{one.reviewer} reads otherwise than before.", "Choose them below for the days.")
    if view.simulated:
        share = f"{words.number(view.simulated)} of {words.plural(view.labels, 'label')}"
        parts.note("plain", f"{share} are simulated.", "They say nothing about people.")


def _reviewers(view: AgreementView) -> None:
    parts.section("Readers", "Beside all others who read the same documents. Bars: 95\u00a0% sure.")
    frame, config = agreeing.reviewers(view.reviewers)
    event = st.dataframe(
        frame, hide_index=True, column_config=config, row_height=tables.ROW,
        height=tables.height(len(frame), 8), on_select="rerun", selection_mode="single-row",
        key=f"agreement-readers-{len(frame)}",
    )  # fmt: skip
    picked = event["selection"]["rows"]
    if picked and picked[0] < len(view.reviewers):
        _reviewer(view.reviewers[picked[0]])


def _reviewer(one: ReviewerView) -> None:
    left, right = st.columns(2)
    for column, title, found, p in (
        (left, "Share rejected", one.rejected, one.rejected_p),
        (right, "Said what most others said", one.agreed, one.agreed_p),
    ):
        with column:
            parts.section(f"{one.reviewer}: {title.lower()}, by day")
            if not found.days:
                parts.quiet("No document of theirs was read by others yet.")
                continue
            st.altair_chart(agreeing.drift(found), theme=None, width="stretch")
            beside = " beside the others" if found is one.rejected else ""
            parts.quiet(agreeing.drift_sentence(f"{title}{beside}", found, p))


def _pairs(view: AgreementView) -> None:
    most = f"The {MOST_PAIRS} pairs with most documents in common. " if len(view.pairs) == MOST_PAIRS else ""
    parts.section("Two by two", f"{most}Choose a pair to see where they differ.")
    if not view.pairs:
        parts.quiet("No two readers have five documents in common yet.")
        return
    frame, config = agreeing.pairs(view.pairs)
    event = st.dataframe(
        frame, hide_index=True, column_config=config, row_height=28, height=tables.height(len(frame), 8, 28),
        on_select="rerun", selection_mode="single-row", key=f"agreement-pairs-{len(frame)}",
    )  # fmt: skip
    picked = event["selection"]["rows"]
    pair = view.pairs[picked[0] if picked and picked[0] < len(view.pairs) else 0]
    parts.quiet(f"{pair.first} in rows, {pair.second} in columns: documents.")
    st.dataframe(agreeing.confusion(pair, view.verdicts), hide_index=True, row_height=28, key="agreement-confusion")


def _together(view: AgreementView) -> None:
    found = view.together
    parts.section("What the labels come to", "Documents that two people or more have read, settled in each way.")
    left, right = st.columns([1, 1.4])
    with left:
        st.dataframe(agreeing.together(found), hide_index=True, row_height=28, key="agreement-together")
        if found.model is None:
            parts.quiet(
                f"Modelling each reader's errors (Dawid and Skene) takes {READERS} readers with {PER_READER} shared "
                "documents each."
            )
        elif view.overall["alpha"].value < _GUESS:
            parts.quiet("Readers hardly agree here beyond chance; what a model makes of that is a guess.")
        parts.quiet("Certificates and training take the first line: the rubric's rule, and a lead's word over it.")
    with right:
        if not found.differ:
            parts.quiet("Every way says the same of every document.")
            return
        parts.quiet(f"{words.plural(found.differ, 'document')} on which the ways differ, the least sure first.")
        frame = agreeing.differences(found)
        st.dataframe(
            frame, hide_index=True, row_height=28, height=tables.height(len(frame), 6, 28), key="agreement-differ"
        )


def _parts(project: Project, view: AgreementView, missing: str) -> None:
    parts.section("By reason", "Whether each reason was given.")
    if view.reasons:
        names = {reason.code: reason.name for reason in project.store.rubric().reasons}
        named = {names.get(code, code): found for code, found in view.reasons.items()}
        frame, config = agreeing.parts("Reason", named)
        st.dataframe(
            frame, hide_index=True, column_config=config, row_height=28, height=tables.height(len(frame), 6, 28),
            key="agreement-reasons",
        )  # fmt: skip
    else:
        parts.quiet("No shared document has a reason yet.")
    st.session_state.setdefault("agreement-group", "corpus")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html('<div class="rd"><h2>By</h2></div>', width="content")
        st.segmented_control(
            "By", _GROUPS, key="agreement-group", label_visibility="collapsed", required=True,
        )  # fmt: skip
    if missing:
        parts.quiet(missing)
    elif view.group:
        frame, config = agreeing.parts(view.group.capitalize(), view.groups)
        st.dataframe(
            frame, hide_index=True, column_config=config, row_height=28, height=tables.height(len(frame), 6, 28),
            key=f"agreement-{view.group}",
        )  # fmt: skip
