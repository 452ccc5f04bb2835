"""The compiled pass over many texts: from Arrow string buffers (or str) to counts, signals and hashed n-grams.

The first call after an install compiles (about 20 s); later processes load what was kept (see `compiled`). The
kernels release the GIL, so threads may each hold a Scanner; one Scanner serves one thread at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from review.compiled import Bound
from review.signals import catalogue, read_text, read_words
from review.signals.characters import SCRIPTS, character_tables
from review.signals.words import (
    CHARACTER_BUCKETS,
    LANGUAGES,
    MAX_CHARACTERS,
    MAX_WORDS,
    WORD_BUCKETS,
    word_table,
)

BLOCK_BYTES = 256 * 1024  # of text in one go: the words and characters of a block stay in the cache
BLOCK_DOCUMENTS = 256
_MARKS = read_words.MARKS - 1


@dataclass(frozen=True)
class Texts:
    """UTF-8 texts in one buffer; document i is data[starts[i]:ends[i]]. Lone surrogates are encoded as they are."""

    data: NDArray[np.uint8]
    starts: NDArray[np.int64]
    ends: NDArray[np.int64]

    @classmethod
    def from_strings(cls, texts: Sequence[str], max_bytes: int | None = None) -> Texts:
        """Texts from str; of each at most the first `max_bytes` bytes, cut at a character."""
        encoded = [text.encode("utf-8", "surrogatepass") for text in texts]
        ends = np.cumsum([len(one) for one in encoded], dtype=np.int64)
        starts = np.concatenate([np.zeros(1, np.int64), ends[:-1]]) if encoded else ends
        return cls(np.frombuffer(b"".join(encoded), np.uint8), starts, ends).cut(max_bytes)

    @classmethod
    def from_arrow(cls, column: Any, max_bytes: int | None = None) -> Texts:
        """Texts from a pyarrow (large_)string Array, without copying; nulls read as empty texts."""
        import pyarrow as pa

        wide = column.type == pa.large_string()
        if not wide and column.type != pa.string():
            raise TypeError(f"texts must be a string or large_string array, got {column.type}")
        _, offsets, values = column.buffers()
        points = np.frombuffer(offsets, np.int64 if wide else np.int32) if offsets else np.zeros(1, np.int32)
        points = points[column.offset : column.offset + len(column) + 1].astype(np.int64)
        data = np.frombuffer(values, np.uint8) if values else np.zeros(0, np.uint8)
        starts, ends = points[:-1], points[1:].copy()
        if column.null_count:  # Arrow allows bytes behind a null
            null = np.asarray(column.is_null())
            ends[null] = starts[null]
        return cls(data, starts, ends).cut(max_bytes)

    def cut(self, max_bytes: int | None) -> Texts:
        """Of each text at most the first `max_bytes` bytes, cut at a character."""
        if max_bytes is None:
            return self
        ends = np.minimum(self.ends, self.starts + max_bytes)
        for index in np.flatnonzero(ends < self.ends):
            while self.data[ends[index]] & 0xC0 == 0x80:  # inside a character
                ends[index] -= 1
        return Texts(self.data, self.starts, ends)

    def some(self, rows: NDArray[np.int64]) -> Texts:
        """The texts of these numbers."""
        return Texts(self.data, self.starts[rows], self.ends[rows])

    def __len__(self) -> int:
        return len(self.starts)

    def blocks(self) -> Iterator[tuple[int, int]]:
        """Ranges of documents of about BLOCK_BYTES together, one document at least."""
        sizes = np.cumsum(self.ends - self.starts)
        first = 0
        while first < len(self):
            before = int(sizes[first - 1]) if first else 0
            stop = int(np.searchsorted(sizes, before + BLOCK_BYTES, "right"))
            stop = min(max(stop, first + 1), first + BLOCK_DOCUMENTS)
            yield first, stop
            first = stop


@dataclass(frozen=True)
class Tables:
    """What words, pairs of words and character 4-grams are looked up in.

    words: (262,144,) int16 weight of each word or pair that a document holds; per_word: (262,144, 2) int16 = weight of
    each occurrence of a word, pool log(1 + documents per 1,000) in steps of 1/LOG_DF_STEPS; widespread: pool log-df,
    in such steps, from which a word is one of the commonest 100; grams: (65,536,) int16 weight of each 4-gram that a
    document holds, None: the characters are not read. All in whole numbers of 16 bits, so that the tables stay in the
    cache beside each other.
    """

    words: NDArray[np.int16]
    per_word: NDArray[np.int16]
    widespread: int
    grams: NDArray[np.int16] | None


@dataclass(frozen=True)
class Scan:
    """What the pass found, a row a document.

    counts in the order of catalogue.COUNTS; groups index words.GROUPS; sums: (documents, 4) = weights of the distinct
    words and pairs, how many they are, weights of all word occurrences, weights of the distinct 4-gram buckets.
    """

    counts: NDArray[np.float64]
    groups: NDArray[np.int32]
    sums: NDArray[np.float64]

    def signals(self) -> NDArray[np.float32]:
        """(documents, 57) float32 in the order of catalogue.NAMES."""
        return catalogue.assemble(self.counts)


@dataclass(frozen=True)
class Grams:
    """Hashed n-grams of documents, to learn from. The entries of document i end at `*_ends[i]`."""

    hashes: NDArray[np.uint64]  # of the words, in order
    order: NDArray[np.int32]  # word buckets, in order
    order_ends: NDArray[np.int64]
    words: NDArray[np.int32]  # buckets of the distinct words and pairs
    word_ends: NDArray[np.int64]
    chars: NDArray[np.int32]  # distinct buckets of character 4-grams
    char_ends: NDArray[np.int64]


class Scanner:
    """The scratch memory of one thread (about 10 MB), and the pass."""

    def __init__(self) -> None:
        self._mark = 1
        self._line_slots = np.zeros(read_text.LINE_SLOTS, np.uint64)
        self._slots = np.zeros(read_words.GRAM_SLOTS, np.uint64)
        self._numbers = np.zeros(2 * read_words.GRAM_SLOTS, np.int32)
        self._scratch = _Scratch()
        self._room = _Room.for_entries(BLOCK_BYTES + BLOCK_DOCUMENTS)

    def scan(self, texts: Texts, tables: Tables) -> Scan:
        """Counts, language groups and sums of table weights."""
        out = _empty_scan(len(texts))
        for _ in self._passes(texts, tables, out, emit=False):
            pass
        return out

    def grams(self, texts: Texts) -> tuple[Scan, Grams]:
        """Counts (the pool's three are zero) and the n-grams themselves."""
        out = _empty_scan(len(texts))
        parts: list[tuple[NDArray[Any], ...]] = []
        for documents in self._passes(texts, _no_tables(), out, emit=True):
            room, last = self._room, documents - 1
            ends = room.word_ends[: last + 1].copy()
            words, chars = room.bucket_ends[last], room.gram_ends[last]
            parts.append(
                (
                    room.words[: ends[-1]].copy(), room.order[: ends[-1]].copy(), ends,
                    room.buckets[:words].copy(), room.bucket_ends[: last + 1].copy(),
                    room.grams[:chars].copy(), room.gram_ends[: last + 1].copy(),
                )
            )  # fmt: skip
        out.counts[:, _POOL] = 0
        return out, _join(parts)

    def _passes(self, texts: Texts, tables: Tables, out: Scan, *, emit: bool) -> Iterator[int]:
        """Read block by block; after each one the number of its documents."""
        blocks = list(texts.blocks())
        sizes = texts.ends - texts.starts
        entries = max((int(sizes[first:stop].sum()) + stop - first for first, stop in blocks), default=0)
        if len(self._room.words) < entries:
            self._room = _Room.for_entries(entries)
        read_characters, read_the_words, sum_grams = self._bound(texts, tables, out)
        for first, stop in blocks:
            if self._mark + stop - first > _MARKS:  # marks begin anew, so the old ones must go
                self._mark = 1
                self._line_slots[:] = 0
                self._slots[:] = 0
            read_characters(first, stop, self._mark)
            read_the_words(first, stop, self._mark, tables.widespread, emit)
            if tables.grams is not None:
                sum_grams(first, stop, emit)
            self._mark += stop - first
            yield stop - first

    def _bound(self, texts: Texts, tables: Tables, out: Scan) -> tuple[Bound, Bound, Bound]:
        """The three kernels with all arrays that they read and write."""
        room, scratch, characters, listed = self._room, self._scratch, character_tables(), word_table()
        factors = np.array([listed.words.factor, listed.phrases.factor])
        return (
            read_text.read_text.bind(
                texts.data, texts.starts, texts.ends, characters.kind, characters.lower, characters.script,
                _ascii_entries(), _logs(), self._line_slots, out.counts, room.scripts, room.words, room.lengths,
                room.word_ends, room.chars, room.char_ends, scratch.histogram, scratch.run_histogram, scratch.scripts,
            ),
            read_words.read_words.bind(
                room.words, room.lengths, room.word_ends, factors, listed.words.keys, listed.words.at, listed.stop,
                listed.boilerplate, listed.language_set, listed.language_sets, listed.phrases.keys, listed.phrases.at,
                _xlogx(), self._slots, self._numbers, room.scripts, tables.words, tables.per_word.reshape(-1),
                room.order, room.buckets, room.bucket_ends, out.counts, out.groups, out.sums, scratch.set_hits,
                scratch.hits, scratch.pairs, scratch.spreads,
            ),
            read_words.sum_grams.bind(
                room.chars, room.char_ends, _NO_GRAMS if tables.grams is None else tables.grams, out.counts, out.sums,
                room.grams, room.gram_ends, scratch.presence, scratch.found,
            ),
        )  # fmt: skip


class _Scratch:
    """What the kernels need for themselves."""

    def __init__(self) -> None:
        self.histogram, self.run_histogram = np.empty(256, np.int64), np.empty(256, np.int64)
        self.scripts = np.empty(len(SCRIPTS), np.int64)
        self.set_hits = np.empty(len(word_table().language_sets), np.int32)
        self.hits = np.empty(len(LANGUAGES), np.int32)
        self.pairs, self.spreads = np.empty(MAX_WORDS, np.uint64), np.empty(MAX_WORDS, np.uint64)
        self.presence = np.empty(CHARACTER_BUCKETS // 64, np.uint64)
        self.found = np.empty(MAX_CHARACTERS, np.uint16)


@dataclass(frozen=True)
class _Room:
    """What the passes leave for each other and, where n-grams are asked for, for the caller; of one block."""

    words: NDArray[np.uint64]
    lengths: NDArray[np.int64]
    chars: NDArray[np.uint16]
    word_ends: NDArray[np.int64]
    char_ends: NDArray[np.int64]
    scripts: NDArray[np.int32]
    order: NDArray[np.int32]
    buckets: NDArray[np.int32]
    bucket_ends: NDArray[np.int64]
    grams: NDArray[np.int32]
    gram_ends: NDArray[np.int64]

    @classmethod
    def for_entries(cls, entries: int) -> _Room:
        return cls(
            np.empty(entries, np.uint64), np.empty(entries, np.int64), np.empty(entries, np.uint16),
            np.empty(BLOCK_DOCUMENTS, np.int64), np.empty(BLOCK_DOCUMENTS, np.int64),
            np.empty(BLOCK_DOCUMENTS, np.int32), np.empty(entries, np.int32), np.empty(2 * entries, np.int32),
            np.empty(BLOCK_DOCUMENTS, np.int64), np.empty(entries, np.int32), np.empty(BLOCK_DOCUMENTS, np.int64),
        )  # fmt: skip


_NO_GRAMS = np.zeros(1, np.int16)
_POOL = slice(catalogue.COUNTS.index("pool_top"), catalogue.COUNTS.index("pool_rare") + 1)


def _empty_scan(documents: int) -> Scan:
    counts = np.zeros((documents, len(catalogue.COUNTS)))
    return Scan(counts, np.zeros(documents, np.int32), np.zeros((documents, 4)))


def _join(parts: Sequence[tuple[NDArray[Any], ...]]) -> Grams:
    def values(field: int, kind: type) -> NDArray[Any]:
        return np.concatenate([part[field] for part in parts]) if parts else np.zeros(0, kind)

    def ends(field: int) -> NDArray[np.int64]:
        base = 0
        joined = []
        for part in parts:
            joined.append(part[field] + base)
            base += int(part[field][-1])
        return np.concatenate(joined) if joined else np.zeros(0, np.int64)

    return Grams(
        values(0, np.uint64), values(1, np.int32), ends(2), values(3, np.int32), ends(4), values(5, np.int32), ends(6)
    )


@lru_cache(maxsize=1)
def _no_tables() -> Tables:
    return Tables(
        np.zeros(WORD_BUCKETS, np.int16), np.zeros((WORD_BUCKETS, 2), np.int16), 1 << 15,
        np.zeros(CHARACTER_BUCKETS, np.int16),
    )  # fmt: skip


_ascii_entries = lru_cache(maxsize=1)(read_text.ascii_entries)


@lru_cache(maxsize=1)
def _logs() -> NDArray[np.float64]:
    """log(1 + n) for line lengths."""
    return np.log1p(np.arange(read_text.LINE_CAP + 1, dtype=np.float64))


@lru_cache(maxsize=1)
def _xlogx() -> NDArray[np.float64]:
    """n ln n for word counts."""
    n = np.arange(MAX_WORDS + 1, dtype=np.float64)
    return n * np.log(np.maximum(n, 1))
