"""The gate: a candidate replaces the current model only where it ranks audit documents better beyond noise.

Both sides are judged on the same documents, none of which taught the side that is judged: a model's stored
out-of-fold prediction where the document was among its labels, its direct prediction where the document was labelled
later and has no near-duplicate among them; other documents are left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from review.classifier.duplicates import text_groups
from review.classifier.evaluate import MIN_GROUPS, auc, auc_interval, distinct, interval, log_losses, resamples
from review.classifier.model import OutOfFold, TrainedModel
from review.classifier.targets import targets_of
from review.errors import NotEnoughLabels
from review.records import Document, LabelledDocument


@dataclass(frozen=True)
class Gate:
    """Whether the candidate may be promoted, and the numbers that say so.

    difference: of the AUC, candidate minus current (or minus 0.5, chance, for a first model), with the 95 % interval
    low..high. log_loss: difference of the log loss a document, nats, negative is better, with its interval.
    """

    better: bool
    candidate: str
    current: str | None
    documents: int
    difference: float
    low: float
    high: float
    log_loss: float
    log_loss_low: float
    log_loss_high: float
    sentence: str


def gate(
    candidate: TrainedModel,
    current: TrainedModel | None,
    documents: Iterable[Document],
    labelled: Sequence[LabelledDocument],
    *,
    seed: int = 0,
) -> Gate:
    """Compare two models on the audit labels that count now; without a current one, compare with chance.

    documents: texts of the project, the labelled audit documents among them. Raises NotEnoughLabels when there
    are fewer than MIN_GROUPS distinct kept or rejected ones, near-duplicates counted once, that both can be judged on.
    """
    targets = targets_of(labelled)
    tested = targets.audit & targets.decided
    wanted = {name for name, inside in zip(targets.doc_ids, tested, strict=True) if inside}
    models = [model for model in (candidate, current) if model is not None]
    known = {name for model in models for name in model.out_of_fold.doc_ids}
    texts = {one.doc_id: one.text for one in documents if one.doc_id in wanted or one.doc_id in known}
    group_of = _groups(candidate.out_of_fold, texts)
    predictions = [_honest(model, wanted & texts.keys(), texts, group_of) for model in models]
    shared = sorted(set.intersection(*(set(one) for one in predictions)))
    place = {name: index for index, name in enumerate(targets.doc_ids)}
    keep = np.array([bool(targets.keep[place[name]]) for name in shared], bool)
    shared_groups = np.array([group_of[name] for name in shared], np.int64)
    _require_distinct(keep, shared_groups)
    columns = np.array([[one[name] for name in shared] for one in predictions])
    if current is None:
        columns = np.vstack([columns, np.full(len(shared), keep.mean())])
    return _compare(candidate, current, columns, keep, shared_groups, seed)


def _groups(known: OutOfFold, texts: Mapping[str, str]) -> dict[str, int]:
    """Group of near-duplicates of each text. Those that the candidate was tested by, where it has learned from all."""
    stored = dict(zip(known.doc_ids, known.groups.tolist(), strict=True))
    if texts.keys() <= stored.keys():
        return stored
    names = sorted(texts)
    return dict(zip(names, text_groups([texts[name] for name in names]).tolist(), strict=True))


def _require_distinct(keep: NDArray[np.bool_], groups: NDArray[np.int64]) -> None:
    kept, rejected = distinct(keep, groups)
    missing = [
        f"{MIN_GROUPS - number} more distinct {name}"
        for name, number in (("kept", kept), ("rejected", rejected))
        if number < MIN_GROUPS
    ]
    if missing:
        raise NotEnoughLabels(
            f"The gate needs {MIN_GROUPS} kept and {MIN_GROUPS} rejected audit documents that both can be judged "
            f"on, near-duplicates counted once; there are {kept} and {rejected} among {len(keep)} documents. Label on "
            f"in the audit stream: {' and '.join(missing)} documents."
        )


def _compare(
    candidate: TrainedModel,
    current: TrainedModel | None,
    probability: NDArray[np.float64],
    keep: NDArray[np.bool_],
    groups: NDArray[np.int64],
    seed: int,
) -> Gate:
    losses = log_losses(probability[0], keep) - log_losses(probability[1], keep)
    ranks, loss = [], []
    for weights in resamples(groups, seed):
        ranks.append(auc(weights, probability[0], keep) - auc(weights, probability[1], keep))
        loss.append(weights @ losses / weights.sum(1))
    once = np.ones((1, len(keep)))
    difference = float((auc(once, probability[0], keep) - auc(once, probability[1], keep))[0])
    low, high = interval(np.concatenate(ranks))
    if current is None:  # against chance there is one AUC to be sure of
        low, high = (end - 0.5 for end in auc_interval(difference + 0.5, *distinct(keep, groups)))
    loss_low, loss_high = interval(np.concatenate(loss))
    assert low is not None
    assert high is not None
    assert loss_low is not None
    assert loss_high is not None
    # A better ranking does not pay for clearly worse probabilities; a first model has no probabilities to match.
    better = low > 0 and (current is None or loss_low <= 0)
    return Gate(
        better, candidate.version, current.version if current else None, len(keep), difference, low, high,
        float(losses.mean()), loss_low, loss_high,
        _sentence(candidate.version, current.version if current else None, low, high, loss_low, len(keep)),
    )  # fmt: skip


def _sentence(candidate: str, current: str | None, low: float, high: float, loss_low: float, documents: int) -> str:
    number = f"{documents:,}".replace(",", "\u202f")
    if current is None:
        where = f"on {number} audit documents, each judged by a model fitted without it and counted alike."
        if low > 0:
            return f"95 % sure that {candidate} ranks with an AUC of {0.5 + low:.3f} to {0.5 + high:.3f}, {where}"
        return (
            f"{candidate} cannot be told from chance: its AUC is {0.5 + low:.3f} to {0.5 + high:.3f} (95 %), {where} "
            "Label more documents and train again."
        )
    where = f"on the same {number} audit documents, each judged by a fit without it."
    if low > 0 and loss_low <= 0:
        return f"95 % sure that {candidate} ranks better by {low:.3f} to {high:.3f} AUC, {where}"
    if low > 0:
        return f"{candidate} ranks better than {current}, but its probabilities are worse beyond noise, {where}"
    if high < 0:
        return f"95 % sure that {candidate} ranks worse than {current} by {-high:.3f} to {-low:.3f} AUC, {where}"
    return (
        f"{candidate} is not better than {current} beyond noise: its AUC differs by {low:+.3f} to {high:+.3f} (95 %), "
        f"{where} Keep {current}, or label more documents and train again."
    )


def _honest(model: TrainedModel, wanted: set[str], texts: dict[str, str], group_of: dict[str, int]) -> dict[str, float]:
    """P(keep) by document, each from a model that did not learn from it or from a near-duplicate of it."""
    stored = model.out_of_fold
    found = {name: float(p) for name, p in zip(stored.doc_ids, stored.probabilities, strict=True) if name in wanted}
    taught = {group_of[name] for name in stored.doc_ids if name in group_of}
    later = sorted(name for name in wanted - found.keys() if group_of[name] not in taught)
    if later:
        found.update(zip(later, model.score([texts[name] for name in later]).tolist(), strict=True))
    return found


def shared_auc(
    versions: Mapping[str, OutOfFold], labelled: Sequence[LabelledDocument]
) -> tuple[int, dict[str, Mapping[str, float]]]:
    """AUC of versions on the decided audit documents that all of them have out-of-fold predictions for, and how many.

    versions: oldest first; the oldest are left out until the others share enough.
    """
    targets = targets_of(labelled)
    tested = targets.audit & targets.decided
    keep_of = {name: bool(k) for name, k, t in zip(targets.doc_ids, targets.keep, tested, strict=True) if t}
    left = list(versions)
    while left:
        shared = sorted(keep_of.keys() & set.intersection(*(set(versions[name].doc_ids) for name in left)))
        newest = versions[left[-1]]
        group_of = dict(zip(newest.doc_ids, newest.groups.tolist(), strict=True))
        keep = np.array([keep_of[name] for name in shared], bool)
        evidence = distinct(keep, np.array([group_of[name] for name in shared], np.int64))
        if min(evidence) >= MIN_GROUPS:
            found: dict[str, Mapping[str, float]] = {}
            for name in left:
                score_of = dict(zip(versions[name].doc_ids, versions[name].probabilities.tolist(), strict=True))
                value = float(auc(np.ones((1, len(keep))), np.array([score_of[doc] for doc in shared]), keep)[0])
                low, high = auc_interval(value, *evidence)
                found[name] = {"value": value, "low": low, "high": high}
            return len(shared), found
        left = left[1:]
    return 0, {}
