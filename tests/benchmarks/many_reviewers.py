"""50 simulated reviewers over 10,000 documents: broken lines, dead leases, two tabs, overlap, gold and repeats.

    python tests/benchmarks/many_reviewers.py [DOCUMENTS]      default 10,000

Prints what went wrong, nothing if all is well, and how much there was; writes results/many_reviewers.json when it ran
at full size. Exit code 1 when anything went wrong.
"""

from __future__ import annotations

import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from simulated_desks import simulate, wrongs

HERE = Path(__file__).resolve().parent
FULL = 10_000
REVIEWERS = 50
DISTANCE = 50  # the least that review.toml allows: a reviewer judges some 250 documents here


def main(documents: int) -> int:
    start = time.process_time()
    with tempfile.TemporaryDirectory() as folder:
        found = simulate(Path(folder), reviewers=REVIEWERS, documents=documents, seed=7, distance=DISTANCE)
        wrong = wrongs(found)
        print("\n".join(wrong) or "Nothing beyond plan, nothing lost.")
        tenth = max(1, len(found.seconds) // 10)
        result = {
            "documents": documents,
            "reviewers": REVIEWERS,
            "wrong": len(wrong),
            "labels": len(found.store.labels()),
            "turns": {str(turn): count for turn, count in found.turns().items()},
            "messages": len(found.seconds),
            "disconnects": found.disconnects,
            "refused": dict(found.refused),
            "milliseconds": {  # of processor time, each message answered
                "first_tenth": round(1000 * statistics.median(found.seconds[:tenth]), 1),
                "last_tenth": round(1000 * statistics.median(found.seconds[-tenth:]), 1),
            },
            "processor_seconds": round(time.process_time() - start),
        }
        found.store.close()
    print(json.dumps(result, indent=1))
    if documents == FULL:
        path = HERE / "results" / "many_reviewers.json"
        path.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else FULL))
