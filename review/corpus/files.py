"""Bytes behind a local path or an fsspec URL, and the one place where remote libraries' errors are translated."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Literal

import pyarrow as pa

from review.errors import CorpusError, NotFound

# Which optional dependency brings a protocol: `pip install 'review-desk[s3]'`.
EXTRAS = {"s3": "s3", "s3a": "s3", "gs": "gcs", "gcs": "gcs", "hf": "hf"}

COMPRESSIONS: dict[str, Literal["gzip", "zstd"]] = {".gz": "gzip", ".zst": "zstd"}

TEXT_FILE_SUFFIX = ".txt"


class MissingFile(CorpusError, NotFound):
    """A shard file is not where it was."""


def is_remote(uri: str) -> bool:
    """Whether the uri is an fsspec URL. Absolute local paths never hold '//', so '://' decides."""
    return "://" in uri


@contextmanager
def readable(uri: str) -> Iterator[None]:
    """Turn every way a file can fail to open into MissingFile or CorpusError.

    Remote libraries raise whatever they like (botocore, aiohttp, huggingface_hub), so for URLs any Exception is caught.
    """
    try:
        yield
    except CorpusError:
        raise
    except FileNotFoundError as error:
        raise MissingFile(f"{uri} does not exist. Was it moved or deleted?") from error
    except PermissionError as error:
        raise CorpusError(f"{uri} may not be read by this user: {_reason(error)}. Change its permissions.") from error
    except OSError as error:
        raise CorpusError(f"{uri} cannot be read: {_reason(error)}.") from error
    except Exception as error:
        if not is_remote(uri):
            raise
        raise CorpusError(f"{uri} cannot be read: {type(error).__name__}: {_reason(error)}.") from error


def filesystem(url: str) -> tuple[Any, str]:
    """The fsspec filesystem of a URL and the path in it.

    Raises CorpusError when the protocol is unknown or the package for it is not installed.
    """
    import fsspec

    protocol = url.partition("://")[0].rpartition("::")[2]
    try:
        # No listings cache: a changed file must be seen as changed.
        fs, path = fsspec.core.url_to_fs(url, use_listings_cache=False)
    except ImportError as error:
        extra = EXTRAS.get(protocol)
        how = f"Install it with: pip install 'review-desk[{extra}]'" if extra else f"Install what fsspec asks: {error}"
        raise CorpusError(f"{url} needs a package for {protocol}:// that is not installed. {how}") from error
    except ValueError as error:
        allowed = ", ".join(f"{name}://" for name in EXTRAS)
        raise CorpusError(f"{url}: {error}. Allowed: local paths, {allowed} and what fsspec knows.") from error
    return fs, path


def open_file(uri: str) -> pa.NativeFile:
    """The raw bytes of a file, seekable. Raises MissingFile or CorpusError.

    Plain reads, never a memory map: a file cut short while mapped kills the process with SIGBUS.
    """
    with readable(uri):
        if not is_remote(uri):
            if os.path.isdir(uri):
                raise IsADirectoryError("it is a folder, not a file")
            return pa.OSFile(uri, "r")
        fs, path = filesystem(uri)
        return pa.PythonFile(fs.open(path, "rb"), mode="r")


def open_stream(uri: str) -> pa.NativeFile:
    """The bytes of a file, decompressed where the suffix is .gz or .zst.

    Several gzip members or zstd frames in a row are one stream. A stream that ends in the middle of a member, or whose
    checksum fails, raises OSError while it is read: it never just ends early. Memory is bounded by the codec's window.
    """
    raw = open_file(uri)
    codec = COMPRESSIONS.get(os.path.splitext(uri)[1].lower())
    return raw if codec is None else pa.CompressedInputStream(raw, codec)


def stat(uri: str) -> tuple[int, int]:
    """Bytes and modification time in ns (0 where a remote store does not tell). Raises MissingFile or CorpusError.

    For a folder of text files: the sum of their bytes, and in place of a time 62 bits of a hash over the path, size and
    time of each, so that a file put in another's place is seen even when it is older.
    """
    with readable(uri):
        if not is_remote(uri):
            found = os.stat(uri)
            if not os.path.isdir(uri):
                return found.st_size, found.st_mtime_ns
            entries = {relative: os.stat(os.path.join(uri, relative)) for relative in text_files(uri)}
            return _folder_stat({name: (entry.st_size, entry.st_mtime_ns) for name, entry in entries.items()})
        fs, path = filesystem(uri)
        if fs.isdir(path):
            return _folder_stat({relative: _remote_stat(fs, f"{path}/{relative}") for relative in text_files(uri)})
        return _remote_stat(fs, path)


def is_folder(uri: str) -> bool:
    """Whether the uri names a folder."""
    with readable(uri):
        if not is_remote(uri):
            return os.path.isdir(uri)
        fs, path = filesystem(uri)
        return bool(fs.isdir(path))


def files_below(folder: str) -> list[str]:
    """Paths of all files below a folder, relative to it, '/' between parts, sorted. Links to folders are not followed,
    hidden files and folders are left out."""
    with readable(folder):
        if is_remote(folder):
            fs, path = filesystem(folder)
            base = path.rstrip("/") + "/"
            found = [name[len(base) :] for name in fs.find(path)]
            return sorted(name for name in found if not any(part.startswith(".") for part in name.split("/")))
        found = []
        for parent, folders, names in os.walk(folder):
            folders[:] = [name for name in folders if not name.startswith(".")]
            found += [os.path.relpath(os.path.join(parent, name), folder) for name in names if not name.startswith(".")]
        return sorted(found)


def text_files(folder: str) -> list[str]:
    """The .txt files below a folder, relative and sorted: the rows of a text shard."""
    return [name for name in files_below(folder) if name.lower().endswith(TEXT_FILE_SUFFIX)]


def join(folder: str, relative: str) -> str:
    """The uri of a file below a folder."""
    return f"{folder.rstrip('/')}/{relative}"


def _remote_stat(fs: Any, path: str) -> tuple[int, int]:
    size = fs.info(path)["size"]
    if size is None:
        raise CorpusError(f"{path} does not tell its size, so a change could not be noticed. Copy it to a local disk.")
    try:
        modified = fs.modified(path)
    except (NotImplementedError, AttributeError, KeyError):
        return int(size), 0
    return int(size), int(modified.timestamp() * 1_000_000_000)


def _folder_stat(entries: dict[str, tuple[int, int]]) -> tuple[int, int]:
    listing = "".join(f"{name}\0{size}\0{mtime_ns}\n" for name, (size, mtime_ns) in entries.items())
    digest = hashlib.sha256(listing.encode("utf-8", "surrogateescape")).digest()
    return sum(size for size, _ in entries.values()), int.from_bytes(digest[:8], "little") >> 2


def _reason(error: BaseException) -> str:
    return str(getattr(error, "strerror", None) or error or type(error).__name__).rstrip(".")
