"""The audit order is fixed, nested, complete and free of the excluded rows."""

import numpy as np
import pytest

from review.sampling import AUDIT, audit_order, inclusion_probability
from review.sampling import audit as module


def test_the_order_is_fixed_for_all_time():
    """Golden: a change here would change every draw of every project."""
    assert audit_order("web/0.parquet", 7, 1000, (), 8).tolist() == GOLDEN


GOLDEN = [294, 322, 573, 701, 702, 877, 750, 729]


def test_a_larger_draw_contains_the_smaller_one_in_the_same_ranks():
    large = audit_order("s", 1, 10_000, (), 500)
    assert audit_order("s", 1, 10_000, (), 100).tolist() == large[:100].tolist()
    assert audit_order("s", 1, 10_000, (), 500, start=100).tolist() == large[100:].tolist()


def test_seed_and_shard_each_change_the_order():
    orders = {tuple(audit_order(name, seed, 1000, (), 10)) for name in ("a", "b", "a#1") for seed in (1, 2, 11)}
    assert len(orders) == 9


def test_excluded_rows_are_passed_over_and_the_others_keep_their_order():
    whole = audit_order("s", 1, 1000, (), 1000)
    excluded = tuple(range(0, 1000, 3))
    kept = [row for row in whole.tolist() if row % 3]
    assert audit_order("s", 1, 1000, excluded, 200).tolist() == kept[:200]


@pytest.mark.parametrize("chunk", [1, 7, 100, 5000])
@pytest.mark.parametrize("n", [0, 1, 30, 999, 5000])
def test_chunks_make_no_difference(monkeypatch, chunk, n):
    excluded = (0, 1, 500, 999)
    expected = audit_order("s", 3, 1000, excluded, n)
    monkeypatch.setattr(module, "CHUNK", chunk)
    assert audit_order("s", 3, 1000, excluded, n).tolist() == expected.tolist()
    assert len(expected) == min(n, 996)


def test_no_two_rows_tie():
    places = module.place(np.arange(100_000), (np.uint64(2**64 - 1), np.uint64(5)))
    assert len(np.unique(places)) == 100_000


def test_ten_million_rows_take_a_moment_and_little_memory():
    import tracemalloc

    tracemalloc.start()
    assert len(audit_order("s", 1, 10_000_000, (), 300)) == 300
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 100 << 20


@pytest.mark.parametrize(("rows", "n", "start"), [(-1, 1, 0), (10, 1, 2), (10, 5, -1)])
def test_numbers_that_make_no_sense_are_refused(rows, n, start):
    with pytest.raises(ValueError, match=f"rows={rows}"):
        audit_order("s", 1, rows, (), n, start)


@pytest.mark.parametrize(
    ("n", "documents", "share"), [(0, 5, 0.0), (1, 4, 0.25), (4, 4, 1.0), (9, 4, 1.0), (3, 0, 0.0)]
)
def test_the_inclusion_probability_is_the_sampled_share(n, documents, share):
    assert inclusion_probability(n, documents) == share


def test_the_registry_offers_the_simple_sample():
    assert AUDIT["simple"] is audit_order
