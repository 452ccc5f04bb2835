"""The desk's modules join into one text that a browser can load."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from review.keys import ACTS, KEY
from review.ui.desk import assets

FOLDER = Path(assets.__file__).parent


def test_every_module_is_reached_and_stands_after_what_it_imports():
    order = assets.modules("main.js")
    assert sorted(order) == sorted(path.name for path in (FOLDER / "js").glob("*.js"))
    for at, name in enumerate(order):
        needed = re.findall(r'from "\./([\w.]+)"', (FOLDER / "js" / name).read_text())
        assert set(needed) <= set(order[:at]), name


def test_no_import_or_second_default_is_left_over():
    text = assets.script("main.js")
    assert not re.search(r"^import ", text, re.MULTILINE)
    assert len(re.findall(r"^export ", text, re.MULTILINE)) == 1


def test_names_at_the_top_of_modules_differ():
    found = re.findall(r"^(?:async )?(?:class|function|const|let) (\w+)", assets.script("main.js"), re.MULTILINE)
    assert len(found) == len(set(found))


def test_the_joined_script_is_valid(tmp_path):
    node = shutil.which("node")
    if node is None:
        pytest.skip("node is not installed; the browser tests load the same text")
    (tmp_path / "desk.mjs").write_text(assets.script("main.js"))
    subprocess.run([node, "--check", str(tmp_path / "desk.mjs")], check=True)


def test_no_module_makes_html_of_text():
    for path in (FOLDER / "js").glob("*.js"):
        assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|DOMParser", path.read_text()), (
            path
        )


def test_every_style_sheet_is_used_and_no_file_is_long():
    assert sorted(assets.STYLES) == sorted(path.name for path in (FOLDER / "css").glob("*.css"))
    for path in [*(FOLDER / "js").glob("*.js"), *(FOLDER / "css").glob("*.css")]:
        assert len(path.read_text().splitlines()) <= 400, path


def test_the_browser_does_every_act_and_allows_the_same_keys():
    text = assets.script("main.js")
    assert set(ACTS) <= set(re.findall(r"^ {6}(\w+): \(\) =>", text, re.MULTILINE))
    assert f"ALLOWED = /^{KEY.pattern}$/;" in text
