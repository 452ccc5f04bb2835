"""Forms that bring documents in: add shard files, draw documents to read."""

from __future__ import annotations

from pathlib import Path

import streamlit as st

from review import workflow
from review.project import Project
from review.records import Stream
from review.ui import jobs, parts, words, working


def ingest_form(project: Project, reviewer: str) -> None:
    """Ask for files and read them in a worker."""
    with st.form("ingest", border=False):
        st.text_area(
            "Files, one path or pattern a line",
            key="ingest-patterns",
            placeholder="shards/*.parquet\ns3://bucket/web-en/*.jsonl.zst",
            height=92,
            help="Parquet, JSONL, CSV, TSV, Arrow (also compressed) and folders of text files, seen from the server. "
            "Relative paths start in the project's folder. Files are read in place, never copied.",
        )
        left, right = st.columns(2)
        left.text_input("Corpus name", key="ingest-corpus", placeholder="the folder's name")
        right.text_input("Text column", key="ingest-column", placeholder="found by name")
        st.form_submit_button(
            "Add shard files", key="ingest-go", type="primary", on_click=_ingest, args=(project, reviewer)
        )
    parts.command("Or from the command line, with a progress bar:", "review ingest 'shards/*.parquet'")


def _ingest(project: Project, reviewer: str) -> None:
    patterns = [line.strip() for line in st.session_state["ingest-patterns"].splitlines() if line.strip()]
    corpus = st.session_state["ingest-corpus"].strip() or None
    column = st.session_state["ingest-column"].strip() or None
    if not patterns:
        st.session_state["said"] = ("reject", "No file was named.", "Type at least one path or pattern.")
        return
    base = Path(project.root)
    jobs.start(
        working.key(project, "ingest"),
        "Adding shard files",
        lambda job: workflow.ingest(
            project, patterns, corpus_name=corpus, text_column=column, by=reviewer, base=base, progress=job.progress
        ),
    )


def told_ingest(report: workflow.IngestReport) -> str:
    """What an ingest did, in one sentence each."""
    text = f"Added {words.plural(len(report.added), 'shard')} with {words.plural(report.documents, 'document')}."
    if report.unchanged:
        text += f" {words.number(len(report.unchanged))} were here already."
    if report.changed:
        text += f" Changed on disk, not read anew: {words.listed(list(report.changed))}."
    if report.twins:
        same = [f"{name} has the content of {other}" for name, other in report.twins.items()]
        text += f" {words.listed(same)}: a release of both would list its documents twice."
    if report.refused_files:
        text += f" Refused {words.plural(len(report.refused_files), 'file')}."
    if refused := sum(report.refused.values()):
        text += f" Refused {words.plural(refused, 'row')}."
    return text


def draw(project: Project, reviewer: str, stream: Stream = Stream.AUDIT) -> None:
    """Draw what the plan needs of every readable shard, in a worker. For `on_click`."""
    jobs.start(
        working.key(project, "draw"),
        "Drawing documents",
        lambda job: workflow.draw(project, stream=stream, by=reviewer, progress=job.progress),
    )


def told_draw(report: workflow.DrawReport) -> str:
    """What a draw did, in words."""
    shards = words.plural(len(report.drawn), "shard")
    text = f"Drew {words.plural(report.total, 'document')} from {shards}." if report.total else "Nothing new to draw."
    return f"{text} {' '.join(report.problems)}".strip()
