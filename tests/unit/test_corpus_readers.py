"""Every format gives the same documents; columns are found; metadata becomes plain JSON."""

import csv
import datetime as dt
import gzip
import json
from decimal import Decimal
from pathlib import Path

import fsspec
import pyarrow as pa
import pyarrow.feather as feather
import pyarrow.parquet as pq
import pytest
import zstandard

from review.corpus import iter_texts, read_rows, resolve, scan
from review.corpus.formats import READERS
from review.corpus.reader import Column, choose_text_column
from review.errors import CorpusError

ROWS = [
    {"id": "a", "text": 'one,\n"quoted"', "lang": "en"},
    {"id": "b", "text": "zwei \U0001f600", "lang": "de"},
    {"id": "c", "text": "three\0\tend ", "lang": "fr"},
]


def write(path: Path, rows=ROWS) -> Path:
    name = path.name
    table = pa.Table.from_pylist(rows)
    if ".jsonl" in name:
        pack = {".gz": gzip.compress, ".zst": zstandard.compress}.get(path.suffix, bytes)
        path.write_bytes(pack("".join(json.dumps(row) + "\n" for row in rows).encode()))
    elif name.endswith(".parquet"):
        pq.write_table(table, path, row_group_size=2)
    elif name.endswith(".feather"):
        feather.write_feather(table, str(path), compression="zstd")
    elif name.endswith(".arrow"):
        with pa.OSFile(str(path), "w") as out, pa.ipc.new_file(out, table.schema) as writer:
            writer.write_table(table, max_chunksize=2)
    elif name.endswith(".arrows"):
        with pa.OSFile(str(path), "w") as out, pa.ipc.new_stream(out, table.schema) as writer:
            writer.write_table(table, max_chunksize=2)
    else:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, list(rows[0]), delimiter="\t" if ".tsv" in name else ",")
            writer.writeheader()
            writer.writerows(rows)
        if path.suffix == ".gz":
            path.write_bytes(gzip.compress(path.read_bytes()))
    return path


FILES = [
    "a.parquet",
    "a.jsonl",
    "a.jsonl.gz",
    "a.jsonl.zst",
    "a.csv",
    "a.csv.gz",
    "a.tsv",
    "a.arrow",
    "a.feather",
    "a.arrows",
]


def one(path: Path, **options):
    (source,) = resolve([str(path)], path.parent, corpus="web")
    result = scan(source, **options)
    assert result.shard is not None, result.refusal
    return result.shard


@pytest.mark.parametrize("name", FILES)
def test_every_format_gives_the_same_documents(tmp_path, name):
    shard = one(write(tmp_path / name))
    assert (shard.name, shard.rows, shard.documents) == (f"web/{name}", 3, 3)
    assert shard.columns == ("id", "text", "lang")
    assert (shard.text_column, shard.id_column) == ("text", "id")
    assert shard.characters == sum(len(row["text"]) for row in ROWS)
    found = read_rows(shard, [2, 0, 2])
    assert [d.text for d in found] == [ROWS[2]["text"], ROWS[0]["text"], ROWS[2]["text"]]
    assert [d.external_id for d in found] == ["c", "a", "c"]
    assert found[1].metadata == {"lang": "en"}
    batches = list(iter_texts(shard, 2))
    assert [t for b in batches for t in b.column("text").to_pylist()] == [row["text"] for row in ROWS]
    assert [r for b in batches for r in b.column("row").to_pylist()] == [0, 1, 2]
    assert all(b.schema.field("text").type == pa.large_string() and b.num_rows <= 2 for b in batches)


@pytest.mark.parametrize("name", FILES)
def test_the_same_files_are_read_through_fsspec(tmp_path, name):
    fs = fsspec.filesystem("memory")
    folder = f"/{tmp_path.name}"
    with fs.open(f"{folder}/deep/{name}", "wb") as file:
        file.write(write(tmp_path / name).read_bytes())
    (source,) = resolve([f"memory://{folder}/**/{name}"], tmp_path, corpus="web")
    shard = scan(source).shard
    assert source.uri == f"memory://{folder}/deep/{name}"
    assert shard.name == f"web/deep/{name}"
    assert [d.text for d in read_rows(shard, [0, 1, 2])] == [row["text"] for row in ROWS]


def test_a_folder_of_text_files_is_one_shard_in_path_order(tmp_path):
    folder = tmp_path / "texts"
    (folder / "b").mkdir(parents=True)
    (folder / "b" / "1.txt").write_bytes(b"\xef\xbb\xbfsecond\r\n")
    (folder / "a#1 \u00e9\n.txt").write_text("first")
    (folder / "z.TXT").write_bytes(b"\xff")
    (folder / ".hidden.txt").write_text("no")
    (folder / "README").write_text("no")
    shard = one(folder)
    assert (shard.name, shard.format, shard.rows, shard.documents) == ("web/texts", "text", 3, 2)
    first, second = read_rows(shard, [0, 1])
    assert (first.text, first.external_id) == ("first", "a#1 \u00e9\n.txt")
    assert (second.text, second.metadata) == ("second\r\n", {"path": "b/1.txt", "file": "1.txt"})


def test_a_remote_folder_of_text_files_is_one_shard(tmp_path):
    fs = fsspec.filesystem("memory")
    for name, text in [("b/1.txt", b"second"), ("a.txt", b"first")]:
        with fs.open(f"/{tmp_path.name}/texts/{name}", "wb") as file:
            file.write(text)
    (source,) = resolve([f"memory:///{tmp_path.name}/texts"], tmp_path, corpus="web")
    shard = scan(source).shard
    assert shard.name == "web/texts"
    assert [d.text for d in read_rows(shard, [0, 1])] == ["first", "second"]


@pytest.mark.parametrize(
    "kind",
    [
        pa.string(),
        pa.large_string(),
        pa.string_view(),
        pa.dictionary(pa.int32(), pa.string()),
        pa.dictionary(pa.int8(), pa.large_string()),
    ],
    ids=str,
)
@pytest.mark.parametrize("suffix", [".parquet", ".arrow"])
def test_every_arrow_string_type_is_text(tmp_path, kind, suffix):
    table = pa.table({"text": pa.array(["a", None, "b\u00e9", "a", " "], pa.string()).cast(kind)})
    path = tmp_path / f"a{suffix}"
    if suffix == ".parquet":
        pq.write_table(table, path)
    else:
        with pa.OSFile(str(path), "w") as out, pa.ipc.new_file(out, table.schema) as writer:
            writer.write_table(table)
    shard = one(path)
    assert shard.excluded == (1, 4)
    assert shard.characters == 4
    assert [d.text for d in read_rows(shard, [0, 2, 3])] == ["a", "b\u00e9", "a"]


def test_a_binary_column_is_text_when_it_is_named(tmp_path):
    pq.write_table(pa.table({"raw": pa.array([b"caf\xc3\xa9", b"\xff"], pa.binary())}), tmp_path / "a.parquet")
    shard = one(tmp_path / "a.parquet", text_column="raw")
    assert shard.excluded == (1,)
    assert read_rows(shard, [0])[0].text == "caf\u00e9"


def test_metadata_becomes_plain_json(tmp_path):
    table = pa.table(
        {
            "text": ["one", "two", "three"],
            "day": [dt.date(2026, 1, 2)] * 3,
            "at": pa.array([dt.datetime(2026, 1, 2, 3, 4, 5)] * 3, pa.timestamp("us", "UTC")),
            "price": [Decimal("1.50")] * 3,
            "tags": [["a", None]] * 3,
            "nested": [{"x": 1, "y": {"z": [float("nan")]}}] * 3,
            "bytes": [b"\x00\x01"] * 3,
            "n": pa.array([2**63] * 3, pa.uint64()),
            "nothing": [None] * 3,
            "raw": ["x" * 10_000, "", ""],
        }
    )
    pq.write_table(table, tmp_path / "a.parquet")
    (document,) = read_rows(one(tmp_path / "a.parquet", text_column="text"), [0])
    assert json.loads(json.dumps(document.metadata)) == {
        "day": "2026-01-02",
        "at": "2026-01-02T03:04:05+00:00",
        "price": "1.50",
        "tags": ["a", None],
        "nested": {"x": 1, "y": {"z": ["nan"]}},
        "bytes": "(2 bytes)",
        "n": 2**63,
        "nothing": None,
        "raw": "(left out: 10,000 characters)",
    }


@pytest.mark.parametrize("name", ["a.parquet", "a.jsonl", "a.csv", "a.arrow"])
def test_only_the_metadata_columns_asked_for_are_read(tmp_path, name):
    rows = [{"id": "1", "text": "one", "lang": "en", "truth": "keep", "raw": "x" * 5000}]
    shard = one(write(tmp_path / name, rows), metadata_columns=["lang", "raw"])
    assert read_rows(shard, [0])[0].metadata == {"lang": "en", "raw": "x" * 5000}


def test_metadata_that_python_cannot_hold_is_noted(tmp_path):
    offsets = pa.array([0, 1, 3], pa.int32()).buffers()[1]
    bad = pa.Array.from_buffers(pa.string(), 2, [None, offsets, pa.py_buffer(b"ab\xff")])
    far = pa.array([2**53, 0], pa.timestamp("ms"))
    pq.write_table(pa.table({"text": ["one", "two"], "bad": bad, "far": far}), tmp_path / "a.parquet")
    one_, two = read_rows(one(tmp_path / "a.parquet", text_column="text"), [0, 1])
    assert one_.metadata["bad"] == "a"
    assert two.metadata == {"bad": "(cannot be shown: string, UnicodeDecodeError)", "far": "1970-01-01T00:00:00"}
    assert one_.metadata["far"].startswith("(cannot be shown: timestamp[ms]")


def test_wide_columns_are_no_metadata_unless_asked_for(tmp_path):
    table = pa.table({"text": ["a"] * 10, "vector": [[float(i + j) for i in range(4000)] for j in range(10)]})
    pq.write_table(table, tmp_path / "a.parquet", compression="none")
    assert read_rows(one(tmp_path / "a.parquet"), [0])[0].metadata == {}
    asked = one(tmp_path / "a.parquet", metadata_columns=["vector"])
    assert len(read_rows(asked, [0])[0].metadata["vector"]) == 4000


def columns(*names: str, kind="string") -> list[Column]:
    return [Column(name, kind, kind) for name in names]


@pytest.mark.parametrize(
    ("there", "named", "chosen"),
    [
        (columns("body", "content", "text"), None, "text"),
        (columns("document", "body", "raw_content", "content"), None, "content"),
        (columns("document", "body"), None, "body"),
        (columns("page"), None, "page"),
        (columns("text", kind="integer") + columns("content"), None, "content"),
        (columns("text", "other"), "other", "other"),
    ],
)
def test_the_text_column_is_found(there, named, chosen):
    assert choose_text_column(there, named) == chosen


@pytest.mark.parametrize(
    ("there", "named", "words"),
    [
        (columns("a", "b"), None, ["'a'", "'b'", "2 string columns", "--text-column"]),
        (columns("n", kind="integer"), None, ["no string column", "'n' (integer)"]),
        (columns("text"), "body", ["no column 'body'", "'text'"]),
        (columns("n", kind="integer") + columns("text"), "n", ["'n' is integer", "'text'"]),
    ],
)
def test_an_unclear_text_column_names_the_columns_there_are(there, named, words):
    with pytest.raises(CorpusError) as caught:
        choose_text_column(there, named)
    assert all(word in str(caught.value) for word in words)


@pytest.mark.parametrize("name", FILES)
def test_a_file_without_the_named_column_is_refused_naming_its_columns(tmp_path, name):
    path = write(tmp_path / name)
    result = scan(resolve([str(path)], tmp_path, corpus="web")[0], text_column="prose")
    assert result.refusal.reason == "no_such_column"
    assert "'prose'" in result.refusal.detail
    assert "'lang'" in result.refusal.detail


def test_every_reader_is_tested_above():
    assert set(READERS) == {"parquet", "jsonl", "csv", "tsv", "arrow", "text"}
