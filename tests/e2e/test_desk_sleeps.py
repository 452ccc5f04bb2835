"""A laptop asleep past its lease, with labels that wait in it: nobody's word is lost, and nobody's is overwritten."""

from __future__ import annotations

from pathlib import Path

import pytest

# ruff: noqa: F811 (fixtures are imported by name)
pytest.importorskip("playwright.sync_api")

from deskbench import Server, all_saved, browser, context, make_project, open_desk, plain, stored, title  # noqa: F401
from playwright.sync_api import Browser, BrowserContext, expect

pytestmark = pytest.mark.browser

ONE_READER = "[sampling]\naudit_per_shard = 100\n[desk]\noverlap = 1\nlease_minutes = 30\n"
# The server's clocks, by which leases begin and end, go ahead by the seconds in a file.
CLOCK = """
import datetime, pathlib
from types import SimpleNamespace
def now(zone=datetime.UTC):
    ahead = pathlib.Path({path!r}).read_text()
    return datetime.datetime.now(zone) + datetime.timedelta(seconds=float(ahead))
import review.project
review.project.open_project.__kwdefaults__["clock"] = lambda: now().replace(tzinfo=None)
import review.ui.desk.routes
review.ui.desk.routes.datetime = SimpleNamespace(now=now)
"""


def test_a_laptop_asleep_past_its_lease_loses_nothing_and_overwrites_nobody(
    browser: Browser, context: BrowserContext, tmp_path: Path
):
    ahead = tmp_path / "ahead"
    ahead.write_text("0")
    root = make_project(tmp_path / "project", [plain(at) for at in range(6)], ONE_READER)
    server = Server(root, prelude=CLOCK.format(path=str(ahead)))
    server.start()
    try:
        page = open_desk(context, server, "ana")
        page.wait_for_timeout(500)
        context.set_offline(True)
        lost = title(page)
        page.keyboard.press("j")
        kept = title(page)
        page.keyboard.press("Shift+S")
        on_screen = title(page)
        expect(page.locator(".save")).to_have_text("0 saved, 2 waiting")
        lid = context.new_cdp_session(page)
        lid.send("Page.setWebLifecycleState", {"state": "frozen"})

        ahead.write_text(str(31 * 60))  # the leases have ended, and all but one of her documents are read by another
        with browser.new_context() as elsewhere:
            other = open_desk(elsewhere, server, "ben")
            for _ in range(6):
                other.keyboard.press("o" if title(other) == kept else "l")
                other.wait_for_timeout(60)
            all_saved(other, 5)
            assert title(other) == kept

            page.evaluate("{ const now = Date.now; Date.now = () => now() + 31 * 60_000; }")
            lid.send("Page.setWebLifecycleState", {"state": "active"})
            context.set_offline(False)
            refused = page.locator(".refused")
            expect(refused).to_have_count(1, timeout=20_000)
            expect(refused).to_contain_text("not stored: another reviewer had it.")
            expect(refused).to_contain_text(lost)
            expect(page.locator(".save")).to_have_text("1 saved, 1 not stored")
            assert title(page) == on_screen  # what she was reading is not taken from under her eyes
            page.keyboard.press("j")  # but somebody has judged it
            expect(refused).to_have_count(2, timeout=20_000)
            expect(page.locator(".save")).to_have_text("1 saved, 2 not stored")
            other.keyboard.press("j")  # and this one she has: her label stands
            expect(other.locator(".refused")).to_contain_text("not stored: another reviewer had it.", timeout=20_000)

        page.reload()
        expect(refused).to_have_count(2, timeout=30_000)
        for left in (1, 0):
            refused.first.get_by_role("button", name="Drop").click()
            expect(refused).to_have_count(left)
    finally:
        server.stop()
    found = {f"Document {one.doc_id.split('#')[1]}": (one.reviewer, str(one.verdict)) for one in stored(root)}
    others = {f"Document {at}" for at in range(6)} - {kept}
    assert found == {kept: ("ana", "reject")} | dict.fromkeys(others, ("ben", "reject"))
    assert len(stored(root)) == 6
