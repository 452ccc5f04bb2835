"""Adjudication by keyboard in a real Chromium, asserted on the store."""

from __future__ import annotations

from pathlib import Path

import pytest
from chromium import FLAGS, browser_path
from conftest import label, make

from review import workflow
from review.project import open_project
from review.records import Verdict

sync_api = pytest.importorskip("playwright.sync_api")
from test_browser import screenshots  # noqa: E402

pytestmark = [pytest.mark.browser]


def test_a_lead_settles_documents_by_keyboard_alone(tmp_path: Path) -> None:
    root = tmp_path / "project"
    with make(root, "drawn", shards=1) as project:
        (shard,) = project.standings()
        label(project, shard, 0, 8, reviewer="ana")
        label(project, shard, 4, 8, reviewer="ben")
        names = [case.document.doc_id for case in workflow.cases(project)]
        texts = {name: project.store.document(name).text for name in names}
    with screenshots.served(root) as base, sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{base}/adjudicate?reviewer=lea&role=lead")
        text = page.locator(".ruling .text")

        def at(name: str) -> None:
            sync_api.expect(text).to_have_text(texts[name], timeout=20_000)

        at(names[0])
        assert page.get_by_text("ben", exact=True).count() == 0
        page.keyboard.press("l")
        at(names[1])
        page.get_by_text("You ruled reject.").wait_for()
        page.keyboard.press("u")
        at(names[0])
        page.keyboard.press("s")
        at(names[1])
        note = page.get_by_label("Note, kept with your verdict")
        sync_api.expect(note).to_have_count(1)  # the one of the document before is gone
        note.fill("jkl: an advertisement")  # letters in a field are letters
        note.press("Control+Enter")
        note.blur()
        at(names[1])
        page.keyboard.press("j")
        at(names[2])
        page.keyboard.press("k")
        at(names[3])
        browser.close()
    with open_project(root) as project:
        said = [(word.doc_id, word.verdict, word.note, word.by) for word in project.store.adjudications()]
        assert said == [
            (names[0], Verdict.REJECT, "", "lea"),
            (names[0], None, "", "lea"),
            (names[1], Verdict.KEEP, "jkl: an advertisement", "lea"),
            (names[2], Verdict.UNSURE, "", "lea"),
        ]
        assert len(project.store.labels()) == 16
        assert project.store.verify() == []
