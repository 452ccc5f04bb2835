"""Shard files, read in place: which there are, what is in them, and documents by row number."""

from review.corpus.documents import iter_texts, read_rows, try_rows
from review.corpus.files import MissingFile
from review.corpus.fingerprint import fingerprint, sha256_file, unchanged
from review.corpus.reader import TEXT_NAMES
from review.corpus.scan import Scan, scan
from review.corpus.sources import Source, resolve

__all__ = [
    "TEXT_NAMES",
    "MissingFile",
    "Scan",
    "Source",
    "fingerprint",
    "iter_texts",
    "read_rows",
    "resolve",
    "scan",
    "sha256_file",
    "try_rows",
    "unchanged",
]
