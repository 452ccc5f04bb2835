"""The rubric: what readers are asked, changed as a whole, with what a change means for the labels given before it.

Every change is a new version. Before it is made the page says how many labels it touches, and a lead says what becomes
of them: they stand, they stand under other reasons, or they must be given again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import streamlit as st

from review import workflow
from review.errors import SettingsError
from review.project import Project
from review.records import Rubric
from review.ui import parts, rubric_form, words
from review.workflow import rubrics
from review.workflow.rubrics import Change, RubricView

_MEANINGS = {
    "keep": "Keep: the labels stand as they are",
    "map": "Map: they stand, under other reasons",
    "again": "Give again: they count no more until the documents are judged again",
}
_NONE = "(rejects without a reason)"


def render(project: Project, reviewer: str, *, lead: bool = True) -> None:
    """Draw the page."""
    view = workflow.rubric_view(project)
    of = "the first one" if view.versions == 1 else f"of {words.number(view.versions)}"
    parts.heading("Rubric", f"version {view.rubric.version}, {of}, by {view.by}")
    parts.show_said()
    _waiting(project, view, reviewer, lead)
    if view.outdated_file and view.by != "review.toml":
        parts.quiet(
            "review.toml holds another version. The project's counts; `review rubric --toml` prints it for the file."
        )
    left, right = st.columns([1.5, 1])
    with left:
        changes = rubric_form.form(project, view, lead)
    with right:
        _change(project, view, changes, reviewer, lead)
        parts.section("The guideline as it reads")
        box = st.container(border=True, height=320)
        box.markdown(changes["guideline"])  # a lead's own Markdown, as Streamlit renders it: without HTML


# -- what a change means --


def _change(project: Project, view: RubricView, changes: Mapping[str, Any], reviewer: str, lead: bool) -> None:
    parts.section("What your change means")
    if not lead:
        parts.quiet("Only a lead changes the rubric. Change your role at the top right.")
        return
    try:
        after = rubrics.draft(project, changes)
    except SettingsError as error:
        parts.note("reject", "This cannot be.", str(error))
        return
    change = rubrics.compare(view.rubric, after)
    said = _said(change, view.labels, view.said)
    if not said and replace(after, version=view.rubric.version) != view.rubric:
        said = ["Keys, order or examples alone: no label hangs on them."]
    if not said:
        parts.quiet("Nothing is changed yet. Change a field; this says what it touches before anything is made.")
        return
    parts.points([("plus", "", sentence) for sentence in said])
    meaning, mapping, again = "keep", dict[str, str](), None
    if change.touches_labels and view.labels.get("*"):
        meaning, mapping, again = _meaning(after, view, change)
    elif change.rule:
        parts.quiet("No label is touched. Final verdicts, and with them certificates, may change at once.")
    pressed = st.button(f"Make version {after.version}", key="rubric-go", type="primary")
    if parts.pressed_as_shown(pressed, "rubric-go", (changes, meaning, mapping, again)):
        _make(project, dict(changes), reviewer, meaning, mapping, again)
        parts.go("rubric")  # what stands above was drawn before


def _said(change: Change, labels: Mapping[str, int], spoken: Mapping[str, int]) -> list[str]:
    """What is changed and how many labels it touches, as sentences."""
    every = words.plural(labels.get("*", 0), "label")
    said = [f"Removed: {code}. {words.plural(labels.get(code, 0), 'label')} named it." for code in change.removed]
    said += [f"New name for {code}. {words.plural(labels.get(code, 0), 'label')} named it." for code in change.renamed]
    said += [f"New: {code}. Nobody could name it in the {every} so far." for code in change.added]
    if change.guideline:
        said.append(f"Another guideline. It may touch any of the {every} so far.")
    for verdict in change.verdicts:
        said.append(f"Other words for {verdict}. {words.plural(spoken.get(verdict, 0), 'label')} said it.")
    if change.anchors:
        scores = words.listed([str(score) for score in change.anchors], 6)
        said.append(
            f"Another meaning of score {scores}. {words.plural(spoken.get('score', 0), 'label')} came with one."
        )
    if change.needs_reason:
        said.append(f"A reject needs a reason. {words.plural(labels.get('', 0), 'reject')} so far came without.")
    if change.score:
        said.append(f"The score is asked for otherwise. It may touch any of the {every} so far.")
    if change.rule:
        said.append("Several labels of a document come to a verdict in another way.")
    return said


def _meaning(after: Rubric, view: RubricView, change: Change) -> tuple[str, dict[str, str], list[str] | None]:
    """The lead's choice, with the reasons it maps and those whose labels must be given again (None: all)."""
    meaning = st.radio(
        "The labels given before", list(_MEANINGS), key=f"rubric-meaning-{after.version}",
        format_func=lambda name: _MEANINGS[name],
    )  # fmt: skip
    new = [reason.code for reason in after.reasons]
    old = [code for code in view.labels if code not in ("", "*")]
    mapping: dict[str, str] = {}
    if meaning == "map":
        for code in dict.fromkeys([*change.removed, *[code for code in old if code not in new]]):
            chosen = st.selectbox(f"{code} counts as", [code, *new], key=f"rubric-map-{after.version}-{code}")
            if chosen != code:
                mapping[code] = chosen
    if meaning != "again":
        return meaning, mapping, None
    named = st.multiselect(
        "Only those with a reason among (none: all of them)", [_NONE, *old], key=f"rubric-again-{after.version}",
        default=[code for code in (*change.removed, *change.renamed) if code in old],
    )  # fmt: skip
    chosen_codes = ["" if code == _NONE else code for code in named]
    count = sum(view.labels.get(code, 0) for code in chosen_codes) if named else view.labels.get("*", 0)
    parts.quiet(f"Up to {words.plural(count, 'label')} to be given again; their documents come back in the queue.")
    return meaning, mapping, chosen_codes or None


def _make(
    project: Project,
    changes: dict[str, Any],
    reviewer: str,
    meaning: Any,
    mapping: dict[str, str],
    again: list[str] | None,
) -> None:
    parts.act(
        lambda: workflow.change_rubric(project, changes, by=reviewer, meaning=meaning, mapping=mapping, again=again),
        lambda made: f"Version {made.version} is in force.",
        failed="The rubric is as it was.",
    )


def _waiting(project: Project, view: RubricView, reviewer: str, lead: bool) -> None:
    """A change nobody has spoken about: from review.toml, where it can only be made, not explained."""
    if not view.waiting:
        return
    parts.note(
        "attention", f"{words.plural(view.waiting, 'label')} certify nothing yet.",
        "They were given under a version that said something else, and nobody has said what the change means for them.",
    )  # fmt: skip
    if not lead:
        return
    with st.container(horizontal=True, gap="small"):
        st.button("Keep them", key="rubric-keep", on_click=_settle, args=(project, "keep", reviewer))
        st.button("Have them given again", key="rubric-again", on_click=_settle, args=(project, "again", reviewer))


def _settle(project: Project, meaning: Any, reviewer: str) -> None:
    told = {"keep": "The labels stand.", "again": "The documents come back in the queue."}[meaning]
    parts.act(lambda: workflow.settle(project, meaning, by=reviewer), told)
