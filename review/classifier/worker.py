"""Training in a process of its own, so that the web process goes on answering whoever labels meanwhile."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import wait
from pathlib import Path
from typing import TYPE_CHECKING

from review.classifier.model import TrainedModel
from review.classifier.registry import load, save
from review.classifier.training import Cancel, Progress, train
from review.errors import ModelError
from review.records import Document, LabelledDocument

if TYPE_CHECKING:
    from review.settings import ClassifierSettings

LOOK = 0.2  # seconds between looks at the worker's progress
_PROGRESS, _STOP, _MODEL = "progress.json", "stop", "model"


def train_apart(
    documents: Iterable[Document],
    labelled: Sequence[LabelledDocument],
    settings: ClassifierSettings,
    *,
    seed: int,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
    cache: Path | None = None,
) -> TrainedModel:
    """`training.train` in a process; what it says and takes is the same.

    Raises what `train` raises, and ModelError when the process ends before it is done.
    """
    from joblib.externals.loky import ProcessPoolExecutor
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    with tempfile.TemporaryDirectory(prefix="review-train-") as name:
        folder = Path(name)
        # Not forked and not spawned, for the reasons that `scoring.shards` gives.
        with ProcessPoolExecutor(1) as pool:
            future = pool.submit(_work, list(documents), list(labelled), settings, seed, name, cache)
            told = None
            while not wait([future], timeout=LOOK).done:
                if cancel and cancel():
                    (folder / _STOP).touch()
                step = _read(folder / _PROGRESS)
                if progress and step and step != told:
                    progress(*step)
                    told = step
            try:
                future.result()
            except TerminatedWorkerError as error:
                raise ModelError(
                    "The training process ended before it was done, most likely for want of memory. Nothing was "
                    "changed. Close what else runs on this machine and train again."
                ) from error
        return load(folder / _MODEL)


def _work(
    documents: Sequence[Document],
    labelled: Sequence[LabelledDocument],
    settings: ClassifierSettings,
    seed: int,
    name: str,
    cache: Path | None,
) -> None:
    folder = Path(name)

    def tell(stage: str, done: int, total: int) -> None:
        part = folder / f"{_PROGRESS}.part"
        part.write_text(json.dumps([stage, done, total]), encoding="utf-8")
        part.replace(folder / _PROGRESS)

    model = train(documents, labelled, settings, seed=seed, progress=tell, cancel=(folder / _STOP).exists, cache=cache)
    save(model, folder / _MODEL)


def _read(path: Path) -> tuple[str, int, int] | None:
    try:
        stage, done, total = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return stage, done, total
