"""The budget planner: so many readers for so many hours, which shards, in which order, at what bad share."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from streamlit.testing.v1 import AppTest
from test_pages import _app, html, ran, show

from review import workflow
from review.project import Project

pytestmark = pytest.mark.filterwarnings("ignore")


def order(at: AppTest) -> list[str]:
    return list(at.dataframe[0].value["Shard"])


def test_the_page_answers_what_the_planner_says(standing_project: Callable[..., Project]) -> None:
    project = standing_project("halfway")
    at = show(project, "plan")
    budget = workflow.plan_budget(project, reviewers=3, hours=4.0)
    assert order(at) == [line.name for line in budget.lines]
    inside = [line for line in budget.lines if line.within]
    assert f"{len(inside)} of {len(budget.lines)} open shards can be decided" in html(at)
    assert "3 readers for 4 h each" in html(at)
    assert [row.count("(this plan)") for row in at.dataframe[1].value["Promise"]].count(1) == 1
    assert len(at.dataframe[1].value) == len(budget.options)


def test_less_time_decides_fewer_shards_and_stands_in_the_address(standing_project: Callable[..., Project]) -> None:
    project = standing_project("halfway")
    at = show(project, "plan")
    assert not {"readers", "hours", "seconds"} & set(at.query_params)
    at.number_input(key="plan-readers").set_value(1)
    at.number_input(key="plan-hours").set_value(0.25)
    at.number_input(key="plan-seconds").set_value(60.0)
    at = ran(at)
    assert (at.query_params["readers"], at.query_params["hours"], at.query_params["seconds"]) == ("1", "0.25", "60")
    budget = workflow.plan_budget(project, reviewers=1, hours=0.25, seconds=60.0)
    assert [cell == "✓ yes" for cell in at.dataframe[0].value["In budget"]] == [line.within for line in budget.lines]
    assert not all(line.within for line in budget.lines)
    again = AppTest.from_function(_app, args=(project, "plan", "lead"), default_timeout=30)
    for name, value in (("readers", "1"), ("hours", "0.25"), ("seconds", "60")):
        again.query_params[name] = value
    assert list(ran(again).dataframe[0].value["In budget"]) == list(at.dataframe[0].value["In budget"])


def test_before_anybody_was_timed_the_page_asks_for_the_seconds(standing_project: Callable[..., Project]) -> None:
    project = standing_project("drawn")
    at = show(project, "plan")
    assert "No label has been timed yet" in html(at)
    assert "What a shard costs" in html(at)
    at.number_input(key="plan-seconds").set_value(20.0)
    assert "open shards can be decided" in html(ran(at))


@pytest.mark.parametrize("spoilt", [{"readers": "-1"}, {"hours": "x"}, {"seconds": "0"}, {"readers": "1e9"}])
def test_an_address_that_means_nothing_is_passed_over(standing_project: Callable[..., Project], spoilt) -> None:
    at = AppTest.from_function(_app, args=(standing_project("halfway"), "plan", "lead"), default_timeout=30)
    for name, value in spoilt.items():
        at.query_params[name] = value
    assert "3 readers for 4 h each" in html(ran(at))
