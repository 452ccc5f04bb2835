"""Keeping an eye on shard files while people look at pages: a look now and then, beside them, never in their way.

A changed file makes its shard's decision stale. Approving, releasing and `review status` compare files before they
answer; a page only draws what is known. So while pages are open local files are looked at every minute: size and time,
and the content only where one of these is another one than it was. Remote files are left to the commands above: ten
thousand requests a minute to an object store are nobody's wish.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

from review.corpus import files
from review.errors import NotFound, ReviewError
from review.project import Project
from review.workflow.intake import check_files

EVERY = 60.0  # seconds from the end of one look to the next
BY = "review"

Seen = tuple[int, int] | None  # size and time; None: missing


@dataclass
class Watch:
    """The looks at one project's files."""

    seen: dict[str, Seen] = field(default_factory=dict)  # what was compared last, where it is not as ingested
    thread: threading.Thread | None = None
    due: float = 0.0

    def look(self, project: Project) -> None:
        """Look at the files now, unless a look is under way or the last one was a moment ago."""
        if time.monotonic() < self.due or (self.thread is not None and self.thread.is_alive()):
            return
        self.thread = threading.Thread(target=self._look, args=(project,), name="review-watch", daemon=True)
        self.thread.start()

    def _look(self, project: Project) -> None:
        try:
            compare(project, self.seen)
        except ReviewError:
            pass  # the project was closed, or cannot be read: its pages say so, and so does the next decision
        finally:
            self.due = time.monotonic() + EVERY


_watches: dict[Path, Watch] = {}


def watch(project: Project) -> Watch:
    """The watch over this project; `watch(project).look(project)` costs nothing while no look is due."""
    return _watches.setdefault(project.root, Watch())


def compare(project: Project, seen: dict[str, Seen]) -> list[str]:
    """Compare the local files that are not as they were at the last look; returns the shards that differ.

    `seen` remembers what was compared, so that a file that was merely touched is read once and not every minute.
    """
    states = project.store.shard_states()
    news: dict[str, Seen] = {}
    for shard in project.store.shards():
        if files.is_remote(shard.uri) or states[shard.name] == "replaced":
            continue
        now = _stat(shard.uri)
        known = (shard.fingerprint.bytes, shard.fingerprint.mtime_ns) if states[shard.name] == "ok" else ()
        if now != seen.get(shard.name, known):
            news[shard.name] = now
    differing = check_files(project, news, by=BY) if news else []
    seen.update(news)
    return differing


def _stat(uri: str) -> Seen:
    try:
        return files.stat(uri)
    except (NotFound, ReviewError):
        return None
