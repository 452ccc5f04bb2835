"""Interval bars as SVG data URLs for table cells: found share, 95 % either way, p0 dotted, p1 solid. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

WIDTH, HEIGHT, PAD = 216, 24, 8


@dataclass(frozen=True, slots=True)
class Interval:
    """A found share with its interval, fractions in 0..1. `hollow`: it no longer holds."""

    low: float
    found: float
    high: float
    hollow: bool = False


def scale_end(highs: list[float], reject: float) -> float:
    """Where the axis of a table ends: p1 well inside, most intervals whole, at least 2.5 times p1."""
    wanted = 2.5 * reject
    ordered = sorted(highs)
    if ordered:
        wanted = max(wanted, min(ordered[len(ordered) // 2] * 1.1, 1.0))
    for step in (0.01, 0.02, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1.0):
        if wanted <= step + 1e-12:
            return step
    return 1.0


def interval_svg(
    interval: Interval | None,
    colours: dict[str, str],
    *,
    end: float,
    p0: float | None = None,
    p1: float | None = None,
    width: int = WIDTH,
) -> str:
    """One bar as SVG text on an axis from 0 to `end`. None: only the axis and the plan's marks."""

    def x(value: float) -> str:
        return f"{PAD + (width - 2 * PAD) * min(value, end) / end:.1f}"

    middle, right = HEIGHT / 2, width - PAD
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{HEIGHT}" viewBox="0 0 {width} {HEIGHT}">',
        f'<line x1="{PAD}" y1="{middle}" x2="{right}" y2="{middle}" stroke="{colours["faint"]}"/>',
    ]
    if p0 is not None and p0 <= end:
        parts.append(
            f'<line x1="{x(p0)}" y1="2" x2="{x(p0)}" y2="22" stroke="{colours["keep"]}" '
            'stroke-width="1.5" stroke-dasharray="2 3"/>'
        )
    if p1 is not None and p1 <= end:
        parts.append(
            f'<line x1="{x(p1)}" y1="2" x2="{x(p1)}" y2="22" stroke="{colours["reject"]}" stroke-width="1.5"/>'
        )
    if interval is not None:
        parts.extend(_bar(interval, colours, x, middle, end, right))
    parts.append("</svg>")
    return "".join(parts)


def _bar(
    interval: Interval, colours: dict[str, str], x: Callable[[float], str], middle: float, end: float, right: float
) -> list[str]:
    ink = colours["ink3" if interval.hollow else "ink"]
    low, high = x(interval.low), x(interval.high)
    if interval.hollow:
        bar = (
            f'<rect x="{low}" y="{middle - 4}" width="{max(float(high) - float(low), 1):.1f}" height="8" '
            f'fill="none" stroke="{ink}" stroke-dasharray="3 2"/>'
        )
    else:
        bar = f'<line x1="{low}" y1="{middle}" x2="{high}" y2="{middle}" stroke="{ink}" stroke-width="4"/>'
    parts = [bar]
    if not interval.hollow and interval.high > end:
        parts.append(
            f'<path d="M{right - 3} {middle - 5}L{right + 4} {middle}L{right - 3} {middle + 5}Z" fill="{ink}"/>'
        )
    if not math.isnan(interval.found) and interval.found <= end:
        parts.append(
            f'<circle cx="{x(interval.found)}" cy="{middle}" r="4.5" fill="{ink}" '
            f'stroke="{colours["bg"]}" stroke-width="1.5"/>'
        )
    return parts


def above_chance(auc: Mapping[str, float] | None) -> Interval | None:
    """An AUC's interval less 0.5, for an axis from chance to 1."""
    if not auc or not auc.get("value") or auc.get("low") is None:
        return None
    low, found, high = (max(auc[name] - 0.5, 0.0) for name in ("low", "value", "high"))
    return Interval(low, found, high)


def week_svg(counts: list[int], colours: dict[str, str]) -> str:
    """A few bars, the last one in ink."""
    top = max(*counts, 1)
    parts = ['<svg xmlns="http://www.w3.org/2000/svg" width="84" height="26">']
    for place, count in enumerate(counts):
        tall = max(26 * count / top, 1)
        colour = colours["ink2" if place == len(counts) - 1 else "context"]
        parts.append(
            f'<rect x="{12 * place + 0.5}" y="{26 - tall:.1f}" width="10.5" height="{tall:.1f}" fill="{colour}"/>'
        )
    return "".join([*parts, "</svg>"])


def data_url(svg: str) -> str:
    """SVG text as a URL an image cell can show."""
    return "data:image/svg+xml," + quote(svg)
