"""Word vectors are stretched along what sets documents of one language apart."""

import numpy as np
import pytest

from review.classifier.static import StaticVectors

WORDS = StaticVectors(np.eye(3, dtype=np.float32), np.arange(3, dtype=np.int32))
LANGUAGES = np.repeat(np.array([0, 1], np.int32), 500)


@pytest.fixture
def means():
    """Two languages far apart along the third direction; along the first their documents differ most."""
    means = np.random.default_rng(0).normal(size=(1_000, 3)) * (16.0, 1.0, 1.0)
    means[:, 2] += 100.0 * LANGUAGES
    return means


def test_what_sets_documents_apart_is_stretched_but_not_what_sets_languages_apart(means):
    lengths = np.linalg.norm(WORDS.emphasised(means, LANGUAGES).vectors, axis=1)
    assert lengths == pytest.approx([1, 0.25, 0.25], rel=0.1)  # the root of the ratio of their spreads
    assert WORDS.emphasised(means, np.zeros(1_000, np.int32)).vectors[2, 2] > 0.9  # as one language


def test_words_keep_their_places(means):
    found = WORDS.emphasised(means, LANGUAGES)
    assert np.array_equal(found.rows, WORDS.rows)
    assert found.vectors.dtype == np.float32
    assert found.vectors.flags.c_contiguous


@pytest.mark.parametrize("documents", [0, 1, 7])
def test_documents_that_do_not_differ_stretch_nothing(documents):
    found = WORDS.emphasised(np.ones((documents, 3)), np.zeros(documents, np.int32))
    assert np.array_equal(found.vectors, WORDS.vectors)


def test_evened_documents_are_pressed_past_where_they_were_before_they_were_stretched(means):
    found = WORDS.emphasised(means, LANGUAGES)
    plain = means[:500].std(0)
    stretched = (means @ found.vectors)[:500]
    assert found.evened(stretched).std(0) / plain == pytest.approx((stretched.std(0) / plain) ** -0.5, rel=0.02)
    assert WORDS.evened(means) is means  # nothing was stretched


def test_vectors_read_back_are_the_same_and_those_from_before_are_as_they_were(means):
    found = WORDS.emphasised(means, LANGUAGES)
    again = StaticVectors.of(found.arrays())
    assert np.array_equal(again.evened(means), found.evened(means))
    assert StaticVectors.of(WORDS.arrays()).even is None
