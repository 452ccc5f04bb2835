"""A store as it was: the journal's events up to one of them, applied in another folder. The journal is only read."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from review.store.apply import apply
from review.store.core import DATABASE, JOURNAL, batches, connect, utcnow
from review.store.events import Event
from review.store.journal import Journal


def replay(journal: Path, root: Path, last: int) -> str | None:
    """Make a store of the events up to `last` in folder `root`, without texts; returns that event's hash.

    None, and nothing is made, when the journal ends before. Raises JournalBroken where its chain does not hold.
    """
    with closing(Journal(journal)) as source:
        if not 0 < last <= source.last_seq:
            return None
        (root / JOURNAL).mkdir(parents=True)
        newest = ""

        def copied() -> Iterator[Event]:
            nonlocal newest
            with (root / JOURNAL / "000001.jsonl").open("xb") as file:
                for event in source.events(1, last):
                    file.write(event.line.encode("ascii") + b"\n")
                    newest = event.hash
                    yield event

        with closing(connect(root / DATABASE, utcnow())) as con, con.cursor() as cursor:
            for batch in batches(copied()):
                cursor.begin()
                apply(cursor, batch)
                cursor.commit()
    return newest
