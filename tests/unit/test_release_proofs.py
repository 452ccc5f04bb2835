"""What stands behind a release: schema, journal, signature, files on other machines, the release before."""

from __future__ import annotations

import json
import shutil
import stat
from datetime import datetime
from importlib.resources import files
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from typer.testing import CliRunner

from review import workflow
from review.cli import app
from review.errors import NotFound, ReleaseError
from review.records import Label, Ruling, Verdict
from review.release.manifest import canonical, hash_line
from review.release.verify import there_now


@pytest.fixture
def root(project_root: Path, shard_files: Path, read_all) -> Path:
    """A project with one approved shard, and a release of it called first."""
    with workflow.open_project(project_root) as project:
        workflow.ingest(project, [str(shard_files / "*.parquet")], by="lead")
        workflow.draw(project, by="lead")
        read_all(project)
        workflow.decide(project, ["shards/clean.parquet"], Ruling.APPROVE, reason="certified", by="lea")
        workflow.release(project, "first", by="lea")
    return project_root


def run(*words: object, code: int = 0) -> str:
    result = CliRunner().invoke(app, [str(word) for word in words])
    if result.exception and not isinstance(result.exception, SystemExit):
        raise result.exception
    assert result.exit_code == code, result.output
    return result.output


def manifest(root: Path, name: str = "first") -> dict:
    return json.loads((root / "releases" / name / "manifest.json").read_bytes())


def lie(root: Path, change) -> None:
    """Edit the first release's manifest and mend its hash, as somebody would who knows the program."""
    found = manifest(root)
    change(found)
    content = canonical(found)
    (root / "releases" / "first" / "manifest.json").write_bytes(content)
    (root / "releases" / "first" / "manifest.sha256").write_bytes(hash_line(content))


# -- schema ---------------------------------------------------------------------------------------------------------


def test_a_manifest_follows_the_schema_that_ships_with_the_package(root):
    jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed (extra: test)")
    schema = json.loads(files("review.release").joinpath("manifest.schema.json").read_text("utf-8"))
    check = jsonschema.Draft202012Validator(schema)
    check.check_schema(schema)
    made = manifest(root)
    assert not list(check.iter_errors(made))
    for spoil in (
        lambda m: m.pop("plan"),
        lambda m: m.update(extra=1),
        lambda m: m["shards"][0].update(sha256="0"),
        lambda m: m["shards"][0]["certificate"].update(high=1.5),
        lambda m: m["shards"][0]["decision"].update(ruling="hold"),
        lambda m: m["made"].update(at="yesterday"),
    ):
        broken = json.loads(json.dumps(made))
        spoil(broken)
        assert list(check.iter_errors(broken))


# -- journal --------------------------------------------------------------------------------------------------------


def test_every_certificate_is_followed_to_its_labels_in_the_journal(root):
    report = workflow.verify(root)
    assert (report.problems, report.journalled) == ((), 1)
    assert "1 certificates follow from the journal" in run("verify", "--project", root)
    with workflow.open_project(root):  # beside a running server, which holds the store
        assert workflow.verify(root).ok


def test_labels_after_the_release_change_nothing_about_it(root):
    with workflow.open_project(root) as project:
        draw = project.store.draws("shards/clean.parquet")[0]
        (text,) = project.store.documents([draw.doc_id])
        project.store.record_labels([Label("late", text.doc_id, text.content_hash, "ben", Verdict.REJECT, ("spam",))])
    assert workflow.verify(root).ok


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda shard: shard["decision"].update(by="mallory"), "the journal says approve by 'lea'"),
        (lambda shard: shard["decision"].update(reason="because"), "another time or reason"),
        (lambda shard: shard["decision"].update(at="2020-01-01T00:00:00Z"), "another time or reason"),
        (lambda shard: shard["decision"].update(confirmed_by="ben"), "the journal says nobody confirmed"),
        (lambda shard: shard["decision"].update(seq=1), "no such decision"),
        (lambda shard: shard["certificate"].update(needed=7), "another certificate"),
    ],
)
def test_a_manifest_that_says_more_than_the_journal_is_found(root, change, says):
    lie(root, lambda found: change(found["shards"][0]))
    report = workflow.verify(root)
    assert any(says in problem for problem in report.problems), report.problems
    assert report.journalled == 0


def test_a_certificate_that_labels_do_not_bear_is_found(root, tmp_path):
    """Somebody wrote the decision into the journal by hand, with a certificate for labels that nobody gave."""
    from review.certificate import recompute

    with workflow.open_project(root) as project:
        place = project.standings()["shards/poor.parquet"]
        inputs = {**place.certificate.inputs, "verdicts": "k" * 40}
        forged = recompute(inputs).to_json() | {"overruled": False}
        (old,) = project.store.decisions()
        shard = project.store.shard("shards/poor.parquet")
        import dataclasses

        false = dataclasses.replace(old, shard=shard.name, certificate=forged, fingerprint=shard.fingerprint)
        (decision,) = project.store.record_decisions([false])
        from review.release import Approved, Place, write_release

        seq, digest = project.store.newest_event([shard.name])
        made = write_release(
            tmp_path / "out", "forged", [Approved(shard, decision)], project="p", by="lea", rubric=1,
            plan=project.settings.plan.plan(), at=datetime(2026, 1, 1), journal=Place(seq, digest),
        )  # fmt: skip
    alone = workflow.verify(root, made.path)
    assert alone.ok, "from its manifest alone nothing is wrong with it"
    report = workflow.verify(root, made.path, journal=root / "journal")
    assert any("does not follow from the journal: labels changed" in problem for problem in report.problems)


def test_another_journal_and_a_damaged_one_are_told_apart(root, tmp_path):
    other = tmp_path / "other"
    shutil.copytree(root / "journal", other)
    (segment,) = other.glob("*.jsonl")
    lines = segment.read_bytes().splitlines(keepends=True)
    segment.write_bytes(b"".join(lines[:10]))
    assert any("is missing" in problem for problem in workflow.verify(root, journal=other).problems)
    segment.write_bytes(b"".join([*lines[:5], lines[5].replace(b'"by":"', b'"by":"x'), *lines[6:]]))
    assert any("cannot be followed" in problem for problem in workflow.verify(root, journal=other).problems)


# -- signature ------------------------------------------------------------------------------------------------------


@pytest.fixture
def key(tmp_path: Path) -> Path:
    pytest.importorskip("cryptography", reason="cryptography is not installed (extra: sign)")
    run("key", "new", tmp_path / "desk.key")
    return tmp_path / "desk.key"


def test_a_signed_release_is_verified_with_the_public_key_alone(root, key, tmp_path):
    run("release", "signed", "--key", key, "--project", root)
    shutil.copytree(root / "releases" / "signed", tmp_path / "elsewhere")
    public = tmp_path / "desk.key.pub"
    assert "Signed by key" in run("verify", tmp_path / "elsewhere", "--public-key", public, "--project", tmp_path)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert b"PRIVATE" not in public.read_bytes()
    with pytest.raises(ReleaseError, match="exists already"):
        run("key", "new", key)


def test_the_same_manifest_has_the_same_signature(root, key):
    from review.release import load_signing_key

    run("release", "one", "--key", key, "--project", root)
    content, signed = ((root / "releases" / "one" / name).read_bytes() for name in ("manifest.json", "manifest.sig"))
    assert load_signing_key(key).sign(content) == signed


def test_what_a_key_did_not_sign_is_found(root, key, tmp_path):
    run("release", "signed", "--key", key, "--project", root)
    folder, public = root / "releases" / "signed", f"{key}.pub"
    assert "without a signature" in run("verify", "first", "--public-key", public, "--project", root, code=1)
    run("key", "new", tmp_path / "other.key")
    said = run("verify", "signed", "--public-key", tmp_path / "other.key.pub", "--project", root, code=1)
    assert "not with yours" in said
    changed = json.loads((folder / "manifest.json").read_bytes()) | {"project": "mine"}
    (folder / "manifest.json").write_bytes(canonical(changed))
    (folder / "manifest.sha256").write_bytes(hash_line(canonical(changed)))
    assert "not this key's signature" in run("verify", "signed", "--public-key", public, "--project", root, code=1)
    (folder / "manifest.sig").unlink()
    assert "manifest.sig is missing" in run("verify", "signed", "--project", root, code=1), "without asking for it"


def test_a_file_that_is_no_key_is_refused(root, key, tmp_path):
    (tmp_path / "no.key").write_text("secret")
    with pytest.raises(ReleaseError, match="no unencrypted private key"):
        run("release", "x", "--key", tmp_path / "no.key", "--project", root)
    with pytest.raises(ReleaseError, match="no public key"):
        run("verify", "--public-key", key, "--project", root)
    with pytest.raises(NotFound, match="review key new"):
        run("release", "x", "--key", tmp_path / "gone.key", "--project", root)


# -- other machines -------------------------------------------------------------------------------------------------


def test_files_that_moved_are_found_where_they_are_now(root, shard_files, tmp_path):
    moved = tmp_path / "mnt" / "copy"
    moved.parent.mkdir()
    shutil.move(shard_files, moved)
    assert "the file is missing" in run("verify", "--project", root, code=1)
    assert "all as approved" in run("verify", "--project", root, "--map", f"{shard_files}={moved}")
    (moved / "clean.parquet").write_bytes(b"x" * (moved / "clean.parquet").stat().st_size)
    assert "content changed" in run("verify", "--project", root, "--map", f"{shard_files}={moved}", code=1)
    assert "is not OLD=NEW" in run("verify", "--project", root, "--map", "nowhere", code=2)


@pytest.mark.parametrize(
    ("uri", "now"),
    [
        ("/data/a/x", "/mnt/x"),
        ("/data/b/x", "/copy/b/x"),
        ("/database/x", "/database/x"),
        ("/data", "/copy"),
        ("s3://bucket/x", "/local/x"),
    ],
)
def test_the_longest_beginning_counts_and_only_whole_names(uri, now):
    assert there_now(uri, {"/data": "/copy", "/data/a": "/mnt", "s3://bucket": "/local"}) == now


# -- since the last -------------------------------------------------------------------------------------------------


def test_two_releases_are_compared(root, shard_files):
    with workflow.open_project(root) as project:
        workflow.decide(project, ["shards/mixed.parquet"], Ruling.APPROVE, reason="needed", by="lea", overrule=True)
        workflow.release(project, "second", by="lea")
        workflow.decide(project, ["shards/clean.parquet"], Ruling.APPROVE, reason="read again", by="ben")
        workflow.decide(project, ["shards/mixed.parquet"], Ruling.HOLD, reason="", by="ben")
        workflow.release(project, "third", by="ben", fmt="nemo")
    found = workflow.compare_to(root, Path("first"), Path("second"))
    assert (found.added, found.removed, found.changed, found.same) == (("shards/mixed.parquet",), (), (), 1)
    assert (found.documents, found.heads, found.equal) == (80, (), False)
    said = run("compare", "second", "third", "--project", root, code=1)
    assert "- shards/mixed.parquet" in said
    assert "~ shards/clean.parquet: decision" in said
    assert "The format changed: paths -> nemo." in said
    assert "on the same grounds" in run("compare", "first", "first", "--project", root)
    assert json.loads(run("compare", "first", "--project", root, "--json", code=1))["after"] == "third"
    run("decide", "shards/mixed.parquet", "approve", "--overrule", "--reason", "x", "--project", root)
    assert "+ shards/mixed.parquet" in run("release", "fourth", "--compare", "third", "--project", root)


def test_a_release_that_is_not_there_is_named(root):
    with pytest.raises(NotFound, match="no manifest"):
        run("compare", "nothing", "--project", root)


def test_the_store_keeps_the_head_of_a_manifest_and_its_hash(root):
    with workflow.open_project(root) as project:
        (row,) = project.store.releases()
    assert "shards" not in row.manifest
    assert hash_line((root / "releases" / "first" / "manifest.json").read_bytes()).startswith(
        row.manifest["sha256"].encode()
    )


# -- documents ------------------------------------------------------------------------------------------------------


def score_as(project: workflow.Project, name: str, score: float) -> None:
    """A sidecar as `review score` writes it, with this score for every second row and none for the first."""
    from review.scoring.shards import _FINGERPRINT, _MODEL, _stamp, sidecar_path

    shard = project.store.shard(name)
    scores = pa.array([None, *((score if row % 2 else 0.1) for row in range(1, shard.rows))], pa.float32())
    told = {_MODEL: b"v1", _FINGERPRINT: _stamp(shard).encode()}
    path = sidecar_path(shard, project.root / "scores" / "v1")
    path.parent.mkdir(parents=True)
    pq.write_table(pa.table({"row": range(shard.rows), "score": scores}).replace_schema_metadata(told), path)


def test_a_keep_list_carries_a_guarantee_for_the_certified_threshold_alone(root):
    cut = {"threshold": 0.75, "share": 0.4, "labels": 90, "bad": 1, "p": 0.01}
    guarantee = {"target": 0.95, "risk": 0.05, "threshold": 0.75, "cuts": [cut]}
    with workflow.open_project(root) as project:
        with pytest.raises(NotFound, match="needs a model in use"):
            workflow.release(project, "early", by="lea", keep=0.75)
        project.store.record_model("v1", {"guarantee": guarantee}, "lea")
        project.store.promote("v1", "lea")
        with pytest.raises(ReleaseError, match="has no scores of v1"):
            workflow.release(project, "early", by="lea", keep=0.75)
        score_as(project, "shards/clean.parquet", 0.75)
        workflow.release(project, "sure", by="lea", keep=0.75)
        workflow.release(project, "hoped", by="lea", keep=0.7)
    sure, hoped = (manifest(root, name)["keep"] for name in ("sure", "hoped"))
    assert (sure["documents"], sure["model"], hoped["documents"]) == (40, "v1", 40)
    assert sure["guarantee"].startswith("95\xa0% sure: of what scores 0.7500 or more, at least 95\xa0% good")
    assert hoped["guarantee"] is None
    assert workflow.verify(root, Path("sure")).ok
    assert "Nothing is proven about this threshold" in run("release", "cli", "--keep-above", "0.6", "--project", root)
