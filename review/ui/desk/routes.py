"""What the browser's desk says to the server, without a run of the page: one POST, one answer.

A message carries the secret of its seat in a header that no other site can set without being asked first, must be
JSON, and must not come from another site. What is wrong with a request is said in its answer: {"error": ...}.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from streamlit import config

from review.desk import exchange
from review.desk.choices import choose_keys, mark_read, rubric_json
from review.desk.exchange import tab_of
from review.desk.neighbours import neighbours
from review.errors import ReviewError, StoreError
from review.ui.desk.seats import Seat, leave, seat_of

EXCHANGE = "/desk/exchange"
LEAVE = "/desk/leave"
KEYS = "/desk/keys"
AROUND = "/desk/around"
READ = "/desk/read"
SEAT = "X-Desk-Seat"
_SECRET = 64  # bytes: a body that is to be a secret is looked at no further
_MESSAGE = 2 * 1024 * 1024  # bytes: a hundred labels with the longest notes are less, in most scripts


def address(path: str) -> str:
    """Where the browser finds a route, as a path: behind `server.baseUrlPath` where there is one."""
    base = config.get_option("server.baseUrlPath").strip("/")
    return f"/{base}{path}" if base else path


Said = Callable[[str, object], Mapping[str, Any] | None]  # from secret and message to the answer


async def _talk(request: Request, said: Said) -> Response:
    if not _ours(request):
        return _refused(403, "Messages to the desk come from its own page alone.")
    if request.headers.get("content-type", "").split(";")[0].strip().lower() != "application/json":
        return _refused(415, "A message is JSON: send it with Content-Type: application/json.")
    secret = request.headers.get(SEAT, "")
    if seat_of(secret) is None:  # before the body: nobody's message is not read
        return _refused(403, "The server does not know this page any more. Load it again; no label is lost.")
    body = await _body(request, _MESSAGE)
    if body is None:
        return _refused(413, f"A message may have {_MESSAGE:,} bytes. Send fewer labels at once.")
    try:
        message = json.loads(body)
    except (ValueError, RecursionError):
        return _refused(400, "The message is not JSON.")
    answer = await run_in_threadpool(said, secret, message)
    if answer is None:
        return _refused(403, "Another page of this tab has taken this seat. Load the page again; no label is lost.")
    return Response(_json(answer), media_type="application/json", headers={"Cache-Control": "no-store"})


def _answer(secret: str, message: object) -> Mapping[str, Any] | None:
    seat = seat_of(secret, tab_of(message))
    if seat is None:
        return None
    now = datetime.now(UTC).replace(tzinfo=None)
    project = seat.project
    answer = exchange(project.store, project.settings, seat.reviewer, message, now, seat.limits)
    if isinstance(message, Mapping) and message.get("bye") is True:
        leave(secret)
    return answer


def _keys(secret: str, message: object) -> Mapping[str, Any] | None:
    """Keep the reviewer's own keys: {"own": {act: key}}. The answer has the rubric with the keys as they are now."""

    def choose(seat: Seat, wanted: Mapping[str, Any]) -> dict[str, Any]:
        store, settings = seat.project.store, seat.project.settings
        choose_keys(store, settings, seat.reviewer, wanted.get("own"))
        return {"rubric": rubric_json(store, settings, seat.reviewer)}

    return _ask(secret, message, choose)


def _read(secret: str, message: object) -> Mapping[str, Any] | None:
    """A version of the rubric is read: {"version": n}. The answer has the rubric, without what was news."""

    def mark(seat: Seat, wanted: Mapping[str, Any]) -> dict[str, Any]:
        store, settings = seat.project.store, seat.project.settings
        mark_read(store, seat.reviewer, wanted.get("version"))
        return {"rubric": rubric_json(store, settings, seat.reviewer)}

    return _ask(secret, message, mark)


def _around(secret: str, message: object) -> Mapping[str, Any] | None:
    """The rows around a document: {"doc_id": ...}."""

    def look(seat: Seat, wanted: Mapping[str, Any]) -> dict[str, Any]:
        return {"rows": neighbours(seat.project.store, seat.reviewer, str(wanted.get("doc_id")))}

    return _ask(secret, message, look)


def _ask(
    secret: str, message: object, verb: Callable[[Seat, Mapping[str, Any]], dict[str, Any]]
) -> Mapping[str, Any] | None:
    seat = seat_of(secret)
    if seat is None:
        return None
    try:
        return verb(seat, message if isinstance(message, Mapping) else {})
    except ReviewError as error:
        return {"error": str(error)}


def _json(answer: Mapping[str, Any]) -> bytes:
    try:
        return json.dumps(answer, ensure_ascii=False, separators=(",", ":")).encode()
    except UnicodeEncodeError:  # a text with half a character: only an escape can say it
        return json.dumps(answer, separators=(",", ":")).encode()


async def _leave(request: Request) -> Response:
    """The browser leaves: its documents return to the others at once instead of when their lease ends.

    A lost post costs nothing but the wait.
    """
    if not _ours(request):
        return Response(status_code=403)
    body = await _body(request, _SECRET)
    if body is None:
        return Response(status_code=413)
    try:
        await run_in_threadpool(leave, body.decode("ascii", "replace"))
    except StoreError:
        return Response(status_code=503)  # the store is closing: leases end by themselves
    return Response(status_code=204)


async def _body(request: Request, most: int) -> bytes | None:
    """The body, or None when it is longer than `most` bytes."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > most:
            return None
    return bytes(body)


def _ours(request: Request) -> bool:
    """Whether a request comes from a page of this server, as far as its browser says where it comes from."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")


def _refused(status: int, error: str) -> Response:
    return Response(
        json.dumps({"error": error}),
        status_code=status,
        media_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


def _under_base(handler: Any) -> Any:
    async def answer(request: Request) -> Response:
        # The base path is not known when routes are made, so the route takes any and this looks at it.
        if request.path_params["base"] != config.get_option("server.baseUrlPath").strip("/"):
            return Response(status_code=404)
        found: Response = await handler(request)
        return found

    return answer


def _handler(said: Said) -> Any:
    async def handle(request: Request) -> Response:
        return await _talk(request, said)

    return handle


_HANDLERS = {
    EXCHANGE: _handler(_answer),
    KEYS: _handler(_keys),
    AROUND: _handler(_around),
    READ: _handler(_read),
    LEAVE: _leave,
}
ROUTES = [
    *(Route(path, handler, methods=["POST"]) for path, handler in _HANDLERS.items()),
    *(Route("/{base:path}" + path, _under_base(handler), methods=["POST"]) for path, handler in _HANDLERS.items()),
]
