"""What labels teach: shares, majorities or ratings; and that all are tested on the same verdicts."""

import random

import numpy as np
import pytest

from review.classifier import train
from review.classifier.calibration import calibrate
from review.classifier.evaluate import auc
from review.classifier.objectives import OBJECTIVES
from review.records import Document, Label, LabelledDocument, Stream, Verdict
from review.settings import ClassifierSettings

KEEP, REJECT, UNSURE = Verdict.KEEP, Verdict.REJECT, Verdict.UNSURE


def read(*verdicts, scores=(), row=0):
    scores = scores or [None] * len(verdicts)
    labels = tuple(
        Label(f"{row}-{i}", f"s#{row}", "", f"r{i}", verdict, score=score, seq=row)
        for i, (verdict, score) in enumerate(zip(verdicts, scores, strict=True))
    )
    return LabelledDocument(f"s#{row}", "s", row, Stream.AUDIT, row, 0.5, labels)


@pytest.mark.parametrize(
    ("document", "soft", "majority", "rating"),
    [
        (read(KEEP, KEEP, REJECT), 2 / 3, 1.0, 2 / 3),
        (read(KEEP, REJECT), 0.5, None, 0.5),
        (read(KEEP, scores=[4]), 1.0, 1.0, 0.8),
        (read(REJECT, REJECT, scores=[1, 2]), 0.0, 0.0, 0.3),
        (read(UNSURE), None, None, None),
    ],
)
def test_what_an_objective_teaches(document, soft, majority, rating):
    found = [OBJECTIVES[name].share(document) for name in ("soft", "majority", "rating")]
    assert found == pytest.approx([soft, majority, rating])


GOOD = str.split("The river rose after the rain and the farmers who live near it moved their animals to the hills")
BAD = str.split("BUY NOW click here cookies free shipping login deals share this subscribe offer cheap $$$ | >>")


def graded(number, seed):
    """Documents with a share of bad words, readers' 0 to 5 scores that follow it, and verdicts from 3 on."""
    rng = random.Random(seed)
    documents, labelled, truth = [], [], []
    for row in range(number):
        share = rng.random()
        words = [rng.choice(GOOD if rng.random() < share else BAD) for _ in range(60)]
        documents.append(Document("s", row, " ".join(words), f"h{row}"))
        score = min(5, max(0, round(5 * share + rng.gauss(0, 0.7))))
        labelled.append(read(KEEP if score >= 3 else REJECT, scores=[score], row=row))
        truth.append(share)
    return documents, labelled, np.array(truth)


def test_a_model_taught_by_ratings_ranks_and_gives_chances_of_a_keep():
    documents, labelled, truth = graded(300, 1)
    model = train(documents, labelled[:60], ClassifierSettings(objective="rating"), seed=0)
    score = model.score([one.text for one in documents[60:]])
    good = truth[60:] > 0.5
    assert auc(np.ones((1, len(good))), score, good)[0] > 0.9
    assert model.card["calibration"]["method"] == "platt"
    assert score[good].mean() > 0.75  # ratings alone would say "half", for a 3 is 0.6
    assert score[~good].mean() < 0.25
    assert model.card["version"] != train(documents, labelled[:60], ClassifierSettings(), seed=0).version


def test_calibration_is_near_the_truth_with_300_labels():
    rng = np.random.default_rng(3)
    errors = []
    for _ in range(20):
        logit = rng.normal(1, 2, 300)
        keep = rng.random(300) < 1 / (1 + np.exp(-logit))
        calibrated = calibrate(2.5 * logit - 1, keep)  # out-of-fold logits that are too sure
        fresh = rng.normal(1, 2, 4_000)
        probability, truth = calibrated(2.5 * fresh - 1), 1 / (1 + np.exp(-fresh))
        place = np.minimum((probability * 10).astype(int), 9)
        gaps = [abs((probability - truth)[place == one].sum()) for one in range(10)]
        errors.append(sum(gaps) / len(fresh))
    assert np.mean(errors) <= 0.05


def test_weights_undo_a_sampling_that_shows_too_many_bad_documents():
    rng = np.random.default_rng(4)
    logit = rng.normal(1, 2, 20_000)
    keep = rng.random(20_000) < 1 / (1 + np.exp(-logit))
    chance = np.where(keep, 0.01, 0.05)  # bad ones drawn five times as often
    drawn = rng.random(20_000) < chance
    plain = calibrate(logit[drawn], keep[drawn])(logit).mean()
    weighted = calibrate(logit[drawn], keep[drawn], 1 / chance[drawn])(logit).mean()
    assert abs(weighted - keep.mean()) < 0.04 < abs(plain - keep.mean())
