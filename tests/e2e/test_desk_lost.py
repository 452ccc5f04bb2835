"""Nothing is lost: networks, servers, tabs and other readers come and go under the desk."""

from __future__ import annotations

import re

import pytest

# ruff: noqa: F811 (fixtures are imported by name)
pytest.importorskip("playwright.sync_api")

from deskbench import all_saved, browser, context, labels_by, open_desk, plain, serve, shared, stored, title  # noqa: F401
from playwright.sync_api import expect

pytestmark = pytest.mark.browser


def test_undo_works_over_a_reload(context, shared):
    page = open_desk(context, shared, "reload")
    first = title(page)
    page.keyboard.press("Shift+W")
    all_saved(page, 1)
    page.reload()
    expect(page.locator(".tx .ln").first).to_be_visible(timeout=30_000)
    page.keyboard.press("u")
    expect(page.locator(".tx .ln").first).to_have_text(first)
    expect(page.locator(".chip[aria-pressed=true]")).to_have_text(re.compile("wrong language"))
    all_saved(page, 0)


def test_labels_survive_a_lost_network_and_a_reload(context, serve):
    server = serve([plain(at) for at in range(20)])
    page = open_desk(context, server, "ana")
    page.wait_for_timeout(500)
    context.set_offline(True)
    for _ in range(4):
        page.keyboard.press("j")
    expect(page.locator(".save")).to_contain_text("4 waiting")
    expect(page.locator(".banner")).to_contain_text("No connection since", timeout=15_000)
    expect(page.locator(".wait")).to_have_count(4)
    context.set_offline(False)
    page.reload()
    expect(page.locator(".tx .ln").first).to_be_visible(timeout=30_000)
    all_saved(page, 4)
    assert len(labels_by(server, "ana")) == 4


def test_when_documents_run_out_offline_it_says_what_waits(context, serve):
    server = serve([plain(at) for at in range(6)])
    page = open_desk(context, server, "ana")
    server.stop(9)
    for _ in range(6):
        page.keyboard.press("j")
    expect(page.locator(".empty")).to_contain_text("Out of documents.", timeout=20_000)
    expect(page.locator(".empty")).to_contain_text("6 verdicts wait, nothing is lost.")
    expect(page.locator(".tx")).to_have_count(0)  # no document is shown, and nothing that looks like one
    server.start()
    expect(page.locator(".empty")).to_contain_text("6 need another reader", timeout=40_000)
    all_saved(page, 6)


def test_labels_are_stored_while_documents_are_still_on_their_way(context, serve):
    server = serve([plain(at) for at in range(30)])
    page = open_desk(context, server, "ana")
    page.wait_for_timeout(500)
    # No answer ever comes to a message that asks for documents.
    page.route("**/desk/exchange", lambda route: '"documents":false' in route.request.post_data and route.continue_())
    for _ in range(6):
        page.keyboard.press("j")
    all_saved(page, 6)
    assert title(page).startswith("Document")
    assert len(labels_by(server, "ana")) == 6


def test_two_tabs_of_one_reviewer_do_not_fight(context, serve):
    server = serve([plain(at) for at in range(40)])
    one, other = open_desk(context, server, "ana"), open_desk(context, server, "ana")
    assert title(one) != title(other)
    for _ in range(5):
        one.keyboard.press("j")
        other.keyboard.press("l")
    all_saved(one, 5)
    expect(other.locator(".save")).not_to_contain_text("waiting")
    server.stop()
    rows = stored(server.root)
    assert len({row.doc_id for row in rows}) == len(rows) == 10


def test_labels_of_a_closed_tab_are_sent_by_the_next_one(context, serve):
    server = serve([plain(at) for at in range(20)])
    page = open_desk(context, server, "ana")
    server.stop(9)
    page.keyboard.press("j")
    page.keyboard.press("j")
    page.close()
    server.start()
    page = open_desk(context, server, "ana")
    all_saved(page, 2)
    assert len(labels_by(server, "ana")) == 2


def test_a_refused_label_stays_until_the_reviewer_decides(context, serve):
    server = serve([plain(at) for at in range(4)], "[sampling]\naudit_per_shard = 100\n[desk]\noverlap = 1\n")
    page = open_desk(context, server, "ana")
    page.wait_for_timeout(300)
    server.stop(9)
    mine = title(page)
    page.keyboard.press("j")
    from review.project import open_project
    from review.records import Label, Verdict

    with open_project(server.root) as project:  # meanwhile somebody else judges all of them
        for draw in project.store.draws():
            document = project.store.document(draw.doc_id)
            project.store.record_labels(
                [Label(f"theirs-{draw.row:04}", draw.doc_id, document.content_hash, "ben", Verdict.REJECT)]
            )
    server.start()
    refused = page.locator(".refused")
    expect(refused).to_contain_text("not stored: another reviewer had it.", timeout=40_000)
    expect(refused).to_contain_text(mine)
    page.reload()
    expect(refused).to_contain_text("not stored", timeout=30_000)
    refused.get_by_role("button", name="Send again").click()
    expect(refused).to_contain_text("not stored", timeout=10_000)
    refused.get_by_role("button", name="Drop").click()
    expect(refused).to_have_count(0)
    assert labels_by(server, "ana") == []


def test_leases_return_when_the_browser_leaves(context, serve):
    server = serve([plain(at) for at in range(10)], "[sampling]\naudit_per_shard = 100\n[desk]\noverlap = 1\n")
    page = open_desk(context, server, "ana")
    page.goto("about:blank")
    other = open_desk(context, server, "ben")
    assert title(other).startswith("Document")


def test_every_verdict_is_in_view_at_every_width(context, shared):
    page = open_desk(context, shared, "widths")
    for width in (1440, 1381, 1380, 1340, 1280, 1200, 1101, 1100, 1024, 800, 701, 700, 480):
        page.set_viewport_size({"width": width, "height": 800})
        page.wait_for_timeout(100)
        for name in ("Keep", "Unsure", "Reject"):
            box = page.get_by_role("button", name=name).bounding_box()
            assert box is not None
            assert box["x"] >= 0, (width, name)
            assert box["x"] + box["width"] <= width + 0.5, (width, name)
            assert box["width"] > 60, (width, name)
