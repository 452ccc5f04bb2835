"""A project, a server and a browser for the desk's tests. Every one of them ends with the test that made it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
from chromium import FLAGS, browser_path
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from review.project import Project, open_project
from review.records import Label
from review.workflow import draw, ingest

REPOSITORY = Path(__file__).resolve().parents[2]

SETTINGS = "[sampling]\naudit_per_shard = 100\n[desk]\noverlap = 20\n"
WORDS = [
    *("harbour", "tide", "ladder", "window", "copper", "meadow", "lantern"),
    *("river", "gravel", "orchard", "candle", "bridge", "saddle", "pepper"),
]


def plain(number: int) -> str:
    words = [WORDS[(number * 7 + at * 5) % len(WORDS)] for at in range(40)]
    return f"Document {number}\n" + " ".join(words)


def make_project(root: Path, texts: Sequence[str], settings: str = "", **columns: Sequence[object]) -> Path:
    """A project in `root` with one shard a hundred texts, all of them drawn for audit."""
    data = root / "data"
    data.mkdir(parents=True)
    for first in range(0, len(texts), 100):
        rows = [
            {"text": text, **{name: values[first + at] for name, values in columns.items()}}
            for at, text in enumerate(texts[first : first + 100])
        ]
        lines = "".join(json.dumps(row) + "\n" for row in rows)
        (data / f"web-{first // 100:03d}.jsonl").write_text(lines, encoding="utf-8")
    (root / "review.toml").write_text('[project]\nname = "Desk test"\n' + settings, encoding="utf-8")
    with open_project(root) as project:
        ingest(project, [str(data / "*.jsonl")], by="test")
        draw(project, stream="audit", strategy="simple", n=100, by="test")
    return root


def stored(root: Path) -> list[Label]:
    """Every label row on disk, in order. The server must have stopped."""
    with open_project(root) as project:
        return project.store.labels()


def current(project: Project) -> dict[str, str]:
    """Current verdict of each labelled document."""
    return {one.doc_id: str(one.labels[0].verdict) for one in project.store.labelled_documents()}


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


class Server:
    """The real app on a port of its own. `prelude` is Python that runs in its process before everything else."""

    def __init__(self, root: Path, port: int | None = None, prelude: str = "") -> None:
        self.root = root
        self.port = port or free_port()
        self.prelude = prelude
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        log = (self.root / "server.log").open("ab")
        self.process = subprocess.Popen(
            [
                *(sys.executable, "-c", f"{self.prelude}\nfrom streamlit.web.cli import main\nmain()"),
                *("run", str(REPOSITORY / "app.py")),
                *("--server.port", str(self.port), "--server.address", "127.0.0.1", "--server.headless", "true"),
                *("--server.fileWatcherType", "none", "--browser.gatherUsageStats", "false"),
            ],
            cwd=REPOSITORY,
            env={**os.environ, "REVIEW_PROJECT": str(self.root)},
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        log.close()
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1):
                    return
            except OSError:
                if self.process.poll() is not None:
                    break
                time.sleep(0.1)
        pytest.fail(f"the server did not start:\n{(self.root / 'server.log').read_text()[-3000:]}")

    def stop(self, how: int = signal.SIGTERM) -> None:
        if self.process is None:
            return
        if self.process.poll() is None:
            os.killpg(self.process.pid, how)
        self.process.wait(timeout=30)
        self.process = None


@contextmanager
def serving(root: Path) -> Iterator[Server]:
    server = Server(root)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=browser_path(), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture
def context(browser: Browser) -> Iterator[BrowserContext]:
    made = browser.new_context(viewport={"width": 1440, "height": 900})
    yield made
    made.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with 100 documents, which any number of reviewers may judge."""
    root = make_project(tmp_path_factory.mktemp("desk") / "shared", [plain(at) for at in range(100)], SETTINGS)
    server = Server(root)
    server.start()
    yield server
    server.stop()


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Start a server on a project of its own."""
    servers = []

    def start(texts: list[str], settings: str = SETTINGS) -> Server:
        server = Server(make_project(tmp_path / "project", texts, settings))
        servers.append(server)
        server.start()
        return server

    yield start
    for server in servers:
        server.stop()


def open_desk(context: BrowserContext, server: Server, reviewer: str) -> Page:
    page = context.new_page()
    page.goto(f"{server.url}/review?reviewer={reviewer}&role=reviewer")
    expect(page.locator(".tx .ln").first).to_be_visible(timeout=30_000)
    return page


def text_of(page: Page) -> str:
    return page.locator(".tx").text_content()


def title(page: Page) -> str:
    return page.locator(".tx .ln").first.text_content()


def all_saved(page: Page, number: int) -> None:
    expect(page.locator(".save")).to_have_text(f"{number} saved", timeout=20_000)


def labels_by(server: Server, reviewer: str) -> list:
    """Current labels of a reviewer; stops the server."""
    server.stop()
    newest = {one.doc_id: one for one in stored(server.root) if one.reviewer == reviewer}
    return [one for one in newest.values() if one.verdict is not None]
