"""What the desk asks and offers besides documents: the rubric and the keys, as one reviewer has them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from review.errors import SettingsError
from review.keys import ACTS, REASON, Keys, lay, names_of_acts, why_no_key
from review.records import Rubric
from review.rubric import anchors
from review.settings import Settings
from review.store import Store

_KEYS = "keys"  # the preference's name


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
