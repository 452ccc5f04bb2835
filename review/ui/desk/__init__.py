"""The desk in the browser: a components.v2 component that Streamlit draws once, and routes it then talks to.

Streamlit says who sits here and hands over the seat's secret. Labels and documents travel by `routes`: a stored label
costs one HTTP round trip and no run of the page.
"""

from __future__ import annotations

import hashlib
import os

import streamlit as st

from review.desk import signals
from review.desk.choices import rubric_json
from review.desk.exchange import Limits
from review.project import Project
from review.ui.desk.assets import script, style
from review.ui.desk.routes import AROUND, EXCHANGE, KEYS, LEAVE, READ, address
from review.ui.desk.seats import new_secret, take_seat

_desk = st.components.v2.component("review_desk", css=style(), js=script("main.js"))


def desk(project: Project, reviewer: str, limits: Limits) -> None:
    """The desk over the whole page under the header. `limits` says how many audit documents a shard may hand out."""
    signals.begin()  # while the browser loads the page
    secret = st.session_state.setdefault("desk-secret", new_secret())
    take_seat(secret, project, reviewer, limits)
    name = hashlib.sha256(os.fsencode(project.root)).hexdigest()[:12]
    _desk(
        key=f"desk-{name}-{reviewer}",
        data={
            "project": name,
            "name": project.settings.project.name,
            "reviewer": reviewer,
            "seat": {
                "exchange": address(EXCHANGE),
                "leave": address(LEAVE),
                "keys": address(KEYS),
                "around": address(AROUND),
                "read": address(READ),
                "secret": secret,
            },
            "rubric": rubric_json(project.store, project.settings, reviewer),
        },
        on_seat_change=_new_seat,
    )


def _new_seat() -> None:
    """The browser's secret is none any more. Another one, so that the component is drawn anew and hears of it."""
    st.session_state["desk-secret"] = new_secret()
