"""Pieces every page is made of.

Names, notes, reasons and document texts come from outside. `st.markdown`, `st.title`, button and pill labels and
`st.table` would read Markdown, formulas, colours and icons into them, so such text goes only through `escaped` into
`st.html`, into `st.text`, or into the cells of `st.dataframe` (made by `tables.frame`).
"""

from __future__ import annotations

import html
from collections.abc import Callable
from typing import Any, Literal

import streamlit as st

from review.errors import ReviewError
from review.release.cells import whole_characters
from review.standing import Standing
from review.ui import words
from review.ui.bars import data_url

Kind = Literal["keep", "reject", "attention", "plain"]

_NOTE_ICON: dict[Kind, str] = {"keep": "check", "reject": "warning", "attention": "stale", "plain": "clock"}

# State of a shard -> chip colour and icon.
STATE_LOOK: dict[str, tuple[Kind, str]] = {
    "can be approved": ("keep", "check"),
    "approved": ("keep", "check"),
    "to be confirmed": ("attention", "clock"),
    "should be rejected": ("reject", "cross"),
    "rejected": ("reject", "cross"),
    "stale": ("attention", "stale"),
    "changed": ("attention", "stale"),
    "missing": ("attention", "warning"),
    "held": ("plain", "pause"),
    "needs labels": ("plain", "plus"),
    "undecided": ("plain", "question"),
    "no labels yet": ("plain", "plus"),
}


def look(place: Standing) -> tuple[Kind, str]:
    """Chip colour and icon of a shard; an overruled decision looks like no other."""
    return ("attention", "warning") if words.overruled(place) else STATE_LOOK[place.state]


def escaped(text: object) -> str:
    """Text as HTML that shows exactly that text; for half a character, which no page can hold, U+FFFD."""
    return html.escape(whole_characters(str(text)), quote=True)


def icon(name: str) -> str:
    """One of the line icons of the style sheet, as HTML."""
    return f'<i class="ic {name}" aria-hidden="true"></i>'


def block(markup: str) -> None:
    """Draw HTML in the page's style. Every foreign text in it went through `escaped`."""
    st.html(f'<div class="rd">{markup}</div>')


def heading(title: str, facts: str = "", *, chip: str = "") -> None:
    """A page's title with its facts on one line; `chip` is HTML from `badge`."""
    block(f'<div class="row"><h1>{escaped(title)}</h1>{chip}<span class="t2">{escaped(facts)}</span></div>')


def section(title: str, facts: str = "") -> None:
    """A section's title with one quiet sentence."""
    block(f'<div class="row"><h2>{escaped(title)}</h2><span class="t2 sm">{escaped(facts)}</span></div>')


def line(strong: str, text: str = "") -> None:
    """One sentence, its first part strong."""
    block(f'<p class="lead"><b>{escaped(strong)}</b> <span class="t2">{escaped(text)}</span></p>')


def quiet(text: str) -> None:
    """A small grey sentence."""
    block(f'<p class="t2 sm">{escaped(text)}</p>')


def note(kind: Kind, strong: str, text: str = "") -> None:
    """A tinted box: reject for errors, attention for stale or waiting, keep for done, plain for the rest."""
    role = "alert" if kind == "reject" else "status"
    block(
        f'<div class="note {kind}" role="{role}"><span>{icon(_NOTE_ICON[kind])}</span>'
        f"<span><b>{escaped(strong)}</b> {escaped(text)}</span></div>"
    )


def command(before: str, line_: str, after: str = "") -> None:
    """A sentence with a command to run in it."""
    block(f'<p class="t2 sm">{escaped(before)} <code>{escaped(line_)}</code> {escaped(after)}</p>')


def chart(drawn: Any) -> None:
    """Draw a chart of ours. Its parts were checked when they were written: checking each against Vega's schema again
    takes as long as making them."""
    st.vega_lite_chart(drawn.to_dict(validate=False), theme=None, width="stretch")


def picture(svg: str, told: str) -> str:
    """An SVG as an image, as HTML; `st.html` strips SVG elements. `told` is read out instead of it."""
    return f'<img src="{escaped(data_url(svg))}" alt="{escaped(told)}" style="max-width:100%">'


def badge(text: str, kind: Kind, icon_name: str) -> str:
    """A chip, as HTML."""
    return f'<span class="badge {kind}">{icon(icon_name)}{escaped(text)}</span>'


def pairs(rows: list[tuple[str, str]]) -> None:
    """A two-column table of names and values."""
    cells = "".join(f'<tr><th scope="row">{escaped(k)}</th><td class="num">{escaped(v)}</td></tr>' for k, v in rows)
    block(f"<table>{cells}</table>")


def cards(rows: list[tuple[str, str, str, str]]) -> None:
    """A row of figures: label, value, the line below, and an image beside the value (HTML from `picture`, or "")."""
    cells = "".join(
        f'<div class="card">{escaped(label)}<div class="v"><span>{escaped(value)}</span>{image}</div>'
        f'<span class="t2">{escaped(below)}</span></div>'
        for label, value, below, image in rows
    )
    block(f'<div class="cards">{cells}</div>')


def points(rows: list[tuple[str, str, str]]) -> None:
    """A list: icon name, strong start, rest."""
    cells = "".join(f"{icon(i)}<span><b>{escaped(strong)}</b> {escaped(rest)}</span>" for i, strong, rest in rows)
    block(f'<div class="list">{cells}</div>')


def timeline(rows: list[tuple[str, str]], name: str) -> None:
    """What happened when, newest first, in a box of its own that scrolls; `name` is read out for it."""
    cells = "".join(f"<dt>{escaped(when)}</dt><dd>{escaped(what)}</dd>" for when, what in rows)
    block(f'<div class="past" tabindex="0" role="region" aria-label="{escaped(name)}"><dl>{cells}</dl></div>')


def act(verb: Callable[[], Any], said: str | Callable[[Any], str], *, failed: str = "Nothing was changed.") -> None:
    """Call one workflow verb from a callback and keep what to say of it for the next drawing of the page.

    A ReviewError is shown as it stands, followed by what is safe; every other exception is a bug and is raised.
    """
    try:
        result = verb()
    except ReviewError as error:
        st.session_state["said"] = ("reject", str(error), failed)
        return
    st.session_state["said"] = ("keep", said if isinstance(said, str) else said(result), "")


def pressed_as_shown(pressed: bool, key: str, values: object) -> bool:
    """Whether a button was pressed and the page had shown what it does with these values.

    A click may come with what was typed or chosen just before it. A callback's arguments would be older than that and
    the values here newer than what the page said of them; nobody has seen either, so then it says so and does nothing.
    """
    before = st.session_state.get(f"{key}-shown")
    st.session_state[f"{key}-shown"] = values
    if pressed and before != values:
        note("attention", "Nothing is done yet.", "Your last change came with the click. Look again, then press again.")
    return pressed and bool(before == values)


def show_said() -> None:
    """Say, once, what the last action did."""
    said = st.session_state.pop("said", None)
    if said:
        note(*said)


def go(page: str, **state: Any) -> None:
    """Open another page, with widget values set there first. Ends this run."""
    for key, value in state.items():
        st.session_state[key] = value
    params = {"shard": state["shard"]} if "shard" in state else None
    st.switch_page(st.session_state["pages"][page], query_params=params)
