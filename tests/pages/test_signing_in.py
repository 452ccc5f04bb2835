"""Who is here: by the form or by the address, one person has one name."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import label
from streamlit.testing.v1 import AppTest

from review.project import Project

pytestmark = pytest.mark.filterwarnings("ignore")


def _app(project):  # AppTest runs this text alone: imports stay inside, annotations out
    from review.ui import session, shell

    shell.navigate(project, session.person(project))


@pytest.fixture
def project(project_in: Callable[..., Project]) -> Project:
    made = project_in("drawn")
    label(made, next(iter(made.standings())), 0, 3, reviewer="Ana")
    return made


def opened(project: Project, name: str) -> AppTest:
    at = AppTest.from_function(_app, args=(project,), default_timeout=30)
    at.query_params["reviewer"], at.query_params["role"] = name, "lead"
    at.run()
    assert not at.exception, at.exception
    return at


@pytest.mark.parametrize("name", ["ana", "ANA", "A.na"])
def test_an_address_cannot_bring_a_second_spelling_of_somebody(project: Project, name: str) -> None:
    at = opened(project, name)
    assert [one.value.split(".")[0] for one in at.error] == ["Ana works here already"]
    assert at.text_input(key="who-name").value == ""


@pytest.mark.parametrize("name", ["Ana", "ben"])
def test_an_address_brings_back_who_was_here_and_lets_in_who_is_new(project: Project, name: str) -> None:
    at = opened(project, name)
    assert not at.error
    assert at.session_state["person"].name == name
