"""The whole loop on real text: shard files, labels from the truth, certificates, a release, a classifier, scores."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from corpora.shards import LabelledShard, split_hplt, split_spamassassin, split_unlabelled
from sklearn.metrics import roc_auc_score

from review import corpus, workflow
from review.records import Document, Ruling, Stream, split_doc_id
from review.scoring import read_scores
from review.settings import default_toml
from review.simulate import SimulatedReviewer

pytestmark = pytest.mark.corpora
ACCEPT, REJECT = 0.02, 0.10


@dataclass
class Loop:
    """A project whose shards were all read and ruled on, and a model trained on the labels."""

    project: workflow.Project
    truth: dict[str, LabelledShard]
    version: str
    card: dict[str, object]

    def bad(self, doc_id: str) -> bool:
        shard, row = split_doc_id(doc_id)
        return self.truth[shard].bad[row]


def open_at(root: Path) -> workflow.Project:
    root.mkdir()
    text = default_toml("real text")
    for old, new in (("accept = 0.02", f"accept = {ACCEPT}"), ("reject = 0.06", f"reject = {REJECT}")):
        assert text.count(old) == 1
        text = text.replace(old, new)
    text = text.replace("hidden_columns = []", 'hidden_columns = ["truth_*"]')
    (root / "review.toml").write_text(text, encoding="utf-8")
    return workflow.open_project(root)


def read_everything(project: workflow.Project, truth: dict[str, LabelledShard], stream: Stream) -> None:
    reviewer = SimulatedReviewer("sim-reader", sensitivity=1.0, specificity=0.998, seed=5)
    names = [draw.doc_id for draw in project.store.draws(stream=stream)]
    rubric = project.store.rubric()

    def label(document: Document) -> object:
        bad = truth[document.shard].bad[document.row]
        return reviewer.label(document, "reject" if bad else "keep", "spam" if bad else "", rubric=rubric)

    for start in range(0, len(names), 100):
        project.store.record_labels([label(one) for one in project.store.documents(names[start : start + 100])])


SPLITS: dict[str, Callable[..., list[LabelledShard]]] = {"hplt": split_hplt, "spamassassin": split_spamassassin}


@pytest.fixture(scope="module", params=sorted(SPLITS))
def loop(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, shared_data: Path) -> Iterator[Loop]:
    folder = tmp_path_factory.mktemp(request.param)
    shards = SPLITS[request.param](shared_data, folder / "files")
    truth = {f"files/{shard.path.name}": shard for shard in shards}
    with open_at(folder / "project") as project:
        report = workflow.ingest(project, [str(folder / "files" / "*")], by="lead")
        assert (len(report.added), report.refused_files) == (len(shards), ())
        workflow.draw(project, by="lead")
        read_everything(project, truth, Stream.AUDIT)
        for name, place in project.standings().items():
            ruling = {"approve": Ruling.APPROVE, "reject": Ruling.REJECT}[place.certificate.state]
            workflow.decide(project, [name], ruling, reason="as the plan says", by="lead")
        trained = workflow.train(project, by="lead")
        yield Loop(project, truth, trained.version, dict(trained.card))


def test_every_document_of_the_files_is_in_a_shard(loop: Loop) -> None:
    rows = {shard.name: shard.documents + len(shard.excluded) for shard in loop.project.store.shards()}
    assert rows == {name: len(shard.bad) for name, shard in loop.truth.items()}


def test_no_shard_at_or_above_the_limit_is_approved(loop: Loop) -> None:
    states = {name: place.state for name, place in loop.project.standings().items()}
    assert all(states[name] == "rejected" for name, shard in loop.truth.items() if shard.share >= REJECT)
    clean = [name for name, shard in loop.truth.items() if shard.share == 0]
    assert clean
    assert all(states[name] == "approved" for name in clean)


def test_intervals_hold_the_true_share(loop: Loop) -> None:
    held = [place.low <= loop.truth[name].share <= place.high for name, place in loop.project.standings().items()]
    assert sum(held) >= len(held) - 1


def test_the_release_lists_the_approved_and_notices_a_changed_file(loop: Loop, tmp_path: Path) -> None:
    project = loop.project
    made = workflow.release(project, "all", by="lead")
    approved = {name for name, place in project.standings().items() if place.state == "approved"}
    assert {shard["name"] for shard in made.manifest["shards"]} == approved
    assert workflow.verify(project.root).problems == ()
    victim = loop.truth[sorted(approved)[0]].path
    kept = shutil.copy2(victim, tmp_path / victim.name)
    try:
        victim.write_bytes(victim.read_bytes()[:-1])
        problems = workflow.verify(project.root).problems
        assert len(problems) == 1
        assert victim.name in str(problems[0])
    finally:
        shutil.copy2(kept, victim)
    assert workflow.verify(project.root).problems == ()


def test_the_model_is_better_than_chance_on_labels_it_never_saw(loop: Loop) -> None:
    auc = loop.card["metrics"]["auc"]
    assert 0.5 < auc["low"] < auc["value"] <= auc["high"]


def test_whole_shards_are_scored_row_by_row(loop: Loop) -> None:
    project = loop.project
    if project.store.promoted() is None:
        workflow.promote(project, loop.version, by="lead", reason="first", overrule=True)
    scored = workflow.score(project)
    assert (scored.problems, scored.shards) == ((), len(loop.truth))
    drawn = {draw.doc_id for draw in project.store.draws()}
    values, bad = [], []
    for shard in project.store.shards():
        scores = read_scores(shard, loop.version, scored.out)
        assert len(scores) == shard.rows
        for row, score in enumerate(scores):
            if row not in shard.excluded and f"{shard.name}#{row}" not in drawn:
                values.append(float(score))
                bad.append(loop.bad(f"{shard.name}#{row}"))
    assert np.isfinite(values).all()
    assert roc_auc_score(bad, [-value for value in values]) > 0.6  # documents that nobody read, by the truth


def test_uncertain_draws_lie_nearer_the_threshold_and_teach_the_next_model(loop: Loop) -> None:
    project = loop.project
    if project.store.promoted() is None:
        workflow.promote(project, loop.version, by="lead", reason="first", overrule=True)
    model = workflow.load_model(project, loop.version)
    drawn = workflow.draw(project, stream=Stream.TRAINING, strategy="uncertain", n=60, by="lead")
    assert drawn.total == 60
    names = [draw.doc_id for draw in project.store.draws(stream=Stream.TRAINING)]
    chosen = model.score([one.text for one in project.store.documents(names)])
    usual = list(project.store.scores(loop.version).values())
    assert np.median(abs(chosen - model.threshold)) < np.median(abs(np.array(usual) - model.threshold))
    read_everything(project, loop.truth, Stream.TRAINING)
    again = workflow.train(project, by="lead")
    assert again.version != loop.version
    assert project.store.verify() == []


def test_a_real_crawl_is_ingested_drawn_and_browsed(tmp_path: Path, shared_data: Path) -> None:
    paths = split_unlabelled(shared_data, tmp_path / "crawl")
    with open_at(tmp_path / "project") as project:
        report = workflow.ingest(project, [str(tmp_path / "crawl" / "*")], by="lead")
        assert (report.documents, report.refused, report.refused_files) == (7_100, {}, ())
        assert len(report.added) == len(paths)
        workflow.draw(project, n=40, by="lead")
        for shard in project.store.shards():
            draws = project.store.draws(shard.name)
            stored = {one.row: one for one in project.store.documents([draw.doc_id for draw in draws])}
            in_file = {one.row: one for one in corpus.read_rows(shard, sorted(stored))}
            assert len(stored) == 40
            for row, document in stored.items():
                assert document == replace(in_file[row], metadata=document.metadata)
        seen = workflow.shard_detail(project, project.store.shards()[0].name)
        assert seen.standing.drawn == 40
        assert workflow.ingest(project, [str(tmp_path / "crawl" / "*")], by="lead").added == ()
