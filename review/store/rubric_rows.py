"""The rubric's tables: from events to rows, from rows to versions and to what became of their labels."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from duckdb import DuckDBPyConnection

from review.records import WORDINGS, Example, FinalRule, Passage, Reason, Rubric, RubricChoice, Verdict, Wording
from review.rubric import passages
from review.store.encoding import pack, to_json, unpack
from review.store.events import Event
from review.store.rows import insert


def apply_rubrics(cursor: DuckDBPyConnection, events: Sequence[Event]) -> list[int | None]:
    """New versions."""
    insert(
        cursor,
        "rubrics",
        {
            "seq": [event.seq for event in events],
            "version": [event.data["version"] for event in events],
            "body": [to_json(event.data) for event in events],
        },
    )
    work_out(cursor)
    return [None] * len(events)


def apply_choices(cursor: DuckDBPyConnection, events: Sequence[Event]) -> list[int | None]:
    """What versions mean for the labels before them. The caller counts again who has judged what."""
    insert(
        cursor,
        "rubric_choices",
        {
            "seq": [event.seq for event in events],
            "recorded_at": [event.at for event in events],
            "author": [pack(event.by) for event in events],
            "version": [event.data["version"] for event in events],
            "body": [to_json(event.data) for event in events],
        },
    )
    work_out(cursor)
    return [None] * len(events)


def work_out(cursor: DuckDBPyConnection) -> None:
    """Write the passages again: a handful of rows that every look at a label joins."""
    bodies = cursor.execute("select version, body from rubrics").fetchall()
    found = passages({version: to_rubric(body) for version, body in bodies}, read_choices(cursor))
    (seq,) = cursor.execute(
        "select max(seq) from (select seq from rubrics union all select seq from rubric_choices)"
    ).fetchall()[0]
    cursor.execute("delete from passages")
    insert(
        cursor,
        "passages",
        {
            "seq": [seq] * len(found),
            "version": [one.version for one in found],
            "settled": [one.settled for one in found],
            "every": [one.every for one in found],
            "again": [[pack(code) for code in one.again] for one in found],
            "mapping": [to_json(dict(one.mapping)) for one in found],
        },
    )


def mark_again(cursor: DuckDBPyConnection, since: int = 0) -> None:
    """Bring `labels.again` up to date: whether the label, of event `since` or later, must be given again."""
    cursor.execute(
        """update labels set again = coalesce(
            p.every or list_has_any(labels.reasons, p.again)
            or (list_contains(p.again, '') and labels.verdict = 'reject' and len(labels.reasons) = 0), false)
        from passages p where p.version = labels.rubric and labels.seq >= ?
        and (labels.again or p.every or len(p.again) > 0)""",
        [since],
    )


def read_passages(cursor: DuckDBPyConnection) -> dict[int, Passage]:
    """What became of the labels of each version."""
    rows = cursor.execute("select version, settled, mapping, every, again from passages order by version").fetchall()
    return {
        version: Passage(version, settled, json.loads(mapping), every, tuple(unpack(code) for code in again))
        for version, settled, mapping, every, again in rows
    }


def mapped(passages_: Mapping[int, Passage], rubric: int, reasons: Sequence[str]) -> tuple[str, ...] | None:
    """Reasons given under a version in today's codes; None where they are the same."""
    mapping = passages_[rubric].mapping if rubric in passages_ else {}
    if not any(code in mapping for code in reasons):
        return None
    return tuple(dict.fromkeys(mapping.get(code, code) for code in reasons))


def read_choices(cursor: DuckDBPyConnection) -> dict[int, RubricChoice]:
    """The choice that holds for each version that has one."""
    rows = cursor.execute("select body, author, recorded_at, seq from rubric_choices order by seq").fetchall()
    found = {}
    for text, by, at, seq in rows:
        body = json.loads(text)
        found[body["version"]] = RubricChoice(
            body["version"], unpack(by), body["mapping"], body["every"], tuple(body["again"]), at, seq
        )
    return found


def to_rubric(stored: str) -> Rubric:
    """A version from its stored body, whichever version of this program wrote it."""
    body = json.loads(stored)
    if isinstance(body["score"], bool):  # as it was written before a score could take a verdict's place
        body["score"] = "also" if body["score"] else "off"
    reasons = tuple(Reason(**reason) for reason in body["reasons"])
    # An early rubric names no rule: the majority was the only one.
    rule = FinalRule(body.get("final", FinalRule.MAJORITY))
    examples = tuple(Example(**example) for example in body.get("examples", ()))
    # Nor does it say what verdicts are called, or what a score means.
    said = body.get("verdicts")
    verdicts = tuple(Wording(**{**one, "verdict": Verdict(one["verdict"])}) for one in said) if said else WORDINGS
    anchors = tuple(body.get("anchors", ("",) * 6))
    rest = {"reasons": reasons, "final": rule, "examples": examples, "verdicts": verdicts, "anchors": anchors}
    return Rubric(**{**body, **rest})
