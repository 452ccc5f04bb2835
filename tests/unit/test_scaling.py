"""What each part of the features adds; and that an encoder joins a head only where it adds more than noise."""

import itertools
import random
import shutil
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from review.classifier import TrainingCancelled, load, save, scaling, speed, train
from review.classifier.calibration import Calibration
from review.classifier.cascade import Scale, in_front
from review.classifier.encoders import SentenceEncoder, fingerprint
from review.classifier.explain import explain
from review.classifier.scaling import Jury, beyond_noise, cascades, measure
from review.classifier.speed import Pace
from review.corpus import resolve, scan
from review.errors import ModelError
from review.records import Document, Label, LabelledDocument, Stream, Verdict
from review.scoring import read_scores, score_shard
from review.settings import ClassifierSettings
from review.signals.scan import Scanner

SYLLABLES = ("ba", "ke", "lu", "mi", "no", "pa", "ri", "so", "te", "vu")
NAMES = ["".join(parts) for parts in itertools.product(SYLLABLES, repeat=4)]
random.Random(0).shuffle(NAMES)


def corpus(number, known=0.5, seed=1):
    """Documents of names that hardly recur, half of them names of one kind, which only an encoder knows; in a share of
    the documents, `known`, punctuation tells the kind too."""
    rng = random.Random(seed)
    documents, labelled = [], []
    for row in range(number):
        good = row % 2 == 0
        words = rng.sample(NAMES[::2] if good else NAMES[1::2], 6)
        mark = ("." if good else "!!! >>") if rng.random() < known else ","
        documents.append(Document("s", row, " ".join(words) + mark, f"h{row}"))
        verdict = Verdict.KEEP if good else Verdict.REJECT
        label = Label(f"l{row}", f"s#{row}", "", "ana", verdict, seq=row + 1)
        labelled.append(LabelledDocument(f"s#{row}", "s", row, Stream.AUDIT, row, 0.5, (label,)))
    return documents, labelled


def embedding(folder, kinds):
    sentence_transformers = pytest.importorskip("sentence_transformers")
    from sentence_transformers.sentence_transformer.modules import StaticEmbedding
    from tokenizers import Tokenizer, models, pre_tokenizers

    tokenizer = Tokenizer(models.WordLevel({"?": 0, **{name: i for i, name in enumerate(NAMES, 1)}}, unk_token="?"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    table = np.random.default_rng(0).normal(size=(len(NAMES) + 1, 8)).astype(np.float32)
    if kinds:
        table[1:, 0] += 2 - 4 * (np.arange(len(NAMES)) % 2)
    model = sentence_transformers.SentenceTransformer(modules=[StaticEmbedding(tokenizer, embedding_weights=table)])
    model.save(str(folder))
    return ClassifierSettings(encoder=str(folder))


@pytest.fixture(scope="module")
def knowing(tmp_path_factory):
    """An encoder that knows the kinds."""
    return embedding(tmp_path_factory.mktemp("knowing"), kinds=True)


@pytest.fixture(scope="module")
def ignorant(tmp_path_factory):
    return embedding(tmp_path_factory.mktemp("ignorant"), kinds=False)


@pytest.mark.slow  # imports torch
def test_an_encoder_joins_where_it_adds_more_than_noise(knowing, tmp_path):
    documents, labelled = corpus(160)
    model = train(documents, labelled[:120], knowing, seed=0)
    told = model.card["encoder"]
    assert told["joined"]
    assert told["gain"]["low"] > 0
    assert told["fingerprint"] == fingerprint(Path(knowing.encoder))
    assert model.card["features"]["sizes"]["encoder"] == 8
    score = model.score([one.text for one in documents[120:]])
    assert score[::2].mean() - score[1::2].mean() > 0.5
    save(model, tmp_path / "m")
    assert np.array_equal(load(tmp_path / "m").score([documents[130].text]), score[10:11])


@pytest.mark.slow  # imports torch
def test_a_cascade_asks_the_encoder_about_the_least_sure_alone(knowing, tmp_path, monkeypatch):
    documents, labelled = corpus(240)
    texts = [one.text for one in documents]
    asked = []
    compute = SentenceEncoder.compute
    alone = train(documents, labelled[:160], ClassifierSettings(), seed=0)
    whole = train(documents, labelled[:160], knowing, seed=0)
    model = train(documents, labelled[:160], knowing.model_copy(update={"cascade": 0.4}), seed=0)
    monkeypatch.setattr(SentenceEncoder, "compute", lambda self, some: asked.extend(some) or compute(self, some))
    score = model.score(texts)
    told = model.card["encoder"]
    assert told["joined"]
    assert told["gain"]["low"] > 0
    assert 0.35 < told["cascade"]["share"] < 0.55
    sent = np.array([text in set(asked) for text in texts])
    assert 0.25 < sent[160:].mean() < 0.65  # of documents it never saw; of those that taught it, it is surer
    assert np.allclose(score[sent], whole.score(texts)[sent], atol=1e-6)  # by the head that has the encoder ...
    assert np.allclose(score[~sent], alone.score(texts)[~sent], atol=1e-6)  # ... or by the one that has not
    unsure = np.abs(alone.score(texts) - model.threshold)
    assert unsure[sent].max() <= unsure[~sent].min() + 1e-6
    aucs = [one.card["metrics"]["auc"]["value"] for one in (alone, model, whole)]
    assert aucs[0] < aucs[1] <= aucs[2] + 0.02
    asked.clear()
    save(model, tmp_path / "m")
    again = load(tmp_path / "m")
    assert np.array_equal(again.score(texts), score)
    for row in (int(np.flatnonzero(sent)[0]), int(np.flatnonzero(~sent)[0])):
        told = explain(again, texts[row])
        assert told.total == pytest.approx(told.logit, abs=1e-3)
        assert ("sentence vectors" in [one.name for one in told.rest]) == sent[row]
    assert again.version not in (whole.version, alone.version)
    assert again.score([]).shape == (0,)


@pytest.mark.slow  # imports torch
def test_a_cascade_is_judged_on_the_documents_that_it_sends_on(knowing, monkeypatch):
    """With so many audit labels each fold has a calibration of its own, while scores have one."""
    documents, labelled = corpus(300)
    made, choose = [], scaling.choose
    monkeypatch.setattr(
        "review.classifier.training.choose", lambda *how: made.append((how[1], choose(*how))) or made[-1][1]
    )
    model = train(documents, labelled[:240], knowing.model_copy(update={"cascade": 0.2}), seed=0)
    judges, chosen = made[0]
    cheap = chosen.first.solution.logits
    assert model.calibration.labels == 240
    asked = model.cascade.asks(Scale.of(judges.calibration(cheap), model.calibration)(cheap))
    share = model.card["encoder"]["cascade"]["share"]
    assert asked.mean() == pytest.approx(share)
    assert 0.2 <= share < 0.25
    recipe = train(documents, labelled[:240], ClassifierSettings(), seed=0)
    whole = train(documents, labelled[:240], knowing, seed=0)
    mine, cheap, costly = (one.out_of_fold.probabilities for one in (model, recipe, whole))
    assert np.array_equal(mine, np.where(asked, costly, cheap))
    curve = model.card["curve"]
    assert [one["labels"] for one in curve] == [one["labels"] for one in whole.card["curve"]]
    assert curve != whole.card["curve"]
    assert model.card["schema"] == 3


@pytest.mark.slow  # imports torch
def test_a_cascade_scores_shards_as_it_scores_texts(knowing, tmp_path):
    import pyarrow as pa
    import pyarrow.parquet as pq

    documents, labelled = corpus(160)
    model = train(documents, labelled, knowing.model_copy(update={"cascade": 0.3}), seed=0)
    save(model, tmp_path / "model")
    texts = [one.text for one in documents]
    pq.write_table(pa.table({"text": texts}), tmp_path / "shard.parquet")
    shard = scan(resolve([str(tmp_path / "shard.parquet")], tmp_path, corpus="c")[0]).shard
    report = score_shard(tmp_path / "model", shard, tmp_path / "scores")
    stored = read_scores(shard, model.version, tmp_path / "scores")
    assert report.scored == len(texts)
    assert np.array_equal(stored, model.score(texts))


@pytest.mark.slow  # imports torch
def test_an_encoder_that_adds_nothing_is_left_out_and_the_card_says_so(ignorant):
    documents, labelled = corpus(120)
    model = train(documents, labelled, ignorant, seed=0)
    told = model.card["encoder"]
    assert not told["joined"]
    assert told["gain"]["low"] <= 0
    assert "encoder" not in model.card["features"]["sizes"]
    assert model.encoder is None
    plain = train(documents, labelled, ClassifierSettings(), seed=0)
    texts = [one.text for one in documents]
    assert np.array_equal(model.score(texts), plain.score(texts))
    assert model.card["metrics"] == plain.card["metrics"]


def training(one):
    return replace(one, stream=Stream.TRAINING)


@pytest.mark.slow  # imports torch
def test_too_few_audit_documents_show_no_gain(knowing):
    documents, labelled = corpus(30)
    told = train(documents, labelled[:19] + [training(one) for one in labelled[19:]], knowing, seed=0)
    assert told.card["encoder"]["gain"] is None
    assert not told.card["encoder"]["joined"]


@pytest.mark.slow  # imports torch
def test_training_with_kept_vectors_gives_the_same_version_and_encodes_new_texts_alone(knowing, tmp_path, monkeypatch):
    documents, labelled = corpus(120)
    asked = []
    compute = SentenceEncoder.compute
    plain = train(documents, labelled[:60], knowing, seed=0)
    first = train(documents, labelled[:60], knowing, seed=0, cache=tmp_path)
    monkeypatch.setattr(SentenceEncoder, "compute", lambda self, some: asked.extend(some) or compute(self, some))
    monkeypatch.setattr("review.classifier.training.documents_per_second", lambda *_: 1.0)
    again = train(documents, labelled[:60], knowing, seed=0, cache=tmp_path)
    assert plain.card["encoder"]["joined"]
    assert plain.version == first.version == again.version
    assert asked == []
    more = train([*documents, Document("s", 120, "a new one", "h120")], labelled, knowing, seed=0, cache=tmp_path)
    assert asked == ["a new one"]
    assert more.version != first.version


@pytest.mark.slow  # imports torch
def test_a_model_refuses_vectors_of_another_encoder(knowing, tmp_path):
    own = tmp_path / "encoder"
    shutil.copytree(knowing.encoder, own)
    documents, labelled = corpus(120)
    save(train(documents, labelled, ClassifierSettings(encoder=str(own)), seed=0), tmp_path / "model")
    (own / "added.json").write_text("{}")
    with pytest.raises(ModelError, match="another one than"):
        load(tmp_path / "model").score(["a text"])


@pytest.mark.slow  # imports torch
def test_sizes_end_in_the_card_s_own_numbers(knowing):
    documents, labelled = corpus(120)
    found = measure(documents, labelled, knowing, seed=0)
    assert [one["name"] for one in found["sizes"]] == ["signals", "words", "grams", "static", "encoder"]
    assert [len(one["parts"]) for one in found["sizes"]] == [1, 2, 3, 4, 5]
    recipe = train(documents, labelled, ClassifierSettings(), seed=0).card["metrics"]["auc"]
    whole = train(documents, labelled, knowing, seed=0).card
    assert found["sizes"][3]["auc"] == recipe
    assert found["sizes"][4]["auc"] == whole["metrics"]["auc"]
    assert found["sizes"][4]["gain"] == whole["encoder"]["gain"]
    assert beyond_noise(found["sizes"][4]["gain"])
    assert [round(one["share"], 1) for one in found["cascade"]] == [0.1, 0.1, 0.2, 0.4]
    gains = [one["gain"]["value"] for one in found["cascade"]]
    assert 0 < gains[0] < gains[-1] <= found["sizes"][4]["gain"]["value"] + 0.02


@pytest.mark.parametrize("threshold", [1.0, 1 - 1e-12, 0.5, 1e-17])
def test_a_threshold_at_an_end_leaves_a_band_of_numbers(threshold):
    head = train(*corpus(60), ClassifierSettings(), seed=0).head
    made = in_front(head, Calibration(), Calibration(2.0, 0.5, 300), threshold, 0.75)
    assert made.high - made.low == pytest.approx(0.75)
    assert np.isfinite([made.low, made.high]).all()


def test_without_an_encoder_there_is_no_cascade_and_the_recipe_is_the_last_size():
    documents, labelled = corpus(60)
    found = measure(documents, labelled, ClassifierSettings(), seed=0)
    assert [one["name"] for one in found["sizes"]] == ["signals", "words", "grams", "static"]
    assert found["cascade"] == []
    assert found["encoder"] is None
    assert found["sizes"][0]["gain"] is None
    assert found == measure(documents[::-1], labelled[::-1], ClassifierSettings(), seed=0)


def test_measuring_can_be_stopped():
    documents, labelled = corpus(60)
    with pytest.raises(TrainingCancelled):
        measure(documents, labelled, ClassifierSettings(), seed=0, cancel=lambda: True)


def jury(keep, weight=None):
    number = len(keep)
    weight = np.ones(number) if weight is None else weight
    return Jury(np.ones(number, bool), keep, np.arange(number), weight, np.arange(number) % 5, 200, 0)


def test_a_gain_is_paired():
    rng = np.random.default_rng(0)
    keep = np.arange(400) % 2 == 0
    score = 1 / (1 + np.exp(-(rng.normal(size=400) + keep)))
    better = np.clip(score + 0.02 * (keep - 0.5), 0.01, 0.99)
    judges = jury(keep)
    gain = judges.gain(better, score)
    assert beyond_noise(gain)
    apart = judges.auc(score)
    assert gain["high"] - gain["low"] < (apart["high"] - apart["low"]) / 4
    assert judges.gain(score, score) == {"value": 0, "low": 0, "high": 0}
    assert not beyond_noise(judges.gain(score, score))


def test_noise_seldom_counts_as_a_gain():
    rng = np.random.default_rng(1)
    keep = np.arange(80) % 2 == 0
    wrong = 0
    for _ in range(200):
        score = rng.normal(size=80) + keep
        other = score + rng.normal(size=80) * 0.3
        judges = jury(keep)
        wrong += beyond_noise(judges.gain(1 / (1 + np.exp(-other)), 1 / (1 + np.exp(-score))))
    assert wrong <= 10  # what adds noise alone would be taken for a gain in some 2 of 100 cases


def test_a_cascade_asks_about_what_is_nearest_the_threshold_and_counts_documents_of_the_corpus():
    keep = np.arange(100) % 2 == 0
    cheap = np.linspace(0.01, 0.99, 100)
    costly = np.where(keep, 0.9, 0.1)
    weight = np.where(np.abs(cheap - 0.5) < 0.11, 10.0, 1.0)  # the middle was drawn more seldom
    found = list(cascades(jury(keep, weight), *(np.log(p / (1 - p)) for p in (cheap, costly)), 0.5))
    sent = [one["share"] for one in found]
    assert all(share >= asked for share, asked in zip(sent, scaling.SHARES, strict=True))
    assert all(share <= asked + 20 / weight.sum() for share, asked in zip(sent, scaling.SHARES, strict=True))
    assert [one["width"] for one in found] == sorted(one["width"] for one in found)
    asked = np.abs(np.log(cheap / (1 - cheap))) <= found[0]["width"]
    assert np.abs(cheap[asked] - 0.5).max() < np.abs(cheap[~asked] - 0.5).min()
    assert found[-1]["auc"]["value"] > found[0]["auc"]["value"]


def test_a_pace_is_of_this_model_and_these_texts(monkeypatch):
    documents, labelled = corpus(60)
    model = train(documents, labelled, ClassifierSettings(), seed=0)
    clock, scan = [0.0], Scanner.scan

    def timed(self, texts, tables):
        """A byte costs a second, and another one where its characters are looked up: no machine's load in it."""
        clock[0] += int((texts.ends - texts.starts).sum()) * (1 if tables.grams is None else 2)
        return scan(self, texts, tables)

    monkeypatch.setattr(Scanner, "scan", timed)
    monkeypatch.setattr(speed, "time", SimpleNamespace(process_time=lambda: clock[0]))
    cap = ClassifierSettings().max_bytes
    for text in ("a few words here", " ".join(NAMES[:300]), "x" * (cap + 500)):
        pace = Pace.of(model, [text] * 30)
        read = min(len(text), cap)
        assert (pace.without_characters, pace.looked_up, pace.encoded) == (read, 2 * read, 0)
        assert pace.documents_per_second == 1 / (2 * read)
