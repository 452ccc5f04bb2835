"""A change of the rubric, and what it means for the labels given before it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from pydantic import ValidationError

from review.errors import ReviewError, SettingsError
from review.keys import conflicts
from review.project import Project
from review.records import Rubric, RubricChoice
from review.rubric import anchors, says_the_same
from review.rubric_settings import RubricSettings
from review.settings import FILE_NAME, load_settings

Meaning = Literal["keep", "map", "again"]
MEANINGS: tuple[Meaning, ...] = ("keep", "map", "again")


@dataclass(frozen=True, slots=True)
class Change:
    """What one version asks that another did not."""

    guideline: bool  # another text
    added: tuple[str, ...]  # reasons
    removed: tuple[str, ...]
    renamed: tuple[str, ...]  # the same code under another name
    needs_reason: bool  # rejects must have a reason now
    score: bool  # a score is asked for otherwise, or is worth another verdict
    verdicts: tuple[str, ...]  # that are called or explained otherwise
    anchors: tuple[int, ...]  # scores that mean something else to a reader
    rule: bool  # several labels of a document become a verdict in another way
    quiet: bool  # keys, order or examples alone: nothing that any label could hang on

    @property
    def touches_labels(self) -> bool:
        """Whether a lead must say what it means for the labels given before."""
        asked = self.guideline or self.needs_reason or self.score or self.verdicts or self.anchors
        return bool(asked or self.added or self.removed or self.renamed)


@dataclass(frozen=True, slots=True)
class RubricView:
    """The rubric in force and what waits for a lead."""

    rubric: Rubric
    by: str
    versions: int
    labels: Mapping[str, int]  # that count now, by reason; "": rejects with none, "*": all
    said: Mapping[str, int]  # the same by verdict; "score": labels that came with one
    unsettled: tuple[int, ...]  # versions whose labels certify nothing until a lead says what the changes mean
    waiting: int  # current labels of these versions
    outdated_file: bool  # review.toml says something else


def unsettled_labels(project: Project) -> dict[int, int]:
    """Current labels of each version whose labels certify nothing until a lead says what the changes mean."""
    versions = [version for version, one in project.store.passages().items() if not one.settled]
    counts = project.store.labels_by_rubric() if versions else {}
    return {version: counts.get(version, 0) for version in versions}


def rubric_view(project: Project) -> RubricView:
    """Where the rubric stands."""
    store = project.store
    rows, unsettled = store.rubric_history(), unsettled_labels(project)
    latest = rows[-1]
    wished = project.settings.rubric.rubric(latest.rubric.version)
    return RubricView(
        rubric=latest.rubric,
        by=latest.by,
        versions=len(rows),
        labels=store.touched_labels(),
        said=store.touched_verdicts(),
        unsettled=tuple(unsettled),
        waiting=sum(unsettled.values()),
        outdated_file=wished != latest.rubric,
    )


def compare(before: Rubric, after: Rubric) -> Change:
    """What `after` asks that `before` did not."""
    old = {reason.code: reason.name for reason in before.reasons}
    new = {reason.code: reason.name for reason in after.reasons}
    worth = (before.score, before.keep_from if before.score == "instead" else None)
    return Change(
        guideline=before.guideline.split() != after.guideline.split(),
        added=tuple(code for code in new if code not in old),
        removed=tuple(code for code in old if code not in new),
        renamed=tuple(code for code in old if code in new and new[code] != old[code]),
        needs_reason=after.require_reason and not before.require_reason,
        score=worth != (after.score, after.keep_from if after.score == "instead" else None),
        verdicts=tuple(
            str(new.verdict)
            for old, new in zip(before.verdicts, after.verdicts, strict=True)
            if (old.name, old.hint.split()) != (new.name, new.hint.split())
        ),
        anchors=tuple(
            score
            for score, (old, new) in enumerate(zip(anchors(before), anchors(after), strict=True))
            if old.split() != new.split()
        ),
        rule=before.final != after.final,
        quiet=says_the_same(before, after) and before.final == after.final,
    )


def draft(project: Project, changes: Mapping[str, Any]) -> Rubric:
    """The next version with these settings changed. Raises SettingsError saying what cannot be."""
    now = project.store.rubric()
    wished = RubricSettings.of(now).model_dump() | dict(changes)
    try:
        whole = RubricSettings.model_validate(wished)
    except ValidationError as error:
        told = [problem["msg"].removeprefix("Value error, ") for problem in error.errors()]
        places = [".".join(str(part) for part in problem["loc"]) for problem in error.errors()]
        raise SettingsError(
            "\n".join(f"{place}: {text}." if place else f"{text}." for place, text in zip(places, told, strict=True))
        ) from None
    made = whole.rubric(now.version + 1)
    if clashes := conflicts(made, project.settings.desk.keys):
        raise SettingsError("\n".join(clashes))
    return made


def change_rubric(
    project: Project,
    changes: Mapping[str, Any],
    *,
    by: str,
    meaning: Meaning = "keep",
    mapping: Mapping[str, str] | None = None,
    again: Sequence[str] | None = None,
) -> Rubric:
    """Make the next version, and say at once what it means for the labels before; see `settle`."""
    after = draft(project, changes)
    before = project.store.rubric()
    if replace(after, version=before.version) == before:
        raise ReviewError("Nothing was changed, so there is no new version. Change something first.")
    choices = _choices(project, after, by, meaning, mapping, again)
    project.store.record_rubric(after, by)
    project.store.record_rubric_choices(choices)
    return after


def settle(
    project: Project,
    meaning: Meaning,
    *,
    by: str,
    mapping: Mapping[str, str] | None = None,
    again: Sequence[str] | None = None,
) -> tuple[RubricChoice, ...]:
    """Say what the newest change means for the labels before it; said again, it replaces what was said.

    keep: they stand as they are. map: they stand, and a reason of before counts as the one `mapping` names. again:
    those with a reason among `again` ("" are rejects without one), or all when it is None, count no more until they
    are given again, and their documents come back in the queue; `mapping` holds for the others. Changes before the
    newest that nobody has spoken about are taken to keep the labels.
    """
    after = project.store.rubric()
    if after.version == 1:
        raise ReviewError("The rubric has one version only, so there is nothing to say about an earlier one.")
    choices = _choices(project, after, by, meaning, mapping, again)
    project.store.record_rubric_choices(choices)
    return choices


def _choices(
    project: Project,
    after: Rubric,
    by: str,
    meaning: Meaning,
    mapping: Mapping[str, str] | None,
    again: Sequence[str] | None,
) -> tuple[RubricChoice, ...]:
    if meaning not in MEANINGS:
        raise ReviewError(f"A change can {', '.join(MEANINGS)} the labels before it; got {meaning!r}.")
    if meaning == "map" and not mapping:
        raise ReviewError("Say which reason counts as which, as old=new.")
    new = {reason.code for reason in after.reasons}
    strange = sorted(set((mapping or {}).values()) - new)
    if strange:
        raise ReviewError(f"{strange[0]!r} is no reason of version {after.version}; it has {', '.join(sorted(new))}.")
    known = set(project.store.touched_labels()) | {
        reason.code for row in project.store.rubric_history() for reason in row.rubric.reasons
    }
    unknown = sorted((set(mapping or {}) | set(again or ())) - known - {""})
    if unknown:
        raise ReviewError(
            f"{unknown[0]!r} was never a reason; those of before are {', '.join(sorted(known - {'', '*'}))}."
        )
    rows = project.store.rubric_history()
    settled, rubrics = project.store.rubric_choices(), {row.rubric.version: row.rubric for row in rows}
    earlier = [
        RubricChoice(version, by)
        for version in range(2, after.version)
        if version not in settled
        and not (
            version in rubrics and version - 1 in rubrics and says_the_same(rubrics[version - 1], rubrics[version])
        )
    ]
    every = meaning == "again" and again is None
    chosen = tuple(again or ()) if meaning == "again" else ()
    return (*earlier, RubricChoice(after.version, by, dict(mapping or {}), every, chosen))


def take_file(project: Project, *, by: str) -> Rubric:
    """Make the rubric of review.toml the next version, although the project's was changed in the app since."""
    wished = load_settings(project.root).rubric
    latest = project.store.rubric()
    after = wished.rubric(latest.version + 1)
    if replace(after, version=latest.version) == latest:
        raise ReviewError(f"{FILE_NAME} says what the project says already. Nothing to take over.")
    project.store.record_rubric(after, by)
    return after


def rubric_toml(rubric: Rubric) -> str:
    """The rubric as the [rubric] section of review.toml."""

    def quoted(text: str) -> str:
        return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")  # JSON's escapes are TOML's

    def inline(one: str | Mapping[str, str]) -> str:
        if isinstance(one, str):
            return quoted(one)
        return f"{{ {', '.join(f'{key} = {quoted(text)}' for key, text in one.items())} }}"

    plain = RubricSettings.of(rubric).model_dump()
    lines = ["[rubric]"]
    for name, value in plain.items():
        if isinstance(value, list):
            lines += [f"{name} = [", *(f"  {inline(one)}," for one in value), "]"]
        elif isinstance(value, bool):
            lines.append(f"{name} = {'true' if value else 'false'}")
        else:
            lines.append(f"{name} = {value if isinstance(value, int) else quoted(value)}")
    return "\n".join(lines) + "\n"
