"""Patterns to shard files, each with a stable name."""

from __future__ import annotations

import glob
import os
import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from review.corpus import files
from review.corpus.formats import UNKNOWN, format_of
from review.errors import CorpusError


@dataclass(frozen=True, slots=True)
class Source:
    """A file, or a folder of text files, that is to become a shard."""

    uri: str  # absolute path or fsspec URL
    name: str  # of the shard: corpus, '/', path below the pattern's fixed part, suffixes kept
    corpus: str
    format: str  # a key of READERS, or "unknown", which `scan` refuses


def resolve(patterns: Iterable[str], base: Path, *, corpus: str) -> list[Source]:
    """The sources that the patterns name, sorted by uri, each once.

    A pattern is a path or glob (`**` goes through folders) below `base`, an fsspec URL or glob, or a folder of .txt
    files; a glob that ends in '/' takes every folder it matches as one. A path that exists is never taken as a glob.
    A shard's name is the corpus, '/', and its path below the pattern's part before the first `*`, `?` or `[`; for a
    plain path its last part.

    Raises CorpusError when a pattern matches nothing, a folder holds no .txt files (or shard files too), or two
    files would get one name.
    """
    found: dict[str, Source] = {}
    for pattern in patterns:
        uri = pattern.removeprefix("file://")
        matches = list(_remote(uri) if files.is_remote(uri) else _local(uri, base))
        if not matches:
            raise CorpusError(f"No file matches {pattern!r} (looked from {base}). Give a path, a glob or a URL.")
        for source in matches:
            found.setdefault(source.uri, replace(source, name=f"{corpus}/{source.name}", corpus=corpus))
    sources = sorted(found.values(), key=lambda source: source.uri)
    _refuse_equal_names(sources)
    return sources


def _local(pattern: str, base: Path) -> Iterator[Source]:
    root = os.path.abspath(base)
    pattern = os.path.expanduser(pattern)
    literal = os.path.abspath(os.path.join(root, pattern))
    if os.path.lexists(literal):
        yield _folder(literal) if os.path.isdir(literal) else _file(literal, os.path.basename(literal))
        return
    prefix = os.path.abspath(os.path.join(root, _fixed_part(pattern)))
    for match in glob.iglob(pattern, root_dir=root, recursive=True):
        path = os.path.abspath(os.path.join(root, match))
        if not os.path.isdir(path):
            yield _file(path, os.path.relpath(path, prefix))
        elif pattern.endswith("/"):
            yield _folder(path, os.path.relpath(path, prefix))


def _remote(pattern: str) -> Iterator[Source]:
    if "::" in pattern:
        raise CorpusError(f"{pattern}: chained URLs are not read. Unpack the archive or give the inner URL.")
    with files.readable(pattern):
        fs, path = files.filesystem(pattern)
        if fs.exists(path):
            uri = fs.unstrip_protocol(path)
            yield _folder(uri) if fs.isdir(path) else _file(uri, posixpath.basename(path))
            return
        if not glob.has_magic(path):
            return
        prefix = _fixed_part(path)
        for match, info in sorted(fs.glob(path, detail=True).items()):
            name = posixpath.relpath("/" + match.lstrip("/"), "/" + prefix.lstrip("/"))
            # Some stores answer with a path of another form (a resolved revision): then the whole path is the name.
            name = match.lstrip("/") if name.startswith("..") else name
            uri = fs.unstrip_protocol(match)
            if info.get("type") != "directory":
                yield _file(uri, name)
            elif pattern.endswith("/"):
                yield _folder(uri, name)


def _file(uri: str, name: str) -> Source:
    return Source(uri, name, "", format_of(uri))


def _folder(uri: str, name: str | None = None) -> Source:
    below = files.files_below(uri)
    shards = [path for path in below if format_of(path) != UNKNOWN]
    texts = files.text_files(uri)
    if shards or not texts:
        what = f"{len(texts)} .txt files and {len(shards)} shard files" if shards else "no .txt files"
        suffix = os.path.splitext(shards[0])[1] if shards else ".parquet"
        raise CorpusError(
            f"{uri} is a folder with {what}. A folder is read only as a shard of .txt files; "
            f"for shard files give a pattern such as '{files.join(uri, f'**/*{suffix}')}'."
        )
    return Source(uri.rstrip("/"), name or posixpath.basename(uri.rstrip("/")) or "root", "", "text")


def _fixed_part(pattern: str) -> str:
    """The folders of a pattern before the first one with a glob sign."""
    fixed = []
    for part in pattern.split("/")[:-1]:
        if glob.has_magic(part):
            break
        fixed.append(part)
    return "/".join(fixed) or ("/" if pattern.startswith("/") else "")


def _refuse_equal_names(sources: list[Source]) -> None:
    by_name: dict[str, str] = {}
    for source in sources:
        other = by_name.setdefault(source.name, source.uri)
        if other != source.uri:
            raise CorpusError(
                f"{other} and {source.uri} would both be the shard {source.name!r}. Give one pattern that "
                "starts above both, or ingest them as two corpora with --corpus."
            )
