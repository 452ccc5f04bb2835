"""Labels out to files and in from files."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from review.project import Project
from review.records import Label, LabelledDocument, Refusal
from review.release import ImportedLabel, export_waiting, read_labels
from review.release import export_labels as write_labels

BATCH = 1_000


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did: stored now, known before, refused with file, row and reason."""

    stored: int
    known: int
    refused: tuple[Refusal, ...]


def export_labels(project: Project, path: Path, *, texts: bool = True, waiting: bool = False) -> int:
    """Write the labelled documents as JSONL, CSV or Parquet, by the file's ending; returns how many.

    `waiting`: the drawn documents nobody has labelled yet instead, with an empty verdict, to be filled in elsewhere
    and imported. Raises ReleaseError for another ending.
    """
    if waiting:
        return export_waiting(path, _with_texts(project, _waiting(project), texts))
    chosen = iter(project.store.labelled_documents())
    return write_labels(path, _with_texts(project, chosen, texts), with_text=texts).documents


def _with_texts(
    project: Project, documents: Iterator[LabelledDocument], texts: bool
) -> Iterator[tuple[LabelledDocument, str | None]]:
    while batch := list(islice(documents, BATCH)):
        found = {}
        if texts:
            found = {document.doc_id: document.text for document in project.store.documents([d.doc_id for d in batch])}
        for document in batch:
            yield document, found.get(document.doc_id)


def _waiting(project: Project) -> Iterator[LabelledDocument]:
    labelled = {document.doc_id for document in project.store.labelled_documents()}
    seen: set[str] = set()
    for draw in project.store.draws():
        if draw.doc_id not in labelled and draw.doc_id not in seen:
            seen.add(draw.doc_id)
            yield LabelledDocument(draw.doc_id, draw.shard, draw.row, draw.stream, draw.rank, draw.probability, ())


def import_labels(project: Project, path: Path, *, reviewer_column: str = "reviewer", by: str) -> ImportReport:
    """Store labels from a file, in batches; a bad row is refused with its reason and stops nothing.

    A label without a content hash is taken to be of the text the store holds. Labels keep their reviewers; `by` is who
    brought them in. Importing a file again stores nothing twice.
    """
    report = _Import(project, path, by)
    rows = read_labels(path, reviewer_column=reviewer_column)
    while batch := list(islice(rows, BATCH)):
        report.take(batch)
    return ImportReport(report.stored, report.known, tuple(report.refused))


class _Import:
    """An import under way."""

    def __init__(self, project: Project, path: Path, by: str) -> None:
        self.store = project.store
        self.path = path
        self.by = by
        self.stored = self.known = 0
        self.refused: list[Refusal] = []
        self.drawn = {draw.doc_id for draw in self.store.draws()}
        self.before = {label.label_id: label for label in self.store.labels()}
        self.rubric = self.store.rubric().version

    def take(self, batch: list[ImportedLabel | Refusal]) -> None:
        """Store what can be stored of a batch of rows."""
        fresh: dict[str, tuple[Label, int]] = {}
        missing = [row.doc_id for row in batch if isinstance(row, ImportedLabel) and row.content_hash is None]
        drawn = self.store.documents([name for name in dict.fromkeys(missing) if name in self.drawn])
        hashes = {document.doc_id: document.content_hash for document in drawn}
        for row in batch:
            if isinstance(row, Refusal):
                self.refused.append(row)
            elif row.doc_id not in self.drawn:
                self._refuse(
                    row.row, "unknown_document", f"{row.doc_id!r} is not among this project's drawn documents."
                )
            else:
                label = self._label(row, row.content_hash or hashes.get(row.doc_id, ""))
                old = self.before.get(row.label_id)
                if row.label_id in fresh or (old is not None and _says(old) == _says(label)):
                    self.known += 1
                else:
                    fresh[row.label_id] = (label, row.row)
        why = self.store.why_refused([label for label, _ in fresh.values()])
        for name, text in why.items():
            self._refuse(fresh[name][1], "refused_label", text)
        stored = self.store.record_labels([label for name, (label, _) in fresh.items() if name not in why])
        self.before |= {label.label_id: label for label in stored}
        self.stored += len(stored)

    def _refuse(self, row: int, reason: str, detail: str) -> None:
        self.refused.append(Refusal(str(self.path), row, reason, detail))

    def _label(self, row: ImportedLabel, content_hash: str) -> Label:
        return Label(
            label_id=row.label_id,
            doc_id=row.doc_id,
            content_hash=content_hash,
            reviewer=row.reviewer,
            verdict=row.verdict,
            reasons=row.reasons,
            note=row.note,
            score=row.score,
            seconds=row.seconds,
            rubric=row.rubric or self.rubric,
            shown={"imported_by": self.by, "file": self.path.name},
            source="import",
        )


def _says(label: Label) -> tuple[object, ...]:
    """What a label says, whatever way it came in."""
    return (label.doc_id, label.content_hash, label.reviewer, label.verdict, label.reasons, label.note, label.score)
