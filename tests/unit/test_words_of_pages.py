"""How pages write names and numbers."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.ui import agreeing, words


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("books/00.jsonl", "books/00.jsonl"),
        ("data/crawl/lang=ell_Grek/00.jsonl.gz", "…/lang=ell_Grek/00.jsonl.gz"),
        ("data/crawl/lang=ell_Grek/01.jsonl.gz", "…/lang=ell_Grek/01.jsonl.gz"),
        ("x" * 40 + "1", "…" + "x" * 30 + "1"),
    ],
)
def test_a_long_path_keeps_the_end_that_tells_it_from_others(name, said):
    assert words.tail(name, 32) == said


@given(st.text(max_size=60), st.integers(2, 40))
def test_a_shortened_name_fits_and_ends_as_the_name_does(name, most):
    said = words.tail(name, most)
    assert len(said) <= most or said == name
    assert name.endswith(said.removeprefix("…") if said != name else said)


@pytest.mark.parametrize(("value", "said"), [(-0.001, "0.00"), (-0.3, "\N{MINUS SIGN}0.30"), (0.999, "1.00")])
def test_a_coefficient_of_nothing_has_no_sign(value, said):
    assert agreeing.number(value) == said
