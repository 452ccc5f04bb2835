"""Explanations add up to the score they explain."""

import pytest

from review.classifier import train
from review.classifier.explain import explain
from review.settings import ClassifierSettings
from tests.unit.test_classifier import BAD, GOOD, corpus, labels


@pytest.fixture(scope="module")
def model():
    return train(corpus(), labels(range(60)), ClassifierSettings(), seed=1)


@pytest.mark.parametrize("text", [GOOD * 3, BAD * 4, "", "日本語 のテキスト", "a a a a b a b a b", "é" * 5_000])
def test_the_parts_add_up_to_the_logit(model, text):
    found = explain(model, text)
    assert found.total == pytest.approx(found.logit, abs=2e-4)
    assert found.probability == pytest.approx(float(model.score([text])[0]), abs=1e-6)


def test_the_strongest_word_of_a_bad_text_is_one_of_its_own(model):
    found = explain(model, BAD * 4)
    assert found.words[0].push < 0
    assert found.words[0].name.split()[0] in BAD.lower()
    assert abs(found.signals[0].push) >= abs(found.signals[-1].push)
