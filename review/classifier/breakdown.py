"""Where a model is right and wrong: by language, source and shard, by number of labels, beside people, and label by
label. All on audit documents, each judged by a fit without it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from review.certificate import interval as share_interval
from review.classifier.evaluate import CONFIDENCE, MIN_GROUPS, auc, auc_interval, distinct, interval, resamples
from review.classifier.targets import Targets
from review.records import LabelledDocument, Stream, Verdict

MOST_PARTS = 40  # of a kind that the card lists, those with most documents
Array = NDArray[np.float64]
Flags = NDArray[np.bool_]


def by_part(names: Sequence[str], probability: Array, keep: Flags, groups: NDArray[np.int64], threshold: float) -> Any:
    """Rows by part: how often good documents are rejected and bad ones kept there, and the AUC where labels allow.

    unlike: the exact interval of the part's share of good documents rejected does not hold that of all others.
    """
    labels = np.array(names)
    found, counts = np.unique(labels, return_counts=True)
    rows = []
    for name in found[np.argsort(-counts, kind="stable")][:MOST_PARTS]:
        inside = labels == name
        wrong = (probability < threshold) & keep
        others = float(wrong[~inside].sum() / max(keep[~inside].sum(), 1))
        rejected = _share(int(wrong[inside].sum()), int(keep[inside].sum()))
        unlike = rejected is not None and (~inside & keep).any() and not rejected["low"] <= others <= rejected["high"]
        kept = _share(int(((probability >= threshold) & ~keep)[inside].sum()), int((~keep)[inside].sum()))
        rows.append(
            {
                "name": str(name), "documents": int(inside.sum()), "good": int(keep[inside].sum()),
                "good_rejected": rejected, "bad_kept": kept, "unlike": bool(unlike),
                "auc": _auc(probability[inside], keep[inside], groups[inside]),
            }
        )  # fmt: skip
    return rows


def _share(cases: int, of: int) -> dict[str, float] | None:
    if not of:
        return None
    low, high = share_interval(cases, of, None, CONFIDENCE)
    return {"value": cases / of, "low": low, "high": high}


def _auc(score: Array, keep: Flags, groups: NDArray[np.int64]) -> dict[str, float] | None:
    evidence = distinct(keep, groups)
    if min(evidence) < MIN_GROUPS:
        return None
    value = float(auc(np.ones((1, len(keep))), score, keep)[0])
    low, high = auc_interval(value, *evidence)
    return {"value": value, "low": low, "high": high}


def curve(logits: dict[int, Array], keep: Flags, groups: NDArray[np.int64]) -> list[dict[str, Any]]:
    """AUC by number of labels learned from, each on the same audit documents."""
    points = []
    for labels in sorted(logits):
        found = _auc(logits[labels], keep, groups)
        if found is not None:
            points.append({"labels": labels, **found})
    return points


def agreement(
    labelled: Sequence[LabelledDocument],
    targets: Targets,
    probability: Array,
    groups: NDArray[np.int64],
    threshold: float,
    seed: int,
) -> dict[str, Any] | None:
    """How often the model's verdict is a reader's, beside how often two readers' verdicts are the same, on the audit
    documents that several people judged keep or reject; None without MIN_GROUPS distinct ones.
    """
    place = {name: index for index, name in enumerate(targets.doc_ids)}
    rows, people, model = [], [], []
    for one in labelled:
        keeps = [label.verdict is Verdict.KEEP for label in one.labels if label.verdict in _DECIDED]
        if one.stream is not Stream.AUDIT or len(keeps) < 2 or one.doc_id not in place:
            continue
        n, k = len(keeps), sum(keeps)
        row = place[one.doc_id]
        rows.append(row)
        people.append((k * (k - 1) + (n - k) * (n - k - 1)) / (n * (n - 1)))
        model.append(k / n if probability[row] >= threshold else 1 - k / n)
    if len(np.unique(groups[rows])) < MIN_GROUPS:
        return None
    return {
        "documents": len(rows),
        "people": _mean(np.array(people), groups[rows], seed),
        "model": _mean(np.array(model), groups[rows], seed),
    }


_DECIDED = (Verdict.KEEP, Verdict.REJECT)


def _mean(values: Array, groups: NDArray[np.int64], seed: int) -> dict[str, float | None]:
    draws = np.concatenate([weights @ values / weights.sum(1) for weights in resamples(groups, seed)])
    low, high = interval(draws)
    return {"value": float(values.mean()), "low": low, "high": high}


def doubts(share: Array, probability: Array) -> Array:
    """How much the model doubts each label, 0..1: the chance it gives to the other verdict (Northcutt et al. 2021)."""
    return np.abs(share - probability)
