"""A server of the desk's messages that starts in milliseconds: everything is imported once, every life is a fork.

    python desk_server.py PROJECT PORT PAGES    a line on stdin starts a life; its pid comes back, "dead" after its end

A life opens the project and serves the desk's routes as the app does, without the app's pages: what is killed here is
what stores labels. PAGES, a JSON list of [reviewer, tab], are seated in every life; in the app Streamlit does that.
Tests import `Nursery`, which drives this file as a program.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb  # noqa: F401 (imported before the fork, like all that a life needs)
import numpy  # noqa: F401
import pyarrow  # noqa: F401
import uvicorn
from starlette.applications import Starlette

from review.project import open_project
from review.ui.desk.routes import EXCHANGE, ROUTES, SEAT
from review.ui.desk.seats import take_seat

TESTS = Path(__file__).resolve().parents[1]


class Nursery:
    """Starts lives of the server and kills them -9."""

    def __init__(self, root: Path, port: int, pages: Sequence[tuple[str, str]]) -> None:
        self.pid = 0
        self._process = subprocess.Popen(
            [sys.executable, __file__, str(root), str(port), json.dumps(pages)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join([str(TESTS.parent), *sys.path])},
        )

    def begin(self) -> None:
        """A new life; it may not listen yet."""
        self._say("live")
        self.pid = int(self._hear())

    def kill(self, how: int = signal.SIGKILL) -> int:
        """End the life; returns its wait status."""
        os.kill(self.pid, how)
        word, status = self._hear().split()
        assert word == "dead"
        self.pid = 0
        return int(status)

    def close(self) -> None:
        if self.pid:
            self.kill()
        self._process.communicate()

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _say(self, word: str) -> None:
        assert self._process.stdin is not None
        print(word, file=self._process.stdin, flush=True)

    def _hear(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the nursery ended"
        return line


class Wire:
    """A page's connection, made again whenever it breaks."""

    def __init__(self, port: int, reviewer: str, tab: str) -> None:
        self._port, self._seat = port, f"{reviewer} {tab}"
        self._line: http.client.HTTPConnection | None = None

    def __call__(self, message: Mapping[str, Any]) -> Mapping[str, Any]:
        """Send a message, return its answer. Raises OSError or ValueError when no whole answer comes."""
        headers = {"Content-Type": "application/json", SEAT: self._seat}
        try:
            if self._line is None:
                self._line = http.client.HTTPConnection("127.0.0.1", self._port, timeout=60)
            self._line.request("POST", EXCHANGE, json.dumps(message), headers)
            answer: dict[str, Any] = json.loads(self._line.getresponse().read())
        except http.client.HTTPException as error:  # among them: the answer was cut off
            self._drop()
            raise OSError(str(error)) from error
        except (OSError, ValueError):
            self._drop()
            raise
        return answer

    def _drop(self) -> None:
        if self._line is not None:
            self._line.close()
        self._line = None


def live(root: Path, port: int, pages: list[tuple[str, str]]) -> None:
    """Answer messages until the process ends; on SIGTERM finish what is under way, checkpoint, close and go."""
    project = open_project(root)
    for reviewer, tab in pages:
        take_seat(f"{reviewer} {tab}", project, reviewer, lambda: None)
    signal.signal(signal.SIGTERM, lambda *_: None)  # raised once more by uvicorn after it stopped in order
    config = uvicorn.Config(Starlette(routes=ROUTES), port=port, log_level="critical", lifespan="off")
    uvicorn.Server(config).run()
    project.close()


def main() -> None:
    root, port, pages = Path(sys.argv[1]), int(sys.argv[2]), json.loads(sys.argv[3])
    for _ in sys.stdin:
        pid = os.fork()
        if not pid:
            live(root, port, pages)
            os._exit(0)
        print(pid, flush=True)
        print("dead", os.waitpid(pid, 0)[1], flush=True)


if __name__ == "__main__":
    main()
