"""Tables of shards for `st.dataframe`: plain-text cells, interval bars, state chips."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import pandas as pd
import streamlit as st

from review.records import Plan
from review.release.cells import whole_characters
from review.standing import Standing
from review.ui import bars, parts, theme, views, words

MARKS = {
    "check": "✓",
    "cross": "✕",
    "stale": "↻",
    "warning": "!",
    "plus": "+",
    "question": "?",
    "pause": "‖",
    "clock": "…",
}
_BAR = (
    '<svg xmlns="http://www.w3.org/2000/svg" width="40" height="12"><path d="M0 6h40" stroke="{ink}" stroke-width="4"/>'
    '<circle cx="20" cy="6" r="4.5" fill="{ink}" stroke="{bg}" stroke-width="1.5"/></svg>'
)
_LINE = '<svg xmlns="http://www.w3.org/2000/svg" width="3" height="16"><path d="M1.5 0v16" stroke-width="1.5" '
_P0 = _LINE + 'stroke="{keep}" stroke-dasharray="2 3"/></svg>'
_P1 = _LINE + 'stroke="{reject}"/></svg>'
LONG = 32  # characters of a shard's name that its column has room for
ROW = 32  # pixels; the header has the same height


def height(rows: int, most: int, row: int = ROW) -> int | Literal["content"]:
    """Height of a table of `rows` that shows at most `most` of them and scrolls for the rest."""
    return "content" if rows <= most else (most + 1) * row + 3


def frame(columns: Mapping[str, Sequence[Any]]) -> pd.DataFrame:
    """Columns as pandas has them. Its strings cannot hold the halves of characters that a name or note may have."""
    return pd.DataFrame({_whole(name): [_whole(value) for value in values] for name, values in columns.items()})


def _whole(value: Any) -> Any:
    return whole_characters(value) if isinstance(value, str) else value


def chip(place: Standing) -> str:
    """A state with its mark, as a chip's text."""
    if place.state == "no labels yet":
        return place.state
    return f"{MARKS[parts.look(place)[1]]} {words.state(place)}"


def shards(
    rows: Sequence[Standing], plan: Plan, *, width: int = bars.WIDTH, today: bool = False
) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Rows and column settings: name, counts, bar, what is sure (see `words.sure`), state."""
    colours = theme.tokens()
    certain = f"{words.whole(1 - plan.alpha)} sure"
    end = bars.scale_end([place.high for place in rows if views.counted(place)[0]], plan.reject)
    svg = [
        bars.interval_svg(views.interval(place), colours, end=end, p0=plan.accept, p1=plan.reject, width=width)
        for place in rows
    ]
    made = frame(
        {
            "Shard": [words.tail(place.shard, LONG) for place in rows],
            **({"Lot": [views.lot_name(place) for place in rows]} if any(place.pooled for place in rows) else {}),
            "Documents": [words.number(place.documents) for place in rows],
            "Labels": [words.number(place.labels) for place in rows],
            "Bad": [words.number(place.bad) for place in rows],
            **({"Unsure": [words.number(p.unsure) for p in rows]} if any(p.unsure for p in rows) else {}),
            "bar": [bars.data_url(text) for text in svg],
            certain: [words.sure(place, today=today) for place in rows],
            "State": [[chip(place)] for place in rows],
        }
    )
    config: dict[str, Any] = {
        "Shard": st.column_config.TextColumn(width=184),
        "Lot": st.column_config.TextColumn(width=110),
        "Documents": st.column_config.TextColumn(alignment="right", width=76),
        "Labels": st.column_config.TextColumn(alignment="right", width=56),
        "Bad": st.column_config.TextColumn(alignment="right", width=46),
        "Unsure": st.column_config.TextColumn(alignment="right", width=56, help="Counts as bad when approving."),
        "bar": st.column_config.ImageColumn(f"Bad share, 0 to {words.whole(end)}", width=width + 16, alignment="left"),
        certain: st.column_config.TextColumn(width=145),
        "State": chips("State", rows, width=150),
    }
    return made, config


def chips(label: str, rows: Sequence[Standing], *, width: int) -> Any:
    """A column of state chips in their colours."""
    colours = theme.tokens()
    found = {chip(place): colours[_tint(place)] for place in rows}
    return st.column_config.MultiselectColumn(label, options=list(found), color=list(found.values()), width=width)


def _tint(place: Standing) -> str:
    kind = parts.look(place)[0]
    return {"keep": "keep_tint", "reject": "reject_tint", "attention": "attention_tint", "plain": "unsure_tint"}[kind]


def legend(plan: Plan) -> None:
    """What the bars mean, on one line."""
    c = theme.tokens()
    marks = [
        (f"found, and {words.whole(1 - plan.alpha)} either way", "ink2", _BAR),
        (f"p0 = {words.whole(plan.accept)}", "keep_text", _P0),
    ]
    marks.append((f"p1 = {words.whole(plan.reject)}", "reject_text", _P1))
    cells = "".join(
        f'<span class="key" style="color:{theme.LIVE[colour]}">{parts.picture(svg.format(**c), "")}{text}</span>'
        for text, colour, svg in marks
    )
    parts.block(f'<div class="row sm" style="justify-content:flex-end">{cells}</div>')
