"""The classifier at work on the corpus: scoring shards, drawing what to read, what each threshold keeps, drift."""

from __future__ import annotations

import streamlit as st

from review import workflow
from review.project import Project
from review.records import Stream
from review.store import ModelRow
from review.ui import jobs, parts, tables, words, working
from review.ui.remember import forget, remembered

STRATEGIES = {
    "uncertain": "what the model is least sure of",
    "likely_bad": "what it thinks is bad",
    "diverse": "documents of all kinds",
    "novel": "what is unlike everything labelled",
    "random": "at random",
    "uncertain=0.5,diverse=0.25,novel=0.25": "a mix: half unsure, a quarter of all kinds, a quarter unlike",
}


def actions(project: Project, reviewer: str, used: ModelRow | None) -> None:
    """Buttons that draw documents to learn from, and that score shards with the model in use; both in a worker."""
    drawing = working.watch(project, "teach", "classifier", _drawn)
    scoring = working.watch(project, "score", "classifier", _scored)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Choose what to read next for training",
            list(STRATEGIES),
            format_func=lambda name: STRATEGIES[name],
            key="teach-strategy",
            help=None if used else "No model is in use: signals alone choose.",
        )
        st.session_state.setdefault("teach-n", project.settings.sampling.training_batch)
        st.number_input("Documents", min_value=1, max_value=10_000, key="teach-n", width=130)
        st.button("Draw them", key="teach", disabled=drawing, on_click=_draw, args=(project, reviewer))
        if used is not None:
            st.button("Score the shards", key="score", disabled=scoring, on_click=_score, args=(project, used.version))


def _draw(project: Project, reviewer: str) -> None:
    strategy, n = st.session_state["teach-strategy"], int(st.session_state["teach-n"])
    jobs.start(
        working.key(project, "teach"),
        "Drawing documents to read",
        lambda job: workflow.draw(
            project, stream=Stream.TRAINING, strategy=strategy, n=n, by=reviewer, progress=job.progress
        ),
    )


def _drawn(report: workflow.DrawReport) -> str:
    text = f"{words.plural(report.total, 'document')} drawn; the desk hands them out after the audit ones."
    return f"{text} {words.listed(list(report.problems))}" if report.problems else text


def _score(project: Project, version: str) -> None:
    def work(job: jobs.Job) -> workflow.Scored:
        try:
            return workflow.score(project, version=version, progress=job.progress)
        finally:
            forget(project, "scored")

    jobs.start(working.key(project, "score"), f"Scoring with {version}", work)


def _scored(report: workflow.Scored) -> str:
    text = f"{words.plural(report.documents, 'document')} of {words.plural(report.shards, 'shard')} scored."
    return f"{text} {words.listed(list(report.problems))}" if report.problems else text


def scored(project: Project, row: ModelRow) -> None:
    """What each threshold keeps of the scored corpus, and the shards unlike what was labelled."""
    # Only the app writes sidecars while it runs, and forgets this when it has.
    ingested = (row.version, len(project.store.shard_states()))
    corpus = remembered(project, "scored", ingested, lambda: workflow.scored_corpus(project, row.version))
    left, right = st.columns(2)
    with left:
        parts.section("Threshold with a guarantee")
        parts.quiet(workflow.guarantee_sentence(row.card))
        if corpus.cuts:
            parts.quiet(f"Shares of {words.plural(corpus.documents, 'scored document')}; novel ones are never kept.")
            _cuts(corpus)
        else:
            parts.quiet("Score the shards to see how much of the corpus each threshold keeps.")
    with right:
        parts.section("Unlike what was labelled")
        if not corpus.shards:
            parts.quiet("Score the shards to see which of them are unlike the labelled documents.")
            return
        share = corpus.novel / corpus.documents
        parts.quiet(
            f"{words.share(share)} of the documents in {words.number(corpus.shards)} of {words.number(corpus.of)} "
            "shards are novel: their scores are not to be trusted. Let people read some: draw what is unlike "
            "everything labelled."
        )
        _drift(corpus)


def _cuts(corpus: workflow.ScoredCorpus) -> None:
    frame = tables.frame(
        {
            "Keep from": [f"{cut.threshold:.4f}" for cut in corpus.cuts],
            "Documents": [words.share(cut.documents) for cut in corpus.cuts],
            "Text": [words.share(cut.text) for cut in corpus.cuts],
            "Audit labels": [f"{words.number(cut.labels)}, {words.number(cut.bad)} bad" for cut in corpus.cuts],
            "": ["certified" if cut.certified else "not certified" for cut in corpus.cuts],
        }
    )
    st.dataframe(frame, hide_index=True, row_height=tables.ROW, height=tables.height(len(frame), 7), key="cuts")


def _drift(corpus: workflow.ScoredCorpus) -> None:
    frame = tables.frame(
        {
            "Shard": [one.shard for one in corpus.drift],
            "Novel": [words.share(one.novel) for one in corpus.drift],
            "Mean novelty": [f"{one.novelty:.2f}" for one in corpus.drift],
            "": ["drifts" if one.drifts else "" for one in corpus.drift],
        }
    )
    st.dataframe(frame, hide_index=True, row_height=tables.ROW, height=tables.height(len(frame), 7), key="drift")
    if corpus.usual is not None:
        parts.quiet(f"The labelled documents themselves have a mean novelty of {corpus.usual:.2f}; 1 is the limit.")
