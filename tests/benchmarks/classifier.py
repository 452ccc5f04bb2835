"""Quality per label and documents per second of the classifier on labelled corpora.

    python tests/benchmarks/classifier.py [--full | --speed] [--minilm] [--sets NAME ...]

Writes results/classifier.json.

Protocol: duplicates by normalised text removed, 1,800 documents a set at most, all texts of a set are the unlabelled
pool, labels drawn at random, AUC on up to 1,000 other documents; mean over repeats (12, 8, 3 at 50, 200, 1,000 labels
with --full, else 2, 2, 0). `recipe` is what the same method reached in the experiment it comes from. Where fastText is
installed (pip install fasttext-wheel) it is measured in the same run on the same splits, as are TF-IDF with logistic
regression, the 57 signals with logistic regression and, with --minilm (minutes a set), frozen MiniLM with it.
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
from threadpoolctl import threadpool_limits

from review.classifier import save
from review.classifier.evaluate import auc
from review.classifier.model import TrainedModel
from review.classifier.training import train
from review.corpus import resolve, scan
from review.records import Document, Label, LabelledDocument, Shard, Stream, Verdict
from review.scoring import score_shard
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


def fasttext_model(texts: list[str], keep: np.ndarray, rows: np.ndarray, epoch: int = 30):
    """As in DCLM: word bigrams, 64 dimensions, 30 epochs. None where fastText is not installed."""
    try:
        import fasttext
    except ImportError:
        return None
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8", errors="ignore") as file:
        file.writelines(f"__label__{int(keep[row])} {flat(texts[row])}" for row in rows)
        file.flush()
        return fasttext.train_supervised(file.name, dim=64, wordNgrams=2, epoch=epoch, lr=0.5, thread=1, verbose=0)


def fasttext_scores(texts: list[str], keep: np.ndarray, rows: np.ndarray, test: np.ndarray) -> np.ndarray | None:
    model = fasttext_model(texts, keep, rows)
    if model is None:
        return None
    return np.array([_fasttext_keep(model, texts[row]) for row in test])


def _fasttext_keep(model, text: str) -> float:
    # The binding's own predict() breaks on numpy 2.
    return {label: p for p, label in model.f.predict(flat(text), 2, 0.0, "strict")}.get("__label__1", 0.0)


def flat(text: str) -> str:
    return text.encode("utf-8", "ignore").decode().replace("\n", " ") + "\n"


def peer_features(texts: list[str], minilm: bool) -> dict[str, object]:
    """What each peer's logistic regression sees: a matrix, a row a document. Like ours they may see all texts."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import StandardScaler

    found = {
        "tfidf": TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2).fit_transform(texts),
        "signals": StandardScaler().fit_transform(Scanner().grams(Texts.from_strings(texts))[0].signals()).clip(-5, 5),
    }
    if minilm:
        from review.classifier.encoders import MINILM, open_encoder

        found["minilm"] = open_encoder(MINILM).encode([text[:2_000] for text in texts])
    return found


def peer_scores(features, keep: np.ndarray, rows: np.ndarray, test: np.ndarray) -> np.ndarray:
    """Logistic regression, its strength chosen by cross-validated log loss."""
    from sklearn.linear_model import LogisticRegressionCV

    folds = min(5, int(np.bincount(keep[rows]).min()))
    model = LogisticRegressionCV(Cs=np.logspace(-3, 3, 7), cv=folds, scoring="neg_log_loss", max_iter=2_000)
    return model.fit(features[rows], keep[rows]).decision_function(features[test])


def quality(full: bool, report: dict, *, minilm: bool, sets: list[str]) -> None:
    for name in sets:
        recipe = SETS[name][2]
        texts, keep = load_set(name)
        features = peer_features(texts, minilm)
        report[name] = {"documents": len(texts), "kept": float(keep.mean())}
        for labels, repeats in REPEATS[full].items():
            if len(texts) < labels + 240:
                continue
            found, theirs, seconds = [], [], []
            peers: dict[str, list[float]] = {peer: [] for peer in features}
            for rows, test in splits(keep, labels, repeats):
                model = ours(texts, keep, rows)
                one = np.ones((1, len(test)))
                found.append(auc(one, model.logits([texts[row] for row in test]), keep[test])[0])
                seconds.append(model.card["timing"]["seconds"])
                for peer, matrix in features.items():
                    peers[peer].append(auc(one, peer_scores(matrix, keep, rows, test), keep[test])[0])
                scores = fasttext_scores(texts, keep, rows, test)
                if scores is not None:
                    theirs.append(auc(one, scores, keep[test])[0])
            report[name][str(labels)] = {
                "auc": float(np.mean(found)), "sd": float(np.std(found)), "repeats": repeats,
                "recipe": recipe.get(labels), "fasttext": float(np.mean(theirs)) if theirs else None,
                **{peer: float(np.mean(values)) for peer, values in peers.items()},
                "train_seconds": float(np.median(seconds)),
            }  # fmt: skip
            print(name, labels, json.dumps(report[name][str(labels)]), flush=True)
            write(report)


TURNS = 5
COPIES = 4  # of the documents in the shard that is scored end to end


def speed() -> dict:
    """Documents a second on one core, median of five turns in which everything measured takes its turn.

    documents_per_second: texts in memory, CPU time. end_to_end: from a Parquet shard, CPU and wall time: `score_shard`
    down to its sidecar on disk, fastText with the same reading and nothing written, and the bare scan of the text
    column that both cannot do without.
    """
    import pyarrow as pa

    texts, keep = load_set("swecore")
    rows = np.arange(200)
    model = ours(texts, keep, rows)
    encoded = Texts.from_strings(texts)
    scanner = Scanner()
    fast = fasttext_model(texts, keep, rows, epoch=5)
    lines = [flat(text) for text in texts]
    pa.set_cpu_count(1)
    with tempfile.TemporaryDirectory() as folder, threadpool_limits(1):
        shard = write_shard(Path(folder), texts * COPIES)
        save(model, Path(folder) / "model")
        turn = iter(range(10**6))
        memory = {
            "ours": lambda: model.calibration(model.scan_logits(scanner, encoded, None)),
            "scan": lambda: scanner.scan(encoded, model.tables),
        }
        disk = {
            "score_shard": lambda: score_shard(Path(folder) / "model", shard, Path(folder) / f"out-{next(turn)}"),
            "parquet_scan": lambda: sum(len(column) for column in text_columns(shard.uri)),
        }
        if fast:
            memory["fasttext"] = lambda: [fast.f.predict(line, 2, 0.0, "strict") for line in lines]
            disk["fasttext"] = lambda: fasttext_parquet(fast, shard.uri)
        seconds = take_turns(memory | {f"{name} from Parquet": call for name, call in disk.items()})
        size = Path(shard.uri).stat().st_size
    number = len(texts) * COPIES
    whole = {name: seconds[f"{name} from Parquet"] for name in disk}
    return {
        "documents": len(texts),
        "mean_bytes": float((encoded.ends - encoded.starts).mean()),
        "max_bytes": model.card["settings"]["max_bytes"],
        "documents_per_second": {name: len(texts) / seconds[name][0] for name in memory},
        "end_to_end": {
            "documents": number,
            "parquet_bytes": size,
            "cpu_documents_per_second": {name: number / cpu for name, (cpu, _) in whole.items()},
            "wall_documents_per_second": {name: number / wall for name, (_, wall) in whole.items()},
        },
    }


def take_turns(calls: dict[str, Callable[[], object]]) -> dict[str, tuple[float, float]]:
    """Median CPU and wall seconds of each call, once warm."""
    taken: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
    for call in calls.values():
        call()
    for _ in range(TURNS):
        for name, call in calls.items():
            cpu, wall = time.process_time(), time.perf_counter()
            call()
            taken[name].append((time.process_time() - cpu, time.perf_counter() - wall))
    return {name: tuple(np.median(times, axis=0).tolist()) for name, times in taken.items()}


def write_shard(folder: Path, texts: list[str]) -> Shard:
    import pyarrow as pa
    import pyarrow.parquet as pq

    pq.write_table(pa.table({"text": texts}), folder / "shard.parquet", compression="zstd", row_group_size=2_000)
    return scan(resolve([str(folder / "shard.parquet")], folder, corpus="speed")[0]).shard


def text_columns(path: str) -> Iterator:
    import pyarrow.parquet as pq

    for batch in pq.ParquetFile(path).iter_batches(columns=["text"], use_threads=False):
        yield batch.column(0)


def fasttext_parquet(fast, path: str) -> list:
    return [
        fast.f.predict(flat(text), 2, 0.0, "strict") for column in text_columns(path) for text in column.to_pylist()
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--full", action="store_true", help="all repeats")
    parser.add_argument("--speed", action="store_true", help="measure the speed alone and keep the rest of the results")
    parser.add_argument("--minilm", action="store_true", help="measure frozen MiniLM too")
    parser.add_argument("--sets", nargs="+", choices=list(SETS), default=list(SETS), help="measure these sets alone")
    arguments = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(f"the labelled corpora are not at {DATA}; set REVIEW_SHARED to the folder that holds data/")
    partly = arguments.speed or len(arguments.sets) < len(SETS)
    report: dict = json.loads(RESULTS.read_text(encoding="utf-8")) if partly and RESULTS.exists() else {}
    if not arguments.speed:
        quality(arguments.full, report, minilm=arguments.minilm, sets=arguments.sets)
    report["speed"] = speed()
    write(report)
    print(json.dumps(report["speed"]))


def write(report: dict) -> None:
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
