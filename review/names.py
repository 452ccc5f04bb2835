"""People's names: one person types one name in several ways, and two people may type names that look alike."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable


def tidy(name: str) -> str:
    """A name as it is stored: composed (NFC), single spaces, none at the ends, a straight apostrophe.

    Keyboards differ in these and nobody sees it, so without it one person would be two, and be given documents twice.
    """
    return " ".join(unicodedata.normalize("NFC", name).replace("\u2019", "'").split())


def twin(name: str, known: Iterable[str]) -> str | None:
    """The known name that this one differs from in case, width or separators alone; None when it is known, or new."""
    others = set(known)
    if name in others:
        return None
    return next((other for other in sorted(others) if _skeleton(other) == _skeleton(name)), None)


def same(one: str, other: str) -> bool:
    """Whether two names may be one person's: the same, or apart in case, width or separators alone."""
    return one == other or _skeleton(one) == _skeleton(other) != ""


def _skeleton(name: str) -> str:
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", name).casefold())
    return "".join(letter for letter in folded if letter.isalnum() or unicodedata.category(letter)[0] == "M")
