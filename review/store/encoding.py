"""Any text in, the same text out: strings as DuckDB takes them, JSON as the journal takes it.

DuckDB stores valid Unicode only, but documents and notes may hold lone surrogates (half an emoji from a browser,
a `\\ud800` escape in a JSONL file). `pack` writes those as an escape that starts with the noncharacter U+FDD0, which
no real text needs, and `unpack` reads them back; all other text is stored as it is and stays searchable.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

_ESCAPE = "\ufdd0"
_TO_PACK = re.compile("[\ud800-\udfff\ufdd0]")
_TO_UNPACK = re.compile("\ufdd0([0-9a-f]{4})")


def pack(text: str) -> str:
    """The text as valid Unicode, reversible with `unpack`."""
    return _TO_PACK.sub(lambda match: f"{_ESCAPE}{ord(match[0]):04x}", text)


def unpack(stored: str) -> str:
    """The text that `pack` was given."""
    if _ESCAPE not in stored:
        return stored
    return _TO_UNPACK.sub(lambda match: chr(int(match[1], 16)), stored)


def content_hash(text: str) -> str:
    """sha256 of the text's UTF-8 bytes, lone surrogates passed through, in hex: the document's identity."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def to_json(value: Any) -> str:
    """Canonical JSON: keys sorted, no spaces, ASCII only, so that any text survives any editor and file system.

    Raises ValueError or TypeError for what JSON cannot hold (NaN, infinity, unknown types).
    """
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def metadata_to_json(metadata: Mapping[str, Any]) -> str:
    """A document's metadata as JSON; values JSON has no word for (dates, decimals) become their text."""
    return json.dumps(dict(metadata), separators=(",", ":"), ensure_ascii=True, default=str)


def to_runs(numbers: Iterable[int]) -> list[list[int]]:
    """Sorted whole numbers as [first, length] runs: millions of refused rows in a row take one pair."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][0] + runs[-1][1]:
            runs[-1][1] += 1
        else:
            runs.append([int(number), 1])
    return runs


def from_runs(runs: Iterable[Iterable[int]]) -> tuple[int, ...]:
    """The numbers that `to_runs` was given."""
    return tuple(number for first, length in runs for number in range(first, first + length))
