"""Evidence beside the text in a real Chromium: shared lines, signals with their place in the shard, and blindness."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest

# ruff: noqa: F811 (fixtures are imported by name)
pytest.importorskip("playwright.sync_api")

from deskbench import Server, browser, context, open_desk, stored  # noqa: F401
from playwright.sync_api import Page, expect

from review.project import open_project
from review.records import Stream
from review.workflow import draw, ingest

pytestmark = pytest.mark.browser

MENU = "Home, guides, shop and forum of the harbour office"
TEXTS = [f"{MENU}\nDocument {at}\nAnd its own last line {at}" for at in range(25)]
ODD = "12 34 56 78 90\n" * 40


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """25 audit draws of one shard, and one odd document of another, drawn for training."""
    root = tmp_path_factory.mktemp("evidence") / "project"
    (root / "data").mkdir(parents=True)
    for name, texts in (("web-0", [*TEXTS, ODD]), ("extra", ["A training document that says something else."])):
        (root / "data" / f"{name}.jsonl").write_text("".join(json.dumps({"text": text}) + "\n" for text in texts))
    (root / "review.toml").write_text(
        '[project]\nname = "Evidence"\n[sampling]\naudit_per_shard = 26\n'
        '[desk]\noverlap = 5\nqueue = 30\nshow_on_training = ["shard", "labels", "score"]\n'
    )
    with open_project(root) as project:
        ingest(project, [str(root / "data" / "*.jsonl")], by="test")
        draw(project, shard="*web-0*", n=26, by="test")
        draw(project, stream=Stream.TRAINING, strategy="random", shard="*extra*", n=1, by="test")
    server = Server(root)
    server.start()
    yield server
    server.stop()


def go_to(page: Page, words: str, most: int = 40) -> None:
    for _ in range(most):
        if words in page.locator(".tx").text_content():
            return
        page.keyboard.press("j")
    pytest.fail(f"no document with {words!r}")


def test_lines_that_other_documents_have_are_marked_and_can_be_switched_off(context, desk):
    page = open_desk(context, desk, "ana")
    go_to(page, MENU)
    marked = "() => [...(CSS.highlights.get('desk-shared') ?? [])].map(one => one.startContainer.data)"
    assert page.evaluate(marked) == [MENU]
    switch = page.get_by_role("switch", name="Highlight also in other documents")
    switch.click()
    assert page.evaluate(marked) == []
    page.keyboard.press("j")
    go_to(page, MENU)
    assert page.evaluate(marked) == []
    page.get_by_role("switch", name="Highlight also in other documents").click()
    assert page.evaluate(marked) == [MENU]
    expect(page.locator(".save")).to_have_text(re.compile(r"^\d+ saved$"), timeout=20_000)


def test_the_legend_stays_where_it_is_when_highlights_are_off(context, desk):
    page = open_desk(context, desk, "cy")
    places = "all => all.map(one => JSON.stringify(one.getBoundingClientRect()))"
    rows = page.locator(".lg")
    before = rows.evaluate_all(places)
    page.keyboard.press("h")
    expect(page.get_by_role("button", name="all on or off")).to_have_attribute("aria-pressed", "false")
    assert len(before) == 6
    assert rows.evaluate_all(places) == before


def test_signals_stand_beside_the_text_the_unusual_first_with_their_place_in_words(context, desk):
    page = open_desk(context, desk, "bea")
    go_to(page, "12 34 56")
    rows = page.locator(".now .sg")
    expect(rows.first).to_have_class(re.compile("odd"))
    digits = page.locator(".now .sg", has_text="Digits")
    expect(digits).to_contain_text("More than in 96 % of 26 drawn")
    expect(digits.locator("svg")).to_be_visible()
    page.keyboard.press("u")
    expect(page.locator(".side")).to_contain_text("against its shard")


def test_audit_draws_are_blind_and_what_training_draws_showed_is_stored(context, desk):
    page = open_desk(context, desk, "cleo")
    expect(page.locator(".side")).not_to_contain_text("Training draw")
    expect(page.locator(".side")).not_to_contain_text("web-0")
    go_to(page, "A training document")
    expect(page.locator(".side")).to_contain_text(re.compile(r"Training draw.*Shard.*extra"))
    page.keyboard.press("k")
    expect(page.locator(".save")).to_have_text(re.compile(r"^\d+ saved$"), timeout=20_000)
    desk.stop()
    labels = [one for one in stored(desk.root) if one.reviewer == "cleo"]
    desk.start()
    beside = {one.doc_id.rpartition("/")[2].split("#")[0]: one.shown["beside"] for one in labels}
    assert beside == {"extra.jsonl": ["facts", "signals", "shard", "labels"], "web-0.jsonl": ["facts", "signals"]}
