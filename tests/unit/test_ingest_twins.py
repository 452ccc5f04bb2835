"""A file that is there twice, under two names: its documents would be listed twice."""

from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from review import workflow
from review.cli import app
from review.settings import write_default


@pytest.fixture
def root(tmp_path):
    write_default(tmp_path / "project")
    (tmp_path / "web").mkdir()
    for name, word in (("a", "harbour"), ("b", "garden")):
        texts = [f"{row} of the {word}" for row in range(30)]
        pq.write_table(pa.table({"text": texts}), tmp_path / "web" / f"{name}.parquet")
    return tmp_path / "project"


def test_a_copy_and_a_link_are_said_to_be_another_shard_once_more(root, tmp_path):
    (tmp_path / "again").mkdir()
    (tmp_path / "again" / "copy.parquet").write_bytes((tmp_path / "web" / "a.parquet").read_bytes())
    (tmp_path / "link").symlink_to(tmp_path / "web")
    with workflow.open_project(root) as project:
        assert not workflow.ingest(project, [str(tmp_path / "web" / "*.parquet")], by="lead").twins
        report = workflow.ingest(project, [str(tmp_path / "again" / "*.parquet")], by="lead")
        assert report.twins == {"again/copy.parquet": "web/a.parquet"}
    said = CliRunner().invoke(app, ["ingest", str(tmp_path / "link" / "*.parquet"), "--project", str(root)]).output
    assert "link/b.parquet has the content of web/b.parquet: a release of both would list its documents twice." in said


def test_a_file_that_came_in_twice_at_once_is_said_too_and_one_that_changed_since_is_another(root, tmp_path):
    a, b = tmp_path / "web" / "a.parquet", tmp_path / "web" / "b.parquet"
    b.write_bytes(a.read_bytes())
    with workflow.open_project(root) as project:
        report = workflow.ingest(project, [str(tmp_path / "web" / "*.parquet")], by="lead")
        assert report.twins == {"web/b.parquet": "web/a.parquet"}
        pq.write_table(pa.table({"text": [f"{row} anew" for row in range(40)]}), b)
        assert not workflow.ingest(project, [str(b)], by="lead", replace_changed=True).twins


def test_a_column_read_as_text_only_because_it_is_alone_is_said(root, tmp_path):
    for name, columns in (("c", {"prose": ["a sound page"]}), ("d", {"content": ["a sound page too"]})):
        (tmp_path / name).mkdir()
        pq.write_table(pa.table({**columns, "n": [1]}), tmp_path / name / "x.parquet")
    runner = CliRunner()
    said = runner.invoke(app, ["ingest", str(tmp_path / "c" / "*.parquet"), "--project", str(root)]).output
    assert "Read column 'prose' as the text of 1 shard: the only one of strings." in " ".join(said.split())
    said = runner.invoke(app, ["ingest", str(tmp_path / "d" / "*.parquet"), "--project", str(root)]).output
    assert "Read column" not in said
    (tmp_path / "e").mkdir()
    pq.write_table(pa.table({"prose": ["another sound page"]}), tmp_path / "e" / "x.parquet")
    with workflow.open_project(root) as project:
        named = workflow.ingest(project, [str(tmp_path / "e" / "*.parquet")], text_column="prose", by="lead")
    assert (len(named.added), named.guessed) == (1, {})
