"""One word on all training documents that match a filter. Never on audit documents: what must be random is read."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import islice

from review.errors import RefusedLabel, ReviewError
from review.project import Project
from review.records import Document, Verdict
from review.rubric import why_against
from review.store.bulk import BulkBatch

BATCH = 500  # texts held at a time


@dataclass(frozen=True, slots=True)
class Filter:
    """Which documents; all that is given must hold."""

    shard: str = "*"  # a glob
    contains: str = ""  # in the text, whatever the case
    metadata: Mapping[str, str] = field(default_factory=dict)  # column -> glob
    below: float | None = None  # the model's P(keep)
    above: float | None = None

    @property
    def empty(self) -> bool:
        return self == Filter()

    def told(self) -> str:
        """The filter in words."""
        said = [f"shard {self.shard}"] if self.shard != "*" else []
        said += [f"text contains {self.contains!r}"] if self.contains else []
        said += [f"{column} is {value}" for column, value in self.metadata.items()]
        said += [f"score below {self.below:g}"] if self.below is not None else []
        said += [f"score above {self.above:g}"] if self.above is not None else []
        return ", ".join(said)


def bulk_matches(project: Project, wish: Filter) -> list[Document]:
    """The training documents that match and that nobody has judged. Raises ReviewError for a filter without a test."""
    if wish.empty:
        raise ReviewError("The filter is empty. Say what the documents have in common: a shard, a text, a score.")
    names = [n for n in project.store.unjudged_training() if fnmatch.fnmatchcase(n.rpartition("#")[0], wish.shard)]
    if wish.below is not None or wish.above is not None:
        scores = _scores(project)
        low, high = (-1.0 if wish.above is None else wish.above), (2.0 if wish.below is None else wish.below)
        names = [name for name in names if name in scores and low < scores[name] < high]
    needle = wish.contains.casefold()
    return [
        document
        for document in _documents(project, names)
        if needle in document.text.casefold() and _has(document, wish.metadata)
    ]


def _scores(project: Project) -> Mapping[str, float]:
    version = project.store.promoted()
    if version is None:
        raise ReviewError("No model is in use, so nothing has a score. Promote one, or filter without a score.")
    return project.store.scores(version)


def _documents(project: Project, names: Sequence[str]) -> Iterator[Document]:
    left = iter(names)
    while batch := list(islice(left, BATCH)):
        yield from project.store.documents(batch, missing="skip")


def _has(document: Document, wanted: Mapping[str, str]) -> bool:
    return all(fnmatch.fnmatchcase(str(document.metadata.get(name, "")), value) for name, value in wanted.items())


def bulk_label(
    project: Project,
    wish: Filter,
    verdict: Verdict,
    *,
    by: str,
    reasons: Sequence[str] = (),
    note: str = "",
    expected: int | None = None,
) -> BulkBatch:
    """Say one word of all that match. It teaches, until somebody reads the document or the batch is undone.

    expected: how many the person has seen announced; another number is refused, since other documents match now.
    Raises RefusedLabel for a verdict against the rubric, ReviewError when nothing matches.
    """
    rubric = project.store.rubric()
    if why := why_against(rubric, verdict, reasons):
        raise RefusedLabel(f"Nothing was labelled: {why}")
    found = bulk_matches(project, wish)
    if not found:
        raise ReviewError(f"No training document that nobody has judged matches: {wish.told()}.")
    if expected is not None and len(found) != expected:
        raise ReviewError(f"{len(found)} documents match now, {expected} were announced. Look at them again.")
    plain = asdict(wish) | {"metadata": dict(wish.metadata)}
    name = project.store.record_bulk(
        found, verdict, by=by, reasons=reasons, note=note, rubric=rubric.version, wish=plain
    )
    return next(one for one in project.store.bulk_batches() if one.batch == name)


def undo_bulk(project: Project, batch: str, *, by: str) -> None:
    """Take a whole batch back; its documents wait in the queue again. A name's unmistakable beginning is enough."""
    found = [one.batch for one in project.store.bulk_batches() if one.batch.startswith(batch) and not one.undone]
    project.store.undo_bulk(found[0] if len(found) == 1 else batch, by)
