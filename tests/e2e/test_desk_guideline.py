"""The guideline on the desk: its lists, its examples as text, and what is new in it since a reviewer read it."""

from __future__ import annotations

import json

import pytest

# ruff: noqa: F811 (fixtures are imported by name)
pytest.importorskip("playwright.sync_api")

import axe
from deskbench import SETTINGS, browser, context, open_desk, plain, serve  # noqa: F401
from playwright.sync_api import expect

from review.project import open_project

pytestmark = pytest.mark.browser

HOSTILE = """<img src=x onerror="document.title='run'"> & <b>Buy now</b>\n\n# no heading"""
RUBRIC = f"""[rubric]
guideline = '''
# How to read

3. Read the beginning.
4. Read the end.

- Judge the text.
- Not the site.
'''
[[rubric.examples]]
reason = "spam"
text = {json.dumps(HOSTILE)}
note = "It sells."
[[rubric.examples]]
reason = ""
text = "A keeper wrote of his harbour."
"""


def test_examples_are_text_lists_keep_their_numbers_and_news_wait_until_they_are_read(context, serve):
    server = serve([plain(at) for at in range(6)], SETTINGS + RUBRIC)
    context.clock.install()
    page = open_desk(context, server, "ana")
    page.keyboard.press("m")
    guide = page.get_by_role("complementary", name="Guideline")
    numbered, dotted = guide.locator("ol"), guide.locator("ul")
    expect(numbered).to_have_attribute("start", "3")
    assert numbered.locator("li").all_text_contents() == ["Read the beginning.", "Read the end."]
    assert dotted.locator("li").all_text_contents() == ["Judge the text.", "Not the site."]
    examples = guide.locator(".example")
    expect(examples).to_have_count(2)
    expect(examples.nth(0)).to_contain_text("KeepA keeper wrote of his harbour.")
    expect(examples.nth(1)).to_contain_text("spam / SEO")
    expect(examples.nth(1)).to_contain_text("It sells.")
    shown = examples.nth(1).locator(".ntext")
    assert shown.text_content() == HOSTILE
    assert guide.locator("img, script").count() == 0
    guide.get_by_placeholder("Find in the guideline").fill("buy now")
    expect(examples.nth(0)).to_be_hidden()
    expect(examples.nth(1)).to_be_visible()
    guide.get_by_placeholder("Find in the guideline").fill("")

    news = guide.locator(".news")
    expect(news).to_contain_text("You have not marked this guideline as read.")
    news.get_by_role("button", name="Mark as read").click()
    expect(news).to_be_hidden()
    server.stop()
    with open_project(server.root) as project:
        assert project.store.preferences("ana") == {"guideline": 1}
    settings = server.root / "review.toml"
    settings.write_text(settings.read_text().replace("- Not the site.", "- Not its owner."))
    server.start()
    context.clock.fast_forward(21_000)  # it asks every twenty seconds
    opener = page.get_by_role("button", name="changed since you read it")
    expect(opener).to_be_visible(timeout=30_000)  # the open page hears of it
    expect(news).to_contain_text("Changed since you read version 1: the text.")
    assert guide.locator(".fresh").all_text_contents() == ["Not its owner."]
    assert axe.violations(page) == []
    news.get_by_role("button", name="Mark as read").click()
    expect(news).to_be_hidden()
    expect(opener).to_have_count(0)
