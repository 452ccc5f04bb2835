"""Opening, closing, reading and recording: what every verb of the store stands on.

A fact is recorded in this order: its rows are written into an open DuckDB transaction (so a fact the tables cannot
hold is never journalled), its line is appended to the journal and fsynced, the transaction commits, the caller is
answered. Whatever dies in between, the journal is at least as far as the tables, and `_catch_up` applies the rest.
"""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Self

import duckdb
import pyarrow as pa
from duckdb import DuckDBPyConnection

from review.errors import JournalBroken, StoreBusy, StoreError, StoreFull, StoreKept
from review.records import Stream
from review.store.apply import apply
from review.store.events import FIRST_PREV, Event, Fact, check_line, parse
from review.store.journal import Journal
from review.store.kept_labelled import KeptLabelled
from review.store.lock import Lock
from review.store.schema_later import migrate

DATABASE = "review.duckdb"
JOURNAL = "journal"
REPLAY_BYTES = 8_000_000  # of journal lines in one transaction of the replay


def utcnow() -> datetime:
    """Now, as a naive UTC datetime."""
    return datetime.now(UTC).replace(tzinfo=None)


class Core:
    """An open store. Safe for threads: writers take turns, every read has a cursor and a snapshot of its own."""

    def __init__(self, root: Path, lock: Lock, clock: Callable[[], datetime]) -> None:
        self.root = root
        self.warnings: list[str] = []  # what opening found and mended, as sentences
        self._clock = clock
        self._lock = lock
        self._pid = os.getpid()
        self._turns = threading.RLock()
        self._closed = False
        self._settled = True  # False: the tables may be behind the journal
        # What every message asks for and hardly anything changes. Whoever changes it puts an empty one in its place; a
        # reader fills the one it found before it looked, so what it saw too early is forgotten with it.
        self._memory: dict[str, Any] = {}
        self._kept_labelled: dict[Stream, KeptLabelled] = {}
        self._labelled_turn = threading.Lock()  # of who reads what is kept there; taken before a turn, never in one
        self._journal = Journal(root / JOURNAL)
        try:
            self._con = self._connect()
            self._settle_start()
        except BaseException:
            self._journal.close()
            raise

    @classmethod
    def open(cls, root: Path, *, clock: Callable[[], datetime] = utcnow) -> Self:
        """Open or create the store of the project in folder `root`, and bring its tables up to the journal.

        Raises StoreBusy when another process has it, JournalBroken when the journal is damaged, StoreError when the
        tables cannot be read or are missing although the journal is not empty.
        """
        root = Path(root)
        if not root.is_dir():
            raise StoreError(f"There is no folder {root}. Make a project there with `review init`.")
        (root / JOURNAL).mkdir(exist_ok=True)
        lock = Lock(root / JOURNAL / "lock")
        try:
            return cls(root, lock, clock)
        except BaseException:
            lock.release()
            raise

    def close(self) -> None:
        """Checkpoint and close. Idempotent; every later call raises StoreError."""
        with self._turns:
            if self._closed:
                return
            self._closed = True
            with contextlib.suppress(duckdb.Error):  # the journal has everything; the next start replays
                self._con.execute("checkpoint")
            with contextlib.suppress(duckdb.Error):
                self._con.close()
            self._journal.close()
            self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def now(self) -> datetime:
        """What the store's clock says."""
        return self._clock()

    def serves(self, address: str) -> None:
        """Let others who want the store know at which address an app has it open."""
        self._lock.tell(address)

    def last_seq(self) -> int:
        """Sequence number of the newest event; 0 when there is none."""
        with self._reading() as cursor:
            return _applied(cursor)[0]

    def newest(self) -> tuple[int, str]:
        """Sequence number and hash of the newest event; 0 and 64 zeros when there is none."""
        with self._reading() as cursor:
            return _applied(cursor)

    # -- reading --

    @contextmanager
    def _reading(self) -> Iterator[DuckDBPyConnection]:
        """A cursor on one snapshot, after everything journalled. A shared connection would mix up threads' rows.

        While a full disk keeps the tables behind the journal, the snapshot is of what they have: all that anybody was
        told is stored, and writers wait.
        """
        self._require_open()
        if not self._settled:
            with contextlib.suppress(StoreFull), self._turn():
                pass
        try:
            with self._con.cursor() as cursor:
                cursor.begin()
                yield cursor
        except (duckdb.OperationalError, duckdb.FatalException, duckdb.InternalException) as error:
            self._settled = False  # look, and reopen if need be, before the next use
            raise StoreError(f"The store could not be read: {error}. Try again; no label is lost.") from error

    # -- writing --

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """The right to write, caught up with the journal: journal order is the order of the tables."""
        with self._turns:
            self._require_open()
            self._catch_up()
            yield

    @contextmanager
    def _atomic(self) -> Iterator[DuckDBPyConnection]:
        """All-or-nothing write, outside the journal. Not nestable: DuckDB has no savepoints."""
        with self._con.cursor() as cursor:
            try:
                cursor.begin()
                yield cursor
                cursor.commit()
            except BaseException as error:
                # A failed commit can leave DuckDB refusing everything until it is reopened: look before the next use.
                self._settled = False
                with contextlib.suppress(duckdb.Error):
                    cursor.rollback()
                if isinstance(error, duckdb.DataError | duckdb.IntegrityError | pa.ArrowException | OverflowError):
                    raise StoreError(f"The store cannot hold this: {error}. Nothing was stored.") from error
                if isinstance(error, duckdb.Error | OSError):
                    raise StoreFull(
                        f"The store could not be written: {error}. Nothing was stored; send again."
                    ) from error
                raise

    def _record(self, facts: Sequence[Fact]) -> list[Event]:
        """Record facts, all or none, durably. The caller holds the turn.

        Raises StoreFull, and then none is stored; or StoreKept: all are, in the journal, and are shown later.
        """
        if not facts:
            return []
        try:
            events = self._journal.prepare(facts, self._clock())
        except (ValueError, TypeError) as error:
            raise StoreError(
                f"This cannot be written as JSON: {error}. Use text, finite numbers, lists, tables."
            ) from error
        try:
            with self._atomic() as cursor:
                apply(cursor, events)
                self._journal.write(events)
                self._settled = False
        except Exception as error:
            if self._journal.last_seq < events[-1].seq:
                raise
            # The journal has them, so they are stored: sent again, a decision would be there twice.
            try:
                self._catch_up()
            except Exception:
                raise StoreKept(
                    f"{self.root / DATABASE} could not be written: {error.__cause__ or error}. What you sent is not "
                    "lost: it is kept in the journal and will be there when the disk takes it; do not send again. "
                    "Free some space or mend the disk."
                ) from error
        self._settled = True
        return events

    def _catch_up(self) -> None:
        """Apply what the journal has and the tables lack; reopen DuckDB if a failed write has shut it."""
        if self._settled:
            return
        try:
            self._replay()
        except (duckdb.Error, StoreError):
            self._reopen()
            try:
                self._replay()
            except (duckdb.Error, StoreFull) as error:
                self._reopen()  # a failed commit may have shut it: readers still need it
                if isinstance(error, StoreFull):
                    raise
                raise StoreFull(f"The store could not be written: {error}. Nothing was stored; send again.") from error
        self._memory = {}
        self._kept_labelled = {}
        self._settled = True

    def _reopen(self) -> None:
        with contextlib.suppress(duckdb.Error):
            self._con.close()
        self._con = self._connect()

    def _replay(self) -> None:
        with self._con.cursor() as cursor:
            applied = _applied(cursor)[0]
        if applied == self._journal.last_seq:
            return
        for batch in batches(self._journal.events(applied + 1)):
            with self._atomic() as cursor:
                apply(cursor, batch)

    # -- opening --

    def _connect(self) -> DuckDBPyConnection:
        path = self.root / DATABASE
        if not path.exists() and self._journal.last_seq:
            raise StoreError(
                f"{path} is missing, but the journal holds {self._journal.last_seq} events. "
                "Run `review recover` to build it again from the journal and the corpus."
            )
        return connect(path, self._clock())

    def _settle_start(self) -> None:
        """Make journal and tables agree, or say why they cannot."""
        journal = self._journal
        with self._con.cursor() as cursor:
            applied, digest = _applied(cursor)
            if applied > journal.last_seq:
                self._restore(cursor, applied)
            elif journal.torn:
                copy = journal.cut_torn()
                self.warnings.append(
                    "The journal ended in an unfinished line, which nobody was told is stored; "
                    f"it is kept in {copy.name}."
                )
        if applied == journal.last_seq:
            journalled = journal.last_hash
        else:
            journalled = next(journal.events(applied, applied)).hash if applied else FIRST_PREV
        if journalled != digest:
            raise JournalBroken(
                f"The journal and {DATABASE} disagree on event {applied}: {journalled[:12]}... and {digest[:12]}... "
                "Run `review recover`; it keeps both files aside."
            )
        self._replay()

    def _restore(self, cursor: DuckDBPyConnection, applied: int) -> None:
        """The journal lost lines that were applied: write them again from the tables, if the chain proves them."""
        journal = self._journal
        lost = journal.last_seq + 1
        rows = cursor.execute("select line from events where seq >= ? order by seq", [lost]).fetchall()
        events, prev = [], journal.last_hash
        for seq, (line,) in enumerate(rows, lost):
            raw = line.encode("ascii", "replace")
            try:
                found = check_line(raw)
                if (found.seq, found.prev) != (seq, prev):
                    raise ValueError(f"expected seq {seq} after {prev[:12]}...")
                events.append(parse(raw))
            except ValueError as error:
                raise JournalBroken(
                    f"The journal ends at event {lost - 1}, {DATABASE} at {applied}, and its copy of event {seq} does "
                    f"not fit: {error}. Run `review recover`; it keeps both files aside."
                ) from error
            prev = found.hash
        if journal.torn:
            journal.cut_torn()
        journal.write(events)
        self.warnings.append(
            f"The journal had lost events {lost} to {applied}; they were written again from {DATABASE}, "
            "each proved by its hash. Check the disk."
        )

    def _require_open(self) -> None:
        if self._closed:
            raise StoreError(f"The store in {self.root} is closed. Open it again.")
        if os.getpid() != self._pid:
            raise StoreError("A store cannot be used in a forked process. Open work in a spawned one.")


def batches(events: Iterator[Event]) -> Iterator[list[Event]]:
    """Events in lists small enough for one transaction: one line may hold a label or thousands of draws."""
    batch: list[Event] = []
    size = 0
    for event in events:
        batch.append(event)
        size += len(event.line)
        if size >= REPLAY_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def connect(path: Path, at: datetime) -> DuckDBPyConnection:
    """Open and migrate a database file. Raises StoreBusy or StoreError."""
    try:
        con = duckdb.connect(str(path), config={"autoinstall_known_extensions": False})
        with con.cursor() as cursor:
            migrate(cursor, at)
        return con
    except duckdb.Error as error:
        if "lock" in str(error).lower():
            raise StoreBusy(
                f"{path} is open in another program: {error}.", next_step="Close it there, then try again."
            ) from error
        raise StoreError(
            f"{path} cannot be opened: {error}. No label is lost: the journal has them. "
            "Run `review recover`; it moves the file aside and builds a new one."
        ) from error


def _applied(cursor: DuckDBPyConnection) -> tuple[int, str]:
    """Sequence number and hash of the newest event in the tables."""
    rows = cursor.execute("select seq, line[-66:-3] from events where seq = (select max(seq) from events)").fetchall()
    return (int(rows[0][0]), str(rows[0][1])) if rows else (0, FIRST_PREV)
