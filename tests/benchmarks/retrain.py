"""Training again on 5,000 labels, to a calibrated version that its gate has judged; and what the desk feels of it.

    python tests/benchmarks/retrain.py                            writes results/retrain.json

5,000 e-mails (shared/data/spamassassin.parquet) with a label each; between two trainings 50 of them are labelled anew.
What the unlabelled texts say is cached, as it is for every training but a project's first. Measured in processor
seconds of one thread, everything from reading the labels to the gate's verdict: out-of-fold fits, calibration,
intervals, and the scores of all drawn documents. Beside it the same texts in scikit-learn's TF-IDF and logistic
regression, fitted once, with neither test nor calibration.

The desk: nine reviewers label once a second each by its own protocol, alone and while a lead trains again and again.
"""

from __future__ import annotations

import json
import os
import random
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
sys.path[:0] = [str(ROOT), str(ROOT / "e2e"), str(HERE)]

from chromium import FLAGS, browser_path  # noqa: E402
from desk import LOAD, shares  # noqa: E402
from deskbench import serving  # noqa: E402
from playwright.sync_api import expect, sync_playwright  # noqa: E402

from review import workflow  # noqa: E402
from review.project import Project, open_project  # noqa: E402
from review.records import Label, Verdict  # noqa: E402

DATA = Path(os.environ.get("REVIEW_SHARED", ROOT.parents[1] / "shared")) / "data" / "spamassassin.parquet"
LABELS, SHARDS, ANEW, TIMES = 5_000, 10, 50, 5
REVIEWERS, SECONDS = 9, 40
SETTINGS = f"""[project]
name = "Retrain"
[sampling]
audit_per_shard = {LABELS // SHARDS}
[desk]
overlap = 20
"""


def make(root: Path) -> list[str]:
    """A project with LABELS labelled documents; their texts."""
    import pandas as pd

    mails = pd.read_parquet(DATA).sample(LABELS, random_state=0)
    (root / "data").mkdir(parents=True)
    each = LABELS // SHARDS
    for at in range(SHARDS):
        some = mails.iloc[at * each : (at + 1) * each]
        rows = [json.dumps({"text": text, "kind": kind}) for text, kind in zip(some.text, some.label, strict=True)]
        (root / "data" / f"mail-{at}.jsonl").write_text("\n".join(rows), encoding="utf-8")
    (root / "review.toml").write_text(SETTINGS, encoding="utf-8")
    with open_project(root) as project:
        workflow.ingest(project, [str(root / "data" / "*.jsonl")], by="lead")
        workflow.draw(project, n=each, by="lead")
        names = [draw.doc_id for draw in project.store.draws()]
        for first in range(0, LABELS, 500):
            label(project, names[first : first + 500], "first")
        return [one.text for one in project.store.documents(names)]


def label(project: Project, names: list[str], note: str) -> None:
    documents = project.store.documents(names)
    project.store.record_labels([
        Label(
            f"ana-{note}-{one.shard[-8:-6]}{one.row:06}", one.doc_id, one.content_hash, "ana",
            Verdict.REJECT if one.metadata["kind"] == "spam" else Verdict.KEEP, note=note, seconds=3.0,
        )
        for one in documents
    ])  # fmt: skip


def retrain(root: Path) -> dict[str, Any]:
    """Seconds of each training after the first, and what became of the last."""
    processor, wall = [], []
    with open_project(root) as project:
        names = [draw.doc_id for draw in project.store.draws()]
        first = workflow.train(project, by="lead")
        workflow.promote(project, first.version, by="lead")
        for time_ in range(TIMES):
            label(project, random.Random(time_).sample(names, ANEW), f"again{time_}")
            begun, used = time.perf_counter(), time.process_time()
            made = workflow.train(project, by="lead")
            processor.append(time.process_time() - used)
            wall.append(time.perf_counter() - begun)
    assert made.gate is not None
    assert made.card["metrics"]["auc"]["value"] > 0.9
    return {
        "processor_seconds": round(statistics.median(processor), 2),
        "wall_seconds": round(statistics.median(wall), 2),
        "all_processor_seconds": [round(one, 2) for one in processor],
    }


def plain_fit(texts: list[str]) -> float:
    """Processor seconds of TF-IDF and logistic regression on the same texts, one fit."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    keep = [at % 2 for at in range(len(texts))]
    with threadpool_limits(1):
        begun = time.process_time()
        made = TfidfVectorizer(sublinear_tf=True, min_df=2, ngram_range=(1, 2)).fit_transform(texts)
        LogisticRegression(max_iter=1_000).fit(made, keep)
        return time.process_time() - begun


def acknowledged(url: str, meanwhile: Any) -> dict[str, float]:
    """How long labels take while `meanwhile` runs, called again and again with the time left."""
    load = subprocess.Popen(
        [sys.executable, str(LOAD), url, str(REVIEWERS), str(SECONDS)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert load.stdin
    assert load.stdout
    assert load.stdout.readline() == "ready\n", "the reviewers did not get in"
    load.stdin.write("\n")
    load.stdin.flush()
    end = time.monotonic() + SECONDS
    while (left := end - time.monotonic()) > 0:
        meanwhile(left)
    found = json.loads(load.stdout.readline())
    load.wait(timeout=60)
    return {**shares(found["acks"]), "dry": found["dry"]}


def desk(root: Path) -> dict[str, Any]:
    """Acknowledgements alone and while a lead trains in the app."""
    trained = 0
    with serving(root) as server, sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=browser_path(), args=FLAGS)
        page = chromium.new_page(viewport={"width": 1440, "height": 900})
        page.goto(f"{server.url}/classifier?reviewer=lea&role=lead")
        alone = acknowledged(server.url, lambda left: time.sleep(left))

        def train(left: float) -> None:
            nonlocal trained
            again = page.get_by_role("button", name="Train again")
            expect(again).to_be_enabled(timeout=60_000)
            again.click()
            expect(again).to_be_disabled(timeout=60_000)
            expect(again).to_be_enabled(timeout=120_000)
            trained += 1

        training = acknowledged(server.url, train)
        chromium.close()
    return {"reviewers": REVIEWERS, "alone": alone, "training": training, "trainings": trained}


def main() -> None:
    if not DATA.exists():
        sys.exit(f"the labelled corpora are not at {DATA.parent}; set REVIEW_SHARED to the folder that holds data/")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder) / "project"
        texts = make(root)
        found: dict[str, Any] = {"labels": LABELS, "cores": os.cpu_count(), **retrain(root)}
        found["tfidf_seconds"] = round(plain_fit(texts), 2)
        found["desk"] = desk(root)
        found["load_average"] = os.getloadavg()[0]
    print(json.dumps(found, indent=1))
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results" / "retrain.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
