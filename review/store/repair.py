"""Make a broken journal whole again without guessing: what is kept, what is not, and why.

The rule. A line is *sound* when it matches its own hash. For each sequence number the sound line is kept that the
neighbouring lines confirm; a line that its sound successor contradicts (`prev` names another hash) was altered and is
not kept. Lines the journal lacks are taken from the old database's copy when they are sound there. A number for which
nothing sound is left gets a `lost` event in its place, so that every later event keeps its number. From the first
`lost` event on, lines are sealed anew. The original files are moved to `journal/before-recover-<time>/`, unchanged.
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

READY = "ready-"
BEFORE = "before-recover-"


@dataclass(slots=True)
class Repair:
    """What a repair of the journal found and did."""

    problems: list[str] = field(default_factory=list)  # lines that could not be trusted, one sentence each
    restored: list[int] = field(default_factory=list)  # seqs taken from the old database
    lost: list[int] = field(default_factory=list)  # seqs for which nothing sound was left
    unusable: list[int] = field(default_factory=list)  # sound, but about a shard whose own event was lost
    kept_aside: str | None = None  # folder of the original files


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
    _write(events, folder / f"unfinished-{stamp}", folder / f"{READY}{stamp}")
    report.kept_aside = finish(folder)
    return report


def finish(folder: Path) -> str | None:
    """Put a completed repair in place, also one that was interrupted here. Returns the folder of the originals."""
    for ready in sorted(folder.glob(f"{READY}*")):
        before = folder / f"{BEFORE}{ready.name.removeprefix(READY)}"
        before.mkdir(exist_ok=True)
        for path in segments(folder):
            if not (before / path.name).exists():  # else: moved before the interruption, and replaced since
                shutil.copy2(path, before / path.name)
                _sync_file(before / path.name)
        sync_folder(before)
        sync_folder(folder)
        new = {path.name for path in segments(ready)} | {
            path.name for path in segments(folder) if _is_new(path, before)
        }
        for path in segments(ready):
            os.replace(path, folder / path.name)
        for path in segments(folder):
            if path.name not in new:
                path.unlink()
        sync_folder(folder)
        ready.rmdir()
        return before.name
    return None


def _is_new(path: Path, before: Path) -> bool:
    """Whether a segment is one already put in place by an interrupted `finish`, and not an original."""
    return path.read_bytes() != (before / path.name).read_bytes()


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
    if event.type == "label":
        return split_doc_id(event.data["doc_id"])[0] in shards
    if event.type in ("draws", "shard_state", "decision"):
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
