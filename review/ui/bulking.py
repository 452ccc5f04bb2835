"""One verdict on all training documents that match a filter, with how many there are before it is given."""

from __future__ import annotations

import streamlit as st

from review.project import Project
from review.records import Document, Verdict
from review.ui import parts, tables, words
from review.workflow import bulk


def expander(project: Project, reviewer: str, *, lead: bool) -> None:
    """Draw it, folded up."""
    if not project.store.bulk_batches() and not project.store.unjudged_training():
        return
    with st.expander("Label many training documents at once", key="bulk-open", on_change="rerun"):
        parts.quiet(
            "For training alone: bounds, tests and agreement never see a bulk label, and a reader's own word goes "
            "before it. One undo takes a whole batch back."
        )
        _batches(project, reviewer, lead)
        if not lead:
            parts.quiet("Only a lead labels in bulk. Change your role at the top right.")
            return
        _form(project, reviewer)


def _form(project: Project, reviewer: str) -> None:
    left, middle, right = st.columns(3)
    contains = left.text_input("Text contains", key="bulk-contains")
    shard = middle.text_input("Shard", key="bulk-shard", placeholder="web-en/*")
    scored = project.store.promoted() is not None
    low, high = right.slider("Score", 0.0, 1.0, (0.0, 1.0), key="bulk-score") if scored else (0.0, 1.0)
    wish = bulk.Filter(
        shard.strip() or "*", contains.strip(), above=low if low > 0 else None,
        below=high if high < 1 else None,
    )  # fmt: skip
    if wish.empty:
        parts.quiet("Say what the documents have in common.")
        return
    found = bulk.bulk_matches(project, wish)
    parts.quiet(f"{words.plural(len(found), 'training document')} that nobody has judged: {wish.told()}.")
    if not found:
        return
    _examples(found)
    names = {reason.code: reason.name for reason in project.store.rubric().reasons}
    reasons = st.multiselect("Reasons", list(names), key="bulk-reasons", format_func=lambda code: names[code])
    with st.container(horizontal=True, gap="small"):
        pressed = [
            verdict
            for verdict in (Verdict.KEEP, Verdict.REJECT)
            if st.button(f"{verdict.capitalize()} {words.plural(len(found), 'document')}", key=f"bulk-{verdict}")
        ]
    if parts.pressed_as_shown(bool(pressed), "bulk", (wish, reasons, len(found))):
        _label(project, wish, pressed[0], reviewer, reasons, len(found))
        parts.go("classifier")  # what stands above was drawn before


def _examples(found: list[Document]) -> None:
    frame = tables.frame(
        {
            "Document": [one.doc_id for one in found[:50]],
            "Text begins": [" ".join(one.text[:300].split()) for one in found[:50]],
        }
    )
    st.dataframe(frame, hide_index=True, row_height=28, height=tables.height(len(frame), 5, 28), key="bulk-found")


def _label(
    project: Project, wish: bulk.Filter, verdict: Verdict, reviewer: str, reasons: list[str], expected: int
) -> None:
    parts.act(
        lambda: bulk.bulk_label(project, wish, verdict, by=reviewer, reasons=reasons, expected=expected),
        lambda made: f"{words.plural(made.documents, 'document')} labelled {made.verdict} in bulk.",
        failed="No document was labelled.",
    )


def _batches(project: Project, reviewer: str, lead: bool) -> None:
    for one in reversed([one for one in project.store.bulk_batches() if not one.undone]):
        with st.container(horizontal=True, vertical_alignment="center"):
            told = bulk.Filter(**one.filter).told()
            parts.block(
                f'<p class="sm"><b>{words.plural(one.documents, "document")}: {one.verdict}</b> '
                f'<span class="t2">{parts.escaped(told)}, by {parts.escaped(one.by)}; '
                f"{words.number(one.counts)} still count</span></p>"
            )
            st.button(
                "Undo", key=f"bulk-undo-{one.batch}", type="tertiary", disabled=not lead,
                on_click=_undo, args=(project, one.batch, reviewer),
            )  # fmt: skip


def _undo(project: Project, batch: str, reviewer: str) -> None:
    parts.act(lambda: bulk.undo_bulk(project, batch, by=reviewer), "The bulk label is taken back.")
