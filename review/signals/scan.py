"""The compiled pass over many texts: from Arrow string buffers (or str) to counts, signals and hashed n-grams.

The first call after an install compiles (about 20 s); later processes load it from numba's cache. The kernels
release the GIL, so threads may each hold a Scanner; one Scanner serves one thread at a time.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from review.signals import catalogue, read_text, read_words
from review.signals.characters import character_tables
from review.signals.words import CHARACTER_BUCKETS, MAX_WORDS, WORD_BUCKETS, word_table

BLOCK_BYTES = 256 * 1024  # of text in one go: the words and characters of a block stay in the cache
BLOCK_DOCUMENTS = 256
GRAM_UNIT = 1 / 1048576  # of an entry of the 4-gram table


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
        return cls(np.frombuffer(b"".join(encoded), np.uint8), starts, ends)._cut(max_bytes)

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
        return cls(data, starts, ends)._cut(max_bytes)

    def _cut(self, max_bytes: int | None) -> Texts:
        if max_bytes is None:
            return self
        ends = np.minimum(self.ends, self.starts + max_bytes)
        for index in np.flatnonzero(ends < self.ends):
            while self.data[ends[index]] & 0xC0 == 0x80:  # inside a character
                ends[index] -= 1
        return Texts(self.data, self.starts, ends)

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
    """What words and character 4-grams are looked up in.

    words: (262,144, 3) float32 = weight of a word's or pair's presence, weight a word, pool log(1 + documents per
    1,000). widespread: pool log-df from which a word is one of the commonest 100. grams: (65,536,) int32, x GRAM_UNIT.
    """

    words: NDArray[np.float32]
    widespread: float
    grams: NDArray[np.int32]


@dataclass(frozen=True)
class Scan:
    """What the pass found, a row a document.

    sums: (documents, 4) = sum of presence weights, number of distinct word buckets, sum of weights a word, sum of
    4-gram weights, with the tables' weights; counts in the order of catalogue.COUNTS; groups index words.GROUPS.
    """

    counts: NDArray[np.float64]
    groups: NDArray[np.int32]
    sums: NDArray[np.float64]

    def signals(self) -> NDArray[np.float32]:
        """(documents, 57) float32 in the order of catalogue.NAMES."""
        return catalogue.assemble(self.counts)


@dataclass(frozen=True)
class Grams:
    """Hashed n-grams of documents, to learn from. The arrays of document i end at `*_ends[i]`."""

    hashes: NDArray[np.uint64]  # of the words, in order
    order: NDArray[np.int32]  # word buckets, in order
    order_ends: NDArray[np.int64]
    words: NDArray[np.int32]  # distinct buckets of words and pairs
    word_ends: NDArray[np.int64]
    chars: NDArray[np.int32]  # distinct buckets of character 4-grams
    char_ends: NDArray[np.int64]


class Scanner:
    """The scratch memory of one thread (about 20 MB), and the pass."""

    def __init__(self) -> None:
        self._stamp = 1
        self._line_keys = np.zeros(read_text.LINE_SLOTS, np.uint64)
        self._line_stamps = np.zeros(read_text.LINE_SLOTS, np.int32)
        self._keys = np.zeros(read_words.GRAM_SLOTS, np.uint64)
        self._stamps = np.zeros(read_words.GRAM_SLOTS, np.int32)
        self._numbers = np.zeros(read_words.GRAM_SLOTS, np.int32)
        self._repeats = np.zeros(read_words.GRAM_SLOTS, np.int32)
        self._presence = np.zeros(read_words.PRESENCE, np.uint64)
        self._reserve(BLOCK_BYTES + BLOCK_DOCUMENTS)

    def scan(self, texts: Texts, tables: Tables) -> Scan:
        """Counts, language groups and sums of table weights."""
        out = _empty_scan(len(texts))
        for first, stop in texts.blocks():
            block = slice(first, stop)
            self._read(texts, block, out)
            self._look_up(block, out, tables, *_NO_BUCKETS, emit=False)
        return out

    def grams(self, texts: Texts) -> tuple[Scan, Grams]:
        """Counts (the pool's three are zero) and the n-grams themselves."""
        out = _empty_scan(len(texts))
        parts: list[tuple[NDArray[Any], ...]] = []
        for first, stop in texts.blocks():
            block = slice(first, stop)
            self._read(texts, block, out)
            n = int(self._word_ends[stop - first - 1])
            order, pairs = np.empty(n, np.int32), np.empty(2 * n, np.int32)
            pair_ends, char_ends = np.empty(stop - first, np.int64), np.empty(stop - first, np.int64)
            chars = np.empty(int(self._char_ends[stop - first - 1]), np.int32)
            word_ends = self._word_ends[: stop - first].copy()
            read_words.list_words(self._words, word_ends, self._presence, order, pairs, pair_ends)
            self._look_up(block, out, _no_tables(), chars, char_ends, emit=True)
            out.counts[block, _POOL] = 0
            pairs, chars = pairs[: pair_ends[-1]].copy(), chars[: char_ends[-1]].copy()
            parts.append((self._words[:n].copy(), order, word_ends, pairs, pair_ends, chars, char_ends))
        return out, _join(parts)

    def _read(self, texts: Texts, block: slice, out: Scan) -> None:
        starts, ends = texts.starts[block], texts.ends[block]
        self._reserve(int((ends - starts).sum()) + len(starts))
        if self._stamp > 2**30:
            self._stamp = 1
            self._line_stamps[:] = 0
            self._stamps[:] = 0
        characters, listed = character_tables(), word_table()
        read_text.read_text(
            texts.data, starts, ends, characters.kind, characters.lower, characters.script, _logs(), self._stamp,
            self._line_keys, self._line_stamps, out.counts[block], self._scripts, self._words, self._lengths,
            self._word_ends, self._chars, self._char_ends,
        )  # fmt: skip
        read_words.read_words(
            self._words, self._lengths, self._word_ends[: len(starts)], listed.keys, listed.stop, listed.boilerplate,
            listed.language_set, listed.language_sets, _xlogx(), self._stamp, self._keys, self._stamps, self._numbers,
            self._repeats, self._scripts, out.counts[block], out.groups[block],
        )  # fmt: skip
        self._stamp += len(starts)

    def _look_up(
        self, block: slice, out: Scan, tables: Tables, chars: NDArray[np.int32], char_ends: NDArray[np.int64], emit: bool
    ) -> None:
        n = block.stop - block.start
        counts, sums = out.counts[block], out.sums[block]
        read_words.sum_words(
            self._words, self._word_ends[:n], tables.words, np.float32(tables.widespread), self._presence, counts, sums
        )
        read_words.sum_grams(self._chars, self._char_ends[:n], tables.grams, emit, counts, sums, chars, char_ends)

    def _reserve(self, entries: int) -> None:
        if not hasattr(self, "_words") or len(self._words) < entries:
            self._words = np.empty(entries, np.uint64)
            self._lengths = np.empty(entries, np.int32)
            self._chars = np.empty(entries, np.uint16)
        self._word_ends = np.empty(BLOCK_DOCUMENTS, np.int64)
        self._char_ends = np.empty(BLOCK_DOCUMENTS, np.int64)
        self._scripts = np.empty(BLOCK_DOCUMENTS, np.int32)


_POOL = slice(catalogue.COUNTS.index("pool_top"), catalogue.COUNTS.index("pool_rare") + 1)
_NO_BUCKETS = (np.zeros(1, np.int32), np.zeros(BLOCK_DOCUMENTS, np.int64))


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
    return Tables(np.zeros((WORD_BUCKETS, 3), np.float32), np.inf, np.zeros(CHARACTER_BUCKETS, np.int32))


@lru_cache(maxsize=1)
def _logs() -> NDArray[np.float64]:
    """log(1 + n) for line lengths."""
    return np.log1p(np.arange(read_text.LINE_CAP + 1, dtype=np.float64))


@lru_cache(maxsize=1)
def _xlogx() -> NDArray[np.float64]:
    """n ln n for word counts."""
    n = np.arange(MAX_WORDS + 1, dtype=np.float64)
    return n * np.log(np.maximum(n, 1))
