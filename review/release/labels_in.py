"""Labels from files: our own exports, and plain tables with a document, a verdict and a reviewer in each row."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from review.corpus.plain import content_hash
from review.errors import RefusedLabel
from review.names import tidy
from review.records import Refusal, Verdict, doc_id, split_doc_id
from review.release import values
from review.release.cells import unguard
from review.release.labels_out import ALWAYS, WAITING
from review.release.tables import columns_of, read_table
from review.release.values import Bad
from review.turns import Turn

MADE = "import-"  # begins the id of a label whose file gave it none
SOURCES = ("desk", "import", "simulated")


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
    source: str  # desk, import, simulated
    at: datetime | None  # naive UTC, when the label was made
    row: int  # of the file, 0-based
    turn: Turn = Turn.PLAN  # gold and repeat: a blind check's label, which counts for no verdict


@dataclass(frozen=True, slots=True)
class ImportedAdjudication:
    """A lead's word in a file that `export_labels` made."""

    adjudication_id: str
    doc_id: str
    content_hash: str
    by: str
    verdict: Verdict
    reasons: tuple[str, ...]
    note: str
    rubric: int
    labels: tuple[str, ...]
    at: datetime | None
    row: int


Row = ImportedLabel | ImportedAdjudication | Refusal


def read_labels(path: Path, *, reviewer_column: str = "reviewer") -> Iterator[Row]:
    """The labels of a .jsonl, .csv, .tsv or .parquet file, streamed, each bad row as a Refusal with file, row, reason.

    A file made by `export_labels` has a `labels` column and gives back what it holds of every reviewer's label, and
    then the lead's word on the document where there is one.
    Any other file needs `doc_id` (or `shard` and `row`), `verdict` (keep, unsure, reject) and the reviewer column;
    `reasons` (a list, or codes joined by ';'), `note`, `score` (0..5), `seconds`, `rubric` (a version) and `at`
    (ISO 8601) are read where there are any. Which text was judged is told by `content_hash`, or else by the hash of
    `text`, or else not at all.
    Raises NotFound or RefusedLabel when the file as a whole cannot be used.
    """
    columns = columns_of(path)
    exported = columns is not None and set(ALWAYS) <= set(columns)
    if columns is not None and not exported:
        _check_columns(path, columns, reviewer_column)
    guarded: frozenset[str] = frozenset()
    if columns is not None and not path.name.endswith(".parquet"):
        # In a sheet that was filled in by hand, only these two cells are ours; an apostrophe elsewhere was typed.
        guarded = frozenset(columns if exported else ("doc_id", "text") if set(WAITING) <= set(columns) else ())
    return _labels(path, reviewer_column, guarded)


def _labels(path: Path, reviewer_column: str, guarded: frozenset[str]) -> Iterator[Row]:
    places: Counter[tuple[str, str]] = Counter()
    for number, row in read_table(path):
        if isinstance(row, Refusal):
            yield row
            continue
        if guarded:
            row = {name: unguard(cell) if name in guarded else cell for name, cell in row.items()}
        try:
            document = _document(row)
            entries = _entries(row, reviewer_column)
        except Bad as bad:
            yield Refusal(str(path), number, bad.reason, str(bad))
            continue
        for entry in entries:
            try:
                label = _label(document, entry, number)
            except Bad as bad:
                yield Refusal(str(path), number, bad.reason, str(bad))
                continue
            if not label.label_id:
                label = _named(label, places[label.doc_id, label.reviewer])
                places[label.doc_id, label.reviewer] += 1
            yield label
        try:
            word = _adjudication(document, row, number)
        except Bad as bad:
            yield Refusal(str(path), number, bad.reason, str(bad))
            continue
        if word is not None:
            yield word


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
    name = values.text(row.get("doc_id"), "doc_id")
    shard, number = values.text(row.get("shard"), "shard"), values.text(row.get("row"), "row")
    if not name and not (shard and number.isdecimal()):
        raise Bad("no_document", f"Shard {shard!r} and row {number!r} name no document; give both, or doc_id.")
    try:
        return doc_id(*split_doc_id(name)) if name else doc_id(shard, int(number))
    except ValueError:  # also of a row with more digits than any file has rows
        given = values.short(name or number)
        raise Bad("no_document", f"{given} is no document; expected '<shard>#<row>', or shard and row.") from None


def _entries(row: Mapping[str, Any], reviewer_column: str) -> list[Mapping[str, Any]]:
    """The labels of a row: those in the `labels` column of an export (a list, or its JSON text), or the row itself."""
    labels = row.get("labels")
    if labels is None:
        who = tidy(values.text(row.get(reviewer_column), "reviewer"))  # people typed it, an export says what is stored
        return [{**row, "reviewer": who, "label_id": None, "source": None, "turn": None}]
    if isinstance(labels, str):
        try:
            labels = json.loads(labels)
        except ValueError as error:
            raise Bad("not_json", f"The column labels is not JSON: {error}.") from None
        except RecursionError:
            raise Bad("not_json", "The column labels is nested deeper than any list of labels.") from None
    if not isinstance(labels, list) or not all(isinstance(entry, dict) for entry in labels):
        raise Bad("no_labels", "The column labels is not a list of labels.")
    return [{"text": row.get("text"), **entry} for entry in labels]


def _label(document: str, entry: Mapping[str, Any], row: int) -> ImportedLabel:
    reviewer = values.text(entry.get("reviewer"), "reviewer")  # as an export says it, or two people could become one
    if not reviewer.strip():
        raise Bad("no_reviewer", "The reviewer is empty; a label needs to know who made it.")
    said = values.text(entry.get("verdict"), "verdict")
    verdict = said.strip().lower()
    if verdict not in list(Verdict):
        raise Bad("unknown_verdict", f"The verdict is {values.short(said)}; allowed are {', '.join(Verdict)}.")
    source = values.text(entry.get("source"), "source") or "import"
    if source == "bulk":
        raise Bad("bulk_label", "A bulk label is not imported; say it again of the documents here with `review bulk`.")
    if source not in SOURCES:
        raise Bad("unknown_source", f"The source is {values.short(source)}; allowed are {', '.join(SOURCES)}.")
    seen = values.text(entry.get("text"), "text")
    return ImportedLabel(
        label_id=values.text(entry.get("label_id"), "label_id"),
        doc_id=document,
        reviewer=reviewer,
        verdict=Verdict(verdict),
        reasons=values.codes(entry.get("reasons")),
        note=values.text(entry.get("note"), "note"),
        score=values.score(entry.get("score")),
        seconds=values.seconds(entry.get("seconds")),
        rubric=values.version(entry.get("rubric")),
        content_hash=values.text(entry.get("content_hash"), "content_hash") or (content_hash(seen) if seen else None),
        source=source,
        at=values.time(entry.get("at")),
        row=row,
        turn=_turn(entry),
    )


def _adjudication(document: str, row: Mapping[str, Any], number: int) -> ImportedAdjudication | None:
    """The word in the `adjudication` column of an export (an object, or its JSON text), None where there is none."""
    said = row.get("adjudication")
    if values.empty(said) or row.get("labels") is None:
        return None
    if isinstance(said, str):
        try:
            said = json.loads(said)
        except (ValueError, RecursionError) as error:
            raise Bad("not_json", f"The column adjudication is not JSON: {error}.") from None
    if not isinstance(said, dict):
        raise Bad("no_adjudication", "The column adjudication is not an adjudication.")
    named = {name: values.text(said.get(name), name) for name in ("adjudication_id", "by", "content_hash", "verdict")}
    missing = [name for name, value in named.items() if not value]
    if missing:
        raise Bad("no_adjudication", f"The adjudication has no {missing[0]}.")
    if named["verdict"] not in list(Verdict):
        why = f"The adjudication's verdict is {values.short(named['verdict'])}; allowed are {', '.join(Verdict)}."
        raise Bad("unknown_verdict", why)
    return ImportedAdjudication(
        adjudication_id=named["adjudication_id"],
        doc_id=document,
        content_hash=named["content_hash"],
        by=named["by"],
        verdict=Verdict(named["verdict"]),
        reasons=values.codes(said.get("reasons")),
        note=values.text(said.get("note"), "note"),
        rubric=values.version(said.get("rubric")) or 1,
        labels=values.codes(said.get("labels")),
        at=values.time(said.get("at")),
        row=number,
    )


def _turn(entry: Mapping[str, Any]) -> Turn:
    said = values.text(entry.get("turn"), "turn") or Turn.PLAN
    if said not in list(Turn):
        raise Bad("unknown_turn", f"The turn is {values.short(said)}; allowed are {', '.join(Turn)}.")
    return Turn(said)


def _named(label: ImportedLabel, place: int) -> ImportedLabel:
    """The label with an id made of what it says, so that the same label has the same id in every import.

    `place`, its number among the file's labels by this reviewer on this document, tells keep, reject, keep apart.
    """
    content = [label.doc_id, label.reviewer, label.verdict, label.reasons, label.note, label.score, label.seconds]
    digest = hashlib.sha256(json.dumps([*content, label.rubric, str(label.at), place]).encode("ascii")).hexdigest()
    return replace(label, label_id=f"{MADE}{digest[:32]}")
