"""Make a broken journal whole again without guessing: what is kept, what is not, and why.

The rule. A line is *sound* when it matches its own hash. For each sequence number the sound line is kept that the
neighbouring lines confirm; a line that its sound successor contradicts (`prev` names another hash) was altered and is
not kept. Lines the journal lacks are taken from the old database's copy when they are sound there. A number for which
nothing sound is left gets a `lost` event in its place, so that every later event keeps its number. From the first
`lost` event on, lines are sealed anew. The original files are kept in `journal/before-recover-<time>/`, unchanged.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from review.records import split_doc_id
from review.store.events import FIRST_PREV, Event, Fact, check_line, parse, seal
from review.store.journal import SEGMENT_BYTES, lines, segments, sync_folder

UNFINISHED = "unfinished-"
READY = "ready-"  # Journal refuses to open while there is one
BEFORE = "before-recover-"


@dataclass(slots=True)
class Repair:
    """What a repair of the journal found and did."""

    problems: list[str] = field(default_factory=list)  # lines that could not be trusted, one sentence each
    restored: list[int] = field(default_factory=list)  # seqs taken from the old database
    lost: list[int] = field(default_factory=list)  # seqs for which nothing sound was left
    unusable: list[int] = field(default_factory=list)  # sound, but about a shard whose own event was lost
    kept_aside: str = ""  # folder of the original files


def repair(folder: Path, old_lines: Iterable[str], *, at: datetime, by: str) -> Repair:
    """Rebuild the journal in `folder`; nothing of the originals is removed before the new one is complete on disk."""
    report = Repair()
    candidates: dict[int, list[Event]] = {}
    for path in segments(folder):
        for line in lines(path):
            try:
                if not line.whole:
                    raise ValueError("it is unfinished")
                check_line(line.raw)
                event = parse(line.raw)
            except ValueError as error:
                report.problems.append(f"{path.name} line {line.number}: {error}.")
                continue
            candidates.setdefault(event.seq, []).append(event)
    in_journal = set(candidates)
    for text in old_lines:
        try:
            check_line(text.encode("ascii"))
            event = parse(text.encode("ascii"))
        except ValueError:  # UnicodeEncodeError too: a damaged copy in the old database is no loss by itself
            continue
        candidates.setdefault(event.seq, []).append(event)
    chosen = _choose(candidates, report)
    report.restored = sorted(chosen.keys() - in_journal)
    events = _chain(chosen, report, at=at, by=by)
    stamp = at.strftime("%Y%m%d-%H%M%S-%f")
    report.kept_aside = f"{BEFORE}{stamp}"
    _keep_aside(folder, folder / report.kept_aside)
    _write(events, folder / f"{UNFINISHED}{stamp}", folder / f"{READY}{stamp}")
    finish(folder)
    return report


def finish(folder: Path) -> None:
    """Put a completed repair in place; goes on where an interrupted one stopped, so it may be called at any time."""
    for leftover in folder.glob(f"{UNFINISHED}*"):
        shutil.rmtree(leftover)
    for ready in folder.glob(f"{READY}*"):
        for path in segments(ready):
            _copy(path, folder / f"{path.name}.new")
            os.replace(folder / f"{path.name}.new", folder / path.name)
        new = {path.name for path in segments(ready)}
        for path in segments(folder):
            if path.name not in new:
                path.unlink()
        sync_folder(folder)
        # Renamed before it is emptied: a half emptied one would look like a journal with fewer segments.
        shutil.rmtree(ready.rename(folder / f"{UNFINISHED}{ready.name}"))


def _keep_aside(folder: Path, before: Path) -> None:
    before.mkdir()
    for path in segments(folder):
        _copy(path, before / path.name)
    sync_folder(before)
    sync_folder(folder)


def _copy(source: Path, target: Path) -> None:
    shutil.copy2(source, target)
    _sync_file(target)


def _choose(candidates: dict[int, list[Event]], report: Repair) -> dict[int, Event]:
    chosen: dict[int, Event] = {}
    for seq in sorted(candidates):
        following = {event.prev for event in candidates.get(seq + 1, [])}
        confirmed = [event for event in candidates[seq] if event.hash in following]
        if following and not confirmed:
            report.problems.append(f"Event {seq}: the line after it names another hash, so it was altered.")
            continue
        before = chosen.get(seq - 1)
        options = confirmed or candidates[seq]
        best = next((event for event in options if before is not None and event.prev == before.hash), options[0])
        if any(event.hash != best.hash for event in candidates[seq]):
            report.problems.append(f"Event {seq}: there are several lines; the one its neighbours confirm was kept.")
        chosen[seq] = best
    return chosen


def _chain(chosen: dict[int, Event], report: Repair, *, at: datetime, by: str) -> list[Event]:
    """One event a number, chained."""
    events: list[Event] = []
    shards: set[str] = set()
    prev = FIRST_PREV
    for seq in range(1, max(chosen, default=0) + 1):
        event = chosen.get(seq)
        if event is None:
            report.lost.append(seq)
            event = seal(Fact("lost", by, {"why": "no sound line was left"}), seq=seq, prev=prev, at=at)
        elif not _usable(event, shards):
            report.unusable.append(seq)
            data = {"why": "the shard it is about is not known any more", "line": event.line}
            event = seal(Fact("lost", by, data), seq=seq, prev=prev, at=at)
        elif event.prev != prev:
            event = seal(Fact(event.type, event.by, event.data), seq=seq, prev=prev, at=event.at)
        if event.type == "shard":
            shards.add(event.data["shard"]["name"])
        events.append(event)
        prev = event.hash
    return events


def _usable(event: Event, shards: set[str]) -> bool:
    if event.type in ("label", "adjudication", "gold"):
        return split_doc_id(event.data["doc_id"])[0] in shards
    if event.type in ("draws", "bulk", "shard_state", "decision", "confirmation", "refusals"):
        return event.data["shard"] in shards
    return True


def _write(events: Iterable[Event], unfinished: Path, ready: Path) -> None:
    """Write the new segments; they count from the moment their folder has its final name."""
    unfinished.mkdir()
    number, size, file = 1, 0, (unfinished / "000001.jsonl").open("wb")
    for event in events:
        if size >= SEGMENT_BYTES:
            file.close()
            number, size = number + 1, 0
            file = (unfinished / f"{number:06d}.jsonl").open("wb")
        size += file.write(event.line.encode("ascii") + b"\n")
    file.close()
    for path in segments(unfinished):
        _sync_file(path)
    sync_folder(unfinished)
    unfinished.rename(ready)
    sync_folder(ready.parent)


def _sync_file(path: Path) -> None:
    fd = os.open(path, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)
