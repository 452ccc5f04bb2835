"""A document unlike everything labelled is flagged, and no score of it is trusted."""

import numpy as np
import pytest

from review.classifier.novelty import learn_novelty
from review.signals.scan import Scanner, Texts


def measured(texts):
    scan, _ = Scanner().grams(Texts.from_strings(texts))
    return scan.signals(), scan.groups


@pytest.fixture(scope="module")
def samples(sample_data):
    """Signals and language groups by folder of the sample corpus."""
    import gzip
    import json

    import pyarrow.parquet as pq

    found = {}
    for folder in ("web-en", "web-de", "web-es"):
        texts = pq.read_table(sample_data / folder / "00.parquet")["text"].to_pylist()
        found[folder] = measured([text for text in texts if text])
    with gzip.open(sample_data / "shop" / "00.jsonl.gz", "rt", encoding="utf-8") as file:
        found["shop"] = measured([json.loads(line)["text"] for line in file])
    return found


def test_another_language_is_novel_and_the_same_pages_are_not(samples):
    signals, groups = samples["web-en"]
    half = len(signals) // 2
    novelty = learn_novelty(signals[:half], signals[:half], groups[:half], np.arange(half) % 5)
    assert (novelty(signals[half:], groups[half:]) > 1).mean() < 0.1
    for folder in ("web-de", "web-es"):
        assert (novelty(*samples[folder]) > 1).mean() > 0.9


def test_code_is_far_from_pages(samples):
    from pathlib import Path

    import review

    sources = [path.read_text(encoding="utf-8") for path in sorted(Path(review.__file__).parent.rglob("*.py"))]
    signals, groups = samples["web-en"]
    half = len(signals) // 2
    novelty = learn_novelty(signals[:half], signals[:half], groups[:half], np.arange(half) % 5)
    usual = novelty(signals[half:], groups[half:])
    code = novelty(*measured([text for text in sources if len(text) > 400]))
    assert np.mean(code[:, None] > usual) > 0.95


def test_one_wild_number_does_not_outweigh_all_others(samples):
    signals, groups = samples["web-en"]
    novelty = learn_novelty(signals, signals, groups, np.arange(len(signals)) % 5)
    wild = signals[:1].copy()
    wild[0, 5] = 1e30
    assert np.isfinite(novelty(wild, groups[:1])).all()
    wilder = wild.copy()
    wilder[0, 5] = 1e35
    assert novelty(wild, groups[:1]) == novelty(wilder, groups[:1])
