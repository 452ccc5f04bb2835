"""The arrows of the product, each on a real store and real files."""

import json
import os
from dataclasses import replace
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from review import workflow
from review.errors import NotFound, ReleaseError, ReviewError
from review.records import Adjudication, Label, Ruling, Stream, Verdict


def states(project):
    return {
        place.shard.rsplit("/")[-1].removesuffix(".parquet"): place.state for place in workflow.shard_table(project)
    }


def rewrite(shard, texts):
    pq.write_table(pa.table({"id": [str(i) for i in range(len(texts))], "text": texts}), shard)


def test_ingest_twice_adds_once(project, shard_files):
    again = workflow.ingest(project, [str(shard_files / "*.parquet")], by="lead")
    assert (again.added, len(again.unchanged), again.documents) == ((), 3, 0)


def test_a_touched_file_is_not_a_changed_file(project, shard_files):
    os.utime(shard_files / "clean.parquet")
    assert len(workflow.ingest(project, [str(shard_files / "*.parquet")], by="lead").unchanged) == 3


def test_a_changed_file_is_reported_and_can_be_added_as_a_shard_of_its_own(project, shard_files):
    rewrite(shard_files / "clean.parquet", ["another text"] * 5)
    pattern = [str(shard_files / "*.parquet")]
    report = workflow.ingest(project, pattern, by="lead")
    assert report.changed == ("shards/clean.parquet",)
    assert states(project)["clean"] == "changed"
    report = workflow.ingest(project, pattern, by="lead", replace_changed=True)
    assert report.replaced == ("shards/clean.parquet@2",)
    assert sorted(place.shard for place in workflow.shard_table(project)) == [
        "shards/clean.parquet@2",
        "shards/mixed.parquet",
        "shards/poor.parquet",
    ]
    assert len(workflow.ingest(project, pattern, by="lead").unchanged) == 3


def test_two_files_of_one_name_do_not_stop_the_run(project, tmp_path):
    other = tmp_path / "elsewhere" / "shards"
    other.mkdir(parents=True)
    rewrite(other / "clean.parquet", ["a text"])
    rewrite(other / "fresh.parquet", ["a text"])
    report = workflow.ingest(project, [str(other / "*.parquet")], by="lead")
    assert report.added == ("shards/fresh.parquet",)
    assert [refusal.reason for refusal in report.refused_files] == ["name_taken"]


def test_a_draw_is_what_the_plan_needs_and_a_larger_one_contains_it(project):
    before = {draw.doc_id for draw in project.store.draws("shards/mixed.parquet")}
    needed = workflow.shard_table(project)[0].certificate.needed
    assert len(before) == needed
    workflow.draw(project, shard="*mixed*", n=70, by="lead")
    after = project.store.draws("shards/mixed.parquet")
    assert before < {draw.doc_id for draw in after}
    assert len(after) == 70
    assert sorted(draw.rank for draw in after) == list(range(70))


def test_a_draw_never_exceeds_the_shard(project):
    assert workflow.draw(project, n=10_000, by="lead").total + 3 * _needed(project) == 240


def _needed(project):
    return workflow.shard_table(project)[0].certificate.needed


def test_drawing_from_no_shard_says_so(project):
    with pytest.raises(NotFound, match="No readable shard matches"):
        workflow.draw(project, shard="nothing*", by="lead")


def test_a_missing_file_is_a_problem_of_the_draw_not_its_end(project, shard_files):
    (shard_files / "clean.parquet").unlink()
    report = workflow.draw(project, n=75, by="lead")
    assert len(report.drawn) == 2
    assert len(report.problems) == 1


def test_labels_lead_to_certificates(project, read_all):
    assert set(states(project).values()) == {"no labels yet"}
    while read_all(project):
        pass
    assert states(project) == {"clean": "can be approved", "mixed": "should be rejected", "poor": "should be rejected"}


def test_a_few_labels_recompute_only_what_they_touch(project, read_all):
    read_all(project, most=9)
    quick = project.standings()
    project._standings, project._seq = {}, -1
    assert project.standings() == quick


def test_the_queue_of_a_decided_shard_closes(project, read_all):
    while read_all(project):
        pass
    assert set(workflow.desk_limits(project).values()) == {0}


def test_only_a_supported_ruling_is_taken_unless_overruled(project, read_all):
    while read_all(project):
        pass
    with pytest.raises(ReviewError, match="cannot be set to approve"):
        workflow.decide(project, ["shards/poor.parquet"], Ruling.APPROVE, reason="", by="lead")
    with pytest.raises(ReviewError, match="needs a reason"):
        workflow.decide(project, ["shards/poor.parquet"], Ruling.APPROVE, reason=" ", by="lead", overrule=True)
    assert project.store.current_decisions() == {}
    made = workflow.decide(
        project, ["shards/poor.parquet"], Ruling.APPROVE, reason="ablation went well", by="lead", overrule=True
    )
    assert made[0].certificate["overruled"] is True


def test_several_shards_are_decided_all_or_none(project, read_all):
    while read_all(project):
        pass
    with pytest.raises(ReviewError):
        workflow.decide(project, ["shards/clean.parquet", "shards/poor.parquet"], Ruling.APPROVE, reason="", by="lead")
    assert project.store.current_decisions() == {}


@pytest.fixture
def approved_project(project, read_all):
    while read_all(project):
        pass
    workflow.decide(project, ["shards/clean.parquet"], Ruling.APPROVE, reason="certified", by="lead")
    return project


def test_an_approved_shard_is_released_and_verified(approved_project, shard_files):
    made = workflow.release(approved_project, "first", by="lead")
    assert (made.path / "shards.txt").read_text() == f"{shard_files / 'clean.parquet'}\n"
    assert workflow.verify(approved_project.root).ok


def test_the_same_decisions_give_the_same_bytes(approved_project):
    one = workflow.release(approved_project, "one", by="lead").path
    two = workflow.release(approved_project, "two", by="lead").path
    assert (one / "shards.txt").read_bytes() == (two / "shards.txt").read_bytes()
    first, second = (json.loads((path / "manifest.json").read_text()) for path in (one, two))
    assert {**first, "release": ""} == {**second, "release": ""}


def test_a_file_that_changed_after_approval_is_left_out_and_fails_verification(approved_project, shard_files):
    workflow.release(approved_project, "first", by="lead")
    rewrite(shard_files / "clean.parquet", ["x"] * 80)
    assert not workflow.verify(approved_project.root).ok
    assert workflow.check_files(approved_project) == ["shards/clean.parquet"]
    assert states(approved_project)["clean"] == "stale"
    with pytest.raises(ReleaseError, match="file changed"):
        workflow.release(approved_project, "second", by="lead")


def test_a_changed_file_cannot_be_approved(project, read_all, shard_files):
    while read_all(project):
        pass
    rewrite(shard_files / "clean.parquet", ["x"] * 80)
    with pytest.raises(ReviewError, match="not the file that was labelled"):
        workflow.decide(project, ["shards/clean.parquet"], Ruling.APPROVE, reason="", by="lead")


def test_a_changed_label_makes_the_decision_stale(approved_project):
    document = approved_project.store.labelled_documents("shards/clean.parquet", Stream.AUDIT)[0]
    old = document.labels[0]
    new = Label("second-thoughts", old.doc_id, old.content_hash, old.reviewer, Verdict.REJECT, ("spam",))
    approved_project.store.record_labels([new])
    place = approved_project.standings()["shards/clean.parquet"]
    assert (place.state, place.stale) == ("stale", ("labels changed",))


def test_an_undone_label_makes_the_decision_stale(approved_project):
    old = approved_project.store.labelled_documents("shards/clean.parquet", Stream.AUDIT)[0].labels[0]
    approved_project.store.record_labels([Label("undo", old.doc_id, old.content_hash, old.reviewer, None)])
    assert approved_project.standings()["shards/clean.parquet"].stale == ("labels changed",)


def test_an_adjudication_changes_the_certificate_at_once_and_makes_the_decision_stale(approved_project):
    project = approved_project
    document = project.store.labelled_documents("shards/clean.parquet", Stream.AUDIT)[0]
    before = project.standings()["shards/clean.parquet"]
    word = Adjudication("a1", document.doc_id, document.labels[0].content_hash, Verdict.REJECT, "lead")
    project.store.record_adjudications([word])
    place = project.standings()["shards/clean.parquet"]
    assert (place.state, place.stale, place.bad) == ("stale", ("labels changed",), before.bad + 1)
    assert project.standings(anew=True)["shards/clean.parquet"] == place
    project.store.record_adjudications([replace(word, adjudication_id="a2", verdict=None)])
    assert project.standings()["shards/clean.parquet"] == before


def test_another_plan_or_rubric_makes_decisions_stale(approved_project):
    root = approved_project.root
    approved_project.close()
    settings = root / "review.toml"
    text = settings.read_text()
    settings.write_text(text.replace("alpha = 0.05", "alpha = 0.01"))
    with workflow.open_project(root) as reopened:
        assert reopened.standings()["shards/clean.parquet"].stale == ("plan changed",)
    settings.write_text(text.replace("small blemishes do not matter", "small blemishes matter"))
    with workflow.open_project(root) as reopened:
        assert reopened.store.rubric().version == 2
        assert reopened.standings()["shards/clean.parquet"].stale == ("rubric changed",)


def test_a_hold_outlives_new_labels(project, read_all):
    workflow.decide(project, ["shards/clean.parquet"], Ruling.HOLD, reason="wait", by="lead")
    read_all(project, most=30)
    assert states(project)["clean"] == "held"


def test_training_labels_never_reach_a_bound(project):
    """Every row of a shard is drawn for training and called bad: the certificate must not notice."""
    before = project.standings()["shards/mixed.parquet"].certificate
    drawn = workflow.draw(project, stream=Stream.TRAINING, strategy="random", shard="*mixed*", n=20, by="lead")
    assert drawn.total == 20
    training = project.store.draws("shards/mixed.parquet", Stream.TRAINING)
    labels = [
        Label(f"t{place}", document.doc_id, document.content_hash, "ana", Verdict.REJECT)
        for place, document in enumerate(project.store.documents([draw.doc_id for draw in training]))
    ]
    project.store.record_labels(labels)
    assert project.standings()["shards/mixed.parquet"].certificate == before


def test_a_sequential_plan_decides_with_fewer_labels(project_root, shard_files, read_all):
    settings = project_root / "review.toml"
    settings.write_text(settings.read_text().replace('method = "fixed"', 'method = "sequential"'))
    with workflow.open_project(project_root) as project:
        workflow.ingest(project, [str(shard_files / "*.parquet")], by="lead")
        while workflow.draw(project, by="lead").total or read_all(project, most=1):
            while read_all(project, most=1):
                pass
        assert states(project) == {
            "clean": "can be approved",
            "mixed": "should be rejected",
            "poor": "should be rejected",
        }
        fixed = workflow.describe_plan(accept=0.05, reject=0.2, alpha=0.05, beta=0.1, size=80).n
        assert project.store.label_count() < 2 * fixed


def test_a_label_that_comes_in_between_does_not_hide_a_decision(project, read_all, monkeypatch):
    """The journal position is read first, the labels after it: a label of that moment is no stand-in for a ruling."""
    while read_all(project, most=30):
        pass
    workflow.decide(project, ["shards/clean.parquet"], Ruling.APPROVE, reason="", by="lead")
    assert states(project)["clean"] == "approved"
    workflow.decide(project, ["shards/clean.parquet"], Ruling.REJECT, reason="no", by="lead", overrule=True)
    before = project.store.last_seq()
    old = project.store.labelled_documents("shards/poor.parquet", Stream.AUDIT)[0].labels[0]
    project.store.record_labels([Label("late", old.doc_id, old.content_hash, "ben", Verdict.KEEP)])
    with monkeypatch.context() as patched:
        patched.setattr(project.store, "last_seq", lambda: before)
        project.standings()
    assert states(project)["clean"] == "rejected"


def test_labels_under_another_rubric_certify_nothing_unless_a_lead_says_so(project, project_root, read_all):
    while read_all(project):
        pass
    project.close()
    settings = project_root / "review.toml"
    text = settings.read_text()
    settings.write_text(text.replace("small blemishes do not matter", "small blemishes matter"))
    clean = ["shards/clean.parquet"]
    with workflow.open_project(project_root) as reopened:
        assert states(reopened)["clean"] == "undecided"
        with pytest.raises(ReviewError, match="earlier rubric"):
            workflow.decide(reopened, clean, Ruling.APPROVE, reason="", by="lead")
        made = workflow.decide(reopened, clean, Ruling.APPROVE, reason="typo only", by="lead", overrule=True)
        assert made[0].certificate["overruled"] is True


def test_a_new_key_for_a_reason_leaves_the_labels_alone(project, project_root, read_all):
    while read_all(project):
        pass
    workflow.decide(project, ["shards/clean.parquet"], Ruling.APPROVE, reason="", by="lead")
    project.close()
    settings = project_root / "review.toml"
    settings.write_text(settings.read_text().replace('key = "f"', 'key = "z"'))
    with workflow.open_project(project_root) as reopened:
        assert reopened.store.rubric().version == 2
        assert states(reopened)["clean"] == "approved"


def test_a_document_counts_when_as_many_people_judged_it_as_the_settings_want(project_root, shard_files, read_all):
    settings = project_root / "review.toml"
    settings.write_text(settings.read_text().replace("overlap = 1 ", "overlap = 2 "))
    with workflow.open_project(project_root) as project:
        workflow.ingest(project, [str(shard_files / "*.parquet")], by="lead")
        workflow.draw(project, by="lead")
        read_all(project, "ana")
        assert set(states(project).values()) == {"no labels yet"}
        until = datetime(2100, 1, 1)
        names = project.store.lease("ben", "tab", 500, until=until, overlap=2, limits=workflow.desk_limits(project))
        documents = project.store.documents(names)
        project.store.record_labels(
            [Label(f"b{at}", one.doc_id, one.content_hash, "ben", Verdict.KEEP) for at, one in enumerate(documents)]
        )
        assert states(project)["clean"] == "can be approved"
        assert project.standings()["shards/poor.parquet"].unsure > 0


def test_the_chart_ends_where_the_certificate_is_and_counts_unsure_as_it_does(project, read_all):
    read_all(project, most=30)
    document = project.store.labelled_documents("shards/clean.parquet", Stream.AUDIT)[0]
    old = document.labels[0]
    project.store.record_labels([Label("u", old.doc_id, old.content_hash, old.reviewer, Verdict.UNSURE)])
    place, path = (
        project.standings()["shards/clean.parquet"],
        workflow.shard_detail(project, "shards/clean.parquet").now.path,
    )
    assert (place.unsure, place.certificate.state) == (1, "more")
    assert path[0].high == 1  # the first was unsure, so all may be bad
    assert (path[-1].low, path[-1].high) == (place.low, place.high)


def test_another_seed_does_not_change_the_order_of_a_shard_already_drawn(project, project_root):
    before = [draw.row for draw in project.store.draws("shards/mixed.parquet")]
    project.close()
    settings = project_root / "review.toml"
    settings.write_text(settings.read_text().replace("seed = 20261122", "seed = 7"))
    with workflow.open_project(project_root) as reopened:
        workflow.draw(reopened, n=70, by="lead")
        after = sorted(reopened.store.draws("shards/mixed.parquet"), key=lambda draw: draw.rank)
        assert [draw.row for draw in after][: len(before)] == before
        assert len({draw.row for draw in after}) == 70


def test_a_path_that_cannot_be_read_is_a_missing_file(project, shard_files):
    for path in shard_files.iterdir():
        path.unlink()
    shard_files.rmdir()
    shard_files.write_text("a file where the folder was")
    assert len(workflow.check_files(project)) == 3
    assert len(workflow.check(project)) == 3


def test_exported_inclusion_probabilities_are_those_of_the_whole_sample(project, read_all, tmp_path):
    """Weights of 1 / probability must add up to the shard, also when the sample grew in steps."""
    workflow.draw(project, shard="*clean*", n=60, by="lead")
    workflow.draw(project, shard="*clean*", n=70, by="lead")
    drawn = project.store.draws("shards/clean.parquet")
    documents = project.store.documents([draw.doc_id for draw in drawn])
    project.store.record_labels(
        [Label(f"p{at}", one.doc_id, one.content_hash, "ana", Verdict.KEEP) for at, one in enumerate(documents)]
    )
    workflow.export_labels(project, tmp_path / "out.jsonl", texts=False)
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert len(rows) == 70
    assert sum(1 / row["probability"] for row in rows) == pytest.approx(80)
