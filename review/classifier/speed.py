"""How many documents a second a head scores on one core, measured on the project's own texts."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from review.classifier.encoders import SentenceEncoder

if TYPE_CHECKING:
    from review.classifier.model import TrainedModel

_TEXTS = 2_000
_RUNS = 5  # the median of so many
_FEW = 500  # texts that tell a card's speed, which must not cost a training seconds
_ENCODED = 64  # texts that an encoder is timed on ...
_ENCODING = 5.0  # ... or as many as it does in so many seconds


@dataclass(frozen=True)
class Pace:
    """Seconds of processor time a document, texts in memory."""

    without_characters: float  # the pass over the text, with signals, words and static vectors
    looked_up: float  # the whole pass
    encoded: float  # an encoder, beside it; 0 without one

    @classmethod
    def of(cls, model: TrainedModel, texts: Sequence[str], encoder: SentenceEncoder | None = None) -> Pace:
        """Measure a model on these texts, with its own encoder or another one."""
        some = texts[:_TEXTS]
        beside = encoder or model.encoder
        return cls(
            _passes(model, some, characters=False),
            _passes(model, some, characters=True),
            _encodes(beside, texts) if beside is not None else 0.0,
        )

    @property
    def documents_per_second(self) -> float:
        return 1 / (self.looked_up + self.encoded)


def documents_per_second(model: TrainedModel, texts: Sequence[str]) -> float:
    """How many a model scores on one core, its encoder included, roughly."""
    once = _passes(model, texts[:_FEW], characters=True)
    if model.encoder is None:
        return 1 / once
    encoded = _encodes(model.encoder, texts)
    if model.cascade is None:
        return 1 / (once + encoded)
    sent: float = model.card["encoder"]["cascade"]["share"]
    return 1 / (once + sent * (once + encoded))


def _passes(model: TrainedModel, texts: Sequence[str], *, characters: bool) -> float:
    from review.signals.scan import Scanner, Texts

    head = replace(model.heads[0], encoder=np.zeros(0, np.float32))
    tables = model.tables if characters else replace(model.tables, grams=None)
    scanner, cap = Scanner(), model.card["settings"]["max_bytes"]

    def once() -> None:
        scan = scanner.scan(Texts.from_strings(texts, cap), tables)
        model.calibration(head.logits(model.pool, scan, None))
        model.novelty(scan.signals(), scan.groups)

    once()  # the first one compiles and fills the caches
    return float(np.median([_seconds(once) for _ in range(_RUNS)])) / len(texts)


def _encodes(encoder: SentenceEncoder, texts: Sequence[str]) -> float:
    """Without what is kept: a corpus to be scored is new."""
    encoder.compute(texts[:1])
    spent, done = 0.0, 0
    for text in texts[:_ENCODED]:
        spent += _seconds(lambda text=text: encoder.compute([text]))  # type: ignore[misc]
        done += 1
        if spent > _ENCODING:
            break
    return spent / done


def _seconds(work: Callable[[], object]) -> float:
    began = time.process_time()
    work()
    return time.process_time() - began
