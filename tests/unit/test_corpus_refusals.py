"""What a file holds never stops a scan: each bad row or file is refused with a reason, and the rest is read."""

import csv
import gzip
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard

from review.corpus import iter_texts, read_rows, resolve, scan, try_rows
from review.errors import CorpusError


def scanned(path: Path, **options):
    (source,) = resolve([str(path)], path.parent, corpus="c")
    return scan(source, **options)


def jsonl(path: Path, *lines: bytes | dict) -> Path:
    path.write_bytes(b"".join((json.dumps(x).encode() if isinstance(x, dict) else x) + b"\n" for x in lines))
    return path


def by_row(result) -> dict[int, str]:
    return {refusal.row: refusal.reason for refusal in result.refusals}


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (b'{"text": "caf\xe9"}', "not_utf8"),
        (b'{"text": "cut', "not_json"),
        (b"[" * 100_000, "not_json"),
        (b'["text"]', "not_an_object"),
        (b"null", "not_an_object"),
        (b"", "blank_line"),
        (b" \t\r", "blank_line"),
        (b'{"other": "x"}', "missing_text"),
        (b'{"text": null}', "missing_text"),
        (b'{"text": 7}', "text_not_string"),
        (b'{"text": true}', "text_not_string"),
        (b'{"text": ["a"]}', "text_not_string"),
        (b'{"text": ""}', "empty_text"),
        ('{"text": " \\t\u00a0\u3000\u2028\\n"}'.encode(), "empty_text"),
        (b'{"text": "a \\ud800 b"}', "lone_surrogate"),
        (b'{"text": "a", "n": ' + b"9" * 5000 + b"}", "not_json"),
    ],
)
def test_a_bad_json_line_is_refused_alone(tmp_path, line, reason):
    result = scanned(jsonl(tmp_path / "a.jsonl", {"text": "first"}, line, {"text": "last"}))
    assert result.refused == {reason: 1}
    assert by_row(result) == {1: reason}
    assert result.shard.documents == 2
    assert result.shard.rows == 3
    assert result.shard.excluded == (1,)
    assert [d.text for d in read_rows(result.shard, [2, 0])] == ["last", "first"]


@pytest.mark.parametrize(
    "text", ["a\0b", "x\r\ny", "a\u2028\u0085", "\U0001f600", "\ufeffinside", "=cmd()", "$x^2$", "a" * 10_000_000]
)
def test_unusual_texts_are_legal_and_exact(tmp_path, text):
    result = scanned(jsonl(tmp_path / "a.jsonl", {"text": "first"}, {"text": text}))
    assert result.refused == {}
    assert result.shard.characters == 5 + len(text)
    assert read_rows(result.shard, [1])[0].text == text
    assert [t for b in iter_texts(result.shard) for t in b.column("text").to_pylist()] == ["first", text]


def test_byte_order_mark_and_carriage_returns_are_no_part_of_a_line(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_bytes(b'\xef\xbb\xbf{"text": "one"}\r\n{"text": "two"}\r\n{"text": "no newline at the end"}')
    result = scanned(path)
    assert (result.shard.rows, result.refused) == (3, {})


def test_a_line_over_the_limit_is_refused_without_being_held(tmp_path, monkeypatch):
    from review.corpus import lines

    monkeypatch.setattr(lines, "BLOCK", 1000)
    monkeypatch.setattr(lines.line_batches, "__defaults__", (5000,))
    monkeypatch.setattr(lines.pick_lines, "__defaults__", (5000,))
    result = scanned(jsonl(tmp_path / "a.jsonl", {"text": "first"}, {"text": "x" * 9000}, {"text": "last"}))
    assert by_row(result) == {1: "too_long"}
    assert read_rows(result.shard, [2])[0].text == "last"


def test_the_first_of_several_rows_with_one_id_stays(tmp_path):
    rows = [
        {"id": "a", "text": " "},
        {"id": "a", "text": "two"},
        {"id": "a", "text": "three"},
        {"id": "b", "text": "4"},
    ]
    result = scanned(jsonl(tmp_path / "a.jsonl", *rows, {"text": "no id"}, {"text": "nor here"}))
    assert by_row(result) == {0: "empty_text", 2: "duplicate_id"}
    assert "row 1" in result.refusals[1].detail
    assert result.shard.characters == len("two" + "4" + "no id" + "nor here")
    assert result.shard.id_column == "id"
    assert [d.external_id for d in read_rows(result.shard, [1, 3, 4])] == ["a", "b", None]
    assert [t for b in iter_texts(result.shard) for t in b.column("text").to_pylist()][2] is None


def test_a_thousand_refusals_are_kept_and_all_are_counted(tmp_path):
    result = scanned(jsonl(tmp_path / "a.jsonl", {"text": "one"}, *[b"" for _ in range(2500)]))
    assert result.refused == {"blank_line": 2500}
    assert [r.row for r in result.refusals] == list(range(1, 1001))
    assert len(result.shard.excluded) == 2500


# -- CSV --------------------------------------------------------------------------------------------------------------


def test_csv_quotes_may_span_lines_and_bad_records_are_refused_alone(tmp_path):
    path = tmp_path / "a.csv"
    path.write_bytes(
        b'\xef\xbb\xbfid,text,lang\r\n1,"two\r\nlines, ""quoted""",en\r\n\r\n'
        b"2,caf\xe9,fr\r\n3,short\r\n4,,x\r\n5,a\0b,en\r\n"
    )
    result = scanned(path)
    assert by_row(result) == {1: "blank_line", 2: "not_utf8", 3: "field_count", 4: "empty_text"}
    one, two = read_rows(result.shard, [0, 5])
    assert (one.text, one.external_id, one.metadata) == ('two\r\nlines, "quoted"', "1", {"lang": "en"})
    assert two.text == "a\0b"


def test_a_csv_field_may_be_longer_than_the_module_allows(tmp_path):
    path = tmp_path / "a.csv"
    with path.open("w", newline="") as file:
        csv.writer(file).writerows([["text"], ["x" * 1_000_000]])
    assert scanned(path).shard.characters == 1_000_000


@pytest.mark.parametrize(
    ("name", "content", "reason", "word"),
    [
        ("a.csv", b'text\nfine\n"never closed\n', "broken_file", "row 1"),
        ("a.csv", b'text\n"a"b\n', "broken_file", "row 0"),
        ("a.csv", b"text,text\na,b\n", "duplicate_column", "'text'"),
        ("a.csv", b"id;text\n1;a\n", "broken_file", "';'"),
        ("a.csv", b"text\n", "empty_file", "no rows"),
        ("a.csv", b"a,b\n1,2\n", "no_such_column", "'a'"),
        ("a.tsv", b"id\ttext\n1\t \n", "no_documents", "1 rows"),
        ("a.csv", b"te\xffxt\nb\n", "not_utf8", "header"),
        ("a.jsonl", b"\n\nnot json\n", "no_documents", "object"),
        ("a.jsonl", b'[\n{"text": "a"}\n]\n', "", ""),
        ("a.parquet", b"PAR1 but no more", "broken_file", "Parquet"),
        ("a.arrow", b"ARROW1 but no more", "broken_file", "Arrow"),
        ("a.feather", b"FEA1", "broken_file", "Arrow"),
        ("a.docx", b"x", "unknown_format", ".parquet"),
        ("a.parquet.gz", b"x", "unknown_format", ".jsonl"),
        ("a.txt", b"x", "unknown_format", "folder"),
        *[
            (f"a{s}", b"", "empty_file", "empty")
            for s in (".parquet", ".jsonl", ".jsonl.gz", ".csv", ".arrow", ".tsv.zst")
        ],
    ],
)
def test_a_broken_file_is_refused_whole_with_the_place_and_the_reason(tmp_path, name, content, reason, word):
    (tmp_path / name).write_bytes(content)
    result = scanned(tmp_path / name)
    if not reason:  # a JSON array, one object a line: brackets and commas are broken lines, the rest is sound
        assert result.refused == {"not_json": 2}
        return
    assert result.shard is None
    assert result.refusals == [result.refusal]
    assert result.refused == {reason: 1}
    assert (result.refusal.reason, result.refusal.row) == (reason, None)
    assert word in result.refusal.detail
    assert result.refusal.uri == str(tmp_path / name)


# -- torn and unreadable files ----------------------------------------------------------------------------------------

LINES = b"".join(json.dumps({"id": i, "text": f"document {i} " * 20}).encode() + b"\n" for i in range(20_000))


@pytest.mark.parametrize("cut", [3, 5000])
@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".zst", zstandard.compress)])
def test_a_torn_archive_is_refused_whole(tmp_path, suffix, pack, cut):
    path = tmp_path / f"a.jsonl{suffix}"
    path.write_bytes(pack(LINES)[:-cut])
    result = scanned(path)
    assert result.shard is None
    assert result.refusal.reason == "broken_file"
    assert "tears" in result.refusal.detail


@pytest.mark.parametrize(("suffix", "pack"), [(".gz", gzip.compress), (".zst", zstandard.compress)])
def test_an_archive_of_several_members_is_one_file(tmp_path, suffix, pack):
    path = tmp_path / f"a.jsonl{suffix}"
    path.write_bytes(pack(LINES) + pack(LINES.replace(b'"id": ', b'"id": 9999')))
    result = scanned(path)
    assert (result.shard.rows, result.refused) == (40_000, {})
    assert read_rows(result.shard, [39_999])[0].external_id == "999919999"


def test_a_corrupt_parquet_page_refuses_the_file_and_names_the_row(tmp_path):
    path = tmp_path / "a.parquet"
    texts = [f"document {i} {hash(str(i))}" for i in range(3000)]
    pq.write_table(pa.table({"text": texts}), path, row_group_size=1000, compression="zstd", use_dictionary=False)
    chunk = pq.ParquetFile(path).metadata.row_group(1).column(0)
    raw = bytearray(path.read_bytes())
    middle = chunk.data_page_offset + chunk.total_compressed_size // 2
    raw[middle - 20 : middle + 20] = bytes(40)
    path.write_bytes(raw)
    result = scanned(path)
    assert result.shard is None
    assert "row 1000" in result.refusal.detail


def test_a_corrupt_parquet_page_found_when_drawn_is_a_corpus_error(tmp_path):
    path = tmp_path / "a.parquet"
    pq.write_table(
        pa.table({"text": [f"document {i} {hash(str(i))}" for i in range(3000)]}), path, use_dictionary=False
    )
    raw = bytearray(path.read_bytes())
    raw[2000:2100] = bytes(100)
    path.write_bytes(raw)
    result = scanned(path, full=False)
    assert not result.exact
    with pytest.raises(CorpusError, match="tears"):
        read_rows(result.shard, [10])


def test_a_torn_arrow_stream_is_refused(tmp_path):
    table = pa.table({"text": [f"document {i}" for i in range(50_000)]})
    path = tmp_path / "a.arrows"
    with pa.OSFile(str(path), "w") as out, pa.ipc.new_stream(out, table.schema) as writer:
        writer.write_table(table, max_chunksize=10_000)
    path.write_bytes(path.read_bytes()[:-30_000])
    result = scanned(path)
    assert result.shard is None
    assert "row 40000" in result.refusal.detail


def test_a_file_that_may_not_be_read_is_refused(tmp_path, monkeypatch):
    path = jsonl(tmp_path / "a.jsonl", {"text": "one"})

    def refuse(*_):  # as root every file may be read, so chmod alone would prove nothing
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(pa, "OSFile", refuse)
    result = scanned(path)
    assert result.refusal.reason == "unreadable"
    assert "permissions" in result.refusal.detail


def test_a_dangling_link_is_a_missing_file(tmp_path):
    (tmp_path / "a.jsonl").symlink_to(tmp_path / "gone.jsonl")
    assert scanned(tmp_path / "a.jsonl").refusal.reason == "missing_file"


def test_a_file_name_that_is_not_utf8_is_refused_in_printable_words(tmp_path):
    import os

    name = os.fsdecode(b"caf\xe9.jsonl")
    jsonl(tmp_path / name, {"text": "one"})
    (source,) = resolve(["*.jsonl"], tmp_path, corpus="c")
    refusal = scan(source).refusal
    assert refusal.reason == "file_name"
    assert refusal.uri.encode("utf-8").endswith(b"caf\\udce9.jsonl")


def test_a_file_that_changes_while_it_is_read_is_refused(tmp_path):
    path = jsonl(tmp_path / "a.jsonl", {"text": "one"}, {"text": "two"})

    def append(_rows: int) -> None:
        if path.stat().st_size < 40:
            with path.open("ab") as file:
                file.write(b'{"text": "three"}\n')

    assert scanned(path, progress=append).refusal.reason == "changed_while_read"


# -- Arrow types ------------------------------------------------------------------------------------------------------


def test_rows_of_a_parquet_string_column_that_are_not_utf8_are_refused_alone(tmp_path):
    offsets = pa.array([0, 1, 3, 5], pa.int32()).buffers()[1]
    texts = pa.Array.from_buffers(pa.string(), 3, [None, offsets, pa.py_buffer(b"ab\xffcd")])
    pq.write_table(pa.table({"text": texts}), tmp_path / "a.parquet")
    result = scanned(tmp_path / "a.parquet")
    assert by_row(result) == {1: "not_utf8"}
    assert [d.text for d in read_rows(result.shard, [0, 2])] == ["a", "cd"]


def test_a_footer_scan_says_that_it_does_not_know_everything(tmp_path):
    pq.write_table(pa.table({"id": [1, 1, 2, 3], "text": ["one", "two", " ", None]}), tmp_path / "a.parquet")
    result = scanned(tmp_path / "a.parquet", full=False)
    assert not result.exact
    assert result.shard.metadata["exact"] is False
    assert (result.shard.rows, result.shard.documents, result.shard.characters) == (4, 3, 0)
    documents, refusals = try_rows(result.shard, [3, 2, 0])
    assert [d.row for d in documents] == [0]
    assert [(r.row, r.reason) for r in refusals] == [(3, "missing_text"), (2, "empty_text")]
    with pytest.raises(CorpusError, match=r"Row 3 .* refused"):
        read_rows(result.shard, [3])
    exact = scanned(tmp_path / "a.parquet")
    assert exact.exact
    assert exact.refused == {"duplicate_id": 1, "empty_text": 1, "missing_text": 1}
    assert try_rows(exact.shard, [1])[1][0].reason == "duplicate_id"
