"""Charts from plain data, in the shared theme. Pure: no Streamlit calls, colours are arguments."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

import altair as alt
import pandas as pd

from review.certificate import Boundaries, OcPoint
from review.ui import words
from review.ui.parts import escaped
from review.ui.theme import styled
from review.workflow.evidence import PathPoint, Weight

Colours = dict[str, str]
COUNT = "replace(format(datum.value, ',.0f'), /,/g, '\u00a0')"
ODDS = "datum.value < -0.1 ? '1/' + format(exp(-datum.value), '.0f') : format(exp(datum.value), '.0f')"
PERCENT = "replace(format(datum.value, '.0%'), '%', '\u00a0%')"

_FILL = {
    "approved": "{keep}",
    "rejected": "repeating-linear-gradient(135deg,{reject} 0 4px,{bg} 4px 6px)",
    "stale": "{attention}",
    "ready to decide": "{ink2}",
    "held": "repeating-linear-gradient(90deg,{ink3} 0 2px,{bg} 2px 4px)",
    "undecided": "repeating-linear-gradient(45deg,{ink3} 0 1px,{bg} 1px 5px)",
    "being read": "{context}",
    "no labels yet": "transparent;box-shadow:inset 0 0 0 1px {line}",
}


def progress(counts: dict[str, int], aside: str, colours: Colours) -> str:
    """Stacked bar over all shards with its key, as HTML; `aside` stands at the right."""
    shown = {name: count for name, count in counts.items() if count}
    bar = "".join(
        f'<i style="flex:{count};background:{_FILL[name].format(**colours)}"></i>' for name, count in shown.items()
    )
    key = "".join(
        f'<span class="key"><i style="background:{_FILL[name].format(**colours)}"></i>{name} '
        f"<b>{words.number(count)}</b></span>"
        for name, count in shown.items()
    )
    told = ", ".join(f"{name} {count}" for name, count in shown.items())
    return (
        f'<div class="bar" role="img" aria-label="{escaped(told)}">{bar}</div>'
        f'<div class="row sm">{key}<span class="grow"></span><span class="t2">{escaped(aside)}</span></div>'
    )


def course(path: Sequence[PathPoint], accept: float, reject: float, colours: Colours, *, height: int = 176) -> Any:
    """Bad share as labels came in: line found, band 95 % sure, ticks bad documents, p0 dotted, p1 solid."""
    late = [point.found for point in path[len(path) // 4 :]]
    top = min(1.0, max(2.5 * reject, 1.15 * max(late)))
    rows = [
        {
            "label": point.labels,
            "found": min(point.found, top),
            "low": min(point.low, top),
            "high": min(point.high, top),
        }
        for point in path
    ]
    end = max(path[-1].labels, 2)
    x = alt.X("label:Q", title="labels", scale=alt.Scale(domain=[0, end], nice=False))
    scale = alt.Scale(domain=[0, top], nice=False)
    y = alt.Y("found:Q", title=None, scale=scale, axis=alt.Axis(labelExpr=PERCENT, tickCount=4))
    base = alt.Chart(pd.DataFrame(rows))
    layers = [
        base.mark_area(color=colours["band"], interpolate="step-after").encode(
            x=x, y=alt.Y("low:Q", title=None, scale=scale), y2="high:Q"
        ),
        base.mark_line(color=colours["ink"], strokeWidth=2).encode(x=x, y=y),
    ]
    before = [0, *(point.bad for point in path)]
    ticks = [{"label": p.labels, "a": 0, "b": top / 18} for p, had in zip(path, before, strict=False) if p.bad > had]
    if ticks:
        layers.append(
            alt.Chart(pd.DataFrame(ticks))
            .mark_rule(color=colours["ink"], strokeWidth=2)
            .encode(x="label:Q", y="a:Q", y2="b:Q")
        )
    layers += _plan_lines(accept, reject, end, top, colours)
    return styled(alt.layer(*layers).properties(height=height), colours)


def evidence(
    path: Sequence[PathPoint], bounds: Boundaries, colours: Colours, *, decided: int | None = None, height: int = 176
) -> Any:
    """The shard's bad documents counted against the plan: it approves where the line dips into the lower field, and
    rejects where it climbs into the upper one. Dashed: with the unsure ones, which count as bad when approving.
    decided: after how many labels the plan had decided."""
    end = max(min(bounds.n, max(path[-1].labels * 2, 40)), 2)
    steps = sorted({round(end * step / 120) for step in range(121)})
    last = path[-1]
    most = max(last.bad + last.unsure + 2, max(bounds.approve[min(n, bounds.n)] for n in steps) + 2)
    fields = [
        {
            "label": n,
            "floor": 0,
            "approve": approve + 0.5 if (approve := bounds.approve[min(n, bounds.n)]) >= 0 else 0,
            "reject": min(bounds.reject[min(n, bounds.n)] - 0.5, most),
            "top": most,
        }
        for n in steps
    ]
    x = alt.X("label:Q", title="labels", scale=alt.Scale(domain=[0, end], nice=False))
    scale = alt.Scale(domain=[0, most], nice=False)
    y = alt.Y("bad:Q", title=None, scale=scale, axis=alt.Axis(labelExpr=COUNT, tickCount=4, tickMinStep=1))
    base = alt.Chart(pd.DataFrame(fields))
    start = [{"label": 0, "bad": 0, "perhaps": 0}]
    line = pd.DataFrame(start + [{"label": p.labels, "bad": p.bad, "perhaps": p.bad + p.unsure} for p in path])
    layers = [
        base.mark_area(color=colours["keep_tint"], interpolate="step-after").encode(
            x=x, y=alt.Y("floor:Q", title=None, scale=scale), y2="approve:Q"
        ),
        base.mark_area(color=colours["reject_tint"], interpolate="step-after").encode(
            x=x, y=alt.Y("reject:Q", title=None, scale=scale), y2="top:Q"
        ),
        alt.Chart(line).mark_line(color=colours["ink"], strokeWidth=2, interpolate="step-after").encode(x=x, y=y),
        alt.Chart(line.tail(1)).mark_circle(color=colours["ink"], size=64, opacity=1).encode(x=x, y=y),
    ]
    if last.unsure:
        dashed = alt.Chart(line).mark_line(color=colours["ink2"], strokeDash=[4, 3], interpolate="step-after")
        layers.append(dashed.encode(x=x, y=alt.Y("perhaps:Q", title=None, scale=scale)))
    corner: list[tuple[str, int, int, str, Any]] = [
        ("approve", end, 0, "keep_text", "bottom"),
        ("reject", 0, most, "reject_text", "top"),
    ]
    for text, at, level, colour, baseline in corner:
        mark = alt.Chart(pd.DataFrame([{"label": at, "bad": level, "text": text}])).mark_text(
            align="right" if at else "left", dx=-6 if at else 6, baseline=baseline, dy=-4 if at else 6,
            color=colours[colour], fontSize=12,
        )  # fmt: skip
        layers.append(mark.encode(x=x, y=y, text="text:N"))
    layers += _decided(decided, end, most, colours)
    return styled(alt.layer(*layers).properties(height=height), colours)


def weighed(
    weights: Sequence[Weight],
    enough: Mapping[str, float],
    colours: Colours,
    *,
    decided: int | None = None,
    height: int = 176,
) -> Any:
    """The evidence for approving (solid) and for rejecting (dashed), label by label, on a logarithmic scale, each with
    the level that is enough for it. decided: as in `evidence`."""
    top, floor = max(enough.values()) * 1.3, -math.log(100)
    end = max(weights[-1].labels, 2)
    x = alt.X("label:Q", title="labels", scale=alt.Scale(domain=[0, end], nice=False))
    scale = alt.Scale(domain=[floor, top], nice=False)
    axis = alt.Axis(labelExpr=ODDS, values=[-math.log(100), -math.log(10), 0, math.log(10)])
    y = alt.Y("log_e:Q", title=None, scale=scale, axis=axis)
    layers = []
    looks = {"approve": ("keep", [1, 0]), "reject": ("reject", [5, 3])}
    for side, level in enough.items():
        colour, dash = looks[side]
        above = level == max(enough.values())
        rule = alt.Chart(pd.DataFrame([{"label": end, "log_e": level, "text": f"{side} {math.exp(level):.3g}"}]))
        layers.append(rule.mark_rule(color=colours[colour], strokeDash=dash, strokeWidth=1.5).encode(y=y))
        layers.append(
            rule.mark_text(
                align="left", dx=6, dy=-5 if above else 7, color=colours[f"{colour}_text"], fontSize=12
            ).encode(x=x, y=y, text="text:N")
        )
        rows = [{"label": one.labels, "log_e": min(max(one.log_e[side], floor), top)} for one in weights]
        line = alt.Chart(pd.DataFrame(rows)).mark_line(color=colours[colour], strokeWidth=2, strokeDash=dash)
        layers.append(line.encode(x=x, y=y))
    layers += _decided(decided, end, floor, colours, below=True)
    return styled(alt.layer(*layers).properties(height=height), colours)


def _decided(at: int | None, end: int, level: float, colours: Colours, *, below: bool = False) -> list[Any]:
    """A line where the plan had decided, its text at this level: later labels do not count."""
    if at is None:
        return []
    mark = alt.Chart(pd.DataFrame([{"label": at, "y": level, "text": f"decided at {at}"}]))
    right = at > end / 2
    x = alt.X("label:Q", scale=alt.Scale(domain=[0, end], nice=False))
    text = mark.mark_text(
        align="right" if right else "left", dx=-4 if right else 4, dy=-4 if below else 6,
        baseline="bottom" if below else "top", color=colours["ink2"], fontSize=12,
    )  # fmt: skip
    return [
        mark.mark_rule(color=colours["ink3"], strokeWidth=1).encode(x=x),
        text.encode(x=x, y=alt.Y("y:Q", title=None), text="text:N"),
    ]


def characteristic(
    curve: Sequence[OcPoint], accept: float, reject: float, colours: Colours, *, height: int = 176
) -> Any:
    """Chance that the plan approves, and rejects, a shard by its true bad share; p0 dotted, p1 solid."""
    top = max(point.share for point in curve)
    rows = [{"share": p.share, "approve": p.approve, "reject": p.reject} for p in curve]
    shares = alt.Axis(labelExpr="format(datum.value, '~%')", tickCount=5)
    x = alt.X("share:Q", title="bad share of the shard", scale=alt.Scale(domain=[0, top], nice=False), axis=shares)
    axis = alt.Axis(labelExpr=PERCENT, tickCount=4)
    scale = alt.Scale(domain=[0, 1], nice=False)
    base = alt.Chart(pd.DataFrame(rows))
    layers = []
    for value, colour, dash in ((accept, "keep", [2, 3]), (reject, "reject", [1, 0])):
        rule = alt.Chart(pd.DataFrame([{"share": value, "text": f"{'p0' if colour == 'keep' else 'p1'} "
                                        f"{words.whole(value)}", "chance": 1.0}]))  # fmt: skip
        layers.append(rule.mark_rule(color=colours[colour], strokeDash=dash, strokeWidth=1.5).encode(x=x))
        layers.append(
            rule.mark_text(align="left", dx=4, dy=6, baseline="top", color=colours[f"{colour}_text"], fontSize=12)
            .encode(x=x, y=alt.Y("chance:Q", title=None, scale=scale), text="text:N")
        )  # fmt: skip
    for name, colour, dash in (("approve", "keep", [1, 0]), ("reject", "reject", [5, 3])):
        y = alt.Y(f"{name}:Q", title=None, scale=scale, axis=axis)
        layers.append(base.mark_line(color=colours[colour], strokeWidth=2, strokeDash=dash).encode(x=x, y=y))
    return styled(alt.layer(*layers).properties(height=height), colours)


def _plan_lines(accept: float, reject: float, end: int, top: float, colours: Colours) -> list[Any]:
    lines = []
    for name, value, colour, dash in (("p0", accept, "keep", [2, 3]), ("p1", reject, "reject", [1, 0])):
        if value > top:
            continue
        data = pd.DataFrame([{"y": value, "x": end, "text": f"{name} {words.whole(value)}"}])
        mark = alt.Chart(data)
        lines.append(mark.mark_rule(color=colours[colour], strokeDash=dash, strokeWidth=1.5).encode(y="y:Q"))
        lines.append(
            mark.mark_text(align="left", dx=6, color=colours[f"{colour}_text"], fontSize=12).encode(
                x="x:Q", y="y:Q", text="text:N"
            )
        )
    return lines


def calibration(bins: Sequence[tuple[float, float, float, float]], colours: Colours, *, height: int = 260) -> Any:
    """Reliability: (chance the model gave, share people kept, low, high), fractions in 0..1."""
    rows = [{"given": given, "kept": kept, "low": low, "high": high} for given, kept, low, high in bins]
    scale = alt.Scale(domain=[0, 1], nice=False)
    axis = alt.Axis(labelExpr=PERCENT)
    x = alt.X("given:Q", title="chance of keep the model gave", scale=scale, axis=axis)
    y = alt.Y("kept:Q", title=None, scale=scale, axis=axis)
    base = alt.Chart(pd.DataFrame(rows))
    ideal = alt.Chart(pd.DataFrame([{"given": 0, "kept": 0}, {"given": 1, "kept": 1}]))
    layers = [
        ideal.mark_line(color=colours["ink3"], strokeDash=[2, 3], strokeWidth=1).encode(x=x, y=y),
        base.mark_rule(color=colours["ink"], strokeWidth=3).encode(x=x, y=alt.Y("low:Q", title=None), y2="high:Q"),
        base.mark_line(color=colours["ink"], strokeWidth=1.5).encode(x=x, y=y),
        base.mark_circle(color=colours["ink"], size=64, opacity=1, stroke=colours["bg"], strokeWidth=1.5).encode(
            x=x, y=y
        ),
    ]
    return styled(alt.layer(*layers).properties(height=height), colours)


def quality_and_speed(
    points: Sequence[tuple[str, float, Mapping[str, float]]], colours: Colours, *, height: int = 240
) -> Any:
    """AUC against documents a second on a logarithmic scale: (label, documents a second, AUC as value, low, high).

    The line joins the points in the order given, from the fastest to the slowest."""
    rows = [{"label": label, "rate": rate, "order": place, **auc} for place, (label, rate, auc) in enumerate(points)]
    low, high = min(auc["low"] for *_, auc in points), max(auc["high"] for *_, auc in points)
    rates = [rate for _, rate, _ in points]
    scale = alt.Scale(type="log", domain=[min(rates) / 2, max(rates) * 2], nice=False)
    axis = alt.Axis(labelExpr=COUNT, values=[10**power for power in range(7)])
    x = alt.X("rate:Q", title="documents a second, one core", scale=scale, axis=axis)
    within = alt.Scale(domain=[low - (high - low) * 0.05, min(high + (high - low) * 0.2, 1.05)], nice=False)
    y = alt.Y("value:Q", title=None, scale=within, axis=alt.Axis(format=".2f", tickCount=5))
    base = alt.Chart(pd.DataFrame(rows))
    layers = [
        base.mark_line(color=colours["line"], strokeWidth=1.5).encode(x=x, y=y, order="order:Q"),
        base.mark_rule(color=colours["ink"], strokeWidth=2).encode(x=x, y=alt.Y("low:Q", title=None), y2="high:Q"),
        base.mark_circle(color=colours["ink"], size=64, opacity=1, stroke=colours["bg"], strokeWidth=1.5).encode(
            x=x, y=y
        ),
        base.mark_text(baseline="bottom", dy=-5, color=colours["ink2"]).encode(
            x=x, y=alt.Y("high:Q", title=None), text="label:N"
        ),
    ]
    return styled(alt.layer(*layers).properties(height=height), colours)


def difference(low: float, middle: float, high: float, colours: Colours) -> str:
    """An interval around a difference with zero marked, as SVG."""
    reach = max(abs(low), abs(high), 0.01) * 1.25
    width = 300

    def x(value: float) -> float:
        return 10 + (width - 20) * (value + reach) / (2 * reach)

    def tick(value: float) -> str:
        text = "0" if value == 0 else f"{value:+.2f}".replace("-", "\u2212")
        return (
            f'<line x1="{x(value):.1f}" y1="12" x2="{x(value):.1f}" y2="20" stroke="{colours["line"]}"/>'
            f'<text x="{x(value):.1f}" y="36" text-anchor="middle" font-size="12" '
            f'fill="{colours["ink3"]}">{text}</text>'
        )

    step = next(s for s in (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0) if reach / s <= 2.5 or s == 1.0)
    ticks = "".join(tick(value) for value in (-2 * step, -step, 0, step, 2 * step) if abs(value) < reach)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} 40" width="{width}" height="40" '
        'font-family="sans-serif">'
        f'<line x1="10" y1="16" x2="{width - 10}" y2="16" stroke="{colours["faint"]}"/>{ticks}'
        f'<line x1="{x(0):.1f}" y1="2" x2="{x(0):.1f}" y2="26" stroke="{colours["ink"]}" stroke-dasharray="2 2"/>'
        f'<line x1="{x(low):.1f}" y1="16" x2="{x(high):.1f}" y2="16" stroke="{colours["ink"]}" stroke-width="4"/>'
        f'<circle cx="{x(middle):.1f}" cy="16" r="4.5" fill="{colours["ink"]}" stroke="{colours["bg"]}" '
        'stroke-width="1.5"/></svg>'
    )


def days(counts: Sequence[tuple[date, int]], colours: Colours, *, height: int = 170) -> Any:
    """Labels a day as bars; the last day in ink."""
    rows = [
        {"day": f"{day:%Y-%m-%d}T00:00:00", "labels": count, "last": place == len(counts) - 1}
        for place, (day, count) in enumerate(counts)
    ]
    colour = alt.condition("datum.last", alt.value(colours["ink2"]), alt.value(colours["context"]))
    bars = (
        alt.Chart(pd.DataFrame(rows))
        .mark_bar(size=max(4, min(28, 500 // len(rows))))
        .encode(
            x=alt.X(
                "day:T",
                title=None,
                scale=alt.Scale(padding=24),
                axis=alt.Axis(format="%-d %b", tickCount=6, labelOverlap=True),
            ),
            y=alt.Y("labels:Q", title=None, axis=alt.Axis(labelExpr=COUNT, tickCount=4, tickMinStep=1)),
            color=colour,
        )
    )
    return styled(bars.properties(height=height), colours)
