"""The sheet of waiting documents: out, filled in elsewhere, and in again."""

import csv
import json

import pyarrow.parquet as pq
import pytest

from review.corpus.plain import content_hash
from review.records import Document, Refusal, Verdict
from review.release import export_waiting, read_labels


def waiting(shard="web/0.parquet", row=7, text="=1+1"):
    return Document(shard, row, text, content_hash(text))


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_a_sheet_goes_out_in_every_format_and_an_empty_one_brings_nothing_in(tmp_path, suffix):
    path = tmp_path / f"sheet.{suffix}"
    assert export_waiting(path, [waiting(), waiting(row=8)]) == 2
    assert all(isinstance(entry, Refusal) for entry in read_labels(path))


@pytest.mark.parametrize("shard", ["web/0.parquet", "=sum.jsonl", "-x.csv", "'quoted.jsonl", "@a.jsonl"])
def test_a_filled_sheet_names_its_documents_again_whatever_they_are_called(tmp_path, shard):
    path = tmp_path / "sheet.csv"
    export_waiting(path, [waiting(shard)])
    with path.open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    assert not any(cell.startswith(("=", "+", "-", "@")) for cell in row.values())
    row |= {"verdict": "reject", "reviewer": "ana", "note": "'tis spam"}
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, row)
        writer.writeheader()
        writer.writerow(row)
    (label,) = read_labels(path)
    assert (label.doc_id, label.verdict, label.note) == (f"{shard}#7", Verdict.REJECT, "'tis spam")


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
@pytest.mark.parametrize("with_text", [True, False])
def test_a_sheet_says_which_text_it_is_about(tmp_path, suffix, with_text):
    """Even a text that the file cannot hold, or was not given, is told from any other by its hash."""
    path = tmp_path / f"sheet.{suffix}"
    one = waiting(text="half an emoji \ud800")
    export_waiting(path, [one], with_text=with_text)
    if suffix == "csv":
        with path.open(newline="", encoding="utf-8") as file:
            (row,) = csv.DictReader(file)
    else:
        row = json.loads(path.read_text()) if suffix == "jsonl" else pq.read_table(path).to_pylist()[0]
    assert bool(row["text"]) == with_text
    filled = tmp_path / "filled.jsonl"
    filled.write_text(json.dumps(row | {"verdict": "keep", "reviewer": "ana"}))
    (label,) = read_labels(filled)
    assert label.content_hash == one.content_hash


def test_a_column_added_in_a_spreadsheet_changes_nothing(tmp_path):
    path = tmp_path / "sheet.csv"
    export_waiting(path, [waiting("=sum.jsonl")])
    with path.open(newline="", encoding="utf-8") as file:
        (row,) = csv.DictReader(file)
    row |= {"verdict": "keep", "reviewer": "ana", "seen on": "Monday"}
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, row)
        writer.writeheader()
        writer.writerow(row)
    (label,) = read_labels(path)
    assert label.doc_id == "=sum.jsonl#7"


def test_a_parquet_sheet_has_a_column_for_each_thing_to_fill_in(tmp_path):
    path = tmp_path / "sheet.parquet"
    export_waiting(path, [waiting()])
    assert {"doc_id", "content_hash", "verdict", "reviewer"} <= set(pq.read_schema(path).names)
