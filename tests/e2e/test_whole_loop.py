"""The whole app in a real Chromium: the loop by keyboard alone, and the app killed while somebody labels."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.request

import pytest

playwright = pytest.importorskip("playwright.sync_api")

from chromium import FLAGS, browser_path  # noqa: E402
from deskbench import free_port  # noqa: E402
from playwright.sync_api import expect, sync_playwright  # noqa: E402

from review import workflow  # noqa: E402

pytestmark = pytest.mark.browser

FOLDED = ("Team", "Adjudicate", "Agreement", "Rubric")  # one entry of the navigation opens to these: Readers


class App:
    """`review serve` on a project, as a user starts it."""

    def __init__(self, root):
        self.root = root
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.process = None

    def start(self):
        command = [sys.executable, "-m", "review", "serve", "--project", str(self.root), "--no-browser"]
        with (self.root / "server.log").open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "--port", str(self.port)], stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline:
            try:
                with urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1):
                    return self
            except OSError:
                assert self.process.poll() is None, (self.root / "server.log").read_text()[-2000:]
                time.sleep(0.1)
        raise AssertionError("the app did not start")

    def stop(self, how=signal.SIGTERM):
        if self.process and self.process.poll() is None:
            os.killpg(self.process.pid, how)
            self.process.wait(timeout=60)


@pytest.fixture
def app(project_root, shard_files):
    with workflow.open_project(project_root) as project:
        workflow.ingest(project, [str(shard_files / "*.parquet")], by="lead")
        workflow.draw(project, by="lead")
    running = App(project_root).start()
    yield running
    running.stop(signal.SIGKILL)


@pytest.fixture
def page():
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=browser_path(), args=FLAGS)
        context = browser.new_context(viewport={"width": 1440, "height": 900})
        yield context.new_page()
        browser.close()


def focus(page, target, most=80):
    """Walk there with Tab, as somebody without a mouse does."""
    expect(target).to_be_visible(timeout=30_000)
    for _ in range(most):
        if target.evaluate("element => element.contains(element.getRootNode().activeElement)"):
            return
        page.keyboard.press("Tab")
    raise AssertionError(f"Tab never reached {target}")


def press(page, target):
    expect(target).to_be_enabled(timeout=30_000)
    focus(page, target)
    page.keyboard.press("Enter")


def go(page, name):
    """To a page by the navigation; once more where a rerun took the focus away at that moment."""
    for _ in range(3):
        try:
            choose(page, name)
            expect(page).to_have_url(re.compile(f"/{name.lower()}"), timeout=8_000)
            return
        except AssertionError:
            continue
    expect(page).to_have_url(re.compile(f"/{name.lower()}"))


def choose(page, name):
    """A page in the navigation: an entry of its own, or one in a menu that arrows walk."""
    if name not in FOLDED:
        press(page, page.get_by_role("link", name=name, exact=True))
        return
    press(page, page.get_by_role("button", name="Readers", exact=True))
    for at, folded in enumerate(FOLDED[: FOLDED.index(name) + 1]):
        if at:
            page.keyboard.press("ArrowDown")
        expect(page.get_by_role("menuitem", name=folded, exact=True)).to_be_focused()
    page.keyboard.press("Enter")


def title(page):
    return page.locator(".tx").text_content()


def judge(page):
    """Read the document on the desk and answer truthfully, with one key."""
    page.keyboard.press("Shift+S" if "BUY NOW" in title(page) else "j")


def test_a_newcomer_labels_approves_releases_and_trains_by_keyboard_alone(app, page):
    page.goto(app.url)
    focus(page, page.get_by_label("Name"))
    page.keyboard.type("ana")
    focus(page, page.get_by_role("radio", name="reviewer"))
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Space")
    press(page, page.get_by_role("button", name="Start"))
    go(page, "Review")
    expect(page.locator(".tx")).not_to_be_empty(timeout=30_000)
    nothing_left = page.get_by_text("No documents wait for you")
    for _ in range(240):
        expect(page.locator(".tx .ln").first.or_(nothing_left)).to_be_visible(timeout=60_000)
        if nothing_left.is_visible():
            break
        judge(page)
    expect(nothing_left).to_be_visible()

    go(page, "Shards")
    press(page, page.get_by_role("button", name=re.compile("Approve all 1")))
    focus(page, page.get_by_role("dialog").get_by_role("textbox"))
    page.keyboard.type("every counted label is good")
    page.keyboard.press("Tab")
    press(page, page.get_by_role("dialog").get_by_role("button", name=re.compile("^Approve 1 shard")))
    expect(page.get_by_text("Approved 1 shard.")).to_be_visible(timeout=30_000)

    go(page, "Releases")
    focus(page, page.get_by_label("Name"))
    page.keyboard.press("Control+A")
    page.keyboard.type("first")
    page.keyboard.press("Tab")
    press(page, page.get_by_role("button", name=re.compile("^(Make|Release)")))
    expect(page.get_by_text("Release first lists 1 shard.")).to_be_visible(timeout=90_000)
    manifest = app.root / "releases" / "first" / "manifest.json"

    go(page, "Classifier")
    press(page, page.get_by_role("button", name=re.compile("^Train")))
    expect(page.get_by_text(re.compile("Model card"))).to_be_visible(timeout=240_000)
    app.stop()
    assert [shard["name"] for shard in json.loads(manifest.read_text())["shards"]] == ["shards/clean.parquet"]
    with workflow.open_project(app.root) as project:
        assert project.store.verify() == []
        labels = project.store.labels()
        assert {label.reviewer for label in labels} == {"ana"}
        for document in project.store.documents([label.doc_id for label in labels]):
            verdicts = {label.verdict.value for label in labels if label.doc_id == document.doc_id}
            assert verdicts == {"reject" if "BUY NOW" in document.text else "keep"}
        assert len(project.store.models()) == 1
        assert workflow.verify(app.root).ok


@pytest.mark.faults
def test_the_whole_app_killed_five_times_while_a_browser_labels(app, page):
    page.goto(f"{app.url}/review?reviewer=ana&role=reviewer")
    given = {}
    for _ in range(5):
        expect(page.locator(".tx")).not_to_be_empty(timeout=60_000)
        for _ in range(6):
            text = title(page)
            given[text] = "reject" if "BUY NOW" in text else "keep"
            judge(page)
        app.stop(signal.SIGKILL)
        app.start()
    # While a new session draws itself, the old one's desk may still stand beside it for a moment.
    page.wait_for_function(
        "want => { const found = [...document.querySelectorAll('[data-testid=stMain] *')]"
        ".flatMap(one => one.shadowRoot ? [...one.shadowRoot.querySelectorAll('.save')] : []);"
        "return found.length === 1 && found[0].textContent.trim() === want; }",
        arg=f"{len(given)} saved",
        timeout=120_000,
    )
    app.stop()
    with workflow.open_project(app.root) as project:
        assert project.store.verify() == []
        labels = project.store.labels()
        found = {document.doc_id: document.text for document in project.store.documents([one.doc_id for one in labels])}
        stored = [(found[label.doc_id], label.verdict.value) for label in labels]
        assert sorted(stored) == sorted(given.items())
