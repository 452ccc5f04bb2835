"""A trained model: pool statistics, folded head, calibration, out-of-fold predictions, and the card that tells all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from review.classifier.calibration import Calibration
from review.classifier.cascade import Cascade
from review.classifier.encoders import SentenceEncoder, StaticEncoder, open_encoder
from review.classifier.head import Head
from review.classifier.neighbours import Neighbours
from review.classifier.novelty import Novelty
from review.classifier.pool import Pool, known_features
from review.classifier.reasons import NO_REASONS, ReasonHeads, dense_features
from review.errors import ModelError

if TYPE_CHECKING:
    from review.signals.scan import Scanner, Texts


@dataclass(frozen=True)
class OutOfFold:
    """Predictions for the labelled documents by models that saw neither them nor their near-duplicates."""

    doc_ids: tuple[str, ...]
    logits: NDArray[np.float64]  # raw
    probabilities: NDArray[np.float64]  # calibrated on the other folds
    groups: NDArray[np.int64]  # near-duplicates share a number


@dataclass(frozen=True)
class TrainedModel:
    """Scores texts with P(keep)."""

    card: Mapping[str, Any]
    pool: Pool
    head: Head
    calibration: Calibration
    out_of_fold: OutOfFold
    novelty: Novelty
    reasons: ReasonHeads = NO_REASONS  # of documents that are bad
    neighbours: Neighbours | None = None  # None: a model without labels, or from before there were any
    cache: Path | None = None  # where the encoder's vectors are kept; None: nowhere
    cascade: Cascade | None = None  # the head before the one with an encoder; None: that one reads every document

    @property
    def version(self) -> str:
        return str(self.card["version"])

    @property
    def threshold(self) -> float:
        """P(keep) from which a document is kept, from the costs of both errors."""
        return float(self.card["threshold"])

    @cached_property
    def encoder(self) -> SentenceEncoder | None:
        """The costly encoder whose vectors the head needs; None without one.

        Raises ModelError when it is not here, or not the one that the head was fitted on.
        """
        if not len(self.head.encoder):
            return None
        found = open_encoder(self.card["settings"]["encoder"], self.cache)
        wanted = (self.card.get("encoder") or {}).get("fingerprint", found.fingerprint)
        if found.fingerprint != wanted:
            raise ModelError(
                f"The encoder {found.name!r} is another one than {self.version} was trained with: its files have the "
                f"fingerprint {found.fingerprint}, expected {wanted}. Put the old files back, or train again."
            )
        return found

    @property
    def static_encoder(self) -> StaticEncoder:
        """The project's own word vectors as an encoder, for search and diversity."""
        return StaticEncoder(self.pool.static)

    def score(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """P(keep) of texts, (texts,) float32."""
        return self.calibration(self.logits(texts)).astype(np.float32)

    def logits(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """Raw logits of texts, before calibration."""
        from review.signals.scan import Scanner, Texts

        return self.scan_logits(Scanner(), Texts.from_strings(texts, self.card["settings"]["max_bytes"]), texts)

    def novel(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """How unlike the labelled documents texts are, in signals or in words; above 1 their scores are not to be
        trusted. Whole shards, where only signals are read, are compared by these alone (see `read`).
        """
        from review.signals.scan import Scanner, Texts

        encoded = Texts.from_strings(texts, self.card["settings"]["max_bytes"])
        scan = Scanner().scan(encoded, self.tables)
        novelty = self.novelty(scan.signals(), scan.groups)
        if self.neighbours is None:
            return novelty
        _, grams = Scanner().grams(encoded)
        static = self.pool.static
        return np.maximum(novelty, self.neighbours(static.evened(static.means(grams.order, grams.order_ends))))

    def why(self, texts: Sequence[str]) -> NDArray[np.float64]:
        """P(reason | bad) of texts, (texts, reasons), in the order of `reasons.codes`."""
        from review.signals.scan import Scanner, Texts

        if not self.reasons.codes:
            return np.zeros((len(texts), 0))
        encoded = Texts.from_strings(texts, self.card["settings"]["max_bytes"])
        scan, grams = Scanner().grams(encoded)
        return self.reasons(dense_features(known_features(self.pool, scan, grams)))

    def scan_logits(self, scanner: Scanner, encoded: Texts, texts: Sequence[str] | None) -> NDArray[np.float64]:
        """Raw logits; `texts` are needed only where the model has an encoder."""
        return self.read(scanner, encoded, texts)[0]

    def read(
        self, scanner: Scanner, encoded: Texts, texts: Sequence[str] | None
    ) -> tuple[NDArray[np.float64], NDArray[np.float32]]:
        """Raw logits and novelty, by signals, of documents: in one pass, and of a cascade a second one over those that
        it sends on.
        """
        if self.encoder is not None and texts is None:
            raise ValueError("a model with an encoder scores str, not buffers")
        scan = scanner.scan(encoded, self.tables)
        novelty = self.novelty(scan.signals(), scan.groups)
        first = self.heads[0]
        logits = first.logits(self.pool, scan, self._vectors(first, texts))
        if self.cascade is not None and texts is not None:
            sent = np.flatnonzero(self.cascade.asks(logits))
            again = scanner.scan(encoded.some(sent), self.last_tables)
            logits[sent] = self.head.logits(
                self.pool, again, self._vectors(self.head, [texts[row] for row in sent.tolist()])
            )
        return logits, novelty

    @property
    def heads(self) -> tuple[Head, ...]:
        """In the order in which documents come to them."""
        return (self.head,) if self.cascade is None else (self.cascade.head, self.head)

    def _vectors(self, head: Head, texts: Sequence[str] | None) -> NDArray[np.float32] | None:
        if self.encoder is None or not len(head.encoder) or texts is None:
            return None
        return self.encoder.encode(texts) if len(texts) else np.zeros((0, len(head.encoder)), np.float32)

    @cached_property
    def tables(self) -> Any:
        """The folded tables of the compiled pass, of the head that reads every document."""
        return self.heads[0].tables(self.pool)

    @cached_property
    def last_tables(self) -> Any:
        """Those of the head that a cascade sends documents on to."""
        return self.head.tables(self.pool)
