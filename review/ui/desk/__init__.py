"""The desk in the browser: two components.v2 components and what carries their messages.

`desk` has the face and all of the work, and is sent once. `wire` has no face: it sits in a fragment of its own, takes a
batch of labels from the browser and brings back acknowledgements and documents, so that storing a label reruns ten
lines of Python and moves nothing it need not.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any

import streamlit as st

from review.desk import exchange
from review.desk.exchange import TAB_LENGTH, Limits, rubric_json
from review.project import Project
from review.ui.desk.assets import script, style
from review.ui.desk.leave import PATH, new_secret, take_seat

_desk = st.components.v2.component("review_desk", css=style(), js=script("main.js"))
_wire = st.components.v2.component("review_desk_wire", js=script("wire.js"))


def desk(project: Project, reviewer: str, limits: Limits) -> None:
    """The desk over the whole page under the header. `limits` says how many audit documents a shard may hand out."""
    secret = st.session_state.setdefault("desk-secret", new_secret())
    name = hashlib.sha256(str(project.root).encode()).hexdigest()[:12]
    _desk(
        key=f"desk-{name}-{reviewer}",
        data={
            "project": name,
            "name": project.settings.project.name,
            "reviewer": reviewer,
            "leave": {"path": st.get_option("server.baseUrlPath").rstrip("/") + PATH, "secret": secret},
            "rubric": rubric_json(project.store.rubric()),
        },
    )
    _carry(project, reviewer, limits, f"wire-{name}-{reviewer}", secret)


@st.fragment
def _carry(project: Project, reviewer: str, limits: Limits, key: str, secret: str) -> None:
    def answer() -> None:
        message: Any = st.session_state[key].get("message")
        if isinstance(message, dict) and isinstance(message.get("tab"), str):
            take_seat(secret, project.store, reviewer, message["tab"][:TAB_LENGTH])
        now = datetime.now(UTC).replace(tzinfo=None)
        st.session_state[f"{key}-answer"] = exchange(project.store, project.settings, reviewer, message, now, limits)

    _wire(key=key, data=st.session_state.get(f"{key}-answer", {"n": None}), on_message_change=answer)
