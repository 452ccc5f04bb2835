"""The bulk label on the Classifier page: what matches is counted first, and one button takes it back."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from review import workflow
from review.project import Project
from review.records import Stream, Verdict

pytestmark = pytest.mark.filterwarnings("ignore")


def _app(project, lead):  # AppTest runs this text alone: imports stay inside, annotations out
    import streamlit as st

    from review.ui import bulking, parts

    def page():
        parts.show_said()
        bulking.expander(project, "lea", lead=lead)

    st.session_state["pages"] = {"classifier": st.Page(page, title="Classifier", url_path="classifier", default=True)}
    st.navigation(list(st.session_state["pages"].values())).run()


def show(project: Project, lead: bool = True) -> AppTest:
    return ran(AppTest.from_function(_app, args=(project, lead), default_timeout=60))


def ran(at: AppTest) -> AppTest:
    at.run()
    assert not at.exception, at.exception
    return at


def html(at: AppTest) -> str:
    return "\n".join(element.proto.body for element in at.get("html"))


@pytest.fixture
def training(project_in) -> Project:
    project = project_in("drawn", shards=1)
    workflow.draw(project, stream=Stream.TRAINING, strategy="random", n=6, by="lead")
    return project


def test_a_lead_sees_how_many_before_and_undoes_with_one_button(training: Project) -> None:
    at = show(training)
    assert "Say what the documents have in common." in html(at)
    at.text_input(key="bulk-contains").set_value("GARDEN")
    count = sum("garden" in one.text for one in training.store.documents(training.store.unjudged_training()))
    assert f"{count} training document" in html(ran(at))
    at.multiselect(key="bulk-reasons").set_value(["spam"])
    ran(at)
    at.button(key="bulk-reject").click()
    assert "labelled reject in bulk." in html(ran(at))
    [batch] = training.store.bulk_batches()
    assert (batch.documents, batch.verdict, batch.reasons, batch.by) == (count, Verdict.REJECT, ("spam",), "lea")
    at.button(key=f"bulk-undo-{batch.batch}").click()
    ran(at)
    assert training.store.bulk_batches()[0].undone


def test_a_reviewer_only_reads_it(training: Project) -> None:
    at = show(training, lead=False)
    assert "Only a lead labels in bulk." in html(at)
    assert not at.text_input


def test_without_training_documents_it_is_not_there(project_in) -> None:
    assert not show(project_in("drawn", shards=1)).expander
