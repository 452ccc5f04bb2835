"""Metadata as plain JSON values, and the hash of a text."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import math
from collections.abc import Mapping
from typing import Any

# Unasked metadata longer than this, as JSON characters, is left out and says so: embeddings, raw HTML.
MAX_VALUE = 4096


def content_hash(text: str) -> str:
    """sha256 of the text's UTF-8 bytes, lone surrogates passed through, as hex."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def plain_metadata(values: Mapping[str, Any], *, whole: bool) -> dict[str, Any]:
    """Values that JSON can hold: numbers and strings stay, dates become ISO 8601, decimals strings, bytes their length.

    With `whole` false a value longer than `MAX_VALUE` is replaced by a note of its length.
    """
    return {plain(name): _one(value, whole) for name, value in values.items()}


def _one(value: Any, whole: bool) -> Any:
    try:
        made = plain(value)
        size = len(made) if isinstance(made, str) else 0
        if isinstance(made, (list, dict)):
            size = len(json.dumps(made))
    except RecursionError:
        return "(left out: nested too deeply)"
    return made if whole or size <= MAX_VALUE else f"(left out: {size:,} characters)"


def plain(value: Any) -> Any:
    """One value as JSON can hold it. NaN and infinities, which JSON lacks, become strings."""
    if value is None or isinstance(value, (bool, int)):
        return value
    if isinstance(value, str):
        # Arrow and DuckDB cannot hold lone surrogates.
        return value.encode("utf-8", "backslashreplace").decode("utf-8")
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, (dt.datetime, dt.date, dt.time)):
        return value.isoformat()
    if isinstance(value, dt.timedelta):
        return value.total_seconds()
    if isinstance(value, (bytes, bytearray, memoryview)):
        return f"({len(value):,} bytes)"
    if isinstance(value, Mapping):
        return {str(plain(key)): plain(inside) for key, inside in value.items()}
    if isinstance(value, (list, tuple, set)):
        return [plain(inside) for inside in value]
    return plain(str(value))
