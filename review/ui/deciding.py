"""The dialog in which a lead approves, rejects or holds shards, and sees what that promises first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import streamlit as st

from review import workflow
from review.project import Project
from review.records import Ruling
from review.standing import Standing
from review.ui import parts, tables, views, words

VERBS = {Ruling.APPROVE: "Approve", Ruling.REJECT: "Reject", Ruling.HOLD: "Hold"}
DONE = {Ruling.APPROVE: "Approved", Ruling.REJECT: "Rejected", Ruling.HOLD: "Held"}


def open_dialog(
    project: Project, chosen: Sequence[Standing], ruling: Ruling, reviewer: str, *, back: dict[str, str] | None = None
) -> None:
    """Open the dialog over this page. `back` are the query parameters of the page to return to.

    With a shard comes its lot: what a lot shows is about all its shards, so they are approved or rejected together.
    """
    if ruling is not Ruling.HOLD:
        places = project.standings()
        chosen = [places[name] for name in workflow.mates(project, [place.shard for place in chosen])]
    taken, left = views.promised(chosen, ruling)
    title = f"{VERBS[ruling]} {words.plural(len(taken), 'shard')}" if taken else f"{VERBS[ruling]} shards"

    def body() -> None:
        _draw(project, taken, left, ruling, reviewer, back)

    st.dialog(title, width="large")(body)()


def open_confirm(
    project: Project, chosen: Sequence[Standing], reviewer: str, *, back: dict[str, str] | None = None
) -> None:
    """Open the dialog in which a second person signs approvals."""
    taken, left = views.confirmable(chosen, reviewer)

    def body() -> None:
        parts.quiet(summary(taken, left))
        if taken:
            _shown(project, taken)
            names = sorted({place.decision.by for place in taken if place.decision})
            reasons = sorted({place.decision.reason for place in taken if place.decision and place.decision.reason})
            parts.quiet(f"Approved by {words.listed(names)}" + (f": “{reasons[0]}”" if len(reasons) == 1 else "."))
            _promises(project, taken, Ruling.APPROVE, overruled=any(map(words.overruled, taken)))
        with st.container(horizontal=True, vertical_alignment="center"):
            st.html('<div class="rd"><p class="t2 sm">Your name stands beside theirs.</p></div>', width="stretch")
            cancelled = st.button("Cancel", key="confirm-cancel")
            done = st.button(
                f"Confirm {words.plural(len(taken), 'approval')}", key="confirm-go", type="primary", disabled=not taken,
                on_click=_confirm, args=(project, [place.shard for place in taken], reviewer),
            )  # fmt: skip
        if cancelled or done:
            st.switch_page(st.session_state["pages"]["shards"], query_params=back)

    st.dialog("Confirm as the second person", width="large")(body)()


def _confirm(project: Project, shards: list[str], reviewer: str) -> None:
    parts.act(
        lambda: workflow.confirm(project, shards, by=reviewer),
        lambda count: f"Confirmed {words.plural(count, 'approval')}.",
        failed="Nothing was confirmed.",
    )


def _shown(project: Project, taken: Sequence[Standing]) -> None:
    frame, config = tables.shards(taken, project.settings.plan.plan(), width=264, today=True)
    st.dataframe(
        frame.drop(columns=["State"]),
        column_config=config,
        hide_index=True,
        row_height=tables.ROW,
        height=tables.height(len(taken), 5),
    )


def _draw(
    project: Project,
    taken: Sequence[Standing],
    left: Sequence[tuple[Standing, str]],
    ruling: Ruling,
    reviewer: str,
    back: dict[str, str] | None,
) -> None:
    by_labels = [place for place, why in left if place.labels and "file" not in why]
    over = bool(by_labels) and st.checkbox(
        f"Overrule: {ruling.value} also the {words.plural(len(by_labels), 'shard')} whose labels do not allow it",
        key="decide-overrule",
    )
    if over:
        taken, left = [*taken, *by_labels], [(place, why) for place, why in left if place not in by_labels]
    parts.quiet(summary(taken, left))
    if taken:
        _shown(project, taken)
        _promises(project, taken, ruling, overruled=over)
    st.text_area(
        "Reason, kept in the history" + (" (an overruling needs one)" if over else ""), key="decide-reason", height=68
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html('<div class="rd"><p class="t2 sm">A later decision replaces this one.</p></div>', width="stretch")
        cancelled = st.button("Cancel", key="decide-cancel")
        decided = st.button(
            f"{VERBS[ruling]} {words.plural(len(taken), 'shard')}",
            key="decide-go",
            type="primary",
            disabled=not taken,
            on_click=_decide,
            args=(project, taken, ruling, reviewer, over),
        )
    problem = st.session_state.pop("decide-problem", None) if decided else None
    if problem:
        parts.note("attention", problem)
    elif cancelled or decided:  # only a whole run of the page closes a dialog
        st.switch_page(st.session_state["pages"]["shards"], query_params=back)


def _decide(project: Project, taken: Sequence[Standing], ruling: Ruling, reviewer: str, overrule: bool) -> None:
    reason = st.session_state["decide-reason"].strip()
    if overrule and not reason:
        st.session_state["decide-problem"] = "Overruling needs a reason. Say why."
        return
    seen = {place.shard: place.decision.seq if place.decision else None for place in taken}
    parts.act(
        lambda: workflow.decide(project, list(seen), ruling, reason=reason, by=reviewer, overrule=overrule, seen=seen),
        f"{DONE[ruling]} {words.plural(len(seen), 'shard')}.",
        failed="No shard was decided.",
    )


def summary(taken: Sequence[Standing], left: Sequence[tuple[Standing, str]]) -> str:
    """How much is decided, and what is left out and why."""
    documents = sum(place.documents for place in taken)
    text = f"{words.plural(documents, 'document')}." if taken else "Nothing can be decided."
    if left:
        named = [f"{place.shard}: {why}" for place, why in left]
        total = len(taken) + len(left)
        if total == 1:
            return f"{text} {named[0]}."
        text += f" {words.number(len(left))} of the {words.number(total)} chosen left out: {words.listed(named, 4)}."
    return text


def _promises(project: Project, taken: Sequence[Standing], ruling: Ruling, *, overruled: bool) -> None:
    plan, rubric = project.settings.plan.plan(), project.store.rubric().version
    lots = {place.pooled.lot.name: place for place in taken if place.pooled}
    labels = sum(place.labels for place in taken if not place.pooled) + sum(p.certificate.n for p in lots.values())
    bad = sum(place.bad for place in taken if not place.pooled) + sum(p.certificate.bad for p in lots.values())
    promise, lapse = st.columns([1.25, 1])
    with promise:
        parts.block("<h3>What this says</h3>")
        if overruled:
            parts.points([("cross", "Not proven by the labels.", "The overruling is marked in the history.")])
        elif ruling is Ruling.APPROVE:
            parts.points([
                *_claims(taken, lots, f"{words.whole(1 - plan.alpha)} sure that less than {words.whole(plan.reject)} "
                         f"of it is bad under rubric {rubric}."),
                ("check", "The next release:", _as_a_list(project, taken)),
                ("check", "Releases", "list these shards until something changes" +
                 (", once a second person has confirmed." if project.settings.decisions.two_person else ".")),
            ])  # fmt: skip
        elif ruling is Ruling.REJECT:
            parts.points([
                *_claims(taken, lots, f"{words.whole(1 - plan.beta)} sure that more than {words.whole(plan.accept)} of "
                         f"it is bad under rubric {rubric}."),
                ("check", "Releases", "leave these shards out."),
            ])  # fmt: skip
        else:
            parts.points([("pause", "Nothing about quality.", "Releases leave these shards out until decided.")])
    with lapse:
        parts.block("<h3>What it does not</h3>")
        read = f"Of {words.plural(labels, 'document')} read, {words.number(bad)} were bad." if labels else ""
        parts.points([
            ("cross", "", f"It says nothing about single documents{', nor about one shard of a lot' if lots else ''}. "
             f"{read}"),
            ("cross", "", _readers(taken)),
            ("cross", "", "It lapses when the file, the rubric or the labels change."),
        ])  # fmt: skip


def _claims(taken: Sequence[Standing], lots: Mapping[str, Standing], claim: str) -> list[tuple[str, str, str]]:
    """What is claimed of each shard that stands for itself, and of each lot as one."""
    alone = [("check", "Each shard:", claim)] if any(place.pooled is None for place in taken) else []
    sizes = {name: place.pooled.lot for name, place in lots.items() if place.pooled}
    return alone + [
        ("check", f"The lot {name}, {words.plural(len(lot.shards), 'shard')} as one:", claim)
        for name, lot in sizes.items()
    ]


def _as_a_list(project: Project, taken: Sequence[Standing]) -> str:
    """What the next release promises of its list as a whole, in its manifest's words, and what that leaves out."""
    names = [place.shard for place in taken]
    listed = workflow.list_risk(project, also=names)
    lacking = sum(name in listed.lacking for name in names)
    if not lacking:
        return listed.sentence
    left = f"{words.number(lacking)} of {words.number(len(names))}"
    return f"{listed.sentence} {left} would be left out of it until more labels speak for them."


def _readers(taken: Sequence[Standing]) -> str:
    """What the certificates say of reviewer error, said once where they agree."""
    said = {place.certificate.basis for place in taken}
    if len(said) == 1 and (basis := said.pop()):
        return basis
    return "Of some shards reviewer error is allowed for, of others not: their pages say which."
