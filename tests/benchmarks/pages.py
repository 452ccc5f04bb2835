"""How long a page takes on the server, in a project of 10,000 shards, 1,000,000 drawn documents and 100,000 labels.

    python tests/benchmarks/pages.py [--shards 10000] [--drawn 100] [--labels 100000] [--folder DIR] [--repeats 12]

The project is synthetic: its facts go through the store's bulk verbs, its shard files are a few bytes each. Each page
is run by Streamlit's own test runner, without a browser: the time is the script's, from its start to its last element.
A page's first run in a process computes what later runs keep (every shard's standing), so it is reported apart; then
each repeat follows a new label, as on a desk where somebody is always reading. Beside the time that passed stands the
processor time of the whole process, which other programs on the machine do not lengthen.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import logging
import random
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))
RESULT = HERE / "results" / "pages.json"
PAGES = ("shards", "shards filtered", "shards page 300", "one shard", "plan", "releases", "overview")


def build(root: Path, shards: int, drawn: int, labels: int) -> None:
    """A project in `root` whose shards are read by up to 300 labels each, most of them by none."""
    from review import workflow
    from review.corpus.fingerprint import fingerprint
    from review.records import Document, Draw, Label, Ruling, Shard, Stream, Verdict
    from review.settings import write_default
    from review.store import NewShard

    settings = write_default(root, name="benchmark")
    settings.write_text(settings.read_text().replace('method = "fixed"', 'method = "sequential"'))
    corpus = root / "corpus"
    corpus.mkdir()
    names = [f"web-{number % 5}/{number:05}.jsonl" for number in range(shards)]
    size = 50_000
    with workflow.open_project(root) as project:
        store = project.store
        new = []
        for number, name in enumerate(names):
            path = corpus / f"{number:05}.jsonl"
            path.write_text(f'{{"text": "{number}"}}\n')
            seen = fingerprint(str(path))
            shard = Shard(name, name.split("/")[0], str(path), "jsonl", size, size, size * 900, seen, ("text",), "text")
            new.append(NewShard(shard, (), {}))
        store.add_shards(new, "lead")
        per = 200
        for first in range(0, shards, per):
            draws, texts = [], []
            for name in names[first : first + per]:
                for rank in range(drawn):
                    text = f"{name} {rank}"
                    digest = hashlib.sha256(text.encode()).hexdigest()
                    draws.append(Draw(name, rank * 7, Stream.AUDIT, "simple", drawn / size, 7, rank, "b1"))
                    texts.append(Document(name, rank * 7, text, digest))
            store.record_draws(draws, texts, "lead")
        dice, batch, given = random.Random(5), [], 0
        for name in names:
            if given >= labels:
                break
            share = dice.choice((0.0, 0.0, 0.01, 0.02, 0.05, 0.2))
            for rank in range(drawn):
                text = f"{name} {rank}"
                bad = dice.random() < share
                batch.append(
                    Label(
                        f"l{given}", f"{name}#{rank * 7}", hashlib.sha256(text.encode()).hexdigest(),
                        f"reader-{rank % 10}", Verdict.REJECT if bad else Verdict.KEEP, ("spam",) if bad else (),
                        seconds=dice.uniform(5, 25),
                    )
                )  # fmt: skip
                given += 1
            if len(batch) >= 5_000:
                store.record_labels(batch)
                batch = []
        store.record_labels(batch)
        ready = [name for name, place in project.standings().items() if place.state == "can be approved"]
        if ready:
            workflow.decide(project, ready[: len(ready) // 2], Ruling.APPROVE, reason="certified", by="lead")


def _app(project, page, role):  # AppTest runs this text alone: imports stay inside
    import streamlit as st

    from review.ui import shell
    from review.ui.session import Person
    from review.ui.theme import style

    st.html(style())
    shell.navigate(project, Person("ana", role), start=page)


def measure(root: Path, repeats: int) -> dict[str, dict[str, float]]:
    """Milliseconds of each page."""
    from streamlit.testing.v1 import AppTest

    from review import workflow
    from review.records import Label, Verdict

    found: dict[str, dict[str, float]] = {}
    with workflow.open_project(root) as project:
        started = time.perf_counter()
        places = project.standings()
        found["every standing, first time"] = {"first": 1000 * (time.perf_counter() - started)}
        labelled = next(name for name, place in places.items() if place.labels)
        names = [f"{name}#{rank * 7}" for name in list(places)[-40:] for rank in range(20)]
        fresh = iter(project.store.documents(names))
        for page in PAGES:
            at = AppTest.from_function(_app, args=(project, page.split()[0].replace("one", "shards"), "lead"))
            at.default_timeout = 120
            if page == "one shard":
                at.query_params["shard"] = labelled
            elif page == "shards filtered":
                at.query_params["state"] = ["needs labels", "stale"]
                at.query_params["find"] = "0"
            elif page == "shards page 300":
                at.query_params["page"] = "300"
            times, used = [], []
            for turn in range(repeats + 1):
                text = next(fresh)
                label = Label(f"{page}-{turn}-{time.time_ns()}", text.doc_id, text.content_hash, "ben", Verdict.KEEP)
                project.store.record_labels([label])
                started, busy = time.perf_counter(), time.process_time()
                at.run()
                times.append(1000 * (time.perf_counter() - started))
                used.append(1000 * (time.process_time() - busy))
                if at.exception:
                    raise SystemExit(f"{page}: {at.exception}")
            later, working = sorted(times[1:]), sorted(used[1:])
            found[page] = {
                "first": times[0],
                "p50": statistics.median(later),
                "p95": later[min(len(later) - 1, int(0.95 * len(later)))],
                "processor_p95": working[min(len(working) - 1, int(0.95 * len(working)))],
            }
            print(page, {key: round(value) for key, value in found[page].items()}, flush=True)
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--shards", type=int, default=10_000)
    parser.add_argument("--drawn", type=int, default=100)
    parser.add_argument("--labels", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=12)
    parser.add_argument("--folder", type=Path, help="keep the project here, and use it again")
    asked = parser.parse_args()
    logging.disable(logging.WARNING)
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="review-pages-"))
    try:
        if not (folder / "review.toml").exists():
            started = time.perf_counter()
            build(folder, asked.shards, asked.drawn, asked.labels)
            print(f"built in {time.perf_counter() - started:.0f} s", flush=True)
        times = measure(folder, asked.repeats)
    finally:
        if not asked.folder:
            shutil.rmtree(folder, ignore_errors=True)
    result = {"shards": asked.shards, "drawn": asked.shards * asked.drawn, "labels": asked.labels}
    rounded = {page: {key: round(value, 1) for key, value in one.items()} for page, one in times.items()}
    RESULT.write_text(json.dumps({**result, "milliseconds": rounded}, indent=1) + "\n")


if __name__ == "__main__":
    main()
