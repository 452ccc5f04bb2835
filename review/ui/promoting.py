"""The gate of a trained version against the one in use, and the dialog that puts it to use."""

from __future__ import annotations

from typing import Any

import streamlit as st

from review import workflow
from review.errors import ModelError, ReviewError
from review.project import Project
from review.ui import charts, jobs, parts, theme, words, working


def gate_card(project: Project, version: str, reviewer: str, *, lead: bool) -> None:
    """Compare `version` with the model in use (once a pair, in a worker), show the result, offer to promote."""
    current = project.store.promoted()
    key, name = _comparison(project, version, current)
    job = jobs.current(key) or jobs.start(
        key,
        name,
        lambda job: workflow.compare(project, version),
        stoppable=False,
    )
    with st.container(border=True, key="gate"):
        if job.running:
            working.line(job, key, "classifier")
            return
        if job.error is not None:
            if not isinstance(job.error, ReviewError):
                raise job.error
            parts.note("plain", f"{version} cannot be judged yet.", str(job.error))
        else:
            _verdict(job.result)
        with st.container(horizontal=True, vertical_alignment="center"):
            if st.button(
                f"Promote {version}…",
                key="promote",
                type="primary" if job.error is None and job.result.better else "secondary",
                disabled=not lead or job.error is not None,
                help=None if lead else "Only a lead promotes. Change your role at the top right.",
            ):
                _open(project, version, current, job.result, reviewer)
            st.button("Compare again", key="compare", on_click=jobs.forget, args=(key,), type="tertiary")


def judged(project: Project, gate: Any) -> None:
    """Keep a comparison that a training has made, so that the page shows it and computes none."""
    jobs.known(*_comparison(project, gate.candidate, gate.current), gate)


def _comparison(project: Project, version: str, current: str | None) -> tuple[str, str]:
    """Key and name of the job that compares two versions."""
    return working.key(project, f"gate {version} {current}"), f"Comparing {version} with {current or 'chance'}"


def _verdict(gate: Any) -> None:
    left, right = st.columns([2, 1], vertical_alignment="center")
    against = gate.current or "chance"
    chip = parts.badge("gate passed", "keep", "check") if gate.better else parts.badge("not better", "plain", "pause")
    title = f"{gate.candidate} is better than {against}" if gate.better else f"{gate.candidate} is not proven better"
    with left:
        parts.block(
            f'<div class="row">{chip}<h2>{parts.escaped(title)}</h2></div>'
            f'<p class="t2 sm">{parts.escaped(gate.sentence)}</p>'
        )
    with right:
        svg = charts.difference(gate.low, gate.difference, gate.high, theme.tokens())
        told = f"{gate.low:+.3f} to {gate.high:+.3f}"
        label = f"AUC, {gate.candidate} minus {gate.current or 'chance (0.5)'}"
        parts.block(f'<p class="t2 sm">{parts.escaped(label)}</p>{parts.picture(svg, told)}')


def _open(project: Project, version: str, current: str | None, gate: Any, reviewer: str) -> None:
    def body() -> None:
        parts.quiet(gate.sentence)
        parts.points([
            ("check", "From now on", f"{version} scores documents and chooses what to read for training."),
            ("check", "Kept:", f"{current or 'nothing'} stays on disk and can be promoted again."),
            ("cross", "", "Approvals do not change: they rest on people's audit labels alone."),
        ])  # fmt: skip
        st.text_area(
            "Reason, kept in the history" + ("" if gate.better else " (overruling the gate needs one)"),
            key="promote-reason",
            height=68,
        )
        with st.container(horizontal=True, horizontal_alignment="right"):
            cancelled = st.button("Cancel", key="promote-cancel")
            done = st.button(
                f"Promote {version}" if gate.better else f"Overrule and promote {version}",
                key="promote-go",
                type="primary",
                on_click=_promote,
                args=(project, version, reviewer, not gate.better),
            )
        problem = st.session_state.pop("promote-problem", None) if done else None
        if problem:
            parts.note("attention", problem)
        elif cancelled or done:  # only a whole run of the page closes a dialog
            st.switch_page(st.session_state["pages"]["classifier"])

    st.dialog(f"Promote {version}", width="medium")(body)()


def _promote(project: Project, version: str, reviewer: str, overrule: bool) -> None:
    reason = st.session_state["promote-reason"].strip()
    if overrule and not reason:
        st.session_state["promote-problem"] = "Overruling the gate needs a reason. Say why."
        return

    def verb() -> None:
        outcome = workflow.promote(project, version, by=reviewer, reason=reason, overrule=overrule)
        if not outcome.promoted and outcome.gate:
            raise ModelError(f"{version} did not pass its gate. {outcome.gate.sentence}")

    parts.act(
        verb,
        f"{version} is in use. Score the shards with it, so that they stand in its order.",
        failed="The model in use stays in use.",
    )


def back_button(project: Project, reviewer: str) -> None:
    """Offer to go back to the version that was in use before, where there is one."""
    history = project.store.promotions()
    earlier = [version for version in history if version != history[-1]]
    if earlier and st.button(f"Go back to {earlier[-1]}…", key="roll-back", type="tertiary"):
        _open_back(project, earlier[-1], reviewer)


def _open_back(project: Project, earlier: str, reviewer: str) -> None:
    def body() -> None:
        parts.quiet(f"{earlier} was in use before. Its scores come back at once; approvals do not change.")
        st.text_area("Reason, kept in the history", key="back-reason", height=68)
        with st.container(horizontal=True, horizontal_alignment="right"):
            cancelled = st.button("Cancel", key="back-cancel")
            done = st.button(
                f"Go back to {earlier}", key="back-go", type="primary", on_click=_back, args=(project, reviewer)
            )
        problem = st.session_state.pop("promote-problem", None) if done else None
        if problem:
            parts.note("attention", problem)
        elif cancelled or done:
            st.switch_page(st.session_state["pages"]["classifier"])

    st.dialog(f"Go back to {earlier}", width="medium")(body)()


def _back(project: Project, reviewer: str) -> None:
    reason = st.session_state["back-reason"].strip()
    if not reason:
        st.session_state["promote-problem"] = "Going back needs a reason. Say why."
        return
    parts.act(
        lambda: workflow.roll_back(project, by=reviewer, reason=reason),
        "The earlier version is in use again.",
        failed="The model in use stays in use.",
    )


def missing_labels(project: Project) -> str:
    """What training still needs, in words; "" when it can begin."""
    from review.classifier.targets import MIN_CLASS, MIN_DOCUMENTS

    places = project.standings().values()
    reject = sum(place.bad for place in places)
    keep = sum(place.labels - place.bad - place.unsure for place in places)
    training = sum(one.training_labelled for one in project.store.shard_counts().values())
    judged = keep + reject + training
    wanted = []
    if judged < MIN_DOCUMENTS:
        wanted.append(f"{words.plural(MIN_DOCUMENTS - judged, 'more document')} judged keep or reject")
    if not training:  # what training documents were judged is not counted by verdict here; training itself tells
        wanted += [
            f"{words.number(MIN_CLASS - have)} more judged {name}"
            for name, have in (("keep", keep), ("reject", reject))
            if have < MIN_CLASS
        ]
    return " and ".join(wanted)
