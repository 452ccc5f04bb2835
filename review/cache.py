"""Bytes that are costly to make and the same for every project, kept from one process to the next."""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
import warnings
from collections.abc import Callable
from pathlib import Path

_DIGEST = hashlib.sha256().digest_size


def cached(name: str, make: Callable[[], bytes]) -> bytes:
    """What was kept under a file name, or what `make` gives, which is kept then.

    The name must tell all that the bytes hang on. What is damaged is made anew; what cannot be kept is warned of.
    """
    place = folder()
    if place is None:
        _warn(name, "this user has no home, and the package's folder cannot be written")
        return make()
    data = _read(place / name)
    if data is None:
        data = make()
        _write(place / name, data)
    return data


def folder() -> Path | None:
    """Beside this package's byte code, or in the user's cache where that cannot be written; None: nowhere."""
    beside = Path(__file__).parent / "__pycache__"
    if os.access(beside if beside.exists() else beside.parent, os.W_OK):
        return beside
    try:
        return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "review"
    except RuntimeError:  # as in some containers
        return None


def _read(path: Path) -> bytes | None:
    """What stands behind its own hash; None where nothing does."""
    try:
        found = path.read_bytes()
    except OSError:
        return None
    return found[_DIGEST:] if hashlib.sha256(found[_DIGEST:]).digest() == found[:_DIGEST] else None


def _write(path: Path, data: bytes) -> None:
    part = None
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, part = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
        with os.fdopen(handle, "wb") as file:
            file.write(hashlib.sha256(data).digest() + data)
        Path(part).chmod(0o644)  # whoever runs an installation of many may read it
        Path(part).replace(path)
    except OSError as error:
        if part:
            with contextlib.suppress(OSError):
                Path(part).unlink()
        _warn(path.name, f"{path.parent}: {error.strerror}")


def _warn(name: str, why: str) -> None:
    warnings.warn(
        f"{name} could not be kept ({why}), so each start will make it again, which takes seconds. Make room there, or "
        "let it be written.",
        stacklevel=3,
    )
