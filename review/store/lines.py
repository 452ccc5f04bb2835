"""Which lines of drawn documents stand in other drawn documents too: menus, notices, whole copies.

Each drawn document keeps the hashes of its telling lines. They are derived from its text, and are written wherever a
text is; what several documents share is counted once and kept until more is drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from review.store.core import Core
from review.store.telling import line_hashes

Hashes = NDArray[np.uint64]


class LineVerbs(Core):
    """Lines that drawn documents share."""

    _counting = Lock()
    _counted: tuple[int, Hashes, NDArray[np.int64]] | None = None  # up to which draw, shared hashes, documents of each

    def shared_lines(self, texts: Sequence[str]) -> list[list[tuple[int, int]]]:
        """For each drawn document's text the lines that other drawn documents have too, as (line number, others)."""
        hashes, documents = self._shared()
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

    def _shared(self) -> tuple[Hashes, NDArray[np.int64]]:
        with self._counting:
            with self._reading() as cursor:
                (drawn,) = cursor.execute("select coalesce(max(seq), 0) from draws").fetchall()[0]
                if self._counted is None or self._counted[0] != drawn:
                    columns = cursor.execute(
                        "select hash, count(*) as n from "
                        '(select unnest(lines) as hash from document_lines semi join queue using (shard_no, "row")) '
                        "group by 1 having n > 1 order by 1"
                    ).fetchnumpy()
                    hashes = np.asarray(columns["hash"], np.uint64)
                    self._counted = (drawn, hashes, np.asarray(columns["n"], np.int64))
            return self._counted[1], self._counted[2]
