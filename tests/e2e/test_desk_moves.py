"""Moving in a text by key, held keys, the panel and the pause, in a real Chromium."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

# ruff: noqa: F811 (fixtures are imported by name)
pytest.importorskip("playwright.sync_api")

from deskbench import SETTINGS, Server, all_saved, browser, context, labels_by, make_project, open_desk, title  # noqa: F401
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with long documents, which any number of reviewers may judge."""
    lines = "\n".join(f"Line {at} of a document that goes on for many screens." for at in range(200))
    texts = [f"Document {at}\n{lines}" for at in range(12)]
    server = Server(make_project(tmp_path_factory.mktemp("moves") / "project", texts, SETTINGS))
    server.start()
    yield server
    server.stop()


def test_page_and_line_keys_move_the_text(context, desk):
    page = open_desk(context, desk, "ana")

    def after(key: str) -> float:
        page.keyboard.press(key)
        return page.locator(".scroll").evaluate("node => node.scrollTop")

    screen = page.locator(".scroll").evaluate("node => node.clientHeight")
    one = after(" ")
    assert screen / 2 < one < screen  # a little of the last page stays in view
    assert after("PageDown") == pytest.approx(2 * one, abs=2)
    assert after("Shift+Space") == pytest.approx(one, abs=2)
    assert after("PageUp") == 0
    assert 0 < after("ArrowDown") < 100
    assert after("ArrowUp") == 0
    assert after("End") > 5 * screen
    assert after("Home") == 0


def test_a_held_key_moves_on_but_judges_once(context, desk):
    page = open_desk(context, desk, "ben")
    first = title(page)
    for _ in range(4):
        page.keyboard.down("ArrowDown")
    moved = page.locator(".scroll").evaluate("node => node.scrollTop")
    page.keyboard.up("ArrowDown")
    assert moved == pytest.approx(4 * 60, abs=2)
    for _ in range(4):
        page.keyboard.down("j")
    page.keyboard.up("j")
    assert title(page) != first
    all_saved(page, 1)


def test_the_panel_goes_and_stays_away_by_key(context, desk):
    def panel(page: Page):
        return page.get_by_role("complementary", name="Document facts")

    page = open_desk(context, desk, "cleo")
    expect(panel(page)).to_be_visible()
    page.keyboard.press("i")
    expect(panel(page)).to_be_hidden()
    page.reload()
    expect(page.locator(".tx .ln").first).to_be_visible(timeout=30_000)
    expect(panel(page)).to_be_hidden()
    page.keyboard.press("i")
    expect(panel(page)).to_be_visible()


def test_a_pause_does_not_count(context, desk):
    begun = time.monotonic()
    page = open_desk(context, desk, "zoe")
    page.keyboard.press("p")
    expect(page.locator(".dtop")).to_contain_text("paused")
    page.wait_for_timeout(2_500)
    page.keyboard.press("p")
    expect(page.locator(".dtop")).not_to_contain_text("paused")
    page.keyboard.press("j")
    taken = time.monotonic() - begun
    all_saved(page, 1)
    [label] = labels_by(desk, "zoe")  # the last test of this server: it stops
    assert 0 <= label.seconds <= taken - 2.4
