"""The Adjudicate page: what a lead sees before and after ruling, and what is stored."""

from __future__ import annotations

from dataclasses import replace

import pytest
from conftest import HOSTILE, label
from streamlit.testing.v1 import AppTest

from review import workflow
from review.project import Project
from review.records import Verdict
from review.ui import ruling

pytestmark = pytest.mark.filterwarnings("ignore")


def _app(project, role):  # AppTest runs this text alone: imports stay inside, annotations out
    import streamlit as st

    from review.ui import shell
    from review.ui.pages import adjudicate
    from review.ui.session import Person
    from review.ui.theme import style

    st.html(style())
    said = st.session_state.pop("press", None)  # AppTest has no component: what one would send is handed over here
    if said:
        adjudicate.act(project, "lea", said, bool(st.session_state.get("adjudicate-names")))
    shell.navigate(project, Person("lea", role), start="adjudicate")


def show(project: Project, role: str = "lead") -> AppTest:
    return ran(AppTest.from_function(_app, args=(project, role), default_timeout=60))


def ran(at: AppTest) -> AppTest:
    at.run()
    assert not at.exception, at.exception
    return at


def press(at: AppTest, doc_id: str, act: str) -> AppTest:
    at.session_state["press"] = {"doc_id": doc_id, "act": act}
    return ran(at)


def waiting(at: AppTest) -> str:
    """The document whose note is asked for."""
    return at.text_area[0].key.removeprefix("adjudicate-note-")


def html(at: AppTest) -> str:
    return "\n".join(element.proto.body for element in at.get("html"))


@pytest.fixture
def disputed(project_in) -> Project:
    project = project_in("drawn", shards=1)
    (shard,) = project.standings()
    label(project, shard, 0, 4, reviewer="ana")
    label(project, shard, 2, 4, reviewer="ben")
    return project


def test_a_lead_rules_reader_by_reader_unnamed_and_can_undo(disputed: Project) -> None:
    first, second = workflow.cases(disputed)
    at = show(disputed)
    shown = html(at)
    assert "Reader A" in shown
    assert "ben" not in shown
    assert HOSTILE.replace("<", "&lt;").replace(">", "&gt;") in shown  # ben's note, as text
    assert waiting(at) == first.document.doc_id
    assert "The certificate of its shard" in shown
    at.multiselect(key=f"adjudicate-reasons-{first.document.doc_id}").set_value(["spam"])
    at.text_area(key=f"adjudicate-note-{first.document.doc_id}").set_value("  an ad ")
    press(at, first.document.doc_id, "reject")
    [word] = disputed.store.adjudications()
    assert (word.doc_id, word.verdict, word.reasons, word.note) == (
        first.document.doc_id, Verdict.REJECT, ("spam",), "an ad",
    )  # fmt: skip
    assert (word.by, word.shown) == ("lea", {"names": False})
    assert "ben reject" in html(at)
    assert waiting(at) == second.document.doc_id
    press(at, first.document.doc_id, "undo")
    assert workflow.case(disputed, first.document.doc_id).kind == "differ"
    assert waiting(at) == first.document.doc_id


def test_names_can_be_shown_and_that_is_kept(disputed: Project) -> None:
    at = show(disputed)
    at.toggle(key="adjudicate-names").set_value(True)
    ran(at)
    assert "ben" in html(at)
    press(at, waiting(at), "keep")
    assert disputed.store.adjudications()[0].shown == {"names": True}


def test_passing_over_goes_on_and_comes_round(disputed: Project) -> None:
    at = show(disputed)
    for _ in range(2):
        press(at, waiting(at), "skip")
    assert "passed over" in html(at)
    at.button(key="adjudicate-again").click()
    ran(at)
    assert waiting(at)
    assert disputed.store.adjudications() == []


def test_settled_documents_can_be_looked_at_again_and_given_back(disputed: Project) -> None:
    name = workflow.cases(disputed)[0].document.doc_id
    workflow.adjudicate(disputed, name, Verdict.REJECT, by="eve", reasons=["spam"], note=":red[x] <b>y</b>")
    at = show(disputed)
    at.segmented_control(key="adjudicate-kind").set_value("settled")
    ran(at)
    assert "eve ruled reject · spam / SEO · :red[x] &lt;b&gt;y&lt;/b&gt;" in html(at)
    at.button(key="adjudicate-back").click()
    ran(at)
    assert workflow.case(disputed, name).kind == "differ"


def test_a_reviewer_is_told_who_may(disputed: Project) -> None:
    at = show(disputed, "reviewer")
    assert not any(one.key.startswith("adjudicate") for one in at.button)
    assert "a lead has the last word" in html(at)


def test_a_verdict_is_of_the_document_it_names_whatever_is_drawn_by_then(disputed: Project) -> None:
    first, second = (case.document.doc_id for case in workflow.cases(disputed))
    at = press(show(disputed), second, "keep")
    assert [word.doc_id for word in disputed.store.adjudications()] == [second]
    assert waiting(at) == first


def test_a_verdict_against_the_rubric_is_said_and_not_stored(disputed: Project) -> None:
    at = show(disputed)
    name = waiting(at)
    at.session_state[f"adjudicate-reasons-{name}"] = []
    rubric = disputed.store.rubric()
    disputed.store.record_rubric(replace(rubric, version=rubric.version + 1, require_reason=True), "lead")
    assert "a reject needs a reason" in html(press(at, name, "reject"))
    assert disputed.store.adjudications() == []


def test_of_a_long_text_both_ends_are_shown_until_all_is_asked_for() -> None:
    text = "a" * ruling.WHOLE + "z"
    (begins, ends), hidden = ruling.shown(text, whole=False)
    assert (text.startswith(begins), text.endswith(ends)) == (True, True)
    assert len(begins) + len(ends) + hidden == len(text)
    assert ruling.shown(text, whole=True) == ([text], 0)


def test_the_second_of_two_tabs_does_not_rule_over_what_it_has_not_seen(disputed: Project) -> None:
    at = show(disputed)
    name = waiting(at)
    workflow.adjudicate(disputed, name, Verdict.KEEP, by="max")
    press(at, name, "reject")
    assert "max has ruled keep on" in html(at)
    assert [one.by for one in disputed.store.adjudications(name)] == ["max"]


def test_a_word_whose_labels_are_all_gone_does_not_stop_the_page(disputed: Project) -> None:
    at = show(disputed)
    name = waiting(at)
    press(at, name, "reject")
    for one in disputed.store.labelled_documents(only=[name])[0].labels:
        disputed.store.record_labels([replace(one, label_id=f"{one.label_id}-gone", verdict=None, reasons=())])
    workflow.take_back(disputed, name, by="max")
    assert "You ruled reject." in html(ran(at))
