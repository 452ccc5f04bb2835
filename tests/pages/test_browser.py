"""The app in a real Chromium: what AppTest cannot see. Dialogs close, addresses open, the server stops in order."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from chromium import FLAGS, browser_path
from conftest import make

from review.project import open_project

pytestmark = [pytest.mark.browser]
ROOT = Path(__file__).resolve().parents[2]

sync_api = pytest.importorskip("playwright.sync_api")
_spec = importlib.util.spec_from_file_location("screenshots", ROOT / "tests" / "e2e" / "screenshots.py")
assert _spec is not None
assert _spec.loader is not None
screenshots = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(screenshots)


@pytest.fixture(scope="module")
def halfway(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("browser") / "project"
    make(root, "halfway").close()
    return root


@pytest.fixture
def page() -> Iterator[sync_api.Page]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=FLAGS)
        yield browser.new_page(viewport={"width": 1440, "height": 900})
        browser.close()


def test_a_newcomer_says_who_they_are_and_approves(halfway: Path, page: sync_api.Page) -> None:
    with screenshots.served(halfway) as base:
        # A page's address must work as the very first one a server is asked for.
        page.goto(f"{base}/shards")
        page.get_by_label("Name").fill("Ana B")
        page.get_by_text("lead", exact=True).click()
        page.get_by_role("button", name="Start").click()
        page.wait_for_url("**reviewer=Ana+B&role=lead")
        page.get_by_role("button", name="Approve all 1…").click()
        page.get_by_label("Reason, kept in the history").fill("Clean all through.")
        page.get_by_role("button", name="Approve 1 shard").click()
        page.get_by_text("Approved 1 shard.").wait_for()
        assert page.get_by_role("dialog").count() == 0
        page.reload()
        page.get_by_text("Ana B, lead").wait_for()
    with open_project(halfway) as project:
        (decision,) = project.store.decisions()
        assert (decision.by, decision.reason) == ("Ana B", "Clean all through.")


def test_the_app_starts_from_its_script_and_stops_in_order(halfway: Path, page: sync_api.Page) -> None:
    process = subprocess.Popen(
        [sys.executable, "-m", "streamlit", "run", str(ROOT / "app.py"), "--server.port", "0"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, cwd=halfway,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )  # fmt: skip
    try:
        base = screenshots._address(process)
        page.goto(f"{base}/?reviewer=ana&role=reviewer")
        page.get_by_text("Do next").wait_for()
        assert re.search(r"rgb\(252, 251, 249\)", page.evaluate("getComputedStyle(document.body).backgroundColor")) or (
            "252, 251, 249" in page.evaluate("getComputedStyle(document.querySelector('.stApp')).backgroundColor")
        )
        process.send_signal(signal.SIGTERM)
        told = process.communicate(timeout=30)[0]
        assert "Stopped. Everything acknowledged is on disk." in told
    finally:
        process.kill()
    open_project(halfway).close()  # the lock is free again


def test_without_a_project_the_app_says_what_to_run(tmp_path: Path, page: sync_api.Page) -> None:
    with screenshots.served(tmp_path) as base:
        page.goto(base)
        page.get_by_text("There is no project to show.").wait_for()
        page.get_by_text("review init", exact=True).wait_for()
