"""One shard: what is sure, how it came to be, why documents were rejected, and the documents themselves."""

from __future__ import annotations

import json
from datetime import timedelta

import streamlit as st

from review import workflow
from review.errors import NotFound
from review.project import Project
from review.records import Ruling, Verdict
from review.standing import Standing
from review.ui import bars, deciding, evidence, explaining, history, parts, tables, theme, views, words
from review.workflow.looking import Example

VERDICTS = {Verdict.REJECT: "Rejected", Verdict.UNSURE: "Unsure", Verdict.KEEP: "Kept"}
MARK = {Verdict.REJECT: "✕ reject", Verdict.UNSURE: "? unsure", Verdict.KEEP: "✓ keep"}


def render(project: Project, reviewer: str, name: str, *, lead: bool = True) -> None:
    """Draw the shard called `name`."""
    if st.button("All shards", key="shard-back", type="tertiary", icon=":material/arrow_back:"):
        parts.go("shards")
    try:
        detail = workflow.shard_detail(project, name)
    except (NotFound, KeyError):
        parts.heading("There is no such shard")
        parts.quiet(f"{name} is not a shard of this project.")
        return
    parts.show_said()
    _heading(project, detail, reviewer, lead)
    _why(project, detail)
    _metrics(detail)
    shown = evidence.chosen(detail, _offset())
    left, right = st.columns(2)
    with left:
        evidence.course(shown)
    with right:
        evidence.against_the_plan(shown)
    left, right = st.columns(2)
    with left:
        _reasons(project, detail)
    with right:
        _history(project, detail)
    _examples(project, detail)
    if st.toggle("What the plan lets through", key="shard-curve", persist_state="session"):
        evidence.curve(shown)


def _heading(project: Project, detail: workflow.ShardDetail, reviewer: str, lead: bool) -> None:
    place = detail.standing
    kind, icon = parts.look(place)
    with st.container(horizontal=True, vertical_alignment="center"):
        chip = parts.badge(words.state(place), kind, icon)
        st.html(f'<div class="rd"><div class="row"><h1>{parts.escaped(place.shard)}</h1>{chip}</div></div>')
        for ruling, verb in deciding.VERBS.items():
            if st.button(
                f"{verb}…",
                key=f"shard-{ruling.value}",
                type="primary" if ruling is Ruling.APPROVE and place.state == "can be approved" else "secondary",
                disabled=not lead,
                help=None if lead else "Only a lead decides. Change your role at the top right.",
            ):
                deciding.open_dialog(project, [place], ruling, reviewer, back={"shard": place.shard})
        if place.state == "to be confirmed" and st.button(
            "Confirm…", key="shard-confirm", type="primary", disabled=not lead
        ):
            deciding.open_confirm(project, [place], reviewer, back={"shard": place.shard})
        st.download_button(
            "Certificate",
            json.dumps(
                dict(place.decision.certificate) if place.decision else place.certificate.to_json(),
                indent=2,
                ensure_ascii=False,
            ),
            help="The one the decision rests on." if place.decision else None,
            file_name="certificate.json",
            mime="application/json",
            on_click="ignore",
            icon=":material/download:",
            key="shard-certificate",
        )
    parts.line(*sentence(project, detail))
    if place.pooled:
        lot = place.pooled.lot
        parts.quiet(
            f"Certified with its lot, {lot.name}: {words.plural(len(lot.shards), 'shard')} with "
            f"{words.plural(lot.documents, 'document')} as one. The sentence above and the pictures below are about "
            "all of them together; the figures and documents are this shard's own."
        )


def sentence(project: Project, detail: workflow.ShardDetail) -> tuple[str, str]:
    """What is sure, then what the plan makes of it and the best guess."""
    place, plan = detail.standing, project.settings.plan.plan()
    read, bad = views.counted(place)
    documents, what = (place.pooled.lot.documents, "lot") if place.pooled else (place.documents, "shard")
    if not read:
        drawn = (
            f"{words.plural(place.drawn, 'document')} drawn and waiting." if place.drawn else "Nothing is drawn yet."
        )
        return f"Nothing is known about this {what} yet.", drawn
    open_ = place.state not in ("approved", "rejected")
    after = {
        "approve": f"The plan refuses at {words.whole(plan.reject)}{', so it can be approved' * open_}.",
        "reject": f"The plan accepts up to {words.whole(plan.accept)}{', so it should be rejected' * open_}.",
        "more": f"The plan needs up to {words.plural(place.certificate.more, 'more label')} to decide.",
        "undecided": "The plan is used up without an answer: releases leave it out unless a lead overrules."
        if place.certificate.n >= place.certificate.needed
        else "The plan cannot answer it.",
    }[place.certificate.state]
    if place.waiting:
        after += f" {_waiting(project, place)}"
    elif place.state == "undecided" and place.outdated:
        after = (
            f"{words.plural(place.outdated, 'document was', 'documents were')} judged by an earlier rubric only: "
            "a lead says on the Rubric page what its change means for them."
        )
    share = bad / read if detail.guess is None else detail.guess
    weighed = bool(place.certificate.inputs.get("strata"))
    best = f"Best guess: {words.share(share) if weighed else words.found(bad, read)}"
    if read >= words.FEW and place.certificate.unit == "documents":
        best += f", about {words.number(round(share * documents))} of {words.number(documents)} documents"
    now = _said(place.sentence, plan.alpha)
    rest = f"{after} {best}. {place.certificate.basis}"
    decision = place.decision
    if decision and decision.ruling is not Ruling.HOLD:
        then = _said(str(decision.certificate.get("sentence", "")), plan.alpha)
        if then != now or place.stale:
            return f"{explaining.DONE[decision.ruling.value]} on this: {then}", f"Today: {now} {rest}"
    return now, rest


def _waiting(project: Project, place: Standing) -> str:
    """Why the interval is wider than so many labels should make it."""
    first = "has no label" if project.settings.desk.overlap == 1 else "has no label, or waits for another reader"
    some = f"{words.number(place.waiting)} of {words.plural(place.labels, 'label')}"
    return (
        f"The interval is without {some} yet: it takes them as they were drawn, and a document before theirs {first}."
    )


def _said(sentence: str, alpha: float) -> str:
    """A certificate's sentence as one that stands alone."""
    return sentence if sentence.endswith(".") else f"{words.whole(1 - alpha)} sure: {sentence}."


def _metrics(detail: workflow.ShardDetail) -> None:
    place, shard = detail.standing, detail.shard
    same = {"ok": "unchanged", "changed": "file changed on disk", "missing": "file missing"}
    facts = [
        ("Documents", words.number(place.documents),
         f"{words.size(shard.fingerprint.bytes)}, {same.get(detail.file_state, detail.file_state)}"),
        ("Labels", words.number(place.labels),
         f"of {words.number(place.drawn)} drawn, by {words.plural(detail.reviewers, 'reader')}"),
        ("Bad", words.number(place.bad),
         words.part(place.bad, place.labels) if place.labels else "none read"),
        ("Unsure", words.number(place.unsure), "count as bad when approving"),
        ("Reading time", words.duration(place.seconds) if place.seconds else "–",
         f"{words.seconds(place.seconds / place.labels)} a document" if place.labels and place.seconds
         else "none measured" if place.labels else "none yet"),
    ]  # fmt: skip
    if place.decision:
        parts.section("Today")
    parts.cards([(*fact, "") for fact in facts])


def _offset() -> timedelta:
    """What the reader's clock is ahead of UTC."""
    return timedelta(minutes=-(st.context.timezone_offset or 0))


def _why(project: Project, detail: workflow.ShardDetail) -> None:
    decision, store = detail.standing.decision, project.store
    if decision is None:
        return
    rubric = store.rubric()
    around = explaining.Around(
        detail.design,
        detail.read_by,
        detail.changed,
        rubric.version,
        decision.rubric in project.rubrics(),
        store.promoted(),
    )
    parts.section("Why it stands as it does")
    parts.points(explaining.explained(detail.standing, _offset(), around))
    if rubric.version != decision.rubric:
        then = next((row.rubric for row in store.rubric_history() if row.rubric.version == decision.rubric), None)
        if then is not None:
            with st.expander(f"What rubric {then.version} asked"):
                st.text(then.guideline or "It had no guideline.")
                parts.quiet(f"Reasons: {words.listed([reason.name for reason in then.reasons], 30)}.")


def _reasons(project: Project, detail: workflow.ShardDetail) -> None:
    parts.section("Why documents were rejected", "One document may have several reasons.")
    if not detail.reasons:
        parts.quiet(f"No document {'in the interval ' * bool(detail.standing.waiting)}was rejected with a reason.")
        return
    colours = theme.tokens()
    end = bars.scale_end([reason.high for reason in detail.reasons], max(r.high for r in detail.reasons) / 2.5)
    names = {reason.code: reason.name for reason in project.store.rubric().reasons}
    frame = tables.frame(
        {
            "Reason": [names.get(reason.code, reason.code) for reason in detail.reasons],
            "Labels": [words.number(reason.count) for reason in detail.reasons],
            "Share": [words.found(reason.count, reason.of) for reason in detail.reasons],
            "bar": [
                bars.data_url(
                    bars.interval_svg(
                        bars.Interval(reason.low, reason.count / reason.of, reason.high), colours, end=end, width=130
                    )
                )
                for reason in detail.reasons
            ],
            f"95{words.NBSP}% interval": [
                f"{words.share(reason.low)} to {words.share(reason.high)}" for reason in detail.reasons
            ],
        }
    )
    config = {
        "Labels": st.column_config.TextColumn(alignment="right", width=60),
        "Share": st.column_config.TextColumn(alignment="right", width=70),
        "bar": st.column_config.ImageColumn(f"0 to {words.whole(end)}", width=146, alignment="left"),
        f"95{words.NBSP}% interval": st.column_config.TextColumn(alignment="right"),
    }
    st.dataframe(frame, column_config=config, hide_index=True, row_height=28, height=tables.height(len(frame), 6, 28))


def _history(project: Project, detail: workflow.ShardDetail) -> None:
    parts.section("History")
    happened = history.told(detail.history)
    parts.timeline([(explaining.dated(at, _offset()), text) for at, text in happened], "History of this shard")


def _examples(project: Project, detail: workflow.ShardDetail) -> None:
    groups = {verdict: [e for e in detail.examples if e.verdict is verdict] for verdict in VERDICTS}
    st.session_state.setdefault("shard-examples", next((v for v in VERDICTS if groups[v]), Verdict.REJECT))
    with st.container(horizontal=True, vertical_alignment="center"):
        st.html('<div class="rd"><h2>Documents</h2></div>', width="content")
        chosen = st.segmented_control(
            "Verdict",
            list(VERDICTS),
            format_func=lambda verdict: f"{VERDICTS[verdict]} {words.number(len(groups[verdict]))}",
            key="shard-examples",
            label_visibility="collapsed",
            required=True,
        )
    rows = groups[chosen] if chosen else []
    if not rows:
        parts.quiet("None yet.")
        return
    names = {reason.code: reason.name for reason in project.store.rubric().reasons}
    frame = tables.frame(
        {
            "Verdict": [MARK[example.verdict] for example in rows],
            "Reasons": [", ".join(names.get(code, code) for code in example.reasons) for example in rows],
            "Text begins": [" ".join(example.begins.split()) for example in rows],
            "Readers": [words.number(len(example.document.labels)) for example in rows],
        }
    )
    config = {
        "Verdict": st.column_config.TextColumn(width=80),
        "Reasons": st.column_config.TextColumn(width=150),
        "Text begins": st.column_config.TextColumn(width=400),
        "Readers": st.column_config.TextColumn(alignment="right", width=62),
    }
    event = st.dataframe(
        frame, column_config=config, hide_index=True, row_height=28, height=tables.height(len(rows), 8, 28),
        on_select="rerun", selection_mode="single-row", key=f"shard-documents-{chosen}",
    )  # fmt: skip
    picked = event["selection"]["rows"]
    if picked and picked[0] < len(rows):
        _document(project, rows[picked[0]])


def _document(project: Project, example: Example) -> None:
    with st.container(border=True, height=320):
        notes = [f"{label.reviewer}: {label.note}" for label in example.document.labels if label.note]
        parts.quiet(" · ".join([f"Row {words.number(example.document.row)}", *notes]))
        st.text(project.store.document(example.document.doc_id).text)
