"""How the desk reads, in a real Chromium: the column's width, evening in the middle of a text, all keys on a sheet."""

from __future__ import annotations

import re

import pytest

# ruff: noqa: F811 (fixtures are imported by name)
pytest.importorskip("playwright.sync_api")

from deskbench import SETTINGS, all_saved, browser, context, labels_by, open_desk, plain, serve, shared, text_of, title  # noqa: F401
from playwright.sync_api import Page, expect

from review.keys import ACTS

pytestmark = pytest.mark.browser


def ink_and_paper(page: Page) -> tuple[float, float]:
    """Mean brightness of the text and of what it stands on, 0 to 255."""
    colours = page.locator(".tx .ln").first.evaluate("""node => {
        const inks = getComputedStyle(node).color;
        for (let at = node; at; at = at.parentElement ?? at.getRootNode().host) {
          const paper = getComputedStyle(at).backgroundColor;
          if (!/rgba\\(.*, 0\\)|transparent/.test(paper)) return [inks, paper];
        }
        return [inks, "rgb(255, 255, 255)"];
    }""")
    ink, paper = (sum(map(float, re.findall(r"[\d.]+", colour)[:3])) / 3 for colour in colours)
    return ink, paper


def test_lines_have_a_length_that_eyes_find_back_from(context, serve):
    server = serve(["All work and no play makes a dull text of one line. " * 60])
    for width in (1024, 1440, 1920, 2560):
        page = open_desk(context, server, "ana")
        page.set_viewport_size({"width": width, "height": 900})
        letters = page.locator(".tx .ln").first.evaluate("""node => {
            const range = document.createRange();
            const text = node.firstChild.nodeType === 3 ? node.firstChild : node.firstChild.firstChild;
            range.setStart(text, 0); range.setEnd(text, 1);
            const top = range.getBoundingClientRect().top;
            for (let at = 1; at < text.length; at++) {
              range.setStart(text, at); range.setEnd(text, at + 1);
              if (range.getBoundingClientRect().top > top + 5) return at;
            }
            return text.length;
        }""")
        assert 45 <= letters <= 100, f"{letters} letters a line at {width} pixels"
        page.close()


def test_evening_comes_in_the_middle_of_a_text(context, shared):
    page = open_desk(context, shared, "eve")
    page.keyboard.press("b")  # half judged
    before, text = title(page), text_of(page)
    ink, paper = ink_and_paper(page)
    assert paper - ink > 150
    page.emulate_media(color_scheme="dark")
    expect(page.locator(".chip[aria-pressed=true]")).to_have_count(1)
    page.wait_for_function("() => matchMedia('(prefers-color-scheme: dark)').matches")
    for _ in range(50):
        ink, paper = ink_and_paper(page)
        if ink > paper:
            break
        page.wait_for_timeout(100)
    assert ink - paper > 120
    assert (title(page), text_of(page)) == (before, text)
    expect(page.locator(".chip[aria-pressed=true]")).to_have_count(1)  # nothing chosen is lost
    page.keyboard.press("Enter")
    assert title(page) != before


def test_every_act_and_reason_stands_on_the_key_sheet(context, shared):
    page = open_desk(context, shared, "kay")
    on_buttons = page.locator(".chip").all_inner_texts()
    page.keyboard.press("?")
    sheet = page.get_by_role("dialog", name="Keys")
    expect(sheet).to_be_visible()
    told = " ".join(sheet.inner_text().split())
    for name, _ in ACTS.values():
        assert name in told, name
    assert len(on_buttons) > 5
    for text in on_buttons:
        assert text.split("\n")[-1].strip() in told
    for fixed in ("redo", "page down", "Esc"):
        assert fixed in told
    page.keyboard.press("j")  # judges nothing while the sheet is open
    page.keyboard.press("Escape")
    expect(sheet).to_be_hidden()
    all_saved(page, 0)


def test_a_score_beside_the_verdict_and_a_note(context, serve):
    server = serve([plain(at) for at in range(4)], SETTINGS + '[rubric]\nscore = "also"\n')
    page = open_desk(context, server, "ana")
    before = title(page)
    page.keyboard.press("4")
    assert title(page) == before  # a score alone judges nothing
    page.keyboard.press("j")
    page.keyboard.press("n")
    page.keyboard.type("2 jokes, 1 recipe")
    page.keyboard.press("Escape")
    page.keyboard.press("l")
    page.keyboard.press("j")
    page.keyboard.press("u")
    page.keyboard.press("0")
    page.keyboard.press("Enter")
    all_saved(page, 3)
    found = sorted(
        (str(one.verdict), -1 if one.score is None else one.score, one.note) for one in labels_by(server, "ana")
    )
    assert found == [("keep", 0, ""), ("keep", 4, ""), ("reject", -1, "2 jokes, 1 recipe")]
