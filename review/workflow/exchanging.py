"""Labels out to files and in from files."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from review.errors import NotFound, RefusedLabel, ReleaseError
from review.names import twin
from review.project import Project
from review.records import Adjudication, Document, Label, LabelledDocument, Refusal, Rubric, Stream
from review.release import ImportedAdjudication, ImportedLabel, export_waiting, read_labels
from review.release import export_labels as write_labels
from review.release.labels_in import MADE, Row
from review.release.manifest import stamp
from review.rubric import why_against
from review.sampling import inclusion_probability
from review.turns import Turn, turn_of

BATCH = 1_000


@dataclass(frozen=True, slots=True)
class ExportReport:
    """What an export wrote. A text can be lost when a store is recovered after its shard file changed."""

    documents: int
    without_text: int  # labelled ones written with an empty text, waiting ones left out of the sheet


@dataclass(frozen=True, slots=True)
class ImportReport:
    """What an import did: stored now, known before, refused with file, row and reason."""

    stored: int
    known: int
    refused: tuple[Refusal, ...]
    adjudicated: int = 0  # leads' words stored now


def export_labels(
    project: Project, path: Path, *, texts: bool = True, waiting: bool = False, force: bool = False
) -> ExportReport:
    """Write the labelled documents as JSONL, CSV or Parquet, by the file's ending.

    `waiting`: the drawn documents nobody has labelled yet instead, with an empty verdict, to be filled in elsewhere
    and imported. A file that is there is replaced only by `force`: it may be a sheet somebody has filled in. Raises
    ReleaseError for that and for another ending.
    """
    if not force and (path.exists() or path.is_symlink()):
        raise ReleaseError(f"{path} exists already. Name another file, or replace it with --force.")
    export = _Export(project)
    if waiting:
        written = export_waiting(path, export.waiting(), with_text=texts)
    else:
        written = write_labels(path, export.labelled(texts), with_text=texts).documents
    return ExportReport(written, export.without_text)


class _Export:
    """An export under way, in batches."""

    def __init__(self, project: Project) -> None:
        self.store = project.store
        self.without_text = 0
        self.drawn = {name: n for (name, stream), n in self.store.draw_counts().items() if stream is Stream.AUDIT}
        self.documents = {shard.name: shard.documents for shard in self.store.shards()}
        self.designs = self.store.audit_designs()

    def labelled(self, texts: bool) -> Iterator[tuple[LabelledDocument, str | None]]:
        """The labelled documents, each with its text where texts are wanted and there is one."""
        documents = iter(self.store.labelled_documents())
        checks = self.store.check_labels()
        while batch := list(islice(documents, BATCH)):
            found = self._found([one.doc_id for one in batch]) if texts else {}
            for one in batch:
                known = replace(one, probability=self._chance(one)) if one.stream is Stream.AUDIT else one
                known = replace(known, checks=tuple(checks.get(one.doc_id, ())))
                yield known, found[one.doc_id].text if one.doc_id in found else None

    def _chance(self, one: LabelledDocument) -> float | None:
        """Chance of an audit document to be in the whole sample: a larger draw takes the smaller one in."""
        n = self.drawn.get(one.shard, 0)
        if one.shard in self.designs:
            return one.probability
        return inclusion_probability(n, self.documents[one.shard])

    def waiting(self) -> Iterator[Document]:
        """The drawn documents without a label, as far as there is a text to judge."""
        labelled = {document.doc_id for document in self.store.labelled_documents()}
        waiting = (draw.doc_id for draw in self.store.draws() if draw.same_as is None)
        names = iter(dict.fromkeys(name for name in waiting if name not in labelled))
        while batch := list(islice(names, BATCH)):
            yield from self._found(batch).values()

    def _found(self, names: list[str]) -> dict[str, Document]:
        found = {document.doc_id: document for document in self.store.documents(names, missing="skip")}
        self.without_text += len(names) - len(found)
        return found


def import_labels(project: Project, path: Path, *, reviewer_column: str = "reviewer", by: str) -> ImportReport:
    """Store labels from a file, in batches; a bad row is refused with its reason and stops nothing.

    A label must be of the text that was drawn: its content hash, or that of the text beside it, is compared, and a
    label with neither is taken to be of the text the store holds. It must follow the version of the rubric it names,
    or the newest. Labels keep their reviewers; `by` is who brought them in. A label's own time becomes
    `shown["at"]`, as ISO 8601 in UTC: `at` is when the store took it. Of one reviewer's labels on one document the
    last in the file counts; a lead's word in an export comes with its labels. A sheet's name that is another's but for
    its spelling is refused. Importing a file again stores nothing twice.
    """
    report = _Import(project, path, by)
    rows = read_labels(path, reviewer_column=reviewer_column)
    while batch := list(islice(rows, BATCH)):
        report.take(batch)
    return ImportReport(report.stored, report.known, tuple(report.refused), report.adjudicated)


class _Import:
    """An import under way."""

    def __init__(self, project: Project, path: Path, by: str) -> None:
        self.store = project.store
        self.path = path
        self.by = by
        self.stored = self.known = self.adjudicated = 0
        self.refused: list[Refusal] = []
        self.drawn = {draw.doc_id for draw in self.store.draws()}
        self.words = {word.doc_id: word for word in self.store.adjudications()}
        self.words_by_id = {word.adjudication_id: word for word in self.store.adjudications()}
        self.before = {label.label_id: label for label in self.store.labels()}
        self.newest = self.store.rubric().version
        self.people = {label.reviewer for label in self.before.values()} | {
            one.reviewer for one in self.store.assignments()
        }
        self.rubrics: dict[int, Rubric | None] = {}

    def take(self, batch: Sequence[Row]) -> None:
        """Store what can be stored of a batch of rows."""
        fresh: dict[str, tuple[Label, int]] = {}
        hashes = self._hashes(batch)
        for row in batch:
            if isinstance(row, Refusal):
                self.refused.append(row)
                continue
            if isinstance(row, ImportedAdjudication):
                continue
            content_hash = row.content_hash or hashes.get(row.doc_id)
            if row.doc_id not in self.drawn:
                why = f"{row.doc_id!r} is not among this project's drawn documents."
                self._refuse(row.row, "unknown_document", why)
                continue
            if content_hash is None:
                why = (
                    f"The row does not say which text was judged, and that of {row.doc_id!r} is lost. Add content_hash."
                )
                self._refuse(row.row, "no_text", why)
                continue
            label = self._label(row, content_hash)
            old = fresh[row.label_id][0] if row.label_id in fresh else self.before.get(row.label_id)
            if old is None:
                if self._is_somebody(row) and self._follows_the_rubric(label, row.row):
                    fresh[row.label_id] = (label, row.row)
                    self.people.add(label.reviewer)
            elif _says(old) == _says(label) and row.rubric in (None, old.rubric):
                self.known += 1
            else:
                why = f"{old.reviewer!r} has a label {row.label_id!r} on {old.doc_id!r} already, with other content."
                self._refuse(row.row, "other_content", f"{why} A change of mind is a label with a new label_id.")
        why_not = self.store.why_refused([label for label, _ in fresh.values()])
        for name, text in why_not.items():
            self._refuse(fresh[name][1], "refused_label", text)
        stored = self.store.record_labels([label for name, (label, _) in fresh.items() if name not in why_not])
        self.before |= {label.label_id: label for label in stored}
        self.stored += len(stored)
        for row in batch:
            if isinstance(row, ImportedAdjudication):
                self._rule(row)

    def _rule(self, row: ImportedAdjudication) -> None:
        """Store a lead's word, unless it is known; one that a lead has given here is never replaced by a file."""
        fields = ("adjudication_id", "doc_id", "content_hash", "verdict", "by", "reasons", "note", "rubric", "labels")
        word = Adjudication(**{name: getattr(row, name) for name in fields})
        here, known = self.words.get(row.doc_id), self.words_by_id.get(row.adjudication_id)
        if known is not None:
            if replace(known, shown={}, at=None, seq=None) == word:
                self.known += 1
                return
            self._refuse(
                row.row, "other_content", f"The adjudication {row.adjudication_id!r} is here with other content."
            )
            return
        if here is not None and here.verdict is not None:
            why = f"{here.by} has ruled on {row.doc_id!r} here. Take that back first if the file's word is to count."
            self._refuse(row.row, "ruled_here", why)
            return
        rubric = self._rubric(row.rubric)
        if rubric is None:
            why = f"The adjudication's rubric version is {row.rubric}; this project has 1 to {self.newest}."
            self._refuse(row.row, "unknown_rubric", why)
            return
        if against := why_against(rubric, row.verdict, row.reasons):
            self._refuse(row.row, "against_rubric", f"Not stored: {against}")
            return
        shown = {"imported_by": self.by, "file": self.path.name} | ({"at": stamp(row.at)} if row.at else {})
        try:
            stored = self.store.record_adjudications([replace(word, shown=shown)])[0]
        except RefusedLabel as error:
            self._refuse(row.row, "refused_adjudication", str(error))
            return
        self.words[row.doc_id] = self.words_by_id[row.adjudication_id] = stored
        self.adjudicated += 1

    def _hashes(self, batch: Sequence[Row]) -> dict[str, str]:
        """Content hash of the stored text, of those documents whose rows do not say which text was judged."""
        silent = [row.doc_id for row in batch if isinstance(row, ImportedLabel) and row.content_hash is None]
        drawn = [name for name in dict.fromkeys(silent) if name in self.drawn]
        return {document.doc_id: document.content_hash for document in self.store.documents(drawn, missing="skip")}

    def _is_somebody(self, row: ImportedLabel) -> bool:
        """Whether the reviewer is no second spelling of another, who would count as a second reader; refused if so.

        An export says who judged as the desk knew them, so there two spellings are two people.
        """
        other = twin(row.reviewer, self.people) if row.label_id.startswith(MADE) else None
        if other is not None:
            why = f"{row.reviewer!r} would count as another person than {other!r}, and differs in spelling alone."
            self._refuse(row.row, "other_spelling", f"{why} Write the one name, or add a letter to the other.")
        return other is None

    def _follows_the_rubric(self, label: Label, row: int) -> bool:
        """Whether the label may stand under its version of the rubric; refused if not."""
        rubric = self._rubric(label.rubric)
        if rubric is None:
            why = f"The rubric version is {label.rubric}; this project has 1 to {self.newest}."
            self._refuse(row, "unknown_rubric", why)
            return False
        against = why_against(rubric, label.verdict, label.reasons, label.score)
        if against is not None:
            self._refuse(row, "against_rubric", f"Not stored: {against}")
        return against is None

    def _rubric(self, version: int) -> Rubric | None:
        if version > self.newest:
            return None
        if version not in self.rubrics:
            try:
                self.rubrics[version] = self.store.rubric(version)
            except NotFound:
                self.rubrics[version] = None
        return self.rubrics[version]

    def _refuse(self, row: int, reason: str, detail: str) -> None:
        self.refused.append(Refusal(str(self.path), row, reason, detail))

    def _label(self, row: ImportedLabel, content_hash: str) -> Label:
        shown: dict[str, object] = {"imported_by": self.by, "file": self.path.name}
        if row.turn is not Turn.PLAN:
            shown[str(row.turn)] = True
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
            rubric=row.rubric or self.newest,
            shown=shown if row.at is None else shown | {"at": stamp(row.at)},
            source=row.source,
        )


def _says(label: Label) -> tuple[object, ...]:
    """What a label says. Its rubric is compared apart: a row that names none was stored under the newest of its day."""
    return (
        *(label.doc_id, label.content_hash, label.reviewer, label.verdict, label.reasons, label.note, label.score),
        *(label.seconds, label.source, turn_of(label.shown)),
    )
