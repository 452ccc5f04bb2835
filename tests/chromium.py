"""The browser that tests, benchmarks and pictures drive: REVIEW_CHROMIUM, else the system's Chromium or Chrome."""

from __future__ import annotations

import os
import shutil

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


def browser_path() -> str:
    """The browser's path. Without one the test is skipped; in continuous integration (CI is set) it fails."""
    found = next(filter(None, map(shutil.which, (os.environ.get("REVIEW_CHROMIUM") or "", *NAMES))), None)
    if found:
        return found
    missing = "There is no Chromium here. Install it from the system's packages, or name one: REVIEW_CHROMIUM=PATH."
    if os.environ.get("CI"):
        pytest.fail(missing)
    pytest.skip(missing)
