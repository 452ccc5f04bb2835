"""Whatever reviewers write, labels survive the way out and back."""

import tempfile
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from review.records import Label, LabelledDocument, Stream, Verdict
from review.release import export_labels, read_labels
from review.release.cells import guard, unguard

ANY_TEXT = st.text(max_size=30) | st.text("=+-@\t\r\n'\",;\x00\ud800 x", max_size=12)
REVIEWER = st.text(min_size=1, max_size=12).filter(str.strip)
REASON = st.from_regex(r"[a-z][a-z0-9_]{0,10}", fullmatch=True)


@given(ANY_TEXT)
def test_guarding_a_cell_is_undone_exactly_and_leaves_no_formula(text):
    assert unguard(guard(text)) == text
    assert not guard(text).startswith(("=", "+", "-", "@", "\t", "\r"))


@st.composite
def documents(draw):
    row = draw(st.integers(0, 10**9))
    shard = draw(st.text(st.characters(codec="utf-8"), min_size=1, max_size=12))
    labels = tuple(
        Label(
            label_id=f"{row}-{number}",
            doc_id=f"{shard}#{row}",
            content_hash="00",
            reviewer=draw(REVIEWER),
            verdict=draw(st.sampled_from(Verdict)),
            reasons=tuple(draw(st.lists(REASON, unique=True, max_size=3))),
            note=draw(ANY_TEXT),
            score=draw(st.none() | st.integers(0, 5)),
            seconds=draw(st.floats(0, 1e6)),
            rubric=draw(st.integers(1, 9)),
            at=draw(st.none() | st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1))),
        )
        for number in range(draw(st.integers(1, 3)))
    )
    return LabelledDocument(f"{shard}#{row}", shard, row, Stream.AUDIT, 0, None, labels)


@pytest.mark.parametrize("suffix", ["jsonl", "csv", "parquet"])
@given(exported=st.lists(documents(), max_size=4))
@settings(deadline=None, max_examples=40)
def test_labels_go_out_and_come_back(suffix, exported):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"labels.{suffix}"
        export_labels(path, [(document, "text") for document in exported], with_text=True)
        back = [
            Label(
                one.label_id,
                one.doc_id,
                one.content_hash,
                one.reviewer,
                one.verdict,
                one.reasons,
                one.note,
                one.score,
                one.seconds,
                one.rubric,
                at=one.at,
            )
            for one in read_labels(path)
        ]
    assert back == [label for document in exported for label in document.labels]
