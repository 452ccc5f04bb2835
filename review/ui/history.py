"""What happened to a shard, as sentences; a reader's labels of a day are one, until something else happens. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby

from review.records import split_doc_id
from review.store import Event
from review.ui import words

_DONE = {"approve": "approved", "reject": "rejected", "hold": "held"}


def told(events: Iterable[Event]) -> list[tuple[datetime, str]]:
    """Time and sentence of each happening, in the order of `events`; of grouped labels the time of the first given."""
    rows = []
    for key, group in groupby(events, key=_same):
        same = list(group)
        if key[0] != "label":
            rows.append((same[0].at, _one(same[0])))
            continue
        readers: dict[str, list[Event]] = {}
        for event in same:  # two who read at the same time would else take turns in hundreds of lines
            readers.setdefault(event.by, []).append(event)
        rows += [(labels[0].at, _labels(labels)) for labels in readers.values()]
    return rows


def _same(event: Event) -> tuple[str, object]:
    return ("label", event.at.date()) if event.type == "label" else (event.type, event.seq)


def _labels(events: list[Event]) -> str:
    verdicts = [event.data.get("verdict") for event in events]
    text = f"{events[0].by} gave {words.plural(len(events) - verdicts.count(None), 'label')}"
    if bad := verdicts.count("reject"):
        text += f", {words.number(bad)} bad"
    if undone := verdicts.count(None):
        text += f", took {words.number(undone)} back"
    if any(event.data.get("source") == "simulated" for event in events):
        return f"{text} (simulated)."
    return f"{text} (from a file)." if all(event.data.get("source") == "import" for event in events) else f"{text}."


def _one(event: Event) -> str:
    data = event.data
    if event.type == "decision":
        reason = f" “{data['reason']}”" if data.get("reason") else ""
        over = ", overruling the plan" if data.get("certificate", {}).get("overruled") else ""
        said = str(data.get("certificate", {}).get("sentence", "")).rstrip(".")
        over += f", with its lot {lot}" if (lot := data.get("certificate", {}).get("lot")) else ""
        return f"{event.by} {_DONE[data['ruling']]} it{over}.{reason}" + (f" The labels said: {said}." if said else "")
    if event.type == "adjudication":
        row = words.number(split_doc_id(data["doc_id"])[1])
        if data["verdict"] is None:
            return f"{event.by} took the adjudication of row {row} back."
        return f"{event.by} adjudicated row {row}: {data['verdict']}."
    if event.type == "gold":
        row = words.number(split_doc_id(data["doc_id"])[1])
        if data["verdict"] is None:
            return f"{event.by} took row {row} from the gold documents."
        return f"{event.by} made row {row} a gold document."
    if event.type == "confirmation":
        return f"{event.by} confirmed the approval as the second person."
    if event.type == "draws":
        count = words.plural(len(data["rows"]), "document")
        return f"{count} drawn for {data['stream']}, {data['strategy']}, seed {data['seed']}."
    if event.type == "lot":
        reason = f" “{data['reason']}”" if data.get("reason") else ""
        return f"{event.by} took it into the lot {data['name']}, {words.plural(len(data['shards']), 'shard')}.{reason}"
    if event.type == "lot_dissolved":
        return f"{event.by} dissolved the lot {data['name']}. “{data['reason']}”"
    if event.type == "audit_design":
        strata = words.plural(len(data["chances"]), "stratum", "strata")
        by = f" by the scores of {data['model']}" if data.get("model") else ""
        return f"{event.by} fixed how its audit is drawn: {strata}{by}, by {data['unit']}."
    if event.type == "shard_state":
        return {
            "ok": "The file is as it was read.",
            "changed": "The file changed on disk.",
            "missing": "The file is missing.",
            "replaced": "The changed file was added as a shard of its own.",
        }[data["state"]]
    if event.type == "shard":
        return f"{event.by} added it, {words.plural(data['shard']['documents'], 'document')}."
    return f"{event.type}, by {event.by}."
