"""A command on a project that the app has open says where the app does the same."""

from __future__ import annotations

import sys

import pytest
import typer

from review.cli import app, main
from review.cli.in_app import IN_APP, instead
from review.store import Store

URL = "http://127.0.0.1:8501"


def said(monkeypatch, capsys, *words) -> str:
    monkeypatch.setattr(sys, "argv", ["review", *words])
    with pytest.raises(SystemExit) as left:
        main()
    assert left.value.code == 2
    return " ".join(capsys.readouterr().err.split())


def test_who_has_the_project_and_where_the_app_does_it(project, monkeypatch, capsys):
    where = ["--project", str(project.root)]
    plain = said(monkeypatch, capsys, "leases", "--release", "ana", *where)
    assert plain.endswith("Stop that app or command, then try again.")
    project.store.serves(URL)
    told = said(monkeypatch, capsys, "leases", "--release", "ana", *where)
    assert f"{project.root} is open in the app at {URL}, this very process (pid" in told
    assert "Do it there, on the page Team: choose the person, then Release. Or stop the app" in told
    assert "page Team, under Gold." in said(monkeypatch, capsys, "gold", "list", *where)
    assert "then start the app with `review serve`." in said(monkeypatch, capsys, "suspects", *where)


def test_an_app_that_ended_is_not_named_to_the_next(project, monkeypatch, capsys):
    project.store.serves(URL)
    project.close()
    with Store.open(project.root):
        assert URL not in said(monkeypatch, capsys, "team", "--project", str(project.root))


def test_every_command_named_exists_and_the_second_word_decides():
    click = typer.main.get_command(app)
    names = set()
    for name, command in click.commands.items():
        names |= {f"{name} {inner}" for inner in getattr(command, "commands", {})} or {name}
    assert set(IN_APP) <= names
    assert "Make gold" in instead(["gold", "adjudicated", "--by", "lea"])
    assert "review serve" in instead(["gold", "set", "x#1"])
    assert "review serve" in instead([])
