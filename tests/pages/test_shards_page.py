"""The Shards page: filters that stand in the address, what was overruled, and the second signature."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest
from conftest import label
from streamlit.testing.v1 import AppTest
from test_pages import _app, click, html, ran, show

from review import workflow
from review.project import Project
from review.records import Ruling
from review.workflow.evidence import curve_of

pytestmark = pytest.mark.filterwarnings("ignore")


def opened(project: Project, address: dict[str, str]) -> AppTest:
    """The page at this address."""
    at = AppTest.from_function(_app, args=(project, "shards", "lead"), default_timeout=30)
    for name, value in address.items():
        at.query_params[name] = value
    return ran(at)


def names(at) -> list[str]:
    return list(at.dataframe[0].value["Shard"])


# -- the address ----------------------------------------------------------------------------------------------------


def test_what_is_chosen_stands_in_the_address(project_in: Callable[..., Project]) -> None:
    at = show(project_in("full", shards=20, rows=60), "shards")
    assert not {"state", "find", "corpus", "sort", "page"} & set(at.query_params), "nothing chosen, nothing said"
    at.pills(key="shards-states").set_value(["no labels yet", "approved"])
    at.text_input(key="shards-find").set_value("00")
    at.selectbox(key="shards-sort").set_value("Name")
    at = ran(at)
    assert at.query_params["state"] == ["no labels yet", "approved"]
    assert (at.query_params["find"], at.query_params["sort"]) == ("00", "Name")
    at.pills(key="shards-states").set_value([])
    at.text_input(key="shards-find").set_value("")
    assert not {"state", "find"} & set(ran(at).query_params)


def test_an_address_opens_the_view_it_names(project_in: Callable[..., Project]) -> None:
    project = project_in("drawn", shards=20, rows=20)
    assert len(names(opened(project, {"page": "2"}))) == 2
    assert names(show(project, "shards", find="00017")) == ["web-en/00017.parquet"]
    assert names(opened(project, {"sort": "Name", "page": "2"})) == ["web-en/00018.parquet", "web-en/00019.parquet"]
    at = show(project, "shards", state="approved")
    assert at.pills(key="shards-states").value == ["approved"]
    assert "No shard matches" in html(at)


@pytest.mark.parametrize(
    "spoilt", [{"page": "99"}, {"page": "-1"}, {"page": "x"}, {"state": "<b>"}, {"sort": "1"}, {"corpus": "nowhere"}]
)
def test_what_an_address_cannot_mean_is_passed_over(standing_project: Callable[..., Project], spoilt) -> None:
    at = opened(standing_project("full"), spoilt)
    assert len(names(at)) == 6
    assert not set(spoilt) & set(at.query_params)


def test_going_back_in_the_browser_goes_back_in_the_view(standing_project: Callable[..., Project]) -> None:
    at = show(standing_project("full"), "shards", find="00001")
    at.text_input(key="shards-find").set_value("00002")
    at = ran(at)
    assert names(at) == ["web-en/00002.parquet"]
    at.query_params["find"] = "00001"
    assert names(ran(at)) == ["web-en/00001.parquet"]


# -- decisions ------------------------------------------------------------------------------------------------------


def test_an_overruled_decision_looks_like_no_other(project_in: Callable[..., Project]) -> None:
    project = project_in("full")
    bad = next(place.shard for place in workflow.shard_table(project) if place.state == "should be rejected")
    workflow.decide(project, [bad], Ruling.APPROVE, reason="needed", by="lea", overrule=True)
    at = show(project, "shards")
    chips = dict(zip(names(at), at.dataframe[0].value["State"], strict=True))
    assert chips.pop(bad) == ["! approved, overruled"]
    assert not [chip for chip in chips.values() if "overruled" in chip[0]]
    assert names(show(project, "shards", state="overruled")) == [bad]
    assert "approved, overruled" in html(show(project, "shards", shard=bad))


def test_an_approval_is_confirmed_by_a_second_person_alone(project_in: Callable[..., Project]) -> None:
    project = project_in("halfway")
    settings = project.settings
    project.settings = settings.model_copy(
        update={"decisions": settings.decisions.model_copy(update={"two_person": True})}
    )
    ready = next(place.shard for place in workflow.shard_table(project) if place.state == "can be approved")
    workflow.decide(project, [ready], Ruling.APPROVE, reason="reads well", by="ana")
    own = click(show(project, "shards"), "shards-confirm")
    assert own.button(key="confirm-go").disabled
    assert "was approved by you" in html(own)
    workflow.decide(project, [ready], Ruling.APPROVE, reason="reads well", by="lea")
    assert [place.state for place in workflow.shard_table(project) if place.shard == ready] == ["to be confirmed"]
    at = click(show(project, "shards"), "shards-confirm")
    assert "Approved by lea: “reads well”" in html(at)
    click(at, "confirm-go")
    (*_, decision) = project.store.decisions()
    assert (decision.by, decision.confirmed_by) == ("lea", "ana")
    assert project.standings()[ready].state == "approved"
    assert not [button for button in show(project, "shards").button if button.key == "shards-confirm"]


# -- one shard ------------------------------------------------------------------------------------------------------


def test_an_approval_of_half_a_year_ago_is_explained_on_its_page(project_in: Callable[..., Project]) -> None:
    """Who, when, why, on which labels, under which plan, and what has happened since: without asking anybody."""
    project = project_in("halfway")
    clock = project.store._clock
    clock.at = datetime(2026, 5, 22, 9, 0)
    ready = next(place.shard for place in workflow.shard_table(project) if place.state == "can be approved")
    said, read = project.standings()[ready].sentence, project.standings()[ready].certificate.n
    workflow.decide(project, [ready], Ruling.APPROVE, reason="No open disputes.", by="lea")
    clock.at = datetime(2026, 11, 22, 9, 0)
    told = html(show(project, "shards", shard=ready))
    for words in (
        "Approved by lea on 22 May 2026",
        "“No open disputes.”",
        f"“{said}” {read} documents counted, 0 bad, judged by rubric 1.",
        "They were drawn",
        "Shares are of documents.",
        "speaks of the labels as given: without documents whose answer is known, reviewer error is not in it",
        "approve when 95\u00a0% sure that less than 25\u00a0% is bad",
        "file, rubric, plan and counted labels are as they were, so it holds",
    ):
        assert words in told, words
    label(project, ready, 20, reviewer="ana", again="-changed")
    told = html(show(project, "shards", shard=ready))
    assert "the decision no longer holds: labels changed" in told
    assert f"“{said}” {read} documents counted, 0 bad" in told, "what it rested on then"


def test_the_plan_is_drawn_for_the_shard(standing_project: Callable[..., Project]) -> None:
    project = standing_project("full")
    approved = next(place.shard for place in workflow.shard_table(project) if place.state == "approved")
    at = show(project, "shards", shard=approved)
    assert len(at.get("vega_lite_chart")) == 2, "the course and the evidence"
    at.toggle(key="shard-curve").set_value(True)
    at = ran(at)
    assert len(at.get("vega_lite_chart")) == 3, "and what the plan lets through"
    detail = workflow.shard_detail(project, approved)
    plan = project.settings.plan.plan()
    chance = {point.share: point.approve for point in curve_of(detail.now.given)}
    assert chance[plan.reject] <= plan.alpha
    assert chance[plan.accept] >= 1 - plan.beta
    assert f"is approved with a chance of {100 * chance[plan.reject]:.1f}" in html(at)
    last = detail.now.path[-1]
    assert last.bad <= detail.now.bounds.approve[last.labels], "the line ends in the approving field"


# -- releases -------------------------------------------------------------------------------------------------------


def test_a_release_is_compared_with_the_one_before(project_in: Callable[..., Project]) -> None:
    project = project_in("full")
    workflow.release(project, "v1", by="ana")
    ready = next(place.shard for place in workflow.shard_table(project) if place.state == "can be approved")
    workflow.decide(project, [ready], Ruling.APPROVE, reason="", by="lea")
    workflow.release(project, "v2", by="ana", fmt="table")
    at = show(project, "releases")
    assert "Table: CSV, Parquet" in list(at.dataframe[0].value["For"])
    told = html(click(at, "release-compare"))
    assert "v1 -&gt; v2: 1 shard added, 0 removed, 0 changed, 1 as before" in told
    assert f"+ {ready}" in told
