"""The browser leaves: its documents return to the others at once instead of when their lease ends.

A page that closes can no longer talk through Streamlit, so the browser posts its seat's secret to a route of the app.
Lost posts cost nothing but the wait.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from threading import Lock

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from review.errors import StoreError
from review.store import Store

PATH = "/desk/leave"
_SECRET = 64  # bytes of a body that are looked at


@dataclass(frozen=True, slots=True)
class _Seat:
    store: Store
    reviewer: str
    tab: str


_seats: dict[str, _Seat] = {}  # by secret
_guard = Lock()


def take_seat(secret: str, store: Store, reviewer: str, tab: str) -> None:
    """Remember who sits where. A seat taken again by a newer page (a reload) is no longer the older page's to leave."""
    seat = _Seat(store, reviewer, tab)
    with _guard:
        if _seats.get(secret) == seat:
            return
        for other, held in list(_seats.items()):
            if held == seat:
                del _seats[other]
        _seats[secret] = seat


def new_secret() -> str:
    """What a page must say to leave a seat."""
    return secrets.token_urlsafe(24)


def leave(secret: str) -> None:
    """Give back what the seat holds; nothing happens for a secret that is none."""
    with _guard:
        seat = _seats.pop(secret, None)
    if seat is not None:
        seat.store.release_leases(seat.reviewer, seat.tab)


async def _leave(request: Request) -> Response:
    body = b""
    async for chunk in request.stream():
        body += chunk
        if len(body) > _SECRET:
            return Response(status_code=413)
    try:
        await run_in_threadpool(leave, body.decode("ascii", "replace"))
    except StoreError:
        return Response(status_code=503)  # the store is closing: leases end by themselves
    return Response(status_code=204)


ROUTES = [Route(PATH, _leave, methods=["POST"])]
