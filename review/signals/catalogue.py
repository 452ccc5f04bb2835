"""The 57 signals: what each one means, where it comes from, and its formula over a document's counts.

The counts come from the readable reference (`reference.py`) or from the compiled pass (`scan.py`), which agree;
the formulas exist once, here. A *word* is a run of letters, digits and marks, and every Han or Kana character; a
*token* is what stands between white space; a *line* is a line that is not blank; a *character* is a code point.
Sources: Gopher (Rae et al. 2021, arXiv:2112.11446), C4 (Raffel et al. 2020), FineWeb (Penedo et al. 2024),
RedPajama-V2 (Together 2023), own (this project). Definitions follow the source in spirit; where ours differs
(distinct lines by word sequence, n-grams over our words) the text says what is counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

Values = NDArray[np.float64]
Formula = Callable[[Mapping[str, Values]], Any]

# Counted in the character pass, in this order.
TEXT_COUNTS = (
    "characters", "words", "tokens", "alpha_tokens", "lines", "newlines", "letters", "upper", "digits", "punctuation",
    "non_ascii", "bad", "quotes", "brackets", "code", "commas", "currency", "separators", "exclamations", "ellipses",
    "hashes", "urls", "sentences", "main_script", "caps_words", "title_words", "short_words", "word_characters",
    "word_characters_squared", "longest_token", "short_lines", "terminal_lines", "ellipsis_lines", "bullet_lines",
    "list_lines", "lower_lines", "duplicate_lines", "duplicate_line_characters", "repeated_starts", "line_characters",
    "log_line", "log_line_squared", "character_entropy", "starts_lower", "ends_terminal",
)  # fmt: skip
# Counted over the first 16,384 words.
WORD_COUNTS = (
    "table_words", "distinct", "hapax", "word_entropy", "top_bigram", "top_trigram", "top_5gram", "duplicate_5grams",
    "duplicate_10grams", "stop_words", "stop_words_distinct", "function_words", "boilerplate",
)  # fmt: skip
# Looked up in the pool's document frequencies, and counted over the first 16,384 characters.
POOL_COUNTS = ("pool_top", "pool_log_df", "pool_rare")
GRAM_COUNTS = ("grams", "distinct_grams")
COUNTS = TEXT_COUNTS + WORD_COUNTS + POOL_COUNTS + GRAM_COUNTS


@dataclass(frozen=True)
class Signal:
    """One number about a text."""

    name: str
    meaning: str
    unit: str
    source: str
    formula: Formula


def _per(count: str, whole: str) -> Formula:
    return lambda c: c[count] / np.maximum(c[whole], 1)


def _log(count: str) -> Formula:
    return lambda c: np.log1p(c[count])


def _sd(total: str, squares: str, number: str) -> Formula:
    def deviation(c: Mapping[str, Values]) -> Any:
        n = np.maximum(c[number], 1)
        return np.sqrt(np.maximum(c[squares] / n - (c[total] / n) ** 2, 0))

    return deviation


WORDS, LINES, CHARACTERS, LOG, FLAG = "share of words", "share of lines", "share of characters", "log(1 + n)", "0 or 1"
SIGNALS = (
    Signal("log_words", "words", LOG, "Gopher", _log("words")),
    Signal("log_lines", "lines", LOG, "RedPajama-V2", _log("lines")),
    Signal("word_length_mean", "mean word length, 20 at most", "characters", "Gopher",
           lambda c: np.minimum(c["word_characters"] / np.maximum(c["words"], 1), 20)),
    Signal("word_length_sd", "spread of word length", "characters", "own",
           _sd("word_characters", "word_characters_squared", "words")),
    Signal("log_longest_token", "longest token", LOG + " characters", "C4", _log("longest_token")),
    Signal("symbols_per_token", "# signs and ellipses for each token", "per token", "Gopher",
           lambda c: (c["hashes"] + c["ellipses"]) / np.maximum(c["tokens"], 1)),
    Signal("ellipsis_lines", "lines ending in an ellipsis", LINES, "Gopher", _per("ellipsis_lines", "lines")),
    Signal("bullet_lines", "lines starting with a bullet", LINES, "Gopher", _per("bullet_lines", "lines")),
    Signal("alpha_tokens", "tokens with a letter", "share of tokens", "Gopher", _per("alpha_tokens", "tokens")),
    Signal("stop_words_distinct", "different ones of Gopher's 8 English stop words", "0..8", "Gopher",
           lambda c: c["stop_words_distinct"]),
    Signal("stop_words", "words that are one of Gopher's 8 stop words", WORDS, "RedPajama-V2",
           _per("stop_words", "table_words")),
    Signal("function_words", "words that are function words of the document's own language", WORDS, "own",
           _per("function_words", "table_words")),
    Signal("short_words", "words of 3 characters or less", WORDS, "own", _per("short_words", "words")),
    Signal("pool_top_words", "words among the corpus' 100 most widespread", WORDS, "own",
           _per("pool_top", "table_words")),
    Signal("pool_log_df", "mean log(1 + documents per 1,000 that hold the word)", "log", "own",
           _per("pool_log_df", "table_words")),
    Signal("pool_rare_words", "words found in at most 1 of 1,000 documents", WORDS, "own",
           _per("pool_rare", "table_words")),
    Signal("short_lines", "lines of 30 characters or less", LINES, "FineWeb", _per("short_lines", "lines")),
    Signal("terminal_lines", "lines ending like a sentence", LINES, "C4, FineWeb", _per("terminal_lines", "lines")),
    Signal("duplicate_lines", "lines whose words were a line before", LINES, "Gopher",
           _per("duplicate_lines", "lines")),
    Signal("duplicate_line_characters", "their characters", "share of line characters", "Gopher, FineWeb",
           _per("duplicate_line_characters", "line_characters")),
    Signal("newlines_per_word", "line breaks for each word, 5 at most", "per word", "FineWeb",
           lambda c: np.minimum(c["newlines"] / np.maximum(c["words"], 1), 5)),
    Signal("upper_characters", "upper-case letters", CHARACTERS, "RedPajama-V2", _per("upper", "characters")),
    Signal("allcaps_words", "words of two or more capitals only", WORDS, "RedPajama-V2", _per("caps_words", "words")),
    Signal("title_words", "other words starting with a capital", WORDS, "own", _per("title_words", "words")),
    Signal("digit_characters", "digits", CHARACTERS, "RedPajama-V2", _per("digits", "characters")),
    Signal("punctuation_characters", "punctuation and symbols", CHARACTERS, "own", _per("punctuation", "characters")),
    Signal("distinct_words", "different words", WORDS, "RedPajama-V2", _per("distinct", "table_words")),
    Signal("word_entropy", "entropy of the words", "nats", "RedPajama-V2", lambda c: c["word_entropy"]),
    Signal("word_entropy_normed", "entropy over its largest value", "0..1", "own",
           lambda c: c["word_entropy"] / np.log(np.maximum(c["table_words"], 2))),
    Signal("character_entropy", "entropy of the code points modulo 256", "nats", "own",
           lambda c: c["character_entropy"]),
    Signal("top_bigram", "characters of the commonest repeated 2 words", "share of word characters", "Gopher",
           _per("top_bigram", "word_characters")),
    Signal("top_trigram", "characters of the commonest repeated 3 words", "share of word characters", "Gopher",
           _per("top_trigram", "word_characters")),
    Signal("top_5gram", "characters of the commonest repeated 5 words", "share of word characters", "Gopher",
           _per("top_5gram", "word_characters")),
    Signal("duplicate_5grams", "characters in repeated 5 words", "share of word characters", "Gopher",
           _per("duplicate_5grams", "word_characters")),
    Signal("duplicate_10grams", "characters in repeated 10 words", "share of word characters", "Gopher",
           _per("duplicate_10grams", "word_characters")),
    Signal("urls_per_word", "://, www. and x@y for each word", "per word", "own", _per("urls", "words")),
    Signal("bracket_characters", "round and square brackets", CHARACTERS, "own", _per("brackets", "characters")),
    Signal("code_characters", "characters of code: {}<>;=_\\", CHARACTERS, "C4", _per("code", "characters")),
    Signal("boilerplate", "boilerplate words and phrases, 20 at most", "per 100 words", "C4",
           lambda c: np.minimum(100 * c["boilerplate"] / np.maximum(c["table_words"], 1), 20)),
    Signal("non_ascii_characters", "characters beyond ASCII", CHARACTERS, "own", _per("non_ascii", "characters")),
    Signal("script_mix", "letters outside the main script", "share of letters", "own",
           lambda c: 1 - np.where(c["letters"] > 0, c["main_script"] / np.maximum(c["letters"], 1), 0)),
    Signal("bad_characters", "control, private, unassigned characters and mojibake pairs", CHARACTERS, "own",
           _per("bad", "characters")),
    Signal("log_words_per_sentence", "words for each sentence end, 200 at most", LOG, "RedPajama-V2",
           lambda c: np.log1p(np.minimum(c["words"] / np.maximum(c["sentences"], 1), 200))),
    Signal("commas_per_word", "commas for each word", "per word", "own", _per("commas", "words")),
    Signal("list_lines", "lines that look like a list: bullet, digit first, or 3 words at most", LINES, "FineWeb",
           _per("list_lines", "lines")),
    Signal("repeated_line_starts", "lines whose first two words began a line before", LINES, "own",
           _per("repeated_starts", "lines")),
    Signal("distinct_char_4grams", "different 4-character sequences", "share of sequences", "own",
           _per("distinct_grams", "grams")),
    Signal("log_line_length_mean", "mean line length", LOG + " characters", "own", _per("log_line", "lines")),
    Signal("log_line_length_sd", "spread of line length", LOG + " characters", "own",
           _sd("log_line", "log_line_squared", "lines")),
    Signal("quote_characters", "double quotation marks", CHARACTERS, "own", _per("quotes", "characters")),
    Signal("exclamations_per_word", "! and ? for each word", "per word", "own", _per("exclamations", "words")),
    Signal("starts_lower", "the text starts in lower case (or a script without case)", FLAG, "own",
           lambda c: c["starts_lower"]),
    Signal("ends_terminal", "the text ends like a sentence", FLAG, "C4", lambda c: c["ends_terminal"]),
    Signal("lower_lines", "lines starting in lower case (or a script without case)", LINES, "own",
           _per("lower_lines", "lines")),
    Signal("separator_characters", "separators: | » › · > • arrows, slashes", CHARACTERS, "own",
           _per("separators", "characters")),
    Signal("currency_per_word", "currency signs for each word", "per word", "own", _per("currency", "words")),
    Signal("hapax_words", "words that occur once", WORDS, "own", _per("hapax", "table_words")),
)  # fmt: skip
NAMES = tuple(signal.name for signal in SIGNALS)
POOL_SIGNALS = frozenset({"pool_top_words", "pool_log_df", "pool_rare_words"})


def assemble(counts: Values) -> NDArray[np.float32]:
    """Signals of documents from their counts.

    counts: (documents, len(COUNTS)) float64 in the order of COUNTS. Returns (documents, 57) float32.
    """
    columns = {name: counts[:, index] for index, name in enumerate(COUNTS)}
    out = np.empty((len(counts), len(SIGNALS)), np.float32)
    for index, signal in enumerate(SIGNALS):
        out[:, index] = signal.formula(columns)
    return out
