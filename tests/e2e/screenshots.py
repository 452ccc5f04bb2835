"""Pictures of every page of a project: pages x themes x widths into a folder.

    python tests/e2e/screenshots.py PROJECT OUT [--pages overview,shards] [--themes light,dark] [--widths 1440,1024,480]

Starts the app on a free port, opens each page in Chromium as reviewer "ana" in the role of a lead, waits until it
stands still and writes OUT/<page>-<theme>-<width>.png. `shard` is the first shard of the table; `approve` is the
dialog over the table; `welcome` is the page before a name is chosen.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from chromium import FLAGS, browser_path

PAGES = (
    "welcome",
    "overview",
    "review",
    "shards",
    "approve",
    "shard",
    "lots",
    "adjudicate",
    "rubric",
    "team",
    "classifier",
    "releases",
)
WIDTHS = (1440, 1024, 480)
HEIGHT = 900
START = (
    "import sys; from pathlib import Path; from review.ui.serve import serve; "
    "serve(Path(sys.argv[1]), port=0, open_browser=False)"
)


@contextmanager
def served(project: Path, *, start: str = START) -> Iterator[str]:
    """The app on a free port; its address. Stops it with SIGTERM and waits until it closed its store."""
    process = subprocess.Popen(
        [sys.executable, "-c", start, str(project)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    )
    try:
        yield _address(process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=30)


def _address(process: subprocess.Popen[str]) -> str:
    told = []
    assert process.stdout is not None
    for line in process.stdout:
        told.append(line)
        found = re.search(r"http://\S+", line)
        if found:
            return found[0]
    raise SystemExit("The app did not start:\n" + "".join(told))


def settle(page: Page) -> None:
    """Wait until Streamlit has run the script and its canvases and charts are drawn."""
    drawn = "[data-testid=stMain] .rd, [data-testid=stMain] [data-testid*=BidiComponent]"
    page.wait_for_selector(drawn, state="attached", timeout=60_000)
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=60_000)
    page.wait_for_function("!document.querySelector('[data-testid=stSkeleton]')", timeout=30_000)
    page.wait_for_function(
        "!document.querySelector('[data-testid=stMain] div[role=status]:not(.note)')", timeout=30_000
    )
    page.wait_for_timeout(900)


def open_page(page: Page, base: str, name: str) -> None:
    """Open one of PAGES."""
    who = "reviewer=ana&role=lead"
    if name == "welcome":
        page.goto(base)
    elif name in ("approve", "shard"):
        page.goto(f"{base}/shards?{who}")
        settle(page)
        if name == "approve":
            page.get_by_role("button", name=re.compile("^Approve( all .*)?…$")).first.click(timeout=5000)
        else:
            cell = page.locator("[data-testid=stDataFrame] canvas").first.bounding_box()
            if cell:
                page.mouse.click(cell["x"] + 17, cell["y"] + 48)
                page.locator(".st-key-shards-show button").click(timeout=5000)
                page.wait_for_url("**shard=**", timeout=5000)
    elif name == "lots":
        page.goto(f"{base}/shards?{who}&lots=1")
    else:
        page.goto(f"{base}/{'' if name == 'overview' else name}?{who}")
    settle(page)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("project", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--pages", default=",".join(PAGES))
    parser.add_argument("--themes", default="light,dark")
    parser.add_argument("--widths", default=",".join(map(str, WIDTHS)))
    parser.add_argument("--height", type=int, default=HEIGHT)
    wanted = parser.parse_args()
    wanted.out.mkdir(parents=True, exist_ok=True)
    with served(wanted.project) as base, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=FLAGS)
        for theme in wanted.themes.split(","):
            for width in map(int, wanted.widths.split(",")):
                context = browser.new_context(
                    color_scheme=theme, viewport={"width": width, "height": wanted.height}, timezone_id="UTC"
                )
                for name in wanted.pages.split(","):
                    page = context.new_page()
                    try:
                        open_page(page, base, name)
                    except Exception as error:  # a page that cannot be opened still gets its picture
                        print(f"{name} {theme} {width}: {str(error).splitlines()[0]}", file=sys.stderr)
                    page.screenshot(path=wanted.out / f"{name}-{theme}-{width}.png")
                    page.close()
                context.close()
        browser.close()


if __name__ == "__main__":
    main()
