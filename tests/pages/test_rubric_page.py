"""The Rubric page: a change says what it touches before it is made, and a lead says what becomes of the labels."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from review import workflow
from review.project import Project

pytestmark = pytest.mark.filterwarnings("ignore")


def _app(project, role):  # AppTest runs this text alone: imports stay inside, annotations out
    import streamlit as st

    from review.ui import shell
    from review.ui.session import Person
    from review.ui.theme import style

    st.html(style())
    shell.navigate(project, Person("lea", role), start="rubric")


def show(project: Project, role: str = "lead") -> AppTest:
    return ran(AppTest.from_function(_app, args=(project, role), default_timeout=60))


def ran(at: AppTest) -> AppTest:
    at.run()
    assert not at.exception, at.exception
    return at


def html(at: AppTest) -> str:
    return "\n".join(element.proto.body for element in at.get("html"))


def test_a_lead_changes_the_guideline_and_keeps_the_labels(project_in) -> None:
    project = project_in("full")
    before = project.standings()
    at = show(project)
    assert "Nothing is changed yet." in html(at)
    at.text_area(key="rubric-guideline-1").set_value("# Read\n\n<b>all</b> of it.")
    ran(at)
    labels = workflow.rubric_view(project).labels["*"]
    assert f"It may touch any of the {labels} labels so far." in html(at)
    assert "# Read\n\n<b>all</b> of it." in [one.value for one in at.markdown]
    at.button(key="rubric-go").click()
    ran(at)
    assert "Version 2 is in force." in html(at)
    assert (project.store.rubric().guideline, project.store.rubric_history()[-1].by) == (
        "# Read\n\n<b>all</b> of it.",
        "lea",
    )
    assert {name: place.state for name, place in project.standings().items()} == {
        name: place.state for name, place in before.items()
    }


def test_labels_can_be_asked_for_again(project_in) -> None:
    project = project_in("halfway")
    at = show(project)
    at.text_area(key="rubric-guideline-1").set_value("Quite another matter.")
    ran(at)
    at.radio(key="rubric-meaning-2").set_value("again")
    ran(at)
    at.multiselect(key="rubric-again-2").set_value(["spam"])
    ran(at)
    spam = workflow.rubric_view(project).labels["spam"]
    assert f"Up to {spam} labels to be given again" in html(at)
    at.button(key="rubric-go").click()
    ran(at)
    assert project.store.rubric_choices()[2].again == ("spam",)
    assert "spam" not in workflow.rubric_view(project).labels


def test_a_rule_touches_no_label(project_in) -> None:
    project = project_in("halfway")
    at = show(project)
    at.selectbox(key="rubric-final-1").set_value("strictest")
    ran(at)
    assert "No label is touched." in html(at)
    assert not [one for one in at.radio if one.key.startswith("rubric-meaning")]
    at.button(key="rubric-go").click()
    ran(at)
    assert project.store.rubric().final == "strictest"


def test_what_review_toml_changed_waits_here_for_a_lead(project_in) -> None:
    project = project_in("halfway")
    settings = project.root / "review.toml"
    settings.write_text(settings.read_text().replace("small blemishes do not matter", "small blemishes matter"))
    project.close()
    with workflow.open_project(project.root) as again:
        at = show(again)
        assert "certify nothing yet" in html(at)
        at.button(key="rubric-keep").click()
        assert "certify nothing yet" not in html(ran(at))
        assert again.store.passages()[1].settled


def test_a_reviewer_reads_it_and_changes_nothing(project_in) -> None:
    at = show(project_in("drawn"), "reviewer")
    assert at.text_area(key="rubric-guideline-1").disabled
    assert "Only a lead changes the rubric." in html(at)
    assert not [one for one in at.button if one.key.startswith("rubric")]


def test_a_verdict_renamed_says_whose_labels_it_touches_and_readers_see_it(project_in) -> None:
    from review.desk.choices import rubric_json

    project = project_in("halfway")
    at = show(project)
    rejected = workflow.rubric_view(project).said["reject"]
    at.session_state["rubric-verdicts-1"] = {
        "edited_rows": {"2": {"Name": "Bad", "Hint": "Not worth reading.", "Key": "z"}},
        "added_rows": [],
        "deleted_rows": [],
    }
    ran(at)
    assert f"Other words for reject. {rejected} labels said it." in html(at)
    at.button(key="rubric-go").click()
    ran(at)
    told = rubric_json(project.store, project.settings, "ana")
    assert (told["acts"]["reject"], told["hints"]["reject"]) == ({"name": "Bad", "key": "z"}, "Not worth reading.")
    assert workflow.rubric_view(project).said["reject"] == rejected
    assert project.store.passages()[1].settled


def test_what_scores_mean_is_asked_for_with_the_score(project_in) -> None:
    project = project_in("drawn")
    at = show(project)
    assert "What a score means" not in html(at)
    at.selectbox(key="rubric-score-1").set_value("also")
    ran(at)
    assert "What a score means" in html(at)
    at.session_state["rubric-anchors-1"] = {
        "edited_rows": {"5": {"Meaning": "Teaches"}},
        "added_rows": [],
        "deleted_rows": [],
    }
    ran(at)
    at.button(key="rubric-go").click()
    ran(at)
    assert project.store.rubric().anchors == ("", "", "", "", "", "Teaches")
