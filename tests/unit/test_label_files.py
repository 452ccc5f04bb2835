"""Labels out to files and in from files."""

import csv
import gzip
import hashlib
import json
from datetime import datetime

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from review.errors import NotFound, RefusedLabel, ReleaseError
from review.records import Label, LabelledDocument, Refusal, Stream, Verdict
from review.release import ImportedLabel, export_labels, read_labels

AT = datetime(2026, 11, 22, 9, 30, 15, 123456)
FORMATS = ["jsonl", "csv", "parquet"]


def label(reviewer="ana", verdict=Verdict.REJECT, **changes):
    values = {
        "label_id": f"id-{reviewer}",
        "doc_id": "web/0.parquet#7",
        "content_hash": "ab12",
        "reasons": ("spam", "truncated"),
        "note": "seen twice",
        "score": 2,
        "seconds": 4.125,
        "rubric": 3,
        "at": AT,
        "seq": 9,
    }
    return Label(reviewer=reviewer, verdict=verdict, **{**values, **changes})


def document(*labels, row=7):
    return LabelledDocument(f"web/0.parquet#{row}", "web/0.parquet", row, Stream.AUDIT, 3, 0.125, labels)


def imported(path, **changes):
    return list(read_labels(path, **changes))


@pytest.mark.parametrize("suffix", FORMATS)
def test_exported_labels_come_back_exactly(tmp_path, suffix):
    labels = [label("ana"), label("=bo", Verdict.KEEP, reasons=(), note="=1+1\r\n'\t@", score=None, seconds=0.1)]
    path = tmp_path / f"labels.{suffix}"
    done = export_labels(path, [(document(*labels), None)])
    assert (done.documents, done.labels) == (1, 2)
    back = imported(path)
    assert [(b.label_id, b.reviewer, b.verdict, b.reasons, b.note, b.score, b.seconds) for b in back] == [
        (one.label_id, one.reviewer, one.verdict, one.reasons, one.note, one.score, one.seconds) for one in labels
    ]
    assert {(b.doc_id, b.rubric, b.content_hash, b.at, b.row) for b in back} == {("web/0.parquet#7", 3, "ab12", AT, 0)}


def test_a_row_tells_the_final_verdict_and_why():
    from review.release.labels_out import label_row

    row = label_row(document(label("ana"), label("bo", reasons=("adult",)), label("cy", Verdict.KEEP, reasons=())))
    assert row["verdict"] == "reject"
    assert row["reasons"] == ["adult", "spam", "truncated"]
    assert (row["stream"], row["probability"], row["score"], row["at"]) == ("audit", 0.125, 2, f"{AT.isoformat()}Z")
    assert label_row(document(label("ana"), label("bo", Verdict.KEEP)))["verdict"] == "unsure"
    assert label_row(document(label("ana", None))) is None


@pytest.mark.parametrize("suffix", FORMATS)
def test_the_three_formats_say_the_same(tmp_path, suffix):
    path = tmp_path / f"labels.{suffix}"
    export_labels(path, [(document(label()), "Text"), (document(label(reasons=()), row=8), None)], with_text=True)
    rows = {
        "jsonl": lambda: [json.loads(line) for line in path.read_text().splitlines()],
        "csv": lambda: list(csv.DictReader(path.open(newline=""))),
        "parquet": lambda: pq.read_table(path).to_pylist(),
    }[suffix]()
    assert [str(row["row"]) for row in rows] == ["7", "8"]
    assert [row["verdict"] for row in rows] == ["reject", "reject"]
    assert [row["text"] or None for row in rows] == ["Text", None]
    assert rows[0]["reasons"] == (["spam", "truncated"] if suffix == "jsonl" else "spam;truncated")


@pytest.mark.parametrize("text", ["=HYPERLINK(1)", "+1", "-1", "@x", "\tx", "\rx", "'=1", "''", "plain", 'a"b,c\nd'])
def test_no_cell_of_a_csv_is_a_formula_and_the_text_is_not_lost(tmp_path, text):
    from review.release.cells import unguard

    path = tmp_path / "labels.csv"
    export_labels(path, [(document(label(note=text)), text)], with_text=True)
    (row,) = csv.DictReader(path.open(newline="", encoding="utf-8"))
    for cell in row.values():
        assert not cell.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert unguard(row["text"]) == text
    assert unguard(row["note"]) == text
    assert imported(path)[0].note == text


def test_pandas_reads_every_format(tmp_path):
    for suffix, read in (("csv", pd.read_csv), ("parquet", pd.read_parquet)):
        path = tmp_path / f"labels.{suffix}"
        export_labels(path, [(document(label()), "a\x00b \ud800 c")], with_text=True)
        assert read(path).loc[0, "verdict"] == "reject"
    path = tmp_path / "labels.jsonl"
    export_labels(path, [(document(label()), "a\x00b \ud800 c")], with_text=True)
    assert json.loads(path.read_text())["text"] == "a\x00b \ud800 c"


def test_a_stream_is_written_as_it_comes(tmp_path):
    """Rows are taken in batches: the writer never holds the whole input."""
    taken = []

    def stream():
        for row in range(5_000):
            taken.append(row)
            yield document(label(), row=row), None

    for suffix in FORMATS:
        assert export_labels(tmp_path / f"labels.{suffix}", stream()).documents == 5_000
        taken.clear()
    assert pq.ParquetFile(tmp_path / "labels.parquet").num_row_groups == 5


def test_a_broken_export_leaves_the_old_file_and_nothing_else(tmp_path):
    path = tmp_path / "labels.csv"
    path.write_text("old")

    def stream():
        yield document(label()), None
        raise RuntimeError("the store went away")

    with pytest.raises(RuntimeError):
        export_labels(path, stream())
    assert path.read_text() == "old"
    assert [entry.name for entry in tmp_path.iterdir()] == ["labels.csv"]


@pytest.mark.parametrize("name", ["labels.xlsx", "labels", "nowhere/labels.csv"])
def test_where_labels_cannot_go_is_said(tmp_path, name):
    with pytest.raises(ReleaseError):
        export_labels(tmp_path / name, [])


PLAIN = """doc_id,who,verdict,reasons,note,score,at
web/0.parquet#1,ana,Keep,,'quoted,5,
web/0.parquet#2,bo, reject ,spam;adult,,,2026-11-22T10:30:00+01:00
nothing,ana,keep,,,,
web/0.parquet#3,,keep,,,,
web/0.parquet#4,ana,fine,,,,
web/0.parquet#5,ana,keep,,,7,
web/0.parquet#6,ana,keep,,,,soon
web/0.parquet#7,ana
"""


def test_a_plain_table_is_read_and_each_bad_row_is_named(tmp_path):
    path = tmp_path / "plain.csv"
    path.write_text(PLAIN)
    got = imported(path, reviewer_column="who")
    first, second = (entry for entry in got if isinstance(entry, ImportedLabel))
    assert (first.doc_id, first.reviewer, first.verdict, first.note, first.score) == (
        "web/0.parquet#1",
        "ana",
        Verdict.KEEP,
        "'quoted",  # not our file: its apostrophes are its own
        5,
    )
    assert (second.reasons, second.at) == (("spam", "adult"), datetime(2026, 11, 22, 9, 30))
    refused = [(entry.row, entry.reason) for entry in got if isinstance(entry, Refusal)]
    assert refused == [
        (2, "no_document"),
        (3, "no_reviewer"),
        (4, "unknown_verdict"),
        (5, "bad_score"),
        (6, "bad_time"),
        (7, "wrong_cells"),
    ]


def test_importing_twice_gives_the_same_ids_and_other_content_another(tmp_path):
    path = tmp_path / "plain.csv"
    path.write_text(PLAIN)
    once, twice = imported(path, reviewer_column="who"), imported(path, reviewer_column="who")
    assert once == twice
    ids = {entry.label_id for entry in once if isinstance(entry, ImportedLabel)}
    assert len(ids) == 2


def test_shard_and_row_name_a_document_too(tmp_path):
    path = tmp_path / "plain.tsv"
    path.write_text("shard\trow\treviewer\tverdict\nweb/0#1.parquet\t3\tana\tkeep\n")
    assert imported(path)[0].doc_id == "web/0#1.parquet#3"


def test_jsonl_and_compressed_files_are_read_line_by_line(tmp_path):
    path = tmp_path / "labels.jsonl.gz"
    good = {"doc_id": "s#1", "reviewer": "ana", "verdict": "unsure", "reasons": ["spam"], "seconds": 2}
    with gzip.open(path, "wb") as file:
        file.write(json.dumps(good).encode() + b"\n\n{broken\n[1]\n\xff\n")
    got = imported(path)
    assert (got[0].verdict, got[0].reasons, got[0].seconds) == (Verdict.UNSURE, ("spam",), 2.0)
    assert [entry.reason for entry in got[1:]] == ["not_json", "not_an_object", "not_utf8"]
    assert [entry.row for entry in got] == [0, 2, 3, 4]


def test_a_torn_archive_is_refused_as_a_whole(tmp_path):
    path = tmp_path / "labels.jsonl.gz"
    whole = gzip.compress(b'{"doc_id": "s#1"}\n' * 10_000)
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(RefusedLabel, match="cannot be read to its end"):
        imported(path)


def test_a_csv_that_is_not_utf8_is_refused_by_row(tmp_path):
    path = tmp_path / "plain.csv"
    path.write_bytes(b"doc_id,reviewer,verdict\ns#1,ana,keep\ns#2,caf\xe9,keep\n")
    assert [getattr(entry, "reason", "good") for entry in imported(path)] == ["good", "not_utf8"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("a.csv", b"doc_id,verdict\n", "no column reviewer; it has doc_id, verdict"),
        ("a.csv", b"reviewer,verdict,row\n", "doc_id .or shard and row."),
        ("a.csv", b"", "it has none"),
        ("a.parquet", b"no parquet", "not a readable Parquet"),
        ("a.docx", b"x", "Convert it"),
    ],
)
def test_a_file_that_cannot_be_used_is_refused_saying_why(tmp_path, name, content, says):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(RefusedLabel, match=says):
        imported(tmp_path / name)


def of_one(tmp_path, **changes):
    """What one JSONL row becomes."""
    path = tmp_path / "one.jsonl"
    path.write_text(json.dumps({"doc_id": "s#1", "reviewer": "ana", "verdict": "keep", **changes}))
    (entry,) = imported(path)
    return entry


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"rubric": True}, "bad_rubric"),
        ({"rubric": "one"}, "bad_rubric"),
        ({"rubric": 0}, "bad_rubric"),
        ({"score": True}, "bad_score"),
        ({"score": 2.5}, "bad_score"),
        ({"score": [[]]}, "bad_score"),
        ({"seconds": True}, "bad_seconds"),
        ({"seconds": 10**400}, "bad_seconds"),
        ({"reviewer": True}, "not_text"),
        ({"reviewer": {"name": "ana"}}, "not_text"),
        ({"verdict": ["keep"]}, "not_text"),
        ({"reasons": [["spam"]]}, "not_text"),
        ({"at": "0001-01-01T00:00+23:59"}, "bad_time"),
        ({"at": True}, "not_text"),
        ({"labels": "[" * 100_000}, "not_json"),
        ({"labels": [{"reviewer": "ana", "verdict": "keep", "rubric": True}]}, "bad_rubric"),
        ({"doc_id": None, "shard": "s", "row": "9" * 5_000}, "no_document"),
    ],
)
def test_an_odd_value_refuses_its_row(tmp_path, changes, reason):
    entry = of_one(tmp_path, **changes)
    assert isinstance(entry, Refusal)
    assert (entry.row, entry.reason) == (0, reason)
    assert len(entry.detail) < 300


def test_a_rubric_version_and_a_score_may_be_written_as_text(tmp_path):
    path = tmp_path / "plain.csv"
    path.write_text("doc_id,reviewer,verdict,rubric,score\ns#1,ana,keep,2,5\ns#2,ana,keep,,5.0\n")
    assert [(entry.rubric, entry.score) for entry in imported(path)] == [(2, 5), (None, 5)]


def test_a_line_nested_without_end_is_refused_alone(tmp_path):
    path = tmp_path / "labels.jsonl"
    path.write_text("[" * 100_000 + '\n{"doc_id": "s#1", "reviewer": "ana", "verdict": "keep"}\n')
    assert [getattr(entry, "reason", "good") for entry in imported(path)] == ["not_json", "good"]


@pytest.mark.parametrize("suffix", ["csv", "parquet"])
def test_a_repeated_column_refuses_the_file(tmp_path, suffix):
    path = tmp_path / f"twice.{suffix}"
    names = ["doc_id", "reviewer", "verdict", "verdict"]
    if suffix == "csv":
        path.write_text(",".join(names) + "\ns#1,ana,keep,reject\n")
    else:
        columns = [pa.array([value]) for value in ("s#1", "ana", "keep", "reject")]
        pq.write_table(pa.Table.from_arrays(columns, names=names), path)
    with pytest.raises(RefusedLabel, match="'verdict' more than once"):
        imported(path)


def test_bytes_are_read_as_utf8_and_else_refuse_their_row(tmp_path):
    path = tmp_path / "bytes.parquet"
    columns = {
        "doc_id": [b"s#1", b"s#2", b"s#3"],
        "who": ["zo\u00eb".encode(), b"zo\xeb", b"ana"],
        "verdict": [b"keep", b"keep", b"reject"],
        "reasons": [[b"spam"], [], [b"\xff"]],
        "picture": [b"\xff", b"\xff", b"\xff"],
    }
    pq.write_table(pa.table(columns), path)
    good, *bad = imported(path, reviewer_column="who")
    assert (good.doc_id, good.reviewer, good.verdict, good.reasons) == ("s#1", "zo\u00eb", Verdict.KEEP, ("spam",))
    assert [(entry.row, entry.reason) for entry in bad] == [(1, "not_utf8"), (2, "not_utf8")]


def test_an_empty_number_is_nobodys_name(tmp_path):
    path = tmp_path / "numbers.parquet"
    pq.write_table(pa.table({"doc_id": ["s#1"], "reviewer": [float("nan")], "verdict": ["keep"]}), path)
    assert [entry.reason for entry in imported(path)] == ["no_reviewer"]


def test_a_parquet_file_whose_values_python_cannot_hold_is_refused(tmp_path):
    path = tmp_path / "late.parquet"
    times = pa.array([10**18], pa.timestamp("us"))
    pq.write_table(pa.table({"doc_id": ["s#1"], "reviewer": ["ana"], "verdict": ["keep"], "at": times}), path)
    with pytest.raises(RefusedLabel, match="cannot be read after row"):
        imported(path)


def test_the_text_of_a_foreign_file_is_told_by_its_hash(tmp_path):
    text = "caf\u00e9 \ud800"
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    assert of_one(tmp_path, text=text).content_hash == digest
    assert of_one(tmp_path, text=text, content_hash="ab12").content_hash == "ab12"
    assert of_one(tmp_path, text="").content_hash is None


def test_rows_of_one_reviewer_on_one_document_are_told_apart_by_their_order(tmp_path):
    path = tmp_path / "plain.csv"
    path.write_text("doc_id,reviewer,verdict\n" + "s#1,ana,keep\n" * 2 + "s#2,ana,keep\ns#1,bo,keep\n")
    assert len({entry.label_id for entry in imported(path)}) == 4
    assert imported(path) == imported(path)


@pytest.mark.parametrize("source", ["desk", "import", "simulated"])
def test_only_our_own_exports_say_where_a_label_came_from(tmp_path, source):
    path = tmp_path / "labels.jsonl"
    export_labels(path, [(document(label(source=source)), None)])
    assert imported(path)[0].source == source
    assert of_one(tmp_path, source=source).source == "import"


def test_a_missing_file_is_not_found(tmp_path):
    with pytest.raises(NotFound):
        imported(tmp_path / "a.jsonl")
    with pytest.raises(NotFound):
        imported(tmp_path / "a.csv")
