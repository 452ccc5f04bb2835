"""A shard full of copies: one reading serves them all, and no promise suffers from it."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from review.certificate import Readers, certified
from review.records import AuditPlace, Label, LabelledDocument, Plan, Stream, Verdict
from review.standing import Sample

PLAN = Plan(0.05, 0.10, 0.05, 0.10, "sequential")
KNOWN = Readers(360, 400, 995, 1_000)


def sample(originals: list[int], said: dict[int, Verdict]) -> Sample:
    """`originals[rank]`: the text drawn there, named by the rank it was first drawn at, which alone is read."""
    places = [AuditPlace(rank, None, None if original == rank else original) for rank, original in enumerate(originals)]
    audit = [
        LabelledDocument(f"s#{row}", "s", row, Stream.AUDIT, row, 0.1, (Label(f"l{row}", f"s#{row}", "h", "ana", one),))
        for row, one in said.items()
    ]
    copied = any(place.same_as is not None for place in places)
    return Sample(len(places), audit, places=places if copied else ())


def drawn(texts: np.ndarray) -> list[int]:
    """Of every draw the rank at which its text was drawn first."""
    first: dict[int, int] = {}
    return [first.setdefault(int(text), rank) for rank, text in enumerate(texts)]


@given(texts=st.lists(st.integers(0, 12), min_size=1, max_size=40), bad=st.sets(st.integers(0, 12)))
def test_copies_take_the_label_of_the_one_that_was_read_and_err_as_one(texts: list[int], bad: set[int]) -> None:
    originals = drawn(np.array(texts))
    said = {rank: Verdict.REJECT if texts[rank] in bad else Verdict.KEEP for rank in set(originals)}
    made = sample(originals, said)
    plain, cautious = made.inputs(PLAN, 1_000, None).letters, made.inputs(PLAN, 1_000, KNOWN).letters
    assert plain == "".join("r" if text in bad else "k" for text in texts)
    assert len(plain) == len(cautious)
    for rank, original in enumerate(originals):
        assert cautious[rank] == (plain[rank] if original == rank else "u")
    assert cautious.replace("u", "") == "".join(said[rank][0] for rank in sorted(said)), "each judgement once"


def test_a_copy_that_was_read_itself_speaks_for_itself() -> None:
    said = {0: Verdict.KEEP, 2: Verdict.REJECT}
    made = sample([0, 0, 0], said)
    assert made.inputs(PLAN, 1_000, None).letters == "kkr"
    assert made.inputs(PLAN, 1_000, KNOWN).letters == "kur"


@pytest.mark.parametrize("copied", [0.3, 1.0])
def test_without_reader_error_copies_raise_no_risk(copied: float) -> None:
    """1,000 documents, 100 of them bad, this share of the bad ones one text and nearly half of the good ones another:
    drawn without replacement, each text read once."""
    random = np.random.default_rng(3)
    text = np.arange(1_000)
    text[: round(100 * copied)] = 0
    text[500:950] = 500
    wrong, repeats = 0, 250
    for _ in range(repeats):
        rows = random.permutation(1_000)[:250]
        originals = drawn(text[rows])
        said = {rank: Verdict.REJECT if rows[rank] < 100 else Verdict.KEEP for rank in set(originals)}
        wrong += certified(sample(originals, said).inputs(PLAN, 1_000, None)).state == "approve"
    assert wrong / repeats <= PLAN.alpha + 3 * (PLAN.alpha * (1 - PLAN.alpha) / repeats) ** 0.5


def missed(repeats: int, *, once: bool) -> float:
    """How often a shard is approved whose bad documents, a tenth of it, are copies of one text that a tenth of the
    readers let pass; each approval is wrong."""
    random = np.random.default_rng(4)
    wrong = 0
    for _ in range(repeats):
        bad = random.random(150) < PLAN.reject
        text = np.where(bad, 0, np.arange(1, 151))
        originals, passed = drawn(text), random.random() < 0.1
        said = {
            rank: Verdict.REJECT if (bad[rank] and not passed) or random.random() < 0.005 else Verdict.KEEP
            for rank in set(originals)
        }
        given_ = sample(originals, said).inputs(PLAN, 2_000, KNOWN)
        if not once:
            plain = sample(originals, said).inputs(PLAN, 2_000, None).letters
            given_ = type(given_)(given_.plan, given_.size, plain, readers=KNOWN)
        wrong += certified(given_).state == "approve"
    return wrong / repeats


def test_with_reader_error_a_text_that_somebody_misses_is_not_missed_wherever_it_lies() -> None:
    assert missed(300, once=True) <= PLAN.alpha


def test_counting_each_copy_as_read_would_break_the_promise() -> None:
    noise = 3 * (PLAN.alpha * (1 - PLAN.alpha) / 300) ** 0.5
    assert missed(300, once=False) > PLAN.alpha + noise
