"""Laptops sleep, clocks jump, servers stop in order: labels that wait come through, once and in the order given."""

from __future__ import annotations

import signal
import time

import pytest

# ruff: noqa: F811 (fixtures are imported by name)
pytest.importorskip("playwright.sync_api")

from deskbench import (  # noqa: F401
    SETTINGS,
    all_saved,
    browser,
    context,
    labels_by,
    make_project,
    open_desk,
    plain,
    serve,
    stored,
    title,
)
from playwright.sync_api import expect
from test_whole_loop import App

pytestmark = pytest.mark.browser


def test_twenty_labels_wait_for_a_server_that_starts_again(context, serve):
    server = serve([plain(at) for at in range(40)], SETTINGS + "queue = 30\n")
    page = open_desk(context, server, "ana")
    page.wait_for_timeout(300)
    given = {title(page): "keep"}
    page.keyboard.press("j")
    all_saved(page, 1)
    server.stop(9)
    for turn in range(20):
        key, verdict = (("j", "keep"), ("k", "unsure"), ("l", "reject"))[turn % 3]
        given[title(page)] = verdict
        page.keyboard.press(key)
    expect(page.locator(".save")).to_have_text("1 saved, 20 waiting")
    expect(page.locator(".banner")).to_contain_text("Your last 20 verdicts are kept in this browser", timeout=20_000)
    before = title(page)
    server.start()
    all_saved(page, 21)
    assert title(page) == before
    found = {f"Document {one.doc_id.split('#')[1]}": str(one.verdict) for one in labels_by(server, "ana")}
    assert found == given
    assert len(stored(server.root)) == 21


def test_a_laptop_that_sleeps_sends_what_waits_when_it_wakes(context, serve):
    server = serve([plain(at) for at in range(20)])
    page = open_desk(context, server, "ana")
    page.wait_for_timeout(300)
    server.stop(9)
    for _ in range(3):
        page.keyboard.press("j")
    expect(page.locator(".save")).to_have_text("0 saved, 3 waiting")
    lid = context.new_cdp_session(page)
    lid.send("Page.setWebLifecycleState", {"state": "frozen"})
    server.start()
    time.sleep(1)
    lid.send("Page.setWebLifecycleState", {"state": "active"})
    all_saved(page, 3)
    page.keyboard.press("l")
    all_saved(page, 4)
    assert len(labels_by(server, "ana")) == 4


def test_a_clock_that_jumps_back_does_not_turn_labels_round(context, serve):
    server = serve([plain(at) for at in range(20)])
    page = open_desk(context, server, "ana")
    page.wait_for_timeout(300)
    server.stop(9)
    page.keyboard.press("j")
    expect(page.locator(".banner")).to_contain_text("No connection", timeout=20_000)  # it was sent, so it may be stored
    page.evaluate("{ const now = Date.now; Date.now = () => now() - 3_600_000; }")
    page.keyboard.press("u")
    page.keyboard.press("l")
    server.start()
    page.reload()
    expect(page.locator(".tx .ln").first).to_be_visible(timeout=30_000)
    all_saved(page, 1)
    assert [str(one.verdict) for one in labels_by(server, "ana")] == ["reject"]


def test_a_stop_in_order_is_quick_settles_the_store_and_costs_the_reader_nothing(context, tmp_path):
    app = App(make_project(tmp_path / "project", [plain(at) for at in range(20)], SETTINGS)).start()
    try:
        page = open_desk(context, app, "ana")
        page.keyboard.press("j")
        all_saved(page, 1)
        process, begun = app.process, time.monotonic()
        app.stop(signal.SIGTERM)
        assert process.returncode == 0
        assert time.monotonic() - begun < 15  # a second or two on a quiet machine
        assert "Stopped. Everything acknowledged is on disk." in (app.root / "server.log").read_text()
        assert not (app.root / "review.duckdb.wal").exists()
        page.keyboard.press("k")
        expect(page.locator(".save")).to_have_text("1 saved, 1 waiting")
        app.start()
        all_saved(page, 2)
    finally:
        app.stop(signal.SIGKILL)
