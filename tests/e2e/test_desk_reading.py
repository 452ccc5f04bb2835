"""Reading in a real Chromium: what was seen is recorded, neighbours, the guideline and back, zoom, scripts, touch."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

# ruff: noqa: F811 (fixtures are imported by name)
pytest.importorskip("playwright.sync_api")

from deskbench import (  # noqa: F401
    SETTINGS,
    Server,
    all_saved,
    browser,
    context,
    labels_by,
    make_project,
    open_desk,
    plain,
    serve,
    title,
)
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

LONG = "\n".join(f"Line {at} of a document that goes on for many screens." for at in range(400))


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with long documents, which any number of reviewers may judge."""
    texts = [f"Document {at}\n{LONG}" for at in range(12)]
    server = Server(make_project(tmp_path_factory.mktemp("reading") / "project", texts, SETTINGS))
    server.start()
    yield server
    server.stop()


def test_blank_lines_without_end_are_said_and_the_text_after_them_is_on_the_first_screen(context, serve):
    blank = "\n" * 3_000
    server = serve([f"{blank}Document 0 begins late.{blank}It ends later.", "Document 1\n\n\nhas two blank lines."])
    page = open_desk(context, server, "ana")
    if "Document 1" in page.locator(".tx").text_content():
        assert page.locator(".tx .folded").count() == 0
        page.keyboard.press("j")
        expect(page.locator(".tx")).to_contain_text("begins late")
    for text in ("Document 0 begins late.", "It ends later."):
        expect(page.locator(".tx .ln", has_text=text)).to_be_in_viewport()
    said = page.locator(".tx .ln.says")
    told = [said.nth(at).get_attribute("data-blank").replace("\u00a0", "") for at in range(2)]
    assert told == ["3000 blank lines", "2999 blank lines"]
    assert page.locator(".tx .ln").count() == 6_001
    page.keyboard.press("v")  # hidden characters: each line is there
    expect(page.locator(".tx .ln", has_text="begins late")).not_to_be_in_viewport()


def test_what_was_seen_beside_and_around_is_stored_with_the_label(context, serve):
    texts = [f"Document {at}\n{LONG}" for at in range(5)]
    server = serve(texts)
    page = open_desk(context, server, "ana")
    row = int(title(page).split()[1])
    page.keyboard.press("j")  # nothing but the first screen
    second = int(title(page).split()[1])
    page.wait_for_timeout(300)  # what flies past is not seen
    page.keyboard.press("End")
    page.wait_for_timeout(300)
    page.keyboard.press("h")
    page.keyboard.press("i")
    page.keyboard.press("k")
    third = int(title(page).split()[1])
    page.keyboard.press("y")
    drawer = page.get_by_role("complementary", name="Rows around this document")
    expect(drawer).to_contain_text(re.compile("row before|row after"))
    page.keyboard.press("l")
    expect(drawer).to_be_hidden()
    all_saved(page, 3)
    labels = {int(one.doc_id.split("#")[1]): one.shown for one in labels_by(server, "ana")}
    length = len(texts[row])
    [[start, end]] = labels[row]["seen"]
    assert start == 0
    assert 200 < end < 3000
    assert labels[row]["beside"] == ["facts", "signals"]
    assert "repeated" in labels[row]["marks"]
    assert len(labels[second]["seen"]) == 2
    assert labels[second]["seen"][1][1] == length
    assert labels[second]["marks"] == []
    assert labels[second]["beside"] == ["facts", "signals"]  # it was open for a moment
    assert labels[third]["around"] == [at for at in (-2, -1, 1, 2) if 0 <= third + at < 5]
    assert labels[third]["beside"] == []
    assert all(one["whole"] for one in labels.values())


def test_neighbours_are_text_and_no_documents(context, serve):
    texts = ["<b>one</b>\n**two**", "=three()", "four"]
    page = open_desk(context, serve(texts), "ana")
    here = texts.index(page.locator(".tx").text_content().replace("**two**", "\n**two**"))
    page.get_by_role("button", name="Around").click()
    drawer = page.get_by_role("complementary", name="Rows around this document")
    expect(drawer.locator("section")).to_have_count(2)
    shown = drawer.locator(".ntext").all_inner_texts()
    assert shown == [text for at, text in enumerate(texts) if at != here]
    expect(drawer).to_contain_text("your verdict is about the document in the column")
    page.keyboard.press("Escape")
    expect(drawer).to_be_hidden()


def test_the_guideline_and_back_without_losing_a_place(context, desk):
    page = open_desk(context, desk, "bea")
    page.keyboard.press("PageDown")
    page.keyboard.press("PageDown")
    top = page.locator(".scroll").evaluate("node => node.scrollTop")
    assert top > 500
    page.keyboard.press("m")
    guide = page.get_by_role("complementary", name="Guideline")
    expect(guide).to_be_focused()
    page.keyboard.press("PageDown")
    page.keyboard.press("ArrowDown")
    place = guide.evaluate("node => node.scrollTop")
    page.keyboard.press("m")
    expect(guide).to_be_hidden()
    assert page.locator(".scroll").evaluate("node => node.scrollTop") == top
    page.keyboard.press("m")
    assert guide.evaluate("node => node.scrollTop") == place
    page.keyboard.press("Escape")
    before = title(page)
    page.keyboard.press("j")
    assert title(page) != before


def test_zoom_by_key_and_mouse_lasts(context, desk):
    page = open_desk(context, desk, "cleo")

    def size() -> float:
        return page.locator(".tx .prose").evaluate("node => parseFloat(getComputedStyle(node).fontSize)")

    normal = size()
    page.keyboard.press("+")
    page.get_by_role("button", name="Larger text").click()
    large = size()
    assert large > normal * 1.2
    page.reload()
    expect(page.locator(".tx .ln").first).to_be_visible(timeout=30_000)
    assert size() == large
    page.keyboard.press("=")  # + without Shift
    page.keyboard.press("-")
    page.get_by_role("button", name="Smaller text").click()
    page.keyboard.press("-")
    assert size() == normal


def test_the_reading_tools_stay_in_view(context, desk):
    page = open_desk(context, desk, "dora")
    page.keyboard.press("End")
    expect(page.get_by_role("button", name="Find")).to_be_in_viewport()
    page.get_by_role("button", name="Find").click()
    expect(page.get_by_role("searchbox", name="Find in this document")).to_be_focused()
    verdicts = page.get_by_role("group", name="Verdict").bounding_box()
    text = page.locator(".read").bounding_box()
    assert text["y"] + text["height"] <= verdicts["y"]


def test_touch_alone_is_enough(browser, desk):
    phone = browser.new_context(viewport={"width": 420, "height": 860}, has_touch=True, is_mobile=True)
    page = open_desk(phone, desk, "eve")
    before = title(page)
    page.get_by_role("button", name="spam / SEO").tap()
    page.get_by_role("button", name="Reject").tap()
    assert title(page) != before
    page.get_by_role("button", name="Undo").tap()
    assert title(page) == before
    page.get_by_role("button", name="Keep").tap()
    all_saved(page, 1)
    phone.close()


def test_a_very_long_document_says_which_of_its_parts_were_shown(context, serve):
    texts = [
        f"Document {at}\n" + "\n".join(f"Line {line} of a very long text." for line in range(4_000)) for at in range(2)
    ]
    server = serve(texts)
    page = open_desk(context, server, "ana")
    first = int(title(page).split()[1])
    expect(page.locator(".tx .gap")).to_have_count(2)
    page.wait_for_timeout(300)  # what passes by in a moment does not count as seen
    page.keyboard.press("End")
    page.wait_for_timeout(300)
    page.keyboard.press("j")
    expect(page.locator(".tx .ln").first).not_to_have_text(f"Document {first}")
    page.get_by_role("button", name="Show all").first.click()
    expect(page.locator(".tx .gap")).to_have_count(0)
    page.keyboard.press("End")
    page.wait_for_timeout(300)
    page.keyboard.press("j")
    all_saved(page, 2)
    shown = {int(one.doc_id.split("#")[1]): one.shown for one in labels_by(server, "ana")}
    length = len(texts[0])
    assert not shown[first]["whole"]
    (start, _), _, (_, end) = shown[first]["parts"]
    assert (start, end) == (0, length)
    assert shown[first]["seen"][0][0] == 0
    assert shown[first]["seen"][-1][1] == length
    assert shown[1 - first]["whole"]
    assert shown[1 - first]["seen"][-1][1] == length
    assert all(a[1] < b[0] for one in shown.values() for a, b in zip(one["seen"], one["seen"][1:], strict=False))
