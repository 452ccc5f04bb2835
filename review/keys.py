"""The desk's keys: what each act is called, its key, and how a project's and a reviewer's own keys are laid over them.

Left hand says why, right hand says what. A key means one thing; where two layers want the same key, the layer below
keeps it and the wish is named as a problem, so that no key ever does what its button does not say.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from review.records import Rubric

# act -> (name on the key sheet, key)
ACTS: dict[str, tuple[str, str]] = {
    "keep": ("Keep", "j"),
    "unsure": ("Unsure", "k"),
    "reject": ("Reject", "l"),
    "undo": ("Undo", "u"),
    "later": ("Later", "o"),
    "note": ("Note", "n"),
    "guideline": ("Guideline", "m"),
    "neighbours": ("Neighbours", "y"),
    "highlights": ("Highlights", "h"),
    "hidden": ("Hidden characters", "v"),
    "markBack": ("Mark back", ","),
    "markNext": ("Mark next", "."),
    "find": ("Find", "/"),
    "panel": ("Panel", "i"),
    "pause": ("Pause", "p"),
    "larger": ("Larger text", "+"),
    "smaller": ("Smaller text", "-"),
    "keys": ("Keys", "?"),
}
REASON = "reason."  # before a reason's code, where a reviewer gives a reason another key
KEY = re.compile(r"[a-z6-9,./?+\-=;'\[\]\\]")
ALLOWED = "one small letter, a digit from 6 to 9, or one of , . / ? + - = ; ' [ ] \\"


@dataclass(frozen=True, slots=True)
class Keys:
    """Which key does what for one reviewer. An act whose key went to something else has none, the mouse still does."""

    acts: Mapping[str, str]
    reasons: Mapping[str, str]  # by code
    problems: tuple[str, ...] = ()  # wishes that were left out, as sentences


def why_no_key(key: object) -> str | None:
    """Why this cannot be a key of the desk, as a sentence; None when it can."""
    if isinstance(key, str) and KEY.fullmatch(key):
        return None
    return f"{key!r} cannot be a key of the desk; allowed is {ALLOWED}."


def conflicts(rubric: Rubric, project: Mapping[str, str]) -> list[str]:
    """What is wrong with a project's keys for acts beside the keys its rubric gives, as sentences."""
    return list(lay(rubric, project).problems)


def names_of_acts(rubric: Rubric) -> dict[str, str]:
    """What each act of the desk is called: the verdicts as the rubric calls them."""
    return {act: name for act, (name, _) in ACTS.items()} | {str(one.verdict): one.name for one in rubric.verdicts}


def lay(rubric: Rubric, project: Mapping[str, str], own: Mapping[str, str] | None = None) -> Keys:
    """The keys of a project, and of a reviewer with wishes of their `own` (acts, or "reason." and a code).

    The rubric's keys for verdicts and reasons come first, over them `[desk.keys]`, over them the reviewer's own.
    """
    names = names_of_acts(rubric) | {REASON + one.code: one.name for one in rubric.reasons}
    taken = {act: key for act, (_, key) in ACTS.items()} | {REASON + one.code: one.key for one in rubric.reasons}
    taken |= {str(one.verdict): one.key for one in rubric.verdicts if one.key}
    problems: list[str] = []
    for wishes in (project, own or {}):
        taken = _over(taken, {what: key for what, key in wishes.items() if what in names}, names, problems)
    return Keys(
        acts={what: key for what, key in taken.items() if what in ACTS},
        reasons={what.removeprefix(REASON): key for what, key in taken.items() if what not in ACTS},
        problems=tuple(problems),
    )


def _over(
    below: Mapping[str, str], wishes: Mapping[str, str], names: Mapping[str, str], problems: list[str]
) -> dict[str, str]:
    """`wishes` over the keys `below`; wishes that would give one key two meanings are left out."""
    taken = {**below, **wishes}
    left = {what for what, key in wishes.items() if below[what] != key}
    while clash := _first_clash(taken):
        key, both = clash
        problems.append(
            f"Key {key.upper()} would mean both {' and '.join(repr(names[what]) for what in both)}. "
            "Give one of them another key."
        )
        undone = [what for what in both if what in left]
        for what in undone:
            taken[what] = below[what]
        left -= set(undone)
        if not undone:  # below itself is at odds: a reason keeps its key, the desk's act waits for another
            taken[next(what for what in both if what in ACTS)] = ""
    return taken


def _first_clash(taken: Mapping[str, str]) -> tuple[str, list[str]] | None:
    counted = Counter(key for key in taken.values() if key)
    for key, number in counted.items():
        if number > 1:
            return key, [what for what, other in taken.items() if other == key]
    return None
