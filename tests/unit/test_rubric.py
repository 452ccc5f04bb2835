"""What a rubric asks of a judgement."""

from __future__ import annotations

import pytest

from review.records import Rubric, Verdict
from review.rubric import verdict_of, why_against

INSTEAD = Rubric(1, (), "", score="instead", keep_from=3)


@pytest.mark.parametrize(("score", "verdict"), [(0, "reject"), (2, "reject"), (3, "keep"), (5, "keep")])
def test_a_score_in_place_of_a_verdict_means_one(score, verdict):
    assert verdict_of(INSTEAD, score) == verdict
    assert why_against(INSTEAD, Verdict(verdict), (), score) is None


def test_a_verdict_that_its_score_does_not_mean_is_refused():
    why = why_against(INSTEAD, Verdict.KEEP, (), 2)
    assert why == "the score 2 means reject in rubric version 1 (keep from 3), but the verdict is keep."


@pytest.mark.parametrize(
    ("rubric", "verdict", "score"),
    [
        (INSTEAD, Verdict.UNSURE, None),
        (INSTEAD, Verdict.KEEP, None),  # judged elsewhere, without a score
        (INSTEAD, None, 1),
        (Rubric(1, (), "", score="also"), Verdict.KEEP, 0),
    ],
)
def test_otherwise_a_score_goes_with_any_verdict(rubric, verdict, score):
    assert why_against(rubric, verdict, (), score) is None
