"""Words and table of the Team page. Pure but for column settings."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
import streamlit as st

from review.agreement import Share
from review.records import Assignment
from review.ui import agreeing, tables, words
from review.workflow.erring import Errors
from review.workflow.team import Member, TeamView, Unread

HERE = timedelta(minutes=2)  # a desk in use asks for documents every twenty seconds


def facts(view: TeamView, now: datetime) -> str:
    """The line beside the title."""
    here = sum(one.seen is not None and now - one.seen < HERE for one in view.members)
    waiting = words.plural(view.waiting, "document")
    return f"{words.plural(len(view.members), 'person', 'people')}, {here} here now; {waiting} wait for a reader"


def unread(part: Unread) -> str:
    """What waits, and that too few are given it."""
    what = f"{words.plural(part.documents, 'document')} of {part.corpus}"
    what += f" in {part.language}" if part.language else ""
    if not part.readers:
        return f"Nobody is given {what}."
    who = words.listed(list(part.readers))
    verb = "is" if len(part.readers) == 1 else "are"
    return f"{what} want {part.people} readers each, but only {who} {verb} given them."


def given(assignment: Assignment | None) -> str:
    """An assignment as a phrase."""
    if assignment is None or assignment.everything:
        return "everything"
    found = []
    if assignment.languages:
        found.append(words.listed(list(assignment.languages), 4))
    if assignment.corpora:
        found.append(f"from {words.listed(list(assignment.corpora), 4)}")
    if assignment.shards:
        found.append(f"in {words.listed(list(assignment.shards), 4)}")
    return ", ".join(found)


def seen(at: datetime | None, now: datetime) -> str:
    """How long ago somebody was here."""
    if at is None:
        return "not yet"
    ago = now - at
    if ago < HERE:
        return "here now"
    return f"{words.duration(ago.total_seconds())} ago" if ago < timedelta(days=1) else words.day(at)


def share(errors: Errors | None, *, bad: bool) -> str:
    """Bad found, or good kept, with its exact interval."""
    if errors is None:
        return agreeing.DASH
    found: Share = errors.sensitivity() if bad else errors.specificity()
    return agreeing.share(found)


def members(rows: Sequence[Member], now: datetime) -> tuple[pd.DataFrame, dict[str, Any]]:
    """Rows and column settings: one line a person; the gold columns are left out while there are no answers."""
    columns = {
        "Person": [one.reviewer + (" (simulated)" if one.simulated else "") for one in rows],
        "Seen": [seen(one.seen, now) for one in rows],
        "Labels": [words.number(one.labels) for one in rows],
        "Last hour": [words.number(one.hour) for one in rows],
        "Seconds each": [agreeing.DASH if not one.median_seconds else f"{one.median_seconds:.1f}" for one in rows],
        "Holds": [words.number(one.held) if one.held else agreeing.DASH for one in rows],
        "Is given": [given(one.assignment) for one in rows],
    }
    if any(one.gold for one in rows):
        columns["Bad found"] = [share(one.gold, bad=True) for one in rows]
        columns["Good kept"] = [share(one.gold, bad=False) for one in rows]
    config: dict[str, Any] = {
        name: st.column_config.TextColumn(alignment="right", width=76)
        for name in ("Labels", "Last hour", "Seconds each", "Holds")
    }
    config["Person"] = st.column_config.TextColumn(width=120)
    config["Seen"] = st.column_config.TextColumn(width=100)
    return tables.frame(columns), config


def gold_sentence(view: TeamView) -> str:
    """How many there are and how often they come."""
    if view.gold_bad + view.gold_good == 0:
        return "No document is gold yet."
    rate = f", {words.whole(view.mix.gold)} of what a reader gets" if view.mix.gold else ""
    return f"{words.number(view.gold_bad)} bad and {words.number(view.gold_good)} good documents{rate}."


def pooled(view: TeamView) -> list[tuple[str, str, str, str]]:
    """Everybody's answers to gold, as figures."""
    rows = []
    for title, found in (("Bad found", view.pooled.sensitivity()), ("Good kept", view.pooled.specificity())):
        value = words.found(found.cases, found.of) if found.of else agreeing.DASH
        below = f"{words.share(found.low, 0)} to {words.share(found.high, 0)}, everybody together" if found.of else ""
        rows.append((title, value, below or "no answers yet", ""))
    said = words.plural(round(view.pooled.bad_shown + view.pooled.good_shown), "answer")
    return [*rows, ("Documents answered", words.number(view.pooled.documents), said, "")]
