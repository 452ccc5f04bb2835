"""The compiled pass and the readable reference say the same of any text."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from review.signals import catalogue
from review.signals.reference import read
from review.signals.scan import Scanner, Texts
from review.signals.words import GROUPS

SCANNER = Scanner()
PIECES = st.sampled_from(
    ["the fox is on top of a box that was not there and ",
     "www.", "http://a.b/c", "a@b.c ", "und nicht der ", "\n", "\n\n", "\r\n", "...", ". ..",
     "…", "- item\n", "1. one\n", "HELLO ", "Title ", "Ã¤", "â€", "日本語", "カナ", "é", "e\u0301", "\u200b", "\ufeff",
     "!”\n", "\u2028", "\x00", "\ud800", "\U00020000", "😀", "  ", "\t", "12,5 €", "{}", "read more", "cookie "]
)  # fmt: skip
ANY_TEXT = st.one_of(
    st.text(st.characters(), max_size=200),
    st.lists(PIECES, max_size=60).map("".join),
    st.text("ab .\n", max_size=120),
)


def compiled(texts, max_bytes=None):
    return SCANNER.grams(Texts.from_strings(texts, max_bytes))


@settings(max_examples=300, deadline=None)
@given(st.lists(ANY_TEXT, min_size=1, max_size=4))
@example(["", " ", "\n", "www.a", "a" * 40, "one two three four five six seven eight nine ten " * 4])
def test_compiled_counts_equal_the_reference(texts):
    scan, grams = compiled(texts)
    for index, text in enumerate(texts):
        expected = read(text)
        for column, name in enumerate(catalogue.COUNTS):
            if name not in catalogue.POOL_COUNTS:
                assert scan.counts[index, column] == pytest.approx(expected.counts[name], abs=1e-9), (name, text)
        assert GROUPS[scan.groups[index]] == GROUPS[expected.group], text
        for ends, buckets, wanted in (
            (grams.word_ends, grams.words, expected.word_buckets),
            (grams.char_ends, grams.chars, expected.character_buckets),
        ):
            start = ends[index - 1] if index else 0
            assert sorted(buckets[start : ends[index]].tolist()) == sorted(wanted), text


@settings(max_examples=100, deadline=None)
@given(st.lists(st.one_of(st.none(), st.text(max_size=40)), max_size=20), st.integers(0, 5))
def test_arrow_columns_read_like_strings(texts, skip):
    column = pa.array([t.encode("utf8", "ignore").decode() if t else t for t in texts], pa.string())[skip:]
    strings = [text or "" for text in column.to_pylist()]
    for kind in (pa.string(), pa.large_string()):
        found, _ = SCANNER.grams(Texts.from_arrow(column.cast(kind)))
        assert np.array_equal(found.counts, compiled(strings)[0].counts)


@settings(max_examples=100, deadline=None)
@given(ANY_TEXT, st.integers(0, 80))
def test_a_cap_in_bytes_reads_the_text_cut_at_a_character(text, cap):
    size, kept = 0, 0
    for kept, character in enumerate(text):  # noqa: B007
        size += len(character.encode("utf8", "surrogatepass"))
        if size > cap:
            break
    else:
        kept = len(text)
    assert np.array_equal(compiled([text], cap)[0].counts, compiled([text[:kept]])[0].counts)


@settings(max_examples=50, deadline=None)
@given(ANY_TEXT)
def test_signals_are_finite(text):
    scan, _ = compiled([text])
    assert np.isfinite(scan.signals()).all()
