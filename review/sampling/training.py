"""The training stream: which documents teach the classifier most. Never used in a bound."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from review.errors import ReviewError


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document that may be chosen. score: the model's P(keep) in 0..1, None when it has none."""

    doc_id: str
    score: float | None = None


@dataclass(frozen=True, slots=True)
class Choice:
    """A chosen document, best first, with the reason in words."""

    doc_id: str
    rank: int
    why: str


class Strategy(Protocol):
    """Chooses n of the candidates, or all where there are fewer; the order they come in makes no difference."""

    def __call__(self, candidates: Sequence[Candidate], n: int, *, seed: int) -> list[Choice]: ...


def random(candidates: Sequence[Candidate], n: int, *, seed: int) -> list[Choice]:
    """A simple random sample; a larger one contains the smaller."""
    ranked = sorted(candidates, key=lambda candidate: _place(candidate, seed))
    return [Choice(candidate.doc_id, rank, "at random") for rank, candidate in enumerate(ranked[:n])]


@dataclass(frozen=True, slots=True)
class Uncertain:
    """Documents whose score is nearest the threshold, where a label moves the model most (Lewis and Gale, 1994).

    Candidates without a score are passed over; raises ReviewError when none has one.
    """

    threshold: float = 0.5

    def __call__(self, candidates: Sequence[Candidate], n: int, *, seed: int) -> list[Choice]:
        scored = [(abs(c.score - self.threshold), c) for c in candidates if c.score is not None]
        if candidates and not scored:
            raise ReviewError(
                f"None of the {len(candidates)} candidates has a score, so none is known to be uncertain. "
                "Train and promote a classifier first, or draw with the strategy 'random'."
            )
        ranked = sorted(scored, key=lambda pair: (pair[0], _place(pair[1], seed)))
        return [
            Choice(c.doc_id, rank, f"score {c.score:.2f}, {gap:.2f} from the threshold {self.threshold:.2f}")
            for rank, (gap, c) in enumerate(ranked[:n])
        ]


def _place(candidate: Candidate, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}\0{candidate.doc_id}".encode("utf-8", "surrogatepass")).digest()


STRATEGIES: dict[str, Strategy] = {"random": random, "uncertain": Uncertain()}
