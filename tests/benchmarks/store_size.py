"""Times of the store's verbs with 1,000,000 drawn documents in 10,000 shards and 100,000 labels.

    python tests/benchmarks/store_size.py [SHARE]      SHARE of that size, default 1.0

Prints one line a verb: median and 95th percentile in milliseconds.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from store_states import LATER, Clock, document, draw, shard

from review.overlap import Overlap
from review.records import Assignment, Gold, Label, Verdict
from review.store import NewShard, Store
from review.turns import Mix


def timed(name: str, call: Callable[[int], object], times: int = 15) -> None:
    taken = []
    for number in range(times):
        start = time.perf_counter()
        call(number)
        taken.append((time.perf_counter() - start) * 1e3)
    taken.sort()
    print(f"{name:28} {taken[times // 2]:9.1f} ms  {taken[int(times * 0.95)]:9.1f} ms", flush=True)


def main(share: float) -> None:
    shards, per_shard, labelled = int(10_000 * share), 100, int(100_000 * share)
    names = [f"web/{number:05d}" for number in range(shards)]
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(Path(folder), clock=Clock())
        start = time.perf_counter()
        for first in range(0, shards, 500):
            some = names[first : first + 500]
            store.add_shards([NewShard(shard(name, per_shard * 10), [], {"empty_text": 2}) for name in some], "lead")
        print(f"add {shards} shards in batches      {time.perf_counter() - start:.1f} s", flush=True)
        start = time.perf_counter()
        for first in range(0, shards, 200):
            some = names[first : first + 200]
            docs = [document(name, row) for name in some for row in range(per_shard)]
            store.record_draws([draw(one.shard, one.row) for one in docs], docs, "lead")
        print(f"draw {shards * per_shard} documents      {time.perf_counter() - start:.1f} s", flush=True)
        start = time.perf_counter()
        places = [(name, row) for row in range(per_shard) for name in names][:labelled]
        for first in range(0, labelled, 1000):
            batch = [
                Label(f"l{name}-{row}", f"{name}#{row}", document(name, row).content_hash, f"r{row % 9}", Verdict.KEEP)
                for name, row in places[first : first + 1000]
            ]
            store.record_labels(batch)
        print(f"{labelled} labels in batches      {time.perf_counter() - start:.1f} s", flush=True)
        store._con.execute("checkpoint")
        limits = dict.fromkeys(names, 60)
        one = names[shards // 2]
        digest = document(one, 50).content_hash
        timed("lease 12", lambda n: store.lease("a", f"t{n}", 12, until=LATER, overlap=1))
        timed("lease 12, with limits", lambda n: store.lease("b", f"t{n}", 12, until=LATER, overlap=1, limits=limits))
        timed("lease 12, overlap 3", lambda n: store.lease("c", f"t{n}", 12, until=LATER, overlap=3))
        plan, mix = Overlap(3, share=0.1, until_agreement=True), Mix(1, gold=0.05, repeat=0.03)
        timed("lease 12, overlap a share", lambda n: store.lease("d", f"t{n}", 12, until=LATER, overlap=plan))
        store.keep_languages("lang")
        store.record_gold(
            [Gold(f"{name}#70", document(name, 70).content_hash, Verdict.KEEP, "l") for name in names[:500]]
        )
        store.assign(Assignment("e", languages=("en",), by="lead"))
        store.assign(Assignment("f", shards=("web/00*",), by="lead"))
        for who, what in (
            ("g", "gold and repeats"),
            ("r1", "and 11,000 own labels"),
            ("e", "and a language"),
            ("f", "and shards"),
        ):
            hand = partial(store.hand_out, who, until=LATER, overlap=plan, mix=mix, limits=limits)
            hand(tab="first", n=12)
            timed(f"hand out 12, {what}", lambda n, hand=hand: hand(tab=f"t{n}", n=12))
        timed("who holds what", lambda n: store.holders())
        timed("what waits", lambda n: store.waiting(plan, limits))
        timed("one label", lambda n: store.record_labels([Label(f"n{n}", f"{one}#50", digest, "z", Verdict.KEEP)]))
        timed("documents, 12", lambda n: store.documents([f"{one}#{row}" for row in range(12)]))
        timed("shard_counts", lambda n: store.shard_counts())
        timed("draw_counts", lambda n: store.draw_counts())
        timed("reviewer_counts", lambda n: store.reviewer_counts())
        timed("labels_per_day", lambda n: store.labels_per_day())
        timed("label_count", lambda n: store.label_count())
        timed("shard_states", lambda n: store.shard_states())
        timed("shards", lambda n: store.shards(), 5)
        timed("labelled_documents, a shard", lambda n: store.labelled_documents(one))
        timed("labelled_documents, all", lambda n: store.labelled_documents(), 3)
        timed("history", lambda n: store.history(one))
        timed("verify", lambda n: store.verify(), 1)
        store.close()
        timed("open", lambda n: Store.open(Path(folder)).close(), 3)


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0)
