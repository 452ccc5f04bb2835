"""CSV cells that no spreadsheet runs as a formula, and that come back exactly as they were.

A cell that begins with one of = + - @ tab or carriage return would be a formula when the file is opened in a
spreadsheet. It gets an apostrophe in front, and so does a cell that begins with an apostrophe already: then taking one
leading apostrophe off undoes it for every text. `unguard` is for files that `guard` wrote, not for anybody's CSV.
"""

from __future__ import annotations

GUARDED = ("=", "+", "-", "@", "\t", "\r", "'")


def guard(cell: str) -> str:
    """The cell, harmless in a spreadsheet."""
    return f"'{cell}" if cell.startswith(GUARDED) else cell


def unguard(cell: str) -> str:
    """What `guard` was given."""
    return cell[1:] if cell.startswith("'") else cell


def whole_characters(text: str) -> str:
    """The text with halves of surrogate pairs, which no UTF-8 file can hold, replaced by U+FFFD."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
