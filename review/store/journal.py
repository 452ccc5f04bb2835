"""The journal: every fact as one JSON line, appended, fsynced and hash-chained, before anybody is told it is stored.

Segments `journal/000001.jsonl`, `000002.jsonl`, ... are only ever appended to. A line that did not reach the disk
whole is cut off again; if even that fails the journal refuses writes until a later attempt succeeds.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from review.errors import JournalBroken, StoreError, StoreFull
from review.store.events import FIRST_PREV, Event, Fact, check_line, parse, seal

SEGMENT_BYTES = 64 * 1024 * 1024
# After a failed fsync the kernel may drop a page and call it clean. The last bytes before the failure share a page
# with it, so they are written again from memory; 64 KiB is the largest page of the platforms we run on.
_PAGE_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a segment file, for messages: file, 1-based number, bytes without newline, whether it had one."""

    path: Path
    number: int
    raw: bytes
    whole: bool


def segments(folder: Path) -> list[Path]:
    """The journal's segment files, oldest first."""
    return sorted(path for path in folder.glob("*.jsonl") if path.stem.isdigit())


def lines(path: Path) -> Iterator[Line]:
    """The lines of one segment, one at a time."""
    with path.open("rb") as file:
        for number, raw in enumerate(file, 1):
            whole = raw.endswith(b"\n")
            yield Line(path, number, raw[:-1] if whole else raw, whole)


def sync_folder(folder: Path) -> None:
    """Make a created or renamed name durable: a file's fsync does not cover its directory entry."""
    fd = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


class Journal:
    """The open journal of one project. One writer at a time; the caller holds the store's write lock."""

    def __init__(self, folder: Path) -> None:
        """Open the journal and check its newest segment's chain.

        Raises JournalBroken when a whole line there does not match its hash or its predecessor.
        """
        self.folder = folder
        self.last_seq = 0
        self.last_hash = FIRST_PREV
        self.torn = b""  # an unfinished last line, still in the file until `cut_torn`
        self._fd = -1
        self._end = 0  # length of the segment up to the last sound line
        self._tail = b""  # the last sound bytes before _end
        self._sound = True  # False: the file may hold bytes beyond _end
        if any(folder.glob("ready-*")):  # see repair
            raise StoreError(f"A recovery of {folder} was interrupted. Run `review recover` again; it goes on there.")
        found = segments(folder)
        self._number = int(found[-1].stem) if found else 1
        for path in reversed(found):
            if path.stat().st_size:
                self._read_newest(path, is_last=path == found[-1])
                if self.last_seq:
                    break

    def _read_newest(self, path: Path, *, is_last: bool) -> None:
        for line, seq, prev, digest in _checked(path):
            if seq is None:
                if not is_last:
                    raise _broken(line, "it is unfinished, yet a newer segment exists")
                self.torn = line.raw
                break
            if self.last_seq and (seq != self.last_seq + 1 or prev != self.last_hash):
                raise _broken(line, f"expected seq {self.last_seq + 1} after {self.last_hash[:12]}..., got seq {seq}")
            self.last_seq, self.last_hash = seq, digest
            if is_last:
                self._end += len(line.raw) + 1
        if is_last:
            with path.open("rb") as file:
                file.seek(max(0, self._end - _PAGE_BYTES))
                self._tail = file.read(min(self._end, _PAGE_BYTES))

    # -- writing --

    def prepare(self, facts: Sequence[Fact], at: datetime) -> list[Event]:
        """Seal facts into the next places of the chain; nothing is written yet."""
        events: list[Event] = []
        seq, prev = self.last_seq, self.last_hash
        for fact in facts:
            seq += 1
            events.append(seal(fact, seq=seq, prev=prev, at=at))
            prev = events[-1].hash
        return events

    def write(self, events: Sequence[Event]) -> None:
        """Append sealed events with one fsync. Raises StoreFull, and then none of them is in the journal."""
        data = b"".join(event.line.encode("ascii") + b"\n" for event in events)
        try:
            self._mend()
            if self._fd < 0 or self._end >= SEGMENT_BYTES:
                self._open_segment()
            self._sound = False
            _write_all(self._fd, data, self._end)
            os.fsync(self._fd)
        except OSError as error:
            try:
                self._mend()
                state = "Nothing of this write was kept"
            except OSError:
                state = "The unfinished write could not be cut off yet; nothing is accepted until it can"
            raise StoreFull(
                f"The journal in {self.folder} could not be written: {error.strerror or error}. {state}. "
                "Free some space or mend the disk, then send again; no restart is needed."
            ) from error
        self._sound = True
        self._grow(data)
        self.last_seq, self.last_hash = events[-1].seq, events[-1].hash

    def _open_segment(self) -> None:
        if self._fd >= 0:  # full: go on in the next file
            os.close(self._fd)
            self._fd = -1
            self._number += 1
            self._end, self._tail = 0, b""
        fd = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            sync_folder(self.folder)
        except OSError:
            os.close(fd)
            raise
        self._fd = fd

    def _mend(self) -> None:
        """Cut off what an earlier failure left, and write the page it touched again. Raises OSError."""
        if self._sound:
            return
        os.ftruncate(self._fd, self._end)
        _write_all(self._fd, self._tail, self._end - len(self._tail))
        os.fsync(self._fd)
        self._sound = True

    def _grow(self, data: bytes) -> None:
        self._end += len(data)
        self._tail = (self._tail + data)[-_PAGE_BYTES:]

    def cut_torn(self) -> Path:
        """Move the unfinished last line to `torn-<seq>.txt`, durably, before it is cut off. Returns the new file."""
        copy = self.folder / f"torn-{self.last_seq + 1}.txt"
        number = 1
        while copy.exists():
            number += 1
            copy = self.folder / f"torn-{self.last_seq + 1}-{number}.txt"
        with copy.open("wb") as file:
            file.write(self.torn)
            file.flush()
            os.fsync(file.fileno())
        sync_folder(self.folder)
        self._open_segment()
        self._sound = False
        self._mend()
        self.torn = b""
        return copy

    # -- reading --

    @property
    def path(self) -> Path:
        """The segment that is written to."""
        return self.folder / f"{self._number:06d}.jsonl"

    def events(self, first: int = 1, last: int | None = None) -> Iterator[Event]:
        """Events from `first` to `last` (default: the last one now), in order, the chain checked on the way.

        Raises JournalBroken with file, line and reason where a line is altered or missing.
        """
        last = self.last_seq if last is None else last
        expected = first
        for event in read_events(self.folder, first, last):
            expected = event.seq + 1
            yield event
        if expected != last + 1:
            raise JournalBroken(f"{self.folder}: events {expected} to {last} are missing. Run `review recover`.")

    def close(self) -> None:
        """Close the segment file. Idempotent."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1


def read_events(folder: Path, first: int, last: int) -> Iterator[Event]:
    """Events from `first` to `last`, or to where the journal in `folder` ends, in order; the chain is checked on the
    way, from the journal's beginning or that of the segment which holds `first`.

    Reads only, so it works beside a writer. Raises JournalBroken with file, line and reason where a line is altered or
    missing.
    """
    found = segments(folder)
    start = 0
    for index, path in enumerate(found):
        seq = _first_seq(path)
        if seq is not None and seq <= first:
            start = index
    before: tuple[int, str] | None = (0, FIRST_PREV) if start == 0 else None
    for path in found[start:]:
        for line, seq, prev, digest in _checked(path):
            if seq is None or seq > last:
                break
            if before is not None and (seq, prev) != (before[0] + 1, before[1]):
                raise _broken(
                    line,
                    f"expected seq {before[0] + 1} after {before[1][:12]}..., got seq {seq} after {prev[:12]}...",
                )
            before = (seq, digest)
            if seq >= first:
                yield _event(line)
            if seq == last:  # beyond it a writer may be at work
                return


def _checked(path: Path) -> Iterator[tuple[Line, int | None, str, str]]:
    """Lines with seq, prev and hash; a torn last line comes with seq None."""
    for line in lines(path):
        if not line.whole:
            yield line, None, "", ""
            return
        try:
            found = check_line(line.raw)
        except ValueError as error:
            raise _broken(line, str(error)) from error
        yield line, found.seq, found.prev, found.hash


def _event(line: Line) -> Event:
    try:
        return parse(line.raw)
    except ValueError as error:
        raise _broken(line, str(error)) from error


def _first_seq(path: Path) -> int | None:
    first = next(lines(path), None)
    if first is None or not first.whole:
        return None
    try:
        return check_line(first.raw).seq
    except ValueError as error:
        raise _broken(first, str(error)) from error


def _broken(line: Line, why: str) -> JournalBroken:
    return JournalBroken(
        f"{line.path.name} line {line.number} cannot be trusted: {why}. "
        "Run `review recover`; it keeps every sound line and the original files."
    )


def _write_all(fd: int, data: bytes, offset: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(fd, view, offset)
        view, offset = view[written:], offset + written
