"""Agreement on judgements that people really gave."""

import time

import pandas as pd
import pytest

from review.agreement import Judgements, against_others, agreement, dawid_skene, majority, self_consistency

pytestmark = pytest.mark.corpora


def read(folder, name, drop=None):
    frame = pd.read_parquet(folder / f"{name}.annotations.parquet")
    frame = frame[frame.label != drop]
    return Judgements.from_columns(frame.item_id.tolist(), frame.annotator_id.tolist(), frame.label.tolist())


@pytest.fixture(scope="module")
def ratings(shared_data):
    return read(shared_data, "website_ratings2")


@pytest.mark.parametrize(
    ("name", "drop", "coefficient", "known"),
    [
        ("website_ratings2", None, "alpha", 0.316),
        ("website_ratings3", None, "alpha", 0.320),
        ("argquality_novice", "?", "alpha_ordinal", 0.209),
    ],
)
def test_alpha_is_the_known_one(shared_data, name, drop, coefficient, known):
    found = agreement(read(shared_data, name, drop), [coefficient], seed=1)[coefficient]
    assert found.value == pytest.approx(known, abs=5e-4)
    assert found.low < known < found.high
    assert found.high - found.low < 0.05


def test_93_000_judgements_by_825_people_take_little_time(ratings):
    assert len(ratings) > 90_000
    began = time.process_time()
    agreement(ratings, seed=1)
    assert time.process_time() - began < 2


def test_aggregation_against_gold(shared_data, ratings):
    gold = pd.read_parquet(shared_data / "website_ratings2.gold.parquet").set_index("item_id").gold
    place = {item: at for at, item in enumerate(ratings.items)}
    known = [(place[item], answer) for item, answer in gold.items() if item in place]
    model = dawid_skene(ratings)

    def accuracy(answers):
        return sum(ratings.values[answers.best[at]] == answer for at, answer in known) / len(known)

    assert len(known) == 333
    assert accuracy(majority(ratings)) == pytest.approx(0.75, abs=0.01)
    assert accuracy(model.answers) == pytest.approx(0.75, abs=0.03)


def test_a_person_agrees_with_themselves_more_than_with_others(shared_data, ratings):
    frame = pd.read_parquet(shared_data / "genre_intra.annotations.parquet")
    runs = Judgements.from_columns(frame.item_id.tolist(), ["the annotator"] * len(frame), frame.label.tolist())
    same = self_consistency(runs, seed=1)["the annotator"]
    both = frame.pivot_table(index="item_id", columns="annotator_id", values="label", aggfunc="first")
    assert same.items == 270
    assert same.coefficients["raw"].value == pytest.approx((both.run1 == both.run2).mean())
    people = against_others(ratings, ["alpha"], seed=1, resamples=0)
    alike = [table.coefficients["alpha"].value for table in people.values() if table.items >= 100]
    assert same.coefficients["alpha"].low > sum(alike) / len(alike)
