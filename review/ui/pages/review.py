"""The Review page: the desk, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from review.desk.fresh import Fresh
from review.project import Project
from review.ui.desk import desk
from review.workflow import desk_limits

# Seconds: a shard whose plan decides closes its queue within these. With thousands of shards, standings take a while,
# and nobody's documents wait for them.
_SOON, _LATE = 5.0, 60.0

_limits: dict[str, tuple[Project, Fresh[Mapping[str, int]]]] = {}  # by the project's folder


def render(project: Project, reviewer: str) -> None:
    """Draw the page for a reviewer."""
    if not reviewer:
        st.info("Labels carry a reviewer's name. Say who you are in the top right corner to begin.")
        return
    root = str(project.root)
    known, limits = _limits.get(root, (None, None))
    if limits is None or known is not project:  # a project may be closed and opened again
        limits = Fresh(lambda: desk_limits(project), soon=_SOON, late=_LATE)
        _limits[root] = (project, limits)
    desk(project, reviewer, limits)
