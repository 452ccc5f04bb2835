"""The word pass and the character 4-grams, compiled: repetition, listed words, language guess, hashed n-grams.

Memory decides the speed here: each n-gram is one random access into a table. So a slot holds the hash and the mark of
the document it belongs to in eight bytes (nothing is cleared between documents), weights are int16, and whether an
n-gram is new, which the repetition signals need anyway, also says when its weight counts. Listed words are found
without a branch, because whether a word is listed cannot be predicted. Hashes that hang on nothing found before are
made apart from the look-ups, several to an instruction. Indices in the inner loops are unsigned: of a signed one it
would be asked each time whether it counts from the end. What is counted is defined by `reference.py`.
"""

# numba infers the types of the kernels' arguments and locals; mypy cannot.
# mypy: disable-error-code="no-untyped-def,assignment,arg-type"
# ruff: noqa: ANN001, ANN201, ANN202

from __future__ import annotations

import numpy as np

from review.compiled import helper, kernel
from review.signals.catalogue import COUNTS
from review.signals.characters import SCRIPTS
from review.signals.words import (
    GOLDEN,
    GRAM_PRIME,
    LANGUAGES,
    LISTED_BITS,
    LOG_DF_STEPS,
    MIN_HITS,
    PHRASE_BITS,
    WORD_BUCKETS,
)  # fmt: skip

GRAM_SLOTS = 1 << 16  # four a word of 16,384
MARKS = 1 << 16  # the low bits of a slot; 0 marks none
_LANGUAGES = len(LANGUAGES)
_RARE = round(0.7 * LOG_DF_STEPS)  # ln 2 = 0.693: at most one document of 1,000
_LATIN = SCRIPTS.index("latin")
_FIRST = COUNTS.index("table_words")
_GRAMS = COUNTS.index("grams")
_GOLDEN, _GRAM_PRIME = np.uint64(GOLDEN), np.uint64(GRAM_PRIME)
_N31, _S20, _S25, _S29, _S32, _S18 = (np.uint64(n) for n in (31, 20, 25, 29, 32, 18))
_BUCKET_MASK = np.uint64(WORD_BUCKETS - 1)
_ZERO, _ONE, _SIX, _S63 = (np.uint64(n) for n in (0, 1, 6, 63))
_S16, _S48 = np.uint64(16), np.uint64(48)
_LISTED_SHIFT, _PHRASE_SHIFT = np.uint64(64 - LISTED_BITS), np.uint64(64 - PHRASE_BITS)
_MARK_MASK = np.uint64(MARKS - 1)
_HASH_MASK = ~_MARK_MASK


@helper(inline=True)
def _mix(value):
    value = (value ^ (value >> _S29)) * _GOLDEN
    return value ^ (value >> _S32)


@helper(inline=True)
def _listed(keys, at, factor, shift, value):
    """Number of a listed hash, 0 when it is not listed: one look, see `words.Listing`."""
    number = np.int64(at[(value * factor) >> shift])
    return number * np.int64(keys[np.uint64(number)] == value)


@helper(inline=True)
def _pair(words, at):
    return (words[np.uint64(at - 1)] * _N31 + words[np.uint64(at)]) * _GOLDEN


@helper(inline=True)
def _triple(words, at):
    return (words[at - 2] * _N31 + _pair(words, at)) * _GOLDEN


@helper(inline=True)
def _five(words, at):
    return (words[at - 4] * _N31 + (words[at - 3] * _N31 + _triple(words, at)) * _GOLDEN) * _GOLDEN


@helper()
def _hash_pairs(before, words, pairs, spreads):
    """Hash of each two words in a row, and the hash spread."""
    for i in range(len(pairs)):
        pair = (before[i] * _N31 + words[i]) * _GOLDEN
        pairs[i] = pair
        spreads[i] = _mix(pair)


@helper(inline=True)
def _slot(slots, index, tagged, mask):
    """Slot of a tagged hash, or the free slot where it belongs; a slot with another document's mark is free."""
    index = index & mask
    while slots[index] != tagged and ((slots[index] ^ tagged) & _MARK_MASK) == _ZERO:
        index = (index + _ONE) & mask
    return index


@kernel
def read_words(
    low, high, mark, widespread, emit, words, lengths, word_ends, factors, listed, listed_at, stop, boilerplate,
    language_set, language_sets, phrases, phrases_at, xlogx, slots, numbers, main_scripts, weights, per_word, order,
    buckets, bucket_ends, counts, groups, sums, set_hits, hits, pairs, spreads,
):  # fmt: skip
    """The word pass. Three words can only be repeated where their last two are, five where their last three are, so the
    longer ones enter the table late: when the shorter one recurs, first for its first place, then for this one.

    Fills the word and pool columns of counts, the language group, and sums[:, :3] of the documents from `low` to
    `high`; words, and what has an entry for each document or word, are of these documents alone.

    mark: document low + i leaves mark + i (below MARKS) in its slots. factors: of listed words, of phrases. slots
    (GRAM_SLOTS,) uint64, numbers (2 x GRAM_SLOTS,) int32, and what follows sums: scratch. xlogx[n] = n ln n. weights:
    int16 of each word and pair bucket. per_word (2 x 262,144,) int16: weight of each occurrence and pool log-df in
    steps, in turn. widespread: steps from which a word is one of the pool's commonest.
    sums: weights of the distinct words and pairs, how many they are, weights of all occurrences. order, buckets:
    of the words in order, and of the distinct words and pairs, where bucket_ends says where each document's end;
    without `emit` each document's buckets overwrite the last one's.
    """
    listed_by, phrases_by = factors[0], factors[1]
    start = 0
    total = 0
    for document in range(low, high):
        stop_at = word_ends[document - low]
        n = stop_at - start
        tag = np.uint64(mark + document - low)
        listed_from = total
        size = 1024
        while size < n * 4 and size < GRAM_SLOTS:
            size *= 2
        mask = np.uint64(size - 1)
        set_hits[:] = 0
        hapax = boiler = stops = weight = occurrences = log_df = top = rare = 0
        stop_bits = 0
        entropy = 0.0
        # Single words. Whether one is new cannot be predicted, so nothing here hangs on a branch.
        for here in range(start, stop_at):
            word = words[np.uint64(here)]
            spread = _mix(word)
            tagged = (word & _HASH_MASK) | tag
            at = _slot(slots, spread >> _S18, tagged, mask)
            seen = np.int64(slots[at] == tagged)
            count = np.int64(numbers[at + at]) * seen + 1
            slots[at] = tagged
            numbers[at + at] = count
            entropy += xlogx[np.uint64(count)] - xlogx[np.uint64(count - 1)]
            hapax += np.int64(count == 1) - np.int64(count == 2)
            order[np.uint64(here)] = spread & _BUCKET_MASK
            buckets[np.uint64(total)] = spread & _BUCKET_MASK
            total += 1 - seen
            at = spread & _BUCKET_MASK
            weight += np.int64(weights[at]) & (seen - 1)
            occurrences += per_word[at + at]
            steps = np.int64(per_word[at + at + _ONE])
            log_df += steps
            top += np.int64(steps >= widespread)
            rare += np.int64(steps < _RARE)
            entry = np.uint64(_listed(listed, listed_at, listed_by, _LISTED_SHIFT, word))
            set_hits[np.uint64(language_set[entry])] += 1
            boiler += boilerplate[entry]
            stops += np.int64(stop[entry] > 0)
            stop_bits |= 1 << np.int64(stop[entry])
        distinct = total - listed_from
        top2 = top3 = top5 = dup5 = dup10 = 0
        run = 0
        copied_from = -5
        covered5 = covered10 = -1
        if n > 1:
            _hash_pairs(words[start : stop_at - 1], words[start + 1 : stop_at], pairs[: n - 1], spreads[: n - 1])
        for index in range(1, n):
            here = start + index
            pair = pairs[np.uint64(index - 1)]
            spread = spreads[np.uint64(index - 1)]
            tagged = (pair & _HASH_MASK) | tag
            at = _slot(slots, spread >> _S18, tagged, mask)
            boiler += np.int64(_listed(phrases, phrases_at, phrases_by, _PHRASE_SHIFT, pair) > 0)
            repeated = False
            if slots[at] != tagged:
                slots[at] = tagged
                numbers[at + at] = 1
                numbers[at + at + _ONE] = index
                buckets[np.uint64(total)] = spread & _BUCKET_MASK
                weight += weights[spread & _BUCKET_MASK]
                total += 1
            else:
                count = numbers[at + at] + 1
                numbers[at + at] = count
                length = np.int64(lengths[np.uint64(here)]) + lengths[np.uint64(here - 1)]
                top2 = max(top2, count * length)
                first = numbers[at + at + _ONE]
                if count == 2 and first >= 2:
                    tagged = (_triple(words, start + first) & _HASH_MASK) | tag
                    at = _slot(slots, tagged >> _S25, tagged, mask)
                    slots[at] = tagged
                    numbers[at + at] = 1
                    numbers[at + at + _ONE] = first
                if index >= 2:
                    length += lengths[here - 2]
                    tagged = (_triple(words, here) & _HASH_MASK) | tag
                    at = _slot(slots, tagged >> _S25, tagged, mask)
                    if slots[at] != tagged:
                        slots[at] = tagged
                        numbers[at + at] = 1
                        numbers[at + at + _ONE] = index
                    else:
                        count = numbers[at + at] + 1
                        numbers[at + at] = count
                        top3 = max(top3, count * length)
                        first = numbers[at + at + _ONE]
                        if count == 2 and first >= 4:
                            tagged = (_five(words, start + first) & _HASH_MASK) | tag
                            at = _slot(slots, tagged >> _S25, tagged, mask)
                            slots[at] = tagged
                            numbers[at + at] = first
                            numbers[at + at + _ONE] = 1
                        if index >= 4:
                            length += lengths[here - 3] + lengths[here - 4]
                            tagged = (_five(words, here) & _HASH_MASK) | tag
                            at = _slot(slots, tagged >> _S25, tagged, mask)
                            repeated = slots[at] == tagged
                            place = np.int64(numbers[at + at])
                            slots[at] = tagged
                            numbers[at + at] = index
                            numbers[at + at + _ONE] = numbers[at + at + _ONE] + 1 if repeated else 1
                            if repeated:
                                top5 = max(top5, numbers[at + at + _ONE] * length)
                                for covered in range(max(covered5 + 1, index - 4), index + 1):
                                    dup5 += lengths[start + covered]
                                covered5 = index
                                run = run + 1 if place == copied_from + 1 else 1
                                copied_from = place
            if not repeated:
                run = 0
                copied_from = -5
            elif run >= 6:
                for covered in range(max(covered10 + 1, index - 9), index + 1):
                    dup10 += lengths[start + covered]
                covered10 = index
        hits[:] = 0
        for number in range(len(set_hits)):
            for language in range(_LANGUAGES):
                hits[language] += set_hits[number] * language_sets[number, language]
        best = 0
        for language in range(_LANGUAGES):
            if hits[language] > hits[best]:
                best = language
        main = main_scripts[document - low]
        groups[document] = best if hits[best] >= MIN_HITS else _LANGUAGES + (main if main > _LATIN else 0)
        different = 0
        stop_bits >>= 1  # the lowest says "none of them"
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
        row[_FIRST + 13] = top
        row[_FIRST + 14] = log_df / LOG_DF_STEPS
        row[_FIRST + 15] = rare
        sums[document, 0] = weight
        sums[document, 1] = total - listed_from
        sums[document, 2] = occurrences
        bucket_ends[document - low] = total
        start = stop_at
        if not emit:
            total = 0


@helper()
def _buckets_of(chars, out):
    """Bucket of each four characters in a row."""
    first, second, third, fourth = chars[:-3], chars[1:-2], chars[2:-1], chars[3:]
    for i in range(len(out)):
        packed = (
            np.uint64(first[i]) << _S48
            | np.uint64(second[i]) << _S32
            | np.uint64(third[i]) << _S16
            | np.uint64(fourth[i])
        )
        value = packed * _GRAM_PRIME
        value ^= value >> _S32
        out[i] = (value * _GOLDEN) >> _S48


@kernel
def sum_grams(low, high, emit, chars, char_ends, table, counts, sums, buckets, bucket_ends, presence, found):
    """Look four characters at a time up in table (65,536,) int16; each bucket counts once a document.

    sums[:, 3] = sum of the weights (in the table's unit). With `emit` the distinct buckets are also listed.
    Branch-free on purpose: whether a bucket is new cannot be predicted. presence (1,024,), found: scratch.
    """
    start = 0
    total = 0
    for document in range(low, high):
        stop = char_ends[document - low]
        number = max(stop - start - 3, 0)
        _buckets_of(chars[start:stop], found[:number])
        presence[:] = _ZERO
        weight = np.int64(0)
        distinct = np.int64(0)
        for index in range(number):
            bucket = np.uint64(found[index])
            old = presence[bucket >> _SIX]
            new = ((old >> (bucket & _S63)) & _ONE) ^ _ONE
            presence[bucket >> _SIX] = old | (_ONE << (bucket & _S63))
            is_new = np.int64(new)
            distinct += is_new
            weight += np.int64(table[bucket]) & -is_new
            if emit:
                buckets[np.uint64(total)] = bucket
                total += is_new
        counts[document, _GRAMS] = number
        counts[document, _GRAMS + 1] = distinct
        sums[document, 3] = weight
        bucket_ends[document - low] = total
        start = stop
