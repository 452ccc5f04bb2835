"""The quality classifier: learns from labels, tests itself on audit labels, and scores whole corpora.

The names below are loaded when they are first used: numba and scipy are heavy, and most commands need neither.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from review.classifier.model import TrainedModel
    from review.classifier.promotion import Gate, gate
    from review.classifier.registry import load, save
    from review.classifier.training import TrainingCancelled, day_zero, train

__all__ = ["Gate", "TrainedModel", "TrainingCancelled", "day_zero", "gate", "load", "save", "train"]

_HOME = {
    "Gate": "promotion", "gate": "promotion", "TrainedModel": "model", "load": "registry", "save": "registry",
    "TrainingCancelled": "training", "day_zero": "training", "train": "training",
}  # fmt: skip


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"{__name__}.{_HOME[name]}"), name)
