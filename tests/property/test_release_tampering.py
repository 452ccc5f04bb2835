"""Whatever single thing of a manifest is changed, with its hash mended: with the journal or a signature it is found."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from review import workflow
from review.errors import ReleaseError
from review.records import Label, Ruling, Verdict
from review.release import verify_release
from review.release.manifest import canonical, hash_line
from review.release.signing import load_signing_key, new_key
from review.settings import write_default


@pytest.fixture(scope="module")
def release(tmp_path_factory):
    """The folder of a signed release, its key, and its manifest as it was written."""
    tmp_path = tmp_path_factory.mktemp("tampering")
    root = tmp_path / "project"
    path = write_default(root)
    text = path.read_text(encoding="utf-8").replace("accept = 0.02 ", "accept = 0.05 ")
    path.write_text(text.replace("reject = 0.06 ", "reject = 0.30 ").replace('risk = "shard"', 'risk = "fdr"'))
    (tmp_path / "web").mkdir()
    for name in ("a", "b", "c"):
        pq.write_table(pa.table({"text": [f"{name} {row}" for row in range(80)]}), tmp_path / "web" / f"{name}.parquet")
    public = new_key(tmp_path / "desk.key")
    with workflow.open_project(root) as project:
        workflow.ingest(project, [str(tmp_path / "web" / "*.parquet")], by="lead")
        workflow.draw(project, n=60, by="lead")
        names = [draw.doc_id for draw in project.store.draws()]
        project.store.record_labels([
            Label(one.doc_id, one.doc_id, one.content_hash, "ana", Verdict.KEEP)
            for one in project.store.documents(names)
        ])  # fmt: skip
        shards = [place.shard for place in workflow.shard_table(project)]
        workflow.decide(project, shards, Ruling.APPROVE, reason="read", by="lea")
        made = workflow.release(project, "r", by="lea", key=load_signing_key(tmp_path / "desk.key"), risk="fdr")
    return made.path, public, json.loads((made.path / "manifest.json").read_bytes())


def leaves(value, at=()):
    if isinstance(value, dict):
        for key, item in value.items():
            yield from leaves(item, (*at, key))
    elif isinstance(value, list) and value:
        for place, item in enumerate(value):
            yield from leaves(item, (*at, place))
    else:
        yield at


def changed(value, dice):
    """Another value, of the kind that stands there or of another one."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int | float):
        return value + dice.draw(st.sampled_from([1, -1, 0.125, 1e6]))
    if isinstance(value, str):
        return dice.draw(st.sampled_from([value + "x", value[1:] if value else "y", value.upper() + "!"]))
    return dice.draw(st.sampled_from([1, "x", True]))


def spoil(manifest, at, dice):
    found = copy.deepcopy(manifest)
    inner = found
    for step in at[:-1]:
        inner = inner[step]
    inner[at[-1]] = changed(inner[at[-1]], dice)
    return found


def rewritten(folder: Path, manifest) -> None:
    content = canonical(manifest)
    (folder / "manifest.json").write_bytes(content)
    (folder / "manifest.sha256").write_bytes(hash_line(content))


def by_journal(root, folder, _):
    return workflow.verify(root, folder)


def by_signature(_, folder, public):
    return verify_release(folder / "manifest.json", key=public)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(dice=st.data())
def test_any_change_is_found(release, dice):
    folder, public, manifest = release
    at = dice.draw(st.sampled_from(sorted(leaves(manifest), key=str)))
    other = spoil(manifest, at, dice)
    root = folder.parents[1]
    try:
        rewritten(folder, other)
        for how in (by_journal, by_signature):
            try:
                report = how(root, folder, public)
            except ReleaseError:  # no manifest that this version reads
                continue
            assert not report.ok, (at, how)
    finally:
        rewritten(folder, manifest)
    assert by_signature(root, folder, public).ok


@pytest.mark.parametrize("at", [("schema",), ("journal",), ("journal", "seq"), ("release",), ("risk", "candidates")])
def test_no_way_around_the_journal(release, at):
    """What tells the journal's reader where to look cannot be bent to look elsewhere."""
    folder, _, manifest = release
    for value in (1, None, "x", 1.5):
        other = copy.deepcopy(manifest)
        inner = other if len(at) == 1 else other[at[0]]
        inner[at[-1]] = value
        try:
            rewritten(folder, other)
            try:
                assert not by_journal(folder.parents[1], folder, None).ok, (at, value)
            except ReleaseError:
                assert at == ("schema",)
        finally:
            rewritten(folder, manifest)
