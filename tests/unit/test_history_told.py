"""The history of a shard as sentences."""

from __future__ import annotations

from datetime import datetime, timedelta

from review.store import Event
from review.ui import history

AT = datetime(2026, 11, 27, 12)


def happened(*events):
    """Newest first: (type, by, data)."""
    return [
        Event(len(events) - n, "", AT - timedelta(minutes=n), kind, by, data, "", "")
        for n, (kind, by, data) in enumerate(events)
    ]


def label(by, verdict="keep", source="desk"):
    return ("label", by, {"verdict": verdict, "source": source})


def test_readers_who_take_turns_are_a_line_each_until_something_else_happens():
    taking_turns = [label("ana", "reject"), label("ben"), label("ana"), label("ben"), label("ana", None)]
    change = ("shard_state", "lead", {"state": "changed"})
    told = history.told(happened(*taking_turns, change, label("ben")))
    assert [text for _, text in told] == [
        "ana gave 2 labels, 1 bad, took 1 back.", "ben gave 2 labels.", "The file changed on disk.",
        "ben gave 1 label.",
    ]  # fmt: skip
    assert [at for at, _ in told] == sorted((at for at, _ in told), reverse=True)


def test_labels_from_a_file_say_so():
    told = history.told(happened(label("ana", source="import"), label("ben", source="simulated")))
    assert [text for _, text in told] == ["ana gave 1 label (from a file).", "ben gave 1 label (simulated)."]
