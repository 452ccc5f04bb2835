"""What every character is: kind, lower case, script and marks, as three tables of 65,536 entries.

Source: the general categories and names of Python's `unicodedata`. Characters above U+FFFF have no entry of
their own: Han ideographs (U+20000 to U+31FFF) count as U+4E00, everything else (emoji, rare scripts) as the
symbol U+2605. Lone surrogates are "bad" characters.
"""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from review.cache import cached

LOWER, UPPER, DIGIT, MARK, SPACE, NEWLINE, PUNCTUATION, SYMBOL, BAD, HAN = range(1, 11)
KIND_MASK = 15  # the low four bits of a table entry; the flags below stand above them
SENTENCE_END, CLOSING, BULLET, BRACKET, QUOTE, COMMA, CURRENCY, SEPARATOR, CODE, EXCLAMATION = (
    1 << bit for bit in range(4, 14)
)
FLAGGED = {
    SENTENCE_END: ".!?。！？।؟۔…",
    CLOSING: "\"'”’»)]",
    BULLET: "•-*·–—▪●◦‣",
    BRACKET: "()[]",
    QUOTE: '"“”„«»',
    COMMA: ",、，،",
    CURRENCY: "$€£¥₹",
    SEPARATOR: "|»›·>•→/\\",
    CODE: "{}<>;=_\\",
    EXCLAMATION: "!?！？؟",
}
NEWLINES = "\n\x85\u2028\u2029"
BLANKS = "\t\x0b\x0c\r"  # control characters that separate words; category Z does too

SCRIPTS = (
    "none", "latin", "cyrillic", "greek", "arabic", "hebrew", "other", "han", "kana", "hangul", "southeast-asian",
    "georgian", "armenian", "ethiopic", "devanagari",
)  # fmt: skip
_SCRIPT_OF_NAME = {
    "LATIN": 1, "CYRILLIC": 2, "GREEK": 3, "ARABIC": 4, "HEBREW": 5, "CJK": 7, "HIRAGANA": 8, "KATAKANA": 8,
    "HANGUL": 9, "THAI": 10, "LAO": 10, "KHMER": 10, "MYANMAR": 10, "GEORGIAN": 11, "ARMENIAN": 12,
    "ETHIOPIC": 13, "DEVANAGARI": 14,
}  # fmt: skip
_HAN_SCRIPTS = (7, 8)
HAN_STAND_IN = 0x4E00
SYMBOL_STAND_IN = 0x2605


@dataclass(frozen=True)
class CharacterTables:
    """Three tables indexed by code point (0..65535)."""

    kind: NDArray[np.uint16]  # kind in the low four bits, flags above
    lower: NDArray[np.uint16]  # lower-case code point; "0" for every digit
    script: NDArray[np.uint8]  # index into SCRIPTS, letters only


@lru_cache(maxsize=1)
def character_tables() -> CharacterTables:
    """The tables for this Python's Unicode version."""
    key = hashlib.sha256(unicodedata.unidata_version.encode() + Path(__file__).read_bytes()).hexdigest()[:24]
    data = cached(f"characters-{key}", lambda: b"".join(table.tobytes() for table in _made_tables()))
    pairs = np.frombuffer(data, np.uint16, 2 * 65536).reshape(2, 65536)
    return CharacterTables(pairs[0], pairs[1], np.frombuffer(data, np.uint8, offset=pairs.nbytes))


def _made_tables() -> tuple[NDArray[np.uint16], NDArray[np.uint16], NDArray[np.uint8]]:
    kind = np.zeros(65536, np.uint16)
    lower = np.arange(65536, dtype=np.uint16)
    script = np.zeros(65536, np.uint8)
    for point in range(65536):
        character = chr(point)
        category = unicodedata.category(character)
        if category[0] == "L":
            script[point] = _script(character)
            cased = UPPER if category in ("Lu", "Lt") else LOWER
            kind[point] = HAN if script[point] in _HAN_SCRIPTS else cased
            lowered = character.lower()
            if kind[point] != HAN and len(lowered) == 1:
                lower[point] = ord(lowered)
        else:
            kind[point] = _kind(character, category)
            if kind[point] == DIGIT:
                lower[point] = ord("0")
    for flag, characters in FLAGGED.items():
        for character in characters:
            kind[ord(character)] |= flag
    return kind, lower, script


def fold_point(point: int) -> int:
    """The code point that stands for `point` in the tables."""
    if point <= 0xFFFF:
        return point
    return HAN_STAND_IN if 0x20000 <= point < 0x32000 else SYMBOL_STAND_IN


def _script(letter: str) -> int:
    if letter < "\x80":
        return 1
    first = unicodedata.name(letter, "").partition(" ")[0].partition("-")[0]
    return _SCRIPT_OF_NAME.get(first, SCRIPTS.index("other"))


def _kind(character: str, category: str) -> int:
    if character in NEWLINES:
        return NEWLINE
    if category[0] == "Z" or character in BLANKS:
        return SPACE
    if character == "\ufffd":
        return BAD
    if category[0] == "N":
        return DIGIT
    if category in ("Mn", "Mc", "Cf"):
        return MARK
    if category[0] == "P":
        return PUNCTUATION
    if category[0] == "S":
        return SYMBOL
    return BAD  # control, private use, surrogate, unassigned, enclosing marks
