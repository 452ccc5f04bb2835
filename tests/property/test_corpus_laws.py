"""Any text, in any format, comes back exactly; whatever is refused is accounted for; larger draws hold smaller ones."""

import csv
import gzip
import hashlib
import json
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st

from review.corpus import iter_texts, resolve, scan, try_rows
from review.sampling import audit_order

# "Cs": lone surrogates, which UTF-8 files cannot hold.
TEXTS = st.lists(
    st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
    | st.sampled_from(["", " ", "\0", "\r\n", '"', "\ufeffa"]),
    min_size=1,
    max_size=12,
)


def write_jsonl(path: Path, texts: list[str], ascii_only: bool = True) -> None:
    raw = "".join(json.dumps({"text": text}, ensure_ascii=ascii_only) + "\n" for text in texts).encode()
    path.write_bytes({".gz": gzip.compress, ".zst": zstandard.compress}.get(path.suffix, bytes)(raw))


def write_delimited(path: Path, texts: list[str]) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, delimiter="\t" if path.suffix == ".tsv" else ",", quoting=csv.QUOTE_ALL)
        writer.writerows([["n", "text"], *([i, text] for i, text in enumerate(texts))])


def write_parquet(path: Path, texts: list[str]) -> None:
    pq.write_table(pa.table({"text": texts}), path, row_group_size=3)


def write_arrow(path: Path, texts: list[str]) -> None:
    table = pa.table({"text": texts})
    opened = pa.ipc.new_stream if path.suffix == ".arrows" else pa.ipc.new_file
    with pa.OSFile(str(path), "w") as out, opened(out, table.schema) as writer:
        writer.write_table(table, max_chunksize=3)


def write_folder(path: Path, texts: list[str]) -> None:
    path.mkdir()
    for i, text in enumerate(texts):
        (path / f"{i:03d}.txt").write_bytes(text.encode("utf-8-sig"))


WRITERS = {
    "a.jsonl": write_jsonl,
    "b.jsonl": lambda path, texts: write_jsonl(path, texts, ascii_only=False),
    "a.jsonl.gz": write_jsonl,
    "a.jsonl.zst": write_jsonl,
    "a.csv": write_delimited,
    "a.tsv": write_delimited,
    "a.parquet": write_parquet,
    "a.arrow": write_arrow,
    "a.arrows": write_arrow,
    "folder": write_folder,
}


@pytest.mark.parametrize("name", sorted(WRITERS))
@given(texts=TEXTS)
@settings(max_examples=40, deadline=None)
def test_any_texts_round_trip_exactly(name, texts):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / name
        WRITERS[name](path, texts)
        result = scan(resolve([name], Path(folder), corpus="c")[0])
        sound = [row for row, text in enumerate(texts) if text.strip()]
        if not sound:
            assert result.refusal.reason == "no_documents"
            return
        shard = result.shard
        assert shard.rows == len(texts)
        assert shard.documents + sum(result.refused.values()) == shard.rows
        assert shard.characters == sum(len(texts[row]) for row in sound)
        documents, refusals = try_rows(shard, range(len(texts)))
        assert {d.row: d.text for d in documents} == {row: texts[row] for row in sound}
        assert [d.content_hash for d in documents] == [hashlib.sha256(texts[row].encode()).hexdigest() for row in sound]
        assert tuple(r.row for r in refusals) == shard.excluded == tuple(r.row for r in result.refusals)
        batches = [text for batch in iter_texts(shard, 5) for text in batch.column("text").to_pylist()]
        assert batches == [text if text.strip() else None for text in texts]


LINE = st.one_of(
    st.binary(max_size=30).map(lambda raw: raw.replace(b"\n", b"")),
    st.fixed_dictionaries(
        {},
        optional={
            "text": st.one_of(st.text(st.characters(), max_size=10), st.none(), st.integers(), st.lists(st.none())),
            "id": st.one_of(st.sampled_from(["a", "b"]), st.none(), st.integers(0, 2), st.floats()),
            "other": st.recursive(st.none() | st.floats() | st.text(st.characters()), st.lists, max_leaves=4),
        },
    ).map(lambda row: json.dumps(row).encode()),
)


@given(lines=st.lists(LINE, min_size=1, max_size=15))
@settings(max_examples=150, deadline=None)
def test_every_row_of_any_jsonl_is_a_document_or_refused_once(lines):
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "a.jsonl").write_bytes(b"".join(line + b"\n" for line in lines))
        result = scan(resolve(["a.jsonl"], Path(folder), corpus="c")[0])
        if result.shard is None:
            assert result.refusal.reason in ("no_documents", "no_such_column")
            return
        shard = result.shard
        assert shard.rows == len(lines)
        assert shard.documents + sum(result.refused.values()) == shard.rows
        assert len(set(shard.excluded)) == len(shard.excluded) == sum(result.refused.values())
        documents, refusals = try_rows(shard, range(shard.rows))
        assert [r.row for r in refusals] == list(shard.excluded)
        ids = [d.external_id for d in documents if d.external_id is not None]
        assert len(set(ids)) == len(ids)
        for document in documents:
            json.dumps(document.metadata, allow_nan=False)
            document.text.encode()


@given(
    rows=st.integers(0, 300),
    excluded=st.sets(st.integers(0, 299)),
    sizes=st.tuples(st.integers(0, 320), st.integers(0, 320)).map(sorted),
    seed=st.integers(),
    name=st.text(st.characters()),
)
def test_a_larger_draw_holds_the_smaller_one(rows, excluded, sizes, seed, name):
    left_out = sorted(row for row in excluded if row < rows)
    small, large = (audit_order(name, seed, rows, left_out, n).tolist() for n in sizes)
    assert large[: len(small)] == small
    assert audit_order(name, seed, rows, left_out, sizes[1], start=sizes[0]).tolist() == large[sizes[0] :]
    assert len(set(large)) == len(large) == min(sizes[1], rows - len(left_out))
    assert set(large) <= set(range(rows)) - set(left_out)
