"""Names: no two people become one, no person becomes two, and none runs in a spreadsheet."""

from __future__ import annotations

import csv
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from review import workflow
from review.cli import app
from review.errors import ReviewError
from review.names import same, tidy, twin
from review.records import Label, Verdict
from review.ui.session import name_problem

NFD = unicodedata.normalize("NFD", "José")
ODD = (
    "ana", "\u0430na", "Ana ", "José", NFD, "x" * 300, "\u05e9\u05e8\u05d4", "\u202eana", "\U0001f600", "../x",
    "=cmd|' /C calc'!A0", "+1", "-1", "@sum", "\tana", "a\nb", "'ana", "ana\u200b", "\ud800",
)  # fmt: skip


@given(st.text(max_size=40))
def test_a_tidy_name_stays_and_is_composed(name):
    once = tidy(name)
    assert tidy(once) == once == unicodedata.normalize("NFC", once)
    assert once == once.strip()


@pytest.mark.parametrize("typed", ["José", NFD, " José ", "Jos\u00e9\u00a0"])
def test_one_person_on_several_keyboards_is_one(typed):
    assert (tidy(typed), name_problem(tidy(typed))) == ("José", None)
    assert tidy("O\u2019Brien") == tidy("O'Brien") == "O'Brien"


@pytest.mark.parametrize(
    "name",
    ["\u0905\u092e\u093f\u0924", "\u0e1b\u0e23\u0e30\u0e22\u0e38\u0e17\u0e18\u0e4c", "\u05e9\u05e8\u05d4", "Nguyễn"],
)
def test_names_of_scripts_that_write_vowels_as_marks_are_names(name):
    assert name_problem(name) is None


@pytest.mark.parametrize("name", ["\u0301ana", "ana\u202e", "ana\u200b", "=cmd|", "../x", "\U0001f600", "x" * 300])
def test_what_cannot_be_told_from_another_or_from_markup_is_refused(name):
    assert name_problem(tidy(name))


def test_a_spelling_that_only_looks_like_another_person_is_said_and_a_look_alike_script_is_another():
    known = ["Ana", "ben", "j.d.s"]
    assert (twin("ana", known), twin("ＢＥＮ", known), twin("J D S", known)) == ("Ana", "ben", "j.d.s")
    assert (twin("Ana", known), twin("anna", known), twin("\u0410na", known), twin("cid", known)) == (None,) * 4


def test_odd_names_stay_apart_and_go_out_and_back_as_they_are(project, tmp_path):
    draws = sorted(project.store.draws("shards/mixed.parquet"), key=lambda one: one.rank)[:2]
    documents = project.store.documents([one.doc_id for one in draws])
    labels = [
        Label(f"l{at}-{n}", document.doc_id, document.content_hash, who, Verdict.KEEP)
        for at, who in enumerate(ODD)
        for n, document in enumerate(documents)
    ]
    project.store.record_labels(labels)
    view = workflow.agreement(project)
    assert {one.reviewer: one.labels for one in view.reviewers} == dict.fromkeys(ODD, 2)
    assert {one.reviewer for one in workflow.team(project).members} == set(ODD)
    out = tmp_path / "labels.csv"
    workflow.export_labels(project, out)
    with out.open(encoding="utf-8", newline="") as file:
        cells = [cell for row in csv.reader(file) for cell in row]
    assert not [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))]
    report = workflow.import_labels(project, out, by="lead")
    assert (report.stored, report.refused) == (0, ())


def test_a_sheet_and_the_command_line_meet_the_person_of_the_desk(project, project_root, tmp_path):
    document = project.store.document(project.store.draws("shards/mixed.parquet")[0].doc_id)
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(f"doc_id,verdict,reviewer\n{document.doc_id},keep, {NFD} \n", encoding="utf-8")
    workflow.import_labels(project, sheet, by="lead")
    workflow.assign(project, f" {NFD}", corpora=["shards"], by="lead")
    assert [one.reviewer for one in workflow.team(project).members] == ["José"]
    project.store.lease("José", "tab", 3, until=project.store.now().replace(year=2100), overlap=1)
    assert workflow.release_all(project, NFD) == 3
    project.close()
    done = CliRunner().invoke(
        app, ["assign", NFD, "--corpus", "shards", "--by", f" {NFD} ", "--project", str(project_root)]
    )
    assert done.exit_code == 0
    with workflow.open_project(project_root) as again:
        assert {(one.reviewer, one.by) for one in again.store.assignments()} == {("José", "José")}


@given(st.text(max_size=9), st.text(max_size=9))
def test_two_names_are_the_same_just_where_one_is_the_others_twin(one, other):
    assert same(one, other) == same(other, one)
    assert same(one, one)
    if one != other and same(one, other):
        assert twin(one, [other]) == other


def test_a_sheet_cannot_make_two_readers_of_one_by_spelling(project, tmp_path):
    document = project.store.document(project.store.draws("shards/mixed.parquet")[0].doc_id)
    sheet = tmp_path / "sheet.csv"
    rows = "".join(f"{document.doc_id},keep,{who}\n" for who in ("Ana", "ana", "A-na", "ben"))
    sheet.write_text(f"doc_id,verdict,reviewer\n{rows}", encoding="utf-8")
    report = workflow.import_labels(project, sheet, by="lead")
    assert (report.stored, [(one.row, one.reason) for one in report.refused]) == (
        2,
        [(1, "other_spelling"), (2, "other_spelling")],
    )
    assert "'Ana'" in report.refused[0].detail
    again = workflow.import_labels(project, sheet, by="lead")
    assert (again.stored, again.known, len(again.refused)) == (0, 2, 2)


def test_what_came_in_a_file_is_no_sign_of_life_and_has_no_pace(project, tmp_path):
    document = project.store.document(project.store.draws("shards/mixed.parquet")[0].doc_id)
    sheet = tmp_path / "sheet.csv"
    sheet.write_text(f"doc_id,verdict,reviewer\n{document.doc_id},keep,Ana\n", encoding="utf-8")
    workflow.import_labels(project, sheet, by="lead")
    (ana,) = workflow.team(project).members
    assert (ana.labels, ana.hour, ana.seen, ana.median_seconds) == (1, 0, None, None)
    project.store.record_labels(
        [Label("at-the-desk", document.doc_id, document.content_hash, "Ana", Verdict.REJECT, seconds=4)]
    )
    (ana,) = workflow.team(project).members
    assert (ana.labels, ana.hour, ana.median_seconds) == (1, 1, 4)
    assert ana.seen is not None


def test_nobody_is_assigned_under_a_second_spelling(project):
    workflow.assign(project, "Ana", corpora=["shards"], by="lead")
    with pytest.raises(ReviewError, match="Ana works here already"):
        workflow.assign(project, "ana", by="lead")
    assert [one.reviewer for one in project.store.assignments()] == ["Ana"]
