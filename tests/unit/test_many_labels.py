"""Thousands of labels: fitted without an n x n matrix, and hardly differently."""

import random
import time
import tracemalloc

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from review.classifier.evaluate import auc
from review.classifier.head import FORM, fit, fold, kernels
from review.classifier.pool import learn_pool
from review.classifier.products import Products
from review.classifier.solve import ANCHORS, EXACT, fit_together, solve
from review.signals.scan import Scanner, Texts

LABELS = 3_000
GOOD = "river rain farmer hill bridge market winter teacher letter garden window history village measure paper season"
BAD = "buy cheap click free login cookie share deal subscribe casino bonus offer cart coupon shipping"


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """As in training: sums in one order, and times that mean something."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def problem():
    """Features, shares and folds of 3,000 texts whose verdict is a noisy matter of their words."""
    rng = random.Random(1)
    texts, share = [], []
    for _ in range(LABELS):
        bad = rng.random()
        words = [rng.choice((BAD if rng.random() < 0.3 * bad else GOOD).split()) for _ in range(rng.randint(20, 60))]
        texts.append(" ".join(words) + rng.choice([".", "", "!"]))
        share.append(float(rng.random() > bad))
    encoded = Texts.from_strings(texts)
    scan, grams = Scanner().grams(encoded)
    pool, features = learn_pool(scan, grams, np.arange(LABELS), seed=0)
    return pool, features, np.array(share), np.arange(LABELS) % 5, encoded


@pytest.fixture(scope="module")
def solution(problem):
    pool, features, share, folds, _ = problem
    begun = time.process_time()
    found = solve(pool, features, share, folds, 0)
    assert time.process_time() - begun < 15  # CPU seconds; some 3 where nothing else runs
    return found


@pytest.fixture(scope="module")
def covariance(problem):
    return kernels(*problem[:2], [FORM])[0]


def test_the_folded_head_scores_as_the_exact_one(problem, solution, covariance):
    pool, features, share, _, encoded = problem
    prior = pool.prior(features.ranked)
    exact = covariance @ fit(covariance, share, prior) + prior
    head = fold(pool, features, solution.fits, solution.anchors)
    logits = head.logits(pool, Scanner().scan(encoded, head.tables(pool)), None)
    assert len(head.anchors) == ANCHORS < EXACT < LABELS
    assert np.sqrt(np.mean((logits - exact) ** 2)) < 0.02 * exact.std()


def test_out_of_fold_logits_are_those_of_an_exact_fit_without_the_fold(problem, solution, covariance):
    pool, features, share, folds, _ = problem
    test, rest = np.flatnonzero(folds == 2), np.flatnonzero(folds != 2)
    prior = pool.prior(features.ranked)
    exact = covariance[np.ix_(test, rest)] @ fit(covariance[np.ix_(rest, rest)], share[rest], prior[rest]) + prior[test]
    assert np.sqrt(np.mean((solution.logits[test] - exact) ** 2)) < 0.02 * exact.std()
    once, keep = np.ones((1, len(test))), share[test] > 0.5
    assert auc(once, solution.logits[test], keep) == pytest.approx(auc(once, exact, keep), abs=0.002)
    assert auc(once, exact, keep)[0] > 0.6  # there is something to learn


def test_no_square_matrix_is_made_and_the_result_is_the_same_to_the_bit(problem, solution):
    pool, features, share, folds, _ = problem
    tracemalloc.start()
    again = solve(pool, features, share, folds, 0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1.5 * LABELS**2 * 8  # the exact way holds five such matrices
    assert np.array_equal(again.fits[0].coefficients, solution.fits[0].coefficients)
    assert np.array_equal(again.logits, solution.logits)


def test_few_labels_are_fitted_exactly_with_all_of_them_as_anchors(problem):
    pool, features, share, folds, _ = problem
    few = slice(0, 200)
    some = type(features)(features.ranked[few], {name: part[few] for name, part in features.parts.items()})
    found = solve(pool, some, share[few], folds[few], 0)
    assert found.anchors is None
    exact = fit(kernels(pool, some, [FORM])[0], share[few], pool.prior(some.ranked))
    assert np.allclose(found.fits[0].coefficients, exact, atol=1e-9)


@pytest.mark.parametrize("far", [0.0, -6.0, 10.0])
def test_a_start_far_away_does_not_lead_astray(problem, far):
    """Where nearly all is certain, a whole step of Newton's method overshoots by thousands."""
    pool, features, *_ = problem
    few = slice(0, 400)
    some = type(features)(features.ranked[few], {name: part[few] for name, part in features.parts.items()})
    share, prior = (np.arange(400) % 100 != 0).astype(float), pool.prior(some.ranked)
    exact = kernels(pool, some, [FORM])[0]
    products = Products(pool, some, np.arange(400))
    everything, near = np.ones((400, 1), bool), np.full((400, 1), far)
    found, _ = fit_together(products, products.sketch(0), share, prior, everything, near, 1e-6, lambda: None)
    assert np.allclose(exact @ found[:, 0], exact @ fit(exact, share, prior), atol=0.02)


def test_a_long_fit_is_watched_and_can_be_stopped(problem):
    pool, features, share, folds, _ = problem
    steps = []

    def step(done, total):
        steps.append((done, total))
        if done == 1 and len(steps) > 5:
            raise InterruptedError

    with pytest.raises(InterruptedError):
        solve(pool, features, share, folds, 0, step)
    assert steps[0] == (0, 3)
