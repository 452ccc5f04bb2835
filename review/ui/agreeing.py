"""Tables and charts of the Agreement page: coefficients with their intervals, confusion, drift."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import altair as alt
import pandas as pd
import streamlit as st

from review.agreement import Drift, Estimate, Share, Table
from review.ui import bars, charts, tables, theme, words
from review.ui.theme import styled
from review.workflow.aggregating import Together
from review.workflow.agreeing import ReviewerView

_BAR = 84  # pixels
DASH = "–"
TITLES = {
    "ac1": "Gwet's AC1",
    "raw": "Raw agreement",
    "alpha": "Krippendorff's alpha",
    "alpha_ordinal": "Alpha, ordinal",
    "fleiss": "Fleiss' kappa",
}


def number(value: float) -> str:
    """A coefficient: two decimals, a real minus."""
    return DASH if math.isnan(value) else f"{value:z.2f}".replace("-", "\u2212")


def interval(one: Estimate | Share) -> str:
    """Its 95 % interval as a phrase."""
    return "too few for an interval" if math.isnan(one.low) else f"{number(one.low)} to {number(one.high)}"


def with_interval(one: Estimate) -> str:
    """A coefficient with its 95 % interval, short enough for a cell."""
    if math.isnan(one.value) or math.isnan(one.low):
        return number(one.value)
    return f"{number(one.value)} ({number(one.low)} to {number(one.high)})"


def together(found: Together) -> pd.DataFrame:
    """Documents by verdict, a line a way to settle them."""
    rows = {"Counts now": found.counts, "Majority": found.majority}
    names = {"keep": "Keep", "unsure": "Unsure", "reject": "Reject"}
    cells: dict[str, list[str]] = {"": [*rows, *(["Readers' errors modelled"] if found.model else [])]}
    for verdict, title in names.items():
        cells[title] = [words.number(row.get(verdict, 0)) for row in rows.values()]
        if found.model:
            cells[title].append(f"{found.model[verdict]:,.1f}".replace(",", words.NBSP))
    cells["Open or tied"] = [words.number(row.get("", 0)) for row in rows.values()] + ([DASH] if found.model else [])
    return tables.frame(cells)


def differences(found: Together) -> pd.DataFrame:
    """Documents on which the ways differ."""
    return tables.frame(
        {
            "Document": [one.doc_id for one in found.differences],
            "Labels": [", ".join(f"{n} {verdict}" for verdict, n in one.said.items()) for one in found.differences],
            "Counts now": [one.counts or "waits for a lead" for one in found.differences],
            "Majority": [one.majority or "tie" for one in found.differences],
            "Modelled": [
                DASH if one.model is None else f"{one.model}, {words.share(one.probability, 0)} sure"
                for one in found.differences
            ],
        }
    )


def share(one: Share) -> str:
    """A found share with its interval; counts when they are few."""
    if not one.of:
        return DASH
    return f"{words.found(one.cases, one.of)}, {words.share(one.low, 0)} to {words.share(one.high, 0)}"


def cards(overall: Mapping[str, Estimate]) -> list[tuple[str, str, str, str]]:
    """The coefficients as a row of figures."""
    return [
        (
            title,
            number(overall[name].value),
            interval(overall[name]) if overall[name].known else "all said the same",
            "",
        )
        for name, title in TITLES.items()
    ]


def reviewers(rows: Sequence[ReviewerView]) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Rows and column settings: one line a reviewer; columns nobody has a value for are left out."""
    ac1 = [one.others.coefficients["ac1"] if one.others else None for one in rows]
    columns: dict[str, list[str]] = {
        "Reader": [one.reviewer + (" (simulated)" if one.simulated else "") for one in rows],
        "Labels": [words.number(one.labels) for one in rows],
        "Shared": [words.number(one.others.items) if one.others else DASH for one in rows],
        "bar": [bars.data_url(_bar(one)) for one in ac1],
        "AC1": [number(one.value) if one else DASH for one in ac1],
    }
    if any(one.error for one in rows):
        columns["Bad found"] = [share(one.error.sensitivity) if one.error else DASH for one in rows]
        columns["Good kept"] = [share(one.error.specificity) if one.error else DASH for one in rows]
    if any(one.again for one in rows):
        columns["Same again"] = [_again(one.again) for one in rows]
    columns["Seconds each"] = [f"{one.speed.median:.1f}" if one.speed.documents else DASH for one in rows]
    columns["Rejected"] = [_overall(one.rejected) for one in rows]
    right = ("Labels", "Shared", "AC1", "Seconds each", "Rejected")
    config: dict[str, Any] = {name: st.column_config.TextColumn(alignment="right", width=68) for name in right}
    config["Reader"] = st.column_config.TextColumn(width=150)
    config["bar"] = _bar_column("AC1 with the others")
    return tables.frame(columns), config


def pairs(rows: Sequence[Table]) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Rows and column settings: one line for every two reviewers."""
    frame = tables.frame(
        {
            "Readers": [f"{one.first} and {one.second}" for one in rows],
            "Shared": [words.number(one.items) for one in rows],
            "bar": [bars.data_url(_bar(one.coefficients["ac1"])) for one in rows],
            "AC1": [with_interval(one.coefficients["ac1"]) for one in rows],
            "Kappa": [with_interval(one.coefficients["cohen"]) for one in rows],
            "Alpha": [with_interval(one.coefficients["alpha"]) for one in rows],
        }
    )
    config: dict[str, Any] = {
        name: st.column_config.TextColumn(alignment="right") for name in ("Shared", "AC1", "Kappa", "Alpha")
    }
    config["bar"] = _bar_column("AC1")
    return frame, config


def parts(name: str, rows: Mapping[str, Mapping[str, Estimate]]) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Rows and column settings: one line a reason, language, corpus or other part."""
    found = list(rows.values())
    frame = tables.frame(
        {
            name: list(rows),
            "Shared": [words.number(one["ac1"].items) for one in found],
            "bar": [bars.data_url(_bar(one["ac1"])) for one in found],
            "AC1": [with_interval(one["ac1"]) for one in found],
            "Raw": [with_interval(one["raw"]) for one in found],
            "Alpha": [with_interval(one["alpha"]) for one in found],
        }
    )
    config: dict[str, Any] = {
        column: st.column_config.TextColumn(alignment="right") for column in ("Shared", "AC1", "Raw", "Alpha")
    }
    config["bar"] = _bar_column("AC1")
    return frame, config


def confusion(table: Table, verdicts: Sequence[str]) -> pd.DataFrame:
    """Documents by what the first reader said (rows) and what the second said (columns)."""
    columns = {f"{table.second}: {name}": table.counts[:, at] for at, name in enumerate(verdicts)}
    cells = {name: [words.number(count) for count in column] for name, column in columns.items()}
    return tables.frame({table.first: list(verdicts), **cells})


def drift(found: Drift, *, height: int = 150) -> Any:
    """A share by day: dots, and bars for 95 %."""
    rows = [{"day": _noon(day), "found": one.value, "low": one.low, "high": one.high} for day, one in found.days]
    colours = theme.tokens()
    x = alt.X("day:T", title=None, axis=alt.Axis(format="%-d %b", tickCount=6, labelOverlap=True))
    y = alt.Y("found:Q", title=None, scale=alt.Scale(domainMin=0), axis=alt.Axis(labelExpr=charts.PERCENT, tickCount=4))
    base = alt.Chart(pd.DataFrame(rows))
    layers = [
        base.mark_rule(color=colours["context"], strokeWidth=4).encode(x=x, y=alt.Y("low:Q", title=None), y2="high:Q"),
        base.mark_circle(color=colours["ink"], size=64, opacity=1).encode(x=x, y=y),
    ]
    return styled(alt.layer(*layers).properties(height=height), colours)


def drift_sentence(what: str, found: Drift, p: float) -> str:
    """What the trend test says, in words."""
    if math.isnan(p):
        return f"{what}: no trend can be told yet."
    if p >= 0.05:
        return f"{what}: no trend beyond chance (p = {p:.2f})."
    week = 7 * found.trend.slope
    way = "rises" if week > 0 else "falls"
    return f"{what}: {way} by about {words.share(abs(week))} a week (p {'< 0.001' if p < 0.001 else f'= {p:.3f}'})."


def _noon(day: date) -> str:
    return f"{day.isoformat()}T12:00:00"


def _bar(one: Estimate | None) -> str:
    if one is None or not one.known:
        shown = None
    elif math.isnan(one.low):
        shown = bars.Interval(max(one.value, 0.0), max(one.value, 0.0), max(one.value, 0.0))
    else:
        shown = bars.Interval(max(one.low, 0.0), max(one.value, 0.0), max(one.high, 0.0))
    return bars.interval_svg(shown, theme.tokens(), end=1.0, width=_BAR)


def _bar_column(title: str) -> Any:
    return st.column_config.ImageColumn(f"{title}, 0 to 1", width=_BAR + 16, alignment="left")


def _again(table: Table | None) -> str:
    if table is None:
        return DASH
    return words.found(round(float(table.counts.trace())), table.items)


def _overall(found: Drift) -> str:
    cases, of = sum(one.cases for _, one in found.days), sum(one.of for _, one in found.days)
    return words.found(cases, of) if of else DASH
