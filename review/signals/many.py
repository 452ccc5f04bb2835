"""Some signals of many texts, compiled: what one asks for by name, of the texts' beginnings."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from review.signals.catalogue import NAMES, POOL_SIGNALS, assemble
from review.signals.scan import Scanner, Texts, _no_tables


def reader(names: Sequence[str], max_bytes: int) -> Callable[[Sequence[str]], NDArray[np.float32]]:
    """A function from texts to (texts, names) of these signals, looking at `max_bytes` of each text. One thread at a
    time may call it. Signals that need a pool to compare with are refused with ValueError."""
    pooled = sorted(POOL_SIGNALS.intersection(names))
    if pooled:
        raise ValueError(f"{pooled[0]!r} compares with a pool of documents; ask for other signals.")
    columns = [NAMES.index(name) for name in names]
    scanner = Scanner()

    def read(texts: Sequence[str]) -> NDArray[np.float32]:
        if not texts:
            return np.zeros((0, len(columns)), np.float32)
        return assemble(scanner.scan(Texts.from_strings(texts, max_bytes), _no_tables()).counts)[:, columns]

    return read
