"""Where readers differ: the text, what each of them said, and a lead's last word, one document after another.

The lead sees verdicts, reasons and notes, for these are the arguments, but not whose they are: a name weighs more than
an argument. Names appear once the lead has judged, or when asked for, which is kept with the verdict.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import streamlit as st

from review import workflow
from review.errors import ReviewError
from review.final import given_since
from review.project import Project
from review.records import Adjudication, Label, Stream, Verdict
from review.ui import parts, words
from review.ui.pages.shard import MARK
from review.ui.ruling import ruling
from review.workflow import adjudicating
from review.workflow.adjudicating import Case, Effect

_TITLES = {"differ": "Differ", "since": "Judged since", "unsure": "Unsure", "settled": "Settled"}
_LOOK: dict[Verdict, parts.Kind] = {Verdict.KEEP: "keep", Verdict.UNSURE: "plain", Verdict.REJECT: "reject"}
_ICON = {Verdict.KEEP: "check", Verdict.UNSURE: "question", Verdict.REJECT: "cross"}
_EMPTY = {
    "differ": ("No document waits for you.", "Readers agree on every document that two of them have read."),
    "since": (
        "Nothing was judged otherwise since.",
        "A label given after a lead's verdict is listed here if it differs.",
    ),
    "unsure": ("Nobody is unsure.", "Documents whose readers could not tell are listed here."),
    "settled": ("Nothing is settled yet.", "Documents you have ruled on stay here, to be looked at again."),
}


def render(project: Project, reviewer: str, *, lead: bool = True) -> None:
    """Draw the page."""
    if not lead:
        parts.heading("Adjudicate")
        parts.quiet("Where readers differ, a lead has the last word. Change your role at the top right to be one.")
        return
    _work(project, reviewer)


@st.fragment
def _work(project: Project, lead: str) -> None:
    found = adjudicating.cases(project)
    by_kind = {kind: [one for one in found if one.kind == kind] for kind in adjudicating.KINDS}
    parts.heading("Adjudicate", f"Your verdict is final, the labels stay. Rule: {project.store.rubric().final}")
    st.session_state.setdefault("adjudicate-kind", next((kind for kind in by_kind if by_kind[kind]), "differ"))
    kind = st.segmented_control(
        "Which documents", adjudicating.KINDS, key="adjudicate-kind", label_visibility="collapsed", required=True,
        format_func=lambda kind: f"{_TITLES[kind]} {words.number(len(by_kind[kind]))}",
    )  # fmt: skip
    with st.container():  # always there: what stands below must keep its place, or the browser would draw it twice
        parts.show_said()
        _done(project)
    waiting = by_kind[kind or "differ"]
    skipped: set[str] = st.session_state.setdefault("adjudicate-skipped", set())
    left = [one for one in waiting if one.document.doc_id not in skipped]
    if left:
        _case(project, lead, left[0], len(left))
        return
    parts.line(*_EMPTY[kind or "differ"] if not waiting else ("You have passed over the rest.", ""))
    if waiting:
        st.button("Start again", key="adjudicate-again", on_click=skipped.clear)
    if st.session_state["adjudicate-done"]:
        back = {"act": "undo", "doc_id": ""}
        st.button("Undo the last verdict", key="adjudicate-undo", on_click=act, args=(project, lead, back, False))


def _case(project: Project, lead: str, case: Case, waiting: int) -> None:
    one = case.document
    names = bool(st.session_state.get("adjudicate-names")) or case.kind == "settled"
    rubric = project.store.rubric()
    left, right = st.columns([1.6, 1])
    with left:
        held = one.adjudication.adjudication_id if one.adjudication else ""
        st.session_state["adjudicate-saw"] = {one.doc_id: held}  # what the next key rules over
        found = project.store.documents([one.doc_id], missing="skip")
        if not found:
            parts.quiet("The text of this document is not available: its file has changed since it was drawn.")
        ruling(
            one.doc_id, found[0].text if found else "", lambda said: act(project, lead, said, names),
            verdicts=rubric.verdicts, undo=bool(st.session_state["adjudicate-done"]),
            whole=st.session_state.get("adjudicate-whole") == one.doc_id,
        )  # fmt: skip
    with right, st.container(key="adjudicate-panel"):
        of = f"{words.number(waiting)} left" if waiting > 1 else "the last one"
        parts.section("Audit document" if one.stream is Stream.AUDIT else "Training document", of)
        reasons = {reason.code: reason.name for reason in rubric.reasons}
        since = {label.label_id for label in given_since(one)}
        parts.block(
            "".join(_label(at, label, reasons, names, since) for at, label in enumerate(adjudicating.order(one)))
        )
        if one.adjudication:
            _ruled(one.adjudication, reasons)
        _answer(project, lead, case, reasons)
        _effects(project, case)


def _label(at: int, label: Label, reasons: dict[str, str], names: bool, since: set[str]) -> str:
    """One reader's judgement, as HTML."""
    assert label.verdict is not None
    who = label.reviewer if names else f"Reader {chr(65 + at % 26)}"
    facts = [", ".join(reasons.get(code, code) for code in label.reasons)]
    facts += [f"score {label.score}"] if label.score is not None else []
    facts += [words.seconds(label.seconds)] if label.seconds else []
    facts += ["given since your verdict"] if label.label_id in since else []
    chip = parts.badge(label.verdict.value, _LOOK[label.verdict], _ICON[label.verdict])
    told = parts.escaped(" · ".join(fact for fact in facts if fact))
    note = f'<p class="said">{parts.escaped(label.note)}</p>' if label.note else ""
    return (
        f'<div class="reader"><div class="row">{chip}<b>{parts.escaped(who)}</b><span class="t2 sm">{told}</span></div>'
        f"{note}</div>"
    )


def _ruled(word: Adjudication, reasons: dict[str, str]) -> None:
    assert word.verdict is not None
    why = ", ".join(reasons.get(code, code) for code in word.reasons)
    parts.quiet(f"{word.by} ruled {' · '.join(fact for fact in (word.verdict.value, why, word.note) if fact)}.")


def _answer(project: Project, lead: str, case: Case, reasons: dict[str, str]) -> None:
    one = case.document
    given = sorted({code for label in one.labels for code in label.reasons} & set(reasons))
    st.multiselect(
        "Reasons of your verdict", list(reasons), format_func=lambda code: reasons[code],
        key=f"adjudicate-reasons-{one.doc_id}", placeholder=_hint(reasons, given),
    )  # fmt: skip
    st.text_area("Note, kept with your verdict", key=f"adjudicate-note-{one.doc_id}", height=68)
    with st.container(horizontal=True, gap="small", vertical_alignment="center"):
        st.toggle("Show names", key="adjudicate-names")
        if one.adjudication:
            st.button(
                "Take the verdict back", key="adjudicate-back", type="tertiary",
                on_click=_take_back, args=(project, lead, one.doc_id, one.adjudication.adjudication_id),
            )  # fmt: skip


def _hint(reasons: dict[str, str], given: list[str]) -> str:
    return f"Readers named {', '.join(reasons[code] for code in given)}" if given else "None"


def _effects(project: Project, case: Case) -> None:
    found = adjudicating.effects(project, case.document)
    if not found:
        parts.quiet("Training documents change no certificate; the next training learns your verdict.")
        return
    rows = "".join(
        f'<tr><th scope="row">{MARK[verdict]}</th><td>{parts.escaped(_told(effect))}</td></tr>'
        for verdict, effect in found.items()
    )
    parts.block(f'<h3>The certificate of its shard</h3><table class="effects">{rows}</table>')


def _told(effect: Effect) -> str:
    if not effect.changes:
        return "stays as it is"
    said = f"{effect.sentence.rstrip('.')}, {effect.state}"
    return f"{said}; the decision goes stale: {', '.join(effect.stale)}" if effect.stale else said


def _done(project: Project) -> None:
    """What was just done, and who had said what."""
    done: list[Adjudication] = st.session_state.setdefault("adjudicate-done", [])
    if not done:
        return
    found = project.store.labelled_documents(only=[done[-1].doc_id])  # none once every word on it was taken back
    said = words.listed([f"{one.reviewer} {one.verdict}" for document in found for one in document.labels], 6)
    parts.note("keep", f"You ruled {done[-1].verdict}.", f"{said}. U takes it back." if said else "U takes it back.")


# -- what keys and buttons do --


def act(project: Project, lead: str, said: Mapping[str, Any], names: bool) -> None:
    """Do what a key asked for, of the document it was pressed on."""
    doc_id, what = said["doc_id"], said.get("act")
    if what in tuple(Verdict):
        _rule(project, lead, doc_id, Verdict(what), names)
    elif what == "skip":
        st.session_state["adjudicate-skipped"].add(doc_id)
    elif what == "whole":
        st.session_state["adjudicate-whole"] = doc_id
    elif what == "undo" and st.session_state["adjudicate-done"]:
        last: Adjudication = st.session_state["adjudicate-done"].pop()
        st.session_state["adjudicate-skipped"].discard(last.doc_id)
        parts.act(lambda: workflow.undo_adjudication(project, last, by=lead), f"Undone: {last.verdict}.")


def _rule(project: Project, lead: str, doc_id: str, verdict: Verdict, names: bool) -> None:
    reasons = st.session_state.get(f"adjudicate-reasons-{doc_id}", [])
    note = st.session_state.get(f"adjudicate-note-{doc_id}", "").strip()
    saw = st.session_state.get("adjudicate-saw", {}).get(doc_id)
    try:
        made = workflow.adjudicate(
            project, doc_id, verdict, by=lead, reasons=reasons, note=note, names_shown=names, saw=saw
        )
    except ReviewError as error:
        st.session_state["said"] = ("reject", str(error), "Nothing was changed.")
        return
    st.session_state["adjudicate-done"].append(made)


def _take_back(project: Project, lead: str, doc_id: str, saw: str) -> None:
    parts.act(
        lambda: workflow.take_back(project, doc_id, by=lead, saw=saw),
        "The verdict is taken back; the labels speak again.",
    )
