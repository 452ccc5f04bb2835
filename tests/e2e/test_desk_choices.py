"""Other ways to judge in a real Chromium: scores, reasons after the verdict, documents put off."""

from __future__ import annotations

import re

import pytest

# ruff: noqa: F811 (fixtures are imported by name)
pytest.importorskip("playwright.sync_api")

from deskbench import SETTINGS, all_saved, browser, context, labels_by, open_desk, plain, serve, title  # noqa: F401
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_a_score_in_place_of_the_verdict_is_the_verdict(context, serve):
    rubric = '[rubric]\nscore = "instead"\nkeep_from = 3\nrequire_reason = true\n'
    server = serve([plain(at) for at in range(6)], SETTINGS + rubric)
    page = open_desk(context, server, "ana")
    expect(page.get_by_role("button", name="Score 3, keep")).to_be_visible()
    expect(page.locator(".vb.reject:has-text('Reject')")).to_have_count(0)
    seen = [title(page)]
    page.keyboard.press("5")
    seen.append(title(page))
    page.keyboard.press("1")  # a reject, so it waits for its reason
    expect(page.locator(".prompt")).to_have_text("Why reject it? A reason goes on.")
    page.keyboard.press("s")
    seen.append(title(page))
    page.get_by_role("button", name="Score 4, keep").click()
    page.keyboard.press("k")
    assert len({*seen, title(page)}) == 4
    page.keyboard.press("u")
    page.keyboard.press("u")
    expect(page.get_by_role("button", name="Score 4, keep")).to_have_class(re.compile("arm"))
    page.keyboard.press("2")
    page.keyboard.press("t")
    page.keyboard.press("k")
    all_saved(page, 4)
    labels = sorted(labels_by(server, "ana"), key=lambda one: one.seq)
    found = {(one.score, str(one.verdict), one.reasons) for one in labels}
    assert found == {(5, "keep", ()), (1, "reject", ("spam",)), (2, "reject", ("truncated",)), (None, "unsure", ())}


def test_reasons_after_the_verdict(context, serve):
    server = serve([plain(at) for at in range(5)], SETTINGS + 'reasons = "after"\n')
    page = open_desk(context, server, "ana")
    before = title(page)
    page.keyboard.press("l")
    expect(page.locator(".prompt")).to_have_text("Why reject it? A reason goes on, Enter goes on without one.")
    assert title(page) == before
    page.keyboard.press("d")
    second = title(page)
    assert second != before
    page.keyboard.press("l")
    page.keyboard.press("Enter")
    assert title(page) != second
    page.keyboard.press("l")
    page.keyboard.press("j")  # a change of mind
    all_saved(page, 3)
    found = sorted((str(one.verdict), one.reasons) for one in labels_by(server, "ana"))
    assert found == [("keep", ()), ("reject", ()), ("reject", ("duplicate",))]


def test_a_document_put_off_comes_back_with_what_was_chosen(context, serve):
    server = serve([plain(at) for at in range(20)])
    page = open_desk(context, server, "ana")
    put_off = title(page)
    page.keyboard.press("b")
    page.keyboard.press("n")
    page.keyboard.type("half read")
    page.keyboard.press("Escape")
    page.keyboard.press("o")
    assert title(page) != put_off
    expect(page.locator(".side")).to_contain_text(re.compile(f"For later.*{put_off}"))
    all_saved(page, 0)
    page.reload()
    expect(page.locator(".side")).to_contain_text(re.compile(f"For later.*{put_off}"), timeout=30_000)
    assert title(page) != put_off
    for _ in range(10):
        assert title(page) != put_off
        page.keyboard.press("j")
    assert title(page) == put_off  # after ten others
    expect(page.locator(".side")).not_to_contain_text("For later")
    expect(page.locator(".chip[aria-pressed=true]")).to_have_text(re.compile("boilerplate"))
    expect(page.locator("textarea.note")).to_have_value("half read")
    page.keyboard.press("Enter")
    for _ in range(9):
        expect(page.locator(".tx .ln").first).to_be_visible()
        page.keyboard.press("j")
    all_saved(page, 20)
    labels = labels_by(server, "ana")
    assert len({one.doc_id for one in labels}) == 20
    assert [one.note for one in labels if one.verdict == "reject"] == ["half read"]


def test_putting_off_by_mouse_and_taking_up_again_by_key(context, serve):
    server = serve([plain(at) for at in range(3)])
    page = open_desk(context, server, "ana")
    first = title(page)
    page.get_by_role("button", name="Later").click()
    second = title(page)
    page.keyboard.press("o")
    third = title(page)
    assert len({first, second, third}) == 3
    page.get_by_role("button", name="Take up").first.click()
    assert title(page) == first
    page.keyboard.press("Shift+O")
    assert title(page) == second
    for _ in range(3):
        page.keyboard.press("j")
    all_saved(page, 3)
    expect(page.locator(".empty")).to_be_visible()


def test_the_last_document_cannot_be_put_off(context, serve):
    page = open_desk(context, serve([plain(1)]), "ana")
    before = title(page)
    page.keyboard.press("o")
    expect(page.locator(".prompt")).to_have_text("There is no other document to go on with.")
    assert title(page) == before
