"""How fast a corpus comes in and a sample goes out, with what memory; and what the bare scan costs beside it.

    python tests/benchmarks/ingest.py [--documents 1000000] [--folder DIR]

Makes 200 Parquet shards of short documents and one broken file of each format, ingests them, then draws from one large
Parquet shard and one .jsonl.gz. Prints and writes results/ingest.json. Ratios come from alternating runs, medians.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import resource
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from review import corpus
from review.sampling import audit_order

SHARDS = 200
ROUNDS = 5
RESULTS = Path(__file__).parent / "results" / "ingest.json"
CONSONANTS, VOWELS = "bcdfghklmnprstvz", "aeiou"


def sentences(count: int, rng: np.random.Generator) -> pa.Array:
    """Sentences of made-up words, 8 to 24 each."""
    syllables = [c + v for c in CONSONANTS for v in VOWELS]
    words = np.array(["".join(rng.choice(syllables, rng.integers(1, 5))) for _ in range(20_000)])
    ranks = np.minimum(rng.zipf(1.2, (count, 24)) - 1, len(words) - 1)
    lengths = rng.integers(8, 25, count)
    return pa.array([" ".join(words[row[:n]]) + "." for row, n in zip(ranks, lengths, strict=True)])


def documents(pool: pa.Array, rows: int, each: int, rng: np.random.Generator) -> pa.Array:
    """Documents of `each` sentences taken from the pool, no two alike."""
    parts = [pool.take(pa.array(rng.integers(0, len(pool), rows))) for _ in range(each)]
    return pc.binary_join_element_wise(*parts, " ")


def make(folder: Path, count: int) -> None:
    """Write everything the benchmark reads."""
    rng = np.random.default_rng(7)
    pool = sentences(20_000, rng)
    each = max(1, count // SHARDS)
    (folder / "web").mkdir()
    for number in range(SHARDS):
        ids = pa.array([f"{number:03d}-{i}" for i in range(each)])
        table = pa.table({"id": ids, "text": documents(pool, each, 3, rng), "lang": ["xx"] * each})
        pq.write_table(table, folder / "web" / f"{number:03d}.parquet", compression="zstd")
    for name, rows_a_group, share in [("rows1000.parquet", 1000, 2), ("default.parquet", 1 << 20, 4)]:
        large = max(1000, count // share)
        schema = pa.schema({"id": pa.int64(), "text": pa.string(), "url": pa.string()})
        with pq.ParquetWriter(folder / name, schema, compression="zstd") as writer:
            step = min(rows_a_group, large, 100_000)
            for first in range(0, large, step):
                rows = min(step, large - first)
                ids = list(range(first, first + rows))
                urls = [f"https://example.org/{i}" for i in ids]
                texts = documents(pool, rows, 25, rng)
                writer.write_table(pa.table([ids, texts, urls], schema=schema), row_group_size=rows_a_group)
    with gzip.open(folder / "large.jsonl.gz", "wt", compresslevel=6) as file:
        for i, text in enumerate(documents(pool, max(1000, count // 20), 25, rng).to_pylist()):
            file.write(json.dumps({"id": i, "text": text, "url": f"https://example.org/{i}"}) + "\n")
    broken(folder / "web")


def broken(folder: Path) -> None:
    """One broken file of each format."""
    line = b'{"text": "a fine document"}\n'
    whole = (folder / "000.parquet").read_bytes()
    (folder / "broken.parquet").write_bytes(whole[: len(whole) // 2])
    (folder / "broken.jsonl").write_bytes(line + b'{"text": "cut\n\xff\n\n{"text": 7}\n[1]\n{"text": " "}\n' + line)
    (folder / "broken.jsonl.gz").write_bytes(gzip.compress(line * 1000)[:-9])
    packed = pa.compress(line * 1000, codec="zstd", asbytes=True)
    (folder / "broken.jsonl.zst").write_bytes(packed[:-9])
    (folder / "broken.csv").write_bytes(b'id,text\n1,fine\n2,"never closed\n')
    (folder / "broken.tsv").write_bytes(b"id\ttext\n1\tfine\n2\tone\ttoo many\n3\t\xff\n")
    (folder / "broken.arrow").write_bytes(b"ARROW1\0\0nothing")
    (folder / "broken.docx").write_bytes(b"not one of ours")
    (folder / "empty.parquet").write_bytes(b"")
    (folder / "texts").mkdir()
    (folder / "texts" / "a.txt").write_bytes(b"fine")
    (folder / "texts" / "b.txt").write_bytes(b"\xff\xfe")
    (folder / "texts" / "c.txt").write_bytes(b"  ")


def ingest(folder: Path) -> dict[str, Any]:
    """Scan and fingerprint every file of web/ as an ingest does, through the project's store."""
    from review import workflow

    root = folder / "project"
    root.mkdir()
    (root / "review.toml").write_text('[project]\nname = "benchmark"\n[corpus]\nname = "bench"\n')
    project = workflow.open_project(root)
    patterns = [f"{folder}/web/*", f"{folder}/web/texts"]
    try:
        before, started = peak_mb(), time.perf_counter()
        report = workflow.ingest(project, patterns, by="benchmark")
        seconds = time.perf_counter() - started
    finally:
        project.close()
    refused_files: dict[str, int] = {}
    for refusal in report.refused_files:
        refused_files[refusal.reason] = refused_files.get(refusal.reason, 0) + 1
    bytes_read = sum(path.stat().st_size for path in (folder / "web").rglob("*") if path.is_file())
    return {
        "shards": len(report.added),
        "documents": report.documents,
        "seconds": round(seconds, 2),
        "documents_per_second": round(report.documents / seconds),
        "packed_mb": round(bytes_read / 1e6, 1),
        "peak_rss_mb": peak_mb(),
        "rss_before_mb": before,
        "refused_rows": dict(report.refused),
        "refused_files": refused_files,
    }


def draws(folder: Path) -> dict[str, Any]:
    """Drawing 59 and 181 documents of one large Parquet shard, beside DuckDB's scan of its texts."""
    import duckdb

    found: dict[str, Any] = {}
    con = duckdb.connect()
    for name in ("rows1000.parquet", "default.parquet"):
        shard = corpus.scan(corpus.resolve([name], folder, corpus="c")[0]).shard
        query = "select count(*), sum(length(text)) from read_parquet(?)"

        def full(query: str = query, uri: str = shard.uri) -> None:
            con.execute(query, [uri]).fetchall()

        ways = {f"draw_{n}": lambda n=n, shard=shard: draw(shard, n) for n in (59, 181)}
        times = alternate({"duckdb_scan": full, **ways})
        found[name] = {
            "rows": shard.rows,
            "packed_mb": round(shard.fingerprint.bytes / 1e6, 1),
            **{f"{key}_s": round(value, 4) for key, value in times.items()},
            **{f"{key}_ratio": round(times[key] / times["duckdb_scan"], 3) for key in ways},
        }
    return found


def jsonl(folder: Path) -> dict[str, Any]:
    """Drawing 181 documents of a .jsonl.gz, and scanning it, beside decompressing and parsing it."""
    shard = corpus.scan(corpus.resolve(["large.jsonl.gz"], folder, corpus="c")[0]).shard

    def bare() -> None:
        with gzip.open(shard.uri) as file:
            for line in file:
                json.loads(line)

    source = corpus.resolve(["large.jsonl.gz"], folder, corpus="c")[0]
    times = alternate({"parse": bare, "draw_181": lambda: draw(shard, 181), "scan": lambda: corpus.scan(source)})
    return {
        "rows": shard.rows,
        "packed_mb": round(shard.fingerprint.bytes / 1e6, 1),
        **{f"{key}_s": round(value, 3) for key, value in times.items()},
        **{f"{key}_ratio": round(times[key] / times["parse"], 3) for key in ("draw_181", "scan")},
    }


def draw(shard: Any, n: int) -> None:
    rows = audit_order(shard.name, 7, shard.rows, shard.excluded, n)
    assert len(corpus.read_rows(shard, rows.tolist())) == min(n, shard.documents)


def alternate(ways: dict[str, Callable[[], None]]) -> dict[str, float]:
    """Median seconds of each way, the ways taken in turn so that a busy machine slows all alike."""
    times: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            started = time.perf_counter()
            way()
            times[name].append(time.perf_counter() - started)
    return {name: median(values) for name, values in times.items()}


def peak_mb() -> int:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--documents", type=int, default=1_000_000)
    parser.add_argument("--folder", type=Path, help="where to put the files; removed afterwards; default: a new one")
    parser.add_argument("--only", choices=["make", "ingest", "draws", "jsonl"], help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.only:
        assert given.folder
        made = make(given.folder, given.documents) if given.only == "make" else globals()[given.only](given.folder)
        print(json.dumps(made))
        return
    folder = Path(tempfile.mkdtemp(prefix="ingest-", dir=given.folder))
    try:
        results: dict[str, Any] = {
            "documents": given.documents,
            "cores": os.cpu_count(),
            "load_at_start": os.getloadavg()[0],
        }
        for step in ("make", "ingest", "draws", "jsonl"):  # a process each: peak memory is that step's own
            command = [sys.executable, __file__, "--only", step, "--folder", str(folder)]
            done = subprocess.run([*command, "--documents", str(given.documents)], stdout=subprocess.PIPE, check=True)
            if step != "make":
                results[step] = json.loads(done.stdout)
    finally:
        shutil.rmtree(folder)
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(results, indent=2) + "\n")
    print(json.dumps(results, indent=2))


if __name__ == "__main__":
    main()
