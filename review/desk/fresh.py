"""A value that takes long to make, for readers who cannot wait: what stands is served while the next is made."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

T = TypeVar("T")


class Fresh(Generic[T]):
    """Calls `make` at most once at a time.

    A value older than `soon` seconds is still served, and a new one is made in a thread of its own. One older than
    `late` seconds, and the first, are waited for. What `make` raises is raised to the next caller.
    """

    def __init__(
        self, make: Callable[[], T], *, soon: float, late: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._make = make
        self._soon = soon
        self._late = late
        self._clock = clock
        self._turn = threading.Lock()  # held by the one who makes
        self._made: tuple[float, T] | None = None
        self._error: BaseException | None = None

    def __call__(self) -> T:
        """The value. Raises what `make` raised since it was last asked for."""
        error, self._error = self._error, None
        if error is not None:
            raise error
        made = self._made
        age = self._clock() - made[0] if made else float("inf")
        if made and age < self._soon:
            return made[1]
        if made and age < self._late:
            if self._turn.acquire(blocking=False):  # given back by the thread
                threading.Thread(target=self._renew, name="fresh", daemon=True).start()
            return made[1]
        with self._turn:
            if self._made is made or self._made is None:  # nobody made it while we waited
                self._made = (self._clock(), self._make())
            return self._made[1]

    def _renew(self) -> None:
        try:
            self._made = (self._clock(), self._make())
        except BaseException as error:
            self._error = error
        finally:
            self._turn.release()
