"""Numbers on the Agreement page are of now, or say of when they are."""

from __future__ import annotations

import pytest
from conftest import label
from test_agreement_page import html, show

from review.project import Project
from review.ui import fresh

pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture
def shared(project_in) -> Project:
    project = project_in("drawn", shards=1)
    (shard,) = project.standings()
    for who in ("ana", "ben"):
        label(project, shard, 2, 10, reviewer=who)
    return project


def test_what_costs_little_is_always_of_now(shared: Project, monkeypatch) -> None:
    monkeypatch.setattr(fresh, "CHEAP", 1e9)
    first = fresh.view(shared, None)
    assert fresh.view(shared, None) is first
    label(shared, next(iter(shared.standings())), 2, 12, reviewer="cleo")
    assert fresh.view(shared, None).view.labels == first.view.labels + 12


def test_what_costs_much_stands_a_while_says_so_and_is_computed_when_asked(shared: Project, monkeypatch) -> None:
    monkeypatch.setattr(fresh, "CHEAP", -1.0)
    monkeypatch.setattr(fresh, "PATIENCE", 1e9)
    at = show(shared)
    assert "since. Computing took" not in html(at)
    label(shared, next(iter(shared.standings())), 2, 12, reviewer="cleo")
    at.run()
    assert "12 labels since. Computing took" in html(at)
    at.button(key="agreement-fresh").click().run()
    assert not at.exception
    assert "since. Computing took" not in html(at)
    assert fresh.view(shared, "corpus").view.labels == 32


def test_an_old_one_is_computed_again(shared: Project, monkeypatch) -> None:
    monkeypatch.setattr(fresh, "CHEAP", -1.0)
    monkeypatch.setattr(fresh, "PATIENCE", 0.0)
    before = fresh.view(shared, None)
    label(shared, next(iter(shared.standings())), 2, 12, reviewer="cleo")
    assert fresh.view(shared, None).seq > before.seq


def test_the_page_shows_what_the_labels_come_to(shared: Project) -> None:
    label(shared, next(iter(shared.standings())), 0, 10, reviewer="cleo")
    at = show(shared)
    table = next(frame.value for frame in at.dataframe if "Open or tied" in frame.value)
    assert table["Reject"].tolist() == ["2", "2"]
    assert "Every way says the same of every document." in html(at)
