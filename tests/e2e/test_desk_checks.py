"""Blind checks in a real Chromium: nothing tells them apart, and what they leave on disk; feedback where wanted."""

from __future__ import annotations

import pytest

# ruff: noqa: F811 (fixtures are imported by name)
pytest.importorskip("playwright.sync_api")

from datetime import datetime

from deskbench import Server, all_saved, browser, context, make_project, open_desk, plain, stored  # noqa: F401
from playwright.sync_api import expect

from review import workflow
from review.project import open_project
from review.records import Label, Verdict
from review.turns import Turn, turn_of

pytestmark = pytest.mark.browser
SETTINGS = """
[sampling]
audit_per_shard = 120
[desk]
gold_share = 0.4
gold_feedback = true
repeat_share = 0.25
repeat_distance = 50
"""


def prepared(root):
    """Ana has read 60 documents, and zoe 20 that are gold now: all of them bad."""
    made = make_project(root, [plain(at) for at in range(120)], SETTINGS)
    with open_project(made) as project:
        until = datetime(2100, 1, 1)
        for who, n in (("ana", 60), ("zoe", 20)):
            names = project.store.lease(who, "t", n, until=until, overlap=1)
            project.store.record_labels([
                Label(f"{who}-{at:08}", one.doc_id, one.content_hash, who, Verdict.KEEP)
                for at, one in enumerate(project.store.documents(names))
            ])  # fmt: skip
            project.store.release_leases(who)
        workflow.set_gold(project, names, Verdict.REJECT, reasons=["spam"], by="lena")
    return made


def test_checks_look_like_any_document_and_count_for_none(context, tmp_path):
    server = Server(prepared(tmp_path / "project"))
    server.start()
    try:
        page = open_desk(context, server, "ana")
        told = []
        for _ in range(24):
            page.keyboard.press("j")
            page.wait_for_timeout(400)
            told.append(page.locator(".dk").inner_text())
        page.keyboard.press("u")
        page.keyboard.press("l")
        all_saved(page, 60 + 24)
    finally:
        server.stop()
    assert any("was a check. It is known: reject, spam / SEO. You said keep." in text for text in told)
    mine = [one for one in stored(server.root) if one.reviewer == "ana" and not one.label_id.startswith("ana-")]
    turns = [turn_of(one.shown) for one in mine]
    assert {Turn.PLAN, Turn.GOLD, Turn.REPEAT} == set(turns)
    with open_project(server.root) as project:
        counted = project.store.labelled_documents()
        assert all(len(one.labels) == 1 for one in counted)
        first = {one.doc_id: one.labels[0].label_id for one in counted}
        for one in mine:
            if turn_of(one.shown) is Turn.REPEAT:
                assert first[one.doc_id].startswith("ana-0000")  # the first word stands
        assert project.store.verify() == []


def test_a_desk_says_how_long_its_reader_has_been_silent(context, tmp_path):
    server = Server(prepared(tmp_path / "project"))
    server.start()
    try:
        context.clock.install()
        page = open_desk(context, server, "ana")
        said = []
        page.on("request", lambda one: "exchange" in one.url and said.append(one.post_data_json or {}))
        page.wait_for_timeout(1_000)
        page.keyboard.press("j")
        all_saved(page, 61)
        with page.expect_request(lambda one: "exchange" in one.url):
            context.clock.fast_forward(21_000)  # a browser asks again after twenty seconds
        expect(page.locator(".tx .ln").first).to_be_visible()
    finally:
        server.stop()
    quiet = [message["quiet"] for message in said if "quiet" in message]
    assert quiet
    assert quiet[-1] >= 15
