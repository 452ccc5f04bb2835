"""Labels brought into a project: what is stored, what was known, and what is refused by row."""

import csv
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from review import workflow
from review.records import Label, Verdict
from review.settings import write_default
from review.workflow.exchanging import export_labels, import_labels

K, R = "keep", "reject"


@pytest.fixture
def document(project):
    return project.store.documents([project.store.draws()[0].doc_id])[0]


@pytest.fixture
def bring(project, tmp_path):
    """Import rows, given as dictionaries, from a JSONL file."""

    def bring(*rows, name="in.jsonl"):
        path = tmp_path / name
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
        return import_labels(project, path, by="lead")

    return bring


def row(document, verdict=K, **changes):
    return {"doc_id": document.doc_id, "reviewer": "ana", "verdict": verdict, **changes}


def exported(document, verdict=K, **changes):
    """A row as our own export writes it, with one label."""
    label = {"label_id": "l-1", "reviewer": "ana", "verdict": verdict, "content_hash": document.content_hash}
    return {"doc_id": document.doc_id, "labels": [label | {"rubric": 1, "source": "desk", **changes}]}


def reasons(report):
    return [(refusal.row, refusal.reason) for refusal in report.refused]


def current(project):
    return [label for document in project.store.labelled_documents() for label in document.labels]


def test_a_change_of_mind_within_a_file_ends_as_it_ends_there_and_is_stored_once(project, bring, document):
    rows = [row(document, verdict) for verdict in (K, R, K)]
    assert (bring(*rows).stored, len(project.store.labels())) == (3, 3)
    again = bring(*rows)
    assert (again.stored, again.known, again.refused) == (0, 3, ())
    assert [label.verdict for label in current(project)] == [Verdict.KEEP]


def test_a_mended_row_in_between_is_stored_and_the_last_word_stays_the_last(project, bring, document):
    bring(row(document, K), row(document, "nonsense"), row(document, K))
    bring(row(document, K), row(document, R), row(document, K))
    assert [label.verdict for label in current(project)] == [Verdict.KEEP]


def test_one_label_id_with_two_contents_is_refused_in_one_file_and_in_the_next(project, bring, document):
    report = bring(exported(document, K), exported(document, K), exported(document, R))
    assert (report.stored, report.known, reasons(report)) == (1, 1, [(2, "other_content")])
    assert "'l-1'" in report.refused[0].detail
    assert reasons(bring(exported(document, K, seconds=7), exported(document, K, source="simulated"))) == [
        (0, "other_content"),
        (1, "other_content"),
    ]
    assert [label.verdict for label in project.store.labels()] == [Verdict.KEEP]


def test_a_label_keeps_the_source_of_our_own_export_and_else_was_imported(project, bring, document):
    bring(exported(document, source="simulated"), row(document, reviewer="bo", source="simulated"))
    assert {label.reviewer: label.source for label in project.store.labels()} == {"ana": "simulated", "bo": "import"}
    assert reasons(bring(exported(document, label_id="l-2", source="oracle"))) == [(0, "unknown_source")]


def test_the_store_stamps_its_own_time_and_the_files_time_stays_beside_it(project, bring, document):
    bring(row(document, at="2020-01-02T03:04:05+01:00"), row(document, reviewer="bo"))
    ana, bo = project.store.labels()
    assert ana.shown["at"] == "2020-01-02T02:04:05Z"
    assert ana.at.year > 2020
    assert "at" not in bo.shown


def test_our_own_export_comes_in_again_as_known(project, read_all, tmp_path):
    read_all(project, most=5)
    for suffix in ("jsonl", "csv", "parquet"):
        path = tmp_path / f"out.{suffix}"
        export_labels(project, path)
        report = import_labels(project, path, by="lead")
        assert (report.stored, report.known, report.refused) == (0, 5, ())


def test_a_sheet_of_another_project_with_the_same_names_binds_nothing(project, tmp_path, shard_files):
    other = tmp_path / "other" / "shards"
    other.mkdir(parents=True)
    for name in ("clean", "mixed", "poor"):
        pq.write_table(
            pa.table({"text": [f"Another {name} text {at}." for at in range(80)]}), other / f"{name}.parquet"
        )
    write_default(tmp_path / "elsewhere")
    with workflow.open_project(tmp_path / "elsewhere") as elsewhere:
        workflow.ingest(elsewhere, [str(other / "*.parquet")], by="lead")
        workflow.draw(elsewhere, by="lead")
        export_labels(elsewhere, tmp_path / "sheet.csv", waiting=True, texts=False)
    with (tmp_path / "sheet.csv").open(newline="", encoding="utf-8") as file:
        rows = [line | {"verdict": K, "reviewer": "ana"} for line in csv.DictReader(file)]
    with (tmp_path / "sheet.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, rows[0])
        writer.writeheader()
        writer.writerows(rows)
    report = import_labels(project, tmp_path / "sheet.csv", by="lead")
    assert (report.stored, len(report.refused)) == (0, len(rows))
    assert any("another text" in refusal.detail for refusal in report.refused)


def test_a_row_with_another_text_is_refused_and_one_without_a_text_is_of_the_stored_one(project, bring, document):
    report = bring(
        row(document, text=document.text + " "), row(document, text=document.text), row(document, reviewer="bo")
    )
    assert (report.stored, reasons(report)) == (2, [(0, "refused_label")])
    assert {label.content_hash for label in project.store.labels()} == {document.content_hash}


@pytest.mark.parametrize(
    ("changes", "reason", "says"),
    [
        ({"rubric": 2}, "unknown_rubric", "version is 2; this project has 1 to 1"),
        ({"rubric": 10**40}, "unknown_rubric", "this project has 1 to 1"),
        ({"reasons": ["spam", "no_such"]}, "against_rubric", "'no_such' is not a reason of rubric version 1; allowed"),
        ({"rubric": True}, "bad_rubric", "True"),
        ({"score": True}, "bad_score", "True"),
    ],
)
def test_a_label_that_the_rubric_does_not_know_is_refused_by_row(project, bring, document, changes, reason, says):
    report = bring(row(document, R, **changes), row(document, R, reasons=["spam"]))
    assert (report.stored, reasons(report)) == (1, [(0, reason)])
    assert says in report.refused[0].detail


def test_a_label_is_held_to_the_rubric_it_was_given_under(project_root, shard_files, tmp_path):
    with workflow.open_project(project_root) as project:
        workflow.ingest(project, [str(shard_files / "clean.parquet")], by="lead")
        workflow.draw(project, by="lead")
        document = project.store.documents([project.store.draws()[0].doc_id])[0]
    settings = project_root / "review.toml"
    settings.write_text(settings.read_text().replace("require_reason = false", "require_reason = true"))
    rows = [row(document, R, rubric=1), row(document, R, rubric=2), row(document, R, reviewer="bo")]
    path = tmp_path / "in.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in rows))
    with workflow.open_project(project_root) as project:
        report = import_labels(project, path, by="lead")
        assert (report.stored, reasons(report)) == (1, [(1, "against_rubric"), (2, "against_rubric")])
        assert "needs a reason" in report.refused[0].detail


@pytest.fixture
def without_texts(project, project_root, shard_files, read_all):
    """A project with three labels, recovered after one shard had changed; with the names whose texts are lost."""
    read_all(project, most=3)
    lost = {draw.doc_id: None for draw in project.store.draws("shards/clean.parquet")}
    documents = {document.doc_id: document for document in project.store.documents(list(lost))}
    project.close()
    pq.write_table(pa.table({"text": [f"Another text {at}." for at in range(80)]}), shard_files / "clean.parquet")
    for path in project_root.glob("review.duckdb*"):
        path.unlink()
    workflow.recover(project_root)
    with workflow.open_project(project_root) as recovered:
        yield recovered, documents


def test_a_document_without_text_stops_neither_export_nor_sheet_nor_the_others_import(without_texts, tmp_path):
    project, lost = without_texts
    out = tmp_path / "out.jsonl"
    report = export_labels(project, out)
    texts = {line["doc_id"]: line["text"] for line in map(json.loads, out.read_text().splitlines())}
    labelled = [name for name, text in texts.items() if not text]
    assert (report.documents, report.without_text, len(texts)) == (3, 1, 3)
    assert set(labelled) < set(lost)

    sheet = tmp_path / "sheet.jsonl"
    report = export_labels(project, sheet, waiting=True, texts=False)
    rows = [json.loads(line) for line in sheet.read_text().splitlines()]
    waiting = [name for name in lost if name not in labelled]
    assert not {line["doc_id"] for line in rows} & set(lost)
    assert (report.documents, report.without_text) == (len(rows), len(waiting))

    silent = [{"doc_id": name, "reviewer": "bo", "verdict": K} for name in (waiting[0], rows[0]["doc_id"])]
    told = silent[0] | {"content_hash": lost[waiting[0]].content_hash}
    sheet.write_text("".join(json.dumps(line) + "\n" for line in [*silent, told]))
    brought = import_labels(project, sheet, by="lead")
    assert (brought.stored, reasons(brought)) == (2, [(0, "no_text")])


def test_labels_of_documents_nobody_drew_are_refused(project, bring, document):
    report = bring({**row(document), "doc_id": "nowhere#1"}, row(document))
    assert (report.stored, reasons(report)) == (1, [(0, "unknown_document")])


def test_a_stored_label_is_known_whatever_the_rubric_says_by_now(project, bring, document):
    old = Label("l-1", document.doc_id, document.content_hash, "ana", Verdict.REJECT, ("gone_by_now",), rubric=1)
    project.store.record_labels([old])
    assert bring(exported(document, R, reasons=["gone_by_now"])).known == 1
