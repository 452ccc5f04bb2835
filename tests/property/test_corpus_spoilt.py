"""Bytes spoilt anywhere in a file of any format: the scan refuses or reads it, a draw reads it or says so."""

import contextlib
import gzip
import json
import os
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from review.corpus import iter_texts, resolve, scan, try_rows
from review.errors import CorpusError

ROWS = [{"id": i, "text": f"document {i} " * 3, "lang": "en"} for i in range(300)]
TABLE = pa.Table.from_pylist(ROWS)
LINES = "".join(json.dumps(row) + "\n" for row in ROWS).encode()
CSV = "id,text\n" + "".join(f'{row["id"]},"{row["text"]}"\n' for row in ROWS)


def stream(path: Path) -> None:
    with pa.OSFile(str(path), "w") as out, pa.ipc.new_stream(out, TABLE.schema) as writer:
        writer.write_table(TABLE, max_chunksize=100)


WRITERS = {
    "plain.parquet": lambda p: pq.write_table(TABLE, p, row_group_size=100, data_page_size=500, compression="none"),
    "v2.parquet": lambda p: pq.write_table(TABLE, p, data_page_version="2.0", use_dictionary=False, compression="zstd"),
    "a.feather": lambda p: feather.write_feather(TABLE, str(p), chunksize=100, compression="lz4"),
    "plain.feather": lambda p: feather.write_feather(TABLE, str(p), chunksize=100, compression="uncompressed"),
    "a.arrows": stream,
    "a.jsonl": lambda p: p.write_bytes(LINES),
    "a.jsonl.gz": lambda p: p.write_bytes(gzip.compress(LINES)),
    "a.jsonl.zst": lambda p: p.write_bytes(zstandard.compress(LINES)),
    "a.csv": lambda p: p.write_text(CSV),
}


@pytest.mark.parametrize("name", sorted(WRITERS))
@given(at=st.floats(0, 1), junk=st.binary(min_size=1, max_size=8), cut=st.booleans())
@settings(max_examples=80, deadline=None)
def test_a_spoilt_file_is_read_or_refused(tmp_path_factory, name, at, junk, cut):
    path = tmp_path_factory.getbasetemp() / f"spoilt-{name}"
    WRITERS[name](path)
    os.utime(path, ns=(1, 1))
    (source,) = resolve([str(path)], path.parent, corpus="c")
    whole = scan(source).shard
    raw = path.read_bytes()
    place = int(at * (len(raw) - len(junk)))
    path.write_bytes(raw[:place] + junk + (b"" if cut else raw[place + len(junk) :]))
    os.utime(path, ns=(1, 1))  # as a failing disk does it: no trace in the time

    for full in (True, False):
        result = scan(source, full=full)
        if result.shard is None:
            assert result.refusal.detail
        elif result.exact:
            assert result.shard.documents + sum(result.refused.values()) == result.shard.rows
    with contextlib.suppress(CorpusError):
        documents, refusals = try_rows(whole, [0, 150, 299])
        assert len(documents) + len(refusals) == 3
    with contextlib.suppress(CorpusError):
        assert sum(batch.num_rows for batch in iter_texts(whole)) == whole.rows


@pytest.mark.parametrize("name", ["plain.parquet", "v2.parquet"])
def test_a_parquet_footer_with_any_byte_wrong_is_read_or_refused(tmp_path, name):
    """Each byte on its own, in a process of its own: Arrow's view of a broken column chunk ends the process."""
    path = tmp_path / name
    WRITERS[name](path)
    ran = subprocess.run([sys.executable, "-c", FOOTERS, str(path)], capture_output=True, text=True)
    assert ran.returncode == 0, ran.stderr[-2_000:]
    assert int(ran.stdout) > 100


FOOTERS = """
import contextlib, sys
from pathlib import Path
from review.corpus import resolve, scan, try_rows
from review.errors import CorpusError

path = Path(sys.argv[1])
(source,) = resolve([str(path)], path.parent, corpus="c")
whole, raw = scan(source).shard, path.read_bytes()
begin = len(raw) - 8 - int.from_bytes(raw[-8:-4], "little")
for place in range(begin, len(raw) - 8):
    path.write_bytes(raw[:place] + bytes([raw[place] ^ (1 << place % 8)]) + raw[place + 1 :])
    for full in (True, False):
        found = scan(source, full=full)
        assert found.shard is not None or found.refusal.detail
    with contextlib.suppress(CorpusError):
        try_rows(whole, [0, 150, 299])
print(len(raw) - 8 - begin)
"""
