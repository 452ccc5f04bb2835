"""The sheet of waiting documents: out, filled in elsewhere, and in again."""

import csv

import pyarrow.parquet as pq
import pytest

from review.records import LabelledDocument, Refusal, Stream, Verdict
from review.release import export_waiting, read_labels


def waiting(shard="web/0.parquet", row=7):
    return LabelledDocument(f"{shard}#{row}", shard, row, Stream.AUDIT, 3, 0.125, ())


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
def test_a_sheet_goes_out_in_every_format_and_an_empty_one_brings_nothing_in(tmp_path, suffix):
    path = tmp_path / f"sheet.{suffix}"
    assert export_waiting(path, [(waiting(), "=1+1"), (waiting(row=8), None)]) == 2
    assert all(isinstance(entry, Refusal) for entry in read_labels(path))


@pytest.mark.parametrize("shard", ["web/0.parquet", "=sum.jsonl", "-x.csv", "'quoted.jsonl", "@a.jsonl"])
def test_a_filled_sheet_names_its_documents_again_whatever_they_are_called(tmp_path, shard):
    path = tmp_path / "sheet.csv"
    export_waiting(path, [(waiting(shard), "=1+1")])
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


def test_a_parquet_sheet_has_a_column_for_each_thing_to_fill_in(tmp_path):
    path = tmp_path / "sheet.parquet"
    export_waiting(path, [(waiting(), "text")])
    assert {"doc_id", "verdict", "reviewer"} <= set(pq.read_schema(path).names)
