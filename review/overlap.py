"""How many people judge a document: one, and more for a share of the audit documents.

Which ones is decided by a keyed hash when they are drawn, so it is known before anybody has read them, and the
documents of a smaller share are among those of a larger one. What anybody says of a document cannot make it one of
them; it can only end the asking early, when two agree, and then the rubric's rule makes one verdict of what was said.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from review.records import LabelledDocument, Stream

PICKS = 1 << 31  # a document's pick is a whole number below this
AGREEING = 2  # people who must say the same where the asking ends by agreement


@dataclass(frozen=True, slots=True)
class Overlap:
    """The judgements that are planned. A document drawn for training alone gets one, and so do audit documents
    outside `share`."""

    most: int = 1  # people a chosen document is given to
    share: float = 1.0  # of the audit documents that are chosen
    until_agreement: bool = False  # two people first, and one more at a time, up to `most`, while no two agree

    @property
    def threshold(self) -> int:
        """Documents whose pick lies below this are chosen."""
        return round(self.share * PICKS) if self.most > 1 else 0

    def wanted(self, *, pick: int, training: bool, judged: int, agreed: int) -> int:
        """How many people are to judge a document, as far as one can say when `judged` have, and `agreed` of them,
        the most there are, say the same."""
        if training or pick >= self.threshold:
            return 1
        if not self.until_agreement:
            return self.most
        return min(self.most, max(AGREEING, judged - agreed + AGREEING))

    def met(self, document: LabelledDocument) -> bool:
        """Whether a document has the judgements it was to have. Until then it has no verdict to count."""
        training = document.stream is Stream.TRAINING
        if training or document.pick >= self.threshold:  # as nearly all are, of hundreds of thousands: one is enough
            return bool(document.labels)
        said = Counter(label.verdict for label in document.labels)
        wanted = self.wanted(
            pick=document.pick,
            training=training,
            judged=said.total(),
            agreed=max(said.values(), default=0),
        )
        return said.total() >= wanted
