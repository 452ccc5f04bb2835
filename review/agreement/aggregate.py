"""One answer an item from several reviewers: by majority, or by Dawid and Skene's model of each reviewer's errors.

Majority is the default. Dawid and Skene (Applied Statistics 28, 1979) pays from about five judgements an item or fifty
a reviewer on, and then mostly to find the reviewer whose answers do not depend on the item.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from review.agreement.judgements import Codes, Floats, Judgements, Mask

# Smoothing of a confusion row (the mean of a Beta or Dirichlet prior): this many judgements spread as all reviewers'
# pooled row is. Someone with three judgements is taken to err like the rest, someone with three hundred speaks for
# themselves. Never one error rate a person: whoever misses bad documents need not reject good ones.
PRIOR_JUDGEMENTS = 2.0
# Of these, this share is spread evenly over all values, so that no answer is ever impossible.
_EVEN = 0.05


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """Answers for I items. An item nobody judged has the overall shares, and counts as tied."""

    probability: Floats  # (I, K); by majority: share of the judgements
    best: Codes  # (I,) place in `values`; a tie goes to the value that is more frequent overall
    tied: Mask  # (I,)


@dataclass(frozen=True, slots=True, eq=False)
class DawidSkene:
    """The fitted model."""

    answers: Answers
    shares: Floats  # (K,) how frequent each true value is
    confusion: Floats  # (R, K, K) chance that reviewer r says l (column) of an item that truly is k (row)
    log_likelihood: float  # of the judgements, without the smoothing
    rounds: int
    converged: bool


def majority(judgements: Judgements) -> Answers:
    """The value most reviewers gave, each reviewer's first judgement counting."""
    counts = judgements.first().counts().astype(np.float64)
    overall = counts.sum(0) / max(counts.sum(), 1)
    total = counts.sum(1, keepdims=True)
    shares = np.where(total > 0, counts / np.maximum(total, 1), overall)
    return _answers(shares, overall)


def dawid_skene(
    judgements: Judgements, *, smoothing: float = PRIOR_JUDGEMENTS, rounds: int = 200, tolerance: float = 1e-6
) -> DawidSkene:
    """Expectation maximisation from the majority shares, until probabilities move by `tolerance` or less on average.

    smoothing: judgements' worth of the pooled confusion added to every reviewer's rows; 0 is the plain maximum
    likelihood of the paper. Repeated judgements of an item count each, as in the paper.
    """
    from scipy.sparse import csr_array

    items, people, values = len(judgements.items), len(judgements.reviewers), len(judgements.values)
    said = csr_array(
        (np.ones(len(judgements)), (judgements.item, judgements.reviewer * values + judgements.value)),
        shape=(items, people * values),
    )
    heard = said.T.tocsr()
    counts = judgements.counts().astype(np.float64)
    overall = (counts.sum(0) + 1) / (counts.sum() + values)
    total = counts.sum(1, keepdims=True)
    truth: Floats = np.where(total > 0, counts / np.maximum(total, 1), overall)
    likelihood, done, converged = -np.inf, 0, False
    shares, confusion = overall, np.zeros((people, values, values))
    while done < rounds and not converged:
        shares = truth.mean(0) if items else overall
        confusion = _confusion(np.asarray(heard @ truth), people, values, smoothing)
        with np.errstate(divide="ignore"):
            say = np.log(confusion).transpose(0, 2, 1).reshape(people * values, values)
            joint = np.log(shares) + said @ say
        top = joint.max(1, keepdims=True) if items else joint
        fresh = np.exp(joint - top)
        weight = fresh.sum(1, keepdims=True)
        fresh /= weight
        likelihood = float((top + np.log(weight)).sum())
        converged = bool(np.abs(fresh - truth).sum() <= tolerance * truth.size)
        truth, done = fresh, done + 1
    return DawidSkene(_answers(truth, shares), shares, confusion, likelihood, done, converged)


def spammer_score(confusion: Floats) -> Floats:
    """How much a reviewer's answers tell, (...), from confusion matrices (..., K, K) whose rows sum to 1.

    1: always right; 0: the same answers whatever the item is, a rubber stamp. With two values it is the square of
    sensitivity + specificity - 1. Raykar and Yu, Journal of Machine Learning Research 13, 2012.
    """
    values = confusion.shape[-1]
    apart = ((confusion[..., :, None, :] - confusion[..., None, :, :]) ** 2).sum((-3, -2, -1)) / 2
    score: Floats = apart / max(values * (values - 1), 1)
    return score


def _answers(probability: Floats, overall: Floats) -> Answers:
    top = probability.max(1, keepdims=True, initial=0)
    leading = probability >= top - 1e-9
    return Answers(probability, np.where(leading, overall, -1.0).argmax(1), leading.sum(1) > 1)


def _confusion(counted: Floats, people: int, values: int, smoothing: float) -> Floats:
    """Rows of chances from expected counts (R * K said, K true), each with `smoothing` judgements of the pooled row."""
    counts = counted.reshape(people, values, values).transpose(0, 2, 1)
    pooled = _rows(counts.sum(0))
    return _rows(counts + smoothing * ((1 - _EVEN) * pooled + _EVEN / values))


def _rows(counts: Floats) -> Floats:
    """Rows scaled to sum to 1; an empty row is spread evenly."""
    total = counts.sum(-1, keepdims=True)
    rows: Floats = np.divide(counts, total, out=np.full(counts.shape, 1 / counts.shape[-1]), where=total > 0)
    return rows
