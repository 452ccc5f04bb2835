"""How long a release of 10,000 shards takes to make and to verify, and how much of it is reading their files.

    python tests/benchmarks/release.py [--shards 10000] [--bytes 100000] [--folder DIR]

A synthetic project: every shard is a file of its own with random bytes, read by enough labels for a lenient plan to
approve it, and approved. Making is timed from the call to its return, the store and every check in it. Verifying is
timed twice: from the manifest alone, and with every certificate followed to its labels in the journal. Beside the time
that passed stands the processor time, which other programs on the machine do not lengthen.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import shutil
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parents[1]))
RESULT = HERE / "results" / "release.json"
DRAWN = 10


def build(root: Path, shards: int, size: int) -> None:
    """A project of approved shards."""
    from review import workflow
    from review.corpus.fingerprint import fingerprint
    from review.records import Document, Draw, Label, Ruling, Shard, Stream, Verdict
    from review.settings import write_default
    from review.store import NewShard

    settings = write_default(root, name="benchmark")
    text = settings.read_text().replace("accept = 0.02", "accept = 0.05").replace("reject = 0.06", "reject = 0.50")
    settings.write_text(text)
    corpus = root / "corpus"
    corpus.mkdir()
    names = [f"web/{number:05}.parquet" for number in range(shards)]
    random = np.random.default_rng(5)
    with workflow.open_project(root) as project:
        new = []
        for number, name in enumerate(names):
            path = corpus / f"{number:05}.parquet"
            path.write_bytes(random.bytes(size))
            seen = fingerprint(str(path))
            shard = Shard(name, "web", str(path), "parquet", 50_000, 50_000, 45_000_000, seen, ("text",), "text")
            new.append(NewShard(shard, (), {}))
        project.store.add_shards(new, "lead")
        for first in range(0, shards, 1_000):
            draws, texts, labels = [], [], []
            for name in names[first : first + 1_000]:
                for rank in range(DRAWN):
                    body = f"{name} {rank}"
                    digest = hashlib.sha256(body.encode()).hexdigest()
                    draws.append(Draw(name, rank, Stream.AUDIT, "simple", DRAWN / 50_000, 7, rank, "b1"))
                    texts.append(Document(name, rank, body, digest))
                    labels.append(Label(f"{name}{rank}", f"{name}#{rank}", digest, "ana", Verdict.KEEP, seconds=9.0))
            project.store.record_draws(draws, texts, "lead")
            project.store.record_labels(labels)
        workflow.decide(project, names, Ruling.APPROVE, reason="certified", by="lead")


def measure(root: Path) -> dict[str, float]:
    """Seconds of each step."""
    from review import workflow
    from review.corpus.fingerprint import sha256_file
    from review.release import verify_release

    shutil.rmtree(root / "releases", ignore_errors=True)
    found: dict[str, float] = {}
    with workflow.open_project(root) as project:
        project.standings()
        name = f"r{time.time_ns()}"
        started, busy = time.perf_counter(), time.process_time()
        made = workflow.release(project, name, by="lead", fmt="table")
        found["release"] = time.perf_counter() - started
        found["release_hashing"] = made.hashing
        found["release_without_hashing"] = found["release"] - made.hashing
        found["release_processor"] = time.process_time() - busy
        shards = made.manifest["shards"]
    started, busy = time.perf_counter(), time.process_time()
    for shard in shards:
        sha256_file(shard["path"])
    found["hashing_alone_one_thread"] = time.perf_counter() - started
    found["hashing_processor"] = time.process_time() - busy
    found["release_processor_without_hashing"] = found["release_processor"] - found["hashing_processor"]
    started, busy = time.perf_counter(), time.process_time()
    report = verify_release(made.path / "manifest.json")
    found["verify"] = time.perf_counter() - started
    found["verify_processor"] = time.process_time() - busy
    assert report.ok, report.problems[:3]
    found["verify_processor_without_hashing"] = found["verify_processor"] - found["hashing_processor"]
    started, busy = time.perf_counter(), time.process_time()
    report = workflow.verify(root, made.path)
    found["verify_with_journal"] = time.perf_counter() - started
    found["verify_with_journal_processor"] = time.process_time() - busy
    assert report.ok, report.problems[:3]
    assert report.journalled == len(shards)
    found["manifest_bytes"] = (made.path / "manifest.json").stat().st_size
    return found


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--shards", type=int, default=10_000)
    parser.add_argument("--bytes", type=int, default=100_000, help="of a shard's file")
    parser.add_argument("--folder", type=Path, help="keep the project here, and use it again")
    asked = parser.parse_args()
    folder = asked.folder or Path(tempfile.mkdtemp(prefix="review-release-"))
    try:
        if not (folder / "review.toml").exists():
            started = time.perf_counter()
            build(folder, asked.shards, asked.bytes)
            print(f"built in {time.perf_counter() - started:.0f} s", flush=True)
        times = measure(folder)
    finally:
        if not asked.folder:
            shutil.rmtree(folder, ignore_errors=True)
    rounded = {key: round(value, 2) for key, value in times.items()}
    RESULT.write_text(json.dumps({"shards": asked.shards, "bytes": asked.bytes, "seconds": rounded}, indent=1) + "\n")
    print(json.dumps(rounded, indent=1))


if __name__ == "__main__":
    main()
