"""Quality per label of the classifier on labelled corpora, beside what one would take instead.

    python tests/benchmarks/quality.py [--repeats 12,8,3] [--sets NAME ...] [--peers NAME ...] [--fresh]

Writes results/quality.json. A run that was stopped goes on where it was; --fresh begins anew.

Protocol: duplicates by normalised text removed, 1,800 documents a set at most, all texts of a set are the unlabelled
pool, labels drawn at random, AUC on up to 1,000 other documents, over repeats at 50, 200 and 1,000 labels. `recipe` is
what the same method reached in the experiment it comes from. The peers learn from the same labels and are tested on the
same documents, in the environment that REVIEW_QUALITY_PEERS names, see quality_peers.py; without it only those are
measured that scikit-learn alone allows. Differences are of pairs, with their standard error. Seconds are processor
seconds; to fit ours is all of training: features of the pool, cross-validation, calibration, card.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd
from threadpoolctl import threadpool_limits

from review.classifier.evaluate import auc
from review.classifier.model import TrainedModel
from review.classifier.training import train
from review.records import Document, Label, LabelledDocument, Stream, Verdict
from review.settings import ClassifierSettings
from review.signals.scan import Scanner, Texts

PEERS = ("fasttext", "tfidf", "minilm", "signals", "setfit")
SCIKIT = ("tfidf", "signals")  # of them, what needs nothing that is not here
DATA = Path(os.environ.get("REVIEW_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "data"
RESULTS = Path(__file__).parent / "results" / "quality.json"
SETS: dict[str, tuple[str, Callable[[str], bool], dict[int, float]]] = {
    "hplt_dev": ("hplt_inspected_dev", lambda label: label == "ok", {50: 0.786, 200: 0.820}),
    "swecore": ("swecore_nolineq", lambda label: label != "IP", {50: 0.730, 200: 0.853, 1000: 0.887}),
    "frecore": ("frecore_nolineq", lambda label: label != "IP", {50: 0.739, 200: 0.815}),
    "spamassassin": ("spamassassin", lambda label: label != "spam", {50: 0.970, 200: 0.993, 1000: 0.999}),
    "clickbait": ("clickbait", lambda label: label == "news", {50: 0.976, 200: 0.991, 1000: 0.998}),
}
REPEATS = {50: 12, 200: 8, 1000: 3}


def load_set(name: str) -> tuple[list[str], np.ndarray]:
    file, is_kept, _ = SETS[name]
    frame = pd.read_parquet(DATA / f"{file}.parquet", columns=["text", "label"])
    normal = frame.text.str.lower().str.split().str.join(" ")
    frame = frame[~normal.duplicated()].sample(frac=1, random_state=0).head(1_800)
    return frame.text.tolist(), np.array([is_kept(label) for label in frame.label], bool)


def splits(keep: np.ndarray, labels: int, repeats: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Rows to label and rows to test, three of each verdict labelled at least."""
    for repeat in range(repeats):
        rng = np.random.default_rng([labels, repeat])
        while True:
            order = rng.permutation(len(keep))
            if min(np.bincount(keep[order[:labels]], minlength=2)) >= 3:
                break
        yield order[:labels], order[labels : labels + 1_000]


def ours(texts: list[str], keep: np.ndarray, rows: np.ndarray) -> TrainedModel:
    documents = [Document("s", row, text, "") for row, text in enumerate(texts)]
    labelled = []
    for rank, row in enumerate(rows.tolist()):
        verdict = Verdict.KEEP if keep[row] else Verdict.REJECT
        mark = Label(f"l{row}", f"s#{row}", "", "truth", verdict, source="simulated", seq=rank)
        labelled.append(LabelledDocument(f"s#{row}", "s", row, Stream.AUDIT, rank, 0.1, (mark,)))
    return train(documents, labelled, ClassifierSettings(), seed=0)


REPEATS_AT_MOST = 50
TUNED = ((50, 0), (50, 1))  # splits of SetFit, whose fits take minutes
Line = dict[str, object]


def measure_ours(name: str, texts: list[str], keep: np.ndarray, labels: int, repeat: int) -> Line:
    """One split: AUC, processor seconds to fit and documents a second to score."""
    rows, test = list(splits(keep, labels, repeat + 1))[repeat]
    begun = time.process_time()
    model = ours(texts, keep, rows)
    fitted = time.process_time()
    scores = model.logits([texts[row] for row in test])
    done = time.process_time()
    return {
        "set": name, "labels": labels, "repeat": repeat, "peer": "ours",
        "auc": float(auc(np.ones((1, len(test))), scores, keep[test])[0]),
        "fit_seconds": fitted - begun, "documents_per_second": len(test) / (done - fitted),
    }  # fmt: skip


def measure_peers(
    name: str, texts: list[str], keep: np.ndarray, wanted: dict[str, list[tuple[int, int]]], add: Callable[[Line], None]
) -> None:
    """Every split that is wanted of each peer, one process a peer, a line added as soon as it is there."""
    begun = time.process_time()
    signals = Scanner().grams(Texts.from_strings(texts))[0].signals()
    each = (time.process_time() - begun) / len(texts)
    for peer, places in wanted.items():
        cut = [
            {"labels": labels, "repeat": repeat, "rows": rows.tolist(), "test": test.tolist()}
            for labels in sorted({labels for labels, _ in places})
            for repeat, (rows, test) in enumerate(splits(keep, labels, REPEATS_AT_MOST))
            if (labels, repeat) in places
        ]
        task = {
            "set": name, "texts": texts, "keep": keep.tolist(), "signals": signals.tolist(), "seconds_a_scan": each,
            "splits": cut,
        }  # fmt: skip
        with tempfile.TemporaryDirectory() as folder:
            path, out = Path(folder) / "task.json", Path(folder) / "out.jsonl"
            path.write_text(json.dumps(task), encoding="utf-8")
            script = Path(__file__).with_name("quality_peers.py")
            subprocess.run(
                [python_of(peer), str(script), str(path), "--peers", peer, "--out", str(out)],
                check=True, env=os.environ | {"OMP_NUM_THREADS": "1", "HF_HUB_OFFLINE": "1"},
            )  # fmt: skip
            for line in out.read_text(encoding="utf-8").splitlines():
                add(json.loads(line))


def python_of(peer: str) -> str:
    """The interpreter that a peer runs under."""
    venv = os.environ.get("REVIEW_QUALITY_PEERS")
    return str(Path(venv) / "bin" / "python") if venv and peer not in SCIKIT else sys.executable


def summary(lines: list[Line]) -> dict[str, dict[str, dict]]:
    """By set and number of labels: ours, the recipe, and each peer with its paired difference."""
    frame = pd.DataFrame([line for line in lines if "auc" in line])
    found: dict[str, dict[str, dict]] = {}
    for (name, labels), part in frame.groupby(["set", "labels"], sort=False):
        table = part.pivot_table(index="repeat", columns="peer", values="auc")
        if "ours" not in table:
            continue
        told: dict = {"recipe": SETS[name][2].get(labels)}
        for peer in table.columns:
            here = part[part.peer == peer]
            told[peer] = _mean(table[peer].dropna()) | {
                "fit_seconds": float(here.fit_seconds.median()),
                "documents_per_second": float(here.documents_per_second.median()),
            }
            if peer != "ours":
                told[peer]["ours_minus"] = _mean((table.ours - table[peer]).dropna())
        found.setdefault(name, {})[str(labels)] = told
    return found


def _mean(values: pd.Series) -> dict[str, float | int | None]:
    error = float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else None
    return {"mean": float(values.mean()), "se": error, "repeats": len(values)}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--repeats", default="12,8,3", help="at 50, 200 and 1,000 labels")
    parser.add_argument("--sets", nargs="+", choices=list(SETS), default=list(SETS))
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=None)
    parser.add_argument("--fresh", action="store_true", help="forget what was measured")
    arguments = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(f"the labelled corpora are not at {DATA}; set REVIEW_SHARED to the folder that holds data/")
    peers = arguments.peers
    if peers is None:
        peers = list(PEERS if os.environ.get("REVIEW_QUALITY_PEERS") else SCIKIT)
    repeats = dict(zip(REPEATS, map(int, arguments.repeats.split(",")), strict=True))
    lines: list[Line] = []
    if RESULTS.exists() and not arguments.fresh:
        lines = json.loads(RESULTS.read_text(encoding="utf-8"))["splits"]
    done = {(line["set"], line["labels"], line["repeat"], line["peer"]) for line in lines if "auc" in line}

    def add(line: Line) -> None:
        lines.append(line)
        report = {"summary": summary(lines), "splits": lines}
        RESULTS.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")
        print(json.dumps(line), flush=True)

    with threadpool_limits(1):
        for name in arguments.sets:
            texts, keep = load_set(name)
            places = [
                (labels, repeat)
                for labels, most in repeats.items() if len(texts) >= labels + 240
                for repeat in range(most)
            ]  # fmt: skip
            for labels, repeat in places:
                if (name, labels, repeat, "ours") not in done:
                    add(measure_ours(name, texts, keep, labels, repeat))
            wanted = {
                peer: [at for at in places if (name, *at, peer) not in done and (peer != "setfit" or at in TUNED)]
                for peer in peers
            }
            measure_peers(name, texts, keep, {peer: todo for peer, todo in wanted.items() if todo}, add)


if __name__ == "__main__":
    main()
