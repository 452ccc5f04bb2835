"""Simulated reviewers err as often as they say, the same way every time, and never in disguise."""

from __future__ import annotations

import pytest

from review.records import Document, Reason, Rubric, Verdict
from review.simulate import SimulatedReviewer

RUBRIC = Rubric(1, (Reason("spam", "spam", "s"), Reason("boilerplate", "boilerplate", "b")), "")


def document(row: int) -> Document:
    return Document("web/00.parquet", row, "Some words to read.", f"hash-{row}")


def share(reviewer: SimulatedReviewer, truth: str, verdict: Verdict) -> float:
    answers = [reviewer.answer(truth, "spam", key=str(number)) for number in range(4_000)]
    return sum(answer.verdict is verdict for answer in answers) / len(answers)


def test_a_perfect_reviewer_tells_the_truth() -> None:
    reviewer = SimulatedReviewer("sim-perfect")
    bad, good = (reviewer.answer(truth, "spam", key="a") for truth in ("reject", "keep"))
    assert (bad.verdict, bad.reasons) == (Verdict.REJECT, ("spam",))
    assert (good.verdict, good.reasons, good.note) == (Verdict.KEEP, (), "")


def test_errors_come_at_the_promised_rates() -> None:
    reviewer = SimulatedReviewer("sim-human", sensitivity=0.8, specificity=0.9, seed=4)
    assert share(reviewer, "reject", Verdict.REJECT) == pytest.approx(0.8, abs=0.025)  # 4 standard errors
    assert share(reviewer, "keep", Verdict.KEEP) == pytest.approx(0.9, abs=0.02)


def test_hesitation_replaces_errors_alone() -> None:
    bold = SimulatedReviewer("sim-x", sensitivity=0.8, seed=1)
    hesitant = SimulatedReviewer("sim-x", sensitivity=0.8, seed=1, unsure=1.0)
    for number in range(300):
        before, after = (one.answer("reject", key=str(number)).verdict for one in (bold, hesitant))
        assert after is (Verdict.UNSURE if before is Verdict.KEEP else before)


def test_the_same_document_gets_the_same_answer_in_any_order() -> None:
    reviewer = SimulatedReviewer("sim-ada", sensitivity=0.7, seed=9)
    first = [reviewer.answer("reject", key=str(number)) for number in range(50)]
    again = [reviewer.answer("reject", key=str(number)) for number in reversed(range(50))]
    assert first == again[::-1]
    assert first != [SimulatedReviewer("sim-ada", 0.7, seed=8).answer("reject", key=str(n)) for n in range(50)]


def test_labels_say_that_they_are_simulated() -> None:
    label = SimulatedReviewer("sim-ada").label(document(1), "reject", "spam", rubric=RUBRIC)
    assert (label.source, label.reviewer, label.reasons) == ("simulated", "sim-ada", ("spam",))
    assert (label.doc_id, label.content_hash) == ("web/00.parquet#1", "hash-1")
    assert label.seconds > 1


def test_a_second_turn_is_a_label_of_its_own() -> None:
    reviewer = SimulatedReviewer("sim-ada")
    first, second = (reviewer.label(document(1), "keep", rubric=RUBRIC, turn=turn) for turn in (0, 1))
    assert first.label_id != second.label_id


def test_reasons_the_rubric_lacks_are_left_out_unless_one_is_required() -> None:
    strict = Rubric(1, RUBRIC.reasons, "", require_reason=True)
    reviewer = SimulatedReviewer("sim-ada")
    assert reviewer.label(document(1), "reject", "toxic", rubric=RUBRIC).reasons == ()
    assert reviewer.label(document(1), "reject", "toxic", rubric=strict).reasons == ("spam",)


def test_long_documents_take_longer() -> None:
    reviewer = SimulatedReviewer("sim-ada")
    short, long = (
        sum(reviewer.answer("keep", key=str(number), words=words).seconds for number in range(200))
        for words in (50, 800)
    )
    assert long > 2 * short


def test_the_truth_is_never_unsure() -> None:
    with pytest.raises(ValueError, match="keep or reject; got 'unsure'"):
        SimulatedReviewer("sim-ada").answer("unsure", key="a")
