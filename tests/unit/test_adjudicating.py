"""A lead's last word, from the queue to the certificate, out to a file and back."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from typer.testing import CliRunner

from review import workflow
from review.cli import app
from review.errors import NotFound, RefusedLabel, ReviewError
from review.final import final_verdict
from review.records import Label, Ruling, Stream, Verdict

MIXED = "shards/mixed.parquet"


def say(project, draw, reviewer, verdict, *reasons, **rest):
    document = project.store.document(draw.doc_id)
    name = f"{reviewer}-{draw.row}-{project.store.last_seq()}"
    label = Label(name, draw.doc_id, document.content_hash, reviewer, verdict, reasons, **rest)
    return project.store.record_labels([label])[0]


@pytest.fixture
def disputed(project):
    """Four documents of one shard: differ, differ, agree, unsure; and a training document on which readers differ."""
    draws = sorted(project.store.draws(MIXED), key=lambda draw: draw.rank)
    for draw, ben in zip(draws, (Verdict.REJECT, Verdict.UNSURE, Verdict.KEEP), strict=False):
        say(project, draw, "ana", Verdict.KEEP)
        say(project, draw, "ben", ben, *(("spam",) if ben is Verdict.REJECT else ()))
    say(project, draws[3], "ana", Verdict.UNSURE)
    workflow.draw(project, stream=Stream.TRAINING, strategy="random", n=1, by="lead")
    training = project.store.draws(stream=Stream.TRAINING)[0]
    say(project, training, "ana", Verdict.KEEP)
    say(project, training, "ben", Verdict.REJECT)
    return project, draws, training


def test_the_queue_is_where_readers_differ_audit_documents_first_by_rank(disputed):
    project, draws, training = disputed
    found = workflow.cases(project)
    assert [(case.kind, case.document.doc_id) for case in found] == [
        ("differ", draws[0].doc_id),
        ("differ", draws[1].doc_id),
        ("differ", training.doc_id),
        ("unsure", draws[3].doc_id),
    ]
    assert [case.final for case in found] == [Verdict.UNSURE] * 4
    assert workflow.cases(project, shard="*clean*") == [case for case in found if "clean" in case.document.shard]
    assert workflow.overview(project).disputed == 3
    assert "adjudicate" in [step.kind for step in workflow.overview(project).do_next]


def test_a_word_settles_a_document_names_the_labels_it_looked_at_and_can_be_undone(disputed):
    project, draws, _ = disputed
    name = draws[0].doc_id
    before = project.standings()[MIXED]
    made = workflow.adjudicate(project, name, Verdict.REJECT, by="lea", reasons=["spam"], note="an ad")
    assert set(made.labels) == {label.label_id for label in project.store.labels(name)}
    assert made.shown == {"names": False}
    case = workflow.case(project, name)
    assert (case.kind, case.final) == ("settled", Verdict.REJECT)
    assert project.standings()[MIXED].bad == before.bad + 1
    again = workflow.adjudicate(project, name, Verdict.KEEP, by="eve")
    workflow.undo_adjudication(project, again, by="eve")
    assert final_verdict(workflow.case(project, name).document) is Verdict.REJECT
    with pytest.raises(ReviewError, match="has ruled on"):
        workflow.undo_adjudication(project, made, by="lea")
    workflow.take_back(project, name, by="lea")
    assert workflow.case(project, name).kind == "differ"
    assert project.standings()[MIXED] == before
    with pytest.raises(ReviewError, match="no adjudication"):
        workflow.take_back(project, name, by="lea")
    assert len(project.store.labels(name)) == 2


def test_a_later_label_that_differs_brings_the_document_back_and_changes_nothing(disputed):
    project, draws, _ = disputed
    name = draws[0].doc_id
    workflow.adjudicate(project, name, Verdict.REJECT, by="lea", reasons=["spam"])
    say(project, draws[0], "cid", Verdict.REJECT, "spam")
    assert workflow.case(project, name).kind == "settled"
    say(project, draws[0], "dan", Verdict.KEEP)
    case = workflow.case(project, name)
    assert (case.kind, case.final) == ("since", Verdict.REJECT)
    assert [one.kind for one in workflow.cases(project)].count("since") == 1


def test_what_each_verdict_would_do_is_what_it_then_does(project, read_all):
    while read_all(project):
        pass
    clean = "shards/clean.parquet"
    workflow.decide(project, [clean], Ruling.APPROVE, reason="certified", by="lead")
    document = project.store.labelled_documents(clean, Stream.AUDIT)[0]
    told = workflow.effects(project, document)
    assert not told[Verdict.KEEP].changes
    assert told[Verdict.REJECT].stale == ("labels changed",)
    workflow.adjudicate(project, document.doc_id, Verdict.REJECT, by="lea", reasons=["spam"])
    place = project.standings()[clean]
    effect = told[Verdict.REJECT]
    assert (place.state, place.sentence, place.stale) == (effect.state, effect.sentence, effect.stale)


def test_a_training_document_has_no_certificate_to_change(disputed):
    project, _, training = disputed
    assert workflow.effects(project, workflow.case(project, training.doc_id).document) == {}


def test_a_word_against_the_rubric_or_on_a_document_nobody_judged_is_refused(disputed):
    project, draws, _ = disputed
    with pytest.raises(RefusedLabel, match="not a reason"):
        workflow.adjudicate(project, draws[0].doc_id, Verdict.REJECT, by="lea", reasons=["bad"])
    with pytest.raises(NotFound, match="Nobody has judged"):
        workflow.adjudicate(project, draws[9].doc_id, Verdict.REJECT, by="lea")
    assert project.store.adjudications() == []


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_words_go_out_with_the_labels_and_come_back(disputed, tmp_path, suffix):
    project, draws, _ = disputed
    made = workflow.adjudicate(project, draws[0].doc_id, Verdict.REJECT, by="lea", reasons=["spam"], note="=1+1\nan ad")
    path = tmp_path / f"labels.{suffix}"
    workflow.export_labels(project, path)
    if suffix == "jsonl":
        rows = {row["doc_id"]: row for row in map(json.loads, path.read_text().splitlines())}
        row = rows[made.doc_id]
        assert (row["verdict"], row["adjudicated"], row["reasons"]) == ("reject", True, ["spam"])
        assert row["adjudication"]["by"] == "lea"
        assert [one["adjudicated"] for name, one in rows.items() if name != made.doc_id] == [False] * 4
    report = workflow.import_labels(project, path, by="cid")
    assert (report.stored, report.adjudicated, report.refused, report.known) == (0, 0, (), 10)
    workflow.take_back(project, made.doc_id, by="lea")
    other = _copy_without_words(project, tmp_path)
    with other:
        report = workflow.import_labels(other, path, by="cid")
        assert (report.adjudicated, report.refused) == (1, ())
        [back] = other.store.adjudications()
        assert replace(back, shown={}, at=None, seq=None) == replace(made, shown={}, at=None, seq=None)
        assert back.shown["imported_by"] == "cid"
        assert workflow.import_labels(other, path, by="cid").adjudicated == 0


def _copy_without_words(project, tmp_path):
    """The same shards in another project, nobody has judged anything."""
    root = tmp_path / "other"
    root.mkdir()
    (root / "review.toml").write_text((project.root / "review.toml").read_text())
    other = workflow.open_project(root)
    workflow.ingest(other, [project.store.shard(name).uri for name in project.standings()], by="lead")
    workflow.draw(other, by="lead")
    draws = project.store.draws(stream=Stream.TRAINING)
    other.store.record_draws(draws, project.store.documents([draw.doc_id for draw in draws]), "lead")
    return other


def test_a_file_never_replaces_what_a_lead_has_said_here(disputed, tmp_path):
    project, draws, _ = disputed
    workflow.adjudicate(project, draws[0].doc_id, Verdict.REJECT, by="lea", reasons=["spam"])
    path = tmp_path / "labels.jsonl"
    workflow.export_labels(project, path, texts=False)
    other = _copy_without_words(project, tmp_path)
    with other:
        say(other, draws[0], "cid", Verdict.KEEP)
        workflow.adjudicate(other, draws[0].doc_id, Verdict.KEEP, by="eve")
        report = workflow.import_labels(other, path, by="cid")
        assert [refusal.reason for refusal in report.refused] == ["ruled_here"]
        assert workflow.case(other, draws[0].doc_id).final is Verdict.KEEP


def test_the_command_lists_rules_and_takes_back(disputed):
    project, draws, _ = disputed
    project.close()
    run = CliRunner().invoke

    def ran(*args):
        result = run(app, ["adjudicate", *args, "--project", str(project.root), "--by", "lea", "--json"])
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    listed = ran()
    assert [one["kind"] for one in listed] == ["differ", "differ", "differ", "unsure"]
    assert {label["reviewer"] for label in listed[0]["labels"]} == {"ana", "ben"}
    made = ran(draws[0].doc_id, "reject", "--reason", "spam", "--note", "an ad")
    assert (made["adjudication"]["verdict"], made["adjudication"]["by"], made["shard"]) == ("reject", "lea", MIXED)
    assert len(ran()) == 3
    assert len(ran("--settled")) == 4
    assert ran(draws[0].doc_id, "--take-back")["adjudication"]["verdict"] is None
    told = run(app, ["adjudicate", "--project", str(project.root)])
    assert "3 documents on which readers differ" in told.stdout
    wrong = run(app, ["adjudicate", draws[0].doc_id, "--project", str(project.root)])
    assert isinstance(wrong.exception, ReviewError)
