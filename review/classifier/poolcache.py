"""Statistics of the unlabelled texts, kept between trainings: labels change every day, most of the pool does not.

A file stands for exactly one pool: its name is a hash over the texts, the seed, the cap and the code that made it. What
is read back is the same to the bit, so a model is the same with and without it.
"""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import numpy as np

from review.classifier.card import canonical, code_version
from review.classifier.pool import Block, Pool
from review.classifier.registry import POOL_ARRAYS, POOL_NUMBERS
from review.classifier.static import StaticVectors

KEPT = 2  # files: the one in use, and the one before


def pool_path(folder: Path, digest: str, seed: int, max_bytes: int) -> Path:
    """Where the statistics of this pool lie."""
    name = canonical({"pool": digest, "seed": seed, "max_bytes": max_bytes, "code": code_version()})
    return folder / f"{hashlib.sha256(name).hexdigest()[:24]}.safetensors"


def read_pool(path: Path) -> Pool | None:
    """The statistics, or None where there are none or they cannot be read: then they are learned again."""
    from safetensors import SafetensorError
    from safetensors.numpy import load_file

    try:
        arrays: dict[str, Any] = load_file(path)
        numbers: dict[str, Any] = dict(zip(POOL_NUMBERS, arrays["numbers"].tolist(), strict=True))
        numbers["documents"] = int(numbers["documents"])
        names = [name.removeprefix("mean.") for name in arrays if name.startswith("mean.")]
        blocks = {name: Block(arrays[f"mean.{name}"], float(arrays[f"scale.{name}"][0])) for name in _ordered(names)}
        static = StaticVectors.of(arrays)
        return Pool(**numbers, **{name: arrays[name] for name in POOL_ARRAYS}, static=static, blocks=blocks)
    except (OSError, KeyError, ValueError, TypeError, SafetensorError):
        return None


def keep_pool(path: Path, pool: Pool) -> None:
    """Write the statistics, whole or not at all, and drop those of older pools."""
    from safetensors.numpy import save

    arrays = {name: getattr(pool, name) for name in POOL_ARRAYS}
    arrays |= {f"mean.{name}": block.mean for name, block in pool.blocks.items()}
    arrays |= {f"scale.{name}": np.array([block.scale]) for name, block in pool.blocks.items()}
    arrays |= pool.static.arrays()
    arrays["numbers"] = np.array([getattr(pool, name) for name in POOL_NUMBERS], np.float64)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(".part")
    part.write_bytes(save({name: np.ascontiguousarray(array) for name, array in arrays.items()}))
    part.replace(path)
    old = sorted(path.parent.glob("*.safetensors"), key=lambda one: one.stat().st_mtime_ns)[:-KEPT]
    for one in old:
        one.unlink(missing_ok=True)


def _ordered(names: list[str]) -> list[str]:
    """Parts in the order they are summed in, which decides the last bits."""
    order = ("signals", "words", "grams", "static")
    return sorted(names, key=order.index)
