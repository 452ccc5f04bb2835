"""Training strategies choose documents, say why, and do not depend on the order they are given in."""

import numpy as np
import pytest

from review.errors import ReviewError
from review.sampling import STRATEGIES, Candidate, Uncertain, mixed, parse_mix

VECTORS = np.random.default_rng(0).normal(size=(100, 8)).astype(np.float32)
POOL = [Candidate(f"s#{i}", i / 100, i / 50, VECTORS[i], 1 + i % 3) for i in range(100)]


@pytest.mark.parametrize("name", sorted(STRATEGIES))
def test_every_strategy_is_repeatable_and_blind_to_the_order(name):
    choose = STRATEGIES[name]
    large = choose(POOL, 20, seed=3)
    assert [c.rank for c in large] == list(range(20))
    assert len({c.doc_id for c in large}) == 20
    assert choose(POOL[::-1], 20, seed=3) == large
    if name != "diverse":  # its clusters are other ones for another number
        assert choose(POOL, 5, seed=3) == large[:5]
    assert len(choose(POOL, 1000, seed=3)) == 100
    assert choose([], 5, seed=3) == []
    assert choose(POOL, 0, seed=3) == []
    assert all(c.why for c in large)


def test_random_depends_on_the_seed():
    assert STRATEGIES["random"](POOL, 20, seed=1) != STRATEGIES["random"](POOL, 20, seed=2)


def test_uncertain_takes_the_scores_nearest_the_threshold():
    assert {c.doc_id for c in Uncertain()(POOL, 3, seed=1)} == {"s#49", "s#50", "s#51"}
    assert {c.doc_id for c in Uncertain(threshold=0.9)(POOL, 3, seed=1)} == {"s#89", "s#90", "s#91"}


def test_uncertain_breaks_ties_by_the_seed_not_by_the_name():
    ties = [Candidate(f"s#{i}", 0.5) for i in range(50)]
    assert Uncertain()(ties, 10, seed=1) != Uncertain()(ties, 10, seed=2)


def test_uncertain_passes_over_documents_without_a_score_and_needs_some_with():
    assert [c.doc_id for c in Uncertain()([Candidate("a"), Candidate("b", 0.1)], 5, seed=1)] == ["b"]
    with pytest.raises(ReviewError, match="Train and promote"):
        Uncertain()([Candidate("a")], 1, seed=1)


def test_likely_bad_novel_and_search_take_the_extremes():
    assert [c.doc_id for c in STRATEGIES["likely_bad"](POOL, 2, seed=0)] == ["s#0", "s#1"]
    assert [c.doc_id for c in STRATEGIES["novel"](POOL, 2, seed=0)] == ["s#99", "s#98"]
    assert {int(c.doc_id[2:]) % 3 for c in STRATEGIES["search"](POOL, 30, seed=0)} == {2}
    assert STRATEGIES["search"]([Candidate("a")], 3, seed=0) == []


def test_diverse_takes_one_of_each_kind():
    kinds = [Candidate(f"s#{i}", vector=np.eye(4)[i % 4] + 0.01 * VECTORS[i, :4]) for i in range(100)]
    assert {int(c.doc_id[2:]) % 4 for c in STRATEGIES["diverse"](kinds, 4, seed=1)} == {0, 1, 2, 3}


def test_a_mix_holds_its_shares_from_the_start_and_repeats_nobody():
    shares = parse_mix("uncertain=0.5, likely_bad=0.3,random=0.2")
    chosen = mixed(shares, STRATEGIES, POOL, 20, seed=1)
    assert [c.rank for c in chosen] == list(range(20))
    assert len({c.doc_id for c in chosen}) == 20
    counts = [sum(c.strategy == name for c in chosen) for name in shares]
    assert counts == [10, 6, 4]
    assert {c.strategy for c in chosen[:6]} == set(shares)


def test_what_a_strategy_cannot_find_is_left_to_the_first_one():
    found = [Candidate(f"s#{i}", i / 100, matches=i < 3) for i in range(50)]
    chosen = mixed(parse_mix("random=0.5,search=0.5"), STRATEGIES, found, 20, seed=1)
    assert len(chosen) == len({c.doc_id for c in chosen}) == 20
    assert sum(c.strategy == "search" for c in chosen) <= 3


@pytest.mark.parametrize("text", ["", "certain", "random=0", "random=-1", "random=x", "random=nan", "random=inf"])
def test_a_mix_that_makes_no_sense_is_refused(text):
    with pytest.raises(ReviewError, match=r"strategy|number above 0"):
        parse_mix(text)
