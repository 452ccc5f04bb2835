"""Scores from elsewhere (FineWeb-Edu, DCLM, a language model as judge), held against what people say.

A score is a column of the shard files, or of a table that names the documents. It is read, never stored: it takes part
in no certificate and teaches no model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from review import corpus
from review.certificate import interval
from review.errors import CorpusError, NotFound, ReviewError
from review.final import final_verdict
from review.project import Project
from review.records import Stream, Verdict

BANDS = 5
FEW = 10
CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Band:
    """Audit documents whose score lies in low..high, and how many of them people keep."""

    low: float
    high: float
    documents: int
    kept: int
    share: float
    share_low: float  # exact 95 % interval of the share that people keep
    share_high: float


@dataclass(frozen=True, slots=True)
class ScoreAudit:
    """What people's audit labels say of a score."""

    column: str
    documents: int  # audit documents with a verdict and a score
    without: int  # ... with a verdict and none
    bands: tuple[Band, ...]
    auc: Mapping[str, float] | None  # of telling kept from rejected; None with too few distinct documents
    ours: Mapping[str, float] | None  # the same of the model in use, out of fold, on the same documents


def audit_scores(project: Project, column: str, *, table: Path | None = None, id_column: str = "id") -> ScoreAudit:
    """Hold a score against the final verdicts of audit documents.

    column: of the shard files, hidden ones too, or of `table` (Parquet, CSV or JSONL), whose `id_column` holds names of
    documents ("web/00.parquet#17") or their own ids. Raises NotFound where nothing has such a score.
    """
    import numpy as np

    from review.classifier.evaluate import MIN_GROUPS

    labelled = [
        (one.doc_id, final_verdict(one) is Verdict.KEEP)
        for one in project.store.labelled_documents(stream=Stream.AUDIT)
        if final_verdict(one) in (Verdict.KEEP, Verdict.REJECT)
    ]
    names = [name for name, _ in labelled]
    found = _from_table(project, names, table, column, id_column) if table else _from_shards(project, names, column)
    pairs = [(name, found[name], keep) for name, keep in labelled if name in found]
    if not pairs:
        raise NotFound(f"None of the {len(labelled)} audit documents with a verdict has a number in {column!r}.")
    score, keep = np.array([value for _, value, _ in pairs]), np.array([kept for *_, kept in pairs], bool)
    ours = _ours(project)
    both = [row for row, (name, *_) in enumerate(pairs) if name in ours]
    own = np.array([ours[pairs[row][0]] for row in both])
    enough = min(keep.sum(), (~keep).sum()) >= MIN_GROUPS
    return ScoreAudit(
        column, len(pairs), len(labelled) - len(pairs), _bands(score, keep),
        _auc(score, keep) if enough else None,
        _auc(own, keep[both]) if enough and len(both) == len(pairs) else None,
    )  # fmt: skip


def _bands(score: Any, keep: Any) -> tuple[Band, ...]:
    """Fifths by score, equal scores together; a score of few values, as 0 to 5, has a band for each."""
    import numpy as np

    edges = np.unique(score)
    if len(edges) > FEW:
        edges = np.unique(np.quantile(score, np.linspace(0, 1, BANDS + 1)[:-1]))
    place = np.searchsorted(edges, score, "right")
    bands = []
    for one in np.unique(place):
        inside = place == one
        n, kept = int(inside.sum()), int(keep[inside].sum())
        low, high = interval(kept, n, None, CONFIDENCE)
        bands.append(Band(float(score[inside].min()), float(score[inside].max()), n, kept, kept / n, low, high))
    return tuple(bands)


def _auc(score: Any, keep: Any) -> Mapping[str, float]:
    import numpy as np

    from review.classifier.evaluate import auc, auc_interval

    value = float(auc(np.ones((1, len(score))), score, keep)[0])
    low, high = auc_interval(value, int(keep.sum()), int((~keep).sum()))
    return {"value": value, "low": low, "high": high}


def _ours(project: Project) -> dict[str, float]:
    """Out-of-fold predictions of the model in use, by document."""
    from review.classifier.registry import read_out_of_fold
    from review.workflow.learning import model_folder

    version = project.store.promoted()
    stored = read_out_of_fold(model_folder(project, version)) if version else None
    return dict(zip(stored.doc_ids, stored.probabilities.tolist(), strict=True)) if stored else {}


def _from_shards(project: Project, names: list[str], column: str) -> dict[str, float]:
    found: dict[str, float] = {}
    rows: dict[str, list[int]] = {}
    for name in names:
        shard, _, row = name.rpartition("#")
        rows.setdefault(shard, []).append(int(row))
    for shard, numbers in rows.items():
        try:
            documents, _ = corpus.try_rows(project.store.shard(shard), sorted(numbers))
        except (CorpusError, NotFound):
            continue  # counted among the documents without a score
        for document in documents:
            value = _number(document.metadata.get(column))
            if value is not None:
                found[document.doc_id] = value
    return found


def _from_table(project: Project, names: list[str], path: Path, column: str, id_column: str) -> dict[str, float]:
    import pandas as pd

    readers: dict[str, Any] = {
        ".parquet": pd.read_parquet,
        ".csv": pd.read_csv,
        ".jsonl": lambda p: pd.read_json(p, lines=True),
    }
    if path.suffix not in readers:
        raise ReviewError(f"{path.name} is no table that can be read here. Allowed: {', '.join(readers)}.")
    try:
        frame = readers[path.suffix](path)
    except (OSError, ValueError) as error:
        raise ReviewError(f"{path} cannot be read: {error}.") from error
    for wanted in (column, id_column):
        if wanted not in frame.columns:
            raise NotFound(f"{path.name} has no column {wanted!r}. It has: {', '.join(map(str, frame.columns))}.")
    values = dict(zip(frame[id_column].astype(str), frame[column], strict=True))
    found: dict[str, float] = {}
    for document in project.store.documents(names, missing="skip"):
        own = values.get(document.doc_id, values.get(document.external_id or ""))
        value = _number(own)
        if value is not None:
            found[document.doc_id] = value
    return found


def _number(value: Any) -> float | None:
    """A finite number, also one written as text; None for anything else."""
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if number - number == 0 else None
