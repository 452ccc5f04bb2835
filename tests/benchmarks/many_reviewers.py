"""50 simulated reviewers over 10,000 documents: broken lines, dead leases, two tabs, overlap, gold and repeats.

    python tests/benchmarks/many_reviewers.py [DOCUMENTS]      default 10,000

Prints what went wrong, nothing if all is well, and how much there was.
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from simulated_desks import departures, simulate


def main(documents: int) -> None:
    start = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        found = simulate(Path(folder), reviewers=50, documents=documents, seed=7)
        stored = [label.label_id for label in found.store.labels()]
        wrong = departures(found)
        wrong += [f"{name} was acknowledged and is not stored." for name in found.acknowledged - set(stored)]
        wrong += ["Labels are stored twice."] if len(stored) != len(set(stored)) else []
        unread = found.documents - {one.doc_id for one in found.store.labelled_documents()}
        wrong += [f"{name} was lost." for name in unread]
        print("\n".join(wrong) or "Nothing beyond plan, nothing lost.")
        turns = ", ".join(f"{count} {turn}" for turn, count in found.turns().items())
        print(f"{documents} documents, {len(stored)} labels ({turns}), {found.disconnects} disconnects")
        print(f"{found.refused.total()} labels refused, {time.process_time() - start:.0f} s of CPU")
        found.store.close()


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000)
