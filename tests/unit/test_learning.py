"""Training as the product runs it: stopping it, and putting a model to use that nothing can judge yet."""

import shutil
from functools import partial

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from review import workflow
from review.classifier import TrainedModel, TrainingCancelled
from review.errors import ModelError, NotEnoughLabels
from review.records import Stream


def test_training_stopped_while_drawn_documents_are_scored_keeps_nothing(project, read_all, monkeypatch):
    read_all(project)
    scored = []
    score = TrainedModel.score
    monkeypatch.setattr(TrainedModel, "score", lambda model, texts: (scored.append(len(texts)), score(model, texts))[1])
    monkeypatch.setattr(project.store, "iter_documents", partial(project.store.iter_documents, 50))
    known = project.store.last_seq()
    with pytest.raises(TrainingCancelled):
        workflow.train(project, by="lead", cancel=lambda: len(scored) > 1)  # the first is the speed on the card
    assert len(scored) == 2
    assert (project.store.models(), project.store.last_seq()) == ([], known)
    assert not (project.root / "models").exists()
    assert workflow.train(project, by="lead").version in {row.version for row in project.store.models()}


@pytest.fixture
def copies(project_root, tmp_path):
    """A shard that holds two pages again and again, one good, one bad."""
    good = "The clerk writes the name of the boat, the hour and the weather into a book that smells of salt, page"
    bad = "BUY NOW the cheapest boats and books of the whole harbour, click here and pay with your card today, offer"
    pages = [f"{(good, bad)[row % 3 == 0]} {row}" for row in range(80)]
    pq.write_table(pa.table({"text": pages}), tmp_path / "copies.parquet")
    with workflow.open_project(project_root) as opened:
        workflow.ingest(opened, [str(tmp_path / "copies.parquet")], by="lead")
        workflow.draw(opened, by="lead")
        yield opened


def test_a_model_that_nothing_can_judge_yet_is_put_to_use_by_overruling_only(copies, read_all):
    project = copies
    read_all(project)
    trained = workflow.train(project, by="lead")
    assert trained.gate is None
    assert trained.summary.startswith("Not tested yet: 1 distinct kept and 1 distinct rejected audit documents")
    with pytest.raises(NotEnoughLabels, match="9 more distinct kept and 9 more distinct rejected"):
        workflow.promote(project, trained.version, by="lead")
    with pytest.raises(ModelError, match="needs a reason"):
        workflow.promote(project, trained.version, by="lead", overrule=True)
    assert project.store.promoted() is None
    promotion = workflow.promote(project, trained.version, by="lead", reason="to choose what to read", overrule=True)
    assert (promotion.promoted, promotion.gate) == (True, None)
    assert project.store.promoted() == trained.version


def test_lost_or_damaged_model_files_come_back_by_training_again(project, read_all):
    read_all(project)
    version = workflow.train(project, by="lead").version
    shutil.rmtree(project.root / "models")
    assert workflow.train(project, by="lead").version == version
    assert workflow.load_model(project, version).version == version
    (project.root / "models" / version / "model.safetensors").write_bytes(b"torn")
    assert workflow.train(project, by="lead").version == version
    assert workflow.load_model(project, version).version == version
    assert len(project.store.models()) == 1


def test_a_training_draw_from_a_footer_passes_over_what_is_no_document(project_root, tmp_path):
    settings = project_root / "review.toml"
    settings.write_text(settings.read_text().replace('scan = "full"', 'scan = "footer"'))
    texts = ["   " if row % 3 else f"A text about the harbour, number {row}." for row in range(90)]
    pq.write_table(pa.table({"text": texts}), tmp_path / "half.parquet")
    with workflow.open_project(project_root) as project:
        workflow.ingest(project, [str(tmp_path / "half.parquet")], by="lead")
        report = workflow.draw(project, stream=Stream.TRAINING, strategy="random", n=20, by="lead")
        assert report.total == 20
        assert {draw.row % 3 for draw in project.store.draws()} == {0}


def test_an_audit_draw_from_a_footer_counts_what_it_passes_over(project_root, tmp_path):
    settings = project_root / "review.toml"
    settings.write_text(settings.read_text().replace('scan = "full"', 'scan = "footer"'))
    texts = ["   " if row % 3 else f"A text about the harbour, number {row}." for row in range(90)]
    pq.write_table(pa.table({"text": texts}), tmp_path / "half.parquet")
    with workflow.open_project(project_root) as project:
        workflow.ingest(project, [str(tmp_path / "half.parquet")], by="lead")
        assert workflow.draw(project, n=10, by="lead").total == 10
        first = [draw.row for draw in project.store.draws()]
        assert workflow.draw(project, n=20, by="lead").total == 10
        assert [draw.row for draw in project.store.draws()][:10] == first
        assert {row % 3 for row in (draw.row for draw in project.store.draws())} == {0}
        assert project.store.refused_counts()["empty_text"] > 5
