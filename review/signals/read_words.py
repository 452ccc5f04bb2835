"""The word pass and the character 4-grams, compiled: repetition, listed words, language guess, hashed n-grams.

Every table is shared by all documents of a call: an entry belongs to the document whose stamp it carries, so nothing
is cleared between documents. What is counted is defined by `reference.py`.
"""

from __future__ import annotations

import numpy as np
from numba import njit

from review.signals.catalogue import COUNTS
from review.signals.words import GOLDEN, GRAM_PRIME, LANGUAGES, SLOTS, WORD_BUCKETS

GRAM_SLOTS = 1 << 17  # four keys a word, 16,384 words: at most half full
PRESENCE = WORD_BUCKETS // 64
_LANGUAGES = len(LANGUAGES)
_FIRST = COUNTS.index("table_words")
_POOL = COUNTS.index("pool_top")
_GRAMS = COUNTS.index("grams")
_GOLDEN, _GRAM_PRIME = np.uint64(GOLDEN), np.uint64(GRAM_PRIME)
_N31, _S20, _S25, _S29, _S32, _S18 = (np.uint64(n) for n in (31, 20, 25, 29, 32, 18))
_KEY_MASK, _BUCKET_MASK = np.uint64(SLOTS - 1), np.uint64(WORD_BUCKETS - 1)
_ZERO, _ONE, _TWO, _THREE, _FIVE, _SIX, _S63 = (np.uint64(n) for n in (0, 1, 2, 3, 5, 6, 63))
_S16, _S48 = np.uint64(16), np.uint64(48)


@njit(inline="always", nogil=True)  # type: ignore[misc]
def _mix(value):  # type: ignore[no-untyped-def]
    value = (value ^ (value >> _S29)) * _GOLDEN
    return value ^ (value >> _S32)


@njit(inline="always", nogil=True)  # type: ignore[misc]
def _listed(keys, value):  # type: ignore[no-untyped-def]
    """Slot of a listed word or phrase, -1 when it is not listed."""
    index = (value >> _S20) & _KEY_MASK
    while keys[index] != _ZERO:
        if keys[index] == value:
            return np.int64(index)
        index = (index + _ONE) & _KEY_MASK
    return np.int64(-1)


@njit(inline="always", nogil=True)  # type: ignore[misc]
def _slot(keys, stamps, stamp, key, shift, mask):  # type: ignore[no-untyped-def]
    """Slot of a key, or the free slot where it belongs."""
    index = (key >> shift) & mask
    while stamps[index] == stamp and keys[index] != key:
        index = (index + _ONE) & mask
    return index


@njit(nogil=True, cache=True, error_model="numpy")  # type: ignore[misc]
def read_words(  # type: ignore[no-untyped-def]
    words, lengths, word_ends, listed, stop, boilerplate, language_set, language_sets, xlogx, stamp,
    keys, stamps, numbers, repeats, main_scripts, counts, groups,
):  # fmt: skip
    """Fill the word columns of counts and the language group of every document.

    keys, stamps, numbers, repeats: scratch of GRAM_SLOTS entries. xlogx[n] = n ln n.
    """
    set_hits = np.zeros(len(language_sets), np.int64)
    hits = np.zeros(_LANGUAGES, np.int64)
    start = 0
    for document in range(len(word_ends)):
        stop_at = word_ends[document]
        n = stop_at - start
        mark = stamp + document
        size = 1024
        while size < n * 8 and size < GRAM_SLOTS:
            size *= 2
        mask = np.uint64(size - 1)
        set_hits[:] = 0
        distinct = hapax = top2 = top3 = top5 = dup5 = dup10 = 0
        stops = boiler = 0
        stop_bits = 0
        entropy = 0.0
        run = 0
        copied_from = -5
        covered5 = covered10 = -1
        w1 = w2 = w3 = w4 = _ZERO
        l1 = l2 = l3 = l4 = 0
        for index in range(n):
            word = words[start + index]
            length = np.int64(lengths[start + index])
            pair = (w1 * _N31 + word) * _GOLDEN
            at = _listed(listed, word)
            if at >= 0:
                set_hits[language_set[at]] += 1
                boiler += boilerplate[at]
                if stop[at] > 0:
                    stops += 1
                    stop_bits |= 1 << np.int64(stop[at])
            at = _listed(listed, pair)
            if at >= 0:
                boiler += boilerplate[at]

            at = _slot(keys, stamps, mark, word, _S18, mask)
            if stamps[at] == mark:
                count = numbers[at] + 1
                numbers[at] = count
                entropy += xlogx[count] - xlogx[count - 1]
                hapax -= count == 2
            else:
                stamps[at] = mark
                keys[at] = word
                numbers[at] = 1
                distinct += 1
                hapax += 1
            if index >= 1:
                key = pair ^ _TWO
                at = _slot(keys, stamps, mark, key, _S25, mask)
                if stamps[at] == mark:
                    numbers[at] += 1
                    top2 = max(top2, numbers[at] * (length + l1))
                else:
                    stamps[at] = mark
                    keys[at] = key
                    numbers[at] = 1
            triple = (w2 * _N31 + pair) * _GOLDEN
            if index >= 2:
                key = triple ^ _THREE
                at = _slot(keys, stamps, mark, key, _S25, mask)
                if stamps[at] == mark:
                    numbers[at] += 1
                    top3 = max(top3, numbers[at] * (length + l1 + l2))
                else:
                    stamps[at] = mark
                    keys[at] = key
                    numbers[at] = 1
            if index >= 4:
                key = ((w4 * _N31 + (w3 * _N31 + triple) * _GOLDEN) * _GOLDEN) ^ _FIVE
                at = _slot(keys, stamps, mark, key, _S25, mask)
                if stamps[at] == mark:
                    place = np.int64(numbers[at])
                    numbers[at] = index
                    repeats[at] += 1
                    top5 = max(top5, repeats[at] * (length + l1 + l2 + l3 + l4))
                    for covered in range(max(covered5 + 1, index - 4), index + 1):
                        dup5 += lengths[start + covered]
                    covered5 = index
                    run = run + 1 if place == copied_from + 1 else 1
                    copied_from = place
                    if run >= 6:
                        for covered in range(max(covered10 + 1, index - 9), index + 1):
                            dup10 += lengths[start + covered]
                        covered10 = index
                else:
                    stamps[at] = mark
                    keys[at] = key
                    numbers[at] = index
                    repeats[at] = 1
                    run = 0
                    copied_from = -5
            w4 = w3
            w3 = w2
            w2 = w1
            w1 = word
            l4 = l3
            l3 = l2
            l2 = l1
            l1 = length
        hits[:] = 0
        for number in range(1, len(set_hits)):
            if set_hits[number] > 0:
                for language in range(_LANGUAGES):
                    hits[language] += set_hits[number] * ((language_sets[number] >> np.uint32(language)) & np.uint32(1))
        best = 0
        for language in range(_LANGUAGES):
            if hits[language] > hits[best]:
                best = language
        groups[document] = best if hits[best] >= 2 else _LANGUAGES + main_scripts[document]
        different = 0
        while stop_bits != 0:
            different += stop_bits & 1
            stop_bits >>= 1
        row = counts[document]
        row[_FIRST] = n
        row[_FIRST + 1] = distinct
        row[_FIRST + 2] = hapax
        row[_FIRST + 3] = np.log(n) - entropy / n if n > 0 else 0.0
        row[_FIRST + 4] = top2
        row[_FIRST + 5] = top3
        row[_FIRST + 6] = top5
        row[_FIRST + 7] = dup5
        row[_FIRST + 8] = dup10
        row[_FIRST + 9] = stops
        row[_FIRST + 10] = different
        row[_FIRST + 11] = hits[best]
        row[_FIRST + 12] = boiler
        start = stop_at


@njit(nogil=True, cache=True, error_model="numpy")  # type: ignore[misc]
def sum_words(words, word_ends, table, widespread, presence, counts, sums):  # type: ignore[no-untyped-def]
    """Look words and pairs of words up in table (262,144, 3) = [weight of presence, weight a word, pool log-df].

    sums[:, 0] = sum of presence weights, [:, 1] = number of distinct buckets, [:, 2] = sum of weights a word.
    `widespread`: pool log-df from which a word counts as one of the pool's commonest. presence: scratch bit set.
    """
    start = 0
    for document in range(len(word_ends)):
        stop = word_ends[document]
        presence[:] = _ZERO
        weight = per_word = log_df = 0.0
        distinct = top = rare = 0
        previous = _ZERO
        for index in range(start, stop):
            word = words[index]
            bucket = _mix(word) & _BUCKET_MASK
            row = table[np.int64(bucket)]
            per_word += row[1]
            log_df += row[2]
            top += row[2] >= widespread
            rare += row[2] < 0.7  # ln 2 = 0.693: at most one document of 1,000
            bit = _ONE << (bucket & _S63)
            if presence[bucket >> _SIX] & bit == _ZERO:
                presence[bucket >> _SIX] |= bit
                distinct += 1
                weight += row[0]
            if index > start:
                bucket = _mix((previous * _N31 + word) * _GOLDEN) & _BUCKET_MASK
                bit = _ONE << (bucket & _S63)
                if presence[bucket >> _SIX] & bit == _ZERO:
                    presence[bucket >> _SIX] |= bit
                    distinct += 1
                    weight += table[np.int64(bucket), 0]
            previous = word
        sums[document, 0] = weight
        sums[document, 1] = distinct
        sums[document, 2] = per_word
        counts[document, _POOL] = top
        counts[document, _POOL + 1] = log_df
        counts[document, _POOL + 2] = rare
        start = stop


@njit(nogil=True, cache=True, error_model="numpy")  # type: ignore[misc]
def list_words(words, word_ends, presence, order, buckets, bucket_ends):  # type: ignore[no-untyped-def]
    """Buckets of the words in their order, and the distinct buckets of words and pairs of every document.

    order: one entry a word; buckets: room for two a word; bucket_ends: where each document's buckets end.
    """
    start = 0
    total = 0
    for document in range(len(word_ends)):
        stop = word_ends[document]
        presence[:] = _ZERO
        previous = _ZERO
        for index in range(start, stop):
            word = words[index]
            bucket = _mix(word) & _BUCKET_MASK
            order[index] = bucket
            for turn in range(2):
                if turn == 1:
                    if index == start:
                        break
                    bucket = _mix((previous * _N31 + word) * _GOLDEN) & _BUCKET_MASK
                bit = _ONE << (bucket & _S63)
                if presence[bucket >> _SIX] & bit == _ZERO:
                    presence[bucket >> _SIX] |= bit
                    buckets[total] = bucket
                    total += 1
            previous = word
        bucket_ends[document] = total
        start = stop


@njit(nogil=True, cache=True, error_model="numpy")  # type: ignore[misc]
def sum_grams(chars, char_ends, table, emit, counts, sums, buckets, bucket_ends):  # type: ignore[no-untyped-def]
    """Look four characters at a time up in table (65,536,) int32; each bucket counts once a document.

    sums[:, 3] = sum of the weights (in the table's units). With `emit` the distinct buckets are also listed.
    Branch-free on purpose: whether a bucket is new cannot be predicted.
    """
    presence = np.zeros(1024, np.uint64)
    start = 0
    total = 0
    for document in range(len(char_ends)):
        stop = char_ends[document]
        presence[:] = _ZERO
        weight = np.int64(0)
        distinct = np.int64(0)
        packed = _ZERO
        for index in range(start, stop):
            packed = (packed << _S16) | np.uint64(chars[index])
            if index < start + 3:
                continue
            value = packed * _GRAM_PRIME
            value ^= value >> _S32
            bucket = (value * _GOLDEN) >> _S48
            old = presence[bucket >> _SIX]
            new = ((old >> (bucket & _S63)) & _ONE) ^ _ONE
            presence[bucket >> _SIX] = old | (_ONE << (bucket & _S63))
            is_new = np.int64(new)
            distinct += is_new
            weight += np.int64(table[np.int64(bucket)]) & -is_new
            if emit:
                buckets[total] = bucket
                total += is_new
        counts[document, _GRAMS] = max(stop - start - 3, 0)
        counts[document, _GRAMS + 1] = distinct
        sums[document, 3] = weight
        bucket_ends[document] = total
        start = stop
