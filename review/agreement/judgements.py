"""Judgements as arrays: who said what of which item."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int64]
Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Judgements:
    """n judgements by R reviewers of I items with K possible values, in the order they were made.

    `item`, `reviewer` and `value` are (n,) places in `items`, `reviewers` and `values`. `values` are all answers that
    were allowed, whether or not anybody gave them: Gwet's coefficient depends on their number, and ordinal measures on
    their order. A reviewer may have judged an item more than once.
    """

    items: tuple[Hashable, ...]
    reviewers: tuple[str, ...]
    values: tuple[Any, ...]
    item: Codes
    reviewer: Codes
    value: Codes

    @classmethod
    def from_tuples(cls, rows: Iterable[tuple[Hashable, str, Any]], values: Sequence[Any] | None = None) -> Judgements:
        """From (item, reviewer, value); `values` are sorted when not given. See `from_columns`."""
        columns = list(zip(*rows, strict=True)) or [(), (), ()]
        return cls.from_columns(*columns, values=values)

    @classmethod
    def from_columns(
        cls,
        items: Sequence[Hashable],
        reviewers: Sequence[str],
        answers: Sequence[Any],
        *,
        values: Sequence[Any] | None = None,
    ) -> Judgements:
        """From three columns of equal length. Raises ValueError for an answer that is not among `values`."""
        allowed = tuple(sorted(set(answers)) if values is None else values)
        place = {answer: code for code, answer in enumerate(allowed)}
        wrong = [answer for answer in set(answers) if answer not in place]
        if wrong:
            raise ValueError(
                f"{wrong[0]!r} is no answer that was allowed; allowed are {', '.join(map(repr, allowed))}."
            )
        item_names, item = _codes(items)
        reviewer_names, reviewer = _codes(reviewers)
        value = np.fromiter((place[answer] for answer in answers), np.int64, len(answers))
        return cls(item_names, reviewer_names, allowed, item, reviewer, value)

    def __len__(self) -> int:
        return len(self.item)

    def where(self, mask: Mask) -> Judgements:
        """The judgements for which `mask`, (n,), holds; items, reviewers and values keep their places."""
        return replace(self, item=self.item[mask], reviewer=self.reviewer[mask], value=self.value[mask])

    def first(self) -> Judgements:
        """Each reviewer's first judgement of each item: what agreement is measured on.

        A second look at an item by the same person says how consistent that person is, not how two people agree.
        """
        return self.where(self.is_first())

    def is_first(self) -> Mask:
        """Which judgements are the reviewer's first of their item, (n,)."""
        _, places = np.unique(self.item * len(self.reviewers) + self.reviewer, return_index=True)
        first = np.zeros(len(self), dtype=np.bool_)
        first[places] = True
        return first

    def shared(self) -> Judgements:
        """The judgements of items that two reviewers or more judged."""
        return self.where(self.is_shared())

    def is_shared(self) -> Mask:
        """Which judgements are of items that two reviewers or more judged, (n,)."""
        judges = np.bincount(self.item[self.is_first()], minlength=len(self.items))
        shared: Mask = judges[self.item] >= 2
        return shared

    def counts(self) -> Codes:
        """How often each value was given to each item, (I, K)."""
        size = len(self.items) * len(self.values)
        flat = np.bincount(self.item * len(self.values) + self.value, minlength=size)
        return flat.reshape(len(self.items), len(self.values))

    def recoded(self, yes: Mask) -> Judgements:
        """The same judgements as no (0) or yes (1): `yes`, (n,), says which."""
        return replace(self, values=(False, True), value=yes.astype(np.int64))

    def groups(self, group_of: Mapping[Any, str]) -> dict[str, Judgements]:
        """The judgements of each group of items, by name; items without a group are left out."""
        names = sorted(set(group_of.values()))
        place = {name: code for code, name in enumerate(names)}
        group = np.array([place[group_of[item]] if item in group_of else -1 for item in self.items], dtype=np.int64)
        return {name: self.where(group[self.item] == code) for name, code in place.items()}


def _codes(names: Sequence[Hashable]) -> tuple[tuple[Any, ...], Codes]:
    """Distinct names in the order they come, and the place of each among them."""
    places: dict[Hashable, int] = {}
    codes = np.fromiter((places.setdefault(name, len(places)) for name in names), np.int64, len(names))
    return tuple(places), codes
