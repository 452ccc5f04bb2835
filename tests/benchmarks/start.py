"""What a command takes before it does anything: `review score` with nothing left to score, and with one small shard.

    python tests/benchmarks/start.py                            writes results/start.json

The demo project, compiled code and byte code kept from a call before, as they are from the second start after an
install on. Beside it in the same turns the libraries alone that a score cannot do without, and the compiler that it
can. Processor and wall seconds of whole processes, median of nine turns.
"""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from review.demo import make_demo

HERE = Path(__file__).resolve().parent
TURNS = 9
LIBRARIES = "import duckdb, numpy, pyarrow.parquet, pyarrow.compute, pydantic, typer, llvmlite.binding"


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "demo"
        make_demo(project)
        score = [sys.executable, "-m", "review", "score", "--project", str(project)]
        calls: dict[str, tuple[list[str], Callable[[], None]]] = {
            "nothing_left": (score, lambda: None),
            "one_shard": (score, lambda: _unscore(project)),
            "libraries": ([sys.executable, "-c", LIBRARIES], lambda: None),
            "compiler": ([sys.executable, "-c", "import numba"], lambda: None),
        }
        for command, _ in calls.values():
            _seconds(command)
        taken: dict[str, list[tuple[float, float]]] = {name: [] for name in calls}
        for _ in range(TURNS):
            for name, (command, before) in calls.items():
                before()
                taken[name].append(_seconds(command))
    found = {
        name: {"processor": statistics.median(cpu for cpu, _ in times), "wall": statistics.median(w for _, w in times)}
        for name, times in taken.items()
    }
    told = {"seconds": found, "load_average": os.getloadavg()[0]}
    print(json.dumps(told, indent=1))
    (HERE / "results").mkdir(exist_ok=True)
    (HERE / "results" / "start.json").write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")


def _unscore(project: Path) -> None:
    """Take the scores of the smallest shard away."""
    scores = project / "scores"
    min(scores.rglob("*.scores.parquet"), key=lambda path: path.stat().st_size).unlink()


def _seconds(command: list[str]) -> tuple[float, float]:
    """Processor and wall seconds of a process."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONDONTWRITEBYTECODE"}
    before, begun = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, capture_output=True, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    used = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return used, time.perf_counter() - begun


if __name__ == "__main__":
    main()
