"""axe-core finds nothing on any page, light and dark, but what Streamlit draws itself."""

from __future__ import annotations

from collections.abc import Iterator

import axe
import pytest
from chromium import FLAGS, browser_path
from conftest import make
from test_browser import screenshots

from review.ui import shell
from review.ui.theme import TOKENS

pytestmark = [pytest.mark.browser]
sync_api = pytest.importorskip("playwright.sync_api")

INK = "rgb({}, {}, {})".format(*bytes.fromhex(TOKENS["dark"]["ink"][1:]))
PAGES = ("welcome", "approve", "shard", "lots", *(name for name in shell.NAMES if name != "review"))


@pytest.fixture(scope="module")
def base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    root = tmp_path_factory.mktemp("accessible") / "project"
    make(root, "full").close()
    with screenshots.served(root) as address:
        yield address


def test_every_page_is_accessible(base: str) -> None:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=FLAGS)
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        for name in PAGES:
            screenshots.open_page(page, base, name)
            assert axe.violations(page) == [], name
            # Evening comes: the page is run again in the other colours.
            page.emulate_media(color_scheme="dark")
            page.wait_for_function(f"getComputedStyle(document.querySelector('.rd h1')).color === '{INK}'")
            screenshots.settle(page)
            assert axe.violations(page) == [], f"{name}, dark"
            page.emulate_media(color_scheme="light")
        browser.close()
