"""A fingerprint is cheap, and notices what it says it notices."""

import hashlib
import os

import fsspec
import pytest

from review.corpus import files, fingerprint, sha256_file, unchanged
from review.corpus.fingerprint import BLOCK, BLOCKS, EDGE, WHOLE
from review.errors import CorpusError, NotFound

LARGE = WHOLE + 50 * (1 << 20)


@pytest.fixture
def large(tmp_path) -> str:
    path = tmp_path / "large.jsonl"
    with path.open("wb") as file:
        file.truncate(LARGE)
    return str(path)


def poke(path: str, at: int) -> None:
    with open(path, "r+b") as file:
        file.seek(at)
        file.write(b"!")


def test_the_digest_of_a_small_file_is_its_sha256(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"x" * 3_000_000)
    expected = hashlib.sha256(b"x" * 3_000_000).hexdigest()
    assert fingerprint(str(path)).digest == f"sha256:{expected}"
    assert sha256_file(str(path)) == expected


@pytest.mark.parametrize("at", [0, EDGE - 1, EDGE, LARGE - EDGE, LARGE - 1, LARGE - EDGE - 1])
def test_a_change_at_the_ends_of_a_large_file_is_seen(large, at):
    before = fingerprint(large)
    poke(large, at)
    assert fingerprint(large).digest != before.digest


def test_what_lies_between_the_sampled_blocks_is_not_seen_by_the_digest_but_by_sha256(large):
    before, whole = fingerprint(large), sha256_file(large)
    poke(large, EDGE + BLOCK + 10)
    assert fingerprint(large).digest == before.digest
    assert sha256_file(large) != whole


def test_a_large_file_is_sampled_not_read(large, monkeypatch):
    read = []

    class Counting(files.pa.PythonFile):
        def read(self, n=None):
            found = super().read(n)
            read.append(len(found))
            return found

    monkeypatch.setattr(files, "open_file", lambda uri: Counting(open(uri, "rb"), mode="r"))  # noqa: SIM115
    fingerprint(large)
    assert sum(read) == 2 * EDGE + BLOCKS * BLOCK


def test_another_time_alone_is_no_change(large):
    before = fingerprint(large)
    os.utime(large, ns=(0, 0))
    assert unchanged(large, before)
    os.truncate(large, LARGE - 1)
    assert not unchanged(large, before)


def test_a_folder_changes_with_each_of_its_files(tmp_path):
    for name in ("a.txt", "b/c.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("same length")
    seen = fingerprint(str(tmp_path))
    whole = sha256_file(str(tmp_path))
    (tmp_path / "ignored.md").write_text("no row")
    assert fingerprint(str(tmp_path)).digest == seen.digest
    (tmp_path / "b/c.txt").write_text("SAME LENGTH")
    os.utime(tmp_path / "b/c.txt", ns=(0, 0))
    assert not unchanged(str(tmp_path), seen)
    assert sha256_file(str(tmp_path)) != whole
    (tmp_path / "b/c.txt").write_text("same length")
    assert unchanged(str(tmp_path), seen)
    (tmp_path / "b/c.txt").rename(tmp_path / "b/d.txt")
    assert not unchanged(str(tmp_path), seen)


def test_a_remote_file_has_the_digest_of_its_local_copy(tmp_path):
    (tmp_path / "a").write_bytes(b"some bytes")
    with fsspec.filesystem("memory").open(f"/{tmp_path.name}/a", "wb") as file:
        file.write(b"some bytes")
    url = f"memory:///{tmp_path.name}/a"
    assert fingerprint(url).digest == fingerprint(str(tmp_path / "a")).digest
    assert sha256_file(url) == sha256_file(str(tmp_path / "a"))
    assert unchanged(url, fingerprint(url))


@pytest.mark.parametrize("uri", ["/nowhere/a.parquet", "memory:///nowhere/a.parquet"])
def test_a_missing_file_is_not_found(uri):
    with pytest.raises(NotFound, match="does not exist") as caught:
        fingerprint(uri)
    assert isinstance(caught.value, CorpusError)
