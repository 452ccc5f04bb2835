"""What a list of shards promises as a whole is said in one set of words: as shards are approved, as the list is made,
and in its manifest."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest
from test_pages import _dialog, click, finish, html, ran, show

from review import workflow
from review.errors import ReleaseError
from review.project import Project
from review.records import Ruling
from review.ui import parts

pytestmark = pytest.mark.filterwarnings("ignore")


def at_risk(project: Project, risk: str) -> Project:
    settings = project.settings
    project.settings = settings.model_copy(update={"release": settings.release.model_copy(update={"risk": risk})})
    return project


@pytest.mark.parametrize(
    ("risk", "says"),
    [
        ("shard", "Each shard was approved at its own risk of 0.05; of the list as a whole nothing more is promised."),
        ("fdr", "Of the shards listed, at most 0.05 are expected to be unacceptable (Benjamini-Yekutieli)."),
        ("family", "The chance that any shard listed is unacceptable is at most 0.05 (Holm)."),
    ],
)
def test_the_dialog_the_page_and_the_manifest_say_the_same(
    project_in: Callable[..., Project], risk: str, says: str
) -> None:
    project = at_risk(project_in("halfway"), risk)
    ready = next(place.shard for place in workflow.shard_table(project) if place.state == "can be approved")
    dialog = ran(AppTest.from_function(_dialog, args=(project, ready), default_timeout=30))
    assert says in html(dialog)
    workflow.decide(project, [ready], Ruling.APPROVE, reason="", by="lea")
    at = show(project, "releases")
    assert html(at).count(says) == 1
    made = finish(project, "release", click(at, "release-go"))
    (row,) = project.store.releases()
    assert (row.manifest["risk"]["risk"], row.manifest["risk"]["sentence"]) == (risk, says)
    assert html(ran(made)).count(says) == 2, "of the next release, and of the one made"


def test_a_lead_chooses_the_promise_and_sees_what_it_leaves_out(project_in: Callable[..., Project]) -> None:
    project = project_in("full")
    bad = next(place.shard for place in workflow.shard_table(project) if place.state == "should be rejected")
    workflow.decide(project, [bad], Ruling.APPROVE, reason="needed", by="lea", overrule=True)
    at = show(project, "releases")
    assert "But 1 shard was approved against the labels, which promises nothing." in html(at)
    at.selectbox(key="release-risk").set_value("family")
    told = html(ran(at))
    assert "It would leave out 1 shard:" in told
    assert f"{parts.escaped(bad)}: its evidence of" in told
    at = ran(at)
    finish(project, "release", click(at, "release-go"))
    (row,) = project.store.releases()
    listed = json.loads((Path(row.path) / "manifest.json").read_text(encoding="utf-8"))["shards"]
    assert bad not in [shard["name"] for shard in listed]
    assert row.manifest["risk"]["risk"] == "family"


def test_what_would_be_left_out_is_said_before_it_is_approved(project_in: Callable[..., Project]) -> None:
    project = at_risk(project_in("halfway"), "family")
    ready = next(place.shard for place in workflow.shard_table(project) if place.state == "can be approved")
    poor = next(place.shard for place in workflow.shard_table(project) if place.state == "should be rejected")
    both = workflow.list_risk(project, also=[ready, poor])
    assert ready in both.shards
    assert set(both.lacking) == {poor}
    assert project.standings()[ready].decision is None, "nothing was decided by asking"
    with pytest.raises(ReleaseError, match="Allowed: shard, fdr, family"):
        workflow.list_risk(project, "none")


def test_a_shard_approved_with_nothing_read_is_listed_and_said_to_promise_nothing(
    project_in: Callable[..., Project],
) -> None:
    project = project_in("drawn")
    unread = workflow.shard_table(project)[0].shard
    workflow.decide(project, [unread], Ruling.APPROVE, reason="trusted source", by="lea", overrule=True)
    made = workflow.release(project, "v1", by="lea")
    assert made.shards == 1
    assert "But 1 shard was approved against the labels" in made.manifest["risk"]["sentence"]
    assert set(workflow.list_risk(project, "fdr").lacking) == {unread}
