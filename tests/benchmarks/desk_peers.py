"""Label Studio and Potato, each from an environment of its own, timed by the same clock: from the key that moves on to
the next document painted.

Both get the documents as tasks with one question of three choices, and a Chromium answers: a key for the choice, then
the key that submits and moves on. Painted: the first task after the frame in which another text stands on the screen.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from chromium import FLAGS, browser_path
from playwright.sync_api import Page, sync_playwright

START = 300  # s a peer may take to come up: Label Studio makes its database first
# Over page loads too, since a peer may load a page for each document: what has begun stands in the session's storage.
WATCH = """
(() => {
  const text = () => (document.querySelector(SELECTOR)?.textContent ?? "").trim().slice(0, 30);
  addEventListener("keydown", (event) => {
    if (event.key !== KEY) return;
    sessionStorage.setItem("begun", JSON.stringify([performance.timeOrigin + event.timeStamp, text()]));
  }, { capture: true });
  const look = () => {
    const begun = JSON.parse(sessionStorage.getItem("begun") ?? "null");
    if (begun && text() && text() !== begun[1]) {
      sessionStorage.removeItem("begun");
      const { port1, port2 } = new MessageChannel();
      port1.onmessage = () => {
        const times = JSON.parse(sessionStorage.getItem("times") ?? "[]");
        times.push(performance.timeOrigin + performance.now() - begun[0]);
        sessionStorage.setItem("times", JSON.stringify(times));
      };
      port2.postMessage(0);
    }
    requestAnimationFrame(look);
  };
  requestAnimationFrame(look);
})();
"""
CHOICES = """<View><Text name="text" value="$text"/>
<Choices name="verdict" toName="text" choice="single">
<Choice value="keep" hotkey="1"/><Choice value="unsure" hotkey="2"/><Choice value="reject" hotkey="3"/>
</Choices></View>"""
POTATO = """annotation_task_name: documents
task_dir: .
data_files: [data.jsonl]
item_properties: {id_key: id, text_key: text}
output_annotation_dir: out
output_annotation_format: jsonl
annotation_schemes:
  - annotation_type: radio
    name: verdict
    description: May it be kept?
    labels: [keep, unsure, reject]
    sequential_key_binding: true
user_config: {allow_all_users: true, users: []}
require_password: false
site_dir: default
"""


def label_studio(venv: Path, texts: Sequence[str], keys: int) -> dict[str, Any]:
    """Times of `keys` documents in Label Studio, and its version."""
    with tempfile.TemporaryDirectory() as folder:
        port = _port()
        login = {"email": "me@desk.example", "password": "a-password-1"}
        command = [venv / "bin" / "label-studio", "start", "--no-browser", "--port", str(port), "--data-dir", folder]
        command += ["--username", login["email"], "--password", login["password"]]
        quiet = {"LABEL_STUDIO_BASE_DATA_DIR": folder, "COLLECT_ANALYTICS": "0", "LATEST_VERSION_CHECK": "0"}
        with _running(command, Path(folder), port, "/health", quiet) as url, _browser() as page:
            page.goto(f"{url}/user/login")
            page.fill("input[name=email]", login["email"])
            page.fill("input[name=password]", login["password"])
            page.keyboard.press("Enter")
            page.wait_for_url(lambda at: "login" not in at)
            token = next(one["value"] for one in page.context.cookies() if one["name"] == "csrftoken")
            headers = {"X-CSRFToken": token, "Referer": url}
            project = page.request.post(
                f"{url}/api/projects/", data={"title": "documents", "label_config": CHOICES}, headers=headers
            ).json()["id"]
            tasks = [{"text": text} for text in texts]
            page.request.post(f"{url}/api/projects/{project}/import", data=tasks, headers=headers, timeout=120_000)
            times = _times(
                page, f"{url}/projects/{project}/data?labeling=1", ".lsf-htx-richtext", "1", "Control+Enter", keys
            )
        return {"version": _version(venv, "label-studio"), "painted": times}


def potato(venv: Path, texts: Sequence[str], keys: int) -> dict[str, Any]:
    """Times of `keys` documents in Potato, and its version."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        lines = (json.dumps({"id": str(at), "text": text}) + "\n" for at, text in enumerate(texts))
        (root / "data.jsonl").write_text("".join(lines), encoding="utf-8")
        (root / "config.yaml").write_text(POTATO, encoding="utf-8")
        port = _port()
        command = [venv / "bin" / "potato", "start", "config.yaml", "-p", str(port)]
        with _running(command, root, port, "/", {}) as url, _browser() as page:
            page.goto(url)
            page.fill("input[name=email]", "ana")
            page.keyboard.press("Enter")
            page.wait_for_url("**/annotate*")
            times = _times(page, f"{url}/annotate", "#text-content", "1", "ArrowRight", keys)
        return {"version": _version(venv, "potato-annotation"), "painted": times}


def _times(page: Page, url: str, selector: str, choose: str, move_on: str, keys: int) -> list[float]:
    watch = WATCH.replace("SELECTOR", json.dumps(selector)).replace("KEY", json.dumps(move_on.split("+")[-1]))
    page.add_init_script(watch)
    page.goto(url)
    page.wait_for_selector(selector)
    page.wait_for_timeout(2_000)
    for done in range(1, keys + 1):
        page.keyboard.press(choose)
        page.wait_for_timeout(500)
        page.keyboard.press(move_on)
        page.wait_for_function("n => JSON.parse(sessionStorage.getItem('times') ?? '[]').length >= n", arg=done)
        page.wait_for_timeout(500)
    return page.evaluate("JSON.parse(sessionStorage.getItem('times'))")


@contextmanager
def _browser() -> Iterator[Page]:
    with sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=browser_path(), args=FLAGS)
        yield chromium.new_page(viewport={"width": 1440, "height": 900})
        chromium.close()


@contextmanager
def _running(command: Sequence[Any], folder: Path, port: int, health: str, more: dict[str, str]) -> Iterator[str]:
    """A peer's server, ended by its process group."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    with (folder / "server.log").open("wb") as log:
        process = subprocess.Popen(
            [str(one) for one in command],
            cwd=folder,
            env=kept | more,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    url = f"http://127.0.0.1:{port}"
    try:
        end = time.monotonic() + START
        while True:
            try:
                urllib.request.urlopen(url + health, timeout=5).close()
                break
            except OSError:
                if process.poll() is not None or time.monotonic() > end:
                    raise RuntimeError((folder / "server.log").read_text(errors="replace")[-2_000:]) from None
                time.sleep(0.5)
        yield url
    finally:
        if process.poll() is None:
            os.killpg(process.pid, 15)
        process.wait(timeout=30)


def _port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _version(venv: Path, package: str) -> str:
    asked = f"from importlib.metadata import version; print(version({package!r}))"
    return subprocess.run(
        [venv / "bin" / "python", "-c", asked], capture_output=True, text=True, check=True
    ).stdout.strip()
