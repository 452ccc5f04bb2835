"""The labelled data set as a file: one row a document, with every reviewer's label in it, streamed.

Columns, the same in every format:
    doc_id, shard, row, stream, probability     which document, and how it was drawn
    verdict                                     final, as `review.final` says; empty while it waits for a lead
    adjudicated                                 whether that is a lead's word
    reasons                                     of the final verdict, sorted
    score                                       mean of the scores given, 0..5
    note                                        all notes, one a line, the lead's first
    at                                          time of the newest label or word, ISO 8601, UTC
    labels                                      every current label, with all that `label_json` says of it; those of
                                                blind checks too, by their turn, which count for nothing above
    adjudication                                the lead's word, with all that `adjudication_json` says of it, or none
    text                                        only when asked for
JSONL holds `reasons` and `labels` as lists. CSV and Parquet hold `reasons` joined by ';', `labels` and `adjudication`
as a JSON text, so that each label and each lead's word comes back on import; what was shown beside the text stays
behind. In CSV and Parquet halves of surrogate pairs become U+FFFD.
"""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from review.errors import ReleaseError
from review.final import final_reasons, final_verdict, spoken
from review.records import Adjudication, Document, Label, LabelledDocument
from review.release.cells import guard, whole_characters
from review.turns import turn_of

BATCH = 1_000  # rows held at a time
COLUMNS = (
    "doc_id",
    "shard",
    "row",
    "stream",
    "probability",
    "verdict",
    "adjudicated",
    "reasons",
    "score",
    "note",
    "at",
    "labels",
    "adjudication",
)
# What an export has had from the first version on: files from before there were adjudications can be imported.
ALWAYS = tuple(name for name in COLUMNS if not name.startswith("adjudicat"))

# A sheet to be filled in and imported; the hash binds it to these texts, whatever becomes of them in a spreadsheet.
WAITING = ("doc_id", "content_hash", "verdict", "reasons", "note", "reviewer", "text")


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written."""

    path: Path
    documents: int
    labels: int


class Writer(Protocol):
    def __call__(self, path: Path, rows: Iterator[dict[str, Any]], columns: tuple[str, ...]) -> None: ...


def export_labels(
    path: Path, documents: Iterable[tuple[LabelledDocument, str | None]], *, with_text: bool = False
) -> Exported:
    """Write labelled documents, each with its text (or None), to a .jsonl, .csv or .parquet file.

    Documents whose labels were all taken back are left out. Nothing is held in memory beyond a batch; the file appears
    whole, replacing an older one. Raises ReleaseError for another suffix or a folder that does not exist.
    """
    writer = _writer(path)
    counts = {"documents": 0, "labels": 0}

    def rows() -> Iterator[dict[str, Any]]:
        for document, text in documents:
            row = label_row(document)
            if row is None:
                continue
            counts["documents"] += 1
            counts["labels"] += len(row["labels"])
            yield {**row, "text": text} if with_text else row

    with _replacing(path) as temporary:
        writer(temporary, rows(), (*COLUMNS, "text") if with_text else COLUMNS)
    return Exported(path, **counts)


def export_waiting(path: Path, documents: Iterable[Document], *, with_text: bool = True) -> int:
    """Write a sheet of documents to be labelled elsewhere: a row each, with empty places for verdict and reviewer.

    Returns how many there are. Filled in, the file can be imported. Raises ReleaseError as `export_labels` does.
    """
    writer = _writer(path)
    count = 0

    def rows() -> Iterator[dict[str, Any]]:
        nonlocal count
        for document in documents:
            count += 1
            known = {"doc_id": document.doc_id, "content_hash": document.content_hash}
            yield {**dict.fromkeys(WAITING, ""), **known, "text": document.text if with_text else None}

    with _replacing(path) as temporary:
        writer(temporary, rows(), WAITING)
    return count


def _writer(path: Path) -> Writer:
    writer = WRITERS.get(path.suffix.lower())
    if writer is None:
        raise ReleaseError(f"{path} has the suffix {path.suffix!r}; labels go out as {', '.join(WRITERS)}.")
    if not path.parent.is_dir():
        raise ReleaseError(f"The folder {path.parent} does not exist. Make it, or name another file.")
    return writer


def label_row(document: LabelledDocument) -> dict[str, Any] | None:
    """One row of the data set; None for a document without a label."""
    labels, final = spoken(document), final_verdict(document)
    if final is None and not labels:
        return None
    scores = [label.score for label in labels if label.score is not None]
    word = document.adjudication
    said: list[Label | Adjudication] = [word, *labels] if word else [*labels]
    times = [one.at for one in said if one.at is not None]
    return {
        "doc_id": document.doc_id,
        "shard": document.shard,
        "row": document.row,
        "stream": document.stream.value,
        "probability": document.probability,
        "verdict": None if final is None else final.value,  # a lead's to say, by the rubric's rule
        "adjudicated": word is not None,
        "reasons": list(final_reasons(document)),
        "score": sum(scores) / len(scores) if scores else None,
        "note": "\n".join(one.note for one in said if one.note),
        "at": _iso(max(times)) if times else None,
        "labels": [label_json(label) for label in (*labels, *document.checks)],
        "adjudication": None if word is None else adjudication_json(word),
    }


def label_json(label: Label) -> dict[str, Any]:
    """One label as plain JSON, enough to be imported as the same label, but without what was shown."""
    return {
        "label_id": label.label_id,
        "reviewer": label.reviewer,
        "verdict": None if label.verdict is None else label.verdict.value,
        "reasons": list(label.reasons),
        "note": label.note,
        "score": label.score,
        "seconds": label.seconds,
        "rubric": label.rubric,
        "source": label.source,
        "turn": turn_of(label.shown).value,
        "content_hash": label.content_hash,
        "at": None if label.at is None else _iso(label.at),
    }


def adjudication_json(word: Adjudication) -> dict[str, Any]:
    """A lead's word as plain JSON, enough to be imported as the same, but without what was shown."""
    return {
        "adjudication_id": word.adjudication_id,
        "by": word.by,
        "verdict": None if word.verdict is None else word.verdict.value,
        "reasons": list(word.reasons),
        "note": word.note,
        "rubric": word.rubric,
        "labels": list(word.labels),
        "content_hash": word.content_hash,
        "at": None if word.at is None else _iso(word.at),
    }


def _write_jsonl(path: Path, rows: Iterator[dict[str, Any]], columns: tuple[str, ...]) -> None:
    with path.open("w", encoding="ascii", newline="\n") as file:
        for row in rows:
            file.write(json.dumps(row) + "\n")


def _write_csv(path: Path, rows: Iterator[dict[str, Any]], columns: tuple[str, ...]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        # Everything quoted: a lone carriage return in a cell would otherwise end the row for some readers.
        writer = csv.writer(file, quoting=csv.QUOTE_ALL, lineterminator="\n")
        writer.writerow(columns)
        for row in rows:
            flat = _flat(row)
            writer.writerow([guard("" if flat[name] is None else str(flat[name])) for name in columns])


def _write_parquet(path: Path, rows: Iterator[dict[str, Any]], columns: tuple[str, ...]) -> None:
    import pyarrow as pa
    import pyarrow.parquet as pq

    numbers: dict[str, pa.DataType] = {"row": pa.int64(), "probability": pa.float64(), "score": pa.float64()}
    schema = pa.schema([(name, numbers.get(name, pa.string())) for name in columns])
    with pq.ParquetWriter(path, schema) as writer:
        while batch := [_flat(row) for row in islice(rows, BATCH)]:
            writer.write_table(pa.Table.from_pylist(batch, schema=schema))


WRITERS: dict[str, Writer] = {".jsonl": _write_jsonl, ".csv": _write_csv, ".parquet": _write_parquet}


def _flat(row: dict[str, Any]) -> dict[str, Any]:
    """The row with nothing nested, and only characters that UTF-8 can hold."""
    flat = {**row, "reasons": ";".join(row["reasons"])}
    if "labels" in row:
        word = row["adjudication"]
        flat |= {"labels": json.dumps(row["labels"]), "adjudicated": "yes" if row["adjudicated"] else "no"}
        flat["adjudication"] = None if word is None else json.dumps(word)
    return {name: whole_characters(value) if isinstance(value, str) else value for name, value in flat.items()}


def _iso(at: datetime) -> str:
    return at.isoformat() + "Z"


@contextmanager
def _replacing(path: Path) -> Iterator[Path]:
    """A file beside the path that takes its place when all went well, and vanishes otherwise."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        yield temporary
        with temporary.open("rb") as file:
            os.fsync(file.fileno())
        os.replace(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
