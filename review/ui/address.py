"""Widgets whose values stand in the page's address, so that a view can be kept, sent and gone back to.

`follow` before the widgets are drawn takes over what the address says, `tell` afterwards writes what they say now. An
address that says nothing of a widget leaves it as it is: so a page opened from the navigation keeps its filters.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import streamlit as st


@dataclass(frozen=True, slots=True)
class Field:
    """A widget with its place in the address."""

    name: str  # in the address
    key: str  # of the widget
    allowed: Callable[[str], bool]  # a value that is not is passed over
    many: bool = False  # a list of values
    plain: str = ""  # the value that needs no place in the address


def follow(fields: Sequence[Field]) -> None:
    """Give widgets the values of the address, where these are news."""
    seen: dict[str, list[str]] = st.session_state.setdefault("address-seen", {})
    for field in fields:
        given = st.query_params.get_all(field.name)
        if not given or given == seen.get(field.name):
            continue
        seen[field.name] = given
        sound = [value for value in given if field.allowed(value)]
        if field.many:
            st.session_state[field.key] = sound
        elif sound:
            st.session_state[field.key] = sound[-1]


def tell(fields: Sequence[Field]) -> None:
    """Write into the address what the widgets say."""
    seen: dict[str, list[str]] = st.session_state.setdefault("address-seen", {})
    for field in fields:
        value: Any = st.session_state.get(field.key)
        values = [str(one) for one in value or ()] if field.many else [str(value or "")]
        values = [one for one in values if one and one != field.plain]
        seen[field.name] = values
        if values == st.query_params.get_all(field.name):
            continue
        if values:
            st.query_params[field.name] = values if field.many else values[0]
        else:
            st.query_params.pop(field.name, None)
