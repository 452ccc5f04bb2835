"""What a shard file looked like, cheap enough for files of 100 GB.

The digest of a file up to `WHOLE` bytes is the sha256 of all of it ("sha256:..."). Of a larger file it is the sha256 of
its size, its first and last MiB and `BLOCKS` blocks of 64 KiB spread evenly between them ("sampled:..."): about 6 MiB
read, whatever the size.

It always catches: another size; any change in the head or the tail, so any rewritten Parquet or Arrow file (their
footers hold the sizes and places of everything); a new compression of changed text, which shifts all later bytes.
It does not catch: a change in place, of equal length, between the sampled blocks of an uncompressed file. Where that
matters, as in a release, use `sha256_file`.

A folder of text files: the sha256 over each file's relative path, size and digest ("folder:...").
"""

from __future__ import annotations

import hashlib

import pyarrow as pa

from review.corpus import files
from review.errors import ReviewError
from review.records import Fingerprint

WHOLE = 8 << 20
EDGE = 1 << 20
BLOCK = 64 << 10
BLOCKS = 64


def fingerprint(uri: str) -> Fingerprint:
    """Size, modification time and digest of a file or a folder of text files. Raises MissingFile or CorpusError."""
    size, mtime_ns = files.stat(uri)
    return Fingerprint(bytes=size, mtime_ns=mtime_ns, digest=_digest(uri))


def unchanged(uri: str, seen: Fingerprint) -> bool:
    """Whether a file is still what `seen` says. Raises MissingFile or CorpusError.

    Equal size and time are believed; with another time, or none (0), the digest decides.
    """
    size, mtime_ns = files.stat(uri)
    if size != seen.bytes:
        return False
    return (mtime_ns == seen.mtime_ns and mtime_ns != 0) or _digest(uri) == seen.digest


def sha256_file(uri: str) -> str:
    """sha256 of every byte, as hex, streamed. Of a folder: over each text file's relative path and sha256."""
    if files.is_folder(uri):
        total = hashlib.sha256()
        for relative in files.text_files(uri):
            total.update(f"{relative}\0{sha256_file(files.join(uri, relative))}\n".encode("utf-8", "surrogateescape"))
        return total.hexdigest()
    total = hashlib.sha256()
    with files.readable(uri), files.open_file(uri) as file:
        while block := file.read(EDGE):
            total.update(block)
    return total.hexdigest()


def _digest(uri: str) -> str:
    if files.is_folder(uri):
        return f"folder:{_folder_digest(uri)}"
    with files.readable(uri), files.open_file(uri) as file:
        return _file_digest(file)


def _folder_digest(uri: str) -> str:
    total = hashlib.sha256()
    for relative in files.text_files(uri):
        path = files.join(uri, relative)
        try:
            inside = f"{files.stat(path)[0]}\0{_digest(path)}"
        except ReviewError as error:
            # One unreadable file is a refused row, not a refused folder; becoming readable changes the fingerprint.
            inside = f"unreadable\0{type(error).__name__}"
        total.update(f"{relative}\0{inside}\n".encode("utf-8", "surrogateescape"))
    return total.hexdigest()


def _file_digest(file: pa.NativeFile) -> str:
    size = file.size()
    total = hashlib.sha256()
    if size <= WHOLE:
        while block := file.read(EDGE):
            total.update(block)
        return f"sha256:{total.hexdigest()}"
    total.update(f"review-sampled-1 {size}\n".encode())
    total.update(_at(file, 0, EDGE))
    span = size - 2 * EDGE - BLOCK
    for place in range(BLOCKS):
        total.update(_at(file, EDGE + span * place // (BLOCKS - 1), BLOCK))
    total.update(_at(file, size - EDGE, EDGE))
    return f"sampled:{total.hexdigest()}"


def _at(file: pa.NativeFile, offset: int, size: int) -> bytes:
    file.seek(offset)
    return file.read(size)
