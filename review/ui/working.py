"""Long work seen from a page: a line with progress and a stop button, then what came of it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from review.errors import ReviewError
from review.project import Project
from review.ui import jobs, parts, words


def key(project: Project, kind: str) -> str:
    """Name of a job of this project: one of a kind runs at a time."""
    return f"{kind}:{project.root}"


def watch(project: Project, kind: str, page: str, said: Callable[[Any], str]) -> bool:
    """Show the job of this kind, if there is one; True while it runs. `said` puts its result into words."""
    name = key(project, kind)
    job = jobs.current(name)
    if job is None:
        return False
    if job.running:
        line(job, name, page)
        return True
    jobs.forget(name)
    if isinstance(job.error, ReviewError):
        parts.note("reject", str(job.error), "What was stored before stays stored.")
    elif job.error is not None:
        parts.note("reject", f"{job.name} failed.", "This is a bug; what was stored before stays stored.")
        with st.expander("What went wrong"):
            st.exception(job.error)
    else:
        parts.note("keep", said(job.result))
    return False


def line(job: jobs.Job, name: str, page: str) -> None:
    """Progress of a running job, with a stop button; opens `page` anew when it ends."""

    @st.fragment(run_every=1.0)
    def draw() -> None:
        if not job.running:
            st.switch_page(st.session_state["pages"][page])  # a whole run: the page has news
        with st.container(horizontal=True, vertical_alignment="center"):
            count = f", {words.number(job.done)} of {words.number(job.total)}" if job.total else ""
            parts.block(f'<div role="status"><b>{parts.escaped(job.name)}</b> '
                        f'<span class="t2">{parts.escaped(job.what)}{count}</span></div>')  # fmt: skip
            if job.stoppable:
                st.button(
                    "Stopping…" if job.cancelled.is_set() else "Stop",
                    key=f"stop-{name}",
                    on_click=jobs.cancel,
                    args=(name,),
                    disabled=job.cancelled.is_set(),
                )
        if job.total:
            st.progress(job.share)

    draw()
