"""The desk's keys in a real Chromium: moved by a project, moved by a reviewer, shown everywhere, never two meanings."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

# ruff: noqa: F811 (fixtures are imported by name)
pytest.importorskip("playwright.sync_api")

import axe
from deskbench import (  # noqa: F401
    SETTINGS,
    Server,
    all_saved,
    browser,
    context,
    make_project,
    open_desk,
    plain,
    stored,
    title,
)
from playwright.sync_api import Page, expect

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server of a project that keeps with F."""
    reasons = [f'{{ code = "{name}", name = "{name}", key = "{key}" }}' for name, key in (("spam", "s"), ("thin", "z"))]
    settings = SETTINGS + f"[rubric]\nreasons = [{', '.join(reasons)}]\n" + '[desk.keys]\nkeep = "f"\nnote = ";"\n'
    root = make_project(tmp_path_factory.mktemp("keys") / "project", [plain(at) for at in range(30)], settings)
    server = Server(root)
    server.start()
    yield server
    server.stop()


def sheet(page: Page) -> Page:
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog).to_be_visible()
    return dialog


def test_a_projects_keys_do_what_the_buttons_say(context, moved):
    page = open_desk(context, moved, "ana")
    before = title(page)
    expect(page.locator(".vb.keep kbd")).to_have_text("F")
    page.keyboard.press("j")  # the default key means nothing here
    assert title(page) == before
    page.keyboard.press("f")
    assert title(page) != before
    page.keyboard.press(";")
    page.keyboard.type("f z typed")
    expect(page.locator("textarea.note")).to_have_value("f z typed")
    page.keyboard.press("Escape")
    expect(sheet(page).locator(".cap.keep")).to_have_text(re.compile("F.*Keep"))
    all_saved(page, 1)


def test_a_reviewer_moves_keys_for_themselves_in_every_browser(context, browser, moved):
    page = open_desk(context, moved, "ben")
    dialog = sheet(page)
    dialog.get_by_role("button", name="Change keys").click()
    dialog.get_by_role("button", name="Keep, key f").click()
    page.keyboard.press("s")
    expect(dialog).to_contain_text("S is spam. Give spam another key first.")
    page.keyboard.press("Q")
    expect(dialog).to_contain_text("Keep is Q now.")
    dialog.get_by_role("button", name="spam, key s").click()
    page.keyboard.press("4")
    expect(dialog).to_contain_text("4 cannot be a key of the desk.")
    page.keyboard.press("g")
    expect(dialog).to_contain_text("spam is G now.")
    assert axe.violations(page) == []
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    before = title(page)
    page.keyboard.press("q")
    assert title(page) != before
    page.keyboard.press("Shift+G")
    all_saved(page, 2)

    elsewhere = browser.new_context()
    other = open_desk(elsewhere, moved, "ben")
    expect(other.locator(".vb.keep kbd")).to_have_text("Q")
    expect(other.get_by_role("button", name="spam").locator("kbd")).to_have_text("G")
    dialog = sheet(other)
    dialog.get_by_role("button", name="Change keys").press("Enter")
    dialog.get_by_role("button", name="The project's keys").press("Enter")
    expect(other.locator(".vb.keep kbd")).to_have_text("F")
    elsewhere.close()

    colleague = open_desk(context, moved, "cid")
    expect(colleague.locator(".vb.keep kbd")).to_have_text("F")


def test_tab_stays_inside_the_key_sheet(context, moved):
    page = open_desk(context, moved, "dan")
    sheet(page)
    for _ in range(5):
        page.keyboard.press("Tab")
    expect(page.locator(".modal :focus")).to_have_count(1)
