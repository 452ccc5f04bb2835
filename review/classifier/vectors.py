"""Encoder vectors kept on disk, so that no text is encoded twice.

A folder holds the vectors of one encoder. A chunk is a file with the keys and vectors of some texts, named after the
SHA-256 of its bytes: one that was torn or changed is known as such, dropped, and its texts are encoded again. A chunk
appears whole or not at all, so that work that was stopped, however it was stopped, goes on after the last chunk.
Processes that share a folder take turns, a chunk each, and look for what the other has done before they begin one.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from review.errors import ModelError

try:
    import fcntl
except ImportError:  # Windows: two processes may then encode the same text, and both results stand
    fcntl = None  # type: ignore[assignment]

CHUNK = 128  # texts between two files: some seconds of work of a usual encoder on one core
_KEY = 16  # bytes
_LOCK = "lock"
Vectors = NDArray[np.float32]
Step = Callable[[int, int], None]


class KeptVectors:
    """The vectors in one folder, by text."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._places: dict[bytes, tuple[str, int]] = {}  # chunk and row of each key
        self._known: set[str] = set()  # chunks that were looked into

    def get(self, texts: Sequence[str], compute: Callable[[Sequence[str]], Vectors], step: Step) -> Vectors:
        """(texts, dimensions) float32; `compute` is called, a chunk at a time, for texts that have no vector yet.

        texts: well-formed Unicode; step: called with (done, total) before each chunk, may raise to stop: the chunks
        before stay. Raises ModelError when a chunk cannot be written.
        """
        text_of = {_key(text): text for text in texts}
        while True:
            self._fill(text_of, compute, step)
            try:
                return self._read([_key(text) for text in texts])
            except _Torn as torn:  # while it was being used
                self._drop(str(torn))

    def _fill(self, text_of: Mapping[bytes, str], compute: Callable[[Sequence[str]], Vectors], step: Step) -> None:
        self._look()
        missing = [key for key in text_of if key not in self._places]
        for first in range(0, len(missing), CHUNK):
            step(first, len(missing))
            with self._turn():
                self._look()
                left = [key for key in missing[first : first + CHUNK] if key not in self._places]
                if left:
                    self._write(left, compute([text_of[key] for key in left]))

    def _look(self) -> None:
        """Take in the chunks that were written since the last look, by whomever."""
        for path in self._folder.glob("*.vectors"):
            if path.name in self._known:
                continue
            try:
                keys, _ = self._chunk(path.name)
            except _Torn:
                self._drop(path.name)
                continue
            self._note(path.name, keys)

    def _note(self, name: str, keys: Sequence[bytes]) -> None:
        self._known.add(name)
        self._places.update((key, (name, row)) for row, key in enumerate(keys))

    def _drop(self, name: str) -> None:
        (self._folder / name).unlink(missing_ok=True)
        self._known.discard(name)
        self._places = {key: place for key, place in self._places.items() if place[0] != name}

    def _chunk(self, name: str) -> tuple[list[bytes], Vectors]:
        from safetensors.numpy import load

        try:
            content = (self._folder / name).read_bytes()
        except OSError as error:
            raise _Torn(name) from error
        if name != _named(content):
            raise _Torn(name)
        arrays = load(content)
        return [row.tobytes() for row in arrays["keys"]], arrays["vectors"]

    def _read(self, keys: Sequence[bytes]) -> Vectors:
        rows: dict[str, list[tuple[int, int]]] = {}
        for at, key in enumerate(keys):
            name, row = self._places[key]
            rows.setdefault(name, []).append((at, row))
        out = np.zeros((len(keys), 0), np.float32)
        for name, pairs in rows.items():
            _, vectors = self._chunk(name)
            if not out.shape[1]:
                out = np.empty((len(keys), vectors.shape[1]), np.float32)
            out[[at for at, _ in pairs]] = vectors[[row for _, row in pairs]]
        return out

    def _write(self, keys: Sequence[bytes], vectors: Vectors) -> None:
        """Write a chunk, whole or not at all. Called in turn, so any part file is what a killed process left."""
        from safetensors.numpy import save

        table = np.frombuffer(b"".join(keys), np.uint8).reshape(-1, _KEY)
        content = save({"keys": table, "vectors": np.ascontiguousarray(vectors, np.float32)})
        name = _named(content)
        part = self._folder / f"{name}.part"
        try:
            for old in self._folder.glob("*.part"):
                old.unlink(missing_ok=True)
            with part.open("wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            part.replace(self._folder / name)
        except OSError as error:
            with contextlib.suppress(OSError):
                part.unlink(missing_ok=True)
            raise ModelError(
                f"The vectors of {len(keys)} texts cannot be kept in {self._folder}: {error}. Those written before are "
                "kept. Make room there, or free the folder for writing, and start again."
            ) from error
        self._note(name, keys)

    @contextlib.contextmanager
    def _turn(self) -> Iterator[None]:
        """Hold the folder for one chunk; the kernel gives it back when this process dies."""
        self._folder.mkdir(parents=True, exist_ok=True)
        lock = os.open(self._folder / _LOCK, os.O_RDWR | os.O_CREAT, 0o644)
        try:
            if fcntl is not None:
                fcntl.flock(lock, fcntl.LOCK_EX)
            yield
        finally:
            os.close(lock)


class _Torn(Exception):
    """A chunk that is not what was written; its name."""


def _key(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:_KEY]


def _named(content: bytes) -> str:
    return f"{hashlib.sha256(content).hexdigest()[:32]}.vectors"
