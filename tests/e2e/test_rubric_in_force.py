"""A lead changes the rubric while a reader is at work: what is on the desk, on its way and already stored."""

from __future__ import annotations

import contextlib
import re

import pytest

# ruff: noqa: F811 (fixtures are imported by name)
pytest.importorskip("playwright.sync_api")

from deskbench import Server, all_saved, browser, context, make_project, open_desk, plain, stored, title  # noqa: F401
from playwright.sync_api import Page, TimeoutError, expect

from review.project import open_project

pytestmark = pytest.mark.browser


@pytest.fixture
def server(tmp_path):
    every = "[sampling]\naudit_per_shard = 100\n"  # or a slow machine's reader sees the shard decided half-way
    running = Server(make_project(tmp_path / "project", [plain(at) for at in range(14)], every))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def lead(browser, server):
    """The Rubric page in a lead's own browser."""
    own = browser.new_context(viewport={"width": 1440, "height": 1400})
    page = own.new_page()
    page.goto(f"{server.url}/rubric?reviewer=lea&role=lead")
    expect(page.get_by_text("Nothing is changed yet.", exact=False)).to_be_visible(timeout=30_000)
    yield page
    own.close()


def write_guideline(page: Page, text: str) -> None:
    page.get_by_label("Guideline").fill(text)
    page.get_by_label("Guideline").press("Control+Enter")
    expect(page.get_by_text("Another guideline.", exact=False)).to_be_visible(timeout=30_000)


def make_version(page: Page, version: int) -> None:
    page.get_by_role("button", name=f"Make version {version}").click()
    expect(page.get_by_text(f"Version {version} is in force.")).to_be_visible(timeout=30_000)


def rename_reason(page: Page, row: int, code: str, name: str) -> None:
    """Type another code and name into the table of reasons, as one does in a spreadsheet."""
    table = page.get_by_test_id("stDataFrame").first
    field = page.locator("#portal textarea")
    for across, words in ((250, code), (470, name)):
        expect(table.locator("canvas").first).to_be_visible()
        for _ in range(5):  # the table may be drawn over between the look where it is and the click
            with contextlib.suppress(TimeoutError):
                table.dblclick(position={"x": across, "y": 32 + 28 * row + 14}, timeout=5_000)
                field.wait_for(timeout=5_000)
                break
        field.fill(words)
        field.press("Enter")
        expect(field).to_have_count(0)


def counted(server: Server) -> dict[str, tuple[str, tuple[str, ...]]]:
    """Title of each document that counts now, with its verdict and reasons; the server must have stopped."""
    with open_project(server.root) as project:
        found = [one for one in project.store.labelled_documents() if one.labels]
        texts = {one.doc_id: one.text.splitlines()[0] for one in project.store.documents([x.doc_id for x in found])}
        assert project.store.verify() == []
        said = {texts[one.doc_id]: one.labels[0] for one in found}
        return {name: (str(one.verdict), one.codes) for name, one in said.items()}


def test_a_new_guideline_reaches_the_desk_and_labels_that_were_kept_count(server, context, lead):
    ana = open_desk(context, server, "ana")
    for _ in range(3):
        ana.keyboard.press("j")
    all_saved(ana, 3)
    context.set_offline(True)  # the fourth is judged by the first version and on its way while the second is made
    ana.keyboard.press("j")
    write_guideline(lead, "# Harbour texts\n\nKeep what a keeper wrote. <b>Nothing</b> else.")
    expect(lead.get_by_text("It may touch any of the 3 labels so far.", exact=False)).to_be_visible()
    make_version(lead, 2)
    context.set_offline(False)
    all_saved(ana, 4)
    ana.reload()
    expect(ana.locator(".tx .ln").first).to_be_visible(timeout=30_000)
    ana.keyboard.press("m")
    guide = ana.get_by_role("complementary", name="Guideline")
    expect(guide).to_contain_text("Keep what a keeper wrote.")
    expect(guide.locator("b", has_text="Nothing")).to_have_count(0)  # HTML in it is text
    ana.keyboard.press("m")
    ana.keyboard.press("j")
    all_saved(ana, 5)
    server.stop()
    assert [one.rubric for one in stored(server.root)] == [1, 1, 1, 1, 2]
    assert len(counted(server)) == 5


def test_labels_asked_for_again_come_back_and_their_first_answer_stays_in_the_history(server, context, lead):
    ana = open_desk(context, server, "ana")
    first = []
    for key in ("j", "l", "j"):
        first.append(title(ana))
        ana.keyboard.press(key)
    all_saved(ana, 3)
    write_guideline(lead, "Quite another matter: reject what is short.")
    lead.get_by_text("Give again", exact=False).click()
    expect(lead.get_by_text("Up to 3 labels to be given again", exact=False)).to_be_visible(timeout=30_000)
    make_version(lead, 2)
    ana.reload()
    again = set()
    while not ana.locator(".empty").is_visible():
        expect(ana.locator(".tx .ln").first).to_be_visible(timeout=30_000)
        again.add(title(ana))
        ana.keyboard.press("l")
        expect(ana.locator(".tx .ln").first.or_(ana.locator(".empty"))).to_be_visible(timeout=30_000)
    assert again == {f"Document {at}" for at in range(14)}
    expect(ana.locator(".save")).to_have_text(re.compile(r"^\d+ saved$"), timeout=20_000)
    server.stop()
    labels = stored(server.root)
    assert [str(one.verdict) for one in labels if one.rubric == 1] == ["keep", "reject", "keep"]
    assert set(counted(server).values()) == {("reject", ())}


def test_a_press_that_comes_with_a_change_makes_nothing_until_it_was_seen(server, lead):
    write_guideline(lead, "Shown.")
    lead.get_by_label("Guideline").fill("Typed, and not looked at.")
    lead.get_by_role("button", name="Make version 2").click()  # the field is left by this click
    expect(lead.get_by_text("Nothing is done yet.", exact=False)).to_be_visible(timeout=30_000)
    expect(lead.get_by_label("Guideline")).to_have_value("Typed, and not looked at.")
    make_version(lead, 2)
    server.stop()
    with open_project(server.root) as project:
        assert [row.rubric.guideline for row in project.store.rubric_history()][1:] == ["Typed, and not looked at."]


def test_a_reason_with_another_name_goes_on_under_it(server, context, lead):
    ana = open_desk(context, server, "ana")
    marked = title(ana)
    ana.keyboard.press("s")
    ana.keyboard.press("Enter")
    ana.keyboard.press("j")
    all_saved(ana, 2)
    lead.reload()
    expect(lead.get_by_text("Nothing is changed yet.", exact=False)).to_be_visible(timeout=30_000)
    rename_reason(lead, 5, "selling", "Selling")
    expect(lead.get_by_text("Removed: spam. 1 label named it.")).to_be_visible(timeout=30_000)
    lead.get_by_text("Map: they stand, under other reasons").click()
    choice = lead.get_by_role("combobox", name=re.compile("spam counts as"))
    expect(choice).to_be_visible(timeout=30_000)
    choice.click()
    lead.get_by_role("option", name="selling").click()
    expect(choice).to_have_value("selling")
    lead.wait_for_timeout(1_000)  # a press that comes with the choice would be held back
    make_version(lead, 2)
    ana.reload()
    chip = ana.locator(".chip", has_text="Selling")
    expect(chip).to_be_visible(timeout=30_000)
    expect(ana.locator(".tx .ln").first).to_be_visible()
    ana.keyboard.press("s")
    expect(chip).to_have_attribute("aria-pressed", "true")
    newly = title(ana)
    ana.keyboard.press("Enter")
    all_saved(ana, 3)
    server.stop()
    found = counted(server)
    assert found[marked] == ("reject", ("selling",))
    assert found[newly] == ("reject", ("selling",))
