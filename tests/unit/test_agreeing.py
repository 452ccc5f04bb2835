"""Agreement over a project's labels: which labels count, and what is said of each reviewer."""

import json
from datetime import datetime, timedelta

import pytest
from typer.testing import CliRunner

from review import workflow
from review.cli import app
from review.errors import NotFound
from review.project import open_project
from review.records import Label, Stream, Verdict


class Clock:
    """A clock the test moves."""

    def __init__(self):
        self.at = datetime(2026, 11, 2, 9, 0)

    def __call__(self):
        return self.at


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def drawn(project_root, shard_files, clock):
    """The three shards drawn; nobody has labelled; the store's time is `clock`."""
    with open_project(project_root, clock=clock) as opened:
        workflow.ingest(opened, [str(shard_files / "*.parquet")], by="lead")
        workflow.draw(opened, by="lead")
        yield opened


def documents(project):
    names = [draw.doc_id for draw in project.store.draws(stream=Stream.AUDIT)]
    return project.store.documents(names)


def say(project, reviewer, verdict, some, *, reasons=(), source="desk", take="", shown=None):
    """Labels of one reviewer: `verdict` may be a verdict or a function of the document."""
    project.store.record_labels(
        [
            Label(
                label_id=f"{reviewer}:{document.doc_id}:{take}",
                doc_id=document.doc_id,
                content_hash=document.content_hash,
                reviewer=reviewer,
                verdict=verdict(document) if callable(verdict) else verdict,
                reasons=reasons,
                seconds=5.0,
                source=source,
                shown=shown or {},
            )
            for document in some
        ]
    )


def truth(document):
    return Verdict.REJECT if "BUY NOW" in document.text else Verdict.KEEP


def test_only_documents_two_people_read_count(drawn):
    some = documents(drawn)
    say(drawn, "ana", truth, some[:40])
    say(drawn, "ben", truth, some[20:50])
    view = workflow.agreement(drawn)
    assert (view.labels, view.documents, view.shared, view.disputed) == (70, 50, 20, 0)
    assert view.overall["raw"].items == 20
    assert {one.reviewer: (one.labels, one.others.items) for one in view.reviewers} == {
        "ana": (40, 20),
        "ben": (30, 20),
    }


def test_a_withdrawn_label_and_a_replaced_one_do_not_count(drawn):
    some = documents(drawn)[:10]
    say(drawn, "ana", Verdict.KEEP, some)
    say(drawn, "ben", Verdict.REJECT, some)
    say(drawn, "ben", Verdict.KEEP, some[:4], take="changed")
    say(drawn, "ben", None, some[4:6], take="undone")
    view = workflow.agreement(drawn)
    assert (view.labels, view.shared, view.disputed) == (18, 8, 4)
    assert view.overall["raw"].value == 0.5


def test_a_blind_repeat_is_consistency_and_a_correction_is_not(drawn):
    some = documents(drawn)[:12]
    say(drawn, "ana", Verdict.KEEP, some)
    say(drawn, "ana", Verdict.REJECT, some[:6], take="corrected")
    say(drawn, "ana", Verdict.REJECT, some[4:8], take="again", shown={"repeat": True})
    say(drawn, "ana", Verdict.UNSURE, some[7:8], take="again corrected", shown={"repeat": True})
    (ana,) = workflow.agreement(drawn).reviewers
    assert ana.again.items == 4
    # two had been corrected to reject and are rejected again; of two kept ones, one is rejected and one unsure now
    assert ana.again.counts.tolist() == [[0, 1, 1], [0, 0, 0], [0, 0, 2]]


def test_reasons_are_compared_one_by_one(drawn):
    some = documents(drawn)[:20]
    say(drawn, "ana", Verdict.REJECT, some, reasons=("spam",))
    say(drawn, "ben", Verdict.REJECT, some[:15], reasons=("spam", "boilerplate"))
    say(drawn, "ben", Verdict.REJECT, some[15:], reasons=())
    view = workflow.agreement(drawn)
    assert view.reasons["spam"]["raw"].value == 0.75
    assert view.reasons["boilerplate"]["raw"].value == 0.25
    assert set(view.reasons) == {"spam", "boilerplate"}


def test_groups_by_corpus_stream_and_metadata(drawn):
    some = documents(drawn)[:10]
    say(drawn, "ana", truth, some)
    say(drawn, "ben", truth, some)
    assert {name: found["raw"].items for name, found in workflow.agreement(drawn, group="stream").groups.items()} == {
        "audit": 10
    }
    assert len(workflow.agreement(drawn, group="corpus").groups) == 1
    with pytest.raises(NotFound, match="Name it as language_column"):
        workflow.agreement(drawn, group="language")
    with pytest.raises(NotFound, match="No labelled document has 'planet' in its metadata"):
        workflow.agreement(drawn, group="planet")


def test_the_rubber_stamp_is_named_and_the_simulated_are_marked(drawn):
    some = documents(drawn)
    wrong = {document.doc_id for document in some[::13]}

    def careful(document):
        right = truth(document)
        other = Verdict.KEEP if right is Verdict.REJECT else Verdict.REJECT
        return other if document.doc_id in wrong else right

    say(drawn, "ana", truth, some)
    say(drawn, "ben", careful, some)
    say(drawn, "stamp", Verdict.KEEP, some)
    say(drawn, "robot", truth, some, source="simulated")
    view = workflow.agreement(drawn)
    assert {one.reviewer: one.stamps for one in view.reviewers} == {
        "ana": False, "ben": False, "robot": False, "stamp": True,
    }  # fmt: skip
    assert [one.reviewer for one in view.reviewers if one.simulated] == ["robot"]
    assert view.simulated == len(some)


def test_gold_gives_sensitivity_and_specificity(drawn):
    some = documents(drawn)[:60]
    say(drawn, "ana", Verdict.KEEP, some)
    gold = {document.doc_id: truth(document) for document in some}
    bad = sum(verdict is Verdict.REJECT for verdict in gold.values())
    (ana,) = workflow.agreement(drawn, gold=gold).reviewers
    assert (ana.error.sensitivity.cases, ana.error.sensitivity.of) == (0, bad)
    assert (ana.error.specificity.cases, ana.error.specificity.of) == (60 - bad, 60 - bad)


def test_a_reviewer_who_turns_strict_drifts(drawn, clock):
    some = documents(drawn)
    size = len(some) // 6
    for day in range(6):
        part = some[day * size : (day + 1) * size]
        for who, bad in (("ana", 1), ("cleo", 1), ("ben", 1 + day * size // 8)):
            say(drawn, who, Verdict.REJECT, part[:bad])
            say(drawn, who, Verdict.KEEP, part[bad:])
        clock.at += timedelta(days=1)
    found = {one.reviewer: one for one in workflow.agreement(drawn).reviewers}
    assert {who: one.drifts for who, one in found.items()}["ben"]
    assert found["ben"].rejected.trend.slope > 0 > found["ben"].agreed.trend.slope
    assert len(found["ben"].rejected.days) == 6
    assert not found["ana"].rejected_p < 0.05 or found["ana"].rejected.trend.slope < 0


def test_worse_documents_are_not_taken_for_a_stricter_reviewer(drawn, clock):
    some = documents(drawn)
    size = len(some) // 6
    for day in range(6):
        part = some[day * size : (day + 1) * size]
        for who in ("ana", "ben", "cleo"):
            say(drawn, who, Verdict.REJECT, part[: day * size // 8])
            say(drawn, who, Verdict.KEEP, part[day * size // 8 :])
        clock.at += timedelta(days=1)
    view = workflow.agreement(drawn)
    assert view.reviewers[0].rejected.days[-1][1].value > view.reviewers[0].rejected.days[0][1].value
    assert not any(one.drifts for one in view.reviewers)


def test_the_command_tells_people_and_programs(drawn, project_root):
    some = documents(drawn)[:30]
    say(drawn, "ana", truth, some)
    say(drawn, "ben", truth, some)
    drawn.close()
    told = CliRunner().invoke(app, ["agreement", "--project", str(project_root)])
    assert told.exit_code == 0, told.output
    assert "30 of 30 labelled documents were read by two people or more; on 0 they differ." in told.output
    assert "ana and ben" in told.output
    answer = CliRunner().invoke(app, ["agreement", "--project", str(project_root), "--group", "corpus", "--json"])
    found = json.loads(answer.output, parse_constant=lambda name: pytest.fail(f"{name} is not JSON"))
    assert found["overall"]["raw"]["value"] == 1.0
    assert 0.8 < found["overall"]["raw"]["low"] < 0.9
    assert found["pairs"][0]["counts"][0][0] + found["pairs"][0]["counts"][2][2] == 30


def test_the_command_says_what_is_missing(drawn, project_root):
    drawn.close()
    told = CliRunner().invoke(app, ["agreement", "--project", str(project_root)])
    assert "Agreement needs overlap: set overlap = 2 under [desk]" in told.output
