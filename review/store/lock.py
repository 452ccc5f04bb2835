"""One process holds a project's store: an advisory lock on journal/lock, with the holder's name in it."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from datetime import UTC, datetime
from pathlib import Path
from typing import Self

from review.errors import StoreBusy, StoreError

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


class Lock:
    """An exclusive lock that the kernel gives back when the process dies, however it dies."""

    def __init__(self, path: Path) -> None:
        """Take the lock. Raises StoreBusy, naming the holder, when another store is open on it."""
        if fcntl is None:
            raise StoreError("The store needs POSIX file locks, which this system lacks. Use Linux, macOS or WSL.")
        self.path = path
        # Not inheritable (Python's default): a child that outlives us must not keep the store locked.
        self._fd = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            fcntl.flock(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            holder, app = _holder(path)
            os.close(self._fd)
            what = f"the app at {app}, {holder}" if app else holder
            raise StoreBusy(
                f"{path.parent.parent} is open in {what}.",
                next_step="Stop that app or command, then try again.",
                app=app,
            ) from error
        started = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
        self._note = {"pid": os.getpid(), "host": socket.gethostname(), "started": started}
        self._write()

    def tell(self, app: str) -> None:
        """Say to whoever finds the lock taken that the app at this address has it."""
        self._note["app"] = app
        self._write()

    def _write(self) -> None:
        note = json.dumps(self._note).encode()
        with contextlib.suppress(OSError):  # a full disk must not keep a reader out: the note is a courtesy
            os.ftruncate(self._fd, 0)
            os.pwrite(self._fd, note, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.release()

    def release(self) -> None:
        """Give the lock back. The file stays: removing it would let two processes lock two files of one name."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def _holder(path: Path) -> tuple[str, str | None]:
    """Who holds the lock, and the address of the app it runs."""
    try:
        note = json.loads(path.read_text())
        app = note.get("app")
        if note["pid"] == os.getpid() and note["host"] == socket.gethostname():
            return f"this very process (pid {note['pid']})", app
        return f"another process (pid {note['pid']} on {note['host']}, since {note['started']})", app
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return "another process", None
