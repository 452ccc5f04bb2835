"""Training in a process of its own, so that the web process goes on answering whoever labels meanwhile."""

from __future__ import annotations

import json
import os
import tempfile
import threading
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import Future, wait
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from review.classifier.outcome import Outcome, train_and_judge
from review.classifier.registry import load, save
from review.classifier.scaling import measure
from review.classifier.training import Cancel, Progress
from review.errors import ModelError
from review.records import Document, LabelledDocument

if TYPE_CHECKING:
    from joblib.externals.loky import ProcessPoolExecutor

    from review.settings import ClassifierSettings

NICE = 10  # whoever labels goes first
LOOK = 0.2  # seconds between looks at the worker's progress
IDLE = 300  # seconds that a training's process waits for the next one, or outlives an app that was killed
_PROGRESS, _STOP, _MODEL = "progress.json", "stop", "model"


def train_apart(
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
    """`outcome.train_and_judge` in a process; what it says and takes is the same.

    Raises what that raises, and ModelError when the process ends before it is done.
    """
    with tempfile.TemporaryDirectory(prefix="review-train-") as name:
        folder = Path(name)
        work = partial(
            _train, list(documents()), list(labelled), settings, seed=seed, current=current, cache=cache,
            into=folder / _MODEL,
        )  # fmt: skip
        scores, gate, problem = _watched(_KEPT.submit(work, folder), folder, progress, cancel)
        return Outcome(replace(load(folder / _MODEL), cache=cache), scores, gate, problem)


def measure_apart(
    documents: Iterable[Document],
    labelled: Sequence[LabelledDocument],
    settings: ClassifierSettings,
    *,
    seed: int,
    progress: Progress | None = None,
    cancel: Cancel | None = None,
    cache: Path | None = None,
    model: Path | None = None,
) -> dict[str, Any]:
    """`scaling.measure` in a process, as `train_apart` is `train`."""
    with tempfile.TemporaryDirectory(prefix="review-scaling-") as name:
        folder = Path(name)
        work = partial(measure, list(documents), list(labelled), settings, seed=seed, cache=cache, model=model)
        with _pool() as pool:
            found: dict[str, Any] = _watched(pool.submit(_work, work, folder), folder, progress, cancel)
        return found


class _Kept:
    """One process for one training after the other: half of what a new one does is to load libraries and code."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: ProcessPoolExecutor | None = None

    def submit(self, work: Callable[..., Any], folder: Path) -> Future[Any]:
        from joblib.externals.loky import BrokenProcessPool

        with self._lock:
            if self._pool is None:
                self._pool = _pool(timeout=IDLE)
            try:
                future: Future[Any] = self._pool.submit(_work, work, folder)
            except BrokenProcessPool:  # it was killed, while it worked or while it waited
                self._pool = _pool(timeout=IDLE)
                future = self._pool.submit(_work, work, folder)
            return future


_KEPT = _Kept()


def _pool(timeout: float | None = None) -> ProcessPoolExecutor:
    """A pool of one process, neither forked nor spawned, for the reasons that `scoring.shards` gives."""
    from joblib.externals.loky import ProcessPoolExecutor

    return ProcessPoolExecutor(1, timeout=timeout)


def _watched(future: Future[Any], folder: Path, progress: Progress | None, cancel: Cancel | None) -> Any:
    """What a process returns that is watched and stopped through files in `folder`."""
    from joblib.externals.loky.process_executor import TerminatedWorkerError

    told = None
    while not wait([future], timeout=LOOK).done:
        if cancel and cancel():
            (folder / _STOP).touch()
        step = _read(folder / _PROGRESS)
        if progress and step and step != told:
            progress(*step)
            told = step
    try:
        return future.result()
    except TerminatedWorkerError as error:
        raise ModelError(
            "The training process ended before it was done, most likely for want of memory. Nothing was changed. "
            "Close what else runs on this machine and train again."
        ) from error


def _train(documents: list[Document], *arguments: Any, into: Path, **options: Any) -> tuple[Any, ...]:
    made = train_and_judge(lambda: documents, *arguments, **options)
    save(made.model, into)
    return made.scores, made.gate, made.problem


def _work(work: Callable[..., Any], folder: Path) -> Any:
    if hasattr(os, "setpriority"):
        os.setpriority(os.PRIO_PROCESS, 0, NICE)

    def tell(stage: str, done: int, total: int) -> None:
        part = folder / f"{_PROGRESS}.part"
        part.write_text(json.dumps([stage, done, total]), encoding="utf-8")
        part.replace(folder / _PROGRESS)

    return work(progress=tell, cancel=(folder / _STOP).exists)


def _read(path: Path) -> tuple[str, int, int] | None:
    try:
        stage, done, total = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return None
    return stage, done, total
