"""Reading single Parquet pages gives what reading everything gives, however the file was written."""

import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings
from hypothesis import strategies as st

from review.corpus import resolve, scan, try_rows
from review.corpus.formats.thrift import BINARY, I32, I64, LIST, STRUCT, read_struct, write_struct

WRITTEN = st.fixed_dictionaries(
    {
        "compression": st.sampled_from(["none", "snappy", "gzip", "brotli", "zstd", "lz4"]),
        "data_page_version": st.sampled_from(["1.0", "2.0"]),
        "row_group_size": st.sampled_from([7, 50, 1000]),
        "data_page_size": st.sampled_from([1, 100, 10_000]),
        "write_batch_size": st.sampled_from([1, 10, 1024]),
        "write_statistics": st.booleans(),
        "write_page_index": st.booleans(),
        "store_schema": st.booleans(),
    }
)
ENCODED = st.sampled_from(
    [{"use_dictionary": True}, {"use_dictionary": True, "dictionary_pagesize_limit": 60}]
    + [
        {"use_dictionary": False, "column_encoding": {"text": encoding}}
        for encoding in ("PLAIN", "DELTA_LENGTH_BYTE_ARRAY", "DELTA_BYTE_ARRAY")
    ]
)
TEXTS = st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"]), max_size=30), min_size=1, max_size=120)


@given(texts=TEXTS, required=st.booleans(), written=WRITTEN, encoded=ENCODED, data=st.data())
@settings(max_examples=250, deadline=None)
def test_pages_give_what_the_whole_file_gives(texts, required, written, encoded, data):
    required = required and None not in texts
    schema = pa.schema([pa.field("text", pa.string(), nullable=not required), pa.field("n", pa.int64())])
    table = pa.table({"text": texts, "n": list(range(len(texts)))}, schema=schema)
    wanted = data.draw(st.lists(st.integers(0, len(texts) - 1), max_size=10))
    with tempfile.TemporaryDirectory() as folder:
        pq.write_table(table, f"{folder}/a.parquet", **written, **encoded)
        result = scan(resolve(["a.parquet"], Path(folder), corpus="c")[0])
        if result.shard is None:
            assert not any(text and text.strip() for text in texts)
            return
        documents, refusals = try_rows(result.shard, wanted)
        assert [(d.row, d.text, d.metadata) for d in documents] == [
            (row, texts[row], {"n": row}) for row in wanted if texts[row] and texts[row].strip()
        ]
        assert len(documents) + len(refusals) == len(wanted)


@given(
    numbers=st.lists(st.integers(-(2**63), 2**63 - 1), max_size=40),
    name=st.binary(max_size=300),
    gap=st.integers(1, 15),
)
def test_what_is_written_in_thrift_is_read_back(numbers, name, gap):
    inner = {1: (I32, 7), 1 + gap: (BINARY, name)}
    raw = write_struct(
        {1: (I64, len(numbers)), 2: (LIST, (I64, numbers)), 9: (STRUCT, inner), 10: (LIST, (STRUCT, [inner]))}
    )
    plain = {1: 7, 1 + gap: name}
    assert read_struct(raw + b"rest", 0) == ({1: len(numbers), 2: numbers, 9: plain, 10: [plain]}, len(raw))
