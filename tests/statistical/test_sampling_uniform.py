"""The audit draw is a simple random sample: each row, each pair and each rank equally likely, shards independent."""

import numpy as np
import pytest
from scipy import stats

from review.sampling import audit_order

SEEDS = 10_000
ROWS, N = 20, 6


@pytest.fixture(scope="module")
def draws() -> np.ndarray:
    """Which rows were drawn, one line a seed."""
    drawn = np.zeros((SEEDS, ROWS), bool)
    for seed in range(SEEDS):
        drawn[seed, audit_order("web/0.parquet", seed, ROWS, (), N)] = True
    return drawn


def test_every_row_is_equally_likely(draws):
    counts = draws.sum(0)
    # Rows of a draw without replacement are negatively correlated, which shrinks the statistic by (ROWS-N)/(ROWS-1).
    expected = SEEDS * N / ROWS
    statistic = ((counts - expected) ** 2 / expected).sum() * (ROWS - 1) / (ROWS - N)
    assert stats.chi2.sf(statistic, ROWS - 1) > 1e-4


def test_every_pair_is_equally_likely(draws):
    together = draws.astype(np.int64).T @ draws.astype(np.int64)
    pairs = together[np.triu_indices(ROWS, 1)]
    chance = N * (N - 1) / (ROWS * (ROWS - 1))
    z = (pairs - SEEDS * chance) / np.sqrt(SEEDS * chance * (1 - chance))
    assert np.abs(z).max() < stats.norm.isf(1e-4 / len(pairs))
    assert 0.6 < z.std() < 1.4


def test_every_rank_is_equally_likely_for_a_row():
    ranks = np.zeros(8, int)
    for seed in range(8000):
        ranks[audit_order("s", seed, 8, (), 8).tolist().index(3)] += 1
    assert stats.chisquare(ranks).pvalue > 1e-4


def test_a_large_draw_is_spread_evenly_over_the_shard():
    rows = audit_order("s", 5, 1_000_000, (), 50_000)
    assert stats.kstest(rows / 1_000_000, "uniform").pvalue > 1e-4
    assert (
        stats.chisquare(
            np.bincount(rows % 64, minlength=64), 50_000 * np.bincount(np.arange(10**6) % 64) / 10**6
        ).pvalue
        > 1e-4
    )


def test_draws_of_two_shards_or_two_seeds_share_no_more_rows_than_chance():
    n, rows = 2000, 20_000
    base = set(audit_order("s", 1, rows, (), n).tolist())
    for other in (audit_order("t", 1, rows, (), n), audit_order("s", 2, rows, (), n)):
        shared = len(base & set(other.tolist()))
        assert stats.hypergeom.ppf(1e-5, rows, n, n) <= shared <= stats.hypergeom.isf(1e-5, rows, n, n)
