"""Values from the cells of label files, whatever kind of file they come from; what is none refuses its row."""

from __future__ import annotations

import math
from datetime import UTC, date, datetime
from typing import Any


class Bad(Exception):
    """Why a row is refused: code and sentence."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(detail)
        self.reason = reason


def text(value: Any, name: str) -> str:
    """Text, '' for an empty cell. Numbers are written out; bytes must be UTF-8. Raises Bad."""
    if empty(value):
        return ""
    if isinstance(value, bytes):
        try:
            return value.decode("utf-8")
        except UnicodeDecodeError:
            raise Bad("not_utf8", f"The {name} is {short(value)}, bytes that are not UTF-8.") from None
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise Bad("not_text", f"The {name} is {short(value)}; allowed is text.")
    return str(value)


def codes(value: Any) -> tuple[str, ...]:
    """Reason codes, each once: a list, or text joined by ';'. Raises Bad."""
    parts = value if isinstance(value, list | tuple) else text(value, "reasons").split(";")
    found = (text(part, "reasons").strip() for part in parts)
    return tuple(dict.fromkeys(code for code in found if code))


def score(value: Any) -> int | None:
    """A whole number from 0 to 5, or None. Raises Bad."""
    number = _whole(value)
    if number is not None and number not in range(6):
        raise Bad("bad_score", f"The score is {short(value)}; allowed are the whole numbers 0 to 5.")
    return number


def version(value: Any) -> int | None:
    """A rubric version, or None. Raises Bad."""
    number = _whole(value)
    if number is not None and number < 1:
        raise Bad("bad_rubric", f"The rubric version is {short(value)}; allowed are whole numbers from 1.")
    return number


def seconds(value: Any) -> float:
    """Active seconds, 0 for an empty cell. Raises Bad."""
    number = 0.0 if empty(value) else _number(value)
    if not 0 <= number < math.inf:
        raise Bad("bad_seconds", f"The seconds are {short(value)}; allowed is a number of at least 0.")
    return number


def time(value: Any) -> datetime | None:
    """A naive UTC time, or None. Raises Bad."""
    if empty(value):
        return None
    said = str(value) if isinstance(value, date) and not isinstance(value, datetime) else value
    try:
        at = said if isinstance(said, datetime) else datetime.fromisoformat(text(said, "time"))
        return at if at.tzinfo is None else at.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise Bad("bad_time", f"The time is {short(value)}; allowed is ISO 8601, as 2026-11-22T09:30:00Z.") from None


def empty(value: Any) -> bool:
    """Whether a cell says nothing."""
    return value is None or value == "" or (isinstance(value, float) and math.isnan(value))


def short(value: Any) -> str:
    """What was got, for a message: never long, and never a walk into something nested."""
    if isinstance(value, list | tuple | dict):
        return f"a {type(value).__name__}"
    shown = repr(value)
    return shown if len(shown) <= 60 else shown[:59] + "…"


def _number(value: Any) -> float:
    """The value as a number; NaN, which every range refuses, when it is none. True is no number."""
    try:
        return math.nan if isinstance(value, bool) else float(value)
    except (TypeError, ValueError, OverflowError):
        return math.nan


def _whole(value: Any) -> int | None:
    """The value as a whole number; -1, which every range refuses, when it is none."""
    if empty(value) or type(value) is int:
        return value if type(value) is int else None
    number = _number(value)  # a CSV has text, and pandas makes 2.0 of a 2 in a column with gaps
    return int(number) if number.is_integer() else -1
