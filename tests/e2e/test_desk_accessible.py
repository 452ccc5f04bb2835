"""axe-core finds nothing on the desk, in any of its states, light and dark."""

from __future__ import annotations

import json

import pytest

# ruff: noqa: F811 (fixtures are imported by name)
pytest.importorskip("playwright.sync_api")

import axe
from deskbench import SETTINGS, all_saved, browser, context, open_desk, plain, serve, shared  # noqa: F401
from playwright.sync_api import Page, Route, expect

pytestmark = pytest.mark.browser

MARKED = "Home | Guides | Shop | Forum\nWrite to office@harbour.example.\nItâ€™s on https://harbour.example/tide.\n"


def check(page: Page, state: str) -> None:
    assert axe.violations(page) == [], state


def answered(page: Page, **fields: object) -> None:
    """From now on the server's answers hold these fields; a callable is given the message."""

    def answer(route: Route) -> None:
        message = json.loads(route.request.post_data or "{}")
        told = {name: value(message) if callable(value) else value for name, value in fields.items()}
        empty = {"n": message.get("n"), "acks": [], "refused": [], "items": [], "gone": [], "recalled": []}
        route.fulfill(json={**empty, **told})

    page.route("**/desk/exchange", answer)


def test_axe_sees_into_the_desk(context, shared):
    """Or its silence would mean nothing."""
    page = open_desk(context, shared, "planted")
    page.evaluate(
        "() => { const find = (root) => root.querySelector('.dk') ?? [...root.querySelectorAll('*')].map("
        "one => one.shadowRoot && find(one.shadowRoot)).find(Boolean); const button = document.createElement('button');"
        "button.style.cssText = 'color:#ccc;background:#fff'; button.textContent = 'faint'; const other ="
        "document.createElement('button'); find(document).append(button, other); }"
    )
    found = " ".join(axe.violations(page))
    assert "color-contrast (serious)" in found
    assert "button-name (critical)" in found


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_state_of_the_desk_is_accessible(browser, serve, theme):
    server = serve(
        [MARKED + plain(at) for at in range(30)], SETTINGS + "[rubric]\nrequire_reason = true\nscore = true\n"
    )
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme=theme)
    page = open_desk(context, server, "ana")
    check(page, "a document")
    page.keyboard.press("l")  # a reject that waits for its reason
    check(page, "a reason is wanted")
    page.keyboard.press("Escape")
    page.keyboard.press("k")
    all_saved(page, 1)
    for key, state in (
        ("m", "guideline"),
        ("y", "rows around"),
        ("?", "keys"),
        ("/", "find"),
        ("n", "note"),
        ("v", "hidden characters"),
    ):
        page.keyboard.press(key)
        if state == "find":
            page.keyboard.type("lantern")
        check(page, state)
        page.keyboard.press("v" if key == "v" else "Escape")
    page.keyboard.press("h")
    page.keyboard.press("d")
    check(page, "a reason is chosen, highlights are off")
    page.set_viewport_size({"width": 480, "height": 800})
    check(page, "a phone")
    page.set_viewport_size({"width": 1440, "height": 900})
    answered(
        page,
        refused=lambda message: [
            {"label_id": label["label_id"], "reason": "another reviewer had it."} for label in message.get("labels", [])
        ],
    )
    page.keyboard.press("Enter")
    expect(page.locator(".refused")).to_have_count(1)
    context.set_offline(True)
    page.keyboard.press("j")
    expect(page.locator(".banner")).to_contain_text("No connection since")
    expect(page.locator(".waiting .wait").last).to_be_visible()
    check(page, "refused, waiting, no connection")
    context.set_offline(False)
    answered(
        page, gone=lambda message: message["have"], empty={"title": "None.", "why": "All.", "next": "`review draw`"}
    )
    for _ in range(20):
        page.keyboard.press("j")
    expect(page.locator(".empty")).to_contain_text("review draw", timeout=20_000)
    check(page, "no documents")
    context.close()
