"""Where a model is wrong: by part of the corpus, beside people, by number of labels; why documents are bad; and labels
that it doubts.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import streamlit as st

from review import workflow
from review.project import Project
from review.records import LabelledDocument
from review.store import ModelRow
from review.ui import bars, models, parts, tables, theme, words
from review.ui.remember import remembered

KINDS = {"language": "language (guessed from its words)", "source": "source", "shard": "shard"}
SHOWN = 8  # signals and words of an explanation


def errors(row: ModelRow) -> None:
    """Good documents it rejects and bad ones it keeps, by language, source or shard; agreement; learning curve."""
    card = row.card
    if not any(card.get("parts", {}).values()):
        return
    left, right = st.columns([1.6, 1])
    with left:
        parts.section("Where it is wrong")
        kind = st.segmented_control(
            "By", list(KINDS), format_func=lambda name: KINDS[name], key="wrong-by", default="language"
        )
        rows = card["parts"][kind or "language"]
        _parts(rows)
        unlike = [workflow.part_name(one["name"]) for one in rows if one["unlike"]]
        if unlike:
            parts.note("attention", f"{words.listed(unlike)}:", "good documents are rejected there unlike elsewhere.")
    with right:
        parts.section("Beside people")
        parts.quiet(_beside(card.get("agreement")))
        parts.section("More labels")
        points = card.get("curve") or []
        if len(points) < 2:
            parts.quiet("Too few distinct audit documents to say what more labels bring.")
        else:
            parts.pairs([(f"{words.number(one['labels'])} labels", _interval(one)) for one in points])
            parts.quiet("AUC, 95\u00a0% sure, of fits on fewer of these labels, on the same audit documents.")


def _parts(rows: list[dict[str, Any]]) -> None:
    colours = theme.tokens()

    def bar(share: dict[str, float] | None) -> str:
        found = None if share is None else bars.Interval(share["low"], share["value"], share["high"])
        return bars.data_url(bars.interval_svg(found, colours, end=1.0))

    frame = tables.frame(
        {
            "Part": [workflow.part_name(one["name"]) for one in rows],
            "Documents": [words.number(one["documents"]) for one in rows],
            "good": [bar(one["good_rejected"]) for one in rows],
            "Good rejected": [_share(one["good_rejected"]) for one in rows],
            "Bad kept": [_share(one["bad_kept"]) for one in rows],
            "AUC": [_interval(one["auc"]) if one["auc"] else "too few" for one in rows],
        }
    )
    config = {
        "good": st.column_config.ImageColumn("0 to 100\u00a0%", width=bars.WIDTH + 16, alignment="left"),
    }
    st.dataframe(
        frame, hide_index=True, column_config=config, row_height=tables.ROW, height=tables.height(len(rows), 7),
        key="wrong-parts",
    )  # fmt: skip


def reasons(project: Project, row: ModelRow) -> None:
    """How well the model tells for which reason a bad document is bad; nothing for versions from before it did."""
    told = row.card.get("reasons")
    if told is None or not told["documents"]:
        return
    colours, needed = theme.tokens(), told["needed"]
    parts.section("Why documents are bad", f"{words.plural(told['documents'], 'bad document')} with a reason")
    rows = models.reasons(row.card, _reason_names(project))
    found = [bars.above_chance(auc) for _, _, auc, _ in rows]
    frame = tables.frame(
        {
            "Reason": [name for name, _, _, _ in rows],
            "Documents": [words.number(documents) for _, documents, _, _ in rows],
            "bar": [bars.data_url(bars.interval_svg(one, colours, end=0.5)) for one in found],
            "AUC": [text for _, _, _, text in rows],
        }
    )
    config = {
        "Documents": st.column_config.TextColumn(alignment="right", width=90),
        "bar": st.column_config.ImageColumn("AUC, 0.5 to 1", width=bars.WIDTH + 16, alignment="left"),
        "AUC": st.column_config.TextColumn("95\u00a0% sure", width=270),
    }
    st.dataframe(
        frame, hide_index=True, column_config=config, row_height=tables.ROW, height=tables.height(len(rows), 8),
        key="reasons",
    )  # fmt: skip
    parts.quiet(
        f"Among bad documents, out of fold. A reason is learned from {needed} bad documents that have it and {needed} "
        "that do not, near-copies counted once."
    )


def _reason_names(project: Project) -> dict[str, str]:
    return {reason.code: reason.name for reason in project.store.rubric().reasons}


def _share(found: dict[str, float] | None) -> str:
    if found is None:
        return "none there"
    return f"{words.share(found['value'], 0)}, {words.share(found['low'], 0)} to {words.share(found['high'], 0)}"


def _interval(found: dict[str, float]) -> str:
    return f"{found['value']:.3f}, {found['low']:.3f} to {found['high']:.3f}"


def _beside(found: dict[str, Any] | None) -> str:
    if found is None:
        return "Too few audit documents were judged by two people to compare the model with them."
    return (
        f"On {words.plural(found['documents'], 'audit document')} that several people judged, its verdict is that of a "
        f"reader in {_share(found['model'])} of cases; two readers say the same in {_share(found['people'])}."
    )


def doubted(project: Project, row: ModelRow, labelled: Callable[[], Sequence[LabelledDocument]]) -> None:
    """Labels the model doubts, for a lead to look at again, and what moved the chosen one's score."""
    seen = (row.version, project.store.last_seq())
    found = remembered(project, "suspects", seen, lambda: workflow.suspects(project, row.version, labelled=labelled()))
    parts.section("Labels worth a second look", words.plural(len(found), "label") if found else "")
    if not found:
        parts.quiet("Its predictions without a label contradict none of them.")
        return
    parts.quiet(
        "The model, fitted without them, would have said otherwise. It changes none: look, then correct or keep."
    )
    frame = tables.frame(
        {
            "Document": [one.doc_id for one in found],
            "People say": [str(one.verdict or "open") for one in found],
            "Model": [f"{words.share(one.probability, 0)} keep" for one in found],
        }
    )
    event = st.dataframe(
        frame, hide_index=True, row_height=tables.ROW, height=tables.height(len(found), 6), on_select="rerun",
        selection_mode="single-row", key="suspects",
    )  # fmt: skip
    picked = event["selection"]["rows"]
    if picked:
        _explain(project, found[picked[0]], row.version)


def _explain(project: Project, one: workflow.Suspect, version: str) -> None:
    told = workflow.explain_document(project, one.doc_id, version)
    document = project.store.document(one.doc_id)
    left, right = st.columns([1.6, 1])
    with left:
        parts.section(one.doc_id)
        with st.container(height=320, key="suspect-text"):
            st.text(document.text[:4_000])
        if told.reasons:
            names = _reason_names(project)
            parts.section("If it is bad, then for")
            parts.pairs([(words.share(chance, 0), names.get(code, code)) for code, chance in told.reasons])
    with right:
        parts.section("What moved its score")
        parts.pairs([(_toward(push.push), push.name) for push in (*told.signals[:SHOWN], *told.words[:SHOWN])])
        if told.novelty > 1:
            parts.note("attention", "Unlike all that was labelled.", "Its score says little.")


def _toward(push: float) -> str:
    return f"{push:+.2f} {'keep' if push > 0 else 'reject'}"
