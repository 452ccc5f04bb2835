"""The certified threshold, and what scores come to at each cut."""

import numpy as np
import pytest

from review.classifier.guarantee import EDGES, certify, counts, p_value


def test_the_p_value_is_the_binomial_tail_where_chances_were_equal():
    keep = np.ones(59, bool)
    assert p_value(keep, np.full(59, 10.0), 0.95) == pytest.approx(0.95**59)
    assert p_value(keep[:0], np.ones(0), 0.95) == 1.0


def test_unequal_chances_are_bet_on_and_a_bad_document_of_much_weight_counts_much():
    keep = np.ones(200, bool)
    weight = np.where(np.arange(200) < 100, 1.0, 4.0)
    light, heavy = keep.copy(), keep.copy()
    light[:3], heavy[-3:] = False, False
    assert p_value(keep, weight, 0.9) < p_value(light, weight, 0.9) < p_value(heavy, weight, 0.9)
    assert p_value(keep, weight, 0.9) < 0.01


def test_the_loosest_threshold_in_an_unbroken_row_is_certified():
    random = np.random.default_rng(0)
    score = random.random(600)
    keep = random.random(600) < np.where(score > 0.5, 0.99, 0.5)
    found = certify(score, keep, np.ones(600), random.random(2_000), 0.9, 0.1)
    assert 0.3 < found.threshold < 0.5  # a few bad ones from below do not spoil it
    *passed, failed = found.cuts
    assert failed.p > 0.1 >= max(cut.p for cut in passed)
    assert passed[-1].threshold == found.threshold
    assert [cut.threshold for cut in found.cuts] == sorted((cut.threshold for cut in found.cuts), reverse=True)


def test_too_few_labels_certify_nothing():
    score = np.linspace(0, 1, 40)
    found = certify(score, np.ones(40, bool), np.ones(40), score, 0.95, 0.1)
    assert found.threshold is None
    assert found.cuts[0].labels < 45  # 45 good ones in a row would be needed


def test_counts_at_an_edge_are_the_scores_at_or_above_it():
    score = np.array([0.0, EDGES[7], EDGES[200], EDGES[200], 1.0], np.float32)
    documents, sizes = counts(score, np.array([1, 10, 100, 1_000, 10_000], np.int32))
    for edge in (0, 7, 8, 200, 201, 400):
        above = score >= EDGES[edge]
        assert documents[edge] == above.sum()
        assert sizes[edge] == np.array([1, 10, 100, 1_000, 10_000])[above].sum()
