"""The compiled pass and the readable reference say the same of any text."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from review.signals import catalogue
from review.signals.reference import read
from review.signals.scan import Scanner, Tables, Texts
from review.signals.words import (
    CHARACTER_BUCKETS,
    GROUPS,
    LOG_DF_STEPS,
    WORD_BUCKETS,
    word_bucket,
    word_hash,
)  # fmt: skip

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


RANDOM = np.random.default_rng(7)
TABLES = Tables(
    RANDOM.integers(-32_767, 32_768, WORD_BUCKETS, np.int16),
    np.column_stack(
        [RANDOM.integers(-32_767, 32_768, WORD_BUCKETS, np.int16), RANDOM.integers(0, 28_300, WORD_BUCKETS, np.int16)]
    ),
    20_000,
    RANDOM.integers(-32_767, 32_768, CHARACTER_BUCKETS, np.int16),
)


@settings(max_examples=100, deadline=None)
@given(st.lists(ANY_TEXT, min_size=1, max_size=3))
def test_compiled_look_ups_equal_the_reference(texts):
    scan = SCANNER.scan(Texts.from_strings(texts), TABLES)
    for index, text in enumerate(texts):
        read_slowly = read(text)
        per_word = TABLES.per_word[[word_bucket(word_hash(word)) for word in read_slowly.words]].astype(int)
        assert scan.sums[index].tolist() == [
            sum(int(TABLES.words[bucket]) for bucket in read_slowly.word_buckets),
            len(read_slowly.word_buckets),
            per_word[:, 0].sum(),
            sum(int(TABLES.grams[bucket]) for bucket in read_slowly.character_buckets),
        ]
        found = [scan.counts[index, catalogue.COUNTS.index(name)] for name in catalogue.POOL_COUNTS]
        steps = per_word[:, 1]
        rare = steps < 0.7 * LOG_DF_STEPS
        assert found == [(steps >= 20_000).sum(), steps.sum() / LOG_DF_STEPS, rare.sum()]
