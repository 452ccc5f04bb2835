"""What moved a score: the logit of one text, taken apart into signals, words and the rest. The parts add up exactly.

For leads looking at one document, never for a blind reader of an audit draw.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from review.classifier.head import Head
from review.classifier.model import TrainedModel
from review.signals.catalogue import COUNTS, SIGNALS
from review.signals.reference import read
from review.signals.scan import Scanner, Texts
from review.signals.words import pair_hash, word_bucket, word_hash

_DISTINCT_GRAMS = COUNTS.index("distinct_grams")


@dataclass(frozen=True)
class Push:
    """One thing and what it adds to the logit: above 0 towards keep."""

    name: str
    push: float
    value: float | None = None  # of a signal, in its own unit


@dataclass(frozen=True)
class Explanation:
    """The raw logit and its parts."""

    logit: float
    probability: float
    novelty: float
    signals: tuple[Push, ...]  # strongest first
    words: tuple[Push, ...]  # words and pairs of words, strongest first
    rest: tuple[Push, ...]  # characters, likeness to labelled documents, oddness, starting point, encoder
    reasons: tuple[tuple[str, float], ...] = ()  # code and its probability if the document is bad, likeliest first

    @property
    def total(self) -> float:
        return sum(one.push for part in (self.signals, self.words, self.rest) for one in part)


def explain(model: TrainedModel, text: str) -> Explanation:
    """Take the score of `text` apart."""
    encoded = Texts.from_strings([text], model.card["settings"]["max_bytes"])
    seen = bytes(encoded.data[encoded.starts[0] : encoded.ends[0]]).decode("utf-8", "surrogatepass")
    head, pool, scan = model.heads[0], model.pool, Scanner().scan(encoded, model.tables)
    if model.cascade is not None and model.cascade.asks(head.logits(pool, scan, None))[0]:
        head, scan = model.head, Scanner().scan(encoded, model.last_tables)
    values = scan.signals()
    ranked = pool.ranks(values, scan.groups)
    signals = [
        Push(signal.meaning, float(rank * weight), float(value))
        for signal, rank, weight, value in zip(SIGNALS, ranked[0], head.signals, values[0], strict=True)
    ]
    squares = (head.anchors * head.anchors).sum(1)
    distance = (ranked * ranked).sum(1)[:, None] + squares - 2 * (ranked @ head.anchors.T)
    near = np.exp(np.maximum(distance, 0) * np.float32(-0.5 / pool.radius)) @ head.anchor_weights
    distinct_grams = max(float(scan.counts[0, _DISTINCT_GRAMS]), 1.0)
    rest = [
        Push("characters in fours", float(head.gram_unit * scan.sums[0, 3] / np.sqrt(distinct_grams))),
        Push("likeness of form to labelled documents", float(near[0])),
        Push("how unusual it is in the corpus", float(head.novelty * pool.novelty(ranked)[0])),
        Push("where every document starts", float(head.bias)),
    ]
    logit = float(model.logits([text])[0])
    if model.encoder is not None and len(head.encoder):
        rest.append(Push("sentence vectors", float(model.encoder.encode([text])[0] @ head.encoder)))
    return Explanation(
        logit,
        float(model.calibration(np.array([logit]))[0]),
        float(model.novel([text])[0]),
        tuple(sorted(signals, key=_strength)),
        tuple(sorted(_words(head, seen, float(scan.sums[0, 1])), key=_strength)),
        tuple(rest),
        tuple(sorted(zip(model.reasons.codes, model.why([text])[0].tolist(), strict=True), key=_likeliest)),
    )


def _words(head: Head, text: str, distinct: float) -> list[Push]:
    words = read(text).words
    counts = Counter(words)
    presence, each = head.word_unit / np.sqrt(max(distinct, 1)), head.occurrence_unit / max(len(words), 1)
    pushes: dict[str, float] = defaultdict(float)
    for word, count in counts.items():
        bucket = word_bucket(word_hash(word))
        pushes[word] += float(presence * head.words[bucket] + each * head.occurrences[bucket] * count)
    for first, second in set(pairwise(words)):
        bucket = word_bucket(pair_hash(word_hash(first), word_hash(second)))
        pushes[f"{first} {second}"] += float(presence * head.words[bucket])
    return [Push(name, push) for name, push in pushes.items()]


def _strength(one: Push) -> tuple[float, str]:
    return -abs(one.push), one.name


def _likeliest(one: tuple[str, float]) -> tuple[float, str]:
    return -one[1], one[0]
