"""The next document in a real Chromium: laid out before its key, whole with the first frame, and hidden until then."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

# ruff: noqa: F811 (fixtures are imported by name)
pytest.importorskip("playwright.sync_api")

from deskbench import Server, browser, make_project, open_desk, serving, title  # noqa: F401
from playwright.sync_api import expect

pytestmark = pytest.mark.browser

# After a key: what of it lay behind before, and which blocks in view the browser may have left out of the first frame.
TURN = """
() => new Promise((resolve) => {
  const hosts = [...document.querySelectorAll("[data-testid=stMain] *")];
  const root = hosts.find((one) => one.shadowRoot?.querySelector(".dk")).shadowRoot;
  const line = root.querySelector(".behind .ln");
  const beside = root.querySelector(".side .behind section");
  window.atKey = () => requestAnimationFrame(() => {
    const view = root.querySelector(".scroll").getBoundingClientRect();
    const late = [...root.querySelectorAll(".tx .blk")].filter((block) => {
      const { top, bottom } = block.getBoundingClientRect();
      return bottom > view.top && top < view.bottom && getComputedStyle(block).contentVisibility !== "visible";
    });
    resolve({
      late: late.length,
      turned: line === root.querySelector(".tx .ln"),
      beside: beside === root.querySelector(".side .now section"),
      scrolled: root.querySelector(".scroll").scrollTop,
    });
  });
})
"""
KEYS = "addEventListener('keydown', () => window.atKey?.(), { capture: true })"  # before the desk, which keeps its keys


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with documents that are longer than any screen."""
    lines = "\n".join(f"Line {at} of a document that is longer than any screen." for at in range(300))
    texts = [f"Document {at}\n{lines}" for at in range(12)]
    with serving(make_project(tmp_path_factory.mktemp("turns") / "project", texts)) as server:
        yield server


@pytest.mark.parametrize("height", [700, 2400])
def test_the_next_document_lies_ready_and_is_whole_with_the_first_frame(browser, desk, height):
    with browser.new_context(viewport={"width": 1440, "height": height}) as made:
        made.add_init_script(KEYS)
        page = open_desk(made, desk, f"ana{height}")
        behind = page.locator(".behind .ln").first
        expect(behind).to_be_attached()
        expect(behind).to_be_hidden()  # to the eye, to screen readers and to the browser's own search
        coming = behind.text_content()
        assert coming != title(page)
        page.keyboard.press("End")  # the next one begins at its top all the same
        page.wait_for_timeout(400)
        turn = page.evaluate_handle(f"({{ over: ({TURN})() }})")
        page.keyboard.press("j")
        assert turn.evaluate("({ over }) => over") == {"late": 0, "turned": True, "beside": True, "scrolled": 0}
        assert title(page) == coming
