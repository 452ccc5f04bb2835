"""What the labels of shared documents come to, in each way, and where the ways differ."""

from __future__ import annotations

import math

import pytest

from review import workflow
from review.agreement import Judgements
from review.records import Label, Verdict
from review.workflow.aggregating import together

K, U, R = Verdict.KEEP, Verdict.UNSURE, Verdict.REJECT


@pytest.fixture
def read(project):
    """A function that stores verdicts, by reviewer, on the first audit documents."""
    draws = sorted(project.store.draws(), key=lambda draw: (draw.rank, draw.shard))
    documents = project.store.documents([draw.doc_id for draw in draws])

    def say(**by):
        project.store.record_labels(
            [
                Label(f"{who}-{at}", one.doc_id, one.content_hash, who, verdict)
                for who, verdicts in by.items()
                for at, (one, verdict) in enumerate(zip(documents, verdicts, strict=False))
                if verdict
            ]
        )
        return [one.doc_id for one in documents]

    return say


def test_the_final_verdict_and_the_majority_stand_side_by_side(project, read):
    names = read(ana=[K, K, R, K], ben=[K, R, R, None])
    found = workflow.agreement(project).together
    assert found.documents == 3  # the fourth has one label
    assert found.counts == {"keep": 1, "unsure": 1, "reject": 1, "": 0}
    assert found.majority == {"keep": 1, "unsure": 0, "reject": 1, "": 1}
    assert found.model is None
    [one] = found.differences
    assert (one.doc_id, one.counts, one.majority, one.model, one.said) == (
        names[1], "unsure", None, None, {"keep": 1, "reject": 1},
    )  # fmt: skip
    assert math.isnan(one.probability)
    workflow.adjudicate(project, names[1], R, by="lea")
    assert workflow.agreement(project).together.counts == {"keep": 1, "unsure": 0, "reject": 2, "": 0}


def test_what_waits_for_a_lead_is_said(project, read):
    read(ana=[K, K], ben=[K, R])
    workflow.change_rubric(project, {"final": "unanimous"}, by="lea")
    found = workflow.agreement(project).together
    assert (found.counts, found.differ) == ({"keep": 1, "unsure": 0, "reject": 0, "": 1}, 0)


def test_a_model_of_the_readers_errors_outvotes_a_rubber_stamp(project, read):
    """Three keep everything; two read. By majority nothing is bad, by their errors much is."""
    truth = [R if at % 3 == 0 else K for at in range(90)]
    read(ana=truth, ben=truth, cid=[K] * 90, dan=[K] * 90, eve=[K] * 90)
    found = workflow.agreement(project).together
    assert found.majority["reject"] == 0
    assert found.model is not None
    bad = truth[: found.documents].count(R)
    assert bad > 20
    assert found.model["reject"] == pytest.approx(bad, abs=1)
    assert found.differ == bad
    assert {(one.majority, one.model) for one in found.differences} == {("keep", "reject")}
    assert sum(found.model.values()) == pytest.approx(found.documents)


def test_nothing_shared_comes_to_nothing(project, read):
    assert together(project, Judgements.from_tuples([], values=("keep", "unsure", "reject")), []).documents == 0
    read(ana=[K])
    assert workflow.agreement(project).together.documents == 0
