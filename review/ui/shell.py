"""The app around the pages: who is here, navigation on top, errors said plainly."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import streamlit as st

from review import workflow
from review.errors import ReviewError, SettingsError
from review.project import Project
from review.ui import parts, session
from review.ui.session import Person
from review.ui.theme import style

# By section of the navigation: a section with a name folds into one entry.
TITLES = {
    "": {
        "overview": "Overview",
        "review": "Review",
        "shards": "Shards",
        "plan": "Plan",
        "classifier": "Classifier",
        "releases": "Releases",
    },
    "Readers": {
        "team": "Team",
        "adjudicate": "Adjudicate",
        "agreement": "Agreement",
        "rubric": "Rubric",
    },
}
TITLE = {name: title for titles in TITLES.values() for name, title in titles.items()}
NAMES = tuple(TITLE)
ROOT = "home"  # what nobody types


def run() -> None:
    """Draw the app for this session."""
    st.html(style())
    root = session.project_root()
    try:
        project = session.shared_project(str(root))
    except SettingsError as error:
        _no_project(str(error))
        return
    except ReviewError as error:
        parts.heading("The project cannot be opened")
        parts.note("reject", str(error), "Labels and decisions that were acknowledged are in the journal on disk.")
        return
    navigate(project, session.person(project))


def navigate(project: Project, who: Person | None, *, start: str = "overview") -> None:
    """Draw the chosen page under the navigation. `start` is the page shown at the root address.

    Without a person, ask for one first; the pages are declared all the same, so that the address opened is kept.
    """
    sections = {
        section: {
            name: st.Page(
                _page(name, project, who), title=title, url_path=ROOT if name == start else name, default=name == start
            )
            for name, title in titles.items()
        }
        for section, titles in TITLES.items()
    }
    # The page at the root has the address by its name too, as all others have; Streamlit reserves url_path for it.
    named = st.Page(_page(start, project, who), title=TITLE[start], url_path=start, visibility="hidden")
    st.session_state["pages"] = {name: page for pages in sections.values() for name, page in pages.items()}
    page = st.navigation(
        {section: [*pages.values(), *([] if section else [named])] for section, pages in sections.items()},
        position="top" if who else "hidden",
    )
    if who is None:
        _welcome(project)
        return
    with st.container(key="who"), st.popover(f"{who.name}, {who.role}", type="tertiary"):
        parts.quiet("Labels and decisions carry this name. Choose another to change it.")
        session.choose_person(project)
    page.run()


def _page(name: str, project: Project, who: Person | None) -> Callable[[], None]:
    def draw() -> None:
        assert who is not None
        from review.ui import pages

        render = pages.load(name)
        if name != "review":  # the desk shows no file's state, and nothing may stand beside it
            workflow.watch(project).look(project)
        try:
            render(project, who.name) if name == "review" else render(project, who.name, lead=who.lead)
        except ReviewError as error:
            parts.note("reject", str(error), "Labels and decisions that were acknowledged are on disk.")

    return partial(draw)


def _welcome(project: Project) -> None:
    with st.container(width=420):
        parts.heading(project.settings.project.name)
        parts.quiet("Who is here? Labels and decisions carry your name; a reload keeps it.")
        session.choose_person(project)


def _no_project(message: str) -> None:
    with st.container(width=640):
        parts.heading("corpus review")
        parts.note("plain", "There is no project to show.", message)
        parts.command("Make one here:", "review init")
        parts.command("Read your files:", "review ingest 'data/*.parquet'", "then open this page again.")
        parts.command("Or try it on sample data:", "review demo")
