"""Several readers and a lead in browsers of their own: what each is given, kept from, and may be relieved of."""

from __future__ import annotations

import json
import re
from contextlib import ExitStack
from datetime import datetime

import pytest

# ruff: noqa: F811 (fixtures are imported by name)
pytest.importorskip("playwright.sync_api")

from deskbench import Server, all_saved, browser, context, make_project, open_desk, plain, stored, text_of, title  # noqa: F401
from playwright.sync_api import Browser, Page, expect

from review import workflow
from review.project import open_project
from review.records import Label, Verdict
from review.ui import tables

pytestmark = pytest.mark.browser


@pytest.fixture
def served(tmp_path):
    """A server on a project made of rows, a list a shard."""
    with ExitStack() as stack:

        def start(shards: list[list[dict]], settings: str) -> Server:
            root = tmp_path / "project"
            (root / "data").mkdir(parents=True)
            for at, rows in enumerate(shards):
                lines = "".join(json.dumps(row) + "\n" for row in rows)
                (root / "data" / f"shard-{at}.jsonl").write_text(lines, encoding="utf-8")
            (root / "review.toml").write_text('[project]\nname = "Together"\n' + settings, encoding="utf-8")
            with open_project(root) as project:
                workflow.ingest(project, [str(root / "data" / "*.jsonl")], by="test")
                workflow.draw(project, n=100, by="test")
            server = Server(root)
            server.start()
            stack.callback(server.stop)
            return server

        yield start


@pytest.fixture
def person(browser: Browser):
    """A page in a browser of somebody's own."""
    contexts = []

    def enter() -> Page:
        contexts.append(browser.new_context(viewport={"width": 1440, "height": 900}))
        return contexts[-1].new_page()

    yield enter
    for one in contexts:
        one.close()


def lead_on(page: Page, server: Server, name: str) -> Page:
    page.goto(f"{server.url}/{name}?reviewer=lea&role=lead")
    expect(page.get_by_role("heading", name=name.capitalize(), exact=True)).to_be_visible(timeout=30_000)
    return page


def choose_row(page: Page, row: int) -> None:
    """Choose a row of the page's first table, as a mouse does."""
    table = page.get_by_test_id("stDataFrame").first
    expect(table).to_be_visible()
    table.click(position={"x": 16, "y": tables.ROW * (row + 1) + tables.ROW // 2})


def nothing_waits(page: Page, server: Server, reviewer: str) -> None:
    page.goto(f"{server.url}/review?reviewer={reviewer}&role=reviewer")
    expect(page.locator(".empty")).to_be_visible(timeout=30_000)


def test_a_reader_is_given_what_a_lead_assigned(served, person):
    rows = [[{"text": plain(10 * shard + at), "language": ("en", "de")[at % 2]} for at in range(6)] for shard in (0, 1)]
    server = served(rows, '[corpus]\nlanguage_column = "language"\n[desk]\noverlap = 3\n')
    lead = lead_on(person(), server, "team")
    lead.get_by_text("Assign somebody who is not here yet").click()
    lead.wait_for_timeout(2_000)  # opening it draws the page again, and a word typed meanwhile may be drawn over
    lead.get_by_label("Name").fill("ben")
    lead.get_by_label("Name").press("Enter")
    lead.get_by_role("combobox", name="Languages").click()
    lead.get_by_role("option", name="de").click()
    lead.keyboard.press("Escape")
    lead.get_by_label("Shards").fill("*/shard-1*")
    lead.get_by_role("button", name="Assign").click()
    expect(lead.get_by_text("ben is given de, in */shard-1*.")).to_be_visible(timeout=30_000)

    ben = open_desk(person().context, server, "ben")
    seen = set()
    for _ in range(3):
        expect(ben.locator(".tx .ln").first).to_be_visible()
        seen.add(title(ben))
        ben.keyboard.press("j")
    expect(ben.locator(".empty")).to_be_visible(timeout=30_000)
    assert seen == {f"Document {at}" for at in (11, 13, 15)}  # the German ones of shard-1


def test_a_lead_frees_what_somebody_holds_and_what_they_judged_meanwhile_stays(served, person):
    server = served([[{"text": plain(at)} for at in range(10)]], "")
    ana = open_desk(person().context, server, "ana")
    nothing_waits(person(), server, "carl")  # she holds all there are
    ana.context.set_offline(True)
    mine = [title(ana)]
    ana.keyboard.press("j")
    mine.append(title(ana))
    ana.keyboard.press("l")
    expect(ana.locator(".save")).to_have_text(re.compile("2 waiting"))

    lead = lead_on(person(), server, "team")
    names = ["ana", "carl"]
    for row in range(len(names)):
        choose_row(lead, row)
        freeing = lead.get_by_role("button", name="Release 10 documents")
        try:
            expect(freeing).to_be_visible(timeout=5_000)
            break
        except AssertionError:
            choose_row(lead, row)  # not hers: let go of it
    freeing.click()
    expect(lead.get_by_text("10 documents of ana are free for the others.")).to_be_visible(timeout=30_000)

    carl = open_desk(person().context, server, "carl")
    ana.context.set_offline(False)
    all_saved(ana, 2)
    seen = []
    while not carl.locator(".empty").is_visible():
        seen.append(title(carl))
        carl.keyboard.press("k")
        expect(carl.locator(".tx .ln").first.or_(carl.locator(".empty"))).to_be_visible(timeout=30_000)
    server.stop()
    labels = stored(server.root)
    with open_project(server.root) as project:
        texts = {one.doc_id: one.text.splitlines()[0] for one in project.store.documents([x.doc_id for x in labels])}
        assert project.store.verify() == []
    said = {name: {texts[one.doc_id]: one.verdict for one in labels if one.reviewer == name} for name in names}
    assert said["ana"] == {mine[0]: Verdict.KEEP, mine[1]: Verdict.REJECT}
    # What she had judged when it was taken from her is hers; each of the others has exactly one word, from him.
    assert set(said["carl"]) == {f"Document {at}" for at in range(10)} - set(mine)
    assert set(seen) >= set(said["carl"])


def test_documents_of_all_shards_come_mixed_and_none_is_named(served, person):
    shards = [[{"text": f"Of the shard {at}, number {row}\n{plain(row)}"} for row in range(30)] for at in range(3)]
    server = served(shards, "")
    page = open_desk(person().context, server, "ana")
    order = []
    for _ in range(30):
        expect(page.locator(".tx .ln").first).to_be_visible()
        order.append(re.match(r"Of the shard (\d)", title(page)).group(1))
        around = page.locator(".dk").evaluate("node => node.getRootNode().host.getRootNode().body.innerText")
        inside = page.locator(".dk").evaluate("node => node.innerHTML")
        assert ".jsonl" not in around + inside
        page.keyboard.press("j")
    for first in range(0, 30, 10):
        assert set(order[first : first + 10]) == {"0", "1", "2"}
    assert max(len(run.group()) for run in re.finditer(r"(.)\1*", "".join(order))) <= 5


def test_a_third_reader_judges_only_what_two_differ_on_and_learns_nothing_of_it(served, person):
    server = served([[{"text": plain(at)} for at in range(8)]], "[desk]\noverlap = 3\nuntil_agreement = true\n")
    differ = {"Document 2": "l", "Document 5": "k"}
    for name, keys in (("ana", {}), ("ben", differ)):
        page = open_desk(person().context, server, name)
        for _ in range(8):
            expect(page.locator(".tx .ln").first).to_be_visible()
            page.keyboard.press("n")
            page.keyboard.type(f"{name} was here")
            page.keyboard.press("Escape")
            page.keyboard.press(keys.get(title(page), "j"))
        expect(page.locator(".empty")).to_be_visible(timeout=30_000)
        all_saved(page, 8)
        page.context.close()
    third = open_desk(person().context, server, "cleo")
    seen = set()
    for _ in differ:
        expect(third.locator(".tx .ln").first).to_be_visible()
        seen.add(title(third))
        shown = third.locator(".dk").evaluate("node => node.innerText")
        assert not [name for name in ("ana", "ben", "was here") if name in shown.replace(text_of(third), "")]
        third.keyboard.press("j")
    expect(third.locator(".empty")).to_be_visible(timeout=30_000)
    all_saved(third, 2)
    assert seen == set(differ)
    nothing_waits(person(), server, "dora")  # two of three agree everywhere by now


def test_gold_says_nothing_unless_a_lead_wants_it_to(context, tmp_path):
    root = make_project(tmp_path / "project", [plain(at) for at in range(40)], "[desk]\ngold_share = 0.5\n")
    with open_project(root) as project:
        names = project.store.lease("zoe", "t", 12, until=datetime(2100, 1, 1), overlap=1)
        project.store.record_labels([
            Label(f"zoe-{at:08}", one.doc_id, one.content_hash, "zoe", Verdict.KEEP)
            for at, one in enumerate(project.store.documents(names))
        ])  # fmt: skip
        project.store.release_leases("zoe")
        workflow.set_gold(project, names, Verdict.REJECT, by="lea")
        known = {one.text.splitlines()[0] for one in project.store.documents(names)}
    server = Server(root)
    server.start()
    try:
        page = open_desk(context, server, "ana")
        met = 0
        for at in range(16):
            met += title(page) in known
            page.keyboard.press("j")
            all_saved(page, at + 1)
            shown = page.locator(".dk").inner_text()
            assert "check" not in shown
            assert "known" not in shown
        assert met >= 3
        lead = lead_on(context.new_page(), server, "team")
        expect(lead.get_by_text(f"0 of {met}", exact=False).first).to_be_visible(timeout=30_000)
    finally:
        server.stop()
