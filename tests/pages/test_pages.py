"""Every page in every state, and what its buttons do, asserted on the store."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from conftest import HOSTILE, STATES, label
from streamlit.testing.v1 import AppTest

from review import workflow
from review.project import Project
from review.records import Ruling, Stream
from review.ui import jobs, shell, working

pytestmark = pytest.mark.filterwarnings("ignore")


def _app(project, page, role):  # AppTest runs this text alone: imports stay inside, annotations out
    import streamlit as st

    from review.ui import shell
    from review.ui.session import Person
    from review.ui.theme import style

    st.html(style())
    shell.navigate(project, Person("ana", role), start=page)


def _dialog(project, shard):  # a dialog that stays open: AppTest runs whole pages, never a fragment alone
    import streamlit as st

    from review.records import Ruling
    from review.ui import deciding

    st.session_state["pages"] = {"shards": st.Page(lambda: None, title="Shards", url_path="shards", default=True)}
    st.navigation(list(st.session_state["pages"].values()))
    deciding.open_dialog(project, [project.standings()[shard]], Ruling.APPROVE, "ana")


def show(project: Project, page: str, role: str = "lead", **params: str) -> AppTest:
    at = AppTest.from_function(_app, args=(project, page, role), default_timeout=30)
    for name, value in params.items():
        at.query_params[name] = value
    return ran(at)


def ran(at: AppTest) -> AppTest:
    at.run()
    assert not at.exception, at.exception
    return at


def html(at: AppTest) -> str:
    return "\n".join(element.proto.body for element in at.get("html"))


def click(at: AppTest, key: str) -> AppTest:
    at.button(key=key).click()
    return ran(at)


def finish(project: Project, kind: str, at: AppTest) -> AppTest:
    """Wait for a worker and draw the page again; a quick one was done, and shown, in the run that started it."""
    job = jobs.current(working.key(project, kind))
    if job is None:
        return at
    assert job.finished.wait(60)
    return ran(at)


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("page", sorted(shell.NAMES))
def test_every_page_opens_in_every_state(standing_project: Callable[..., Project], page: str, state: str) -> None:
    at = show(standing_project(state), page)
    if page != "review":
        assert "<h1>" in html(at)


@pytest.mark.parametrize("state", STATES[1:])
def test_the_page_of_one_shard_opens_in_every_state(standing_project: Callable[..., Project], state: str) -> None:
    project = standing_project(state)
    for place in workflow.shard_table(project)[:3]:
        assert place.shard in html(show(project, "shards", shard=place.shard))


def test_a_shard_that_is_none_is_said_plainly(project_in: Callable[..., Project]) -> None:
    assert "There is no such shard" in html(show(project_in("drawn"), "shards", shard="<b>nobody</b>"))


# -- from files to draws --------------------------------------------------------------------------------------------


def test_files_are_added_from_the_empty_overview(project_in: Callable[..., Project], tmp_path: Path) -> None:
    from conftest import write_shards

    project = project_in("empty")
    write_shards(tmp_path / "files", shards=2, rows=30)
    at = show(project, "overview")
    at.text_area(key="ingest-patterns").set_value(str(tmp_path / "files" / "*.parquet"))
    at.button(key="ingest-go").click()
    at = finish(project, "ingest", ran(at))
    assert sorted(place.documents for place in workflow.shard_table(project)) == [30, 30]
    assert "Added 2 shards with 60 documents." in html(at)


def test_naming_no_file_is_told(project_in: Callable[..., Project]) -> None:
    at = click(show(project_in("empty"), "overview"), "ingest-go")
    assert "No file was named." in html(at)


def test_documents_are_drawn_from_the_overview(project_in: Callable[..., Project]) -> None:
    project = project_in("ingested")
    finish(project, "draw", click(show(project, "overview"), "do-draw"))
    assert all(place.drawn for place in workflow.shard_table(project))


def test_refused_files_are_listed_with_their_reason(project_in: Callable[..., Project]) -> None:
    at = show(project_in("drawn"), "overview")
    listed = [frame.value for frame in at.dataframe if "Why" in frame.value.columns]
    assert list(listed[0]["File"]) == ["broken.parquet"]


# -- decisions ------------------------------------------------------------------------------------------------------


def test_do_next_leads_to_the_shards_it_speaks_of(project_in: Callable[..., Project]) -> None:
    at = click(show(project_in("halfway"), "overview"), "do-approve")
    assert at.pills(key="shards-states").value == ["can be approved"]
    assert len(at.dataframe[0].value) == 1


def test_a_lead_approves_what_can_be_approved(project_in: Callable[..., Project]) -> None:
    project = project_in("halfway")
    at = click(show(project, "shards"), "shards-approve")
    at.text_area(key="decide-reason").set_value(HOSTILE)
    at = click(at, "decide-go")
    (decision,) = project.store.decisions()
    assert (decision.ruling, decision.reason, decision.by) == (Ruling.APPROVE, HOSTILE.strip(), "ana")
    assert "Approved 1 shard." in html(at)
    assert "decide-go" not in {button.key for button in at.button}, "the dialog stayed open"


def test_a_lead_replaces_no_decision_that_came_while_they_looked(project_in: Callable[..., Project]) -> None:
    project = project_in("halfway")
    name = next(place.shard for place in workflow.shard_table(project) if place.state == "can be approved")
    at = click(show(project, "shards", shard=name), "shard-approve")
    workflow.decide(project, [name], Ruling.HOLD, reason="the source asked us to wait", by="mo")
    at = click(at, "decide-go")
    assert [decision.by for decision in project.store.decisions()] == ["mo"]
    assert "mo set" in html(at)
    assert "to hold meanwhile" in html(at)
    click(click(show(project, "shards", shard=name), "shard-approve"), "decide-go")  # having seen it
    assert [decision.by for decision in project.store.decisions()] == ["mo", "ana"]


def test_cancel_decides_nothing(project_in: Callable[..., Project]) -> None:
    project = project_in("halfway")
    at = click(click(show(project, "shards"), "shards-reject"), "decide-cancel")
    assert not project.store.decisions()
    assert "decide-go" not in {button.key for button in at.button}


def test_a_reviewer_cannot_decide(project_in: Callable[..., Project]) -> None:
    at = show(project_in("halfway"), "shards", role="reviewer")
    assert all(at.button(key=f"shards-{ruling}").disabled for ruling in Ruling)


def test_overruling_needs_a_reason_and_is_marked(project_in: Callable[..., Project]) -> None:
    project = project_in("halfway")
    name = next(place.shard for place in workflow.shard_table(project) if place.state == "needs labels")
    at = ran(AppTest.from_function(_dialog, args=(project, name), default_timeout=30))
    assert at.button(key="decide-go").disabled
    at.checkbox(key="decide-overrule").check()
    at = click(ran(at), "decide-go")
    assert "Overruling needs a reason." in html(at)
    assert not project.store.decisions()
    at.text_area(key="decide-reason").set_value("The source is known to be clean.")
    click(at, "decide-go")
    (decision,) = project.store.decisions()
    assert decision.certificate["overruled"]


def test_a_shard_is_held_from_its_page(project_in: Callable[..., Project]) -> None:
    project = project_in("halfway")
    name = workflow.shard_table(project)[0].shard
    click(click(show(project, "shards", shard=name), "shard-hold"), "decide-go")
    assert workflow.shard_detail(project, name).standing.state == "held"


def test_a_changed_file_is_named_and_left_out(project_in: Callable[..., Project]) -> None:
    project = project_in("full")
    name = next(place.shard for place in workflow.shard_table(project) if place.state == "approved")
    path = Path(project.store.shard(name).uri)
    path.write_bytes(path.read_bytes() + b"more")
    workflow.check_files(project)
    at = show(project, "overview")
    assert f"{name} changed on disk." in html(at)
    at = click(at, "do-stale")
    assert at.dataframe[0].value["State"][0] == ["↻ stale: file changed"]
    at = click(show(project, "shards", shard=name), "shard-approve")
    assert at.button(key="decide-go").disabled


def test_the_table_is_filtered_sorted_and_paged_on_the_server(project_in: Callable[..., Project]) -> None:
    project = project_in("drawn", shards=20, rows=20)
    at = show(project, "shards")
    assert len(at.dataframe[0].value) == 18
    at.text_input(key="shards-find").set_value("0001")
    assert len(ran(at).dataframe[0].value) == 11
    at.selectbox(key="shards-sort").set_value("Name")
    assert ran(at).dataframe[0].value["Shard"].iloc[0].endswith("00001.parquet")


# -- releases -------------------------------------------------------------------------------------------------------


def test_a_release_is_made_verified_and_seen_to_break(project_in: Callable[..., Project]) -> None:
    project = project_in("full")
    at = show(project, "releases")
    at.text_input(key="release-name").set_value("november")
    at.button(key="release-go").click()
    at = finish(project, "release", ran(at))
    (made,) = project.store.releases()
    assert made.name == "november"
    assert len((Path(made.path) / "shards.txt").read_text().splitlines()) == 1
    at = finish(project, "verify", click(at, "release-verify"))
    assert "november holds: 1 shard checked" in html(at)
    listed = Path(_uri(project))
    listed.write_bytes(listed.read_bytes() + b"more")
    at = finish(project, "verify", click(at, "release-verify"))
    assert "november does not hold any more." in html(at)


def _uri(project: Project) -> str:
    name = next(place.shard for place in workflow.shard_table(project) if place.decision and place.state == "approved")
    return project.store.shard(name).uri


def test_a_taken_release_name_is_refused_in_words(project_in: Callable[..., Project]) -> None:
    project = project_in("full")
    workflow.release(project, "v1", by="ana")
    at = show(project, "releases")
    at.text_input(key="release-name").set_value("v1")
    at.button(key="release-go").click()
    at = finish(project, "release", ran(at))
    assert 'role="alert"' in html(at)
    assert len(project.store.releases()) == 1


# -- hostile names --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("page", ["overview", "shards", "classifier", "releases"])
def test_foreign_text_never_reaches_markdown(hostile_project: Project, page: str) -> None:
    place = next(iter(workflow.shard_table(hostile_project)))
    pages = [show(hostile_project, page)]
    if page == "shards":
        pages.append(show(hostile_project, page, shard=place.shard))
    for at in pages:
        drawn = [str(element.value) for kind in ("markdown", "caption", "title", "header") for element in at.get(kind)]
        drawn += [button.label for button in at.button] + [metric.label for metric in at.metric]
        assert not [text for text in drawn if "red[" in text or "**" in text]
        assert "<img src=x" not in html(at), "a name reached the page as HTML"


def test_the_text_of_a_document_is_shown_as_it_is(hostile_project: Project) -> None:
    place = next(place for place in workflow.shard_table(hostile_project) if place.bad)
    at = show(hostile_project, "shards", shard=place.shard)
    documents = next(frame for frame in at.dataframe if "Text begins" in frame.value.columns)
    assert HOSTILE[:60] in documents.value["Text begins"].iloc[0]


# -- classifier -----------------------------------------------------------------------------------------------------


def test_too_few_labels_are_counted_in_words(project_in: Callable[..., Project]) -> None:
    at = show(project_in("drawn"), "classifier")
    assert at.button(key="train").disabled
    assert "20 more documents judged keep or reject" in html(at)


def test_a_classifier_is_trained_compared_and_promoted_by_overruling(
    project_in: Callable[..., Project], monkeypatch: pytest.MonkeyPatch
) -> None:
    project = project_in("full")
    monkeypatch.setattr(workflow, "compare", lambda *_: pytest.fail("the training has compared it already"))
    at = finish(project, "train", click(show(project, "classifier"), "train"))
    (model,) = project.store.models()
    assert f"Model card, {model.version}" in html(at)
    assert "is not proven better" in html(at)  # the labels of this project have nothing to do with its texts
    at = click(at, "promote")
    click(at, "promote-go")
    assert project.store.promoted() is None, "overruled without a reason"
    at = click(show(project, "classifier"), "promote")
    at.text_area(key="promote-reason").set_value("A first one to work with.")
    click(at, "promote-go")
    assert project.store.promoted() == model.version
    assert f"{model.version} in use" in html(show(project, "classifier"))


def test_training_can_be_stopped(project_in: Callable[..., Project]) -> None:
    project = project_in("full")
    key = working.key(project, "train")
    job = jobs.start(key, "Training", lambda job: workflow.train(project, by="ana", progress=job.progress))
    jobs.cancel(key)
    assert job.finished.wait(60)
    assert "was cancelled" in html(show(project, "classifier"))
    assert not project.store.models()


def test_the_classifier_page_draws_scores_and_goes_back(project_in: Callable[..., Project]) -> None:
    project = project_in("full")
    first = workflow.train(project, by="ana").version
    workflow.promote(project, first, by="ana", reason="to begin with", overrule=True)
    at = finish(project, "teach", click(show(project, "classifier"), "teach"))
    assert {draw.strategy for draw in project.store.draws() if draw.stream is Stream.TRAINING} == {"uncertain"}
    at = finish(project, "score", click(show(project, "classifier"), "score"))
    assert "scored" in html(at)
    frames = [list(frame.value.columns) for frame in show(project, "classifier").dataframe]
    assert any("Mean novelty" in columns for columns in frames)
    label(project, sorted(project.standings())[0], 2, 4, reviewer="ben")
    second = workflow.train(project, by="ana").version
    workflow.promote(project, second, by="ana", reason="newer", overrule=True)
    at = click(show(project, "classifier"), "roll-back")
    click(at, "back-go")
    assert project.store.promoted() == second, "went back without a reason"
    at = click(show(project, "classifier"), "roll-back")
    at.text_area(key="back-reason").set_value("It rejected poems.")
    click(at, "back-go")
    assert project.store.promoted() == first
