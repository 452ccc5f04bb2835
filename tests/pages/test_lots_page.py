"""The page of lots: which there could be, making one, deciding it as a whole, dissolving it."""

from __future__ import annotations

from collections.abc import Callable

from conftest import label
from streamlit.testing.v1 import AppTest
from test_pages import click, html, ran, show

from review import workflow
from review.project import Project

LOT = "corpus=web-en"


def pick(at: AppTest, key: str) -> AppTest:
    """Choose the table's first row. AppTest cannot click into a table, so its state is set."""
    at.session_state[key] = {"selection": {"rows": [0], "columns": [], "cells": []}}
    return ran(at)


def lots(project: Project, role: str = "lead") -> AppTest:
    return show(project, "shards", role, lots="1")


def test_shards_of_a_corpus_become_a_lot(project_in: Callable[..., Project]) -> None:
    project = project_in("drawn", shards=4, rows=60)
    at = lots(project)
    assert "Lots there are" not in html(at)
    table = at.dataframe[0].value
    assert list(table["Corpus"]) == ["web-en"]
    assert list(table["Shards"]) == ["4"]
    assert int(table["Labels as one"][0]) < int(table["One by one"][0])
    assert at.button(key="lots-form").disabled, "nothing is chosen"
    at = pick(at, "lots-new-corpus-1")
    at.text_input(key="lots-reason").set_value("one crawl")
    at = click(ran(at), "lots-form")
    (lot,) = project.store.lots()
    assert (lot.name, lot.reason, lot.by, len(lot.shards)) == (LOT, "one crawl", "ana", 4)
    assert "one certificate from now on" in html(at)
    assert "No shard is open and stands for itself." in html(at)
    assert list(show(project, "shards").dataframe[0].value["Lot"]) == [LOT] * 4
    assert list(show(project, "shards", find="corpus=").dataframe[0].value["Lot"]) == [LOT] * 4


def test_a_lot_is_seen_and_dissolved(project_in: Callable[..., Project]) -> None:
    project = project_in("drawn", shards=3, rows=60)
    workflow.form_lots(project, "corpus", ["web-en"], by="lead")
    names = project.store.lots()[0].shards
    for name in names:
        label(project, name, 0)
    at = lots(project)
    table = at.dataframe[0].value
    assert list(table["Lot"]) == [LOT]
    assert table["State"][0] == ["✓ can be approved"]
    assert "no sign that they differ" in table["Its shards"][0]
    page = html(show(project, "shards", shard=names[0]))
    assert f"Certified with its lot, {LOT}: 3 shards" in page
    assert "of this lot is bad." in page
    at = pick(at, "lots-formed-1")
    assert at.button(key="lots-dissolve").disabled, "without a reason"
    at.text_input(key="lots-reason-gone").set_value("they differ")
    at = click(ran(at), "lots-dissolve")
    assert not project.store.lots()
    assert "stand for themselves again" in html(at)
    assert "dissolved the lot" in html(show(project, "shards", shard=names[0]))


def test_only_a_lead_makes_lots(project_in: Callable[..., Project]) -> None:
    at = pick(lots(project_in("drawn", shards=3, rows=60), "reviewer"), "lots-new-corpus-1")
    assert at.button(key="lots-form").disabled
    assert not at.button(key="lots-back").disabled
