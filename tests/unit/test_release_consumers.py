"""Releases as the pipelines read them: the real ones where they are installed, else what they document."""

from __future__ import annotations

import csv
import dataclasses
import gzip
import json
import posixpath
import shutil
from datetime import datetime
from pathlib import Path

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


def test_nemo_curator_reads_exactly_the_released_documents(tmp_path, corpus):
    reason = "nemo-curator is not installed; it takes Ray and gigabytes, so only its documented arguments are checked"
    parquet = pytest.importorskip("nemo_curator.stages.text.io.reader.parquet", reason=reason)
    jsonl = pytest.importorskip("nemo_curator.stages.text.io.reader.jsonl", reason=reason)
    tasks = pytest.importorskip("nemo_curator.tasks", reason=reason)
    folder = written(tmp_path, [corpus["parquet"][0], corpus["jsonl"][1]], "nemo")
    found: set[str] = set()
    for name, arguments in json.loads((folder / "nemo.json").read_bytes()).items():
        files, reader = getattr(parquet if name == "ParquetReader" else jsonl, name)(**arguments).decompose()
        for task in files.process(tasks.EmptyTask):
            found |= set(reader.process(task).to_pandas()["text"])
    assert found == texts(0, 1)


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


def mixed(tmp_path: Path, mixer, stream: dict) -> set[str]:
    """The texts that dolma's mixer makes of a stream."""
    out = tmp_path / "out"
    work = {"input": str(tmp_path / "work-in"), "output": str(tmp_path / "work-out")}
    stream = stream | {"output": {"path": str(out), "max_size_in_bytes": 1 << 30}}
    config = {"streams": [stream], "processes": 1, "dryrun": False, "work_dir": work}
    mixer.mixer_entrypoint(json.dumps(config))
    found = b"".join(gzip.decompress(file.read_bytes()) for file in out.iterdir())
    return {json.loads(line)["text"] for line in found.splitlines()}


def test_dolma_mixes_exactly_the_released_documents(tmp_path, corpus):
    reason = "dolma is not installed; it needs numpy below 2, so it runs only in an environment of its own"
    mixer = pytest.importorskip("dolma.dolma", reason=reason)
    folder = written(tmp_path, corpus["jsonl"], "dolma")
    config = json.loads((folder / "dolma.json").read_bytes())
    (stream,) = config["streams"]
    assert mixed(tmp_path, mixer, stream | {"attributes": []}) == texts(0, 1)


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


def test_dolma_mixes_exactly_the_kept_documents(tmp_path, corpus):
    mixer = pytest.importorskip("dolma.dolma", reason="dolma is not installed; it needs numpy below 2")
    folder = written(tmp_path, corpus["jsonl"], "dolma", keep_half(corpus))
    shutil.copytree(folder / "attributes", tmp_path / "attributes")  # beside the documents, where dolma looks
    (stream,) = json.loads((folder / "dolma.json").read_bytes())["streams"]
    assert mixed(tmp_path, mixer, stream) == {text for text in texts(0, 1) if int(text.split()[-1]) % 2}


def test_dolma_streams_have_the_fields_its_mixer_reads(tmp_path, corpus):
    folder = written(tmp_path, corpus["jsonl"], "dolma")
    (stream,) = json.loads((folder / "dolma.json").read_bytes())["streams"]
    assert stream == {"name": "dolma", "documents": [one.shard.uri for one in corpus["jsonl"]]}


def test_data_juicer_loads_exactly_the_released_documents(tmp_path, corpus):
    reason = (
        "py-data-juicer is not installed; it takes another hundred packages, so only its documented form is checked"
    )
    builder = pytest.importorskip("data_juicer.core.data.dataset_builder", reason=reason)
    config = pytest.importorskip("data_juicer.config", reason=reason)
    folder = written(tmp_path, corpus["parquet"], "data-juicer")
    recipe = json.loads((folder / "data_juicer.json").read_bytes())
    recipe |= {"project_name": "t", "export_path": str(tmp_path / "out" / "x.jsonl"), "process": []}
    (tmp_path / "recipe.json").write_text(json.dumps(recipe))  # JSON is YAML
    made = builder.DatasetBuilder(config.init_configs(["--config", str(tmp_path / "recipe.json")]), "default")
    assert [one.weight for one in made.load_strategies] == [DOCUMENTS, DOCUMENTS]
    assert set(made.load_dataset(num_proc=1)["text"]) == texts(0, 1)


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
