"""Labels from files: our own exports, and plain tables with a document, a verdict and a reviewer in each row."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from review.errors import RefusedLabel
from review.records import Refusal, Verdict, doc_id, split_doc_id
from review.release.cells import unguard
from review.release.labels_out import COLUMNS, WAITING
from review.release.tables import columns_of, read_table


@dataclass(frozen=True, slots=True)
class ImportedLabel:
    """One label of a file. What the file does not say is None; the caller fills it in or refuses the label."""

    label_id: str  # of the content, or the one it was exported with: importing twice stores once
    doc_id: str
    reviewer: str
    verdict: Verdict
    reasons: tuple[str, ...]
    note: str
    score: int | None
    seconds: float
    rubric: int | None
    content_hash: str | None  # of the text the reviewer saw
    at: datetime | None  # naive UTC
    row: int  # of the file, 0-based


class _Bad(Exception):
    """Why a row is refused: code and sentence."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def read_labels(path: Path, *, reviewer_column: str = "reviewer") -> Iterator[ImportedLabel | Refusal]:
    """The labels of a .jsonl, .csv, .tsv or .parquet file, streamed, each bad row as a Refusal with file, row, reason.

    A file made by `export_labels` has a `labels` column and gives every reviewer's label back exactly. Any other file
    needs `doc_id` (or `shard` and `row`), `verdict` (keep, unsure, reject) and the reviewer column; `reasons` (a list,
    or codes joined by ';'), `note`, `score` (0..5), `seconds` and `at` (ISO 8601) are read where there are any.
    Raises NotFound or RefusedLabel when the file as a whole cannot be used.
    """
    columns = columns_of(path)
    exported = columns is not None and set(COLUMNS) <= set(columns)
    if columns is not None and not exported:
        _check_columns(path, columns, reviewer_column)
    guarded: frozenset[str] = frozenset()
    if columns is not None and not path.name.endswith(".parquet"):
        # In a sheet that was filled in by hand, only these two cells are ours; an apostrophe elsewhere was typed.
        guarded = frozenset(columns if exported else ("doc_id", "text") if columns == WAITING else ())
    return _labels(path, reviewer_column, guarded)


def _labels(path: Path, reviewer_column: str, guarded: frozenset[str]) -> Iterator[ImportedLabel | Refusal]:
    for number, row in read_table(path):
        if isinstance(row, Refusal):
            yield row
            continue
        if guarded:
            row = {name: unguard(cell) if name in guarded else cell for name, cell in row.items()}
        try:
            document = _document(row)
            entries = _entries(row, reviewer_column)
        except _Bad as bad:
            yield Refusal(str(path), number, bad.reason, str(bad))
            continue
        for entry in entries:
            try:
                label = _label(document, entry, number)
            except _Bad as bad:
                yield Refusal(str(path), number, bad.reason, str(bad))
            else:
                yield label


def _check_columns(path: Path, columns: tuple[str, ...], reviewer_column: str) -> None:
    missing = [name for name in ("verdict", reviewer_column) if name not in columns]
    if "doc_id" not in columns and not {"shard", "row"} <= set(columns):
        missing.append("doc_id (or shard and row)")
    if missing:
        raise RefusedLabel(
            f"{path} has no column {', '.join(missing)}; it has {', '.join(columns) or 'none'}. "
            "Name the reviewers' column, or rename the columns."
        )


def _document(row: Mapping[str, Any]) -> str:
    if row.get("doc_id"):
        try:
            return doc_id(*split_doc_id(str(row["doc_id"])))
        except ValueError as error:
            raise _Bad("no_document", f"{error}.") from None
    shard, number = row.get("shard"), row.get("row")
    if not shard or number is None or not str(number).isdecimal():
        raise _Bad("no_document", f"Shard {shard!r} and row {number!r} name no document; give both, or doc_id.")
    return doc_id(str(shard), int(number))


def _entries(row: Mapping[str, Any], reviewer_column: str) -> list[Mapping[str, Any]]:
    """The labels of a row: those in the `labels` column of an export (a list, or its JSON text), or the row itself."""
    labels = row.get("labels")
    if labels is None:
        return [{**row, "reviewer": row.get(reviewer_column), "label_id": None}]
    if isinstance(labels, str):
        try:
            labels = json.loads(labels)
        except ValueError as error:
            raise _Bad("not_json", f"The column labels is not JSON: {error}.") from None
    if not isinstance(labels, list) or not all(isinstance(entry, dict) for entry in labels):
        raise _Bad("no_labels", "The column labels is not a list of labels.")
    return labels


def _label(document: str, entry: Mapping[str, Any], row: int) -> ImportedLabel:
    reviewer = str(entry.get("reviewer") or "").strip()
    if not reviewer:
        raise _Bad("no_reviewer", "The reviewer is empty; a label needs to know who made it.")
    said = str(entry.get("verdict") or "").strip().lower()
    if said not in list(Verdict):
        raise _Bad("unknown_verdict", f"The verdict is {entry.get('verdict')!r}; allowed are {', '.join(Verdict)}.")
    label = ImportedLabel(
        label_id=str(entry.get("label_id") or ""),
        doc_id=document,
        reviewer=reviewer,
        verdict=Verdict(said),
        reasons=_reasons(entry.get("reasons")),
        note="" if entry.get("note") is None else str(entry["note"]),
        score=_score(entry.get("score")),
        seconds=_seconds(entry.get("seconds")),
        rubric=entry["rubric"] if isinstance(entry.get("rubric"), int) else None,
        content_hash=str(entry["content_hash"]) if entry.get("content_hash") else None,
        at=_time(entry.get("at")),
        row=row,
    )
    return label if label.label_id else _named(label)


def _named(label: ImportedLabel) -> ImportedLabel:
    """The label with an id made of what it says, so that the same label has the same id in every import."""
    content = [label.doc_id, label.reviewer, label.verdict, label.reasons, label.note, label.score, str(label.at)]
    digest = hashlib.sha256(json.dumps(content).encode("ascii")).hexdigest()
    return ImportedLabel(f"import-{digest[:32]}", *[getattr(label, name) for name in label.__slots__[1:]])


def _reasons(value: Any) -> tuple[str, ...]:
    if value is None or value == "":
        return ()
    parts = value if isinstance(value, list | tuple) else str(value).split(";")
    return tuple(dict.fromkeys(str(part).strip() for part in parts if str(part).strip()))


def _score(value: Any) -> int | None:
    if _empty(value):
        return None
    try:
        score = float(value)
    except (TypeError, ValueError):
        raise _Bad("bad_score", f"The score is {value!r}; allowed are the whole numbers 0 to 5.") from None
    if score not in range(6):
        raise _Bad("bad_score", f"The score is {value!r}; allowed are the whole numbers 0 to 5.")
    return int(score)


def _seconds(value: Any) -> float:
    if _empty(value):
        return 0.0
    try:
        seconds = float(value)
    except (TypeError, ValueError):
        raise _Bad("bad_seconds", f"The seconds are {value!r}; allowed is a number of at least 0.") from None
    if not 0 <= seconds < math.inf:
        raise _Bad("bad_seconds", f"The seconds are {value!r}; allowed is a number of at least 0.")
    return seconds


def _time(value: Any) -> datetime | None:
    if _empty(value):
        return None
    try:
        at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    except ValueError:
        raise _Bad("bad_time", f"The time is {value!r}; allowed is ISO 8601, as 2026-11-22T09:30:00Z.") from None
    return at if at.tzinfo is None else at.astimezone(UTC).replace(tzinfo=None)


def _empty(value: Any) -> bool:
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))
