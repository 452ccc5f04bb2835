"""Verify a release from its manifest alone: offline, on any machine that sees the files."""

from __future__ import annotations

import hashlib
import json
import math
import os
import stat
import time
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from review.certificate import recompute
from review.corpus import files as corpus_files
from review.corpus.fingerprint import sha256_file
from review.errors import NotFound, ReleaseError, ReviewError
from review.release.formats import lines
from review.release.lots import lot_problems
from review.release.manifest import MANIFEST_HASH, READABLE, SHARD_KEYS, canonical, hash_line
from review.release.signing import SIGNATURE, PublicKey, signature_problem

STATED = frozenset({"state", "sentence", "low", "high", "confidence", "n", "bad", "unsure"})
SAME = 1e-9  # shares of a recomputed certificate may differ by this much between versions of the numeric libraries


@dataclass(frozen=True, slots=True)
class VerifyReport:
    """What verification found. Every problem is a sentence; none: the release is what was approved."""

    checked: int  # shards
    problems: tuple[str, ...]
    seconds: float
    signed: str | None = None  # fingerprint of the key whose signature held; None: it was not asked for, or did not
    journalled: int | None = None  # shards whose certificates followed from a journal; None: none was there

    @property
    def ok(self) -> bool:
        return not self.problems


def verify_release(
    manifest_path: Path,
    *,
    moved: Mapping[str, str] | None = None,
    key: PublicKey | None = None,
    hash_workers: int = 4,
) -> VerifyReport:
    """Check the manifest's own hash, the list files beside it, every certificate, and every shard's size and content.

    `moved` says where files are now, by the beginnings of their paths: {"/data": "/mnt/copy"}; of several that fit the
    longest counts. With a `key` the manifest must carry its signature. Raises NotFound when there is no manifest, and
    ReleaseError when it is none that this version can read.
    """
    started = time.perf_counter()
    try:
        shards, problems = _verify(manifest_path, moved or {}, key, hash_workers)
    except RecursionError:
        raise ReleaseError(f"{manifest_path} is nested deeper than any manifest, so it is none.") from None
    signed = key.fingerprint if key and not any(problem.startswith(SIGNATURE) for problem in problems) else None
    return VerifyReport(shards, tuple(problems), time.perf_counter() - started, signed)


def _verify(
    manifest_path: Path, moved: Mapping[str, str], key: PublicKey | None, hash_workers: int
) -> tuple[int, list[str]]:
    """Number of shards, and the problems. Raises RecursionError where the manifest is too deep to be walked."""
    content, manifest = read_manifest(manifest_path)
    problems = [*_manifest_problems(manifest_path, content, manifest), *_file_problems(manifest_path, manifest)]
    unsigned = signature_problem(manifest_path.parent, content, manifest.get("key"), key)
    problems += [unsigned] if unsigned else []
    shards = manifest["shards"]
    for shard in shards:
        problems += _certificate_problems(shard)
    problems += lot_problems(manifest)
    with ThreadPoolExecutor(max(1, hash_workers)) as pool:
        for found in pool.map(lambda shard: _content_problems(shard, moved), shards):
            problems += found
    return len(shards), problems


def read_manifest(path: Path) -> tuple[bytes, dict[str, Any]]:
    """The manifest's bytes and content. Raises NotFound or ReleaseError."""
    try:
        content = path.read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise NotFound(f"There is no manifest at {path}. Name the manifest.json of a release.") from error
    try:
        manifest = json.loads(content)
    except ValueError as error:
        raise ReleaseError(f"{path} is not JSON ({error}), so it is no manifest or was damaged.") from error
    if not isinstance(manifest, dict) or manifest.get("schema") not in READABLE:
        got = manifest.get("schema") if isinstance(manifest, dict) else None
        reads = " and ".join(map(str, READABLE))
        raise ReleaseError(f"{path} has schema {got!r}; this version reads {reads}. Verify with the version it names.")
    shards = manifest.get("shards")
    whole = isinstance(shards, list) and all(isinstance(each, dict) and each.keys() >= SHARD_KEYS for each in shards)
    if not whole:
        raise ReleaseError(f"{path} lacks what a manifest says of each shard: {', '.join(sorted(SHARD_KEYS))}.")
    return content, manifest


def _manifest_problems(path: Path, content: bytes, manifest: Mapping[str, Any]) -> Iterator[str]:
    stored = _beside(path, MANIFEST_HASH)
    if stored is None:
        yield f"{MANIFEST_HASH} is missing, so the manifest cannot be checked against it."
    elif stored != hash_line(content):
        yield f"The manifest was changed after it was written: its sha256 is not the one in {MANIFEST_HASH}."
    try:
        as_written = content == canonical(manifest)
    except ValueError:  # a number that JSON has no word for
        as_written = False
    if not as_written:
        yield "The manifest is not in the form it was written in: it was edited or re-saved."


def _file_problems(path: Path, manifest: Mapping[str, Any]) -> Iterator[str]:
    """The list files: unchanged, and the plain one lists exactly the manifest's shards."""
    expected = lines([str(shard["path"]) for shard in manifest["shards"]]).encode("utf-8", "replace")
    listed = manifest.get("files")
    files: Mapping[str, Any] = listed if isinstance(listed, dict) else {}
    for name in sorted({"shards.txt", *files}):
        if not name.isprintable() or not name or any(part in ("", ".", "..") for part in name.split("/")):
            yield f"The manifest names a list file {name!r}, which is no file name."
            continue
        content = _beside(path, name)
        if content is None:
            yield f"The list file {name} is missing."
        elif hashlib.sha256(content).hexdigest() != files.get(name):
            yield f"The list file {name} was changed after the release."
        elif name == "shards.txt" and content != expected:
            yield "The list file shards.txt does not list the manifest's shards."


def _beside(path: Path, name: str) -> bytes | None:
    """A file beside the manifest; None when there is none, or what stands there is no file: a pipe has no end."""
    beside = path.parent / name
    try:
        return beside.read_bytes() if beside.is_file() else None
    except OSError:
        return None


def _certificate_problems(shard: Mapping[str, Any]) -> Iterator[str]:
    name, certificate, decision = shard["name"], shard["certificate"], shard["decision"]
    if not isinstance(decision, dict) or decision.get("ruling") != "approve":
        yield f"{name}: is not approved in the manifest."
        return
    if not isinstance(certificate, dict) or not isinstance(certificate.get("inputs"), dict):
        yield f"{name}: has no certificate that can be recomputed."
        return
    try:
        again = recompute(certificate["inputs"])
    except ReviewError as error:
        yield f"{name}: its certificate cannot be recomputed: {error}"
        return
    # A stored certificate may say more than this version recomputes, but never less than what it stands for.
    both = certificate.keys() & {field.name for field in fields(again)}
    differing = sorted((STATED - both) | {key for key in both if not _same(certificate[key], getattr(again, key))})
    if differing:
        yield f"{name}: its certificate does not follow from its labels; recomputed, {', '.join(differing)} differ."
    if bool(decision.get("overruled")) != (again.state != "approve"):
        yield f"{name}: says overruled {decision.get('overruled')}, but its labels say {again.state!r}."


def _same(stored: Any, recomputed: Any) -> bool:
    if isinstance(stored, float) or isinstance(recomputed, float):
        numbers = isinstance(stored, int | float) and isinstance(recomputed, int | float)
        try:
            return numbers and math.isclose(stored, recomputed, rel_tol=SAME, abs_tol=SAME)
        except OverflowError:  # more digits than a float has room for
            return False
    return bool(stored == recomputed)


def there_now(uri: str, moved: Mapping[str, str]) -> str:
    """Where a file is on this machine: its path with the longest beginning in `moved` put in its place."""
    fits = [old for old in moved if uri == old or uri.startswith(old if old.endswith("/") else f"{old}/")]
    old = max(fits, key=len, default=None)
    return uri if old is None else moved[old] + uri[len(old) :]


def _content_problems(shard: Mapping[str, Any], moved: Mapping[str, str]) -> list[str]:
    name, uri = shard["name"], there_now(str(shard["path"]), moved)
    try:
        endless = _endless(uri)
        if endless is not None:
            return [f"{name}: {endless} is neither a file nor a folder, so it was not read."]
        size, _ = corpus_files.stat(uri)
        if size != shard["bytes"]:
            return [f"{name}: has {size} bytes, {shard['bytes']} were approved ({uri})."]
        if sha256_file(uri) != shard["sha256"]:
            return [f"{name}: its content changed, the sha256 is another one ({uri})."]
    except NotFound:
        return [f"{name}: the file is missing ({uri})."]
    except (ReviewError, ValueError) as error:  # ValueError: a path that no file can have
        return [f"{name}: {error}"]
    return []


def _endless(uri: str) -> str | None:
    """The device or pipe that this shard is, or holds in its folder, which may never end to be read; else None.

    Raises CorpusError or MissingFile.
    """
    if not corpus_files.is_folder(uri):
        return uri if _is_device(uri) else None
    inside = (corpus_files.join(uri, relative) for relative in corpus_files.text_files(uri))
    return next((path for path in inside if _is_device(path)), None)


def _is_device(uri: str) -> bool:
    with corpus_files.readable(uri):
        if corpus_files.is_remote(uri):
            fs, path = corpus_files.filesystem(uri)
            return bool(fs.info(path).get("type") == "other")  # what fsspec calls a device of a local disk
        mode = os.stat(uri).st_mode
        return not (stat.S_ISREG(mode) or stat.S_ISDIR(mode))
