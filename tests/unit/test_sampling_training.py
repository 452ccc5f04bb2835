"""Training strategies choose documents, say why, and do not depend on the order they are given in."""

import pytest

from review.errors import ReviewError
from review.sampling import STRATEGIES, Candidate, Uncertain

POOL = [Candidate(f"s#{i}", i / 100) for i in range(100)]


@pytest.mark.parametrize("name", sorted(STRATEGIES))
def test_every_strategy_is_nested_repeatable_and_blind_to_the_order(name):
    choose = STRATEGIES[name]
    large = choose(POOL, 20, seed=3)
    assert [c.rank for c in large] == list(range(20))
    assert choose(POOL[::-1], 20, seed=3) == large
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
