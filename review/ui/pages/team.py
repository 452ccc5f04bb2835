"""Who works here, what each is given and holds, how each reads gold; a lead assigns and releases."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from review import workflow
from review.names import tidy, twin
from review.project import Project
from review.records import Verdict
from review.ui import parts, people, session, tables, words
from review.workflow.team import Member, TeamView


def render(project: Project, reviewer: str, *, lead: bool = True) -> None:
    """Draw the page."""
    _body(project, reviewer, lead)


@st.fragment(run_every="30s")
def _body(project: Project, reviewer: str, lead: bool) -> None:
    view = workflow.team(project)
    now = project.store.now()
    parts.heading("Team", people.facts(view, now))
    parts.show_said()  # in here: a button of the fragment draws nothing outside it
    if not view.members:
        parts.line("Nobody has worked here yet.", "Give people the address of this app; each says who they are.")
    for part in view.unread:
        parts.note("attention", people.unread(part), "Assign somebody below." if lead else "Tell a lead.")
    if view.members:
        picked = _members(view, now)
        if picked is not None and lead:
            _manage(project, picked, reviewer)
        elif lead:
            parts.quiet("Choose a person to say what they are given, or to free what they hold.")
    if lead:
        _newcomer(project, view, reviewer)
    _gold(project, view, reviewer, lead)


def _members(view: TeamView, now: datetime) -> Member | None:
    frame, config = people.members(view.members, now)
    event = st.dataframe(
        frame, hide_index=True, column_config=config, row_height=tables.ROW,
        height=tables.height(len(frame), 10), on_select="rerun", selection_mode="single-row",
        key=f"team-members-{len(frame)}",
    )  # fmt: skip
    rows = event["selection"]["rows"]
    return view.members[rows[0]] if rows and rows[0] < len(view.members) else None


def _manage(project: Project, one: Member, reviewer: str) -> None:
    parts.section(one.reviewer, f"Is given {people.given(one.assignment)}.")
    if one.held:
        with st.container(horizontal=True, vertical_alignment="center"):
            st.button(
                f"Release {words.plural(one.held, 'document')}",
                key="team-release",
                on_click=_release,
                args=(project, one.reviewer),
                help="They go to the others at once. What this person has judged stays, also what is still on its way.",
            )
            parts.quiet(f"They go back by themselves at {one.until:%H:%M} UTC, unless the desk is in use.")
    _assignment(project, one.reviewer, reviewer, one)


def _newcomer(project: Project, view: TeamView, reviewer: str) -> None:
    with st.expander("Assign somebody who is not here yet", key="team-new-open", on_change="rerun"):
        name = tidy(st.text_input("Name", key="team-name", max_chars=session.NAME_LENGTH))
        problem = session.name_problem(name) if name else None
        if problem:
            parts.quiet(problem)
        elif name:
            known = next((one for one in view.members if one.reviewer == name), None)
            other = twin(name, (one.reviewer for one in view.members))
            if other:
                parts.quiet(f"{other} works here already. If that is who you mean, choose that name above.")
            _assignment(project, name, reviewer, known, place="new")


def _assignment(project: Project, who: str, by: str, one: Member | None, place: str = "team") -> None:
    """The form that says what a person is given."""
    given = one.assignment if one else None
    shards = project.store.shards()
    column = project.settings.corpus.language_column
    with st.form(f"{place}-assign-{who}", border=False):
        left, middle, right = st.columns(3)
        with left:
            corpora = sorted({shard.corpus for shard in shards} | set(given.corpora if given else ()))
            st.multiselect(
                "Corpora", corpora, default=list(given.corpora) if given else [], key=f"{place}-corpora-{who}",
                placeholder="All corpora",
            )  # fmt: skip
        with middle:
            languages = sorted(set(project.store.languages()) | set(given.languages if given else ()))
            st.multiselect(
                "Languages", languages, default=list(given.languages) if given else [],
                key=f"{place}-languages-{who}", accept_new_options=True, disabled=column is None,
                placeholder="All languages" if column else "Name language_column in review.toml",
            )  # fmt: skip
        with right:
            st.text_input(
                "Shards", value=" ".join(given.shards) if given else "", key=f"{place}-shards-{who}",
                placeholder="All shards; or globs: web-en/*",
            )  # fmt: skip
        st.form_submit_button("Assign", on_click=_assign, args=(project, who, by, place))


def _gold(project: Project, view: TeamView, reviewer: str, lead: bool) -> None:
    parts.section("Gold", people.gold_sentence(view))
    if view.gold_bad + view.gold_good == 0:
        parts.quiet("Documents whose answer is known, mixed in blindly, say how often a reader misses a bad one.")
        if lead:
            parts.command("Make some of drawn documents:", "review gold set 'SHARD#ROW' --reject --reason spam")
    elif not view.mix.gold:
        parts.command("None is handed out yet. In review.toml, under [desk]:", "gold_share = 0.05")
    else:
        parts.cards(people.pooled(view))
    if lead:
        known = {one.doc_id: one.verdict for one in project.store.gold()}
        newest = {one.doc_id: one.verdict for one in project.store.adjudications()}
        fresh = [
            name
            for name, verdict in newest.items()
            if verdict in (Verdict.KEEP, Verdict.REJECT) and known.get(name) is not verdict
        ]
        if fresh:
            st.button(
                f"Make gold of {words.plural(len(fresh), 'adjudicated document')}",
                key="team-gold",
                on_click=_make_gold,
                args=(project, reviewer),
                help="They are the disputed ones, so readers err on them more often than on most.",
            )


def _release(project: Project, who: str) -> None:
    parts.act(
        lambda: workflow.release_all(project, who),
        lambda count: f"{words.plural(count, 'document')} of {who} are free for the others.",
    )


def _assign(project: Project, who: str, by: str, place: str) -> None:
    state = st.session_state
    parts.act(
        lambda: workflow.assign(
            project,
            who,
            corpora=state[f"{place}-corpora-{who}"],
            languages=state.get(f"{place}-languages-{who}") or (),
            shards=state[f"{place}-shards-{who}"].split(),
            by=by,
        ),
        lambda made: f"{who} is given {people.given(made)}.",
    )


def _make_gold(project: Project, by: str) -> None:
    parts.act(
        lambda: workflow.gold_from_adjudicated(project, by=by),
        lambda made: f"{words.plural(len(made), 'document')} are gold now.",
    )
