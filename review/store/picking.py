"""Keyed hashes of documents: the order they are handed out in, and which of them several people judge.

Both follow from the journal alone, shard, row and the seed of the draw, and are known before anybody reads.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
from duckdb import DuckDBPyConnection
from numpy.typing import NDArray

from review.store.encoding import unpack
from review.store.rows import with_batch

MOST_RANKS = 1 << 31
TRAINING_PLACE = 1 << 62
NO_PLACE = -1  # of a document that is handed out to nobody: its text was drawn before, in another row


def places(draws: Mapping[str, Any]) -> NDArray[np.int64]:
    """The order in which drawn documents are handed out, as one number each, so that the next ones are found fast.

    Audit draws come first, by rank, and within a rank in pseudo-random order, so that shards are mixed: the rank is
    followed by 31 bits of a keyed hash. Training draws start at 2**62: the newest wave first, within it by rank.
    """
    ranks = np.array(draws["ranks"], dtype=np.int64)
    if draws["stream"] == "training":
        return np.asarray(TRAINING_PLACE + ((MOST_RANKS - 1 - draws["wave"]) << 30) + np.minimum(ranks, (1 << 30) - 1))
    return np.asarray(ranks * MOST_RANKS + _hash("", draws["seed"], draws["shard"], draws["rows"]))


def picks(draws: Mapping[str, Any]) -> NDArray[np.int64]:
    """A number below 2**31 for each drawn document: those below a threshold are judged by several people."""
    return _hash("overlap:", draws["seed"], draws["shard"], draws["rows"])


def fill_picks(db: DuckDBPyConnection) -> None:
    """Give every document in the queue the pick of its draw; an audit draw's where it has one."""
    found = db.execute(
        'select shard_no, "row", arg_min(seed, (stream, seq)) as seed from draws '  # 'audit' sorts before 'training'
        'group by shard_no, "row" order by shard_no, seed'
    ).fetchnumpy()
    if not len(found["row"]):
        return
    names = dict(db.execute("select shard_no, name from shards").fetchall())
    shards, seeds, rows = (np.asarray(found[name]) for name in ("shard_no", "seed", "row"))
    starts = np.flatnonzero(np.diff(shards, prepend=-1) | np.diff(seeds, prepend=seeds[0]))
    parts = [
        picks({"seed": int(seeds[part[0]]), "shard": unpack(names[int(shards[part[0]])]), "rows": rows[part]})
        for part in np.split(np.arange(len(rows)), starts[1:])
    ]
    with_batch(
        db,
        {"shard_no": shards, "row": rows, "pick": np.concatenate(parts).astype(np.int32)},
        'update queue set pick = b.pick from batch b where queue.shard_no = b.shard_no and queue."row" = b."row"',
    )


def _hash(purpose: str, seed: int, shard: str, rows: Any) -> NDArray[np.int64]:
    """31 bits for each row: the splitmix64 finaliser over a key made of shard, seed and purpose."""
    name = f"{purpose}{seed}:{shard}".encode("utf-8", "surrogatepass")
    key = int.from_bytes(hashlib.blake2b(name, digest_size=8).digest(), "big")
    x = np.array(rows, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15) + np.uint64(key)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    return np.asarray((x >> np.uint64(33)).astype(np.int64))
