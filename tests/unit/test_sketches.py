"""The compiled minima are those of the definition, and the gate counts near-duplicates as the training did."""

import numpy as np
import pytest

from review.classifier import duplicates, gate, promotion, train
from review.settings import ClassifierSettings
from tests.unit.test_classifier import corpus, labels

WRAP = 1 << 64


def by_definition(words):
    """Minima of one document's runs of five words, in whole numbers."""
    width = min(duplicates.SHINGLE, len(words))
    runs = set()
    for first in range(max(len(words) - width + 1, 1)):
        run = 0
        for word in words[first : first + width]:
            run = (run * 0x100000001B3 + word) % WRAP
        runs.add(run)
    minima = []
    for add, factor in zip(duplicates._ADD.ravel().tolist(), duplicates._MULTIPLY.ravel().tolist(), strict=True):
        mixed = [(run ^ add) * factor % WRAP for run in runs]
        minima.append(min(one ^ (one >> 32) for one in mixed))
    return minima


def test_compiled_minima_are_those_of_the_definition():
    rng = np.random.default_rng(0)
    lengths = [0, 1, 4, 5, 6, 40, 0, 700]
    hashes = rng.integers(0, WRAP, sum(lengths), np.uint64)
    ends = np.cumsum(lengths)
    found = duplicates._sketches(hashes, ends)
    for row, (end, length) in enumerate(zip(ends, lengths, strict=True)):
        assert found[row].tolist() == by_definition(hashes[end - length : end].tolist())


def test_no_document_at_all_has_no_group():
    assert duplicates.near_duplicate_groups(np.zeros(0, np.uint64), np.zeros(0, np.int64)).shape == (0,)


@pytest.fixture(scope="module")
def versions():
    """A model of 60 labels, one of 90, and the documents, every tenth a copy of the one before."""
    documents = corpus()
    documents = [
        type(one)("s", one.row, documents[one.row - 3].text if one.row % 10 == 9 else one.text, one.content_hash)
        for one in documents
    ]
    first, second = (train(documents, labels(range(number)), ClassifierSettings(), seed=1) for number in (60, 90))
    return documents, first, second


def test_the_gate_takes_the_groups_of_a_candidate_that_learned_from_all(versions, monkeypatch):
    documents, first, second = versions
    quick = gate(second, first, documents, labels(range(90)))
    monkeypatch.setattr(promotion, "_groups", lambda known, texts: dict(zip(
        sorted(texts), duplicates.text_groups([texts[name] for name in sorted(texts)]).tolist(), strict=True,
    )))  # fmt: skip
    assert (quick.difference, quick.documents) == pytest.approx(
        (gate(second, first, documents, labels(range(90))).difference, quick.documents)
    )
    assert len(np.unique(second.out_of_fold.groups)) < 90, "there is no copy: the test shows nothing"


def test_texts_that_the_candidate_did_not_learn_from_are_grouped_anew(versions):
    documents, _, second = versions
    assert promotion._groups(second.out_of_fold, {"s#3": "", "s#4": ""}).keys() == set(second.out_of_fold.doc_ids)
    names = [f"s#{row}" for row in range(100)]
    found = promotion._groups(second.out_of_fold, {name: documents[int(name[2:])].text for name in names})
    assert found.keys() == set(names)
    assert found["s#99"] == found["s#96"]
