"""Why bad documents are bad: reasons are learned where labels allow, tested out of fold, stored and shown."""

import json
import random
from dataclasses import replace

import numpy as np
import pytest

from review import workflow
from review.classifier import day_zero, load, save, train
from review.classifier.explain import explain
from review.classifier.reasons import LEAST, learn_reasons, reasons_of
from review.classifier.targets import targets_of
from review.records import Document, Label, LabelledDocument, Stream, Verdict
from review.settings import ClassifierSettings

GOOD = "The river rose after the rain and the farmers who live near it moved their animals to the hills."
SHOP = "BUY NOW free shipping discount offer order today cheap deals best price coupon"
MENU = "home | login | share | next > contact us | sitemap | cookies | about | menu | help"
OTHER = "asdf qwer lorem ipsum xx yy zz kk"
KINDS = {"spam": SHOP, "boilerplate": MENU, "incoherent": OTHER}
SETTINGS = ClassifierSettings()


def planted(kinds, seed=0, sound=60):
    """Documents and labels: sound ones, and bad ones by reason as counted in `kinds`. Every third is a training one."""
    rng = random.Random(seed)
    wanted = [""] * sound + [code for code, number in kinds.items() for _ in range(number)]
    rng.shuffle(wanted)
    documents, labelled = [], []
    for row, code in enumerate(wanted):
        words = rng.choices(KINDS.get(code, GOOD).split(), k=rng.randint(40, 90)) + rng.choices(GOOD.split(), k=20)
        rng.shuffle(words)
        documents.append(Document("s", row, " ".join(words), f"h{row}"))
        verdict, given = (Verdict.REJECT, (code,)) if code else (Verdict.KEEP, ())
        given = () if code == "unsaid" else given
        mark = Label(f"l{row}", f"s#{row}", f"h{row}", "ana", verdict, reasons=given, seq=row + 1)
        stream = Stream.TRAINING if row % 3 == 0 else Stream.AUDIT
        chance = None if stream is Stream.TRAINING else 0.1
        labelled.append(LabelledDocument(f"s#{row}", "s", row, stream, row, chance, (mark,)))
    return documents, labelled


@pytest.fixture(scope="module")
def made():
    return planted({"spam": 30, "boilerplate": 30, "incoherent": 6, "unsaid": 4})


@pytest.fixture(scope="module")
def model(made):
    return train(*made, SETTINGS, seed=1)


def rows_of(model):
    return {row["code"]: row for row in model.card["reasons"]["rows"]}


def test_planted_reasons_are_found(model):
    found = rows_of(model)
    for code in ("spam", "boilerplate"):
        assert found[code]["learned"]
        assert found[code]["tested"]["auc"]["value"] > 0.9
        own = found[code]["tested"]
        assert own["auc"]["low"] <= own["auc"]["value"] <= own["auc"]["high"]
        assert own["average_precision"]["low"] <= own["average_precision"]["value"] <= own["average_precision"]["high"]
        assert own["share"] == pytest.approx(30 / 66, abs=0.15)
    chances = dict(explain(model, f"{SHOP} " * 5).reasons)
    assert chances["spam"] > 0.7 > 0.3 > chances["boilerplate"]
    assert explain(model, f"{SHOP} " * 5).reasons[0][0] == "spam"


def test_a_reason_with_too_few_labels_is_listed_and_not_learned(model):
    row = rows_of(model)["incoherent"]
    assert (row["documents"], row["learned"], row["tested"]) == (6, False, None)
    assert "incoherent" not in model.reasons.codes
    assert [one["documents"] for one in model.card["reasons"]["rows"]] == [30, 30, 6]


def test_a_reject_without_a_reason_teaches_none(model):
    assert model.card["reasons"]["documents"] == 66
    assert model.card["reasons"]["without_reason"] == 4


def test_training_documents_teach_and_never_test(made, model):
    _, labelled = made
    bad = [one for one in labelled if one.labels[0].reasons]
    audit = sum(one.stream is Stream.AUDIT for one in bad)
    assert audit < len(bad) == 66
    assert {row["tested"]["documents"] for row in rows_of(model).values() if row["tested"]} == {audit}


def test_a_reason_known_from_training_documents_alone_is_learned_and_untested(made):
    documents, labelled = made
    labelled = [
        replace(one, stream=Stream.TRAINING, probability=None) if "spam" in one.labels[0].reasons else one
        for one in labelled
    ]
    row = rows_of(train(documents, labelled, SETTINGS, seed=1))["spam"]
    assert row["learned"]
    assert row["tested"] is None


def test_the_same_labels_give_the_same_files_and_other_reasons_another_version(made, model, tmp_path):
    documents, labelled = made
    again = train(documents[::-1], labelled[::-1], SETTINGS, seed=1)
    for name, one in (("one", model), ("two", again)):
        save(one, tmp_path / name)
    for path in (tmp_path / "one").iterdir():
        if path.name != "timing.json":
            assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name
    mark = next(one for one in labelled if one.labels[0].reasons == ("incoherent",))
    changed = [
        replace(one, labels=(replace(one.labels[0], mapped=("toxic",)),)) if one is mark else one for one in labelled
    ]
    assert train(documents, changed, SETTINGS, seed=1).version != model.version


def test_heads_survive_the_disk(made, model, tmp_path):
    documents, _ = made
    save(model, tmp_path / "m")
    read = load(tmp_path / "m")
    texts = [one.text for one in documents[:9]] + ["", "日本語 のテキスト", "\ud800 half"]
    assert read.reasons.codes == model.reasons.codes
    assert np.array_equal(read.why(texts), model.why(texts))
    assert model.why(texts).shape == (12, 2)
    assert ((model.why(texts) > 0) & (model.why(texts) < 1)).all()


def test_a_model_from_before_there_were_reasons_still_loads(made, tmp_path):
    documents, _ = made
    early = day_zero(documents, SETTINGS, seed=1)
    save(early, tmp_path / "m")
    assert "reasons" not in json.loads((tmp_path / "m" / "card.json").read_text())
    read = load(tmp_path / "m")
    assert read.reasons.codes == ()
    assert explain(read, "some words here").reasons == ()


def test_no_copy_of_a_tested_document_teaches_the_fit_that_tests_it(made):
    """Random features, each document there twice: only a fit that saw the copy could tell reasons apart."""
    from review.classifier.duplicates import folds
    from review.classifier.pool import Block, Features

    rng = np.random.default_rng(3)
    half = 60
    ranked = np.repeat(rng.standard_normal((half, 200)), 2, axis=0).astype(np.float32)
    parts = {"signals": ranked[:, :3].astype(np.float64), "static": ranked.astype(np.float64)}
    blocks = {name: Block(part.mean(0), part.var(0).sum()) for name, part in parts.items()}
    pool = type("Pool", (), {"blocks": blocks})
    codes = np.repeat(rng.random(half) < 0.5, 2)
    labelled = []
    for row, code in enumerate(codes):
        given = ("spam",) if code else ("other",)
        mark = Label(f"l{row:03}", f"s#{row:03}", "", "ana", Verdict.REJECT, reasons=given)
        labelled.append(LabelledDocument(f"s#{row:03}", "s", row, Stream.AUDIT, row, 0.1, (mark,)))
    targets = targets_of(labelled)
    reasons = reasons_of(targets, labelled)
    groups = np.arange(2 * half) // 2
    grouped = folds(groups, targets.keep, 5, 0)
    torn = np.arange(2 * half) % 5  # puts every copy into another fold

    def measured(fold_of):
        _, section = learn_reasons(pool, Features(ranked, parts), targets, reasons, groups, fold_of)
        assert section["rows"][0]["distinct"]["with"] + section["rows"][0]["distinct"]["without"] == half
        return section["rows"][0]["tested"]["auc"]["value"]

    assert measured(torn) > 0.9
    assert abs(measured(grouped) - 0.5) < 0.2


def test_copies_count_once_towards_what_is_needed(made):
    documents, labelled = planted({"spam": LEAST - 1, "boilerplate": 30})
    row = next(one.row for one in labelled if "spam" in one.labels[0].reasons)
    copies = [Document("s", 1_000 + i, documents[row].text, f"h{1_000 + i}") for i in range(5)]
    mark = labelled[row].labels[0]
    more = [
        replace(labelled[row], doc_id=one.doc_id, row=one.row, labels=(replace(mark, label_id=one.doc_id),))
        for one in copies
    ]
    found = rows_of(train(documents + copies, labelled + more, SETTINGS, seed=1))["spam"]
    assert found["documents"] == LEAST + 4
    assert found["distinct"]["with"] == LEAST - 1
    assert not found["learned"]


def test_recomputing_a_card_from_before_there_were_reasons_reports_no_difference(project, read_all):
    read_all(project)
    version = workflow.train(project, by="lead").version
    row = project.store.models()[0]
    card = {key: value for key, value in json.loads(json.dumps(row.card)).items() if key != "reasons"}
    card["code"]["sources"] = "before"
    project.store.models = lambda: [replace(row, card=card)]
    found = workflow.recompute(project, version)
    assert found.other_code
    assert found.same, found.differences


def test_a_section_struck_from_a_card_of_this_very_code_is_a_difference(project, read_all):
    read_all(project)
    version = workflow.train(project, by="lead").version
    row = project.store.models()[0]
    card = {key: value for key, value in json.loads(json.dumps(row.card)).items() if key != "reasons"}
    project.store.models = lambda: [replace(row, card=card)]
    found = workflow.recompute(project, version)
    assert not found.same
    assert all(difference.startswith("reasons.") for difference in found.differences)
