"""Training as the product runs it: stopping it, and putting a model to use that nothing can judge yet."""

import random
import shutil

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from review import workflow
from review.classifier import TrainedModel, TrainingCancelled, outcome
from review.errors import ModelError, NotEnoughLabels, ReviewError
from review.records import Stream
from review.sampling import STRATEGIES

WORDS = str.split("harbour tide ladder window copper meadow lantern river gravel orchard candle bridge saddle pepper")


def test_training_stopped_while_drawn_documents_are_scored_keeps_nothing(project, read_all, monkeypatch):
    read_all(project)
    scored = []
    score = TrainedModel.score
    monkeypatch.setattr(TrainedModel, "score", lambda model, texts: (scored.append(len(texts)), score(model, texts))[1])
    monkeypatch.setattr(outcome, "BATCH", 50)
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
    texts = ["   " if row % 3 else " ".join(random.Random(row).choices(WORDS, k=20)) for row in range(90)]
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


def page(row):
    return " ".join(random.Random(row).choices(WORDS, k=40)) + "."


@pytest.fixture
def pages(project_root, tmp_path):
    """A shard of 120 pages: every 4th a copy of the one before, every 5th in Spanish; 20 drawn for audit."""
    spanish = "la casa de los perros que no son de la calle y para el mar con una barca "
    texts = [page(row - 1 if row % 4 == 3 else row) + (spanish * 4 if row % 5 == 0 else "") for row in range(120)]
    pq.write_table(pa.table({"text": texts}), tmp_path / "pages.parquet")
    with workflow.open_project(project_root) as opened:
        workflow.ingest(opened, [str(tmp_path / "pages.parquet")], by="lead")
        workflow.draw(opened, n=20, by="lead")
        yield opened


def training(project):
    return [draw for draw in project.store.draws() if draw.stream is Stream.TRAINING]


@pytest.mark.parametrize("strategy", ["uncertain", "likely_bad", "diverse", "novel", "random=0.5,diverse=0.5"])
def test_training_draws_begin_without_a_label_and_repeat_no_copy(pages, strategy):
    assert workflow.draw(pages, stream=Stream.TRAINING, strategy=strategy, n=30, by="lead").total == 30
    drawn = pages.store.documents([draw.doc_id for draw in pages.store.draws()])
    audit = {draw.doc_id for draw in pages.store.draws() if draw.stream is Stream.AUDIT}
    taught = [one.text for one in drawn if one.doc_id not in audit]
    assert len(set(taught)) == 30
    assert not set(taught) & {one.text for one in drawn if one.doc_id in audit}
    assert {draw.strategy for draw in training(pages)} <= set(STRATEGIES)
    assert {draw.probability for draw in training(pages)} == {None}


def test_a_search_draws_what_holds_the_words(pages):
    assert workflow.draw(pages, stream=Stream.TRAINING, strategy="search", query="CASA perros", n=10, by="lead").total
    assert {draw.row % 5 for draw in training(pages)} == {0}
    with pytest.raises(ReviewError, match="go together"):
        workflow.draw(pages, stream=Stream.TRAINING, strategy="search", n=10, by="lead")


def test_documents_are_put_into_the_training_stream_by_hand_once(pages):
    shard = pages.store.shards()[0].name
    free = sorted(set(range(120)) - {draw.row for draw in pages.store.draws()})[:3]
    names = [f"{shard}#{row}" for row in free]
    assert workflow.draw_by_hand(pages, [*names, names[0]], by="lead").total == 3
    assert workflow.draw_by_hand(pages, names, by="lead").total == 0
    assert [draw.strategy for draw in training(pages)] == ["by_hand"] * 3
