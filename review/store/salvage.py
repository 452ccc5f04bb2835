"""Read what can still be read from an old database file, in a process of its own: a damaged file may crash DuckDB.

Run as a script, it takes FILE and `lines`, `newest` or `texts`, and writes one JSON list a row to stdout. If the file
cannot be opened with its write-ahead log, it is read without it.
"""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import duckdb

QUERIES = {
    "lines": "select line from events order by seq",
    "newest": "select line from events where seq = (select max(seq) from events)",
    "texts": "select name, documents.row, content_hash, external_id, documents.metadata, text from documents "
    "join shards using (shard_no) where text is not null",
}


def salvage(database: Path, what: str) -> Iterator[list[object]]:
    """Rows of an old database, as far as they can be read; none when it is missing or unreadable."""
    if not database.exists():
        return
    command = [sys.executable, "-P", __file__, str(database), what]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            if line.endswith("\n"):  # a last line without its end is a crash in the middle
                yield json.loads(line)


def _rows(database: Path, what: str) -> Iterator[tuple[object, ...]]:
    con = duckdb.connect(str(database), read_only=True)
    con.execute(QUERIES[what])
    while rows := con.fetchmany(1000):
        yield from rows


def _main(database: Path, what: str) -> None:
    with tempfile.TemporaryDirectory(dir=database.parent, prefix=".salvage-") as folder:
        try:
            duckdb.connect(str(database), read_only=True).close()
        except duckdb.Error:
            database = Path(shutil.copy(database, Path(folder) / database.name))
        for row in _rows(database, what):
            sys.stdout.write(json.dumps(row) + "\n")


if __name__ == "__main__":
    _main(Path(sys.argv[1]), sys.argv[2])
