"""Which project this server shows, and who is looking at it."""

from __future__ import annotations

import os
import re
import unicodedata
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from review import workflow
from review.names import tidy, twin
from review.project import Project, open_project

# Letters, digits and single separators between them: such a name stays plain text wherever it is shown. Marks belong to
# the letter before them; many scripts write vowels so.
NAME = re.compile(r"[^\W_]+(?:[ .'_-][^\W_]+)*")
NAME_LENGTH = 40
ROLES = ("reviewer", "lead")


@dataclass(frozen=True, slots=True)
class Person:
    """Who works in this browser. In local mode the name and role are what the person says they are."""

    name: str
    role: str

    @property
    def lead(self) -> bool:
        return self.role == "lead"


def project_root() -> Path:
    """Folder of the project: REVIEW_PROJECT, else the current directory."""
    return Path(os.environ.get("REVIEW_PROJECT") or Path.cwd()).resolve()


def _close(project: Project) -> None:
    project.close()


@st.cache_resource(show_spinner=False, on_release=_close)
def shared_project(root: str) -> Project:
    """The one open project in `root`, shared by every session of this process. Raises ReviewError; then nothing is
    kept, and the next visit tries again."""
    from review.ui.serve import address  # which loads the whole server

    project = open_project(Path(root))
    project.store.serves(address())
    return project


def close_projects() -> None:
    """Checkpoint and close every project this process opened."""
    shared_project.clear()


def name_problem(name: str) -> str | None:
    """Why this cannot be a reviewer's name, or None."""
    if not name:
        return "A name is missing. Type the name your labels should carry."
    if len(name) > NAME_LENGTH:
        return f"The name has {len(name)} characters; {NAME_LENGTH} are allowed."
    bare = "".join(letter for letter in name if unicodedata.category(letter) not in ("Mn", "Mc"))
    if not NAME.fullmatch(bare) or not name[0].isalnum():
        return "A name may hold letters and digits, with single spaces, dots, hyphens, apostrophes or _ between them."
    return None


def person(project: Project) -> Person | None:
    """Who works here: chosen in this session, else named in the URL, so a reload keeps it.

    A URL can be typed too, so a name in it is held against those that are known, as one in the form is.
    """
    state, params = st.session_state, st.query_params
    if "person" not in state:
        name, role = tidy(params.get("reviewer", "")), params.get("role", "reviewer")
        if name_problem(name) is None and role in ROLES:
            state["who-problem"] = _taken(project, name)
            if state["who-problem"] is None:
                state["person"] = Person(name, role)
    who: Person | None = state.get("person")
    if who is not None and (params.get("reviewer"), params.get("role")) != (who.name, who.role):
        params["reviewer"], params["role"] = who.name, who.role
    return who


def _choose(project: Project) -> None:
    name = tidy(st.session_state["who-name"])
    problem = name_problem(name) or _taken(project, name)
    st.session_state["who-problem"] = problem
    if problem is None:
        st.session_state["person"] = Person(name, st.session_state["who-role"])


def _taken(project: Project, name: str) -> str | None:
    """Why a new name would be taken for one that is there: two spellings of one person get every document twice."""
    other = twin(name, workflow.known_people(project))
    if other is None:
        return None
    return f"{other} works here already. If that is you, write the name that way; if not, add a letter to yours."


def choose_person(project: Project) -> None:
    """The form that asks who is here. Its callback sets the person."""
    st.session_state.setdefault("who-role", "reviewer")
    with st.form("who", border=False):
        st.text_input("Name", key="who-name", max_chars=NAME_LENGTH, autocomplete="name")
        st.segmented_control(
            "Role",
            ROLES,
            key="who-role",
            required=True,
            help="A lead may also approve shards, promote classifiers and make releases.",
        )
        st.form_submit_button("Start", key="who-start", type="primary", on_click=_choose, args=(project,))
    problem = st.session_state.get("who-problem")
    if problem:
        st.error(problem)
