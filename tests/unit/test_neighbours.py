"""A document about something nobody labelled is novel by its words, though it is written like those that people did."""

import random

import numpy as np
import pytest

from review.classifier import day_zero, load, save, train
from review.classifier.explain import explain
from review.classifier.neighbours import learn_neighbours
from review.records import Document, Label, LabelledDocument, Stream, Verdict
from review.settings import ClassifierSettings

TOPICS = (
    "river bridge water boat ferry stone bank flood fish harbour sail anchor",
    "garden seed flower soil spade tulip hedge bloom compost lawn orchard apple",
    "guitar concert singer melody drums chorus album studio violin rhythm stage band",
)
SETTINGS = ClassifierSettings()


def page(rng, topic):
    """Sentences of one form, whatever they are about."""
    names = TOPICS[topic].split()
    told = [f"The {a} near the {b} was what they saw on the day." for a, b in (rng.sample(names, 2) for _ in range(9))]
    return " ".join(told)


@pytest.fixture(scope="module")
def made():
    """60 pages on each topic; those on the first two labelled but 20 each, none on the third."""
    rng = random.Random(0)
    documents = [Document("s", row, page(rng, row % 3), f"h{row}") for row in range(180)]
    labelled = []
    for row in range(120):
        if row % 3 != 2:
            verdict = Verdict.KEEP if rng.random() < 0.6 else Verdict.REJECT
            mark = Label(f"l{row}", f"s#{row}", f"h{row}", "ana", verdict, seq=row + 1)
            labelled.append(LabelledDocument(f"s#{row}", "s", row, Stream.AUDIT, row, 0.1, (mark,)))
    return documents, labelled


@pytest.fixture(scope="module")
def model(made):
    return train(*made, SETTINGS, seed=0)


def unseen(documents, topic):
    return [one.text for one in documents[120:] if one.row % 3 == topic]


def test_a_topic_nobody_labelled_is_novel_and_the_labelled_ones_are_not(made, model):
    documents, _ = made
    strange, usual = unseen(documents, 2), unseen(documents, 0) + unseen(documents, 1)
    assert (model.novel(strange) > 1).mean() > 0.9
    assert (model.novel(usual) > 1).mean() < 0.15
    assert explain(model, strange[0]).novelty == pytest.approx(float(model.novel(strange[:1])[0]))


def test_its_form_alone_would_not_have_told(made, model):
    from review.signals.scan import Scanner, Texts

    scan = Scanner().scan(Texts.from_strings(unseen(made[0], 2)), model.tables)
    signals = model.novelty(scan.signals(), scan.groups)
    assert (signals > 1).mean() < 0.5
    assert (model.novel(unseen(made[0], 2)) >= signals).all()


def test_neighbours_survive_the_disk_and_training_again_gives_the_same(made, model, tmp_path):
    documents, labelled = made
    texts = [one.text for one in documents[::7]] + ["", "日本語", "\ud800"]
    save(model, tmp_path / "m")
    assert np.array_equal(load(tmp_path / "m").novel(texts), model.novel(texts))
    assert np.isfinite(model.novel(texts)).all()
    assert train(documents[::-1], labelled[::-1], SETTINGS, seed=0).version == model.version
    assert model.card["neighbours"] == {"limit": model.neighbours.limit, "nearest": 5}


def test_a_model_without_labels_or_from_before_compares_signals_alone(made, tmp_path):
    documents, _ = made
    save(day_zero(documents, SETTINGS, seed=0), tmp_path / "m")
    early = load(tmp_path / "m")
    assert early.neighbours is None
    assert early.novel(["a text like any other"]).shape == (1,)


def test_copies_of_a_labelled_document_do_not_narrow_the_limit():
    """Every document three times: within its fold it would be its own nearest neighbour."""
    rng = np.random.default_rng(0)
    once = rng.standard_normal((60, 32))
    copied, folds = np.repeat(once, 7, axis=0), np.repeat(np.arange(60) % 5, 7)
    zero = np.zeros(32)
    together = learn_neighbours(copied, zero, folds)
    torn = learn_neighbours(copied, zero, np.arange(len(copied)) % 5)
    assert torn.limit < 0.01 < 0.3 < together.limit


def test_fewer_labelled_documents_than_neighbours_still_have_a_distance():
    found = learn_neighbours(np.eye(3), np.zeros(3), np.arange(3))
    assert np.isfinite(found(np.eye(3))).all()
