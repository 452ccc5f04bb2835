"""The character pass, compiled: counts, word hashes and the normal form of every document, straight from UTF-8.

Branch mispredictions decide the speed here, not arithmetic, so the two commonest cases (a run of ASCII lower-case
letters, a run of spaces) have a path of their own; everything else goes through the table of kinds. What is counted
is defined by `reference.py`; a property test holds the two together.
"""

# numba infers the types of the kernels' arguments and locals; mypy cannot.
# mypy: disable-error-code="no-untyped-def,assignment,arg-type"
# ruff: noqa: ANN001, ANN201, ANN202

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from review.compiled import helper, kernel
from review.signals import characters as ch
from review.signals.words import FNV_OFFSET, FNV_PRIME, GOLDEN, MAX_CHARACTERS, MAX_LINES, MAX_WORDS, word_hash

LINE_SLOTS = 1 << 14  # two keys a line, MAX_LINES lines: at most half full
LINE_CAP = 16_000
# A word while it is read: its characters, its capitals, whether one is first, whether it has a letter, whether it is
# a token of its own.
_LENGTH, _CAPITALS_BIT, _TITLE_BIT, _LETTER_BIT, _WHOLE = (1 << 29) - 1, 29, 58, 59, 1 << 60
_LOWER, _UPPER, _DIGIT, _MARK, _SPACE, _NEWLINE, _BAD, _HAN = (
    ch.LOWER, ch.UPPER, ch.DIGIT, ch.MARK, ch.SPACE, ch.NEWLINE, ch.BAD, ch.HAN,
)  # fmt: skip
_KIND = ch.KIND_MASK
_END, _CLOSING, _BULLET, _BRACKET, _QUOTE = ch.SENTENCE_END, ch.CLOSING, ch.BULLET, ch.BRACKET, ch.QUOTE
_COMMA, _CURRENCY, _SEPARATOR, _CODE, _EXCLAMATION = ch.COMMA, ch.CURRENCY, ch.SEPARATOR, ch.CODE, ch.EXCLAMATION
_HAN_POINT, _SYMBOL_POINT = ch.HAN_STAND_IN, ch.SYMBOL_STAND_IN
_SCRIPTS = len(ch.SCRIPTS)
_OFFSET, _PRIME, _GOLDEN = np.uint64(FNV_OFFSET), np.uint64(FNV_PRIME), np.uint64(GOLDEN)
_WWW = np.uint64(word_hash("www"))
_S20, _S31, _START = np.uint64(20), np.uint64(31), np.uint64(0x55)
_LINE_MASK = np.uint64(LINE_SLOTS - 1)
_ZERO, _ONE = np.uint64(0), np.uint64(1)
_MARK_MASK = np.uint64(0xFFFF)
_HASH_MASK = ~_MARK_MASK


@helper(inline=True)
def _seen(slots, tag, key):
    """Whether this document put `key` into the table before; puts it there. A slot: 48 bits of hash, 16 of mark."""
    index = (key >> _S20) & _LINE_MASK
    tagged = (key & _HASH_MASK) | tag
    while slots[index] != tagged and ((slots[index] ^ tagged) & _MARK_MASK) == _ZERO:
        index = (index + _ONE) & _LINE_MASK
    if slots[index] == tagged:
        return True
    slots[index] = tagged
    return False


@helper()
def _run(data, position, end, ascii_entry, word, state, words, lengths, n_words, chars, n_chars, histogram):
    """Read letters, digits and single spaces from data[position], which is no space; a function of its own, so that
    all it holds fits into registers.

    Where a word ends cannot be predicted, so a space is no branch: the word so far is written at every character, and
    counts where the character is a space.
    """
    shift = n_chars - position
    entry = ascii_entry[data[np.uint64(position)]]
    byte = np.uint64(data[np.uint64(position)])
    fresh = np.int64(state == 0)
    while True:
        inside = (entry >> 8) & 1
        keep = -inside
        words[np.uint64(n_words)] = word
        lengths[np.uint64(n_words)] = state | _WHOLE
        n_words += 1 - inside
        chars[np.uint64(position + shift)] = entry & 255
        histogram[byte] += 1
        word = (word ^ np.uint64(entry & 255)) * (_PRIME & np.uint64(keep)) + (_OFFSET & ~np.uint64(keep))
        flags = ((entry >> 10) & 1) << _LETTER_BIT | ((entry >> 9) & fresh) << _TITLE_BIT
        state = ((state + (entry >> 16)) | flags) & keep
        fresh = 1 - inside
        position += 1
        if position >= end:
            break
        byte = np.uint64(data[np.uint64(position)])
        entry = ascii_entry[byte]
        if entry <= (32 & ~keep):
            break
    return position, n_words, word, state


def ascii_entries() -> NDArray[np.int64]:
    """(256,) of a byte: low byte, what it is read as; above: in a word, capital, letter; from bit 16: what it adds to
    the state of a word. 32 for a space, 0 for what else ends a run.
    """
    tables, entries = ch.character_tables(), np.zeros(256, np.int64)
    kind = tables.kind[:128] & _KIND
    capital = (kind == _UPPER).astype(np.int64)
    entry = tables.lower[:128] | 1 << 8 | capital << 9 | (kind != _DIGIT).astype(np.int64) << 10
    entry |= (1 + (capital << _CAPITALS_BIT)) << 16
    entries[:128] = np.where(np.isin(kind, (_LOWER, _UPPER, _DIGIT)), entry, 0)
    entries[32] = 32
    return entries


@kernel
def read_text(
    low, high, mark, data, starts, ends, kinds, lowers, scripts, ascii_entry, logs, line_slots, counts, main_scripts,
    words, lengths, word_ends, chars, char_ends, histogram, run_histogram, script_letters,
):  # fmt: skip
    """Read documents data[starts[i]:ends[i]], low <= i < high, into counts (documents, TEXT_COUNTS), words, lengths,
    chars, which must have room for one entry a byte and one more a document. main_scripts, word_ends and char_ends have
    an entry for each document read. Document low + i leaves mark + i (1..65,535) in line_slots. The last: scratch.
    """
    n_words = 0
    n_chars = 0
    for document in range(low, high):
        here = document - low
        position = starts[document]
        end = ends[document]
        tag = np.uint64(mark + here)
        histogram[:] = 0
        run_histogram[:] = 0
        script_letters[:] = 0
        word_start = n_words
        char_start = n_chars
        line_word = n_words
        characters = tokens = alpha_tokens = lines = newlines = upper = digits = punctuation = 0
        non_ascii = bad = quotes = brackets = code = commas = currency = separators = exclamations = 0
        ellipses = hashes = urls = sentences = longest = 0
        short_lines = terminal_lines = ellipsis_lines = bullet_lines = list_lines = lower_lines = 0
        duplicates = duplicate_chars = repeated_starts = line_chars = 0
        log_sum = log_squares = 0.0
        terminal = False
        word = _OFFSET
        state = 0
        token_len = 0
        token_alpha = 0
        line_len = 0
        first = last = before = 0
        first_kind = 0
        spaced = True  # the normal form has no space in front
        while position <= end:
            point = 10  # beyond the end: one more line break, which closes the word, the token and the line
            if position < end:
                byte = np.int64(data[position])
                entry = ascii_entry[byte]
                if entry > 32:
                    if line_len == 0:
                        first = byte
                    if first_kind == 0:
                        first_kind = np.int64(kinds[byte]) & _KIND
                    previous = last
                    run_word = n_words
                    run_state = state & _LENGTH
                    run_start = position
                    position, n_words, word, state = _run(
                        data, position, end, ascii_entry, word, state, words, lengths, n_words, chars, n_chars,
                        run_histogram,
                    )  # fmt: skip
                    n_chars += position - run_start
                    run = position - run_start
                    characters += run
                    line_len += run
                    spaced = state == 0
                    tail = position - np.int64(spaced)
                    last = np.int64(data[tail - 1])
                    before = 97 if tail - run_start > 1 else previous  # of a letter or digit nothing else is asked
                    if n_words > run_word:
                        entry = lengths[run_word]
                        lengths[run_word] = entry & ~_WHOLE
                        longest = max(longest, token_len + (entry & _LENGTH) - run_state)
                        alpha_tokens += token_alpha | ((entry >> _LETTER_BIT) & 1)
                        tokens += n_words - run_word
                        token_len = state & _LENGTH
                        token_alpha = (state >> _LETTER_BIT) & 1
                    else:
                        token_len += run
                        token_alpha |= (state >> _LETTER_BIT) & 1
                    continue
                if byte == 32 and token_len == 0:
                    begin = position
                    while position < end and data[position] == 32:
                        position += 1
                    run = position - begin
                    characters += run
                    histogram[32] += run
                    if line_len > 0:
                        line_len += run
                    if not spaced:
                        chars[n_chars] = 32
                        n_chars += 1
                        spaced = True
                    continue
                if byte < 128:
                    point = byte
                    position += 1
                else:
                    if byte < 0xE0:
                        point = ((byte & 31) << 6) | (np.int64(data[position + 1]) & 63)
                        position += 2
                        if (last == 0xC3 or last == 0xC2) and point < 0xC0:
                            bad += 1  # mojibake: the two halves of a UTF-8 pair read as Latin-1
                    elif byte < 0xF0:
                        point = (
                            ((byte & 15) << 12)
                            | ((np.int64(data[position + 1]) & 63) << 6)
                            | (np.int64(data[position + 2]) & 63)
                        )
                        position += 3
                        if last == 0xE2 and point == 0x20AC:
                            bad += 1
                    else:
                        high = ((byte & 7) << 6) | (np.int64(data[position + 1]) & 63)
                        point = _HAN_POINT if 0x20 <= high < 0x32 else _SYMBOL_POINT  # units of U+1000
                        position += 4
                    non_ascii += 1
                characters += 1
                histogram[point & 255] += 1
            else:
                position += 1
            entry = np.int64(kinds[point])
            kind = entry & _KIND
            lowered = lowers[point]
            if kind <= _MARK or kind == _HAN:
                if kind == _HAN and state > 0:
                    words[n_words] = word
                    lengths[n_words] = state
                    n_words += 1
                    word = _OFFSET
                    state = 0
                capital = np.int64(kind == _UPPER)
                word = (word ^ np.uint64(lowered)) * _PRIME
                state = (state + 1 + (capital << _CAPITALS_BIT)) | (np.int64(state == 0) & capital) << _TITLE_BIT
                if kind == _DIGIT:
                    digits += 1
                elif kind != _MARK:
                    script_letters[scripts[point]] += 1
                    token_alpha = 1
                    state |= 1 << _LETTER_BIT
                    upper += capital
                if line_len == 0:
                    first = point
                if first_kind == 0:
                    first_kind = kind
                token_len += 1
                line_len += 1
                chars[n_chars] = lowered
                n_chars += 1
                spaced = False
                before = last
                last = point
                if kind == _HAN:
                    words[n_words] = word
                    lengths[n_words] = 1
                    n_words += 1
                    word = _OFFSET
                    state = 0
                continue
            if state > 0:
                words[n_words] = word
                lengths[n_words] = state
                n_words += 1
                urls += point == 46 and word == _WWW
                word = _OFFSET
                state = 0
            if kind in (_SPACE, _NEWLINE):
                if token_len > 0:
                    tokens += 1
                    alpha_tokens += token_alpha
                    longest = max(longest, token_len)
                    token_len = 0
                    token_alpha = 0
                if not spaced:
                    chars[n_chars] = 32
                    n_chars += 1
                    spaced = True
                if kind == _SPACE:
                    line_len += line_len > 0
                    continue
                newlines += position <= end
                if line_len > 0:
                    lines += 1
                    of_first = np.int64(kinds[first])
                    of_last = np.int64(kinds[last])
                    terminal = (
                        (of_last & _END) != 0
                        or last == 0x22
                        or last == 0x201D
                        or ((of_last & _CLOSING) != 0 and (np.int64(kinds[before]) & _END) != 0)
                    )
                    bullet = (of_first & _BULLET) != 0
                    line_words = n_words - line_word
                    short_lines += line_len <= 30
                    terminal_lines += terminal
                    ellipsis_lines += last == 0x2026 or (last == 46 and before == 46)
                    bullet_lines += bullet
                    list_lines += bullet or (of_first & _KIND) == _DIGIT or line_words <= 3
                    lower_lines += (of_first & _KIND) == _LOWER
                    line_chars += line_len
                    log = logs[min(line_len, LINE_CAP)]
                    log_sum += log
                    log_squares += log * log
                    if line_words > 0 and lines <= MAX_LINES:
                        chain = _OFFSET
                        start = _OFFSET
                        for index in range(line_word, n_words):
                            chain = (chain ^ words[index]) * _PRIME
                            chain ^= chain >> _S31
                            if index < line_word + 2:
                                start = chain
                        if _seen(line_slots, tag, chain):
                            duplicates += 1
                            duplicate_chars += line_len
                        repeated_starts += _seen(line_slots, tag, (start * _GOLDEN) ^ _START)
                line_len = 0
                line_word = n_words
                first = last = before = 0
                continue
            if line_len == 0:
                first = point
            if first_kind == 0:
                first_kind = kind
            if kind == _BAD:
                bad += 1
            else:
                punctuation += 1
            if entry > _KIND:
                if (entry & _END) != 0:
                    sentences += position >= end or data[position] <= 32 or point >= 0x3000
                    ellipses += point == 0x2026 or (point == 46 and last == 46 and before != 46)
                brackets += (entry & _BRACKET) != 0
                quotes += (entry & _QUOTE) != 0
                commas += (entry & _COMMA) != 0
                currency += (entry & _CURRENCY) != 0
                separators += (entry & _SEPARATOR) != 0
                code += (entry & _CODE) != 0
                exclamations += (entry & _EXCLAMATION) != 0
            if point == 35:
                hashes += 1
            elif point == 58:
                urls += position + 1 < end and data[position] == 47 and data[position + 1] == 47
            elif point == 64:
                urls += token_len > 0 and position < end and data[position] >= 65
            token_len += 1
            line_len += 1
            chars[n_chars] = lowered
            n_chars += 1
            spaced = False
            before = last
            last = point

        total = squares = caps = titles = short_words = 0
        for index in range(word_start, n_words):  # an unsigned index is not asked whether it counts from the end
            entry = lengths[np.uint64(index)]
            length = entry & _LENGTH
            is_caps = np.int64((entry >> _CAPITALS_BIT) & _LENGTH == length) & np.int64(length > 1)
            whole = np.int64(entry >= _WHOLE)
            alpha_tokens += whole & (entry >> _LETTER_BIT)
            longest = max(longest, length)
            lengths[np.uint64(index)] = length
            total += length
            squares += length * length
            short_words += length <= 3
            caps += is_caps
            titles += (entry >> _TITLE_BIT) & 1 & (1 - is_caps)
        for byte in range(128):
            count = run_histogram[byte]
            histogram[byte] += count
            entry = ascii_entry[byte]
            script_letters[1] += count * ((entry >> 10) & 1)
            upper += count * ((entry >> 9) & 1)
            digits += count * ((entry >> 8) & ~(entry >> 10) & 1)
        letters = 0
        main = 0
        for index in range(_SCRIPTS):
            letters += script_letters[index]
            if script_letters[index] > script_letters[main]:
                main = index
        entropy = 0.0
        for index in range(256):
            if histogram[index] > 0:
                entropy += histogram[index] * np.log(histogram[index])
        main_scripts[here] = main
        row = counts[document]
        for index, value in enumerate((
            characters, n_words - word_start, tokens, alpha_tokens, lines, newlines, letters, upper, digits,
            punctuation, non_ascii, bad, quotes, brackets, code, commas, currency, separators, exclamations, ellipses,
            hashes, urls, sentences, script_letters[main], caps, titles, short_words, total, squares, longest,
            short_lines, terminal_lines, ellipsis_lines, bullet_lines, list_lines, lower_lines, duplicates,
            duplicate_chars, repeated_starts, line_chars,
        )):  # fmt: skip
            row[index] = value
        row[40] = log_sum
        row[41] = log_squares
        row[42] = np.log(characters) - entropy / characters if characters > 0 else 0.0
        row[43] = first_kind == _LOWER
        row[44] = terminal
        n_words = min(n_words, word_start + MAX_WORDS)
        n_chars = min(n_chars, char_start + MAX_CHARACTERS)
        word_ends[here] = n_words
        char_ends[here] = n_chars
