"""What a model is taught: the share of a keep that each labelled document stands for. Chosen in review.toml.

Whatever teaches it, a model is tested on final verdicts alone, so that objectives can be compared on the same labels.
"""

from __future__ import annotations

from typing import Protocol

from review.classifier.targets import keep_share
from review.records import LabelledDocument

MOST_STARS = 5
RATED = 50  # audit labels from which what was learned from ratings is calibrated to verdicts


class Objective(Protocol):
    """A way to turn labels into what the fit should give."""

    calibrate_from: int | None  # audit labels from which Platt's numbers are fitted; None: as many as for verdicts

    def share(self, document: LabelledDocument) -> float | None:
        """0..1, None where the document teaches nothing."""


class Soft:
    """The share of readers who keep it: where they differ, the model learns to be unsure."""

    calibrate_from: int | None = None

    def share(self, document: LabelledDocument) -> float | None:
        return keep_share(document)


class Majority:
    """Keep or reject, as most readers say; a tie teaches nothing."""

    calibrate_from: int | None = None

    def share(self, document: LabelledDocument) -> float | None:
        share = keep_share(document)
        return None if share is None or share == 0.5 else float(share > 0.5)


class Rating:
    """The mean of the readers' 0 to 5 scores as a fraction: a regression with a logistic link (Papke and Wooldridge
    1996), then calibrated to verdicts. A document without a score stands for its verdict.
    """

    calibrate_from: int | None = RATED

    def share(self, document: LabelledDocument) -> float | None:
        share = keep_share(document)
        scores = [label.score for label in document.labels if label.score is not None]
        return share if share is None or not scores else sum(scores) / (MOST_STARS * len(scores))


OBJECTIVES: dict[str, Objective] = {"soft": Soft(), "majority": Majority(), "rating": Rating()}
