"""Agreement kept for all sessions, so that a busy desk does not make every look at the page resample everything.

What was computed at the journal's position now is exact. What is a little older is shown for a while, in proportion to
what it cost, and says so: see `Kept`.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass

from review import workflow
from review.project import Project
from review.workflow import AgreementView

CHEAP = 0.5  # seconds: what costs less is computed at every look
PATIENCE = 20  # times its cost that a view is shown before it is computed again
LONGEST = 120.0  # seconds it is shown at most
_MOST = 16  # views kept

_lock = threading.Lock()
_kept: dict[tuple[str, str | None], Kept] = {}


@dataclass(frozen=True, slots=True)
class Kept:
    """A view with what it was computed from. It is stale, and the page must say so, when `seq` is not the newest."""

    view: AgreementView
    seq: int
    labels: int  # label rows there were
    cost: float  # seconds it took
    at: float  # time.monotonic when it was done

    @property
    def age(self) -> float:
        return time.monotonic() - self.at

    @property
    def good(self) -> bool:
        """Whether it may be shown although something has happened since."""
        return self.cost > CHEAP and self.age < min(PATIENCE * self.cost, LONGEST)


def view(project: Project, group: str | None) -> Kept:
    """The agreement, computed now or a short while ago. Raises NotFound for a group that is none."""
    place = (str(project.root), group)
    with _lock:  # one resampling at a time: the next in line finds it done
        kept = _kept.get(place)
        seq = project.store.last_seq()
        if kept is not None and (kept.seq == seq or (kept.seq < seq and kept.good)):
            return kept
        began, labels = time.monotonic(), project.store.label_count()
        found = workflow.agreement(project, group=group)
        done = time.monotonic()
        while len(_kept) >= _MOST:
            _kept.pop(next(iter(_kept)))
        _kept[place] = Kept(found, seq, labels, done - began, done)
        return _kept[place]


def forget(project: Project) -> None:
    """Compute this project's agreement anew at the next look."""
    with _lock:
        for place in [place for place in _kept if place[0] == str(project.root)]:
            del _kept[place]
