"""What the scores of a shard come to: stands in its sidecar's footer, so a corpus is summed up without reading it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True)
class Totals:
    """Sums over rows.

    documents, sizes (bytes): of what is not novel and has a score at or above each of `classifier.guarantee.EDGES`.
    """

    rows: int = 0
    scored: int = 0  # rows that have a score
    kept: int = 0  # at or above the threshold, and not novel
    novel: int = 0
    novelty: float = 0.0  # sum
    size: int = 0  # bytes of the rows that have a score
    documents: tuple[int, ...] = field(default=(), repr=False)
    sizes: tuple[int, ...] = field(default=(), repr=False)

    @classmethod
    def of(
        cls,
        scores: NDArray[np.float32],
        sizes: NDArray[np.int32],
        novelty: NDArray[np.float32],
        threshold: float,
        rows: int,
    ) -> Totals:
        """Totals of rows that have a score, among `rows`."""
        from review.classifier.guarantee import counts

        usual = novelty <= 1
        documents, size = counts(scores[usual], sizes[usual])
        return cls(
            rows, len(scores), int(((scores >= threshold) & usual).sum()), int((~usual).sum()), float(novelty.sum()),
            int(sizes.sum(dtype="int64")), tuple(documents.tolist()), tuple(size.tolist()),
        )  # fmt: skip

    def __add__(self, other: Totals) -> Totals:
        def lists(left: tuple[int, ...], right: tuple[int, ...]) -> tuple[int, ...]:
            return tuple(a + b for a, b in zip(left, right, strict=True)) if left and right else left or right

        return Totals(
            self.rows + other.rows, self.scored + other.scored, self.kept + other.kept, self.novel + other.novel,
            self.novelty + other.novelty, self.size + other.size, lists(self.documents, other.documents),
            lists(self.sizes, other.sizes),
        )  # fmt: skip

    def to_json(self) -> str:
        """As text for a footer."""
        return json.dumps(vars(self), separators=(",", ":"))

    @classmethod
    def from_json(cls, text: bytes) -> Totals:
        """Back from a footer."""
        found: dict[str, Any] = json.loads(text)
        found |= {name: tuple(found[name]) for name in ("documents", "sizes")}
        return cls(**found)
