"""Who sits at which desk: the secret a page was given when it was drawn stands for its project and reviewer.

A page that knows no secret we gave can say nothing; one that does speaks for its reviewer and nobody else.
"""

from __future__ import annotations

import secrets
from collections import OrderedDict
from dataclasses import dataclass
from threading import Lock

from review.desk.exchange import Limits
from review.project import Project

_MOST = 10_000  # seats kept: a page whose seat was given up, the longest unused first, asks for a new one


@dataclass(slots=True)
class Seat:
    """A reviewer at a project, in the tab that spoke last."""

    project: Project
    reviewer: str
    limits: Limits
    tab: str | None = None


_seats: OrderedDict[str, Seat] = OrderedDict()  # by secret, the one used last at the end
_guard = Lock()


def new_secret() -> str:
    """What a page must say to speak from a seat."""
    return secrets.token_urlsafe(24)


def take_seat(secret: str, project: Project, reviewer: str, limits: Limits) -> None:
    """Remember who sits where. Taking a seat again, as every run of the page does, changes nothing."""
    with _guard:
        seat = _seats.get(secret)
        if seat is None or seat.project is not project or seat.reviewer != reviewer:
            seat = _seats[secret] = Seat(project, reviewer, limits)
        seat.limits = limits
        _seats.move_to_end(secret)
        while len(_seats) > _MOST:
            _seats.popitem(last=False)


def seat_of(secret: str, tab: str | None = None) -> Seat | None:
    """The seat a page speaks from, or None for a secret that is none.

    `tab` says which tab speaks. A tab has one page: what a newer one (a reload) sits on is no longer the older one's.
    """
    with _guard:
        seat = _seats.get(secret)
        if seat is None:
            return None
        _seats.move_to_end(secret)
        if tab is not None and tab != seat.tab:
            for other, held in list(_seats.items()):
                same = held.project is seat.project and (held.reviewer, held.tab) == (seat.reviewer, tab)
                if held is not seat and same:
                    del _seats[other]
            seat.tab = tab
        return seat


def leave(secret: str) -> None:
    """Give back what the seat holds; nothing happens for a secret that is none."""
    with _guard:
        seat = _seats.pop(secret, None)
    if seat is not None and seat.tab is not None:
        seat.project.store.release_leases(seat.reviewer, seat.tab)
