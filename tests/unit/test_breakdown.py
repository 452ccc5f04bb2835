"""Where a model is wrong, beside how often people are: parts, learning curve, agreement, doubted labels."""

import numpy as np
import pytest

from review.classifier.breakdown import agreement, by_part, curve, doubts
from review.classifier.targets import targets_of
from review.records import Label, LabelledDocument, Stream, Verdict

RANDOM = np.random.default_rng(5)


def test_a_language_whose_good_documents_are_rejected_is_named():
    keep = np.ones(200, bool)
    keep[::4] = False
    probability = np.where(keep, 0.9, 0.1)
    names = np.where(np.arange(200) < 60, "de", "en")
    probability[(names == "de") & keep] = np.where(RANDOM.random(45) < 0.5, 0.1, 0.9)
    rows = {row["name"]: row for row in by_part(list(names), probability, keep, np.arange(200), 0.5)}
    assert rows["de"]["unlike"]
    assert rows["de"]["good_rejected"]["value"] == pytest.approx(np.mean(probability[:60][keep[:60]] < 0.5))
    assert rows["en"]["good_rejected"]["value"] == 0
    assert rows["en"]["bad_kept"] == {"value": 0.0, "low": 0.0, "high": pytest.approx(1 - 0.025 ** (1 / 35))}
    assert rows["en"]["auc"]["value"] == 1.0
    assert list(rows) == ["en", "de"]  # most documents first


def test_a_part_with_few_documents_has_no_auc():
    rows = by_part(["a"] * 12, np.linspace(0, 1, 12), np.arange(12) > 5, np.arange(12), 0.5)
    assert rows[0]["auc"] is None


def test_the_curve_is_told_by_number_of_labels():
    keep = np.arange(100) % 2 == 0
    noise = RANDOM.normal(size=100)
    points = curve({40: keep + 0.1 * noise, 10: keep + 2 * noise}, keep, np.arange(100))
    assert [point["labels"] for point in points] == [10, 40]
    assert points[0]["value"] < points[1]["value"]


def read(row, *keeps):
    labels = tuple(
        Label(f"{row}-{i}", f"s#{row}", "", f"r{i}", Verdict.KEEP if keep else Verdict.REJECT, seq=row)
        for i, keep in enumerate(keeps)
    )
    return LabelledDocument(f"s#{row}", "s", row, Stream.AUDIT, row, 0.5, labels)


def test_agreement_with_people_stands_beside_peoples_own():
    labelled = [read(row, True, row % 4 != 0, True) for row in range(40)] + [read(90, True)]
    targets = targets_of(labelled)
    found = agreement(labelled, targets, np.full(41, 0.9), np.arange(41), 0.5, 0)
    assert found["documents"] == 40  # one reader alone agrees with nobody
    assert found["people"]["value"] == pytest.approx((30 * 1 + 10 / 3) / 40)
    assert found["model"]["value"] == pytest.approx((30 * 1 + 10 * 2 / 3) / 40)
    assert found["people"]["low"] < found["people"]["value"] < found["people"]["high"]
    assert agreement(labelled[:5], targets_of(labelled[:5]), np.full(5, 0.9), np.arange(5), 0.5, 0) is None


def test_the_label_the_model_believes_least_is_doubted_most():
    share = np.array([1.0, 0.0, 1.0, 0.0])
    assert doubts(share, np.array([0.9, 0.1, 0.02, 0.7])).argsort().tolist()[-2:] == [3, 2]
