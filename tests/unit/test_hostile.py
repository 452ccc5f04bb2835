"""Texts and names written to break things: stored exactly, exported harmlessly, printed without steering a terminal."""

from __future__ import annotations

import contextlib
import csv
import json
import sys
import unicodedata

import pyarrow.parquet as pq
import pytest
from hostile import DOCUMENTS, HALVES, NAME, make_project

from review import workflow
from review.cli import main
from review.project import open_project
from review.release.cells import GUARDED, unguard, whole_characters

csv.field_size_limit(10**9)


@pytest.fixture(scope="module")
def root(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile") / "project"
    make_project(folder).close()
    return folder


@pytest.fixture
def project(root):
    with open_project(root) as opened:
        yield opened


def test_every_text_and_note_is_stored_exactly(project):
    found = project.store.documents([draw.doc_id for draw in project.store.draws()])
    assert {one.row: one.text for one in found} == dict(enumerate(DOCUMENTS.values()))
    assert {label.note for label in project.store.labels()} == {NAME + HALVES, *list(DOCUMENTS.values())[1::2]}
    assert {label.reviewer for label in project.store.labels()} == {"ana", NAME + HALVES}
    assert project.store.refused_counts()["lone_surrogate"] == 1
    assert project.store.verify() == []


def test_everything_comes_back_from_the_journal_and_the_files(root, tmp_path):
    with open_project(root) as project:
        labels, draws = project.store.labels(), project.store.draws()
    report = workflow.recover(root)
    assert report.sentences()
    with open_project(root) as project:
        assert (project.store.labels(), project.store.draws()) == (labels, draws)
        assert project.store.verify() == []


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_exports_hold_every_text_and_no_formula(project, tmp_path, suffix):
    path = tmp_path / f"labels.{suffix}"
    workflow.export_labels(project, path, texts=True)
    if suffix == "jsonl":
        lines = path.read_bytes().split(b"\n")[:-1]
        assert {json.loads(line)["text"] for line in lines} == set(DOCUMENTS.values())
        return
    wanted = {whole_characters(text) for text in DOCUMENTS.values()}
    if suffix == "parquet":
        assert {row["text"] for row in pq.read_table(path).to_pylist()} == wanted
        return
    with path.open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert {unguard(row["text"]) for row in rows} == wanted
    cells = {cell for row in rows for cell in row.values()}
    assert not [cell for cell in cells if cell.startswith(GUARDED) and not cell.startswith("'")]


COMMANDS = (
    ["status"],
    ["shards"],
    ["refused"],
    ["certify"],
    ["agreement", "--group", "language"],
    ["models"],
    ["check"],
    ["draw", "--shard", "nothing \x1b[31m"],
    ["draw", "--stream", "\x1b[31m"],
    ["decide", "\x1b]0;title\x07", "approve"],
    ["decide", "*", "approve"],
    ["decide", "*", "\x1b[2J"],
    ["labels", "import", "\x1b[2J.csv"],
    ["labels", "export", "/\u202e/\x1b[2J.csv"],
    ["release", "\x1b[31mred"],
    ["verify", "\x1b[31m.json"],
    ["promote", "\x1b[31m"],
    ["ingest", "no such \x1b[2J\x9b"],
    ["\x1b[31m"],
)


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: ascii(" ".join(words))[1:-1])
def test_no_command_sends_a_control_character_to_the_terminal(root, words, capsys, monkeypatch):
    for more in ([], ["--json"]):
        monkeypatch.setattr(sys, "argv", ["review", *words, "--project", str(root), *more])
        with contextlib.suppress(SystemExit):
            main()
        told = capsys.readouterr()
        said = told.out + told.err
        assert said
        odd = {c for c in said if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") and c != "\n"}
        assert odd == set(), said
