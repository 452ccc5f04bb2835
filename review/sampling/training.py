"""The training stream: which documents teach the classifier most. Never used in a bound."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Protocol

from review.errors import ReviewError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True)
class Candidate:
    """A document that may be chosen.

    score: the model's P(keep) in 0..1; novelty: how unlike the labelled documents it is, above 1 is novel; vector: its
    word vector, of any length; matches: how often it holds what is searched for. None or 0 where it has none.
    """

    doc_id: str
    score: float | None = None
    novelty: float | None = None
    vector: NDArray[np.float32] | None = field(default=None, compare=False)
    matches: int = 0


@dataclass(frozen=True, slots=True)
class Choice:
    """A chosen document, best first, with the strategy that chose it and the reason in words."""

    doc_id: str
    rank: int
    why: str
    strategy: str = ""


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
        scored = [(abs(score - self.threshold), c) for score, c in _having(candidates, "score")]
        ranked = sorted(scored, key=lambda pair: (pair[0], _place(pair[1], seed)))
        return [
            Choice(c.doc_id, rank, f"score {c.score:.2f}, {gap:.2f} from the threshold {self.threshold:.2f}")
            for rank, (gap, c) in enumerate(ranked[:n])
        ]


def likely_bad(candidates: Sequence[Candidate], n: int, *, seed: int) -> list[Choice]:
    """Documents of the lowest scores: where bad ones are rare, the quickest way to see them."""
    ranked = sorted(_having(candidates, "score"), key=lambda pair: (pair[0], _place(pair[1], seed)))
    return [
        Choice(c.doc_id, rank, f"score {score:.2f}, among the lowest") for rank, (score, c) in enumerate(ranked[:n])
    ]


def novel(candidates: Sequence[Candidate], n: int, *, seed: int) -> list[Choice]:
    """Documents most unlike everything labelled: there the model's scores say least, and people's labels most."""
    ranked = sorted(_having(candidates, "novelty"), key=lambda pair: (-pair[0], _place(pair[1], seed)))
    return [
        Choice(c.doc_id, rank, f"novelty {value:.2f}, 1 is the limit") for rank, (value, c) in enumerate(ranked[:n])
    ]


def diverse(candidates: Sequence[Candidate], n: int, *, seed: int) -> list[Choice]:
    """The most typical document of each of n clusters of word vectors (TypiClust, Hacohen et al. 2022): no two alike,
    none an oddity. The choice for a first batch. Raises ReviewError when no candidate has a vector.
    """
    import numpy as np
    from sklearn.cluster import MiniBatchKMeans

    found = sorted(_having(candidates, "vector"), key=lambda pair: pair[1].doc_id)
    if not found or n <= 0:
        return []
    vectors = np.stack([vector for vector, _ in found]).astype(np.float64)
    vectors /= np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9)
    clusters = min(n, len(found))
    group = MiniBatchKMeans(clusters, random_state=seed % 2**32, n_init=1).fit(vectors).labels_
    chosen = []
    for one in np.unique(group):
        rows = np.flatnonzero(group == one)
        near = vectors[rows] @ vectors[rows].mean(0)  # mean likeness to the rest of its cluster
        chosen.append((-len(rows), found[rows[int(near.argmax())]][1].doc_id, len(rows)))
    known = {doc_id for _, doc_id, _ in chosen}
    choices = [
        Choice(doc_id, rank, f"typical of {size} documents like it")
        for rank, (_, doc_id, size) in enumerate(sorted(chosen))
    ]
    rest = [candidate for _, candidate in found if candidate.doc_id not in known]  # where clusters came out empty
    more = random(rest, clusters - len(choices), seed=seed)
    return choices + [replace(choice, rank=len(choices) + choice.rank) for choice in more]


def search(candidates: Sequence[Candidate], n: int, *, seed: int) -> list[Choice]:
    """Documents that hold what was searched for, most often first."""
    found = [c for c in candidates if c.matches]
    ranked = sorted(found, key=lambda c: (-c.matches, _place(c, seed)))
    return [Choice(c.doc_id, rank, f"found {c.matches} times") for rank, c in enumerate(ranked[:n])]


def mixed(
    shares: dict[str, float],
    strategies: dict[str, Strategy],
    candidates: Sequence[Candidate],
    n: int,
    *,
    seed: int,
) -> list[Choice]:
    """n documents, a share by each strategy, in turn so that a batch that is read in part is mixed too.

    A strategy that finds too few leaves its places to the first one. No document is chosen twice.
    """
    total = sum(shares.values())
    wanted = {name: int(n * share / total) for name, share in shares.items()}
    for name in sorted(shares, key=lambda name: wanted[name] - n * shares[name] / total)[: n - sum(wanted.values())]:
        wanted[name] += 1
    taken: dict[str, Choice] = {}
    lists: list[list[Choice]] = []
    for name, number in [*wanted.items(), (next(iter(shares)), n)]:
        left = [candidate for candidate in candidates if candidate.doc_id not in taken]
        number = min(number, n - len(taken))
        chosen = strategies[name](left, number, seed=seed) if number > 0 else []
        lists.append([replace(choice, strategy=name) for choice in chosen])
        taken |= {choice.doc_id: choice for choice in chosen}
    places = [
        ((rank + 0.5) / len(one), order, choice) for order, one in enumerate(lists) for rank, choice in enumerate(one)
    ]
    ordered = [choice for *_, choice in sorted(places, key=lambda place: place[:2])]
    return [replace(choice, rank=rank) for rank, choice in enumerate(ordered)]


def parse_mix(text: str) -> dict[str, float]:
    """Shares by strategy from "uncertain" or "uncertain=0.6,diverse=0.4". Raises ReviewError."""
    shares: dict[str, float] = {}
    for part in text.split(","):
        name, _, share = part.partition("=")
        name = name.strip()
        try:
            value = float(share) if share.strip() else 1.0
        except ValueError:
            value = -1.0
        if name not in STRATEGIES:
            raise ReviewError(f"There is no strategy {name!r}. Allowed: {', '.join(sorted(STRATEGIES))}.")
        if not 0 < value < float("inf"):
            raise ReviewError(f"The share of {name!r} is {share.strip()!r}; a number above 0 is expected, as 0.5.")
        shares[name] = shares.get(name, 0.0) + value
    return shares


def _having(candidates: Sequence[Candidate], what: str) -> list[tuple[Any, Candidate]]:
    """Candidates that have a score, novelty or vector, with it. Raises ReviewError when none of several has one."""
    found = [(value, c) for c in candidates if (value := getattr(c, what)) is not None]
    if candidates and not found:
        raise ReviewError(
            f"None of the {len(candidates)} candidates has a {what}, so none can be chosen by it. "
            "Train and promote a classifier first, or draw with the strategy 'random'."
        )
    return found


def _place(candidate: Candidate, seed: int) -> bytes:
    return hashlib.sha256(f"{seed}\0{candidate.doc_id}".encode("utf-8", "surrogatepass")).digest()


STRATEGIES: dict[str, Strategy] = {
    "random": random,
    "uncertain": Uncertain(),
    "likely_bad": likely_bad,
    "diverse": diverse,
    "novel": novel,
    "search": search,
}
