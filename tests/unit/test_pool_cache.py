"""Statistics kept between trainings change nothing but the time."""

import random

import numpy as np
import pytest

from review.classifier import material, poolcache, train
from review.records import Document, Label, LabelledDocument, Stream, Verdict
from review.settings import ClassifierSettings

WORDS = str.split(
    "river rain farmer hill bridge market winter teacher letter garden window history village measure paper"
)


@pytest.fixture(scope="module")
def documents():
    rng = random.Random(0)
    return [Document("s", row, " ".join(rng.choices(WORDS, k=50)) + "!" * (row % 3), f"h{row}") for row in range(90)]


def labels(rows):
    verdicts = {row: Verdict.REJECT if row % 3 else Verdict.KEEP for row in rows}
    return [
        LabelledDocument(
            f"s#{row}", "s", row, Stream.AUDIT, row, 0.5, (Label(f"l{row}", f"s#{row}", "", "ana", one, seq=row),)
        )
        for row, one in verdicts.items()
    ]


def test_a_model_is_the_same_with_and_without(documents, tmp_path, monkeypatch):
    plain = train(documents, labels(range(60)), ClassifierSettings(), seed=0)
    first = train(documents, labels(range(60)), ClassifierSettings(), seed=0, cache=tmp_path)
    monkeypatch.setattr(material, "learn_pool", lambda *_: pytest.fail("learned again what was kept"))
    again = train(documents, labels(range(60)), ClassifierSettings(), seed=0, cache=tmp_path)
    more = train(documents, labels(range(70)), ClassifierSettings(), seed=0, cache=tmp_path)
    assert plain.version == first.version == again.version != more.version
    texts = [document.text for document in documents]
    assert np.array_equal(plain.score(texts), again.score(texts))


def test_another_text_seed_or_cap_is_another_pool_and_a_torn_file_is_none(documents, tmp_path):
    train(documents, labels(range(60)), ClassifierSettings(), seed=0, cache=tmp_path)
    (kept,) = tmp_path.glob("*.safetensors")
    other = [*documents[:-1], Document("s", 89, "another text", "h")]
    train(other, labels(range(60)), ClassifierSettings(), seed=0, cache=tmp_path)
    train(documents, labels(range(60)), ClassifierSettings(max_bytes=50), seed=0, cache=tmp_path)
    found = list(tmp_path.glob("*.safetensors"))
    assert len(found) == poolcache.KEPT
    assert kept not in found  # the oldest went
    found[0].write_bytes(found[0].read_bytes()[:100])
    assert poolcache.read_pool(found[0]) is None
    assert poolcache.read_pool(tmp_path / "none") is None
