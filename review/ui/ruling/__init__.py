"""A document and the verdicts on it as one components.v2 component.

The text and the keys are one element, so that a verdict names the document that was on screen when the key went down,
however the page is being drawn at that moment. The text is one text node a part, never markup.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from importlib.resources import files
from typing import Any

import streamlit as st

from review.records import Wording
from review.ui import words

WHOLE = 200_000  # characters shown at once; of a longer text its beginning and its end, until all is asked for
_BEGINNING, _END = 120_000, 30_000
KEY = "ruling"


def _read(name: str) -> str:
    return files(__package__).joinpath(name).read_text(encoding="utf-8")


_ruling = st.components.v2.component("review_ruling", css=_read("ruling.css"), js=_read("ruling.js"))


def ruling(
    doc_id: str,
    text: str,
    act: Callable[[Mapping[str, Any]], None],
    *,
    verdicts: Sequence[Wording],
    undo: bool,
    whole: bool,
    height: int = 560,
) -> None:
    """Draw it, verdicts called what the rubric calls them.

    `act` is called with `{"act": keep, unsure, reject, skip, undo or whole, "doc_id": ...}`.
    """
    parts, hidden = shown(text, whole=whole)
    times = st.session_state.setdefault("ruling-n", 0)

    def said() -> None:
        message: Any = st.session_state[KEY].get("said")
        st.session_state["ruling-n"] += 1
        if isinstance(message, dict) and isinstance(message.get("doc_id"), str):
            act(message)

    _ruling(
        key=KEY,
        data={
            "doc_id": doc_id, "parts": parts, "hidden": hidden, "undo": undo, "n": times, "height": height,
            "verdicts": {str(one.verdict): {"name": one.name, "hint": one.hint} for one in verdicts},
            "more": f"Show the {words.number(hidden)} characters between",
        },
        on_said_change=said,
    )  # fmt: skip


def shown(text: str, *, whole: bool) -> tuple[list[str], int]:
    """The parts of the text that are shown, and how many characters between them are not."""
    if whole or len(text) <= WHOLE:
        return [text], 0
    return [text[:_BEGINNING], text[-_END:]], len(text) - _BEGINNING - _END
