"""Releases: a shard list with its manifest, made of what is approved now, and whether earlier ones still hold."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import streamlit as st

from review import workflow
from review.errors import ReviewError
from review.project import Project
from review.release.formats import FORMATS
from review.standing import Standing
from review.store import ReleaseRow
from review.ui import jobs, parts, tables, views, words, working

READERS = {
    "paths": "Plain paths",
    "datatrove": "datatrove",
    "dclm": "DCLM",
    "nemo": "NeMo Curator",
    "dolma": "dolma",
    "data-juicer": "Data-Juicer",
    "table": "Table: CSV, Parquet",
}
PROMISES = {
    "shard": "Each shard its own risk, nothing of the list",
    "fdr": "Of the shards listed, how many are expected to be unacceptable",
    "family": "The chance that any shard listed is unacceptable",
}
CHANGES = 12  # lines of a comparison that are shown
DOWNLOAD_LIMIT = 50_000_000  # bytes a browser is handed; larger files stay on disk


def render(project: Project, reviewer: str, *, lead: bool = True) -> None:
    """Draw the page."""
    standings = workflow.shard_table(project)
    made = project.store.releases()
    parts.heading("Releases", words.plural(len(made), "release") if made else "")
    parts.show_said()
    busy = working.watch(project, "release", "releases", _told)
    working.watch(project, "verify", "releases", _told_verified)
    left, right = st.columns(2)
    with left:
        _make(project, standings, made, reviewer, lead, busy)
    with right:
        parts.section("What is left out")
        _left_out(standings)
    parts.section("Made so far")
    if made:
        _made(project, made)
    else:
        parts.quiet("None yet. A release names every approved shard and can be verified later, on any machine.")


def _make(
    project: Project,
    standings: Sequence[Standing],
    made: Sequence[ReleaseRow],
    reviewer: str,
    lead: bool,
    busy: bool,
) -> None:
    ready = [place for place in standings if place.state == "approved"]
    parts.section("Next release")
    if not ready:
        parts.line("No shard is approved yet.", "A release lists approved shards whose decision still holds.")
        if st.button("Look at the shards", key="release-shards", type="primary"):
            parts.go("shards")
        return
    parts.line(
        f"{words.plural(len(ready), 'approved shard')}.",
        f"{words.number(sum(place.documents for place in ready))} documents. Files are read in full once more.",
    )
    st.session_state.setdefault("release-risk", project.settings.release.risk)
    risk = st.selectbox(
        "What the list promises",
        list(PROMISES),
        format_func=PROMISES.__getitem__,
        key="release-risk",
        disabled=not lead,
    )
    listed = workflow.list_risk(project, risk)
    parts.quiet(listed.sentence)
    if listed.lacking:
        why = workflow.why_left_out(listed)
        named = [f"{name}: {told}" for name, told in sorted(why.items())]
        parts.note("attention", f"It would leave out {words.plural(len(why), 'shard')}:", words.listed(named, 2) + ".")
    with st.form("release", border=True):
        name, fmt = st.columns([2, 1])
        name.text_input("Name", key="release-name", placeholder=f"v{len(made) + 1}", max_chars=100)
        fmt.selectbox("For", list(FORMATS), format_func=lambda key: READERS.get(key, key), key="release-format")
        st.form_submit_button(
            f"Release {words.plural(len(listed.shards), 'shard')}",
            key="release-go",
            type="primary",
            disabled=busy or not lead or not listed.shards,
            help=None if lead else "Only a lead releases. Change your role at the top right.",
            on_click=_release,
            args=(project, reviewer, f"v{len(made) + 1}"),
        )
    other = "" if risk == project.settings.release.risk else f" --risk {risk}"
    parts.command("Or from the command line:", f"review release NAME{other}")


def _release(project: Project, reviewer: str, default: str) -> None:
    name, fmt = st.session_state["release-name"].strip() or default, st.session_state["release-format"]
    risk = st.session_state["release-risk"]
    jobs.start(
        working.key(project, "release"),
        f"Making release {name}",
        lambda job: workflow.release(project, name, by=reviewer, fmt=fmt, risk=risk),
        stoppable=False,
    )


def _told(result: workflow.ReleaseResult) -> str:
    text = f"Release {result.name} lists {words.plural(result.shards, 'shard')}."
    if result.left_out:
        text += f" Left out: {words.listed([f'{shard} ({why})' for shard, why in result.left_out.items()])}."
    return f"{text} It is in {result.path}."


def _left_out(standings: Sequence[Standing]) -> None:
    out = [(name, count) for name, count in views.progress(standings).items() if count and name != "approved"]
    if not out:
        parts.quiet("Nothing: every shard is approved." if standings else "There are no shards yet.")
        return
    why = {
        "rejected": "A lead rejected them.",
        "stale": "File, rubric or labels changed after the decision.",
        "ready to decide": "A lead has to decide.",
        "held": "A lead holds them.",
        "undecided": "The labels give no answer, and the plan asks for no more.",
        "being read": "The plan needs more labels.",
        "no labels yet": "Nobody has read them.",
    }
    parts.pairs([(f"{name.capitalize()} {words.number(count)}", why[name]) for name, count in out])
    stale = [f"{place.shard}: {', '.join(place.stale)}" for place in standings if place.state == "stale"]
    if stale:
        parts.note("attention", "Approved or rejected before:", words.listed(stale, 4) + ".")


def _made(project: Project, made: Sequence[ReleaseRow]) -> None:
    rows = list(reversed(made))
    offset = timedelta(minutes=-(st.context.timezone_offset or 0))
    frame = tables.frame(
        {
            "Release": [row.name for row in rows],
            "When": [words.moment(row.at, offset) for row in rows],
            "By": [row.by for row in rows],
            "Shards": [words.number(row.manifest["totals"]["shards"]) for row in rows],
            "Documents": [words.number(row.manifest["totals"]["documents"]) for row in rows],
            "For": [READERS.get(row.manifest["format"], row.manifest["format"]) for row in rows],
            "Folder": [row.path for row in rows],
        }
    )
    right = {name: st.column_config.TextColumn(alignment="right") for name in ("Shards", "Documents")}
    event = st.dataframe(
        frame, hide_index=True, column_config=right, row_height=32, height=tables.height(len(rows), 6),
        on_select="rerun", selection_mode="single-row", key=f"releases-{len(rows)}",
    )  # fmt: skip
    picked = event["selection"]["rows"]
    place = picked[0] if picked else 0
    _one(project, rows[place], rows[place + 1] if place + 1 < len(rows) else None)


def _one(project: Project, row: ReleaseRow, before: ReleaseRow | None) -> None:
    folder = Path(row.path)
    parts.block(f"<h3>{parts.escaped(row.name)}</h3>")
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button("Verify", key="release-verify", on_click=_verify, args=(project, row.name, folder))
        if before is not None:
            st.button(
                f"What changed since {before.name}", key="release-compare", on_click=_compare,
                args=(project, Path(before.path), folder),
            )  # fmt: skip
        for name in sorted({*row.manifest["files"], "manifest.json"}):
            path = folder / name
            if path.is_file() and path.stat().st_size <= DOWNLOAD_LIMIT:
                st.download_button(
                    name, path.read_bytes(), file_name=name, mime="application/octet-stream", on_click="ignore",
                    icon=":material/download:", key=f"release-file-{name}",
                )  # fmt: skip
    told = st.session_state.get("release-compared", {}).get(str(folder))
    for line in (told or ())[:CHANGES]:
        parts.quiet(line)
    if told and len(told) > CHANGES:
        parts.command(
            f"And {words.number(len(told) - CHANGES)} more:",
            f"review compare {before.name} {row.name}" if before else "",
        )
    if risk := row.manifest.get("risk"):
        parts.quiet(risk["sentence"])
    if key := row.manifest.get("key"):
        parts.quiet(f"Signed by key {key[:16]}.")
    if keep := row.manifest.get("keep"):
        parts.quiet(
            f"{words.number(keep['documents'])} documents to keep, by {keep['model']} from {keep['threshold']:g} on. "
            f"{keep['guarantee'] or 'Nothing is proven about this threshold.'}"
        )
    parts.command("Verify on any machine that sees the files:", f"review verify {folder / 'manifest.json'}")


def _compare(project: Project, before: Path, after: Path) -> None:
    def compared() -> None:
        told = workflow.compare_to(project.root, before, after).sentences()
        st.session_state["release-compared"] = {str(after): told}

    parts.act(compared, "What changed stands below.", failed="The two could not be compared.")


def _verify(project: Project, name: str, folder: Path) -> None:
    jobs.start(
        working.key(project, "verify"),
        f"Verifying {name}",
        lambda job: _checked(project, name, folder),
        stoppable=False,
    )


def _checked(project: Project, name: str, folder: Path) -> str:
    report = workflow.verify(project.root, folder / "manifest.json")
    if not report.ok:
        raise ReviewError(f"{name} does not hold any more.\n" + "\n".join(report.problems[:20]))
    journal = ", every certificate followed to its labels in the journal" if report.journalled else ""
    return f"{name} holds: {words.plural(report.checked, 'shard')} checked in {words.seconds(report.seconds)}{journal}."


def _told_verified(told: str) -> str:
    return told
