"""What a document's labels come to: the rules, the lead's last word, and every place that asks."""

from __future__ import annotations

import pytest

from review.classifier.targets import keep_share, snapshot
from review.final import disputed, final_reasons, final_verdict, given_since
from review.overlap import Overlap
from review.records import Adjudication, FinalRule, Label, LabelledDocument, Stream, Verdict
from review.standing import Sample

K, U, R = Verdict.KEEP, Verdict.UNSURE, Verdict.REJECT


def label(verdict: Verdict | None, who: str, *reasons: str) -> Label:
    return Label(f"{who}'s", "s#1", "0" * 64, who, verdict, reasons)


def document(*verdicts: Verdict | None, rule: FinalRule = FinalRule.MAJORITY, ruled: Verdict | None = None, rank=0):
    labels = tuple(label(verdict, f"r{at}", f"why{at}") for at, verdict in enumerate(verdicts))
    word = Adjudication("a1", "s#1", "0" * 64, ruled, "lea", ("hers",), labels=("r0's",)) if ruled else None
    return LabelledDocument("s#1", "s", 1, Stream.AUDIT, rank, 0.5, labels, word, rule)


@pytest.mark.parametrize(
    ("verdicts", "final"),
    [
        ([], None),
        ([None], None),
        ([K], K),
        ([K, None], K),
        ([K, R], U),
        ([K, K, R], K),
        ([R, U], U),
        ([K, R, U], U),
        ([K, K, R, R], U),
        ([K, K, R, U], K),
    ],
)
def test_by_majority_the_most_frequent_verdict_wins_and_a_tie_is_unsure(verdicts, final):
    assert final_verdict(document(*verdicts)) == final


@pytest.mark.parametrize(
    ("rule", "verdicts", "final"),
    [
        (FinalRule.UNANIMOUS, [K, K], K),
        (FinalRule.UNANIMOUS, [K, K, R], None),
        (FinalRule.UNANIMOUS, [R, None], R),
        (FinalRule.NEWEST, [R, K, K], R),
        (FinalRule.NEWEST, [None, K, R], K),
        (FinalRule.STRICTEST, [K, K, R], R),
        (FinalRule.STRICTEST, [K, U], U),
        (FinalRule.STRICTEST, [K, K], K),
    ],
)
def test_the_other_rules(rule, verdicts, final):
    assert final_verdict(document(*verdicts, rule=rule)) == final


@pytest.mark.parametrize("rule", FinalRule)
@pytest.mark.parametrize("verdict", Verdict)
def test_with_one_label_every_rule_says_what_it_says(rule, verdict):
    assert final_verdict(document(verdict, rule=rule)) == verdict
    assert final_verdict(document(None, rule=rule)) is None


@pytest.mark.parametrize("rule", FinalRule)
def test_a_lead_has_the_last_word_whatever_the_rule(rule):
    assert final_verdict(document(K, K, K, rule=rule, ruled=R)) == R
    assert final_reasons(document(K, K, rule=rule, ruled=R)) == ("hers",)
    assert final_verdict(document(rule=rule, ruled=K)) == K


def test_reasons_are_those_of_the_labels_that_carry_the_verdict():
    assert final_reasons(document(R, R, K)) == ("why0", "why1")
    assert final_reasons(document(R, K)) == ("why0", "why1")
    assert disputed(document(R, K, K))
    assert not disputed(document(R, None, R))


def test_a_label_given_after_an_adjudication_is_flagged_and_changes_nothing():
    later = document(K, R, ruled=K)
    assert [one.reviewer for one in given_since(later)] == ["r1"]
    assert given_since(document(K, R)) == ()


def test_a_shard_waits_for_the_overlap_or_for_a_lead():
    waiting, ruled, enough = document(K), document(K, ruled=R, rank=1), document(K, K, rank=2)
    assert Sample(4, [waiting, ruled, enough], Overlap(2)).verdicts() == [None, R, K, None]


@pytest.mark.parametrize(
    ("case", "share"),
    [
        (document(K), 1.0),
        (document(R), 0.0),
        (document(U), None),
        (document(K, K, R), 2 / 3),
        (document(K, R), 0.5),
        (document(K, U), None),
        (document(K, R, ruled=R), 0.0),
        (document(K, K, ruled=U), None),
        (document(K, R, rule=FinalRule.STRICTEST), 0.0),
        (document(K, R, rule=FinalRule.UNANIMOUS), None),
    ],
)
def test_training_learns_the_final_verdict(case, share):
    assert keep_share(case) == (share if share is None else pytest.approx(share))


def test_a_snapshot_tells_an_adjudication_and_a_rule_apart():
    plain = snapshot([document(K, R)])
    assert plain["sha256"] != snapshot([document(K, R, ruled=R)])["sha256"]
    assert plain["sha256"] != snapshot([document(K, R, rule=FinalRule.NEWEST)])["sha256"]
    assert plain["labels"] == 2
