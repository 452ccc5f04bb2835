"""What a document's labels come to: the one place where a final verdict is made.

Certificates, training targets, exports and pages all ask here. A lead's adjudication has the last word; without one
the rule of the rubric in force decides:

    majority    the most frequent verdict; a tie is unsure until a lead adjudicates
    unanimous   what everybody says; while anybody differs there is no verdict, and the document waits for a lead
    newest      what was said last
    strictest   reject if anybody says so, else unsure if anybody does, else keep

With one label a document they all say what that label says.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from review.records import FinalRule, Label, LabelledDocument, Verdict


def final_verdict(document: LabelledDocument) -> Verdict | None:
    """The document's verdict. None: nobody has answered, or the rule leaves it to a lead."""
    if document.adjudication is not None:
        return document.adjudication.verdict
    verdicts = [label.verdict for label in spoken(document)]
    if len(verdicts) <= 1:
        return verdicts[0] if verdicts else None
    return _RULES[document.rule](verdicts)


def final_reasons(document: LabelledDocument) -> tuple[str, ...]:
    """The reasons of the final verdict, sorted: the lead's, or those of the labels that carry it.

    Where no label carries it, as on a tie, all of them speak.
    """
    if document.adjudication is not None:
        return tuple(sorted(set(document.adjudication.codes)))
    final, labels = final_verdict(document), spoken(document)
    carrying = [label for label in labels if label.verdict is final] or labels
    return tuple(sorted({code for label in carrying for code in label.codes}))


def disputed(document: LabelledDocument) -> bool:
    """Whether the readers gave different verdicts."""
    return len({label.verdict for label in spoken(document)}) > 1


def given_since(document: LabelledDocument) -> tuple[Label, ...]:
    """Current labels the adjudication did not look at. They change nothing, but a lead may want to look again."""
    if document.adjudication is None:
        return ()
    seen = set(document.adjudication.labels)
    return tuple(label for label in document.labels if label.label_id not in seen)


def spoken(document: LabelledDocument) -> list[Label]:
    """The labels that say something; one that was taken back does not."""
    return [label for label in document.labels if label.verdict is not None]


def _majority(verdicts: Sequence[Verdict | None]) -> Verdict | None:
    (first, most), *others = Counter(verdicts).most_common(2)
    return Verdict.UNSURE if others and others[0][1] == most else first


def _unanimous(verdicts: Sequence[Verdict | None]) -> Verdict | None:
    return verdicts[0] if len(set(verdicts)) == 1 else None


def _newest(verdicts: Sequence[Verdict | None]) -> Verdict | None:
    return verdicts[0]  # a document's labels stand newest first


def _strictest(verdicts: Sequence[Verdict | None]) -> Verdict | None:
    return next(verdict for verdict in (Verdict.REJECT, Verdict.UNSURE, Verdict.KEEP) if verdict in verdicts)


_RULES: dict[FinalRule, Callable[[Sequence[Verdict | None]], Verdict | None]] = {
    FinalRule.MAJORITY: _majority,
    FinalRule.UNANIMOUS: _unanimous,
    FinalRule.NEWEST: _newest,
    FinalRule.STRICTEST: _strictest,
}
