"""Which lines of drawn documents stand in other drawn documents too: menus, notices, whole copies.

Each drawn document keeps the hashes of its telling lines. They are derived from its text, and are written wherever a
text is; what several documents share is counted once and kept until more is drawn.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from threading import Lock, Thread

import numpy as np
from numpy.typing import NDArray

from review.errors import StoreError
from review.store.core import Core
from review.store.telling import line_hashes

Hashes = NDArray[np.uint64]


class LineVerbs(Core):
    """Lines that drawn documents share."""

    _lines_counted: tuple[int, Hashes, NDArray[np.int64]] | None = (
        None  # up to which draw, shared hashes, documents of each
    )
    _lines_counter: Thread | None = None
    _lines_guard = Lock()

    def shared_lines(self, texts: Sequence[str], patience: float | None = None) -> list[list[tuple[int, int]]] | None:
        """For each drawn document's text the lines that other drawn documents have too, as (line number, others).

        After a draw all lines are counted anew, beside everything else: seconds for a million documents. A caller with
        `patience` (seconds) then gets the counts before the draw, or None where there are none yet.
        """
        counted = self._count_lines(patience)
        if counted is None:
            return None
        _, hashes, documents = counted
        found = []
        for text in texts:
            lines = line_hashes(text)
            numbers = np.fromiter(lines.keys(), np.int64, len(lines))
            wanted = np.fromiter(lines.values(), np.uint64, len(lines))
            at = np.searchsorted(hashes, wanted)
            at[at == len(hashes)] = 0
            same = hashes[at] == wanted if len(hashes) else np.zeros(len(wanted), bool)
            found.append(list(zip(numbers[same].tolist(), (documents[at[same]] - 1).tolist(), strict=True)))
        return found

    def _count_lines(self, patience: float | None) -> tuple[int, Hashes, NDArray[np.int64]] | None:
        with self._reading() as cursor:
            (drawn,) = cursor.execute("select coalesce(max(seq), 0) from draws").fetchall()[0]
        if self._lines_counted is None or self._lines_counted[0] != drawn:
            with self._lines_guard:
                if self._lines_counter is None or not self._lines_counter.is_alive():
                    self._lines_counter = Thread(
                        target=self._count_lines_anew, args=(drawn,), name="shared-lines", daemon=True
                    )
                    self._lines_counter.start()
                counter = self._lines_counter
            counter.join(patience)
        return self._lines_counted

    def _count_lines_anew(self, drawn: int) -> None:
        with contextlib.suppress(StoreError), self._reading() as cursor:  # the store may close meanwhile
            columns = cursor.execute(
                "select hash, count(*) as n from "
                '(select unnest(lines) as hash from document_lines semi join queue using (shard_no, "row")) '
                "group by 1 having n > 1 order by 1"
            ).fetchnumpy()
            self._lines_counted = (drawn, np.asarray(columns["hash"], np.uint64), np.asarray(columns["n"], np.int64))
