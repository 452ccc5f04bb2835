"""What is learned: each document's keep share, from the labels that count now."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from review.errors import NotEnoughLabels
from review.final import final_verdict
from review.records import FinalRule, LabelledDocument, Stream, Verdict

MIN_DOCUMENTS = 20
MIN_CLASS = 3  # of each verdict: with fewer, some fold would learn from one example


@dataclass(frozen=True)
class Targets:
    """Labelled documents in the order of their names, so that no result hangs on the order they came in.

    share: how much of a keep the document is, 0..1; see `keep_share`.
    """

    doc_ids: tuple[str, ...]
    share: NDArray[np.float64]
    audit: NDArray[np.bool_]  # drawn with known probability: the only documents a metric may use
    weight: NDArray[np.float64]  # 1 / the probability of an audit draw, 0 for other documents

    @property
    def decided(self) -> NDArray[np.bool_]:
        """Documents with a majority; a tie teaches (0.5) but cannot be scored right or wrong."""
        decided: NDArray[np.bool_] = self.share != 0.5
        return decided

    @property
    def keep(self) -> NDArray[np.bool_]:
        keep: NDArray[np.bool_] = self.share > 0.5
        return keep


def keep_share(document: LabelledDocument) -> float | None:
    """1 for a final keep, 0 for a final reject, None when the final verdict is neither.

    Under the majority rule the votes count, keep / (keep + reject), and a tie of the two teaches 0.5. `unsure` is left
    out: it says the reviewer could not tell, and counting it as half a keep would pull the model towards 0.5 on
    documents nobody judged.
    """
    final = final_verdict(document)
    if document.adjudication or document.rule is not FinalRule.MAJORITY:
        return {Verdict.KEEP: 1.0, Verdict.REJECT: 0.0}.get(final) if final else None
    votes = [label.verdict for label in document.labels]
    keep, reject = votes.count(Verdict.KEEP), votes.count(Verdict.REJECT)
    if final is Verdict.UNSURE and keep != reject:
        return None
    return keep / (keep + reject) if keep + reject else None


def targets_of(labelled: Iterable[LabelledDocument]) -> Targets:
    """The documents that somebody judged, sorted by name."""
    found = {one.doc_id: (one, keep_share(one)) for one in labelled}
    kept = [(one, share) for _, (one, share) in sorted(found.items()) if share is not None]
    audit = [one.stream is Stream.AUDIT for one, _ in kept]
    chances = [one.probability if inside else None for (one, _), inside in zip(kept, audit, strict=True)]
    return Targets(
        tuple(one.doc_id for one, _ in kept),
        np.array([share for _, share in kept], np.float64),
        np.array(audit, bool),
        np.array([1 / chance if chance else 0.0 for chance in chances], np.float64),
    )


def require_enough(targets: Targets) -> None:
    """Raise NotEnoughLabels, saying how many of what are needed, when nothing can be learned."""
    keep = int(targets.keep.sum())
    reject = int((targets.decided & ~targets.keep).sum())
    wanted = []
    if len(targets.share) < MIN_DOCUMENTS:
        wanted.append(f"{MIN_DOCUMENTS - len(targets.share)} more documents judged keep or reject")
    for name, number in (("keep", keep), ("reject", reject)):
        if number < MIN_CLASS:
            wanted.append(f"{MIN_CLASS - number} more judged {name}")
    if wanted:
        raise NotEnoughLabels(
            f"Training needs {MIN_DOCUMENTS} documents judged keep or reject, {MIN_CLASS} of each at least; there are "
            f"{keep} keep and {reject} reject. Label on: {' and '.join(wanted)}."
        )


def snapshot(labelled: Sequence[LabelledDocument]) -> dict[str, Any]:
    """Exactly which labels a model saw: last journal number, count, and a hash over their ids and verdicts.

    Adjudications and another rule than the majority are in the hash, as they change what is learned.
    """
    rows = sorted((label.label_id, str(label.verdict)) for one in labelled for label in one.labels)
    ruled = [one.adjudication for one in labelled if one.adjudication]
    more = sorted((one.adjudication_id, str(one.verdict)) for one in ruled)
    more += sorted({("rule", str(one.rule)) for one in labelled if one.rule is not FinalRule.MAJORITY})
    digest = hashlib.sha256(json.dumps(rows + more, separators=(",", ":")).encode()).hexdigest()
    numbers = [label.seq for one in labelled for label in one.labels if label.seq is not None]
    numbers += [one.seq for one in ruled if one.seq is not None]
    return {"last_seq": max(numbers, default=None), "labels": len(rows), "sha256": digest}
