"""A disk that fills up under the desk: the page says so and keeps the labels, and goes on when there is room again."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

# ruff: noqa: F811 (fixtures are imported by name)
pytest.importorskip("playwright.sync_api")

from deskbench import (  # noqa: F401
    SETTINGS,
    Server,
    all_saved,
    browser,
    context,
    labels_by,
    make_project,
    open_desk,
    plain,
    title,
)
from playwright.sync_api import expect

from review.project import open_project

pytestmark = [pytest.mark.browser, pytest.mark.faults]

KEPT = re.compile(r"Your last (verdict is|\d verdicts are) kept in this browser and will be sent again\.")

# Every write of the journal fails as on a full disk, after half of it, while a file says so.
FAILING_WRITES = """
import errno, os
_write = os.pwrite
def pwrite(fd, raw, at):
    if os.path.exists({flag!r}):
        _write(fd, raw[: len(raw) // 2], at)
        raise OSError(errno.ENOSPC, "No space left on device")
    return _write(fd, raw, at)
os.pwrite = pwrite
"""


@dataclass
class Disk:
    """Where the project lies, and how its disk fills up and empties."""

    root: Path
    fill: Callable[[], object]
    free: Callable[[], object]
    prelude: str = ""


@pytest.fixture(params=["a small file system", "failing writes"])
def disk(request, tmp_path):
    if request.param == "failing writes":
        flag = tmp_path / "full"
        yield Disk(tmp_path, flag.touch, flag.unlink, FAILING_WRITES.format(flag=str(flag)))
        return
    small = tmp_path / "small"
    small.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=48m", "tmpfs", small], capture_output=True, text=True)
    if mounted.returncode:
        pytest.skip(f"a small file system cannot be mounted here: {mounted.stderr.strip()}")
    ballast = small / "ballast"
    yield Disk(small, lambda: fill(ballast), ballast.unlink)
    subprocess.run(["umount", "-l", small], check=True)


def fill(ballast: Path) -> None:
    """Take all room that is left, down to the last block."""
    with ballast.open("wb", buffering=0) as file:
        for size in (1 << 20, 1 << 12):
            try:
                while True:
                    file.write(os.urandom(size))
            except OSError:
                continue


def test_a_full_disk_is_said_labels_wait_and_go_on_when_there_is_room(context, disk):
    server = Server(
        make_project(disk.root / "project", [plain(at) for at in range(30)], SETTINGS), prelude=disk.prelude
    )
    server.start()
    try:
        page = open_desk(context, server, "ana")
        read = [title(page)]
        page.keyboard.press("j")
        all_saved(page, 1)
        disk.fill()
        for key in ("k", "l", "j"):
            read.append(title(page))
            page.keyboard.press(key)
        banner = page.get_by_role("alert")
        expect(banner).to_contain_text("The server could not store labels.", timeout=20_000)
        expect(banner).to_contain_text(re.compile("No space left on device|disk is full or failing"))
        expect(banner).to_contain_text(KEPT)
        expect(banner).not_to_contain_text("do not send again")
        said = page.locator(".save").text_content()
        saved, waiting = map(int, re.findall(r"\d+", said))
        assert saved + waiting == 4, said  # a small file system may have had room for one more line
        assert title(page) not in read  # reading goes on
        page.reload()
        expect(page.locator(".save")).to_contain_text(f"{waiting} waiting", timeout=30_000)
        expect(banner).to_contain_text("The server could not store labels.", timeout=20_000)
        disk.free()
        all_saved(page, 4)
        expect(banner).to_be_hidden()
        page.keyboard.press("j")
        all_saved(page, 5)
        found = labels_by(server, "ana")
    finally:
        server.stop(9)
    assert sorted(str(one.verdict) for one in found) == ["keep", "keep", "keep", "reject", "unsure"]
    with open_project(server.root) as project:
        assert project.store.verify() == []
        titles = {one.doc_id: one.text.split("\n")[0] for one in project.store.documents([one.doc_id for one in found])}
    verdicts = {titles[one.doc_id]: str(one.verdict) for one in found}
    assert [verdicts[name] for name in read] == ["keep", "unsure", "reject", "keep"]
