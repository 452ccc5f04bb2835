"""The people: what the Team page and the commands know of them, and what a lead does about it."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest
from store_states import Clock
from typer.testing import CliRunner

from review import workflow
from review.cli import app
from review.desk import exchange
from review.errors import NotFound, ReviewError
from review.project import Project, open_project
from review.records import Adjudication, Label, Stream, Verdict
from review.settings import load_settings
from review.workflow.team import given, unread

NOW = Clock().now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def project(tmp_path: Path, clock: Clock):
    """Two corpora of 30 documents; every third of `web` is bad and says so; German and French take turns."""
    for corpus in ("web", "books"):
        rows = [
            {"text": f"{corpus} {at} {'BUY NOW' if at % 3 == 0 else 'fine'}.", "lang": "de" if at % 2 else "fr"}
            for at in range(30)
        ]
        (tmp_path / f"{corpus}.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "review.toml").write_text(
        '[corpus]\nlanguage_column = "lang"\n[sampling]\naudit_per_shard = 30\n[desk]\ngold_share = 0.3\n'
    )
    with open_project(tmp_path, clock=clock) as opened:
        for corpus in ("web", "books"):
            workflow.ingest(opened, [str(tmp_path / f"{corpus}.jsonl")], corpus_name=corpus, by="lead")
        workflow.draw(opened, n=30, by="lead")
        yield opened


def documents(project: Project):
    return project.store.documents([one.doc_id for one in project.store.draws(stream=Stream.AUDIT)])


def say(project: Project, who: str, some, verdict, **rest) -> None:
    project.store.record_labels([
        Label(f"{who}:{one.doc_id}", one.doc_id, one.content_hash, who, verdict(one), seconds=5.0, **rest)
        for one in some
    ])  # fmt: skip


def truth(document) -> Verdict:
    return Verdict.REJECT if "BUY NOW" in document.text else Verdict.KEEP


def test_gold_says_how_each_reviewer_errs_with_exact_intervals(project):
    some = documents(project)[:30]
    say(project, "early", some, truth)  # before they were gold: that says nothing
    bad = [one.doc_id for one in some if truth(one) is Verdict.REJECT]
    good = [one.doc_id for one in some if truth(one) is Verdict.KEEP]
    workflow.set_gold(project, bad, Verdict.REJECT, reasons=["spam"], by="lead")
    workflow.set_gold(project, good, Verdict.KEEP, by="lead")
    say(project, "ana", some, truth, shown={"gold": True})
    say(project, "ben", some, lambda one: Verdict.UNSURE, shown={"gold": True})
    report = workflow.reviewer_errors(project)
    ana, ben = report.gold
    assert (ana.bad_shown, ana.bad_found, ana.good_shown, ana.good_kept) == (len(bad), len(bad), len(good), len(good))
    assert (ben.bad_found, ben.good_kept, ben.good.unsure) == (0, len(good), len(good))
    found = ana.sensitivity()
    assert (found.cases, found.of, found.high) == (len(bad), len(bad), 1.0)
    assert 0.6 < found.low < 0.8  # Clopper and Pearson for 10 of 10: 0.025 ** (1 / 10)
    assert (report.gold_pooled.bad_shown, report.gold_pooled.bad_found) == (2 * len(bad), len(bad))
    assert report.gold_pooled.documents == 30
    assert report.thin
    assert report.overlap == ()
    assert not {"ana", "ben"} & {label.reviewer for one in project.store.labelled_documents() for label in one.labels}


def test_where_gold_is_thin_overlap_gives_expected_answers(project):
    some = documents(project)
    say(project, "ana", some, truth)
    say(project, "ben", some, truth)
    say(project, "lax", some, lambda one: Verdict.KEEP if one.row % 2 else truth(one))
    report = workflow.reviewer_errors(project)
    found = {one.reviewer: one for one in report.overlap}
    assert found["ana"].bad_found / found["ana"].bad_shown > 0.95
    assert 0.4 < found["lax"].bad_found / found["lax"].bad_shown < 0.6
    assert found["lax"].good_kept / found["lax"].good_shown > 0.98
    assert report.overlap_pooled.bad_shown == pytest.approx(sum(one.bad_shown for one in report.overlap))
    assert report.overlap_pooled.documents == len(some)
    assert report.gold_pooled.bad_shown == 0
    assert report.thin


def test_the_team_is_who_worked_holds_or_is_assigned(project, clock):
    some = documents(project)
    say(project, "ana", some[:3], truth)
    clock.now += timedelta(minutes=10)
    exchange(project.store, project.settings, "ben", {"n": 1, "tab": "t", "hello": True, "rubric": 1}, clock.now)
    workflow.assign(project, "cid", languages=["de"], corpora=["web"], by="lead")
    view = workflow.team(project)
    assert [(one.reviewer, one.labels, one.hour, one.held > 0) for one in view.members] == [
        ("ana", 3, 3, False), ("ben", 0, 0, True), ("cid", 0, 0, False),
    ]  # fmt: skip
    ana, ben, cid = view.members
    assert (ana.seen, ben.seen, cid.seen) == (NOW, clock.now, None)
    assert ben.until == clock.now + timedelta(minutes=30)
    assert ana.median_seconds == 5.0
    assert given(cid.assignment) == "corpus web; language de"
    assert given(ana.assignment) == "everything"
    assert view.waiting == 57
    assert view.unread == ()
    assert workflow.release_all(project, "ben") == ben.held
    assert project.store.leases() == []
    assert workflow.release_all(project, "nobody") == 0


def test_what_was_judged_is_no_longer_held(project):
    first = project.store.lease("ana", "t", 5, until=NOW + timedelta(hours=1), overlap=1)
    say(project, "ana", project.store.documents(first[:2]), truth)
    assert [(one.reviewer, one.documents, one.tabs) for one in project.store.holders()] == [("ana", 3, 1)]


def test_documents_nobody_is_given_are_named(project):
    assert unread(project) == ()
    workflow.assign(project, "ana", languages=["de"], by="lead")
    workflow.assign(project, "ben", languages=["fr"], corpora=["web"], by="lead")
    [left] = unread(project)
    assert (left.corpus, left.language, left.documents, left.people, left.readers) == ("books", "fr", 15, 1, ())
    assert any("Nobody" in step.text and step.count == 15 for step in workflow.overview(project).do_next)
    told = exchange(project.store, project.settings, "x", {"n": 1, "tab": "t", "hello": True, "rubric": 1}, NOW)
    assert told["items"]  # somebody new is given everything
    assert unread(project) == ()  # and they are known now


def test_an_overlap_that_too_few_people_can_give_is_named(tmp_path, project):
    settings = tmp_path / "review.toml"
    settings.write_text(settings.read_text().replace("gold_share = 0.3", "overlap = 2\n"))
    project.settings = load_settings(tmp_path)
    workflow.assign(project, "ana", by="lead")
    say(project, "ana", documents(project)[:1], truth)
    [one, two] = sorted(unread(project), key=lambda part: part.corpus)
    assert (one.corpus, one.people, one.readers) == ("books", 2, ("ana",))
    assert two.documents == 30


def test_the_desk_says_why_an_assigned_reviewer_gets_nothing(project):
    workflow.assign(project, "ana", corpora=["books"], languages=["fr"], by="lead")
    mine = [one for one in documents(project) if one.metadata["lang"] == "fr" and one.shard.startswith("books")]
    say(project, "ben", mine, truth)
    told = exchange(project.store, project.settings, "ana", {"n": 1, "tab": "t", "hello": True, "rubric": 1}, NOW)
    assert told["empty"]["why"].startswith("45 wait for others")
    others = exchange(project.store, project.settings, "ben", {"n": 1, "tab": "t", "hello": True, "rubric": 1}, NOW)
    assert others["items"]


def test_an_assignment_names_what_there_is(project, tmp_path):
    with pytest.raises(NotFound, match="no corpus 'wbe'"):
        workflow.assign(project, "ana", corpora=["wbe"], by="lead")
    with pytest.raises(NotFound, match="No shard matches 'webb/\\*'"):
        workflow.assign(project, "ana", shards=["web/*", "webb/*"], by="lead")
    project.settings = project.settings.model_copy(update={"corpus": type(project.settings.corpus)()})
    with pytest.raises(NotFound, match="language_column"):
        workflow.assign(project, "ana", languages=["de"], by="lead")
    assert project.store.assignments() == []


def test_gold_is_made_of_what_a_lead_adjudicated(project):
    one, two, three = documents(project)[:3]
    project.store.record_adjudications([
        Adjudication(f"a{at}", document.doc_id, document.content_hash, verdict, "lead", ("spam",) if at == 0 else ())
        for at, (document, verdict) in enumerate([
            (one, Verdict.REJECT), (two, Verdict.KEEP), (three, Verdict.UNSURE), (two, None),
        ])
    ])  # fmt: skip
    made = workflow.gold_from_adjudicated(project, by="lead")
    assert [(gold.doc_id, gold.verdict, gold.reasons, gold.source) for gold in made] == [
        (one.doc_id, Verdict.REJECT, ("spam",), "adjudicated")
    ]
    assert workflow.gold_from_adjudicated(project, by="lead") == []
    with pytest.raises(ReviewError, match="not a reason"):
        workflow.set_gold(project, [two.doc_id], Verdict.REJECT, reasons=["nope"], by="lead")


def test_the_commands(project, tmp_path):
    say(project, "ana", documents(project)[:2], truth)
    name = documents(project)[5].doc_id
    project.store.lease("ben", "t", 2, until=NOW + timedelta(hours=1), overlap=1)
    project.close()

    def run(*words: str, code: int = 0) -> str:
        told = CliRunner().invoke(app, [*words, "--project", str(tmp_path)])
        assert told.exit_code == code, told.output
        return told.output

    assert "--keep or --reject" in str(
        CliRunner().invoke(app, ["gold", "set", name, "--project", str(tmp_path)]).exception
    )
    assert "1 documents are gold: keep." in run("gold", "set", name, "--keep", "--by", "lead")
    assert name in run("gold", "list")
    assert json.loads(run("gold", "list", "--json"))[0]["verdict"] == "keep"
    assert "gold no more" in run("gold", "remove", name)
    assert "no gold documents" in run("gold", "list")
    assert "0 adjudicated" in run("gold", "adjudicated")
    assert "cid is given corpus web; language de." in run("assign", "cid", "--corpus", "web", "--language", "de")
    assert "cid" in run("team")
    found = json.loads(run("team", "--json"))
    assert [one["reviewer"] for one in found["team"]["members"]] == ["ana", "ben", "cid"] or found["team"]["members"]
    assert found["errors"]["gold_pooled"]["documents"] == 0
    assert "Nobody holds" in run("leases")  # they are long over
    assert json.loads(run("leases", "--json")) == []
    assert "free now" in run("leases", "--release", "ben")
