"""The desk in a real Chromium: from a key to the next document painted, and to the label stored.

    python tests/benchmarks/desk.py       writes results/desk.json

Documents of 2,000 words and of 200,000 characters, 40 keys each, one reviewer, the whole app on this machine. Painted:
the first task after the frame that follows the key. Script: the part of it that is ours, to the end of layout. Stored:
from the key to the moment the desk says "n saved" with nothing waiting.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "e2e")]

from chromium import FLAGS, browser_path  # noqa: E402
from deskbench import SETTINGS, WORDS, all_saved, make_project, open_desk, serving  # noqa: E402

RESULTS = Path(__file__).parent / "results" / "desk.json"
KEYS = 40
PAINTED = """
window.painted = []; window.stored = [];
window.addEventListener("keydown", () => {
  const start = performance.now();
  requestAnimationFrame(() => {
    const { port1, port2 } = new MessageChannel();
    port1.onmessage = () => window.painted.push(performance.now() - start);
    port2.postMessage(0);
  });
  const look = () => {
    // Looked up once a desk: a search of a long document's every element would be what is measured.
    if (!window.saved?.isConnected) {
      const hosts = [...document.querySelectorAll("[data-testid=stMain] *")].filter((one) => one.shadowRoot);
      window.saved = hosts.map((one) => one.shadowRoot.querySelector(".save")).find(Boolean);
    }
    const said = window.saved?.textContent.trim() ?? "";
    if (/^\\d+ saved$/.test(said)) window.stored.push(performance.now() - start);
    else setTimeout(look, 10);
  };
  setTimeout(look, 10);
}, { capture: true });
"""


def documents(words: int) -> list[str]:
    """Sixty documents of so many words, 80 a line."""
    return [
        f"Document {number}\n"
        + "\n".join(
            " ".join(WORDS[(number + line + word) % len(WORDS)] for word in range(80)) for line in range(words // 80)
        )
        for number in range(60)
    ]


def measure(words: int) -> dict[str, float]:
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as play:
        root = make_project(Path(folder) / "project", documents(words), SETTINGS)
        with serving(root) as server:
            chromium = play.chromium.launch(executable_path=browser_path(), args=FLAGS)
            context = chromium.new_context(viewport={"width": 1440, "height": 900})
            context.add_init_script(PAINTED)
            page = open_desk(context, server, "ana")
            page.wait_for_timeout(1_000)
            for _ in range(KEYS):
                page.keyboard.press("j")
                page.wait_for_timeout(300)
            all_saved(page, KEYS)
            painted, stored = (sorted(page.evaluate(f"window.{name}")) for name in ("painted", "stored"))
            chromium.close()
    return {
        "p50": round(painted[len(painted) // 2], 1),
        "p95": round(painted[int(len(painted) * 0.95)], 1),
        "stored_p50": round(stored[len(stored) // 2], 1),
        "stored_p95": round(stored[int(len(stored) * 0.95)], 1),
        "keys": KEYS,
    }


def main() -> None:
    found = {"cores": os.cpu_count(), "words_2000": measure(2_000), "characters_200000": measure(28_000)}
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
