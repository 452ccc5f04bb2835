"""The Review page: the desk, and nothing else."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from review.project import Project
from review.ui.desk import desk
from review.workflow import desk_limits

_FRESH = 5.0  # seconds: a shard whose plan decides closes its queue within this


def render(project: Project, reviewer: str) -> None:
    """Draw the page for a reviewer."""
    if not reviewer:
        st.info("Labels carry a reviewer's name. Say who you are in the top right corner to begin.")
        return
    desk(project, reviewer, lambda: _limits(str(project.root), project))


@st.cache_data(ttl=_FRESH, show_spinner=False)
def _limits(root: str, _project: Project) -> Mapping[str, int]:
    return desk_limits(_project)
