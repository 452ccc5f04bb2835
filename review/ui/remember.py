"""What a page computed, kept until what it rests on changes: a page is drawn at every click."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from typing import Any, TypeVar

from review.project import Project

Value = TypeVar("Value")
_KEPT: dict[tuple[str, str], tuple[Hashable, Any]] = {}


def remembered(
    project: Project, kind: str, rests_on: Hashable, compute: Callable[[], Value], *, hold: bool = False
) -> Value:
    """The value of this kind for the project; computed anew when `rests_on` is another one than last time.

    hold: not now, if there is one at all.
    """
    name = (str(project.root), kind)
    kept = _KEPT.get(name)
    if kept is None or (kept[0] != rests_on and not hold):
        kept = _KEPT[name] = (rests_on, compute())
    value: Value = kept[1]
    return value


def forget(project: Project, kind: str) -> None:
    """Drop a value, because something it rests on changed that no journal tells of."""
    _KEPT.pop((str(project.root), kind), None)
