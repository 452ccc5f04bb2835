"""Start the app from an installed package: `review serve`."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import sys
import tomllib
import webbrowser
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
import uvicorn
from streamlit import config

from review.errors import ReviewError
from review.ui.desk.routes import ROUTES

# The script has a folder of its own: Streamlit would take a folder `pages` beside it for pages of its older kind, and
# run one of them alone when a session begins at that page's address.
SCRIPT = Path(__file__).resolve().parent / "app" / "main.py"
CONFIG = SCRIPT.with_name("config.toml")
# Seconds a thread may keep the interpreter while others want it. A label's way to the disk gives it away at every query
# and takes it back after: beside a page that computes, each time costs so much, 5 ms where nothing is said.
TURN = 0.0005
PATIENCE = 5  # seconds that connections and answers under way have to end; an unacknowledged label is sent again


@asynccontextmanager
async def lifespan(_app: st.App) -> AsyncIterator[None]:
    """Say the address when the socket listens; stop jobs, checkpoint and close the store when the server ends.

    Raises ReviewError, before the socket listens, for an address that others can reach.
    """
    from review.ui import jobs, session

    refuse_strangers(config.get_option("server.address") or "0.0.0.0")  # Streamlit's own default is every address
    sys.setswitchinterval(TURN)
    sys.stdout.write(f"corpus review is at {address()}\nProject {session.project_root()}. Ctrl+C stops it.\n")
    sys.stdout.flush()
    try:
        yield
    finally:
        jobs.stop_all()
        session.close_projects()
        sys.stdout.write("Stopped. Everything acknowledged is on disk.\n")
        sys.stdout.flush()


def address() -> str:
    """The URL of this server, once its port is known."""
    host = config.get_option("server.address") or "127.0.0.1"
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{config.get_option('server.port')}"


def options() -> dict[str, Any]:
    """The packaged config.toml as Streamlit options by dotted name."""
    found: dict[str, Any] = {}

    def walk(prefix: str, table: dict[str, Any]) -> None:
        for key, value in table.items():
            if isinstance(value, dict):
                walk(f"{prefix}{key}.", value)
            else:
                found[prefix + key] = value

    walk("", tomllib.loads(CONFIG.read_text(encoding="utf-8")))
    return found


def serve(root: Path, host: str = "127.0.0.1", port: int = 8501, open_browser: bool = True) -> None:
    """Serve the project in `root` until SIGINT or SIGTERM, then close its store. Port 0 picks a free one.

    Raises ReviewError when the address is taken, not this machine's, or one that others can reach.
    """
    refuse_strangers(host)
    os.environ["REVIEW_PROJECT"] = str(root.resolve())
    port = _free(host, port)

    @asynccontextmanager
    async def life(app: st.App) -> AsyncIterator[None]:
        lose_patience()
        async with lifespan(app):
            if open_browser:
                webbrowser.open(address())
            yield

    # uvicorn stops in order and then raises the signal again: end quietly on both.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        st.App(SCRIPT, lifespan=life, routes=ROUTES).run(
            config={**options(), "server.address": host, "server.port": port}
        )
    except KeyboardInterrupt:
        return


def lose_patience() -> None:
    """Let the server that runs us end at most PATIENCE seconds after it was told to.

    uvicorn waits without end for connections that a browser keeps and for answers that nobody reads, and Streamlit has
    no setting for it. The server is known by its handler of signals, which it sets before anything starts.
    """
    server = getattr(signal.getsignal(signal.SIGTERM), "__self__", None)
    if not isinstance(server, uvicorn.Server):
        raise RuntimeError(f"SIGTERM is handled by {signal.getsignal(signal.SIGTERM)!r}, not by uvicorn's server.")
    server.config.timeout_graceful_shutdown = PATIENCE


def refuse_strangers(host: str) -> None:
    """Raises ReviewError unless every address of `host` is loopback: auth.mode "local" asks nobody who they are."""
    if all(ipaddress.ip_address(where[0]).is_loopback for *_, where in _addresses(host, 0)):
        return
    raise ReviewError(
        f'The app will not listen on {host}: others could reach it, and with auth.mode = "local" whoever does can '
        "label and approve under any name. Serve on 127.0.0.1 and let people in through a tunnel, from their machine: "
        "ssh -L 8501:127.0.0.1:8501 this-machine"
    )


def _addresses(host: str, port: int) -> list[tuple[Any, ...]]:
    """What `host` resolves to, as socket.getaddrinfo says it."""
    try:
        return list(socket.getaddrinfo(host, port, type=socket.SOCK_STREAM))
    except OSError as error:
        raise _unusable(host, port, error) from error


def _unusable(host: str, port: int, error: OSError) -> ReviewError:
    return ReviewError(
        f"Cannot listen on {host}, port {port}: {error.strerror or error}. "
        "Stop what listens there, or choose another with --port (0 picks a free one)."
    )


def _free(host: str, port: int) -> int:
    """`port` if it can be bound on `host`; for 0, a free one."""
    family, kind, proto, _, where = _addresses(host, port)[0]
    try:
        with socket.socket(family, kind, proto) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(where)
            return int(probe.getsockname()[1])
    except OSError as error:
        raise _unusable(host, port, error) from error
