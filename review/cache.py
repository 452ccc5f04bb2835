"""Bytes that are costly to make and the same for every project, kept from one process to the next."""

from __future__ import annotations

import contextlib
import hashlib
import os
import warnings
from collections.abc import Callable
from pathlib import Path

_DIGEST = hashlib.sha256().digest_size


def cached(name: str, make: Callable[[], bytes]) -> bytes:
    """What was kept under a file name, or what `make` gives, which is kept then.

    The name must tell all that the bytes hang on. What is damaged is made anew; what cannot be kept is warned of.
    """
    path = folder() / name
    data = _read(path)
    if data is None:
        data = make()
        _write(path, data)
    return data


def folder() -> Path:
    """Beside this package's byte code, or in the user's cache where that cannot be written."""
    beside = Path(__file__).parent / "__pycache__"
    if os.access(beside if beside.exists() else beside.parent, os.W_OK):
        return beside
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "review"


def _read(path: Path) -> bytes | None:
    """What stands behind its own hash; None where nothing does."""
    try:
        found = path.read_bytes()
    except OSError:
        return None
    return found[_DIGEST:] if hashlib.sha256(found[_DIGEST:]).digest() == found[:_DIGEST] else None


def _write(path: Path, data: bytes) -> None:
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_bytes(hashlib.sha256(data).digest() + data)
        part.replace(path)
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        warnings.warn(
            f"{path.name} could not be kept in {path.parent} ({error.strerror}), so each start will make it again, "
            "which takes seconds. Make room there, or let it be written.",
            stacklevel=2,
        )
