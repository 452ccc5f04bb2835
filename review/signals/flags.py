"""Published filter rules as flags beside a text. They inform; nothing is dropped because of a flag.

Thresholds: Gopher (arXiv:2112.11446, table A1 and section A.1.2), C4 (Raffel et al. 2020, section 2.2), FineWeb
(Penedo et al. 2024, section 3.6). They are applied to our definitions of the signals (see catalogue.py).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import log1p

import numpy as np

from review.signals.catalogue import COUNTS, NAMES, POOL_SIGNALS, assemble
from review.signals.reference import read

_LONG_TOKEN = 1_000
_POLICY = ("terms of use", "privacy policy", "cookie policy", "uses cookies", "use of cookies", "use cookies")


@dataclass(frozen=True)
class Flag:
    """A published rule that a text breaks."""

    source: str
    rule: str  # what the rule asks for
    signal: str  # the signal it looks at, "text" for a phrase
    value: float  # what the text has


@dataclass(frozen=True)
class _Rule:
    source: str
    rule: str
    signal: str
    low: float = -np.inf
    high: float = np.inf


RULES = (
    _Rule("Gopher", "50 words at least", "log_words", low=log1p(50)),
    _Rule("Gopher", "100,000 words at most", "log_words", high=log1p(100_000)),
    _Rule("Gopher", "mean word length 3 to 10", "word_length_mean", 3, 10),
    _Rule("Gopher", "# and ellipses at most 0.1 a token", "symbols_per_token", high=0.1),
    _Rule("Gopher", "at most 90 % bullet lines", "bullet_lines", high=0.9),
    _Rule("Gopher", "at most 30 % of lines ending in an ellipsis", "ellipsis_lines", high=0.3),
    _Rule("Gopher", "80 % of tokens hold a letter", "alpha_tokens", low=0.8),
    _Rule("Gopher", "two of eight English stop words", "stop_words_distinct", low=2),
    _Rule("Gopher", "at most 30 % duplicate lines", "duplicate_lines", high=0.3),
    _Rule("Gopher", "at most 20 % characters in duplicate lines", "duplicate_line_characters", high=0.2),
    _Rule("Gopher", "at most 20 % characters in the commonest 2 words", "top_bigram", high=0.2),
    _Rule("Gopher", "at most 18 % characters in the commonest 3 words", "top_trigram", high=0.18),
    _Rule("Gopher", "at most 15 % characters in repeated 5 words", "duplicate_5grams", high=0.15),
    _Rule("Gopher", "at most 10 % characters in repeated 10 words", "duplicate_10grams", high=0.10),
    _Rule("C4", "no token over 1,000 characters", "log_longest_token", high=log1p(_LONG_TOKEN)),
    _Rule("FineWeb", "12 % of lines end like a sentence", "terminal_lines", low=0.12),
    _Rule("FineWeb", "at most 67 % short lines", "short_lines", high=0.67),
    _Rule("FineWeb", "at most 1 % characters in duplicate lines", "duplicate_line_characters", high=0.01),
    _Rule("FineWeb", "at most 0.3 line breaks a word", "newlines_per_word", high=0.3),
)


def signals(text: str) -> dict[str, float]:
    """The signals of one text by name, without the three that need a corpus to compare with.

    Plain Python, a few milliseconds for a page; `review.signals.scan` is the fast way for many texts.
    """
    counts = read(text).counts
    values = assemble(np.array([[counts.get(name, 0.0) for name in COUNTS]]))[0]
    return {name: float(value) for name, value in zip(NAMES, values, strict=True) if name not in POOL_SIGNALS}


def flags(text: str, values: Mapping[str, float] | None = None) -> list[Flag]:
    """The published rules that a text breaks, in the order of RULES; `values` saves computing its signals again."""
    values = signals(text) if values is None else values
    broken = [
        Flag(rule.source, rule.rule, rule.signal, values[rule.signal])
        for rule in RULES
        if not rule.low <= values[rule.signal] <= rule.high
    ]
    lower = text.lower()
    for rule, phrases in (
        ("no curly bracket", ("{",)),
        ("no lorem ipsum", ("lorem ipsum",)),
        ("no javascript warning", ("javascript",)),
        ("no policy notice", _POLICY),
    ):
        number = sum(lower.count(phrase) for phrase in phrases)
        if number:
            broken.append(Flag("C4", rule, "text", float(number)))
    return broken
