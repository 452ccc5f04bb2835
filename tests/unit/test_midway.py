"""What is changed while people work: known answers, how many judge a document, who is given what, a bulk label."""

from __future__ import annotations

import json

import pytest
from store_states import Clock

from review import corpus, workflow
from review.desk import exchange
from review.project import open_project
from review.records import Draw, Label, Stream, Verdict
from review.workflow import bulk
from review.workflow.bulk import Filter

KEEP, REJECT = Verdict.KEEP, Verdict.REJECT
BLIND = {"gold": True}  # given as a check


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def project(tmp_path, clock):
    """One shard of 40 documents, every fourth bad, drawn whole; six gold answers of either kind count."""
    rows = [{"text": f"{at} {'BUY NOW' if at % 4 == 0 else 'fine'}."} for at in range(40)]
    (tmp_path / "web.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    (tmp_path / "review.toml").write_text(
        "[plan]\naccept = 0.35\nreject = 0.6\n[sampling]\naudit_per_shard = 40\n[readers]\ngold_from = 6\n"
    )
    with open_project(tmp_path, clock=clock) as opened:
        workflow.ingest(opened, [str(tmp_path / "web.jsonl")], by="lead")
        workflow.draw(opened, n=40, by="lead")
        yield opened


def documents(project):
    return project.store.documents([one.doc_id for one in project.store.draws(stream=Stream.AUDIT)])


def truth(document) -> Verdict:
    return REJECT if "BUY NOW" in document.text else KEEP


def say(project, who, some, verdict=truth, **rest):
    project.store.record_labels([
        Label(f"{who}:{one.doc_id}:{project.store.last_seq()}", one.doc_id, one.content_hash, who, verdict(one), **rest)
        for one in some
    ])  # fmt: skip


def overlapping(project, people):
    project.settings = project.settings.model_copy(
        update={"desk": project.settings.desk.model_copy(update={"overlap": people})}
    )
    project.standings(anew=True)


def place(project):
    (found,) = project.standings().values()
    return found


def test_a_known_answer_corrected_after_people_gave_theirs_is_held_against_the_correction(project):
    """Whoever was right all along must not stay a bad reader, in the report or in a certificate."""
    some = documents(project)
    bad = [one for one in some if truth(one) is REJECT][:8]
    good = [one for one in some if truth(one) is KEEP][:20]
    wrong = [*good[:4]]
    workflow.set_gold(project, [one.doc_id for one in [*bad, *wrong]], REJECT, by="lead")
    workflow.set_gold(project, [one.doc_id for one in good[4:]], KEEP, by="lead")
    say(project, "ana", [*bad, *good], shown=BLIND)
    before = project.readers()
    assert (before.bad_shown, before.bad_found) == (12, 8), "four of hers seem missed"
    workflow.set_gold(project, [one.doc_id for one in wrong], KEEP, by="lead")
    (ana,) = workflow.reviewer_errors(project).gold
    assert (ana.bad_shown, ana.bad_found, ana.good_shown, ana.good_kept) == (8, 8, 20, 20)
    after = project.readers()
    assert (after.bad_found, after.bad_shown) == (8, 8)
    workflow.set_gold(project, [one.doc_id for one in wrong], None, by="lead")
    (ana,) = workflow.reviewer_errors(project).gold
    assert ana.good_shown == 16, "what is gold no more says nothing"


def test_more_judgements_a_document_planned_midway_reopen_what_was_decided_by_fewer(project):
    some = documents(project)
    say(project, "ana", some)
    alone = place(project)
    assert alone.certificate.state == "approve"
    overlapping(project, 2)
    now = place(project)
    assert (now.labels, now.certificate.n, now.state) == (0, 0, "no labels yet"), (
        "every document waits for a second word"
    )
    say(project, "ben", some)
    assert place(project).certificate.state == "approve"
    overlapping(project, 1)
    assert place(project).labels == len(some)
    assert len(project.store.labels()) == 2 * len(some), "no label was lost on the way"


def test_who_is_given_something_else_midway_keeps_what_they_said_and_loses_what_they_hold(project, clock):
    settings = project.settings
    hello = {"n": 3, "tab": "t", "hello": True, "rubric": 1}
    held = [one["doc_id"] for one in exchange(project.store, settings, "ana", hello, clock.now)["items"]]
    assert held
    raw = {
        "label_id": "ana-label-000001", "doc_id": held[0], "verdict": "keep", "rubric": 1,
        "hash": project.store.documents([held[0]])[0].content_hash,
    }  # fmt: skip
    answer = exchange(project.store, settings, "ana", {"n": 3, "tab": "t", "labels": [raw], "rubric": 1}, clock.now)
    assert answer["acks"] == ["ana-label-000001"]
    workflow.release_all(project, "ana")
    others = exchange(project.store, settings, "ben", hello | {"n": 40}, clock.now)["items"]
    assert held[1] in {one["doc_id"] for one in others}, "what she held goes to others at once"
    assert held[0] not in {one["doc_id"] for one in others}
    late = raw | {
        "label_id": "ana-label-000002",
        "doc_id": held[1],
        "hash": project.store.documents([held[1]])[0].content_hash,
    }
    say(project, "ben", project.store.documents([held[1]]))
    answer = exchange(project.store, settings, "ana", {"n": 0, "tab": "t", "labels": [late], "rubric": 1}, clock.now)
    assert answer["acks"] == []
    assert "another reviewer" in json.dumps(answer), "and hers comes back to her instead of counting twice"


def test_a_word_given_between_a_bulk_label_and_its_undo_stays(project, tmp_path):
    (tmp_path / "more.jsonl").write_text("".join(json.dumps({"text": f"{at} BUY."}) + "\n" for at in range(5)))
    workflow.ingest(project, [str(tmp_path / "more.jsonl")], by="lead")
    (shard,) = [one for one in project.store.shards() if one.name.endswith("more.jsonl")]
    draws = [Draw(shard.name, row, Stream.TRAINING, "by_hand", None, 7, row, "b") for row in range(5)]
    project.store.record_draws(draws, corpus.read_rows(shard, list(range(5))), "lead")
    found = bulk.bulk_matches(project, Filter(contains="buy"))
    assert len(found) == 5
    made = bulk.bulk_label(project, Filter(contains="buy"), REJECT, by="lea")
    say(project, "ana", found[:1], lambda _: KEEP)
    bulk.undo_bulk(project, made.batch, by="lea")
    (left,) = project.store.labelled_documents()
    assert (left.doc_id, left.labels[0].reviewer, left.labels[0].verdict) == (found[0].doc_id, "ana", KEEP)
