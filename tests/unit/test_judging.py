"""Cards recomputed from the store, versions side by side, doubted labels, going back, training in its own process."""

import json
import subprocess
import sys
import types

import pytest

from review import workflow
from review.classifier import TrainingCancelled, load, save
from review.classifier.outcome import train_and_judge
from review.classifier.promotion import shared_auc
from review.classifier.worker import train_apart
from review.errors import ModelError, NotFound
from review.records import Label, Stream, Verdict
from review.settings import ClassifierSettings


@pytest.fixture
def trained(project, read_all):
    """Everything read, a first version trained and put to use, one more label changed, a second version trained."""
    read_all(project)
    change_of_mind(project, 14)  # the fixture's bad pages are copies of one another: no evidence for a metric
    first = workflow.train(project, by="lead").version
    workflow.promote(project, first, by="lead", reason="the first", overrule=True)
    change_of_mind(project, 1)
    second = workflow.train(project, by="lead").version
    return project, first, second


def change_of_mind(project, number):
    """Ana now rejects sound documents: the model will doubt that."""
    kept = [one.labels[0] for one in project.store.labelled_documents() if one.labels[0].verdict is Verdict.KEEP]
    project.store.record_labels(
        [Label(f"x{one.label_id}", one.doc_id, one.content_hash, "ana", Verdict.REJECT) for one in kept[-number:]]
    )


def test_every_number_of_a_card_is_computed_again_from_the_store(trained):
    project, first, second = trained
    workflow.draw(project, stream=Stream.TRAINING, strategy="random", n=10, by="lead")  # the store has gone on since
    for version in (first, second):
        found = workflow.recompute(project, version)
        assert found.same, found.differences
        assert found.numbers > 100


def test_scoring_from_the_command_line_loads_only_what_it_needs(trained):
    """Each of these takes a third of a second or more to import, a command's whole time."""
    project, _, _ = trained
    project.close()
    code = (
        "import sys; from review.cli import main; sys.argv = ['review', 'score', '--project', sys.argv[1]]\n"
        "try: main()\n"
        "finally: print(*sorted({'numba', 'scipy', 'pandas', 'sklearn', 'llvmlite'} & set(sys.modules)), sep=',')"
    )
    loaded = []
    for _ in range(2):
        command = [sys.executable, "-c", code, str(project.root)]
        told = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
        assert told[0].startswith("Scored ")
        loaded.append(told[-1])
    assert loaded == ["llvmlite", ""]  # the second time everything has its score


def test_a_number_that_was_changed_is_named(trained):
    project, first, _ = trained
    rows = project.store.models()
    card = json.loads(json.dumps(rows[0].card))
    card["metrics"]["brier"]["value"] = 0.5
    project.store.models = lambda: [types.SimpleNamespace(version=first, card=card)]
    found = workflow.recompute(project, first)
    assert [difference.split(":")[0] for difference in found.differences] == ["metrics.brier.value"]


def test_versions_stand_side_by_side_on_the_same_documents(trained):
    project, first, second = trained
    documents, found = workflow.side_by_side(project)
    assert set(found) == {first, second}
    audit = project.store.labelled_documents(stream=Stream.AUDIT)
    assert documents == len(audit)
    for one in found.values():
        assert one["low"] <= one["value"] <= one["high"]
    assert shared_auc({}, audit) == (0, {})


def test_a_label_against_all_the_model_knows_leads_the_suspects_and_stays(trained):
    project, _, second = trained
    before = project.store.labelled_documents()
    found = workflow.suspects(project, second)
    assert found[0].verdict is Verdict.REJECT
    assert found[0].probability > 0.5
    assert [one.doubt for one in found] == sorted((one.doubt for one in found), reverse=True)
    assert project.store.labelled_documents() == before
    told = workflow.explain_document(project, found[0].doc_id, second)
    assert told.total == pytest.approx(told.logit, abs=1e-3)


def test_going_back_needs_an_earlier_version_and_a_reason(trained):
    project, first, second = trained
    with pytest.raises(ModelError, match="no earlier version"):
        workflow.roll_back(project, by="lead", reason="why not")
    done = workflow.promote(project, second, by="lead", reason="newer", overrule=True)
    assert (done.last, set(done.unscored)) == (first, {shard.name for shard in project.store.shards()})
    with pytest.raises(ModelError, match="needs a reason"):
        workflow.roll_back(project, by="lead", reason=" ")
    back = workflow.roll_back(project, by="lead", reason="it rejected poems")
    assert (back.version, back.last) == (first, second)
    assert project.store.promoted() == first
    workflow.score(project, version=first)
    assert workflow.promote(project, second, by="lead", reason="again", overrule=True).unscored


def test_scoring_again_scores_only_the_drawn_documents_that_have_no_score_yet(trained):
    project, first, _ = trained
    scores = project.store.scores(first)
    drawn = {document.doc_id for batch in project.store.iter_documents() for document in batch}
    assert scores.keys() == drawn
    assert list(project.store.iter_documents(unscored_by=first)) == []
    with project.store._atomic() as cursor:
        cursor.execute('delete from scores where "row" % 3 = 0')
    left = {name for batch in project.store.iter_documents(unscored_by=first) for name in (d.doc_id for d in batch)}
    assert left == drawn - project.store.scores(first).keys() != set()
    workflow.score(project, version=first)
    assert project.store.scores(first) == pytest.approx(scores)


def test_scored_shards_say_what_each_threshold_keeps_and_what_is_unlike(trained):
    project, first, _ = trained
    empty = workflow.scored_corpus(project, first)
    assert (empty.shards, empty.of, empty.cuts) == (0, 3, ())
    workflow.score(project, version=first)
    found = workflow.scored_corpus(project, first)
    assert (found.shards, found.documents) == (3, 240)
    assert found.novel == round(sum(one.novel * one.documents for one in found.drift))
    shares = [cut.documents for cut in found.cuts]
    assert shares == sorted(shares)
    assert all(0 <= cut.text <= 1 for cut in found.cuts)
    sentence = workflow.guarantee_sentence(project.store.models()[0].card)
    assert "certified" in sentence or "sure" in sentence


def test_training_apart_gives_the_same_model_and_runs_no_page(project, read_all, tmp_path, monkeypatch):
    read_all(project)
    change_of_mind(project, 14)
    script = tmp_path / "page.py"
    script.write_text("raise SystemExit('the worker ran the page')")
    page = types.ModuleType("__main__")
    page.__file__ = str(script)
    monkeypatch.setitem(sys.modules, "__main__", page)
    documents = [document for batch in project.store.iter_documents() for document in batch]
    labelled = project.store.labelled_documents()
    seen = []
    known = {"seed": 0, "current": None}
    apart = train_apart(
        lambda: documents, labelled, ClassifierSettings(), **known,
        progress=lambda stage, done, total: seen.append(stage),
    )  # fmt: skip
    here = train_and_judge(lambda: documents, labelled, ClassifierSettings(), **known)
    assert apart.model.version == here.model.version
    assert (apart.scores, apart.gate, apart.problem) == (here.scores, here.gate, None)
    assert apart.gate is not None
    save(here.model, tmp_path / "here")
    assert load(tmp_path / "here").version == apart.model.version
    assert seen
    with pytest.raises(TrainingCancelled):
        train_apart(lambda: documents, labelled, ClassifierSettings(), **known, cancel=lambda: True)


def test_a_damaged_model_in_use_costs_its_rival_nothing(project, read_all):
    read_all(project)
    first = workflow.train(project, by="lead")
    workflow.promote(project, first.version, by="lead", overrule=True, reason="to have one")
    (project.root / "models" / first.version / "model.safetensors").write_bytes(b"torn")
    (name, *_) = (draw.doc_id for draw in project.store.draws())
    (document,) = project.store.documents([name])
    project.store.record_labels([Label("changed-0001", name, document.content_hash, "zoe", Verdict.UNSURE)])
    with pytest.raises(ModelError, match=first.version):
        workflow.train(project, by="lead")
    assert len(project.store.models()) == 2
    assert project.store.promoted() == first.version


def test_labels_that_were_read_already_give_the_same(trained):
    project, _, second = trained
    labelled = project.store.labelled_documents()
    assert workflow.side_by_side(project, labelled) == workflow.side_by_side(project)
    assert workflow.suspects(project, second, labelled=labelled) == workflow.suspects(project, second)


@pytest.mark.parametrize(
    ("part", "said"),
    [
        ("script:none", "no known language"),
        ("script:greek", "greek script"),
        ("en", "en"),
        ("a/script:x", "a/script:x"),
    ],
)
def test_a_part_of_the_corpus_has_one_name_wherever_it_is_told(part, said):
    assert workflow.part_name(part) == said


def test_scoring_by_a_version_that_was_never_trained_here_is_refused_and_writes_nothing(project):
    (project.root / "foreign").mkdir()
    (project.root / "foreign" / "card.json").write_text('{"version": "../foreign"}')
    for version in ("nope", "../foreign"):
        with pytest.raises(NotFound, match="There is no model"):
            workflow.score(project, version=version)
    assert not list(project.root.rglob("*.scores.parquet"))
