"""The desk in a real Chromium: what a reviewer sees and does, and what is on disk afterwards."""

from __future__ import annotations

import re

import pytest

# ruff: noqa: F811 (fixtures are imported by name)
pytest.importorskip("playwright.sync_api")

from deskbench import (  # noqa: F401
    SETTINGS,
    all_saved,
    browser,
    context,
    labels_by,
    open_desk,
    plain,
    serve,
    shared,
    text_of,
    title,
)
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

HOSTILE = (
    '<script>window.hurt = "script"</script><img src=x onerror="window.hurt = 1">\n'
    "# no heading, **not bold**, $x^2$, [no link](javascript:window.hurt=2)\n"
    "nul \x00 bell \x07 escape \x1b[31mred zero\u200bwidth, turned \u202egpj.exe\u202c end\n"
    '=HYPERLINK("http://evil.example")|calc\n'
    "&lt;b&gt; stays &amp; as it is"
)
ARABIC = "كيف تُروى النخلة في الصيف\nتحتاج النخلة في أشهر الصيف إلى ريّ منتظم، لكنّ كثرة الماء تضرّ الجذور."
MARKED = (
    "Home | Guides | Shop | Forum\n"
    "Read more about this harbour today\nWrite to office@harbour.example or ring +44 555 010 2030.\n"
    "Read more about this harbour today\nArchive 2019 (276)\n"
    "Itâ€™s on https://harbour.example/tide now, from 192.168.10.7."
)


def test_fifty_documents_by_keyboard_alone_are_exactly_what_is_stored(context, serve):
    server = serve([plain(at) for at in range(60)])
    page = open_desk(context, server, "ana")
    given = {}
    keys = [("j", "keep", ()), ("k", "unsure", ()), ("l", "reject", ()), ("Shift+S", "reject", ("spam",))]
    for turn in range(50):
        key, verdict, reasons = keys[turn % 4]
        given[title(page)] = (verdict, reasons)
        page.keyboard.press(key)
    all_saved(page, 50)
    assert len(given) == 50
    labels = labels_by(server, "ana")
    texts = {f"web-000.jsonl#{at}": f"Document {at}" for at in range(60)}
    found = {texts[re.sub(r"^.*?(web-000)", r"\1", one.doc_id)]: (str(one.verdict), one.reasons) for one in labels}
    assert found == given
    assert all(one.shown["whole"] for one in labels)


def test_reasons_arm_reject_and_enter_confirms(context, serve):
    server = serve([plain(at) for at in range(5)])
    page = open_desk(context, server, "ana")
    page.keyboard.press("d")
    page.keyboard.press("b")
    expect(page.locator(".chip[aria-pressed=true]")).to_have_count(2)
    expect(page.locator(".vb.reject")).to_have_class(re.compile("arm"))
    page.keyboard.press("n")
    page.keyboard.type("jjj same text, twice")
    page.keyboard.press("Control+Enter")
    all_saved(page, 1)
    [label] = labels_by(server, "ana")
    assert (label.verdict, set(label.reasons), label.note) == (
        "reject",
        {"duplicate", "boilerplate"},
        "jjj same text, twice",
    )


def test_a_reject_waits_for_its_reason_where_the_rubric_wants_one(context, serve):
    server = serve([plain(at) for at in range(5)], SETTINGS + "[rubric]\nrequire_reason = true\nscore = true\n")
    page = open_desk(context, server, "ana")
    before = title(page)
    page.keyboard.press("l")
    assert title(page) == before
    page.keyboard.press("3")
    page.keyboard.press("t")
    expect(page.locator(".tx .ln").first).not_to_have_text(before)
    all_saved(page, 1)
    [label] = labels_by(server, "ana")
    assert (label.verdict, label.reasons, label.score) == ("reject", ("truncated",), 3)


def test_undo_goes_back_step_by_step_and_redo_forward(context, serve):
    server = serve([plain(at) for at in range(8)])
    page = open_desk(context, server, "ana")
    seen = []
    for key in ("j", "Shift+A", "k"):
        seen.append(title(page))
        page.keyboard.press(key)
    all_saved(page, 3)
    fourth = title(page)
    page.keyboard.press("u")
    assert title(page) == seen[2]
    page.keyboard.press("Control+z")
    assert title(page) == seen[1]
    expect(page.locator(".chip[aria-pressed=true]")).to_have_text(re.compile("adult"))
    page.keyboard.press("u")
    assert title(page) == seen[0]
    page.keyboard.press("l")  # another verdict than before
    assert title(page) == seen[1]
    page.keyboard.press("Enter")  # the same again
    assert title(page) == seen[2]
    page.keyboard.press("Shift+U")  # nothing to redo after a fresh verdict
    assert title(page) == seen[2]
    page.keyboard.press("u")
    page.keyboard.press("Shift+U")
    assert title(page) == seen[2]
    page.keyboard.press("k")
    assert title(page) == fourth
    all_saved(page, 3)
    verdicts = [str(one.verdict) for one in sorted(labels_by(server, "ana"), key=lambda one: one.seq)]
    assert sorted(verdicts) == ["reject", "reject", "unsure"]


def test_an_answer_from_before_the_way_back_takes_no_document_away(context, serve):
    server = serve([plain(at) for at in range(8)])
    page = open_desk(context, server, "ana")
    asked = []

    def keep(route):
        """A wish for documents is kept back; labels pass."""
        if '"documents":false' in route.request.post_data:
            route.continue_()
        else:
            asked.append(route)

    page.wait_for_load_state("networkidle")
    page.route("**/desk/exchange", keep)
    page.evaluate("document.dispatchEvent(new Event('visibilitychange'))")  # the desk says what it holds: all eight
    page.wait_for_timeout(200)
    assert len(asked) == 1
    seen = []
    for _ in range(2):
        seen.append(title(page))
        page.keyboard.press("j")
    all_saved(page, 2)
    answer = asked[0].fetch()  # the server has the labels now: to it, both documents are done with
    assert len(answer.json()["gone"]) == 2
    for before in reversed(seen):
        page.keyboard.press("u")
        assert title(page) == before
    with page.expect_response(lambda one: '"documents":false' not in (one.request.post_data or "")):
        asked[0].fulfill(response=answer)
    page.wait_for_timeout(200)
    page.keyboard.press("Enter")
    assert title(page) == seen[1]
    page.unroute("**/desk/exchange")
    page.keyboard.press("Enter")
    all_saved(page, 2)


def test_hostile_documents_are_text(context, serve):
    server = serve([HOSTILE, "x" * 1_000_000])
    page = open_desk(context, server, "ana")
    seen = ""
    for _ in range(2):
        seen += text_of(page)
        if "script" in text_of(page):
            page.keyboard.press("v")
            expect(page.locator(".tx")).to_contain_text("¤")
            page.keyboard.press("v")
        page.keyboard.press("j")
    all_saved(page, 2)
    assert page.evaluate("window.hurt") is None
    assert '<script>window.hurt = "script"</script><img src=x onerror="window.hurt = 1">' in seen
    assert "# no heading, **not bold**, $x^2$, [no link](javascript:window.hurt=2)" in seen
    assert "&lt;b&gt; stays &amp; as it is" in seen
    assert page.locator(".tx img, .tx script, .tx a").count() == 0
    shown = [one.shown for one in labels_by(server, "ana")]
    assert sorted(one["whole"] for one in shown) == [False, True]


def test_right_to_left_text_runs_right_to_left(context, serve):
    page = open_desk(context, serve([ARABIC]), "ana")
    line = page.locator(".tx .ln").first
    assert line.evaluate("node => getComputedStyle(node).direction") == "rtl"
    ruler = page.locator(".ruler").bounding_box()
    assert ruler["x"] < 20


def test_marks_have_a_legend_and_can_be_switched_off(context, serve):
    page = open_desk(context, serve([MARKED]), "ana")
    numbers = page.locator(".side .lg .num").all_inner_texts()
    assert numbers == ["2", "0", "1", "3", "1", "1"]
    painted = "() => [...CSS.highlights.keys()].filter(name => CSS.highlights.get(name).size).sort()"
    assert page.evaluate(painted) == ["desk-broken", "desk-link", "desk-menu", "desk-personal", "desk-repeated"]
    page.keyboard.press("h")
    assert page.evaluate(painted) == []
    page.keyboard.press("h")
    page.get_by_role("switch", name="Highlight personal data").click()
    assert "desk-personal" not in page.evaluate(painted)
    page.keyboard.press(".")
    assert page.evaluate("CSS.highlights.get('desk-current').size") == 1


def test_find_counts_and_steps(context, shared):
    page = open_desk(context, shared, "finder")
    page.keyboard.press("/")
    page.keyboard.type("lantern")
    expect(page.locator(".find")).to_contain_text(re.compile(r"1 of \d"))
    page.keyboard.press("Enter")
    expect(page.locator(".find")).to_contain_text(re.compile(r"2 of \d"))
    page.keyboard.press("Escape")
    expect(page.locator(".find")).to_be_hidden()


def test_a_quick_key_after_closing_find_is_not_swallowed(context, shared):
    page = open_desk(context, shared, "quick")
    before = title(page)
    page.keyboard.press("/")
    page.evaluate(
        """() => {
          const press = (key, code) => {
            let focus = document.activeElement;
            while (focus.shadowRoot?.activeElement) focus = focus.shadowRoot.activeElement;
            focus.dispatchEvent(new KeyboardEvent("keydown", { key, code, bubbles: true, composed: true }));
          };
          press("Escape", "Escape");
          press("j", "KeyJ");
        }"""
    )
    assert title(page) != before


def test_letters_typed_in_a_field_are_letters(context, shared):
    page = open_desk(context, shared, "typist")
    before = title(page)
    page.keyboard.press("n")
    page.keyboard.type("jkl lucid r c")
    assert page.locator("textarea.note").input_value() == "jkl lucid r c"
    assert title(page) == before
    page.keyboard.press("Escape")
    page.keyboard.press("j")
    assert title(page) != before


def test_keys_follow_their_place_on_a_cyrillic_keyboard(context, shared):
    page = open_desk(context, shared, "cyrillic")
    before = title(page)
    page.evaluate("window.dispatchEvent(new KeyboardEvent('keydown', {key: 'о', code: 'KeyJ', bubbles: true}))")
    assert title(page) != before
    before = title(page)
    page.evaluate("window.dispatchEvent(new KeyboardEvent('keydown', {key: 'j', code: 'KeyJ', repeat: true}))")
    page.evaluate("window.dispatchEvent(new KeyboardEvent('keydown', {key: 'j', code: 'KeyJ', altKey: true}))")
    assert title(page) == before


def test_mouse_and_drawers(context, shared):
    page = open_desk(context, shared, "mouse")
    before = title(page)
    page.get_by_role("button", name="spam / SEO").click()
    page.keyboard.press("m")
    expect(page.get_by_role("complementary", name="Guideline")).to_contain_text("Keep a document that a person wrote")
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog", name="Keys")).to_contain_text("wrong language")
    page.keyboard.press("j")  # no verdict while the sheet lies over the text
    page.keyboard.press("Escape")
    assert title(page) == before
    page.get_by_role("button", name="Reject").click()
    expect(page.locator(".tx .ln").first).not_to_have_text(before)
    all_saved(page, 1)


def test_enter_confirms_after_the_mouse_has_chosen_a_reason(context, shared):
    page = open_desk(context, shared, "mouse-and-enter")
    before = title(page)
    chip = page.get_by_role("button", name="spam / SEO")
    chip.click()
    page.keyboard.press("Enter")
    expect(page.locator(".tx .ln").first).not_to_have_text(before)
    all_saved(page, 1)
    before = title(page)
    page.keyboard.press("Tab")  # from here on a control is walked to by key, and Enter is its own
    chip.focus()
    page.keyboard.press("Enter")
    expect(chip).to_have_attribute("aria-pressed", "true")
    assert title(page) == before
