"""axe-core over a page as it stands: what a screen reader or a keyboard would stumble over."""

from __future__ import annotations

import os
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page

LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@dataclass(frozen=True, slots=True)
class Known:
    """A violation in an element that Streamlit draws and we cannot change: rule, CSS selector, why it stays."""

    rule: str
    place: str
    why: str


STREAMLITS = (
    Known(
        "list",
        'ul[data-testid="stSidebarNavItems"]:has(> div > [data-testid="stNavSectionHeader"])',
        "on a phone the navigation is a list in the sidebar, and a section of it is a div in that list",
    ),
    Known("listitem", 'ul[data-testid="stSidebarNavItems"] > div > li', "the entries of such a section"),
)


def violations(page: Page) -> list[str]:
    """Every violation on the page, the minor ones too, without Streamlit's own known ones; a line each."""
    found = page.evaluate(
        "async ([script, levels, known]) => { if (!window.axe) (0, eval)(script);"
        " const found = await axe.run(document, {runOnly: levels, resultTypes: ['violations'], elementRef: true});"
        " return found.violations.flatMap(({id, impact, nodes}) => nodes.filter(({element}) =>"
        " !known.some(([rule, place]) => rule === id && element.matches(place)))"
        ".map(({target, html, failureSummary}) => [id, impact, target.flat().join(' >>> '), html, failureSummary])); }",
        [_script(), LEVELS, [(one.rule, one.place) for one in STREAMLITS]],
    )
    return [f"{rule} ({impact}) at {place}: {html[:300]} {summary}" for rule, impact, place, html, summary in found]


def _script() -> str:
    try:
        from axe_playwright_python.base import AXE_SCRIPT
    except ImportError:
        missing = "axe-core is not installed: pip install -c constraints.txt -e '.[test]'"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    return str(AXE_SCRIPT)
