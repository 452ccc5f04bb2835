"""Colours per mode, the page's style sheet, and the one Altair theme. Blue keeps, orange rejects, ochre waits."""

from __future__ import annotations

from typing import Any, Literal

import altair as alt
import streamlit as st

from review.ui.bars import data_url

Mode = Literal["light", "dark"]

TOKENS: dict[Mode, dict[str, str]] = {
    "light": {
        "bg": "#fcfbf9", "surface": "#f3f1ed", "overlay": "#ffffff",
        "line": "#d9d4cb", "faint": "#e8e4dc", "context": "#cfc9be", "band": "#e4dfd6",
        "ink": "#24211e", "ink2": "#57514a", "ink3": "#6b655d",
        "keep": "#1b5a9c", "keep_text": "#174f8a", "keep_tint": "#e3eef9",
        "reject": "#b4450b", "reject_text": "#973a08", "reject_tint": "#fbe9df",
        "unsure": "#6b655d", "unsure_text": "#57514a", "unsure_tint": "#eeebe5",
        "attention": "#94700a", "attention_text": "#6d5100", "attention_tint": "#f9f0cd",
    },
    "dark": {
        "bg": "#171614", "surface": "#211f1c", "overlay": "#262420",
        "line": "#403c36", "faint": "#2e2b27", "context": "#4a453e", "band": "#2d2a26",
        "ink": "#e4e0da", "ink2": "#b8b2a9", "ink3": "#a09a91",
        "keep": "#86b9ec", "keep_text": "#9cc6f0", "keep_tint": "#1b2d42",
        "reject": "#f0a077", "reject_text": "#f3b08d", "reject_tint": "#3d2519",
        "unsure": "#a8a29a", "unsure_text": "#c2bcb3", "unsure_tint": "#2d2a26",
        "attention": "#d9b44a", "attention_text": "#e6c768", "attention_tint": "#352b0f",
    },
}  # fmt: skip

# Each colour as CSS that follows the mode at once: when evening turns the browser dark, no page is run again.
LIVE = {name: f"light-dark({colour},{TOKENS['dark'][name]})" for name, colour in TOKENS["light"].items()}

# Streamlit paints the chosen pill, segment and tab with primaryColor, as text under 4.5:1 in one of the two modes.
_LIFT = (
    ':is([data-testid="stButtonGroup"] button:is([aria-pressed="true"],[aria-checked="true"]),'
    '[data-testid="stTab"][aria-selected="true"],[data-testid="stSliderThumbValue"])'
)

# Line icons of 16 pixels, drawn as masks so that they take the colour of their text.
_ICONS = {
    "check": '<path d="M3 8.5l3.2 3.2L13 4.8"/>',
    "cross": '<path d="M4 4l8 8M12 4l-8 8"/>',
    "plus": '<path d="M8 3.5v9M3.5 8h9"/>',
    "stale": '<path d="M3 5.2A5.5 5.5 0 1 1 2.5 8"/><path d="M3 2.4v2.9h2.9M8 5.2v3l2 1.3"/>',
    "warning": '<path d="M8 2.6l6 10.6H2z"/><path d="M8 6.6v3M8 11.3v.1"/>',
    "clock": '<circle cx="8" cy="8" r="5.5"/><path d="M8 5v3.2l2 1.4"/>',
    "question": '<path d="M5.8 6a2.2 2.2 0 1 1 3.4 1.9c-.8.5-1.2.9-1.2 1.7M8 12v.1"/>',
    "pause": '<path d="M6 4v8M10 4v8"/>',
    "spark": '<path d="M3 12.5l3.2-4 2.6 2 4.2-6"/>',
}
_STROKE = 'fill="none" stroke="#000" stroke-width="1.7" stroke-linecap="round" stroke-linejoin="round"'

_CSS = """
{lift},{lift} *{{color:inherit!important}}
[data-testid="stMainBlockContainer"]{{max-width:1440px;padding-left:70px;padding-right:70px}}
@media (max-width:1100px){{[data-testid="stMainBlockContainer"]{{padding-left:24px;padding-right:24px}}}}
@media (max-width:640px){{[data-testid="stMainBlockContainer"]{{padding-left:12px;padding-right:12px}}}}
*:has(>[data-testid="stHeaderLogo"]){{display:flex;align-items:center;gap:8px;white-space:nowrap;
 text-decoration:none}}
*:has(>[data-testid="stHeaderLogo"])::after{{content:"corpus review";font-weight:600;color:{ink}}}
.st-key-do-next{{padding:0;gap:0}}
.st-key-do-next>*{{padding:6px 10px;border-top:1px solid {faint}}} .st-key-do-next>*:first-child{{border-top:0}}
.st-key-shard-back button{{min-height:0;padding:0}}
[data-testid="stLayoutWrapper"]:has(>.st-key-who){{position:absolute}}
.st-key-who{{position:fixed;top:10px;right:64px;width:auto!important;z-index:1000000}}
[data-testid="stStatusWidget"]{{position:fixed;top:14px;right:260px}}
@media (max-width:640px){{[data-testid="stStatusWidget"]{{display:none}}}}
.rd{{font-variant-numeric:tabular-nums lining-nums;line-height:1.45;overflow-wrap:anywhere}}
.rd h1,.rd h2,.rd h3,.rd p{{margin:0;padding:0;color:{ink}}}
.rd h1{{font-size:24px;font-weight:600;line-height:1.2;letter-spacing:-.1px}}
.rd h2{{font-size:16px;font-weight:600;line-height:1.3}}
.rd h3{{font-size:14px;font-weight:600}}
.rd b{{font-weight:600}}
.rd .t2{{color:{ink2}}} .rd .sm{{font-size:13px}} .rd .lead{{font-size:16px}}
.rd .row{{display:flex;flex-wrap:wrap;align-items:baseline;gap:4px 16px}}
.rd .grow{{flex:1}}
.rd .ic{{display:inline-block;width:16px;height:16px;flex:none;background:currentColor;vertical-align:-3px}}
{icons}
.rd .badge{{display:inline-flex;align-items:center;gap:4px;padding:1px 6px 1px 4px;border-radius:4px;font-size:13px;
 white-space:nowrap}}
.rd .keep{{background:{keep_tint};color:{keep_text}}} .rd .reject{{background:{reject_tint};color:{reject_text}}}
.rd .attention{{background:{attention_tint};color:{attention_text}}}
.rd .plain{{background:{unsure_tint};color:{unsure_text}}}
.rd .note{{display:flex;gap:10px;padding:9px 12px;border-radius:4px;white-space:pre-line}}
.rd .note .ic{{margin-top:2px}}
.rd .bar{{display:flex;gap:2px;height:14px;margin:6px 0 6px}} .rd .bar i{{display:block;min-width:4px}}
.rd .key{{display:inline-flex;align-items:center;gap:6px}} .rd .key i{{width:12px;height:12px;display:inline-block}}
.rd .cards{{display:flex;flex-wrap:wrap;gap:8px}}
.rd .card{{flex:1 1 170px;border:1px solid {line};border-radius:4px;padding:8px 14px;font-size:13px}}
.rd .card .v{{font-size:24px;font-weight:600;line-height:1.25;display:flex;justify-content:space-between;gap:8px}}
.rd .card .v img{{align-self:center;min-width:0}} .rd .card .v>span:first-child{{white-space:nowrap}}
.rd .list{{display:grid;grid-template-columns:20px 1fr;gap:4px 8px}} .rd .list .ic{{margin-top:2px}}
.rd .past{{max-height:232px;overflow-y:auto;font-size:13px;border:1px solid {line};border-radius:4px}}
.rd .past dl{{display:grid;grid-template-columns:max-content 1fr;gap:0;margin:0;padding:0}}
.rd .past dt,.rd .past dd{{margin:0;padding:4px 8px;border-top:1px solid {faint}}} .rd .past dt{{color:{ink2}}}
.rd .past dt:first-of-type,.rd .past dd:first-of-type{{border-top:0}}
.rd table{{width:100%;border-collapse:separate;border-spacing:0;font-size:13px;border:1px solid {line};
 border-radius:4px}}
.rd th,.rd td{{height:28px;padding:2px 8px;text-align:left;font-weight:400;border:0;border-top:1px solid {faint}}}
.rd tr:first-child>*{{border-top:0}} .rd th{{color:{ink2};background:{surface};white-space:nowrap}}
.rd td.num{{text-align:right}}
.rd code{{font-size:13px;background:{surface};color:{ink};padding:1px 4px;border-radius:4px;user-select:all}}
.rd .reader{{padding:8px 0;border-top:1px solid {faint}}} .rd .reader:first-child{{border-top:0}}
.rd .said{{font-size:13px;color:{ink2};white-space:pre-wrap;margin-top:2px}}
.rd table.effects td{{white-space:normal}} .rd table.effects{{margin-top:6px}}
.rd a{{color:{ink};text-decoration:underline;text-underline-offset:3px}}
"""


def mode() -> Mode:
    """The mode the reader sees now; light where there is no browser."""
    return "dark" if st.context.theme.type == "dark" else "light"


def tokens() -> dict[str, str]:
    """Colours of the mode the reader sees now."""
    return TOKENS[mode()]


def style() -> str:
    """The page's style sheet, as one element for `st.html`."""
    masks = {
        name: data_url(f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" {_STROKE}>{paths}</svg>')
        for name, paths in _ICONS.items()
    }
    icons = "\n".join(
        f'.rd .ic.{name}{{-webkit-mask-image:url("{url}");mask-image:url("{url}")}}' for name, url in masks.items()
    )
    # Streamlit tells its app which mode it is in, but not the dialogs and menus that it hangs beside the app.
    return f"<style>body{{color-scheme:{mode()}}}{_CSS.format(lift=_LIFT, icons=icons, **LIVE)}</style>"


def chart_config(colours: dict[str, str]) -> dict[str, Any]:
    """Altair configuration shared by every chart: quiet axes, at most five faint gridlines, no box."""
    text = {"font": '"Source Sans", sans-serif', "fontSize": 12}
    return {
        "background": "transparent",
        "font": '"Source Sans", sans-serif',
        "view": {"stroke": None},
        "axis": {
            "labelColor": colours["ink3"], "titleColor": colours["ink3"], "labelFontSize": 12, "titleFontSize": 12,
            "titleFontWeight": "normal", "gridColor": colours["faint"], "domainColor": colours["line"],
            "ticks": False, "labelPadding": 6, "tickCount": 5,
        },
        "axisX": {"grid": False, "titleAnchor": "end"},
        "axisY": {"domain": False},
        "text": {**text, "color": colours["ink2"]},
        "line": {"strokeWidth": 2, "color": colours["ink"]},
        "legend": {"disable": True},
    }  # fmt: skip


def styled(chart: alt.TopLevelMixin, colours: dict[str, str]) -> Any:
    """`chart` in the shared theme. Draw it with `st.altair_chart(..., theme=None)`."""
    configured: Any = chart
    return configured.configure(**chart_config(colours))
