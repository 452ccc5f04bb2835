"""The desk under ten reviewers: a real Chromium among nine more, and the peers beside it where they are installed.

    python tests/benchmarks/desk.py [--label-studio VENV] [--potato VENV] [--quick]      writes results/desk.json

Documents of 2,000 words and of 200,000 characters. Nine reviewers label once a second each by the desk's own protocol
(desk_load.py) while a Chromium gets a key a second, then five a second. Measured, each from the key's own time stamp:

painted     the first task after the main thread's frame, which has committed it: script, style, layout and paint of the
            next document and of what stands beside it are done. The peers' clock is the same
presented   the browser's own event timing: the frame with the next document is on its way to the screen. It counts in
            steps of 8 ms, says nothing below 16, and includes the wait for the display's tick and the rasteriser
nothing     both again on an empty page that changes one word, in the same minute, a key a second too: what the browser
            costs by itself
work        processor time of the main thread from key to frame, of a few keys traced apart
stored      key to "n saved" in the Chromium; acknowledged: message to answer, all ten reviewers
dry         keys that found no document, of the ten reviewers, and of the Chromium at five keys a second

The peers show documents of the same 2,000 words; there it is the key that moves on, to the next text on the screen.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "e2e")]

from chromium import FLAGS, browser_path  # noqa: E402
from desk_peers import label_studio, potato  # noqa: E402
from deskbench import SETTINGS, WORDS, make_project, open_desk, serving  # noqa: E402

RESULTS = Path(__file__).parent / "results" / "desk.json"
LOAD = Path(__file__).with_name("desk_load.py")
REVIEWERS = 9
WATCH = """
window.times = {painted: [], presented: [], stored: [], dry: 0};
const desk = () => {
  // Looked up once a desk: a search of a long document's every element would be what is measured.
  if (!window.saved?.isConnected) {
    const hosts = [...document.querySelectorAll("[data-testid=stMain] *")].filter((one) => one.shadowRoot);
    window.saved = hosts.map((one) => one.shadowRoot.querySelector(".save")).find(Boolean);
  }
  return window.saved;
};
new PerformanceObserver((list) => {
  for (const one of list.getEntries()) if (one.name === "keydown") window.times.presented.push(one.duration);
}).observe({ type: "event", durationThreshold: 16 });
window.addEventListener("keydown", (event) => {
  const start = event.timeStamp;
  if (desk()?.getRootNode().querySelector(".read")?.classList.contains("bare")) window.times.dry += 1;
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => window.times.painted.push(performance.now() - start);
    port2.postMessage(0);
  });
  const look = () => {
    if (/^\\d+ saved$/.test(desk()?.textContent.trim() ?? "")) window.times.stored.push(performance.now() - start);
    else setTimeout(look, 5);
  };
  setTimeout(look, 5);
}, { capture: true });
"""
EMPTY = "<p id=word>0</p><script>addEventListener('keydown', () => word.append(1))</script>"
TRACED = ["devtools.timeline", "disabled-by-default-devtools.timeline"]


def documents(words: int, number: int = 60) -> list[str]:
    """Documents of so many words, 80 a line."""
    return [
        f"Document {at}\n"
        + "\n".join(
            " ".join(WORDS[(at + line * 31 + word * (7 + line % 5)) % len(WORDS)] for word in range(80))
            for line in range(words // 80)
        )
        for at in range(number)
    ]


def shares(times: list[float], floor: int = 0) -> dict[str, float]:
    """Median and 95th percentile; `floor` values too small to be reported stand at 16."""
    ordered = sorted([16.0] * floor + times)
    return {
        "p50": round(ordered[len(ordered) // 2], 1),
        "p95": round(ordered[int(len(ordered) * 0.95)], 1),
        "n": len(ordered),
    }


def press(page: Page, keys: int, pause: int) -> dict[str, Any]:
    """Press keys with `pause` ms between them; the times they took."""
    page.evaluate("window.times = {painted: [], presented: [], stored: [], dry: 0}")
    for _ in range(keys):
        page.keyboard.press("j")
        page.wait_for_timeout(pause)
    page.wait_for_timeout(2_000)
    return page.evaluate("window.times")


def nothing(chromium: Browser, keys: int) -> dict[str, Any]:
    """The same keys on a page that changes one word."""
    context = chromium.new_context(viewport={"width": 1440, "height": 900})
    context.add_init_script(WATCH)
    page = context.new_page()
    page.route("http://empty.example/", lambda route: route.fulfill(body=EMPTY, content_type="text/html"))
    page.goto("http://empty.example/")
    times = press(page, keys, 1_000)
    context.close()
    return {
        "painted": shares(times["painted"]),
        "presented": shares(times["presented"], keys - len(times["presented"])),
    }


def work(chromium: Browser, page: Page, keys: int) -> dict[str, float]:
    """Processor milliseconds of the main thread from each key to the frame after it."""
    chromium.start_tracing(page=page, categories=TRACED)
    for _ in range(keys):
        page.keyboard.press("j")
        page.wait_for_timeout(400)
    events = json.loads(chromium.stop_tracing())["traceEvents"]
    spans = sorted((one for one in events if one.get("ph") == "X"), key=lambda one: one["ts"])
    downs = [one for one in spans if one["name"] == "EventDispatch" and one["args"]["data"]["type"] == "keydown"]
    taken = []
    for down in downs:
        mine = [
            one for one in spans if one["ts"] >= down["ts"] and one["tid"] == down["tid"] and one["pid"] == down["pid"]
        ]
        frame = next((one for one in mine if one["name"] == "Commit"), None)
        if frame is None:
            continue
        until = down["ts"] - 1
        total = 0.0
        for one in mine:  # outermost spans alone, or their parts would count twice
            if one["ts"] > frame["ts"]:
                break
            if one["ts"] > until and one["name"] != "RunTask":
                total += one.get("tdur", one.get("dur", 0))
                until = one["ts"] + one.get("dur", 0)
        taken.append(total / 1e3)
    return shares(taken)


def measure(words: int, keys: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        root = make_project(Path(folder) / "project", documents(words, 2 * keys + keys // 2 + 100), SETTINGS)
        with serving(root) as server:
            seconds = keys * 1.55 + 16
            load = subprocess.Popen(
                [sys.executable, str(LOAD), server.url, str(REVIEWERS), str(seconds)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                text=True,
            )
            assert load.stdin
            assert load.stdout
            assert load.stdout.readline() == "ready\n", "the other reviewers did not get in"
            chromium = play.chromium.launch(executable_path=browser_path(), args=FLAGS)
            context = chromium.new_context(viewport={"width": 1440, "height": 900})
            context.add_init_script(WATCH)
            page = open_desk(context, server, "ana")
            page.wait_for_timeout(2_000)
            load.stdin.write("\n")
            load.stdin.flush()
            times = press(page, keys, 1_000)
            fast = press(page, keys, 200)
            floor = nothing(chromium, 20)
            others = json.loads(load.stdout.readline())
            load.wait(timeout=30)
            page.bring_to_front()
            alone = work(chromium, page, keys // 4)
            chromium.close()
    return {
        "painted": shares(times["painted"]),
        "presented": shares(times["presented"], keys - len(times["presented"])),
        "nothing": floor,
        "work": alone,
        "stored": shares(times["stored"]),
        "acknowledged": shares(others["acks"]),
        "fetched": shares(others["fetches"]),
        "dry": {"reviewers": others["dry"], "five_a_second": fast["dry"], "keys": len(fast["painted"])},
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--label-studio", type=Path, default=os.environ.get("REVIEW_LABEL_STUDIO"), metavar="VENV")
    parser.add_argument("--potato", type=Path, default=os.environ.get("REVIEW_POTATO"), metavar="VENV")
    parser.add_argument("--quick", action="store_true", help="a few keys, to see that it runs; writes nothing")
    asked = parser.parse_args()
    keys = 8 if asked.quick else 60
    found: dict[str, Any] = {"cores": os.cpu_count(), "reviewers": REVIEWERS + 1, "load_average": os.getloadavg()[0]}
    found["words_2000"] = measure(2_000, keys)
    found["characters_200000"] = measure(28_000, keys)
    peers = {"label_studio": (label_studio, asked.label_studio), "potato": (potato, asked.potato)}
    for name, (run, venv) in peers.items():
        if venv:
            taken = run(Path(venv), documents(2_000), keys // 2)
            found[name] = {"version": taken["version"], "painted": shares(taken["painted"])}
    found["load_average"] = max(found["load_average"], os.getloadavg()[0])  # what else ran may have come meanwhile
    print(json.dumps(found, indent=1))
    if not asked.quick:
        RESULTS.parent.mkdir(exist_ok=True)
        RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
