"""Long work beside the app: one worker thread a project, with progress and cancel, shared by every session."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from review.errors import ReviewError


class Cancelled(ReviewError):
    """The work was stopped on request; nothing of it was kept."""


@dataclass
class Job:
    """One piece of work. Read its fields from any thread; only the worker writes them."""

    name: str
    stoppable: bool = True  # the work looks at `cancelled`, itself or through `progress`
    what: str = "starting"
    done: int = 0
    total: int = 0
    result: Any = None
    error: BaseException | None = None
    finished: threading.Event = field(default_factory=threading.Event)
    cancelled: threading.Event = field(default_factory=threading.Event)

    @property
    def running(self) -> bool:
        return not self.finished.is_set()

    @property
    def share(self) -> float:
        """Progress as a fraction in 0..1."""
        return min(self.done / self.total, 1.0) if self.total else 0.0

    def progress(self, what: str, done: int, total: int, *_: object) -> None:
        """Note how far the work is. Raises Cancelled when it was asked to stop."""
        if self.cancelled.is_set():
            raise Cancelled(f"{self.name} was cancelled. Nothing of it was kept.")
        self.what, self.done, self.total = what, done, total


_JOBS: dict[str, Job] = {}
_LOCK = threading.Lock()


def start(key: str, name: str, work: Callable[[Job], Any], *, stoppable: bool = True) -> Job:
    """Run `work(job)` in a worker thread under `key`. While one runs there, that one is returned.

    The work reports to `job.progress` and may look at `job.cancelled`.
    """
    with _LOCK:
        running = _JOBS.get(key)
        if running is not None and running.running:
            return running
        job = Job(name, stoppable)
        _JOBS[key] = job
    threading.Thread(target=_run, args=(job, work), name=f"job {name}", daemon=True).start()
    return job


def _run(job: Job, work: Callable[[Job], Any]) -> None:
    try:
        job.result = work(job)
    except BaseException as error:
        job.error = error
    finally:
        job.finished.set()


def known(key: str, name: str, result: Any) -> None:
    """File work that came with other work as finished under `key`, so that nobody does it again."""
    job = Job(name, result=result)
    job.finished.set()
    with _LOCK:
        _JOBS[key] = job


def current(key: str) -> Job | None:
    """The job last started under `key`, running or finished."""
    with _LOCK:
        return _JOBS.get(key)


def forget(key: str) -> None:
    """Drop a finished job once its result was shown."""
    with _LOCK:
        job = _JOBS.get(key)
        if job is not None and not job.running:
            del _JOBS[key]


def cancel(key: str) -> None:
    """Ask a running job to stop at its next progress report."""
    job = current(key)
    if job is not None:
        job.cancelled.set()


def stop_all(timeout: float = 10.0) -> None:
    """Ask every job to stop and wait for them, `timeout` seconds in all."""
    with _LOCK:
        jobs = list(_JOBS.values())
        _JOBS.clear()
    for job in jobs:
        job.cancelled.set()
    for job in jobs:
        job.finished.wait(timeout / max(len(jobs), 1))
