"""The Agreement page, in the states it must explain."""

from __future__ import annotations

import pytest
from conftest import label
from streamlit.testing.v1 import AppTest

from review.project import Project

pytestmark = pytest.mark.filterwarnings("ignore")


def _app(project):  # AppTest runs this text alone: imports stay inside, annotations out
    import streamlit as st

    from review.ui import shell
    from review.ui.session import Person
    from review.ui.theme import style

    st.html(style())
    shell.navigate(project, Person("ana", "lead"), start="agreement")


def show(project: Project) -> AppTest:
    at = AppTest.from_function(_app, args=(project,), default_timeout=30)
    at.run()
    assert not at.exception, at.exception
    return at


def html(at: AppTest) -> str:
    return "\n".join(element.proto.body for element in at.get("html"))


@pytest.fixture
def overlapping(project_in) -> Project:
    """Two shards that ana and ben both read: they agree on one, ben rejects more of the other."""
    project = project_in("drawn", shards=2)
    first, second = sorted(project.standings())
    label(project, first, 3, reviewer="ana")
    label(project, first, 3, reviewer="ben")
    label(project, second, 3, reviewer="ana")
    label(project, second, 9, reviewer="ben")
    return project


def test_before_anyone_has_read_it_says_what_it_needs(project_in):
    at = show(project_in("drawn"))
    assert "Nobody has read anything yet." in html(at)
    assert at.button(key="agreement-review")


def test_without_overlap_it_says_how_to_get_it(project_in):
    at = show(project_in("halfway"))
    assert "No document has been read by two people yet." in html(at)
    assert "overlap = 2" in html(at)
    (table,) = [frame.value for frame in at.dataframe]
    assert sorted(table["Reader"]) == ["ana", "ben"]


def test_with_overlap_every_coefficient_has_its_interval(overlapping):
    at = show(overlapping)
    shown = html(at)
    shared = len(overlapping.store.labelled_documents())
    assert f"{shared} documents read by two readers or more" in shown
    for title in ("AC1", "Raw agreement", "Krippendorff", "Fleiss"):
        assert title in shown
    assert shown.count(" to 0.") >= 4
    pair = next(frame.value for frame in at.dataframe if "Readers" in frame.value)
    assert pair["Shared"].tolist() == [str(shared)]
    table = next(frame.value for frame in at.dataframe if "ben: reject" in frame.value)
    assert sum(int(cell) for name in table.columns[1:] for cell in table[name]) == shared


def test_it_says_which_column_is_missing_for_languages(overlapping):
    at = show(overlapping)
    at.segmented_control(key="agreement-group").set_value("language").run()
    assert not at.exception
    assert "language_column" in html(at)


def test_a_new_label_shows_at_once(overlapping, monkeypatch):
    from review.ui import fresh

    monkeypatch.setattr(fresh, "CHEAP", 1e9)  # however slow this machine is
    show(overlapping)
    first = sorted(overlapping.standings())[0]
    label(overlapping, first, 3, reviewer="cleo")
    pair = next(frame.value for frame in show(overlapping).dataframe if "Readers" in frame.value)
    assert len(pair) == 3
