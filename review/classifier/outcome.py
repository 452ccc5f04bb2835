"""A training as a whole: the version, its scores of every drawn document, and what its gate says of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING

from review.classifier.material import Cancel, Progress, Steps
from review.classifier.model import TrainedModel
from review.classifier.promotion import Gate, gate
from review.classifier.registry import load
from review.classifier.training import train
from review.errors import ModelError, NotEnoughLabels
from review.records import Document, LabelledDocument, Stream

if TYPE_CHECKING:
    from review.settings import ClassifierSettings

BATCH = 500  # documents scored between looks at whether to stop


@dataclass(frozen=True)
class Outcome:
    """What a training gave."""

    model: TrainedModel
    scores: dict[str, float]  # of every document, by name
    gate: Gate | None  # against the model in use; None: too few audit labels to compare
    problem: ModelError | None = None  # why there is no comparison although there could be one


def train_and_judge(
    documents: Callable[[], Iterable[Document]],
    labelled: Sequence[LabelledDocument],
    settings: ClassifierSettings,
    *,
    seed: int,
    current: Path | None,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
    cache: Path | None = None,
) -> Outcome:
    """`training.train`, then the scores of all documents and the gate against the version in the folder `current`
    (None: against chance). documents: gives them anew at each call. Raises what `train` raises.
    """
    model = train(documents(), labelled, settings, seed=seed, progress=progress, cancel=cancel, cache=cache)
    scores = document_scores(model, documents(), cancel)
    audit = [one for one in labelled if one.stream is Stream.AUDIT]
    try:
        against = None if current is None or current.name == model.version else replace(load(current), cache=cache)
        return Outcome(model, scores, gate(model, against, documents(), audit, seed=seed))
    except NotEnoughLabels:
        return Outcome(model, scores, None)
    except ModelError as error:  # the model in use is damaged: that costs its rival no label
        return Outcome(model, scores, None, error)


def document_scores(
    model: TrainedModel, documents: Iterable[Document], cancel: Cancel | None = None
) -> dict[str, float]:
    """The model's score of each document by its name. Raises TrainingCancelled."""
    scores: dict[str, float] = {}
    steps, stream = Steps(None, cancel), iter(documents)
    while some := list(islice(stream, BATCH)):
        steps.check()
        values = model.score([document.text for document in some]).tolist()
        scores.update(zip((document.doc_id for document in some), values, strict=True))
    return scores
