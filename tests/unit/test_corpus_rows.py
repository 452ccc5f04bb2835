"""Rows are read by number: no more of a file than needed, and only of the file that was scanned."""

import json
import os

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from review.corpus import files, iter_texts, lines, read_rows, resolve, scan
from review.corpus.formats import jsonl as jsonl_module
from review.errors import CorpusError, NotFound


@pytest.fixture
def shard(tmp_path):
    texts = [f"document {i} " + os.urandom(200).hex() for i in range(10_000)]
    wide = [os.urandom(200).hex() for _ in texts]
    pq.write_table(
        pa.table({"text": texts, "wide": wide}), tmp_path / "a.parquet", row_group_size=500, use_dictionary=False
    )
    return scan(resolve(["a.parquet"], tmp_path, corpus="c")[0], metadata_columns=["none"]).shard


class CountingFile:
    """A file that counts the bytes read from it."""

    def __init__(self, path: str) -> None:
        self.file = open(path, "rb")  # noqa: SIM115
        self.read_bytes = 0

    def read(self, n: int = -1) -> bytes:
        found = self.file.read(n)
        self.read_bytes += len(found)
        return found

    def __getattr__(self, name: str):
        return getattr(self.file, name)


@pytest.fixture
def counting(monkeypatch) -> list[CountingFile]:
    opened: list[CountingFile] = []

    def open_counted(uri: str) -> pa.NativeFile:
        opened.append(CountingFile(uri))
        return pa.PythonFile(opened[-1], mode="r")

    monkeypatch.setattr(files, "open_file", open_counted)
    return opened


def test_parquet_reads_only_the_row_groups_and_columns_it_needs(shard, counting):
    found = read_rows(shard, [9_999, 4, 17])
    assert [d.text.split(" ")[1] for d in found] == ["9999", "4", "17"]
    meta = pq.ParquetFile(shard.uri).metadata
    needed = sum(meta.row_group(g).column(0).total_compressed_size for g in (0, 19))
    assert sum(file.read_bytes for file in counting) < needed + 100_000  # and the footer
    assert needed < shard.fingerprint.bytes / 15


def test_parquet_unpacks_only_the_pages_a_draw_touches(tmp_path, counting):
    texts = [f"document {i} " + os.urandom(500).hex() for i in range(20_000)]
    paged = {"data_page_size": 50_000, "write_batch_size": 50, "use_dictionary": False, "write_statistics": False}
    pq.write_table(pa.table({"text": texts}), tmp_path / "a.parquet", **paged)
    shard = scan(resolve(["a.parquet"], tmp_path, corpus="c")[0]).shard
    counting.clear()
    assert [d.text for d in read_rows(shard, [19_000, 3])] == [texts[19_000], texts[3]]
    assert sum(file.read_bytes for file in counting) < shard.fingerprint.bytes / 10


def test_jsonl_parses_only_the_rows_asked_for(tmp_path, monkeypatch):
    path = tmp_path / "a.jsonl"
    path.write_text("".join(json.dumps({"text": f"document {i}"}) + "\n" for i in range(5000)))
    shard = scan(resolve([str(path)], tmp_path, corpus="c")[0]).shard
    parsed = []
    monkeypatch.setattr(
        jsonl_module, "parse", lambda line, row, parse=jsonl_module.parse: parsed.append(row) or parse(line, row)
    )
    monkeypatch.setattr(lines, "BLOCK", 1000)
    assert [d.text for d in read_rows(shard, [4000, 3])] == ["document 4000", "document 3"]
    assert set(parsed) == {3, 4000}


@pytest.mark.parametrize("block", [1, 7, 64, 10_000])
def test_lines_are_the_same_however_the_blocks_fall(tmp_path, monkeypatch, block):
    monkeypatch.setattr(lines, "BLOCK", block)
    content = b"\xef\xbb\xbfone\n\n\r\nthree and more\n" + b"x" * 50 + b"\nlast"
    expected = content[3:].split(b"\n")
    path = tmp_path / "a"
    path.write_bytes(content)
    if block >= 3:  # a mark split over blocks is not looked for: blocks are megabytes
        with files.open_file(str(path)) as stream:
            assert [line for batch in lines.line_batches(stream) for line in batch] == expected
        for wanted in ([0], [5], [1, 2, 4], list(range(6)), [3, 9]):
            with files.open_file(str(path)) as stream:
                picked = list(lines.pick_lines(stream, wanted))
            assert picked == [(row, expected[row]) for row in wanted if row < 6]


@pytest.mark.parametrize("read", [lambda s: read_rows(s, [0]), lambda s: list(iter_texts(s))], ids=["rows", "texts"])
def test_a_changed_or_missing_file_is_not_read(shard, read):
    stat = os.stat(shard.uri)
    os.utime(shard.uri, ns=(0, 1))  # copied about, content the same
    assert read(shard)
    with open(shard.uri, "r+b") as file:
        file.seek(100)
        file.write(b"\0")
    with pytest.raises(CorpusError, match="changed since it was ingested"):
        read(shard)
    os.truncate(shard.uri, stat.st_size - 1)
    os.utime(shard.uri, ns=(0, stat.st_mtime_ns))
    with pytest.raises(CorpusError, match="changed since it was ingested"):
        read(shard)
    os.remove(shard.uri)
    with pytest.raises(NotFound, match="does not exist"):
        read(shard)


@pytest.mark.parametrize("row", [-1, 10_000])
def test_a_row_that_is_not_there_is_an_error(shard, row):
    with pytest.raises(CorpusError, match="rows 0 to 9999"):
        read_rows(shard, [row])


def test_a_shard_may_be_asked_for_no_rows(shard):
    assert read_rows(shard, []) == []


def test_a_content_hash_is_the_sha256_of_the_text(shard):
    import hashlib

    (document,) = read_rows(shard, [7])
    assert document.content_hash == hashlib.sha256(document.text.encode()).hexdigest()
