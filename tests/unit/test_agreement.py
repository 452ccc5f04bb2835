"""Agreement coefficients: published examples, bootstrap intervals, pairs, one reviewer against the others."""

import math
from itertools import product

import numpy as np
import pytest
from statsmodels.stats.inter_rater import cohens_kappa, fleiss_kappa

from review.agreement import (
    COEFFICIENTS,
    Judgements,
    against_others,
    agreement,
    confusion,
    pairs,
    with_the_others,
)

NAN = None

# Krippendorff, Computing Krippendorff's Alpha-Reliability, 2011, section E: observers A to D, units 1 to 12.
KRIPPENDORFF = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, 3],
    [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NAN],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
]
# Gwet, Handbook of Inter-Rater Reliability, 4th edition, 2014, page 120.
GWET_4_RATERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NAN, NAN, NAN],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NAN, NAN],
    [NAN, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 3],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NAN],
]
# The same book, page 125 (15 of its units).
GWET_5_OBSERVERS = [
    [1, 1, 2, NAN, 0, 0, 1, 1, 2, 2, NAN, 0, 1, 3, 1],
    [1, 1, 3, 0, 0, 0, 0, NAN, 2, 1, 1, 0, 2, 3, 1],
    [2, 0, 3, 0, 0, 0, 2, 2, 2, 1, 0, 0, 2, 2, 1],
    [NAN, 1, 3, NAN, NAN, NAN, NAN, 0, NAN, 1, 0, 0, 2, 2, NAN],
    [2, NAN, NAN, 0, 0, 0, 1, NAN, 2, NAN, NAN, NAN, NAN, 3, 1],
]
# Fleiss, Measuring nominal scale agreement among many raters, 1971, table 1: 30 patients, 6 psychiatrists each.
FLEISS_1971 = """444444 222555 233335 555555 222444 113333 333355 113334 114444 555555 144444 124444 222333 144444
    224445 333335 111455 111112 224444 133555 555555 244444 222455 114444 144445 222224 111155 224444 133333 555555"""
# The textbook example of 14 raters, 10 subjects and 5 categories: ratings by category.
FOURTEEN_RATERS = [
    [0, 0, 0, 0, 14], [0, 2, 6, 4, 2], [0, 0, 3, 5, 6], [0, 3, 9, 2, 0], [2, 2, 8, 1, 1],
    [7, 7, 0, 0, 0], [3, 2, 6, 3, 0], [2, 5, 3, 2, 2], [6, 5, 2, 1, 0], [0, 2, 2, 3, 7],
]  # fmt: skip


def from_grid(grid):
    """Reviewers in rows, items in columns, None where nobody judged."""
    return Judgements.from_tuples(
        (item, f"r{reviewer}", value)
        for reviewer, row in enumerate(grid)
        for item, value in enumerate(row)
        if value is not None
    )


def from_table(table, first="ana", second="ben"):
    """Two reviewers from how often the first said the row and the second the column."""
    cells = [(r, c) for r, row in enumerate(table) for c, times in enumerate(row) for _ in range(times)]
    rows = [(item, name, cell[side]) for item, cell in enumerate(cells) for side, name in enumerate((first, second))]
    return Judgements.from_tuples(rows, values=range(len(table)))


def value(judgements, name):
    return agreement(judgements, [name], seed=1, resamples=10)[name].value


@pytest.mark.parametrize(
    ("metric", "published"),
    [("alpha", 0.743), ("alpha_ordinal", 0.815), ("alpha_interval", 0.849), ("alpha_ratio", 0.797)],
)
def test_alpha_is_that_of_krippendorffs_example(metric, published):
    assert value(from_grid(KRIPPENDORFF), metric) == pytest.approx(published, abs=5e-4)


@pytest.mark.parametrize(
    ("grid", "raw", "ac1", "fleiss"),
    [(GWET_4_RATERS, 0.818, 0.775, 0.761), (GWET_5_OBSERVERS, 0.616, 0.497, 0.458)],
)
def test_ac1_and_kappa_with_missing_judgements_are_those_gwet_published(grid, raw, ac1, fleiss):
    found = agreement(from_grid(grid), ["raw", "ac1", "fleiss"], seed=1)
    assert [round(found[name].value, 3) for name in ("raw", "ac1", "fleiss")] == [raw, ac1, fleiss]


def test_the_bootstrap_of_gwets_example_is_near_his_interval():
    found = agreement(from_grid(GWET_5_OBSERVERS), ["ac1"], seed=1, resamples=2000)["ac1"]
    assert found.low == pytest.approx(0.235, abs=0.08)
    assert found.high == pytest.approx(0.758, abs=0.08)


@pytest.mark.parametrize(
    ("table", "published"),
    [
        ([[13, 0, 0], [0, 20, 7], [0, 4, 56]], 0.849),
        ([[40, 6, 4, 15], [4, 25, 1, 5], [4, 2, 21, 9], [17, 13, 12, 45]], 0.456),
    ],
)
def test_ac1_of_two_reviewers_is_that_of_gwets_tables(table, published):
    pair = pairs(from_table(table), seed=1)[0]
    assert pair.coefficients["ac1"].value == pytest.approx(published, abs=5e-4)
    assert pair.counts.tolist() == table


def test_kappa_is_that_of_fleiss_1971():
    grid = np.array([[int(one) for one in patient] for patient in FLEISS_1971.split()]).T.tolist()
    assert value(from_grid(grid), "fleiss") == pytest.approx(0.430, abs=1e-3)  # he rounded on the way


def test_kappa_of_the_example_with_fourteen_raters_is_0_210():
    rows = [
        (subject, f"r{at}", category)
        for subject, counts in enumerate(FOURTEEN_RATERS)
        for at, category in enumerate(c for c, times in enumerate(counts) for _ in range(times))
    ]
    assert value(Judgements.from_tuples(rows), "fleiss") == pytest.approx(fleiss_kappa(FOURTEEN_RATERS))
    assert value(Judgements.from_tuples(rows), "fleiss") == pytest.approx(0.210, abs=5e-4)


def test_cohens_kappa_is_that_of_another_implementation():
    table = [[40, 6, 4], [4, 25, 1], [4, 2, 21]]
    found = pairs(from_table(table), seed=1)[0].coefficients["cohen"]
    other = cohens_kappa(table)
    assert found.value == pytest.approx(other.kappa)
    assert (found.low, found.high) == pytest.approx((other.kappa_low, other.kappa_upp), abs=0.02)


def test_kappa_falls_with_prevalence_where_ac1_does_not():
    even = from_table([[45, 5], [5, 45]])
    skewed = from_table([[86, 5], [5, 4]])
    assert value(even, "raw") == value(skewed, "raw") == 0.9
    assert value(even, "fleiss") == pytest.approx(value(even, "ac1")) == pytest.approx(0.8)
    assert value(skewed, "fleiss") < 0.4
    assert value(skewed, "ac1") > 0.87


def one_by_one(judgements, name, resamples, seed):
    """The bootstrap as it is told: draw items with replacement, put their judgements together, compute."""
    rng = np.random.default_rng(seed)
    found = []
    for _ in range(resamples):
        rows = [
            (new, judgements.reviewers[judgements.reviewer[at]], judgements.values[judgements.value[at]])
            for new, item in enumerate(rng.integers(0, len(judgements.items), len(judgements.items)))
            for at in np.flatnonzero(judgements.item == item)
        ]
        found.append(value(Judgements.from_tuples(rows, values=judgements.values), name))
    return np.quantile(found, [0.025, 0.975])


@pytest.mark.parametrize("name", ["raw", "ac1", "fleiss", "alpha", "alpha_ordinal"])
def test_resampling_kinds_of_items_is_resampling_items(name):
    rng = np.random.default_rng(3)
    truth = rng.integers(0, 3, 40)
    rows = [
        (item, f"r{r}", int(truth[item] if rng.random() < 0.7 else rng.integers(0, 3)))
        for item in range(40)
        for r in range(1 + item % 4)
    ]
    judged = Judgements.from_tuples(rows)
    found = agreement(judged, [name], seed=5, resamples=4000)[name]
    assert (found.low, found.high) == pytest.approx(tuple(one_by_one(judged, name, 250, 7)), abs=0.07)


def test_the_interval_covers_as_often_as_it_says():
    rng = np.random.default_rng(11)
    values, chance = np.array([[0, 0], [0, 1], [1, 0], [1, 1]]), [0.62, 0.08, 0.06, 0.24]
    truth = value(from_table([[620, 80], [60, 240]]), "alpha")
    inside = 0
    for trial in range(200):
        drawn = values[rng.choice(4, 150, p=chance)]
        judged = from_grid(drawn.T.tolist())
        found = agreement(judged, ["alpha"], seed=trial, resamples=400)["alpha"]
        inside += found.low <= truth <= found.high
    assert 180 <= inside <= 198  # 95 % of 200, three standard errors below and above


def test_the_same_seed_gives_the_same_interval():
    judged = from_grid(GWET_4_RATERS)
    assert agreement(judged, seed=4) == agreement(judged, seed=4)
    assert agreement(judged, ["ac1"], seed=4) != agreement(judged, ["ac1"], seed=5)


def test_full_agreement_on_a_few_items_promises_no_more_than_the_exact_bound():
    found = agreement(from_grid([[0, 0, 1, 1, 1]] * 2), seed=1)
    assert found["raw"].value == found["alpha"].value == 1.0
    assert found["raw"].low == pytest.approx(0.025 ** (1 / 5))
    assert found["alpha"].low < found["raw"].low
    assert found["raw"].high == 1.0


def test_full_disagreement_on_a_few_items_is_no_certainty_either():
    found = agreement(from_grid([[0, 0, 1, 1], [1, 1, 0, 0]]), ["raw"], seed=1)["raw"]
    assert (found.value, found.low) == (0.0, 0.0)
    assert found.high == pytest.approx(1 - 0.025 ** (1 / 4))


def test_when_all_said_the_same_kappa_and_alpha_do_not_exist_and_ac1_does():
    judged = Judgements.from_tuples([(i, r, "keep") for i, r in product(range(9), "ab")], values=["keep", "reject"])
    found = agreement(judged, seed=1)
    assert not found["fleiss"].known
    assert not found["alpha"].known
    assert found["ac1"].value == 1.0


@pytest.mark.parametrize("rows", [[], [(1, "ana", "keep")], [(1, "ana", "keep"), (2, "ben", "keep")]])
def test_without_overlap_there_is_no_agreement(rows):
    judged = Judgements.from_tuples(rows, values=["keep", "reject"])
    found = agreement(judged, list(COEFFICIENTS)[:5], seed=1)
    assert all(math.isnan(one.value) and math.isnan(one.low) and one.items == 0 for one in found.values())
    assert pairs(judged, seed=1) == []
    assert against_others(judged, seed=1) == {}


def test_a_reviewers_second_judgement_of_an_item_does_not_count():
    rows = [(1, "ana", 0), (1, "ben", 0), (2, "ana", 1), (2, "ben", 0)]
    once = Judgements.from_tuples(rows, values=[0, 1])
    twice = Judgements.from_tuples([*rows, (2, "ana", 0), (1, "ben", 1)], values=[0, 1])
    assert agreement(once, seed=1) == agreement(twice, seed=1)


def test_an_answer_that_was_not_allowed_is_refused():
    with pytest.raises(ValueError, match="'maybe' is no answer that was allowed; allowed are 'keep', 'reject'"):
        Judgements.from_tuples([(1, "ana", "maybe")], values=["keep", "reject"])


def test_pairs_come_with_most_items_first_and_only_with_enough():
    rows = [(i, r, i % 2) for i in range(6) for r in ("ana", "ben")] + [(i, "cleo", 0) for i in range(2)]
    judged = Judgements.from_tuples(rows, values=[0, 1])
    assert [(p.first, p.second, p.items) for p in pairs(judged, seed=1)] == [
        ("ana", "ben", 6), ("ana", "cleo", 2), ("ben", "cleo", 2),
    ]  # fmt: skip
    assert len(pairs(judged, seed=1, least=3)) == 1


def test_confusion_is_by_first_in_rows_and_second_in_columns():
    table = [[3, 1], [0, 2]]
    assert confusion(from_table(table), "ana", "ben").tolist() == table
    assert confusion(from_table(table), "ben", "ana").tolist() == np.transpose(table).tolist()
    with pytest.raises(ValueError, match="'dora' has judged nothing here; there are 'ana', 'ben'"):
        confusion(from_table(table), "ana", "dora")


def test_against_two_others_an_item_counts_once():
    rows = [(1, "ana", 0), (1, "ben", 0), (1, "cleo", 1)]
    found = against_others(Judgements.from_tuples(rows, values=[0, 1]), ["raw"], seed=1)
    assert found["ana"].counts.tolist() == [[0.5, 0.5], [0, 0]]
    assert found["cleo"].counts.tolist() == [[0, 0], [1.0, 0]]
    assert found["ana"].coefficients["raw"].value == 0.5
    assert found["cleo"].items == 1


def test_against_one_other_is_the_pair():
    judged = from_table([[40, 6, 4], [4, 25, 1], [4, 2, 21]])
    pair, alone = pairs(judged, seed=1)[0], against_others(judged, seed=1)["ana"]
    assert alone.counts.tolist() == pair.counts.tolist()
    assert {n: e.value for n, e in alone.coefficients.items()} == {n: e.value for n, e in pair.coefficients.items()}


def test_who_goes_with_the_others_and_where_they_are_tied():
    rows = [(1, "ana", 0), (1, "ben", 0), (1, "cleo", 1), (2, "ana", 0), (2, "ana", 1), (3, "ana", 0), (3, "ben", 0)]
    found = with_the_others(Judgements.from_tuples(rows, values=[0, 1]))
    # ana's others on item 1 are tied, and so are ben's; nobody stands beside ana on item 2
    assert [None if math.isnan(x) else int(x) for x in found] == [None, None, 0, None, None, 1, 1]


def test_groups_hold_their_own_items():
    judged = Judgements.from_tuples([(i, r, i % 2) for i in range(6) for r in "ab"], values=[0, 1])
    parts = judged.groups({0: "en", 1: "en", 2: "de"})
    assert {name: sorted(set(part.item.tolist())) for name, part in parts.items()} == {"de": [2], "en": [0, 1]}
