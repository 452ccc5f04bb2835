"""What a truthful reviewer says of the texts that `shard_files` makes."""

from __future__ import annotations

from review.records import Document, Label, Verdict


def truthful_label(document: Document, reviewer: str) -> Label:
    """A text with BUY NOW is spam, every other one is sound."""
    bad = "BUY NOW" in document.text
    return Label(
        label_id=f"{reviewer}:{document.doc_id}",
        doc_id=document.doc_id,
        content_hash=document.content_hash,
        reviewer=reviewer,
        verdict=Verdict.REJECT if bad else Verdict.KEEP,
        reasons=("spam",) if bad else (),
        seconds=4.0,
    )
