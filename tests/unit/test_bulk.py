"""Bulk labels teach, are one undo, and are met by no bound, test, count or agreement."""

from __future__ import annotations

import json
from datetime import datetime

import pytest
from truth import truthful_label
from typer.testing import CliRunner

from review import corpus, workflow
from review.classifier.targets import targets_of
from review.cli import app
from review.errors import NotFound, RefusedLabel, ReviewError
from review.records import Draw, RubricChoice, Stream, Verdict
from review.store import Store
from review.workflow import bulk
from review.workflow.bulk import Filter

LONG = datetime(2100, 1, 1)
ADS = Filter(contains="buy now")


@pytest.fixture
def training(project):
    """Training documents drawn: ads and sound texts, nobody has judged any."""
    for name in ("shards/poor.parquet", "shards/clean.parquet"):
        shard = project.store.shard(name)
        audit = {draw.row for draw in project.store.draws(name)}
        rows = [row for row in range(shard.rows) if row not in audit][:16]
        draws = [Draw(name, row, Stream.TRAINING, "by_hand", None, 7, rank, "b1") for rank, row in enumerate(rows)]
        project.store.record_draws(draws, corpus.read_rows(shard, rows), "lead")
    return project


def handed_out(project, who="ana"):
    names = set(project.store.lease(who, "t", 999, until=LONG, overlap=1))
    project.store.release_leases(who)
    return names


def test_a_filter_says_one_word_of_all_that_match_and_one_undo_takes_it_back(training):
    found = bulk.bulk_matches(training, ADS)
    names = {one.doc_id for one in found}
    assert names
    assert all("BUY NOW" in one.text for one in found)
    assert names <= handed_out(training)
    made = bulk.bulk_label(training, ADS, Verdict.REJECT, by="lea", reasons=["spam"], expected=len(found))
    assert (made.documents, made.counts, made.undone, made.by) == (len(found), len(found), False, "lea")
    assert not names & handed_out(training)
    labelled = training.store.labelled_documents()
    assert {one.doc_id for one in labelled} == names
    assert {(one.stream, one.labels[0].source, one.labels[0].reviewer) for one in labelled} == {
        (Stream.TRAINING, "bulk", "lea")
    }
    assert set(targets_of(labelled).share.tolist()) == {0.0}
    assert not targets_of(labelled).audit.any()
    assert bulk.bulk_matches(training, ADS) == []
    bulk.undo_bulk(training, made.batch[:8], by="eve")
    assert training.store.labelled_documents() == []
    assert names <= handed_out(training)
    assert training.store.bulk_batches()[0].undone
    with pytest.raises(NotFound, match="to undo"):
        bulk.undo_bulk(training, made.batch, by="eve")
    assert training.store.verify() == []


def test_no_count_bound_agreement_or_desk_meets_one(training):
    before = (training.standings(anew=True), training.store.shard_counts(), training.store.reviewer_counts())
    bulk.bulk_label(training, ADS, Verdict.REJECT, by="lea")
    assert (training.standings(anew=True), training.store.shard_counts(), training.store.reviewer_counts()) == before
    assert training.store.labelled_documents(stream=Stream.AUDIT) == []
    assert len(training.store.judgements()) == 0
    assert training.store.label_count() == 0
    assert workflow.cases(training) == []
    assert workflow.agreement(training).labels == 0


def test_a_readers_own_word_goes_before(training):
    bulk.bulk_label(training, ADS, Verdict.KEEP, by="lea")
    one = training.store.labelled_documents()[0]
    training.store.record_labels([truthful_label(training.store.document(one.doc_id), "ana")])
    found = {document.doc_id: document for document in training.store.labelled_documents()}[one.doc_id]
    assert [(label.reviewer, label.verdict) for label in found.labels] == [("ana", Verdict.REJECT)]
    assert training.store.bulk_batches()[0].counts == training.store.bulk_batches()[0].documents - 1


def test_a_document_drawn_for_audit_later_is_read_like_any_other(training):
    bulk.bulk_label(training, ADS, Verdict.REJECT, by="lea")
    names = {one.doc_id for one in training.store.labelled_documents()}
    workflow.draw(training, n=80, by="lead")
    assert names <= handed_out(training)
    assert training.store.labelled_documents() == []
    assert training.store.verify() == []


def test_a_document_has_one_bulk_label_at_a_time(training):
    bulk.bulk_label(training, ADS, Verdict.REJECT, by="lea")
    names = training.store.labelled_documents()
    with pytest.raises(ReviewError, match="matches"):
        bulk.bulk_label(training, ADS, Verdict.KEEP, by="lea")
    documents = training.store.documents([names[0].doc_id])
    with pytest.raises(RefusedLabel, match="nobody has judged"):
        training.store.record_bulk(documents, Verdict.KEEP, by="l", reasons=[], note="", rubric=1, wish={})


@pytest.mark.parametrize(
    ("wish", "verdict", "reasons", "why"),
    [
        (Filter(), Verdict.REJECT, (), "empty"),
        (Filter(contains="no such words"), Verdict.REJECT, (), "matches"),
        (Filter(below=0.5), Verdict.REJECT, (), "No model"),
        (ADS, Verdict.REJECT, ("nothing",), "not a reason"),
    ],
)
def test_what_makes_no_sense_is_refused(training, wish, verdict, reasons, why):
    with pytest.raises(ReviewError, match=why):
        bulk.bulk_label(training, wish, verdict, by="lea", reasons=reasons)
    with pytest.raises(ReviewError, match="announced"):
        bulk.bulk_label(training, ADS, Verdict.REJECT, by="lea", expected=999)
    assert training.store.bulk_batches() == []


def test_shard_and_metadata_narrow_the_filter(training):
    poor = bulk.bulk_matches(training, Filter(shard="*poor*", contains="BUY"))
    assert {one.shard for one in poor} == {"shards/poor.parquet"}
    assert bulk.bulk_matches(training, Filter(metadata={"lang": "de"})) == []


def test_a_rubric_change_can_set_them_aside_too(training):
    bulk.bulk_label(training, ADS, Verdict.REJECT, by="lea", reasons=["spam"])
    names = {one.doc_id for one in training.store.labelled_documents()}
    workflow.change_rubric(training, {"guideline": "Another."}, by="lea", meaning="again", again=["spam"])
    assert training.store.labelled_documents() == []
    assert names <= handed_out(training)
    training.store.record_rubric_choices([RubricChoice(2, "lea", {"spam": "boilerplate"})])
    assert {one.labels[0].codes for one in training.store.labelled_documents()} == {("boilerplate",)}
    assert training.store.verify() == []


def test_they_survive_a_recovery(training):
    bulk.bulk_label(training, ADS, Verdict.REJECT, by="lea", reasons=["spam"], note="=1+1 <b>")
    undone = bulk.bulk_label(training, Filter(shard="*clean*"), Verdict.KEEP, by="lea")
    bulk.undo_bulk(training, undone.batch, by="lea")
    lived = (training.store.labelled_documents(), training.store.bulk_batches())
    training.close()
    (training.root / "review.duckdb").unlink()
    workflow.recover(training.root)
    with Store.open(training.root) as again:
        assert (again.labelled_documents(), again.bulk_batches()) == lived
        assert again.verify() == []


def test_the_export_marks_them_and_an_import_does_not_take_them_for_labels(training, tmp_path):
    bulk.bulk_label(training, ADS, Verdict.REJECT, by="lea")
    path = tmp_path / "labels.jsonl"
    workflow.export_labels(training, path, texts=False)
    rows = [json.loads(line) for line in path.read_text().splitlines()]
    assert {(row["verdict"], row["labels"][0]["source"]) for row in rows} == {("reject", "bulk")}
    report = workflow.import_labels(training, path, by="lea")
    assert (report.stored, {refusal.reason for refusal in report.refused}) == (0, {"bulk_label"})


def test_the_command_shows_does_lists_and_undoes(training):
    training.close()
    run = CliRunner().invoke

    def ran(*args):
        result = run(app, ["bulk", *args, "--project", str(training.root), "--by", "lea", "--json"])
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    found = ran("reject", "--contains", "buy now")
    assert found
    assert ran() == []
    made = ran("reject", "--contains", "buy now", "--reason", "spam", "--yes")
    assert made["documents"] == len(found)
    assert [one["undone"] for one in ran("--undo", made["batch"])] == [True]
    told = run(app, ["bulk", "--project", str(training.root)])
    assert "text contains 'buy now'" in told.stdout
