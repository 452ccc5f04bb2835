"""Telling lines: those that are long enough to say something when another document has them too."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from duckdb import DuckDBPyConnection

from review.store.encoding import unpack
from review.store.rows import insert, place_columns, with_batch

SHORTEST = 20  # characters: a shorter line says nothing when it comes again
MOST = 2_000  # lines of a document that are looked at

_BATCH = 500  # texts in memory at once


def line_hashes(text: str) -> dict[int, int]:
    """Hash of each telling line by its number, from 0, of the first MOST such lines."""
    found: dict[int, int] = {}
    for number, line in enumerate(text.split("\n")):
        told = " ".join(line.split())
        if len(told) < SHORTEST or not any(map(str.isalpha, told)):
            continue
        digest = hashlib.blake2b(told.encode("utf-8", "surrogatepass"), digest_size=8).digest()
        found[number] = int.from_bytes(digest, "little")
        if len(found) == MOST:
            break
    return found


def distinct_hashes(text: str) -> list[int]:
    """As they are stored with a document: each once, in order."""
    return sorted(set(line_hashes(text).values()))


def fill_lines(db: DuckDBPyConnection) -> None:
    """Give every stored text the hashes of its lines."""
    keys = db.execute('select shard_no, "row" from documents where text is not null order by 1, 2').fetchall()
    for start in range(0, len(keys), _BATCH):
        texts = with_batch(
            db,
            place_columns(keys[start : start + _BATCH]),
            'select shard_no, "row", text from documents semi join batch using (shard_no, "row")',
        ).fetchall()
        store_lines(db, [(number, row) for number, row, _ in texts], [unpack(text) for _, _, text in texts])


def store_lines(db: DuckDBPyConnection, places: Sequence[tuple[int, int]], texts: Sequence[str]) -> None:
    """Keep the hashes of the lines of documents that have none yet."""
    insert(
        db,
        "document_lines",
        {
            "shard_no": [number for number, _ in places],
            "row": [row for _, row in places],
            "lines": [distinct_hashes(text) for text in texts],
        },
    )
