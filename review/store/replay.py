"""A store as it was: the journal's events up to one of them, applied in memory. The journal is only read."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from duckdb import DuckDBPyConnection

from review.store.apply import apply
from review.store.core import JOURNAL, batches, connect, utcnow
from review.store.events import Event
from review.store.journal import read_events
from review.store.lock import Lock
from review.store.store import Store


class _Replayed(Store):
    """A store whose tables are given, and whose journal is the last line that they hold."""

    def __init__(self, root: Path, lock: Lock, clock: Callable[[], datetime], tables: DuckDBPyConnection) -> None:
        self._tables = tables
        super().__init__(root, lock, clock)

    def _connect(self) -> DuckDBPyConnection:
        return self._tables


@contextmanager
def replayed(journal: Path, last: int) -> Iterator[Store | None]:
    """The store as it was after event `last`, without texts; None when the journal in folder `journal` ends before.

    What is recorded in it is thrown away with it. Works beside a running server. Raises JournalBroken where the chain
    does not hold.
    """
    newest: Event | None = None
    with connect(Path(":memory:"), utcnow()) as tables:
        for batch in batches(read_events(journal, 1, last)):
            with tables.cursor() as cursor:
                cursor.begin()
                apply(cursor, batch)
                cursor.commit()
            newest = batch[-1]
        if newest is None or newest.seq != last:
            yield None
            return
        with tempfile.TemporaryDirectory(prefix="review-replay-") as name:
            folder = Path(name) / JOURNAL
            folder.mkdir()
            (folder / "000001.jsonl").write_text(f"{newest.line}\n", encoding="ascii")
            with _Replayed(Path(name), Lock(folder / "lock"), utcnow, tables) as store:
                yield store
