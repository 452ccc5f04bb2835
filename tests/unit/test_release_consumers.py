"""Releases as the pipelines read them: the real ones, and for DCLM, which is no package, what it documents.

dolma, NeMo Curator and Data-Juicer are installed by tests/install_consumers.sh, each in an environment of its own.
"""

from __future__ import annotations

import csv
import dataclasses
import gzip
import json
import posixpath
import shutil
import subprocess
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from review.certificate import certify
from review.corpus.fingerprint import fingerprint
from review.errors import ReleaseError
from review.records import Decision, Plan, Ruling, Shard, Verdict
from review.release import Approved, Keep, verify_release, write_release
from review.release.formats import Listed, nemo
from review.release.listing import COLUMNS

PLAN = Plan(0.02, 0.2, 0.05, 0.10)
AT = datetime(2026, 11, 22, 9, 30)
DOCUMENTS = 60
CONSUMERS = Path(__file__).parents[1] / "consumers"


def approved(path: Path, fmt: str, documents: int = DOCUMENTS) -> Approved:
    seen = fingerprint(str(path))
    shard = Shard(f"web/{path.name}", "web", str(path), fmt, documents, documents, 900, seen, ("text",), "text")
    certificate = certify(PLAN, documents, [Verdict.KEEP] * documents).to_json() | {"overruled": False}
    return Approved(shard, Decision(shard.name, Ruling.APPROVE, "=1+1", "lena", seen, certificate, 3, AT, 12))


@pytest.fixture
def corpus(tmp_path: Path) -> dict[str, list[Approved]]:
    """Two approved shards of each kind, and beside them one of each that is not."""
    folder = tmp_path / "documents"
    folder.mkdir()
    made: dict[str, list[Approved]] = {"parquet": [], "jsonl": []}
    for number in range(3):
        rows = [{"id": f"{number}-{row}", "text": f"document {number} {row}"} for row in range(DOCUMENTS)]
        path = folder / f"{number}.parquet"
        pq.write_table(pa.Table.from_pylist(rows), path)
        packed = folder / f"{number}.jsonl.gz"
        with gzip.open(packed, "wt") as file:
            file.writelines(json.dumps(row) + "\n" for row in rows)
        if number < 2:
            made["parquet"].append(approved(path, "parquet"))
            made["jsonl"].append(approved(packed, "jsonl"))
    return made


def texts(*numbers: int) -> set[str]:
    return {f"document {number} {row}" for number in numbers for row in range(DOCUMENTS)}


def written(tmp_path: Path, shards: list[Approved], fmt: str, keep: Keep | None = None) -> Path:
    release = write_release(
        tmp_path / "releases", fmt, shards, project="demo", plan=PLAN, rubric=3, by="lena", at=AT, fmt=fmt, keep=keep
    )
    assert verify_release(release.path / "manifest.json").ok
    return release.path


@pytest.mark.parametrize(("kind", "reader"), [("parquet", "ParquetReader"), ("jsonl", "JsonlReader")])
def test_datatrove_reads_exactly_the_released_documents(tmp_path, corpus, kind, reader):
    readers = pytest.importorskip("datatrove.pipeline.readers", reason="datatrove is not installed (extra: test)")
    if kind == "jsonl":
        pytest.importorskip("orjson", reason="datatrove's JSONL reader needs orjson (extra: test)")
    folder = written(tmp_path, corpus[kind], "datatrove")
    config = json.loads((folder / "datatrove.json").read_bytes())
    read = getattr(readers, reader)(config["data_folder"], paths_file=str(folder / config["paths_file"])).run()
    assert {document.text for document in read} == texts(0, 1)


@pytest.fixture
def consumer(tmp_path):
    """Runs the reader `name` of tests/consumers over a file of a release: what it found."""

    def read(name: str, config: Path) -> Any:
        folder = Path(sys.prefix) / "consumers" / name
        if not (folder / "installed.txt").exists():
            pytest.skip(f"{name} is not installed: run sh tests/install_consumers.sh {sys.prefix}")
        script = CONSUMERS / f"read_{name}.py"
        work = tmp_path / name
        work.mkdir()
        command = [str(folder / "bin" / "python"), str(script), str(config), str(work)]
        ran = subprocess.run(command, cwd=work, capture_output=True, text=True, timeout=180, check=False)
        assert ran.returncode == 0, ran.stderr[-3_000:]
        return json.loads((work / "found.json").read_bytes())

    return read


def test_nemo_curator_reads_exactly_the_released_documents(tmp_path, corpus, consumer):
    folder = written(tmp_path, [corpus["parquet"][0], corpus["jsonl"][1]], "nemo")
    found = consumer("nemo", folder / "nemo.json")
    assert len(found) == 2 * DOCUMENTS
    assert set(found) == texts(0, 1)


def test_nemo_curator_is_told_every_ending_and_no_pattern(tmp_path, corpus):
    """Its file list keeps a path when `splitext(path)[1]` is among `file_extensions`, whose default has no .gz."""
    folder = written(tmp_path, [*corpus["parquet"], *corpus["jsonl"]], "nemo")
    config = json.loads((folder / "nemo.json").read_bytes())
    assert {name: len(arguments["file_paths"]) for name, arguments in config.items()} == {
        "ParquetReader": 2,
        "JsonlReader": 2,
    }
    for arguments in config.values():
        assert all(posixpath.splitext(path)[1] in arguments["file_extensions"] for path in arguments["file_paths"])
    with pytest.raises(ReleaseError, match="takes the path of shard 'a' for a pattern"):
        nemo("r", [Listed("a", "/data/a[1].parquet", "parquet")])


def test_dolma_mixes_exactly_the_released_documents(tmp_path, corpus, consumer):
    folder = written(tmp_path, corpus["jsonl"], "dolma")
    found = consumer("dolma", folder / "dolma.json")
    assert len(found) == 2 * DOCUMENTS
    assert set(found) == texts(0, 1)


def keep_half(corpus) -> Keep:
    """Every second document, as by a model."""
    scores = np.array([0.9 if row % 2 else 0.2 for row in range(DOCUMENTS)], np.float32)
    return Keep("v7", 0.5, "90% sure: most of it is good.", lambda shard: scores, lambda shard: gzip.open(shard.uri))


def test_a_keep_list_names_the_documents_their_model_and_what_is_proven(tmp_path, corpus):
    folder = written(tmp_path, corpus["parquet"], "paths", keep_half(corpus))
    table = pq.read_table(folder / "keep.parquet")
    assert table.column_names == ["shard", "row", "score"]
    assert table["row"].to_pylist() == 2 * list(range(1, DOCUMENTS, 2))
    assert set(table["shard"].to_pylist()) == {one.shard.name for one in corpus["parquet"]}
    told = table.schema.metadata
    assert (told[b"review.model"], told[b"review.threshold"]) == (b"v7", b"0.5")
    assert told[b"review.guarantee"].startswith(b"90% sure")
    keep = json.loads((folder / "manifest.json").read_bytes())["keep"]
    assert keep == {
        "model": "v7",
        "threshold": 0.5,
        "guarantee": "90% sure: most of it is good.",
        "documents": DOCUMENTS,
    }
    (folder / "keep.parquet").write_bytes(b"x")
    assert "keep.parquet was changed" in verify_release(folder / "manifest.json").problems[0]


def test_a_shard_without_scores_has_no_keep_list_and_nothing_is_left_behind(tmp_path, corpus):
    unscored = dataclasses.replace(keep_half(corpus), scores=lambda shard: None)
    with pytest.raises(ReleaseError, match="has no scores of v7"):
        written(tmp_path, corpus["parquet"], "paths", unscored)
    assert list((tmp_path / "releases").iterdir()) == []


def test_dolma_gets_attributes_aligned_with_the_rows(tmp_path, corpus):
    folder = written(tmp_path, corpus["jsonl"], "dolma", keep_half(corpus))
    files = sorted((folder / "attributes" / "review").iterdir())
    assert [file.name for file in files] == ["0.jsonl.gz", "1.jsonl.gz"]
    for number, file in enumerate(files):
        rows = [json.loads(line) for line in gzip.decompress(file.read_bytes()).splitlines()]
        assert [row["id"] for row in rows] == [f"{number}-{row}" for row in range(DOCUMENTS)]
        kept = [bool(row["attributes"]["review__score__keep"]) for row in rows]
        assert kept == [bool(row % 2) for row in range(DOCUMENTS)]
    again = written(tmp_path / "again", corpus["jsonl"], "dolma", keep_half(corpus))
    assert (again / "attributes/review/0.jsonl.gz").read_bytes() == files[0].read_bytes()
    path = tmp_path / "loose.jsonl.gz"
    path.write_bytes(Path(corpus["jsonl"][0].shard.uri).read_bytes())
    with pytest.raises(ReleaseError, match="below one folder called documents"):
        written(tmp_path / "loose", [approved(path, "jsonl")], "dolma", keep_half(corpus))


def test_dolma_mixes_exactly_the_kept_documents(tmp_path, corpus, consumer):
    folder = written(tmp_path, corpus["jsonl"], "dolma", keep_half(corpus))
    shutil.copytree(folder / "attributes", tmp_path / "attributes")  # beside the documents, where dolma looks
    found = consumer("dolma", folder / "dolma.json")
    assert sorted(found) == sorted(text for text in texts(0, 1) if int(text.split()[-1]) % 2)


def test_dolma_streams_have_the_fields_its_mixer_reads(tmp_path, corpus):
    folder = written(tmp_path, corpus["jsonl"], "dolma")
    (stream,) = json.loads((folder / "dolma.json").read_bytes())["streams"]
    uris = [one.shard.uri for one in corpus["jsonl"]]
    assert stream == {"name": "dolma", "documents": uris, "attributes": []}


@pytest.mark.parametrize("kind", ["parquet", "jsonl"])
def test_data_juicer_loads_exactly_the_released_documents(tmp_path, corpus, consumer, kind):
    folder = written(tmp_path, corpus[kind], "data-juicer")
    found = consumer("data_juicer", folder / "data_juicer.json")
    assert found["weights"] == [DOCUMENTS, DOCUMENTS]
    assert len(found["texts"]) == 2 * DOCUMENTS
    assert set(found["texts"]) == texts(0, 1)


def test_data_juicer_weighs_shards_by_their_documents(tmp_path, corpus):
    """With `max_sample_num` it takes of each its weight's part of the most: equal weights favour small shards."""
    small = approved(Path(corpus["parquet"][0].shard.uri), "parquet", documents=30)
    folder = written(tmp_path, [small, corpus["parquet"][1]], "data-juicer")
    configs = json.loads((folder / "data_juicer.json").read_bytes())["dataset"]["configs"]
    assert [(one["type"], one["weight"]) for one in configs] == [("local", 30.0), ("local", 60.0)]


def test_a_table_has_a_row_a_shard_in_both_files_and_no_formula(tmp_path, corpus):
    folder = written(tmp_path, corpus["parquet"], "table")
    rows = pq.read_table(folder / "shards.parquet").to_pylist()
    assert list(rows[0]) == list(COLUMNS)
    assert [row["path"] for row in rows] == (folder / "shards.txt").read_text().splitlines()
    assert rows[0]["high"] == corpus["parquet"][0].decision.certificate["high"]
    with (folder / "shards.csv").open(newline="") as file:
        cells = list(csv.DictReader(file))
    assert [(row["name"], row["sha256"], int(row["documents"])) for row in cells] == [
        (row["name"], row["sha256"], row["documents"]) for row in rows
    ]
    assert cells[0]["reason"] == "'=1+1"
    assert rows[0]["reason"] == "=1+1"
    again = written(tmp_path / "again", corpus["parquet"], "table")
    assert [(again / name).read_bytes() for name in ("shards.csv", "shards.parquet")] == [
        (folder / name).read_bytes() for name in ("shards.csv", "shards.parquet")
    ]
