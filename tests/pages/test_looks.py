"""The words, the colours and the rules of the user interface."""

from __future__ import annotations

import html
import re
from datetime import datetime
from pathlib import Path

import pytest

from review.ui import bars, parts, serve, session, theme, words

ROOT = Path(__file__).resolve().parents[2]
SOURCES = [ROOT / "app.py", *sorted((ROOT / "review" / "ui").rglob("*.py"))]
NBSP = "\u00a0"


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (words.number(65536), f"65{NBSP}536"),
        (words.short(873_214), f"873{NBSP}k"),
        (words.short(36_100_000), f"36.1{NBSP}M"),
        (words.share(0.041), f"4.1{NBSP}%"),
        (words.whole(0.06), f"6{NBSP}%"),
        (words.whole(0.025), f"2.5{NBSP}%"),
        (words.found(11, 17), "11 of 17"),
        (words.found(7, 300), f"2.3{NBSP}%"),
        (words.plural(1, "shard"), "1 shard"),
        (words.plural(1204, "shard"), f"1{NBSP}204 shards"),
        (words.listed(["a", "b", "c", "d", "e"]), "a, b, c and 2 more"),
        (words.listed(["a", "b"]), "a and b"),
        (words.duration(94 * 60), f"1{NBSP}h 34{NBSP}min"),
        (words.moment(datetime(2026, 11, 22, 9, 14)), "22 Nov 09:14"),
        (words.size(2_100_000_000), f"2.1{NBSP}GB"),
    ],
)
def test_numbers_are_written_one_way(told: str, expected: str) -> None:
    assert told == expected


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.name)
def test_no_page_reruns_itself_or_draws_markdown(path: Path) -> None:
    source = path.read_text()
    assert "st.rerun" not in source
    assert not re.search(r"st\.(markdown|write|title|header|subheader|caption|table|latex)\(", source)
    tables = [line for line in source.splitlines() if "pd.DataFrame(" in line and "alt." not in line]
    assert not tables or path.name in ("tables.py", "charts.py", "rubric_form.py")  # tables.frame can hold any text


def test_no_exclamation_marks_and_no_please() -> None:
    for path in SOURCES:
        said = " ".join(re.findall(r'"([A-Z][^"\n{}]*[a-z][^"\n{}]*)"', path.read_text()))
        assert "!" not in said, path
        assert "lease " not in said.replace("Release ", "").replace("release ", ""), path


def test_both_ways_to_start_have_the_same_look() -> None:
    assert (ROOT / ".streamlit" / "config.toml").read_bytes() == serve.CONFIG.read_bytes()


def test_streamlit_takes_every_option_of_the_look() -> None:
    from streamlit import config

    known = config.get_config_options().keys()
    assert not [name for name in serve.options() if name not in known]
    assert serve.options()["browser.gatherUsageStats"] is False
    assert serve.options()["server.address"] == "127.0.0.1"


def test_no_folder_called_pages_lies_beside_the_script() -> None:
    # Streamlit would run its files alone when a session begins at a page's address.
    assert not (serve.SCRIPT.parent / "pages").exists()
    assert not (ROOT / "pages").exists()


def _contrast(one: str, other: str) -> float:
    def light(colour: str) -> float:
        parts_ = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts_]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    bright, dark = sorted((light(one), light(other)), reverse=True)
    return (bright + 0.05) / (dark + 0.05)


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_text_is_readable_on_its_ground(mode: theme.Mode) -> None:
    c = theme.TOKENS[mode]
    for ground, text in (("bg", "ink"), ("bg", "ink2"), ("bg", "ink3"), ("surface", "ink2"), ("keep_tint", "keep_text"),
                         ("reject_tint", "reject_text"), ("attention_tint", "attention_text"),
                         ("unsure_tint", "unsure_text")):  # fmt: skip
        assert _contrast(c[ground], c[text]) >= 4.7, (ground, text)
    for mark in ("keep", "reject", "attention", "ink"):
        assert _contrast(c["bg"], c[mark]) >= 3.4, mark


@pytest.mark.parametrize("text", ["<b>x</b>", "&amp;", "' onload='x", '"', "$x$ :red[y] **z**", "\u202e<script>"])
def test_escaped_text_comes_back_whole(text: str) -> None:
    assert html.unescape(parts.escaped(text)) == text
    assert not set("<>\"'") & set(parts.escaped(text))


@pytest.mark.parametrize(
    "name", ["ana", "Ana B", "j.d.salinger", "o'neil", "Müller-Lüdenscheidt", "张伟", "ana_b", "7"]
)
def test_ordinary_names_are_taken(name: str) -> None:
    assert session.name_problem(name) is None


@pytest.mark.parametrize(
    "name", ["", " ", "_x_", "a  b", "**x**", ":red[x]", "<b>", "a/b", "x" * 41, "a\nb", "$x$", "a@b"]
)
def test_names_that_could_be_markup_are_refused_with_a_reason(name: str) -> None:
    assert session.name_problem(name)


def test_an_interval_beyond_the_axis_ends_in_an_arrow() -> None:
    colours = theme.TOKENS["light"]
    inside = bars.interval_svg(bars.Interval(0.01, 0.02, 0.05), colours, end=0.15, p0=0.02, p1=0.06)
    beyond = bars.interval_svg(bars.Interval(0.01, 0.02, 0.5), colours, end=0.15, p0=0.02, p1=0.06)
    stale = bars.interval_svg(bars.Interval(0.01, 0.02, 0.05, hollow=True), colours, end=0.15)
    assert "<path" not in inside
    assert "<path" in beyond
    assert "stroke-dasharray" in stale
    assert 'stroke-width="4"' not in stale
    assert bars.data_url(inside).startswith("data:image/svg+xml,%3Csvg")


def test_the_axis_holds_the_middle_interval_and_p1() -> None:
    assert bars.scale_end([], 0.06) == 0.15
    assert bars.scale_end([0.5, 0.6, 0.9], 0.06) == 0.75
    assert bars.scale_end([0.99], 0.5) == 1.0
