"""Shards are scored row by row into sidecars that appear whole or not at all."""

import sys
import types
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from review.classifier import save, train
from review.corpus import iter_texts, resolve, scan
from review.errors import CorpusError, ModelError
from review.records import Document, Fingerprint, Label, LabelledDocument, Shard, Stream, Verdict
from review.scoring import read_totals, score_shard, score_shards, sidecar_path
from review.settings import ClassifierSettings

TEXTS = ["The river rose after the rain, and the farmers moved to the hills.", "BUY NOW!!! | click here | deals |"]


@pytest.fixture(scope="module")
def model():
    documents = [Document("t", row, f"{TEXTS[row % 2]} {row} " * 5, f"h{row}") for row in range(40)]
    labelled = [
        LabelledDocument(
            one.doc_id, "t", row, Stream.AUDIT, row, 0.1,
            (Label(f"l{row}", one.doc_id, "h", "ana", Verdict.REJECT if row % 2 else Verdict.KEEP, seq=row),),
        )
        for row, one in enumerate(documents)
    ]  # fmt: skip
    return train(documents, labelled, ClassifierSettings(), seed=0)


@pytest.fixture(scope="module")
def model_dir(model, tmp_path_factory):
    folder = tmp_path_factory.mktemp("models") / model.version
    save(model, folder)
    return folder


@pytest.fixture
def shard(tmp_path):
    rows = [f"{TEXTS[row % 2]} {row} " * 5 if row % 7 else None for row in range(100)]
    pq.write_table(pa.table({"text": rows}), tmp_path / "part.parquet", row_group_size=30)
    return scan(_source(tmp_path)).shard


def _source(folder: Path):
    return resolve([str(folder / "part.parquet")], folder, corpus="web")[0]


def test_every_row_gets_a_line_and_refused_rows_no_score(model, model_dir, shard, tmp_path):
    report = score_shard(model_dir, shard, tmp_path / "scores")
    table = pq.read_table(report.path)
    assert table.column_names == ["row", "score", "ok", "bytes", "novelty"]
    assert table["row"].to_pylist() == list(range(100))
    assert [row for row, ok in enumerate(table["ok"].to_pylist()) if not ok] == list(range(0, 100, 7))
    assert table["score"].null_count == 15
    assert (report.rows, report.scored, report.skipped) == (100, 85, False)
    texts = [text for batch in iter_texts(shard) for text in batch["text"].to_pylist() if text is not None]
    scores = table["score"].drop_null().to_numpy()
    assert np.allclose(scores, model.score(texts), atol=1e-6)
    novel = table["novelty"].drop_null().to_numpy() > 1
    assert report.kept == int(((scores >= model.threshold) & ~novel).sum())
    assert 0 < report.kept < 85
    assert report.novel == novel.sum()
    assert table["bytes"].to_pylist()[1] == len(texts[0].encode())
    totals = read_totals(shard, model.version, tmp_path / "scores")
    assert (totals.rows, totals.scored, totals.kept, totals.novel) == (100, 85, report.kept, report.novel)
    assert totals.documents[0] == 85 - report.novel
    assert totals.size == sum(len(text.encode()) for text in texts)


def test_a_finished_sidecar_is_skipped_and_another_fingerprint_is_not(model_dir, shard, tmp_path):
    first = score_shard(model_dir, shard, tmp_path / "scores")
    before = first.path.stat().st_mtime_ns
    again = score_shard(model_dir, shard, tmp_path / "scores")
    assert again.skipped
    assert (again.rows, again.scored, again.kept) == (first.rows, first.scored, first.kept)
    assert first.path.stat().st_mtime_ns == before
    pq.write_table(pa.table({"text": ["another text now"] * 100}), tmp_path / "part.parquet")
    assert not score_shard(model_dir, scan(_source(tmp_path)).shard, tmp_path / "scores").skipped


def test_a_torn_sidecar_is_written_anew(model_dir, shard, tmp_path):
    path = score_shard(model_dir, shard, tmp_path / "scores").path
    path.write_bytes(path.read_bytes()[:-20])
    assert not score_shard(model_dir, shard, tmp_path / "scores").skipped
    assert pq.read_metadata(path).num_rows == 100


def test_a_changed_shard_leaves_no_sidecar(model_dir, shard, tmp_path):
    pq.write_table(pa.table({"text": ["one row only"]}), tmp_path / "part.parquet")
    with pytest.raises(CorpusError):
        score_shard(model_dir, shard, tmp_path / "scores")
    assert not [path for path in (tmp_path / "scores").rglob("*") if path.is_file()]


def test_a_folder_without_a_model_is_refused(shard, tmp_path):
    with pytest.raises(ModelError, match="no whole model"):
        score_shard(tmp_path / "nothing", shard, tmp_path / "scores")


def test_shards_are_scored_in_processes(model_dir, shard, tmp_path):
    pq.write_table(pa.table({"text": [TEXTS[0]] * 10}), tmp_path / "other.parquet")
    other = scan(resolve([str(tmp_path / "other.parquet")], tmp_path, corpus="web")[0]).shard
    seen = []
    reports = score_shards(
        model_dir, [other, shard], tmp_path / "scores", workers=2, progress=lambda *step: seen.append(step[:2])
    )
    assert [report.shard for report in reports] == [other.name, shard.name]
    assert seen == [(1, 2), (2, 2)]
    assert all(report.path.is_file() for report in reports)


def test_workers_do_not_run_the_script_that_streamlit_calls_main(model_dir, shard, tmp_path, monkeypatch):
    """Streamlit puts the page's script into sys.modules["__main__"] at every run, AppTest included."""
    script = tmp_path / "page.py"
    script.write_text("raise SystemExit('a worker ran the page')")
    page = types.ModuleType("__main__")
    page.__file__ = str(script)
    monkeypatch.setitem(sys.modules, "__main__", page)
    pq.write_table(pa.table({"text": [TEXTS[0]] * 10}), tmp_path / "other.parquet")
    other = scan(resolve([str(tmp_path / "other.parquet")], tmp_path, corpus="web")[0]).shard
    reports = score_shards(model_dir, [other, shard], tmp_path / "scores", workers=2)
    assert [report.rows for report in reports] == [10, 100]


def test_scoring_can_be_cancelled(model_dir, shard, tmp_path):
    assert score_shards(model_dir, [shard], tmp_path / "scores", workers=1, cancel=lambda: True) == []


@pytest.mark.parametrize(
    "name", ["../../etc/passwd", "a/../b", "/abs/x", "..", "a//b", "x" * 400, "ä b/ü.parquet", "."]
)
def test_a_shard_name_never_leads_out_of_the_folder(name, tmp_path):
    shard = Shard(name, "c", "u", "parquet", 1, 1, 1, Fingerprint(1, 1, "d"), ("text",), "text")
    path = sidecar_path(shard, tmp_path)
    assert path.resolve().is_relative_to(tmp_path.resolve())
    assert path != sidecar_path(replace(shard, name=name + "y"), tmp_path)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()
