"""Write a release: the approved shard list, the lists of a consumer, and the manifest. All of it or nothing."""

from __future__ import annotations

import filecmp
import hashlib
import itertools
import os
import re
import shutil
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from review.corpus.fingerprint import sha256_file, unchanged
from review.errors import ReleaseError
from review.records import Plan
from review.release.formats import FORMATS, Format, dolma_kept, paths
from review.release.keep import Keep, write_keep
from review.release.manifest import (
    MANIFEST,
    MANIFEST_HASH,
    Approved,
    Place,
    build_manifest,
    canonical,
    check_approved,
    hash_line,
    head,
    listed,
    shard_entry,
)
from review.release.signing import SIGNATURE, SigningKey

NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class WrittenRelease:
    """A release on disk."""

    name: str
    path: Path  # its folder
    files: tuple[str, ...]  # names in it, sorted
    manifest: Mapping[str, Any]
    head: Mapping[str, Any]  # the manifest without its shards, with its hash
    hashing: float  # seconds spent reading the shards' files


def write_release(
    folder: Path,
    name: str,
    approved: Sequence[Approved],
    *,
    project: str,
    plan: Plan,
    rubric: int,
    by: str,
    at: datetime,
    fmt: str = "paths",
    model: str | None = None,
    journal: Place | None = None,
    key: SigningKey | None = None,
    keep: Keep | None = None,
    risk: Mapping[str, Any] | None = None,
    hash_workers: int = 4,
    take_up: bool = False,
) -> WrittenRelease:
    """Write `folder/name/` with shards.txt, the files of format `fmt`, manifest.json and manifest.sha256.

    With `keep` there is keep.parquet, the list of documents, written as it is made. With a `key` there is manifest.sig
    as well: an Ed25519 signature, the same for the same manifest. The same arguments over the same files give the same
    bytes. The folder appears whole, by one rename, after everything in it has reached the disk. take_up: a folder of
    this name that holds this very release, byte for byte, is taken for it: whoever made it did not live to say so.
    Raises ReleaseError when the name is taken or no file name, nothing is approved, a shard's file is not the one that
    was approved, or the format cannot hold a shard.
    """
    target = place_of(folder, name) if take_up else free_place(folder, name)
    fmt_files = dolma_kept if keep and fmt == "dolma" else format_of(fmt)
    if not approved:
        raise ReleaseError("No shard is approved, so there is nothing to release. Approve a shard first.")
    entries = sorted(approved, key=lambda entry: entry.shard.name)
    for entry in entries:
        check_approved(entry)
    for before, after in itertools.pairwise(entries):
        if before.shard.name == after.shard.name:
            raise ReleaseError(f"Shard {after.shard.name!r} is listed twice; list every shard once.")
    # The format may refuse a shard: before hours of hashing, not after.
    fmt_files(name, [listed(entry.shard, shard_entry(entry, "")) for entry in entries])
    started = time.perf_counter()
    with ThreadPoolExecutor(max(1, hash_workers)) as pool:
        hashes = list(pool.map(_hash, entries))
    hashing = time.perf_counter() - started
    found = [shard_entry(entry, sha256) for entry, sha256 in zip(entries, hashes, strict=True)]
    shards = [listed(entry.shard, one) for entry, one in zip(entries, found, strict=True)]
    texts = {**paths(name, shards), **fmt_files(name, shards)}
    files = {file: text.encode("utf-8") if isinstance(text, str) else text for file, text in texts.items()}
    with _staged(target, take_up=take_up) as folder:
        kept = write_keep(folder, [entry.shard for entry in entries], keep, dolma=fmt == "dolma") if keep else None
        manifest = build_manifest(
            name,
            found,
            {file: hashlib.sha256(content).hexdigest() for file, content in files.items()}
            | (kept.files if kept else {}),
            project=project,
            plan=plan,
            rubric=rubric,
            model=model,
            fmt=fmt,
            by=by,
            at=at,
            journal=journal,
            key=None if key is None else key.public.fingerprint,
            keep=kept.facts if kept else None,
            risk=risk,
            lots=sorted({entry.lot for entry in entries if entry.lot}, key=lambda lot: lot.name),
        )
        content = canonical(manifest)
        files |= {MANIFEST: content, MANIFEST_HASH: hash_line(content)}
        if key is not None:
            files[SIGNATURE] = key.sign(content)
        _write_files(folder, files)
    return WrittenRelease(
        name, target, tuple(sorted({*files, *manifest["files"]})), manifest, head(manifest, content), hashing
    )


def format_of(fmt: str) -> Format:
    """The format by its name. Raises ReleaseError for a name that is none."""
    if fmt not in FORMATS:
        raise ReleaseError(f"The format {fmt!r} is not known; allowed are {', '.join(FORMATS)}.")
    return FORMATS[fmt]


def place_of(folder: Path, name: str) -> Path:
    """Where a release of this name goes. Raises ReleaseError when the name is no file name."""
    if not NAME.fullmatch(name):
        raise ReleaseError(
            f"{name!r} cannot name a release; allowed are 1 to 100 letters, digits, '.', '_' and '-', the first a "
            "letter or digit, for example 2026-11-web."
        )
    return folder / name


def free_place(folder: Path, name: str) -> Path:
    """As `place_of`; raises ReleaseError as well when the name is taken."""
    target = place_of(folder, name)
    if target.exists() or target.is_symlink():
        raise _taken(name)
    return target


def _taken(name: str) -> ReleaseError:
    return ReleaseError(f"The release {name!r} exists already and is never overwritten. Choose another name.")


def _hash(entry: Approved) -> str:
    """sha256 of a shard's content; raises ReleaseError when the file is not the approved one."""
    shard = entry.shard
    sha256 = sha256_file(shard.uri)
    # After hashing, so that a change in between is seen as well.
    if not unchanged(shard.uri, shard.fingerprint):
        raise ReleaseError(f"Shard {shard.name!r} changed after it was approved ({shard.uri}). Ingest it again.")
    return sha256


@contextmanager
def _staged(target: Path, *, take_up: bool) -> Iterator[Path]:
    """A folder to write into, which becomes `target` when everything went well, and else is nothing."""
    target.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=f".{target.name}.", dir=target.parent))
    try:
        yield temporary
        if take_up and _same_files(temporary, target):
            shutil.rmtree(temporary)
            return
        os.chmod(temporary, 0o777 & ~_umask())
        _sync_folder(temporary)
        try:
            os.rename(temporary, target)
        except OSError as error:
            if target.exists() or target.is_symlink():
                raise _taken(target.name) from error
            raise ReleaseError(f"The release {target.name!r} could not be put in place: {error.strerror}.") from error
        _sync_folder(target.parent)
    except BaseException:
        shutil.rmtree(temporary, ignore_errors=True)
        raise


def _same_files(one: Path, other: Path) -> bool:
    """Whether two folders hold the same files, byte for byte."""
    if not other.is_dir() or other.is_symlink():
        return False
    names, there = (
        sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if not path.is_dir())
        for folder in (one, other)
    )
    return names == there and filecmp.cmpfiles(one, other, names, shallow=False)[0] == names


def _write_files(folder: Path, files: Mapping[str, bytes]) -> None:
    for name, content in files.items():
        with (folder / name).open("xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())


def _umask() -> int:
    mask = os.umask(0o022)  # there is no way to read it without setting it
    os.umask(mask)
    return mask


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
