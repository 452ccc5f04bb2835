"""What the desk asks and offers besides documents: the rubric and the keys, as one reviewer has them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from review.errors import NotFound, SettingsError
from review.keys import ACTS, REASON, Keys, lay, names_of_acts, why_no_key
from review.records import Rubric
from review.rubric import anchors
from review.settings import Settings
from review.store import Store

# Names of preferences.
_KEYS = "keys"
_READ = "guideline"  # the version of the rubric that the reviewer marked as read


def keys_of(store: Store, settings: Settings, reviewer: str, rubric: Rubric) -> Keys:
    """The keys as this reviewer has them."""
    return lay(rubric, settings.desk.keys, store.preferences(reviewer).get(_KEYS))


def rubric_json(store: Store, settings: Settings, reviewer: str) -> dict[str, Any]:
    """The rubric as the desk shows it to a reviewer, with the keys of its reasons and of the desk's acts."""
    rubric = store.rubric()
    keys = keys_of(store, settings, reviewer, rubric)
    return {
        "version": rubric.version,
        "reasons": [{"code": one.code, "name": one.name, "key": keys.reasons[one.code]} for one in rubric.reasons],
        "guideline": rubric.guideline,
        "examples": [{"reason": one.reason, "text": one.text, "note": one.note} for one in rubric.examples],
        "require_reason": rubric.require_reason,
        "reason_after": rubric.require_reason or settings.desk.reasons == "after",
        "score": rubric.score,
        "keep_from": rubric.keep_from,
        "hints": {str(one.verdict): one.hint for one in rubric.verdicts},
        "anchors": list(anchors(rubric)),
        "acts": {act: {"name": name, "key": keys.acts[act]} for act, name in names_of_acts(rubric).items()},
        "own": store.preferences(reviewer).get(_KEYS, {}),
        "problems": list(keys.problems),
        "read": _version_read(store, reviewer),
        "news": _news(store, reviewer, rubric),
    }


def mark_read(store: Store, reviewer: str, version: object) -> None:
    """Keep that a reviewer has read this version of the rubric; one read before a newer one changes nothing.

    Raises SettingsError for what is no version that there is.
    """
    newest = store.rubric().version
    if not isinstance(version, int) or isinstance(version, bool) or not 1 <= version <= newest:
        raise SettingsError(f"What is read is a version of the rubric, 1 to {newest}. Load the page again.")
    if version > (_version_read(store, reviewer) or 0):
        store.record_preference(_READ, version, reviewer)


def _version_read(store: Store, reviewer: str) -> int | None:
    """The version a reviewer marked as read last; None when they never did."""
    version = store.preferences(reviewer).get(_READ)
    return version if isinstance(version, int) else None


def _news(store: Store, reviewer: str, rubric: Rubric) -> dict[str, Any] | None:
    """What differs from the version a reviewer has read, and the lines of the guideline that are new; None for nothing.
    Who never said that they read one is taken to know the one they judged by; who has not judged yet knows none. Other
    keys are no news: the buttons show them."""
    version = _version_read(store, reviewer) or store.judged_by(reviewer, before=rubric.version)
    if version is None or version >= rubric.version:
        return None
    try:
        before = store.rubric(version)
    except NotFound:  # a damaged journal lost it: all of it may be new
        return {"since": version, "what": list(_PARTS), "lines": []}
    what = [name for name, part in _PARTS.items() if part(before) != part(rubric)]
    known = {line.strip() for line in before.guideline.split("\n")}
    lines = [line.strip() for line in rubric.guideline.split("\n") if line.strip() and line.strip() not in known]
    return {"since": version, "what": what, "lines": lines} if what else None


_PARTS: dict[str, Callable[[Rubric], object]] = {
    "the text": lambda one: one.guideline.split(),
    "the reasons": lambda one: {(reason.code, reason.name) for reason in one.reasons},
    "the examples": lambda one: one.examples,
    "what a judgement must say": lambda one: (one.require_reason, one.score, one.keep_from),
    "what verdicts are called": lambda one: one.verdicts,
    "what a score means": anchors,
}


def choose_keys(store: Store, settings: Settings, reviewer: str, wishes: object) -> None:
    """Keep a reviewer's own keys, in place of those they had: {act, or "reason." and a code: key}; {} for none.

    Raises SettingsError, saying which, when a key is none or would mean two things.
    """
    rubric = store.rubric()
    names = {*ACTS, *(REASON + one.code for one in rubric.reasons)}
    if not isinstance(wishes, Mapping) or not all(isinstance(key, str) for key in wishes.values()):
        raise SettingsError("Keys are given as what they do and which key. Load the page again.")
    for what, key in wishes.items():
        if what not in names:
            raise SettingsError(f"{str(what)[:60]!r} is nothing a key can do here. Load the page again.")
        why = why_no_key(key)
        if why is not None:
            raise SettingsError(why)
    keys = lay(rubric, settings.desk.keys, wishes)
    of_the_project = lay(rubric, settings.desk.keys).problems
    problems = [one for one in keys.problems if one not in of_the_project]
    if problems:
        raise SettingsError(problems[0])
    store.record_preference(_KEYS, dict(wishes), reviewer)
