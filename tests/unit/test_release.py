"""Releases: written whole, the same every time, and verified from the manifest alone."""

import contextlib
import dataclasses
import hashlib
import json
import os
import re
import subprocess
from datetime import datetime

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from review.certificate import certify
from review.corpus.fingerprint import fingerprint
from review.errors import NotFound, ReleaseError
from review.records import Decision, Plan, Ruling, Shard, Verdict
from review.release import FORMATS, Approved, verify_release, write_release
from review.release.formats import Listed, check_line, datatrove

PLAN = Plan(0.02, 0.2, 0.05, 0.10)
AT = datetime(2026, 11, 22, 9, 30)
K, R = Verdict.KEEP, Verdict.REJECT


def approved(path, *, name=None, fmt="parquet", state=(K,) * 60, ruling=Ruling.APPROVE):
    seen = fingerprint(str(path))
    shard = Shard(name or f"web/{path.name}", "web", str(path), fmt, 70, 60, 900, seen, ("text",), "text")
    certificate = certify(PLAN, shard.documents, list(state)).to_json() | {"overruled": False}
    return Approved(shard, Decision(shard.name, ruling, "reads well", "lena", seen, certificate, 3, AT, 12))


@pytest.fixture
def shards(tmp_path):
    folder = tmp_path / "corpus"
    folder.mkdir()
    made = []
    for number in (2, 0, 1):
        path = folder / f"{number:05}.parquet"
        pq.write_table(pa.table({"text": [f"document {number} {row}" for row in range(60)]}), path)
        made.append(approved(path))
    return made


def write(folder, shards, name="first", **changes):
    arguments = {"project": "demo", "plan": PLAN, "rubric": 3, "by": "lena", "at": AT, **changes}
    return write_release(folder, name, shards, **arguments)


def test_a_release_lists_the_shards_in_order_and_says_why_each_is_in(tmp_path, shards):
    release = write(tmp_path / "releases", shards)
    assert release.files == ("manifest.json", "manifest.sha256", "shards.txt")
    listed = (release.path / "shards.txt").read_text().splitlines()
    assert listed == [str(tmp_path / "corpus" / f"{n:05}.parquet") for n in range(3)]
    manifest = json.loads((release.path / "manifest.json").read_bytes())
    assert manifest == json.loads(json.dumps(release.manifest))
    first = manifest["shards"][0]
    assert first["name"] == "web/00000.parquet"
    assert first["sha256"] == hashlib.sha256((tmp_path / "corpus/00000.parquet").read_bytes()).hexdigest()
    assert first["certificate"]["sentence"].startswith("95\N{NO-BREAK SPACE}% sure at most ")
    assert first["decision"] == {
        "ruling": "approve",
        "by": "lena",
        "at": "2026-11-22T09:30:00Z",
        "reason": "reads well",
        "rubric": 3,
        "overruled": False,
        "seq": 12,
        "confirmed_by": None,
        "confirmed_at": None,
    }
    assert manifest["totals"]["documents"] == 180


def test_the_same_release_has_the_same_bytes(tmp_path, shards):
    one = write(tmp_path / "a", shards)
    two = write(tmp_path / "b", list(reversed(shards)))
    for name in one.files:
        assert (one.path / name).read_bytes() == (two.path / name).read_bytes()


def test_a_fresh_release_verifies(tmp_path, shards):
    release = write(tmp_path, shards)
    report = verify_release(release.path / "manifest.json")
    assert report.ok, report.problems
    assert report.checked == 3


def test_sha256sum_reads_the_hash_file(tmp_path, shards):
    release = write(tmp_path, shards)
    checked = subprocess.run(["sha256sum", "-c", "manifest.sha256"], cwd=release.path, capture_output=True, text=True)
    assert checked.returncode == 0, checked.stderr


def grow(path):
    path.write_bytes(path.read_bytes() + b" ")


def flip_a_byte(path):
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(bytes(content))


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda corpus, release: (corpus / "00001.parquet").unlink(), "web/00001.parquet: the file is missing"),
        (lambda corpus, release: grow(corpus / "00001.parquet"), "bytes, .* were approved"),
        (lambda corpus, release: flip_a_byte(corpus / "00001.parquet"), "web/00001.parquet: its content changed"),
        (lambda corpus, release: grow(release / "shards.txt"), "shards.txt was changed"),
        (lambda corpus, release: (release / "shards.txt").unlink(), "shards.txt is missing"),
        (lambda corpus, release: grow(release / "manifest.json"), "manifest was changed"),
        (lambda corpus, release: (release / "manifest.sha256").unlink(), "manifest.sha256 is missing"),
    ],
)
def test_every_damage_is_found_and_named(tmp_path, shards, damage, says):
    release = write(tmp_path / "releases", shards)
    damage(tmp_path / "corpus", release.path)
    report = verify_release(release.path / "manifest.json")
    assert not report.ok
    assert any(re.search(says, problem) for problem in report.problems), report.problems


def rewrite(release, change, *, whole=False):
    """Edit a shard, or the whole manifest, as somebody who also mends its hash would."""
    from review.release.manifest import canonical, hash_line

    manifest = json.loads((release.path / "manifest.json").read_bytes())
    change(manifest if whole else manifest["shards"][0])
    content = canonical(manifest)
    (release.path / "manifest.json").write_bytes(content)
    (release.path / "manifest.sha256").write_bytes(hash_line(content))


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (lambda shard: shard["certificate"].update(high=0.01), "does not follow from its labels; recomputed, high"),
        (lambda shard: shard["certificate"].pop("sentence"), "sentence differ"),
        (lambda shard: shard["certificate"]["inputs"].update(verdicts="r" * 60), "state"),
        (lambda shard: shard["certificate"]["inputs"].update(verdicts="x"), "cannot be recomputed"),
        (lambda shard: shard["certificate"]["inputs"].update(size="60"), "cannot be recomputed"),
        (lambda shard: shard["certificate"]["inputs"].update(size=True), "cannot be recomputed"),
        (lambda shard: shard["certificate"]["inputs"].update(verdicts=7), "cannot be recomputed"),
        (lambda shard: shard["certificate"]["inputs"]["plan"].update(accept="0.02"), "cannot be recomputed"),
        (lambda shard: shard["certificate"]["inputs"]["plan"].update(method=[]), "cannot be recomputed"),
        (lambda shard: shard["certificate"]["inputs"]["plan"].update(extra=1), "cannot be recomputed"),
        (lambda shard: shard.update(path="a\x00b"), "null"),
        (lambda shard: shard.update(path="/dev/zero", bytes=0), "neither a file nor a folder"),
        (lambda shard: shard.update(path="file:///dev/zero", bytes=0), "neither a file nor a folder"),
        (lambda shard: shard.update(path=["a"]), "is missing"),
        (lambda shard: shard["certificate"].update(high=10**400), "recomputed, high differ"),
        (lambda shard: shard.update(certificate={}), "no certificate that can be recomputed"),
        (lambda shard: shard["decision"].update(ruling="hold"), "is not approved"),
        (lambda shard: shard["decision"].update(overruled=True), "says overruled True"),
        (lambda shard: shard.update(path="/elsewhere/00000.parquet"), "the file is missing"),
        (lambda shard: shard.update(path="/elsewhere/00000.parquet"), "shards.txt does not list"),
    ],
)
def test_a_manifest_that_lies_is_found_even_with_a_mended_hash(tmp_path, shards, change, says):
    release = write(tmp_path / "releases", shards)
    rewrite(release, change)
    report = verify_release(release.path / "manifest.json")
    assert any(says in problem for problem in report.problems), report.problems


@pytest.mark.parametrize("name", ["", "a\x00b", "a\ud800", ".", "..", "../shards.txt", "/etc/passwd"])
def test_a_list_file_with_an_impossible_name_is_a_problem_and_no_crash(tmp_path, shards, name):
    release = write(tmp_path / "releases", shards)
    rewrite(release, lambda manifest: manifest["files"].update({name: "0" * 64}), whole=True)
    (problem,) = verify_release(release.path / "manifest.json").problems
    assert repr(name) in problem or name == ".."


def test_a_pipe_is_never_read(tmp_path, shards):
    """Beside the manifest, in a folder of text files, behind a link: each is a problem, and nothing waits for it."""
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "a.txt").write_text("one")
    release = write(tmp_path / "releases", [approved(folder, fmt="text")])
    assert verify_release(release.path / "manifest.json").ok
    os.mkfifo(folder / "b.txt")
    (problem,) = verify_release(release.path / "manifest.json").problems
    assert "neither a file nor a folder" in problem
    assert "b.txt" in problem
    (folder / "b.txt").unlink()
    (folder / "c.txt").symlink_to("/dev/zero")
    assert len(verify_release(release.path / "manifest.json").problems) == 1
    (folder / "c.txt").unlink()
    for name in ("shards.txt", "manifest.sha256"):
        (release.path / name).unlink()
        os.mkfifo(release.path / name)
    problems = verify_release(release.path / "manifest.json").problems
    assert [name in problem for name, problem in zip(("manifest.sha256", "shards.txt"), problems, strict=True)]


def test_a_folder_of_text_files_with_a_dead_link_is_a_problem(tmp_path):
    folder = tmp_path / "texts"
    folder.mkdir()
    (folder / "a.txt").write_text("one")
    release = write(tmp_path / "releases", [approved(folder, fmt="text")])
    (folder / "b.txt").symlink_to(tmp_path / "nowhere")
    assert not verify_release(release.path / "manifest.json").ok


@pytest.mark.parametrize("depth", [100_000, 985, 965, 945, 925, 400])
def test_a_manifest_nested_without_end_never_passes(tmp_path, shards, depth):
    """Where exactly it is too deep depends on who calls: it is refused as a whole, or has a problem."""
    release = write(tmp_path / "releases", shards)
    path = release.path / "manifest.json"
    nested = b"[" * depth + b"]" * depth
    path.write_bytes(path.read_bytes().replace(b'"path":"', b'"path":' + nested + b',"old":"', 1))
    if depth > 1_000:
        with pytest.raises(ReleaseError, match="nested"):
            verify_release(path)
    else:
        with contextlib.suppress(ReleaseError):
            assert not verify_release(path).ok


def test_a_manifest_with_a_number_json_has_no_word_for_is_found(tmp_path, shards):
    release = write(tmp_path / "releases", shards)
    path = release.path / "manifest.json"
    path.write_bytes(re.sub(rb'"high":[0-9.e-]+', b'"high":1e999', path.read_bytes(), count=1))
    problems = verify_release(path).problems
    assert any("not in the form" in problem for problem in problems)


def test_an_overruled_certificate_is_marked_and_still_verifies(tmp_path, shards):
    path = tmp_path / "corpus" / "00000.parquet"
    release = write(tmp_path / "releases", [approved(path, state=[R] * 20)])
    assert release.manifest["shards"][0]["decision"]["overruled"] is True
    assert verify_release(release.path / "manifest.json").ok


def test_a_shard_that_is_not_approved_is_refused(tmp_path, shards):
    held = dataclasses.replace(shards[0], decision=dataclasses.replace(shards[0].decision, ruling=Ruling.HOLD))
    with pytest.raises(ReleaseError, match="not approved"):
        write(tmp_path, [held])


def test_a_shard_approved_as_another_file_is_refused(tmp_path, shards):
    other = dataclasses.replace(shards[0].decision.fingerprint, digest="sha256:0")
    stale = dataclasses.replace(shards[0], decision=dataclasses.replace(shards[0].decision, fingerprint=other))
    with pytest.raises(ReleaseError, match="changed after it was approved"):
        write(tmp_path, [stale])


def test_a_file_that_changed_since_is_refused_and_nothing_is_left_behind(tmp_path, shards):
    grow(tmp_path / "corpus" / "00001.parquet")
    with pytest.raises(ReleaseError, match=r"web/00001.parquet.* changed after it was approved"):
        write(tmp_path / "releases", shards)
    assert not (tmp_path / "releases").exists()


def test_an_existing_release_is_never_overwritten(tmp_path, shards):
    first = write(tmp_path, shards)
    before = (first.path / "manifest.json").read_bytes()
    with pytest.raises(ReleaseError, match="exists already"):
        write(tmp_path, shards[:1])
    assert (first.path / "manifest.json").read_bytes() == before


@pytest.mark.parametrize("name", ["", ".", "..", ".hidden", "a/b", "/etc", "a b", "ä", "a\n", "x" * 101, "-rf"])
def test_a_name_that_is_no_simple_file_name_is_refused(tmp_path, shards, name):
    with pytest.raises(ReleaseError, match="cannot name a release"):
        write(tmp_path, shards, name=name)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus"]


@pytest.mark.parametrize("name", ["new\nline.parquet", "para\u2029graph.parquet", "feed\x0c.parquet", "end.parquet "])
def test_a_path_that_no_line_can_hold_is_refused_by_name(tmp_path, name):
    path = tmp_path / name
    path.write_bytes(b"x")
    with pytest.raises(ReleaseError, match="one path a line") as refused:
        write(tmp_path / "releases", [approved(path)])
    assert repr(f"web/{name}") in str(refused.value)


def test_a_path_that_is_no_utf8_is_refused():
    with pytest.raises(ReleaseError, match="holds UTF-8"):
        check_line(Listed("web/cafe", os.fsdecode(b"/data/caf\xe9.parquet"), "parquet"))


def test_any_other_name_stands_in_the_list_as_it_is(tmp_path):
    path = tmp_path / "$(rm -rf) 'café' \"文书\" #1 %20.parquet"
    path.write_bytes(b"x")
    release = write(tmp_path / "releases", [approved(path)])
    assert (release.path / "shards.txt").read_text().splitlines() == [str(path)]
    assert verify_release(release.path / "manifest.json").ok


def test_an_empty_release_is_refused(tmp_path):
    with pytest.raises(ReleaseError, match="Approve a shard first"):
        write(tmp_path, [])


def test_a_shard_twice_is_refused(tmp_path, shards):
    with pytest.raises(ReleaseError, match="twice"):
        write(tmp_path, [shards[0], shards[0]])


def test_an_unknown_format_is_refused_with_the_known_ones(tmp_path, shards):
    with pytest.raises(ReleaseError, match="paths, datatrove, dclm, nemo, dolma, data-juicer, table"):
        write(tmp_path, shards, fmt="tape")


@pytest.mark.parametrize("content", [b"", b"[]", b'{"schema": 99}', b'{"schema": 1, "shards": [{}]}', b"\xff"])
def test_a_file_that_is_no_manifest_is_refused(tmp_path, content):
    path = tmp_path / "manifest.json"
    path.write_bytes(content)
    with pytest.raises(ReleaseError):
        verify_release(path)


def test_a_missing_manifest_is_not_found(tmp_path):
    with pytest.raises(NotFound, match="no manifest"):
        verify_release(tmp_path / "manifest.json")


@pytest.mark.parametrize("fmt", [name for name in FORMATS if name != "dolma"])
def test_every_format_is_written_beside_the_plain_list_and_verifies(tmp_path, shards, fmt):
    release = write(tmp_path / "releases", shards, fmt=fmt)
    assert "shards.txt" in release.files
    assert verify_release(release.path / "manifest.json").ok


@pytest.mark.parametrize("fmt", ["datatrove", "dclm"])
def test_relative_lists_name_the_folder_they_are_relative_to(tmp_path, shards, fmt):
    (tmp_path / "corpus" / "deep").mkdir()
    deep = tmp_path / "corpus" / "deep" / "x.parquet"
    deep.write_bytes(b"x")
    release = write(tmp_path / "releases", [*shards, approved(deep)], fmt=fmt)
    config = json.loads((release.path / f"{fmt}.json").read_bytes())
    folder = config.get("data_folder") or config["raw_data_dirpath"]
    listed = (release.path / (config.get("paths_file") or config["shard_list_file"])).read_text().splitlines()
    assert listed == ["00000.parquet", "00001.parquet", "00002.parquet", "deep/x.parquet"]
    assert folder == str(tmp_path / "corpus")


def test_shards_without_a_common_folder_cannot_be_a_relative_list():
    with pytest.raises(ReleaseError, match="one folder that holds all"):
        datatrove("r", [Listed("a", "s3://one/a.parquet", "parquet"), Listed("b", "s3://two/b.parquet", "parquet")])
    with pytest.raises(ReleaseError, match="one folder that holds all"):
        datatrove("r", [Listed("a", "/data/a.parquet", "parquet"), Listed("b", "s3://two/b.parquet", "parquet")])
    files = datatrove(
        "r", [Listed("a", "s3://one/x/a.parquet", "parquet"), Listed("b", "s3://one/b.parquet", "parquet")]
    )
    assert json.loads(files["datatrove.json"])["data_folder"] == "s3://one"
    assert files["datatrove_paths.txt"] == "x/a.parquet\nb.parquet\n"


def test_a_consumer_that_cannot_read_a_shard_is_not_given_it(tmp_path, shards):
    with pytest.raises(ReleaseError, match=r"'dolma' takes jsonl; shard 'web/00000.parquet' is parquet"):
        write(tmp_path, shards, fmt="dolma")
