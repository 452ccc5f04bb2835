"""The compiled look-up of a signal's rank says what a search over the knots says, ties to the middle."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from review.classifier.ranks import KNOTS, normal_score, ranks


def slowly(value: np.float32, knots: np.ndarray) -> float:
    """Normal score of a value's place among sorted knots."""
    below, up_to = np.searchsorted(knots, value, "left"), np.searchsorted(knots, value, "right")
    place = (below + up_to - 1) / 2 if up_to > below else np.interp(value, knots, np.arange(len(knots)))
    return float(normal_score(np.array(place / (len(knots) - 1))))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(0, 3), st.integers(1, 3))
def test_ranks_are_places_among_the_knots(seed, decimals, tables):
    random = np.random.default_rng(seed)
    knots = np.sort(random.normal(size=(tables, 5, KNOTS)).round(decimals), -1).astype(np.float32)
    values = (2 * random.normal(size=(6, 5))).round(decimals).astype(np.float32)
    values[:2] = knots[0, :, [0, -1]]
    table_of = random.integers(0, tables, len(values)).astype(np.int32)
    found = ranks(values, table_of, knots)
    wanted = [
        [slowly(value, knots[table, j]) for j, value in enumerate(row)]
        for row, table in zip(values, table_of, strict=True)
    ]
    np.testing.assert_allclose(found, wanted, atol=0.03)  # a table of 4,097 steps; they lie furthest apart at its ends
