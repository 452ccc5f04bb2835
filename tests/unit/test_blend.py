"""Form or topic: both are fitted, their shares are learned, and neither sees what it is tested on."""

import random

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from review.classifier.blend import BELIEFS, BLENDED, Posterior, blend, predict, topic_share
from review.classifier.evaluate import auc
from review.classifier.head import FORM, TOPIC, Fit, fit, fold, kernels
from review.classifier.pool import NOVELTY_WEIGHT, Features, learn_pool
from review.classifier.solve import solve
from review.signals.scan import Scanner, Texts

LABELS = 150
FOLDS = np.arange(LABELS) % 5
# Words of one length and shape, so that only which they are tells the topics apart.
ONE = "river stone metal grass field storm plant light cloud ocean"
OTHER = "chess track match sport score coach court medal rules round"


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    """As in training: sums in one order."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="module")
def corpus():
    """Pool, features, encoded texts, and two verdicts a text: by its topic and by its form, which are independent."""
    rng = random.Random(5)
    texts, topic, form = [], [], []
    for _ in range(LABELS):
        topic.append(rng.random() < 0.5)
        form.append(rng.random() < 0.5)
        words = [
            rng.choice((ONE if rng.random() < (0.62 if topic[-1] else 0.38) else OTHER).split()) for _ in range(50)
        ]
        if not form[-1]:
            words = [f"{word} |" if rng.random() < 0.3 else word.upper() for word in words]
        texts.append(" ".join(words) + ".")
    encoded = Texts.from_strings(texts)
    scan, grams = Scanner().grams(encoded)
    pool, features = learn_pool(scan, grams, np.arange(LABELS), seed=0)
    return pool, features, encoded, np.array(topic, float), np.array(form, float)


def learn(corpus, share):
    pool, features = corpus[:2]
    return blend(BELIEFS, kernels(pool, features, BELIEFS), share, pool.prior(features.ranked))


def test_the_share_follows_what_decides(corpus):
    by_topic, by_form = (learn(corpus, share)[1] for share in corpus[3:])
    assert (by_topic.belief, by_form.belief) == (TOPIC, TOPIC)
    assert by_form.share < 0.5 < 0.75 < by_topic.share


def test_the_folded_head_scores_as_both_fits_do(corpus):
    pool, features, encoded, share, _ = corpus
    both = kernels(pool, features, BELIEFS)
    prior = pool.prior(features.ranked)
    fits = learn(corpus, share)
    weights = (fits[0].share, fits[1].share)
    assert sum(weights) == 1
    assert min(weights) > 0.02
    wanted = sum(
        weight * (covariance @ fit(covariance, share, belief.prior * prior) + belief.prior * prior)
        for weight, covariance, belief in zip(weights, both, BELIEFS, strict=True)
    )
    assert np.allclose(predict(fits, both, prior), wanted, atol=1e-9)
    head = fold(pool, features, fits)
    found = head.logits(pool, Scanner().scan(encoded, head.tables(pool)), None)
    assert np.abs(found - wanted).max() < 1e-3 * wanted.std()
    assert head.novelty == pytest.approx(weights[0] * NOVELTY_WEIGHT)


def test_a_label_left_out_is_predicted_as_by_a_fit_without_it(corpus):
    pool, features, _, share, _ = corpus
    some = np.arange(60)
    for belief in BELIEFS:
        covariance = kernels(pool, features, [belief])[0][np.ix_(some, some)]
        prior = belief.prior * pool.prior(features.ranked)[some]
        approximate = Posterior.of(covariance, fit(covariance, share[some], prior), prior).left_out()
        exact = np.empty(len(some))
        for one in some:
            rest = np.delete(some, one)
            learned = fit(covariance[np.ix_(rest, rest)], share[rest], prior[rest])
            exact[one] = covariance[one, rest] @ learned + prior[one]
        fitted = covariance @ fit(covariance, share[some], prior) + prior
        error = np.sqrt(np.mean((approximate - exact) ** 2))
        assert error < 0.15 * exact.std()
        assert error < 0.1 * np.sqrt(np.mean((fitted - exact) ** 2))  # the fit that saw the label is far from it


def test_what_a_fold_says_has_no_part_in_the_logits_of_that_fold(corpus):
    pool, features, _, share, _ = corpus
    found = solve(pool, features, share, FOLDS, 0)
    turned = np.where(FOLDS == 2, 1 - share, share)
    other = solve(pool, features, turned, FOLDS, 0)
    inside = FOLDS == 2
    assert np.array_equal(found.logits[inside], other.logits[inside])
    assert not np.allclose(found.logits[~inside], other.logits[~inside])
    for labels, logits in found.curve.items():
        assert np.array_equal(logits[inside], other.curve[labels][inside])


def test_shuffled_labels_are_not_foretold(corpus, monkeypatch):
    monkeypatch.setattr("review.classifier.solve.FEWER", ())  # no learning curve: only the time is saved
    pool, features, _, share, _ = corpus
    found = []
    for seed in range(8):
        noise = np.random.default_rng(seed).permutation(share)
        logits = solve(pool, features, noise, FOLDS, 0).logits
        # Over all folds at once a fold rich in one verdict is foretold the other: within each fold it cannot be.
        for one in range(5):
            inside = one == FOLDS
            found.append(auc(np.ones((1, inside.sum())), logits[inside], noise[inside] > 0.5)[0])
    assert np.mean(found) == pytest.approx(0.5, abs=3 * np.std(found) / np.sqrt(len(found)))
    assert np.std(found) / np.sqrt(len(found)) < 0.02  # so that .56 would be seen


def test_fitting_twice_gives_the_same_bits(corpus):
    pool, features, _, share, _ = corpus
    one, two = (solve(pool, features, share, FOLDS, 0) for _ in range(2))
    assert np.array_equal(one.logits, two.logits)
    for first, second in zip(one.fits, two.fits, strict=True):
        assert first.share == second.share
        assert np.array_equal(first.coefficients, second.coefficients)


def test_evidence_is_the_chance_of_the_labels_under_the_belief():
    covariance, prior, share = np.array([[3.0, 2.0], [2.0, 4.0]]), np.array([0.4, -0.2]), np.array([1.0, 0.0])
    drawn = prior + np.random.default_rng(0).multivariate_normal(np.zeros(2), covariance, 400_000)
    exact = np.log(np.mean(np.exp((share * drawn - np.logaddexp(0, drawn)).sum(1))))
    found = Posterior.of(covariance, fit(covariance, share, prior), prior).evidence(share)
    assert found == pytest.approx(exact, abs=0.2)
    turned = Posterior.of(covariance, fit(covariance, 1 - share, prior), prior).evidence(1 - share)
    assert turned < found  # labels against the prior are less likely


def test_the_share_follows_evidence_while_labels_are_few_and_the_better_fit_with_many():
    undecided = np.zeros(50)
    share = (np.arange(50) % 2).astype(float)
    told = [topic_share(undecided, undecided, share, gain) for gain in (-1_000, -4, 0, 4, 1_000)]
    assert told == sorted(told)
    assert told == pytest.approx([0.1, 0.14, 0.7, 0.89, 0.9], abs=0.01)
    right = np.repeat(3.0, 400) * np.tile([-1.0, 1.0], 200)
    wide = (np.arange(400) % 2).astype(float)
    for gain in (-100, 0, 100):
        assert topic_share(-right, right, wide, gain) > 0.9
        assert topic_share(right, -right, wide, gain) < 0.1
        # "Either way" says: no push.
        assert topic_share(right, -right, np.full(400, 0.5), gain) == pytest.approx(0.5, abs=0.03)


def test_beyond_so_many_labels_one_fit_is_enough(corpus, monkeypatch):
    pool, features, _, share, _ = corpus
    monkeypatch.setattr("review.classifier.solve.BLENDED", LABELS - 1)
    found = solve(pool, features, share, FOLDS, 0)
    assert [(one.belief, one.share) for one in found.fits] == [(FORM, 1.0)]
    assert BLENDED > LABELS


def test_the_day_zero_head_is_the_prior_mean(corpus):
    pool, features, encoded, _, _ = corpus
    none = Features(features.ranked[:0], {name: part[:0] for name, part in features.parts.items()})
    head = fold(pool, none, [Fit(FORM, 1.0, np.zeros(0))])
    found = head.logits(pool, Scanner().scan(encoded, head.tables(pool)), None)
    assert np.allclose(found, pool.prior(features.ranked), atol=1e-4)
