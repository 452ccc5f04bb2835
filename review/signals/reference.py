"""The counts of a text in plain Python: slow, readable, and the definition that the compiled pass must meet."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from review.signals import characters as ch
from review.signals.words import (
    GOPHER_STOP_WORDS,
    LANGUAGES,
    MAX_CHARACTERS,
    MAX_LINES,
    MAX_WORDS,
    boilerplate_hashes,
    character_bucket,
    function_word_sets,
    language_group,
    pair_hash,
    word_bucket,
    word_hash,
)

_LETTERS = (ch.LOWER, ch.UPPER, ch.HAN)
_WORD_KINDS = (ch.LOWER, ch.UPPER, ch.DIGIT, ch.MARK)
_RUN_OF_REPEATS = 6  # consecutive repeated 5-grams that make a repeated 10-gram
_LINE_CAP = 16_000


@dataclass(frozen=True)
class Word:
    """A word of a line: its folded text and the code points it was written with."""

    text: str
    points: tuple[int, ...]
    end: int  # index in the line of the character after it


@dataclass(frozen=True)
class Reading:
    """Everything read from one text."""

    counts: dict[str, float]  # by the names in catalogue.COUNTS, without the pool's three
    group: int  # index into words.GROUPS
    words: tuple[str, ...]  # the first 16,384, folded
    word_buckets: tuple[int, ...]  # of the distinct words and pairs of words, sorted
    character_buckets: frozenset[int]  # of characters in fours


def read(text: str) -> Reading:
    """Counts, language guess and n-gram buckets of a text. Any str is allowed, lone surrogates too."""
    points = [ch.fold_point(ord(character)) for character in text]
    lines = [line for line in _split_lines(points) if line]
    words = [words_of(line) for line in lines]
    scripts = [0] * len(ch.SCRIPTS)
    for point in points:
        if kind(point) in _LETTERS:
            scripts[ch.character_tables().script[point]] += 1
    flat = [word for line in words for word in line]
    hashes = [word_hash(word.text) for word in flat[:MAX_WORDS]]
    pairs = [pair_hash(first, second) for first, second in pairwise(hashes)]
    normal = normal_form(text, points)
    buckets = [character_bucket(normal[i : i + 4]) for i in range(len(normal) - 3)]
    hits = _language_hits(flat[:MAX_WORDS])
    boilerplate_words, phrases = boilerplate_hashes()
    boilerplate = sum(value in boilerplate_words for value in hashes) + sum(value in phrases for value in pairs)
    counts = {
        **_count_characters(points, scripts),
        **_count_tokens(points),
        **_count_lines(lines, words),
        **_count_words(flat),
        **_count_repeats(flat[:MAX_WORDS]),
        "function_words": float(max(hits)),
        "boilerplate": boilerplate,
        "grams": float(len(buckets)),
        "distinct_grams": float(len(set(buckets))),
    }
    counts["bad"] += counts.pop("mojibake")
    counts["urls"] += counts.pop("www")
    return Reading(
        counts={name: float(value) for name, value in counts.items()},
        group=language_group(hits, scripts),
        words=tuple(word.text for word in flat[:MAX_WORDS]),
        word_buckets=tuple(sorted(word_bucket(value) for ngrams in (hashes, pairs) for value in set(ngrams))),
        character_buckets=frozenset(buckets),
    )


def kind(point: int) -> int:
    """Kind of a folded code point."""
    return int(ch.character_tables().kind[point]) & ch.KIND_MASK


def has(point: int, flag: int) -> bool:
    """Whether a folded code point carries a flag."""
    return bool(int(ch.character_tables().kind[point]) & flag)


def words_of(line: Sequence[int]) -> list[Word]:
    """Words of a line of folded code points, in order."""
    lower = ch.character_tables().lower
    words: list[Word] = []
    run: list[int] = []

    def close(end: int) -> None:
        if run:
            words.append(Word("".join(chr(lower[point]) for point in run), tuple(run), end))
            run.clear()

    for index, point in enumerate(line):
        if kind(point) in _WORD_KINDS:
            run.append(point)
            continue
        close(index)
        if kind(point) == ch.HAN:
            run.append(point)
            close(index + 1)
    close(len(line))
    return words


def normal_form(text: str, points: Sequence[int]) -> str:
    """Lower case, digits as "0", white space as one space (none in front, one at the end), 16,384 characters."""
    lower = ch.character_tables().lower
    spaced = "".join(" " if kind(point) in (ch.SPACE, ch.NEWLINE) else chr(lower[point]) for point in points)
    return "".join(part + " " for part in spaced.split(" ") if part)[:MAX_CHARACTERS]


def _split_lines(points: Sequence[int]) -> Iterable[list[int]]:
    """Lines from their first character that is not white space; blank ones are empty."""
    line: list[int] = []
    for point in [*points, ord("\n")]:
        if kind(point) == ch.NEWLINE:
            yield line
            line = []
        elif line or kind(point) != ch.SPACE:
            line.append(point)


def _visible(points: Iterable[int]) -> list[int]:
    return [point for point in points if kind(point) not in (ch.SPACE, ch.NEWLINE)]


def _count_characters(points: Sequence[int], scripts: Sequence[int]) -> dict[str, float]:
    kinds = Counter(kind(point) for point in points)
    visible = _visible(points)
    sentences = sum(
        has(point, ch.SENTENCE_END) and (index + 1 == len(points) or points[index + 1] <= ord(" ") or point >= 0x3000)
        for index, point in enumerate(points)
    )
    return {
        "characters": len(points),
        "newlines": kinds[ch.NEWLINE],
        "letters": sum(kinds[letter] for letter in _LETTERS),
        "upper": kinds[ch.UPPER],
        "digits": kinds[ch.DIGIT],
        "punctuation": kinds[ch.PUNCTUATION] + kinds[ch.SYMBOL],
        "non_ascii": sum(point > 127 for point in points),
        "quotes": sum(has(point, ch.QUOTE) for point in points),
        "brackets": sum(has(point, ch.BRACKET) for point in points),
        "code": sum(has(point, ch.CODE) for point in points),
        "commas": sum(has(point, ch.COMMA) for point in points),
        "currency": sum(has(point, ch.CURRENCY) for point in points),
        "separators": sum(has(point, ch.SEPARATOR) for point in points),
        "exclamations": sum(has(point, ch.EXCLAMATION) for point in points),
        "hashes": sum(point == ord("#") for point in points),
        "sentences": sentences,
        "main_script": max(scripts),
        "character_entropy": _entropy(Counter(point & 255 for point in points).values()),
        "starts_lower": float(bool(visible) and kind(visible[0]) == ch.LOWER),
        "bad": kinds[ch.BAD],
    }


def _count_tokens(points: Sequence[int]) -> dict[str, float]:
    tokens: list[list[int]] = [[]]
    addresses = schemes = 0
    for index, point in enumerate(points):
        if kind(point) in (ch.SPACE, ch.NEWLINE):
            tokens.append([])
            continue
        after = [*points[index + 1 : index + 3], 0, 0]
        addresses += point == ord("@") and bool(tokens[-1]) and after[0] >= ord("A")
        schemes += point == ord(":") and after[:2] == [ord("/"), ord("/")]
        tokens[-1].append(point)
    full = [token for token in tokens if token]
    return {
        "tokens": len(full),
        "alpha_tokens": sum(any(kind(point) in _LETTERS for point in token) for token in full),
        "longest_token": max(map(len, full), default=0),
        "urls": addresses + schemes,
    }


def _count_lines(lines: Sequence[Sequence[int]], words: Sequence[Sequence[Word]]) -> dict[str, float]:
    counts = Counter[str]()
    seen: set[tuple[str, ...]] = set()
    starts: set[tuple[str, ...]] = set()
    logs: list[float] = []
    terminal = False
    for number, (line, line_words) in enumerate(zip(lines, words, strict=True)):
        visible = _visible(line)
        last, before = visible[-1], visible[-2] if len(visible) > 1 else 0
        terminal = has(last, ch.SENTENCE_END) or last in (0x22, 0x201D) or (
            has(last, ch.CLOSING) and has(before, ch.SENTENCE_END)
        )  # fmt: skip
        bullet = has(line[0], ch.BULLET)
        counts["lines"] += 1
        counts["short_lines"] += len(line) <= 30
        counts["terminal_lines"] += terminal
        counts["ellipsis_lines"] += last == 0x2026 or last == before == ord(".")
        counts["bullet_lines"] += bullet
        counts["list_lines"] += bullet or kind(line[0]) == ch.DIGIT or len(line_words) <= 3
        counts["lower_lines"] += kind(line[0]) == ch.LOWER
        counts["line_characters"] += len(line)
        counts["ellipses"] += _ellipses(visible)
        counts["mojibake"] += _mojibake(visible)
        counts["www"] += sum(word.text == "www" and line[word.end : word.end + 1] == [0x2E] for word in line_words)
        logs.append(math.log1p(min(len(line), _LINE_CAP)))
        if line_words and number < MAX_LINES:
            sequence = tuple(word.text for word in line_words)
            counts["duplicate_lines"] += sequence in seen
            counts["duplicate_line_characters"] += len(line) * (sequence in seen)
            counts["repeated_starts"] += sequence[:2] in starts
            seen.add(sequence)
            starts.add(sequence[:2])
    return {
        **{name: float(counts[name]) for name in _LINE_COUNTS},
        "log_line": sum(logs),
        "log_line_squared": sum(value * value for value in logs),
        "ends_terminal": float(terminal),
    }


_LINE_COUNTS = (
    "lines", "short_lines", "terminal_lines", "ellipsis_lines", "bullet_lines", "list_lines", "lower_lines",
    "line_characters", "ellipses", "mojibake", "www", "duplicate_lines", "duplicate_line_characters", "repeated_starts",
)  # fmt: skip


def _ellipses(visible: Sequence[int]) -> int:
    """Runs of two or more dots (spaces between them allowed), and ellipsis characters."""
    padded = [0, 0, *visible]
    runs = sum(
        point == previous == ord(".") and earlier != ord(".")
        for earlier, previous, point in zip(padded, padded[1:], padded[2:], strict=False)
    )
    return runs + visible.count(0x2026)


def _mojibake(visible: Sequence[int]) -> int:
    """Pairs that UTF-8 read as Latin-1 or Windows-1252 leaves behind."""
    return sum(
        (previous in (0xC2, 0xC3) and 0x80 <= point < 0xC0) or (previous == 0xE2 and point == 0x20AC)
        for previous, point in pairwise(visible)
    )


def _count_words(words: Sequence[Word]) -> dict[str, float]:
    lengths = [len(word.points) for word in words]
    capital = [all(kind(point) == ch.UPPER for point in word.points) and len(word.points) > 1 for word in words]
    return {
        "words": len(words),
        "caps_words": sum(capital),
        "title_words": sum(
            kind(word.points[0]) == ch.UPPER and not caps for word, caps in zip(words, capital, strict=True)
        ),
        "short_words": sum(length <= 3 for length in lengths),
        "word_characters": sum(lengths),
        "word_characters_squared": sum(length * length for length in lengths),
    }


def _count_repeats(words: Sequence[Word]) -> dict[str, float]:
    texts = [word.text for word in words]
    lengths = [len(word.points) for word in words]
    single = Counter(texts)
    five, ten = _repeated(texts)
    return {
        "table_words": len(texts),
        "distinct": len(single),
        "hapax": sum(count == 1 for count in single.values()),
        "word_entropy": _entropy(single.values()),
        "top_bigram": _top(texts, 2),
        "top_trigram": _top(texts, 3),
        "top_5gram": _top(texts, 5),
        "duplicate_5grams": sum(lengths[index] for index in five),
        "duplicate_10grams": sum(lengths[index] for index in ten),
        "stop_words": sum(single[word] for word in GOPHER_STOP_WORDS),
        "stop_words_distinct": sum(word in single for word in GOPHER_STOP_WORDS),
    }


def _top(texts: Sequence[str], n: int) -> float:
    """Most characters that one repeated n-gram takes up: its count times its length, overlaps counted."""
    grams = Counter(zip(*(texts[shift:] for shift in range(n)), strict=False))
    return max((count * sum(map(len, gram)) for gram, count in grams.items() if count > 1), default=0)


def _repeated(texts: Sequence[str]) -> tuple[set[int], set[int]]:
    """Positions of words inside repeats of 5 words, and of 10.

    A repeat is an occurrence after the first. Six repeats in a row, each copied from the place after the one
    before (of its latest occurrence), are a repeat of 10 words.
    """
    latest: dict[tuple[str, ...], int] = {}
    five: set[int] = set()
    ten: set[int] = set()
    run, copied_from = 0, -5
    for end in range(4, len(texts)):
        gram = tuple(texts[end - 4 : end + 1])
        place = latest.get(gram)
        latest[gram] = end
        if place is None:
            run, copied_from = 0, -5
            continue
        five.update(range(end - 4, end + 1))
        run = run + 1 if place == copied_from + 1 else 1
        copied_from = place
        if run >= _RUN_OF_REPEATS:
            ten.update(range(end - 9, end + 1))
    return five, ten


def _language_hits(words: Sequence[Word]) -> list[int]:
    sets = function_word_sets()
    hits = [0] * len(LANGUAGES)
    for text, count in Counter(word.text for word in words).items():
        bits = sets.get(text, 0)
        for index in range(len(LANGUAGES)):
            hits[index] += count * (bits >> index & 1)
    return hits


def _entropy(counts: Iterable[int]) -> float:
    """Entropy in nats of a distribution given by counts; 0 for none."""
    values = list(counts)
    total = sum(values)
    return math.log(total) - sum(value * math.log(value) for value in values) / total if total else 0.0
