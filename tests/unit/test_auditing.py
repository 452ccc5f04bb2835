"""Scores from elsewhere are held against people, band by band, and stored nowhere."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from review import workflow
from review.errors import NotFound, ReviewError
from review.records import Label, Verdict


@pytest.fixture
def judged(project_root, tmp_path):
    """80 pages of which every second is bad, with an outside score that is right for most, none for some."""
    marks = [f"{chr(97 + row % 26) * 9} {chr(97 + row // 26) * 9}" for row in range(80)]
    texts = [f"{'BUY NOW ' if row % 2 else ''}page of {mark}" for row, mark in enumerate(marks)]
    score = [None if row % 10 == 0 else (0.2 if row % 2 else 0.9) + row / 1_000 for row in range(80)]
    score[4], score[5] = 0.1, 0.95  # wrong
    table = pa.table({"id": [f"d{row}" for row in range(80)], "text": texts, "edu_score": score})
    pq.write_table(table, tmp_path / "web.parquet")
    text = (project_root / "review.toml").read_text()
    (project_root / "review.toml").write_text(text.replace("hidden_columns = []", 'hidden_columns = ["edu_*"]'))
    with workflow.open_project(project_root) as project:
        workflow.ingest(project, [str(tmp_path / "web.parquet")], by="lead")
        workflow.draw(project, n=80, by="lead")
        names = [draw.doc_id for draw in project.store.draws()]
        project.store.record_labels([told(document) for document in project.store.documents(names)])
        yield project


def told(document):
    verdict = Verdict.REJECT if "BUY NOW" in document.text else Verdict.KEEP
    return Label(document.doc_id, document.doc_id, document.content_hash, "ana", verdict)


def test_bands_say_how_many_people_keep(judged):
    found = workflow.audit_scores(judged, "edu_score")
    assert (found.documents, found.without) == (72, 8)
    assert sum(band.documents for band in found.bands) == 72
    lows = [band.low for band in found.bands]
    assert lows == sorted(lows)
    assert found.bands[0].share < 0.2 < 0.8 < found.bands[-1].share
    for band in found.bands:
        assert band.share_low <= band.share <= band.share_high
    assert 0.9 < found.auc["value"] < 1
    assert found.ours is None  # no model is in use


def test_the_score_is_hidden_from_reviewers_and_stored_nowhere(judged):
    before = judged.store.last_seq()
    workflow.audit_scores(judged, "edu_score")
    assert judged.store.last_seq() == before
    for batch in judged.store.iter_documents():
        assert not any("edu_score" in document.metadata for document in batch)


@pytest.mark.parametrize("by_name", [True, False])
def test_a_table_names_its_documents_by_place_or_by_id(judged, tmp_path, by_name):
    shard = judged.store.shards()[0].name
    names = [f"{shard}#{row}" if by_name else f"d{row}" for row in range(80)]
    table = pa.table({"id": names, "judge": [float(row % 2 == 0) for row in range(80)]})
    pq.write_table(table, tmp_path / "judge.parquet")
    found = workflow.audit_scores(judged, "judge", table=tmp_path / "judge.parquet")
    assert found.documents == 80
    assert found.auc["value"] == 1.0
    assert [band.share for band in found.bands] == [0.0, 1.0]


def test_what_is_not_there_is_named(judged, tmp_path):
    with pytest.raises(NotFound, match="no_such"):
        workflow.audit_scores(judged, "no_such")
    (tmp_path / "judge.csv").write_text("id,judge\nd1,0.5\n")
    with pytest.raises(NotFound, match="It has: id, judge"):
        workflow.audit_scores(judged, "rating", table=tmp_path / "judge.csv")
    with pytest.raises(ReviewError, match="no table"):
        workflow.audit_scores(judged, "rating", table=tmp_path / "judge.xlsx")
