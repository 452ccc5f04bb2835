"""Two reviewers judge fifty documents each and a lead settles what they differ on, all by keyboard, to the release.

REVIEW_RECORDINGS=FOLDER keeps what each of the three did, NAME.zip with every action, screen and page for
`playwright show-trace`.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import contextmanager
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api")

from deskbench import browser, plain  # noqa: F401 (a fixture, by name)
from playwright.sync_api import expect
from test_whole_loop import App, focus, go, press

from review import workflow

# ruff: noqa: F811 (fixtures are imported by name)
pytestmark = pytest.mark.browser

ROWS, READ = 300, 50
SETTINGS = """[project]
name = "Harbour texts"
[plan]
method = "fixed"
accept = 0.01  # of 300 documents 50 are read, and at most 1 of them may be bad
reject = 0.085
[desk]
overlap = 2
"""


@pytest.fixture
def app(tmp_path):
    folder = tmp_path / "shards"
    folder.mkdir()
    lines = [json.dumps({"text": plain(row)}) for row in range(ROWS)]
    (folder / "harbour.jsonl").write_text("\n".join(lines), encoding="utf-8")
    root = tmp_path / "project"
    root.mkdir()
    (root / "review.toml").write_text(SETTINGS, encoding="utf-8")
    with workflow.open_project(root) as project:
        workflow.ingest(project, [str(folder / "*.jsonl")], by="lead")
        workflow.draw(project, by="lead")
        drawn = project.store.draws()
        assert len(drawn) == READ
    running = App(root).start()
    running.texts = [plain(draw.row) for draw in drawn]
    yield running
    running.stop(9)


@contextmanager
def desk_of(browser, name):
    """A browser of somebody's own, recorded where a folder for it is named."""
    folder = os.environ.get("REVIEW_RECORDINGS")
    context = browser.new_context(viewport={"width": 1440, "height": 900})
    if folder:
        context.tracing.start(screenshots=True, snapshots=True)
    yield context.new_page()
    if folder:
        context.tracing.stop(path=Path(folder) / f"{name}.zip")
    context.close()


def enter(page, app, name, *, lead=False):
    """From opening the app to the Overview: a name, a role, Start."""
    page.goto(app.url)
    focus(page, page.get_by_label("Name"))
    page.keyboard.type(name)
    if lead:
        focus(page, page.get_by_role("radio", name="reviewer"))
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Space")
    press(page, page.get_by_role("button", name="Start"))
    expect(page.get_by_text(f"{name}, {'lead' if lead else 'reviewer'}")).to_be_visible(timeout=30_000)


def test_fifty_documents_two_reviewers_a_lead_and_a_release(app, browser):
    bad, noted, *others = app.texts[3::9]
    keys = {"ana": {bad: "Shift+S"}, "ben": {bad: "Shift+S"}}
    for at, text in enumerate([noted, *others]):  # what they differ on, in every way two people can
        keys["ana"][text], keys["ben"][text] = (("l", "j"), ("k", "j"), ("l", "k"))[at % 3]
    doubted = {noted, *others}

    with desk_of(browser, "ana") as ana, desk_of(browser, "ben") as ben:
        for name, page in (("ana", ana), ("ben", ben)):
            enter(page, app, name)
            go(page, "Review")
            expect(page.locator(".tx .ln").first).to_be_visible(timeout=30_000)
        seen = {"ana": [], "ben": []}
        for turn in range(READ):
            for name, page in (("ana", ana), ("ben", ben)):
                expect(page.locator(".tx .ln").first).to_be_visible(timeout=30_000)
                lines = page.locator(".tx .ln").all_text_contents()
                text = "\n".join(lines)
                assert text not in seen[name]
                seen[name].append(text)
                if name == "ana" and text == noted:
                    page.keyboard.press("n")
                    page.keyboard.type("jkl: not sure this is a whole text")
                    page.keyboard.press("Escape")
                page.keyboard.press(keys[name].get(text, "j"))
                if turn % 10 == 4:  # a slip: back, and the same again
                    page.keyboard.press("u")
                    assert page.locator(".tx .ln").all_text_contents() == lines
                    page.keyboard.press("Enter")
        for page in (ana, ben):
            expect(page.locator(".save")).to_have_text(f"{READ} saved", timeout=30_000)
            expect(page.get_by_text("No documents wait for you")).to_be_visible(timeout=30_000)

    with desk_of(browser, "lea") as lea:
        enter(lea, app, "lea", lead=True)
        go(lea, "Agreement")
        expect(lea.get_by_text(f"{READ} documents read by two readers or more")).to_be_visible(timeout=60_000)
        expect(lea.get_by_text("Krippendorff").first).to_be_visible()
        go(lea, "Adjudicate")
        text = lea.locator(".ruling .text")
        settled = []
        for _ in doubted:
            expect(text).not_to_have_text(settled[-1] if settled else "", timeout=30_000)
            settled.append(text.text_content())
            lea.keyboard.press("j")
        expect(lea.get_by_text("No document waits for you.")).to_be_visible(timeout=30_000)
        assert set(settled) == doubted
        go(lea, "Shards")
        press(lea, lea.get_by_role("button", name=re.compile("Approve all 1")))
        focus(lea, lea.get_by_role("dialog").get_by_role("textbox"))
        lea.keyboard.type("one bad document of fifty")
        lea.keyboard.press("Tab")
        press(lea, lea.get_by_role("dialog").get_by_role("button", name=re.compile("^Approve 1 shard")))
        expect(lea.get_by_text("Approved 1 shard.")).to_be_visible(timeout=30_000)
        go(lea, "Releases")
        focus(lea, lea.get_by_label("Name"))
        lea.keyboard.press("Control+A")
        lea.keyboard.type("first")
        lea.keyboard.press("Tab")
        press(lea, lea.get_by_role("button", name=re.compile("^(Make|Release)")))
        expect(lea.get_by_text("Release first lists 1 shard.")).to_be_visible(timeout=90_000)

    app.stop()
    with workflow.open_project(app.root) as project:
        assert project.store.verify() == []
        assert workflow.verify(app.root).ok
        words = {"j": "keep", "k": "unsure", "l": "reject", "Shift+S": "reject"}
        found = project.store.labelled_documents()
        texts = {one.doc_id: one.text for one in project.store.documents([one.doc_id for one in found])}
        for document in found:
            text = texts[document.doc_id]
            said = {label.reviewer: label.verdict.value for label in document.labels}
            assert said == {name: words[chosen.get(text, "j")] for name, chosen in keys.items()}
            word = document.adjudication
            assert (word and (word.by, word.verdict)) == (("lea", "keep") if text in doubted else None)
            notes = [label.note for label in document.labels if label.note]
            assert notes == (["jkl: not sure this is a whole text"] if text == noted else [])
        assert len(found) == READ
        (decision,) = project.store.decisions()
        assert (decision.by, decision.certificate["bad"], decision.certificate["n"]) == ("lea", 1, READ)
