"""Kill -9 at any moment: every acknowledged label is there, once, for its document and reviewer."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from store_states import filled, label

from review.store import Store

pytestmark = pytest.mark.faults

# Forks a writer for every line on stdin, so that a life starts in milliseconds. A writer labels in batches of 1 to 5,
# each acknowledged on stdout only after record_labels has returned.
NURSERY = """
import json, os, sys
from pathlib import Path
import duckdb, numpy, pyarrow
from store_states import checkpoint, label
from review.store import Store

def live(life):
    store = Store.open(Path(sys.argv[1]))
    n = 0
    while True:
        batch = []
        for _ in range(n % 5 + 1):
            batch.append(label(f"web/{'ab'[n % 2]}#{n % 20}", f"{life}-{n}", reviewer=f"r{n % 3}", note=f"{life} {n}"))
            n += 1
        stored = store.record_labels(batch)
        print(json.dumps([[one.label_id, one.doc_id, one.reviewer, one.seq] for one in stored]), flush=True)
        if n % 40 < 5:
            checkpoint(store)

for line in sys.stdin:
    pid = os.fork()
    if not pid:
        live(line.strip())
    print(pid, flush=True)
    os.waitpid(pid, 0)
    print("dead", flush=True)
"""


class Nursery:
    """Starts writers and kills them -9."""

    def __init__(self, root: Path) -> None:
        folders = [str(Path(__file__).parents[1]), *sys.path]
        self.process = subprocess.Popen(
            [sys.executable, "-c", NURSERY, str(root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={"PYTHONPATH": ":".join(folders)},
        )

    def life(self, number: int, acknowledgements: int, seconds: float) -> list[list[object]]:
        """Let a writer live for so many acknowledgements and seconds more; returns what it acknowledged in whole."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        print(number, file=self.process.stdin, flush=True)
        said = iter(self.process.stdout.readline, "dead\n")
        pid = 0
        acknowledged: list[list[object]] = []
        heard = 0
        for line in said:
            if line.startswith("[") and not line.endswith("]]\n"):
                line, _, rest = line.partition("dead")  # torn by the kill: nobody could have understood it
                assert not rest.strip()
                break
            if line.startswith("["):
                heard += 1
                acknowledged += json.loads(line)
            else:
                pid = int(line)
            if pid and heard == acknowledgements:
                time.sleep(seconds)
                os.kill(pid, signal.SIGKILL)
        return acknowledged

    def __enter__(self) -> Nursery:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.kill()
        self.process.communicate()


def test_twenty_kills_between_checkpoints_lose_and_double_nothing(tmp_path):
    filled(tmp_path).close()
    moments = random.Random(20260131)
    acknowledged: list[list[object]] = []
    with Nursery(tmp_path) as nursery:
        for number in range(20):
            acknowledged += nursery.life(number, moments.randrange(6), moments.uniform(0.0, 0.05))
            if number % 5 == 4:
                with Store.open(tmp_path) as store:
                    assert store.verify() == []
    with Store.open(tmp_path) as store:
        labels = store.labels()
        assert store.verify() == []
        stored = [[one.label_id, one.doc_id, one.reviewer, one.seq] for one in labels]
        assert len(acknowledged) > 40
        assert len({one.label_id for one in labels}) == len(labels)
        assert {tuple(one) for one in acknowledged} - {tuple(one) for one in stored} == set()
        assert all(one.note == one.label_id.replace("-", " ") for one in labels)
        # A client that never got its acknowledgement sends again: nothing is doubled.
        last = labels[-1]
        again = label(last.doc_id, last.label_id, reviewer=last.reviewer, note=last.note)
        assert store.record_labels([again]) == [last]


@pytest.mark.parametrize("point", ["before the journal", "in the journal", "before the commit", "after the commit"])
def test_a_death_at_each_step_of_a_write(tmp_path, point):
    filled(tmp_path).close()
    code = f"""
import os
from pathlib import Path
from store_states import label
from review.store import Store
store = Store.open(Path({str(tmp_path)!r}))
store.record_labels([label("web/a#1", "first")])
write, fsync = store._journal.write, os.fsync
def die(*_): os.kill(os.getpid(), 9)
def write_then_die(events): write(events); die()
point = {point!r}
if point == "before the journal": store._journal.write = die
if point == "in the journal": os.fsync = die
if point == "before the commit": store._journal.write = write_then_die
store.record_labels([label("web/a#2", "second"), label("web/a#3", "third")])
die()
"""
    folders = [str(Path(__file__).parents[1]), *sys.path]
    done = subprocess.run([sys.executable, "-c", code], env={"PYTHONPATH": ":".join(folders)})
    assert done.returncode == -9
    with Store.open(tmp_path) as store:
        found = {one.label_id for one in store.labels()}
        assert found == ({"first"} if point == "before the journal" else {"first", "second", "third"})
        assert store.verify() == []
        store.record_labels([label("web/a#2", "second"), label("web/a#3", "third")])
        assert store.label_count() == 3
