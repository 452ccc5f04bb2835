"""Quality per label and documents per second of the classifier on labelled corpora.

    python tests/benchmarks/classifier.py [--full]      writes results/classifier.json

Protocol: duplicates by normalised text removed, 1,800 documents a set at most, all texts of a set are the unlabelled
pool, labels drawn at random, AUC on up to 1,000 other documents; mean over repeats (12, 8, 3 at 50, 200, 1,000 labels
with --full, else 2, 2, 0). `recipe` is what the same method reached in the experiment it comes from. Where fastText is
installed (pip install fasttext-wheel) it is measured in the same run on the same splits.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from review.classifier.evaluate import auc
from review.classifier.model import TrainedModel
from review.classifier.training import train
from review.records import Document, Label, LabelledDocument, Stream, Verdict
from review.settings import ClassifierSettings
from review.signals.scan import Scanner, Texts

DATA = Path(os.environ.get("REVIEW_SHARED", Path(__file__).resolve().parents[3] / "shared")) / "data"
RESULTS = Path(__file__).parent / "results" / "classifier.json"
SETS: dict[str, tuple[str, Callable[[str], bool], dict[int, float]]] = {
    "hplt_dev": ("hplt_inspected_dev", lambda label: label == "ok", {50: 0.786, 200: 0.820}),
    "swecore": ("swecore_nolineq", lambda label: label != "IP", {50: 0.730, 200: 0.853, 1000: 0.887}),
    "frecore": ("frecore_nolineq", lambda label: label != "IP", {50: 0.739, 200: 0.815}),
    "spamassassin": ("spamassassin", lambda label: label != "spam", {50: 0.970, 200: 0.993, 1000: 0.999}),
    "clickbait": ("clickbait", lambda label: label == "news", {50: 0.976, 200: 0.991, 1000: 0.998}),
}
REPEATS = {False: {50: 2, 200: 2}, True: {50: 12, 200: 8, 1000: 3}}


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


def fasttext_scores(texts: list[str], keep: np.ndarray, rows: np.ndarray, test: np.ndarray) -> np.ndarray | None:
    """As in DCLM: word bigrams, 64 dimensions, 30 epochs."""
    try:
        import fasttext
    except ImportError:
        return None
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8", errors="ignore") as file:
        for row in rows:
            file.write(f"__label__{int(keep[row])} {flat(texts[row])}")
        file.flush()
        model = fasttext.train_supervised(file.name, dim=64, wordNgrams=2, epoch=30, lr=0.5, thread=1, verbose=0)
    return np.array([_fasttext_keep(model, texts[row]) for row in test])


def _fasttext_keep(model, text: str) -> float:
    # The binding's own predict() breaks on numpy 2.
    return {label: p for p, label in model.f.predict(flat(text), 2, 0.0, "strict")}.get("__label__1", 0.0)


def flat(text: str) -> str:
    return text.encode("utf-8", "ignore").decode().replace("\n", " ") + "\n"


def quality(full: bool, report: dict) -> None:
    for name, (_, _, recipe) in SETS.items():
        texts, keep = load_set(name)
        report[name] = {"documents": len(texts), "kept": float(keep.mean())}
        for labels, repeats in REPEATS[full].items():
            if len(texts) < labels + 240:
                continue
            found, theirs, seconds = [], [], []
            for rows, test in splits(keep, labels, repeats):
                model = ours(texts, keep, rows)
                one = np.ones((1, len(test)))
                found.append(auc(one, model.logits([texts[row] for row in test]), keep[test])[0])
                seconds.append(model.card["timing"]["seconds"])
                scores = fasttext_scores(texts, keep, rows, test)
                if scores is not None:
                    theirs.append(auc(one, scores, keep[test])[0])
            report[name][str(labels)] = {
                "auc": float(np.mean(found)), "sd": float(np.std(found)), "repeats": repeats,
                "recipe": recipe.get(labels), "fasttext": float(np.mean(theirs)) if theirs else None,
                "train_seconds": float(np.median(seconds)),
            }  # fmt: skip
            print(name, labels, json.dumps(report[name][str(labels)]), flush=True)
            write(report)


def speed() -> dict:
    """Documents/s of one core, CPU time, best of five, the two methods taking turns."""
    texts, keep = load_set("swecore")
    rows = np.arange(200)
    model = ours(texts, keep, rows)
    encoded = Texts.from_strings(texts)
    scanner = Scanner()
    fast = None
    try:
        import fasttext
    except ImportError:
        fasttext = None
    if fasttext:
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
            file.writelines(f"__label__{int(keep[row])} {flat(texts[row])}" for row in rows)
            file.flush()
            fast = fasttext.train_supervised(file.name, dim=64, wordNgrams=2, epoch=5, thread=1, verbose=0)
    lines = [flat(text) for text in texts]
    best = {"ours": 1e9, "scan": 1e9, "fasttext": 1e9}
    for _ in range(5):
        for name, call in (
            ("ours", lambda: model.calibration(model.scan_logits(scanner, encoded, None))),
            ("scan", lambda: scanner.scan(encoded, model.tables)),
            ("fasttext", lambda: [fast.f.predict(line, 2, 0.0, "strict") for line in lines]),
        ):
            if name == "fasttext" and fast is None:
                continue
            begun = time.process_time()
            call()
            best[name] = min(best[name], time.process_time() - begun)
    rates = {name: len(texts) / seconds for name, seconds in best.items() if seconds < 1e9}
    size = float((encoded.ends - encoded.starts).mean())
    return {"documents": len(texts), "mean_bytes": size, "max_bytes": model.card["settings"]["max_bytes"],
            "documents_per_second": rates}  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="all repeats")
    arguments = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(f"the labelled corpora are not at {DATA}; set REVIEW_SHARED to the folder that holds data/")
    report: dict = {}
    quality(arguments.full, report)
    report["speed"] = speed()
    write(report)
    print(json.dumps(report["speed"]))


def write(report: dict) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
