"""How well reviewers agree: all together, in pairs, and each against the others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from review.agreement.bootstrap import RESAMPLES, Estimate, estimate, kinds, resampled
from review.agreement.coefficients import (
    COEFFICIENTS,
    Disagreement,
    cohen,
    features,
    sums,
    table_sums,
)
from review.agreement.judgements import Codes, Floats, Judgements

OVERALL = ("raw", "ac1", "fleiss", "alpha", "alpha_ordinal")
PAIR = ("raw", "ac1", "cohen", "alpha")


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """One reviewer beside another, or beside all others.

    counts: (K, K), items by the first one's value (row) and the second one's (column). Beside all others an item
    counts once, shared out over the others' values.
    """

    first: str
    second: str  # "" for all others
    items: int
    counts: Floats
    coefficients: Mapping[str, Estimate]


def agreement(
    judgements: Judgements,
    names: Sequence[str] = OVERALL,
    *,
    seed: int,
    resamples: int = RESAMPLES,
    confidence: float = 0.95,
) -> dict[str, Estimate]:
    """Coefficients by name, of COEFFICIENTS, with bootstrap intervals over items.

    Each reviewer's first judgement of an item counts. Items with a single judgement add to the shares of the values
    in Fleiss' kappa and AC1 (Gwet 2014); leave them out with `Judgements.shared` where the items that several people
    judged were not chosen at random. Raises KeyError for an unknown name.
    """
    counts = judgements.first().counts().astype(np.float64)
    patterns, times = kinds(counts[counts.sum(1) > 0])
    rows = features(patterns)
    drawn = resampled(rows, times, seed=seed, resamples=resamples)
    found = times @ rows
    paired = int(found[-1]) if len(rows) else 0
    return {
        name: estimate(_of_sums(name, judgements.values), found, drawn, items=paired, confidence=confidence)
        for name in names
    }


def pairs(
    judgements: Judgements,
    names: Sequence[str] = PAIR,
    *,
    seed: int,
    least: int = 1,
    most: int | None = None,
    resamples: int = RESAMPLES,
    confidence: float = 0.95,
) -> list[Table]:
    """Every two reviewers with at least `least` items in common, most items first, the first `most` of these pairs."""
    tables = _pair_tables(judgements.first())
    together = tables.sum((2, 3)).astype(np.int64)
    upper = np.argwhere(np.triu(together >= max(least, 1), 1))
    order = sorted(map(tuple, upper.tolist()), key=lambda pair: (-together[pair], pair))[:most]
    cells = np.eye(len(judgements.values) ** 2)
    how = _How(tuple(names), judgements.values, seed, resamples, confidence)
    name = judgements.reviewers
    return [_table(name[a], name[b], cells, tables[a, b].ravel().astype(np.int64), how) for a, b in order]


def against_others(
    judgements: Judgements,
    names: Sequence[str] = PAIR,
    *,
    seed: int,
    resamples: int = RESAMPLES,
    confidence: float = 0.95,
) -> dict[str, Table]:
    """Each reviewer beside all others who judged the same items, every item counting once."""
    first = judgements.first().shared()
    return tables_by_reviewer(
        judgements,
        first.reviewer,
        first.value,
        _beside(first)[1],
        names,
        seed=seed,
        resamples=resamples,
        confidence=confidence,
    )


def tables_by_reviewer(
    judgements: Judgements,
    reviewer: Codes,
    value: Codes,
    beside: Floats,
    names: Sequence[str] = PAIR,
    *,
    seed: int,
    resamples: int = RESAMPLES,
    confidence: float = 0.95,
) -> dict[str, Table]:
    """For every reviewer with any: their `value`s (n,) beside shares of values `beside` (n, K), one row an item."""
    side = len(judgements.values)
    rows = (np.eye(side)[value][:, :, None] * beside[:, None, :]).reshape(len(value), side * side)
    how = _How(tuple(names), judgements.values, seed, resamples, confidence)
    return {
        judgements.reviewers[code]: _table(judgements.reviewers[code], "", *kinds(rows[reviewer == code]), how)
        for code in np.unique(reviewer).tolist()
    }


def confusion(judgements: Judgements, first: str, second: str) -> Floats:
    """Items by what `first` said (row) and what `second` said (column), (K, K). Raises ValueError for a stranger."""
    known = judgements.reviewers
    for name in (first, second):
        if name not in known:
            raise ValueError(f"{name!r} has judged nothing here; there are {', '.join(map(repr, known))}.")
    a, b = known.index(first), known.index(second)
    once = judgements.first()
    table: Floats = _pair_tables(once.where((once.reviewer == a) | (once.reviewer == b)))[a, b]
    return table


def with_the_others(judgements: Judgements) -> Floats:
    """For each judgement, (n,): 1 when it is what most others said of the item, 0 when not, NaN when they are tied.

    Each reviewer's first judgement of an item counts; a repeated one, or one nobody stands beside, gives NaN.
    """
    counted = judgements.is_first() & judgements.is_shared()
    own, others = _beside(judgements.where(counted))
    top = others.max(1, initial=0)
    tied = (others >= top[:, None] - 1e-9).sum(1) > 1
    found = np.full(len(judgements), np.nan)
    found[counted] = np.where(tied, np.nan, (own * others).sum(1) >= top - 1e-9)
    return found


@dataclass(frozen=True, slots=True)
class _How:
    names: tuple[str, ...]
    values: tuple[Any, ...]
    seed: int
    resamples: int
    confidence: float


def _table(first: str, second: str, rows: Floats, times: Codes, how: _How) -> Table:
    """A table that is `times` (P,) of the tables `rows` (P, K * K)."""
    side = len(how.values)
    found = times @ rows if len(rows) else np.zeros(side * side)
    drawn = resampled(rows, times, seed=how.seed, resamples=how.resamples)
    items = int(times.sum())
    coefficients = {
        name: estimate(_of_table(name, how.values), found, drawn, items=items, confidence=how.confidence)
        for name in how.names
    }
    return Table(first, second, items, found.reshape(side, side), coefficients)


def _of_table(name: str, values: tuple[Any, ...]) -> Callable[[Floats], Disagreement]:
    def formula(flat: Floats) -> Disagreement:
        table = flat.reshape(*flat.shape[:-1], len(values), len(values))
        return cohen(table) if name == "cohen" else COEFFICIENTS[name](table_sums(table), values)

    return formula


def _of_sums(name: str, values: tuple[Any, ...]) -> Callable[[Floats], Disagreement]:
    return lambda added: COEFFICIENTS[name](sums(added, len(values)), values)


def _beside(first: Judgements) -> tuple[Floats, Floats]:
    """What each judgement says, and how the others' judgements of its item are shared out; both (n, K)."""
    counts = first.counts()[first.item]
    own: Floats = np.eye(len(first.values))[first.value]
    return own, (counts - own) / np.maximum(counts.sum(1) - 1, 1)[:, None]


def _pair_tables(first: Judgements) -> Floats:
    """Confusion of every two reviewers, (R, R, K, K); the diagonal means nothing."""
    from scipy.sparse import csr_array

    people, values = len(first.reviewers), len(first.values)
    said = csr_array(
        (np.ones(len(first)), (first.item, first.reviewer * values + first.value)),
        shape=(len(first.items), people * values),
    )
    together: Floats = (said.T @ said).toarray()
    return together.reshape(people, values, people, values).transpose(0, 2, 1, 3)
