"""A handful of a document's signals, and where it stands among what was drawn from its shard.

The compiled pass over texts is loaded in the background, because it takes a second, and minutes of no desk at all on a
machine that must compile it first: until it is there, documents come without.
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from threading import Event, Lock, Thread
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from review.records import Document, Stream
from review.store import Store

FEWEST = 20  # drawn documents of a shard to be compared with
_SAMPLE = 200  # drawn documents of a shard that are looked at, the first ranks
_BYTES = 100_000  # of each text
_SHARDS = 500  # whose samples are kept
_BINS = 24
_TAIL = 0.05  # a document beyond this share of its shard's on either side is unusual
_PATIENCE = 3.0  # seconds a reviewer waits for the pass, once

Values = NDArray[np.float32]


def _percent(value: float) -> str:
    return f"{100 * value:.1f} %" if value < 0.0995 else f"{100 * value:.0f} %"


def _whole(value: float) -> str:
    return f"{round(math.expm1(value)):,}".replace(",", "\u00a0")


@dataclass(frozen=True, slots=True)
class Shown:
    """A signal as reviewers see it."""

    signal: str
    name: str
    told: Callable[[float], str]


HANDFUL = (
    Shown("log_words", "Words", _whole),
    Shown("duplicate_lines", "Repeated lines", _percent),
    Shown("duplicate_10grams", "Repeated phrases", _percent),
    Shown("boilerplate", "Template words", lambda value: f"{value:.1f} %"),
    Shown("bad_characters", "Broken characters", lambda value: f"{100 * value:.2f} %"),
    Shown("urls_per_word", "Links per 100 w", lambda value: f"{100 * value:.1f}"),
    Shown("short_lines", "Short lines", _percent),
    Shown("terminal_lines", "Finished lines", _percent),
    Shown("function_words", "Function words", _percent),
    Shown("distinct_words", "Different words", _percent),
    Shown("digit_characters", "Digits", _percent),
    Shown("upper_characters", "Capitals", _percent),
    Shown("script_mix", "Other scripts", _percent),
    Shown("word_length_mean", "Word length", lambda value: f"{value:.1f}"),
)


class _Pass:
    """The compiled pass, one for the process; there some time after `begin`."""

    def __init__(self) -> None:
        self._ready = Event()
        self._begun = self._waited = False
        self._turn = Lock()
        self._read: Callable[[Sequence[str]], Values] | None = None

    def begin(self) -> None:
        with self._turn:
            if self._begun:
                return
            self._begun = True
        Thread(target=self._load, name="desk-signals", daemon=True).start()

    def _load(self) -> None:
        from review.signals.many import reader

        self._read = reader([one.signal for one in HANDFUL], _BYTES)
        self._read([""])
        self._ready.set()

    def wait(self) -> bool:
        """Whether it is ready. Only the first time somebody waits for it a little."""
        patience, self._waited = 0.0 if self._waited else _PATIENCE, True
        return self._ready.wait(patience)

    def read(self, texts: Sequence[str]) -> Values:
        """(texts, HANDFUL) of the texts' signals. Call it when ready."""
        assert self._read is not None
        with self._turn:  # one scanner, one thread at a time
            return self._read(texts)


_PASS = _Pass()
_samples: WeakKeyDictionary[Store, OrderedDict[str, tuple[int, Values]]] = WeakKeyDictionary()
_guard = Lock()


def begin() -> None:
    """Load the compiled pass in the background."""
    _PASS.begin()


def signals_json(store: Store, documents: Sequence[Document]) -> list[list[dict[str, Any]] | None]:
    """What stands beside each document's text, the unusual first; None while the pass is still being loaded.

    Each signal has `name`, `value` as text, `unusual`, and where enough is drawn from the shard `strip` (how many of
    those drawn lie in each of 24 equal steps), `at` (the document's step) and `told`, the same in words.
    """
    _PASS.begin()
    if not documents or not _PASS.wait():
        return [None] * len(documents)
    own = _PASS.read([document.text for document in documents])
    counts = store.draw_counts()
    found: list[list[dict[str, Any]] | None] = []
    for document, values in zip(documents, own, strict=True):
        drawn = counts.get((document.shard, Stream.AUDIT), 0)
        sample = _sample(store, document.shard, drawn) if drawn >= FEWEST else own[:0]
        rows = [
            _row(one, float(value), sample[:, at]) for at, (one, value) in enumerate(zip(HANDFUL, values, strict=True))
        ]
        found.append(sorted(rows, key=lambda row: not row["unusual"]))
    return found


def _sample(store: Store, shard: str, drawn: int) -> Values:
    """Signals of the first documents drawn from a shard, as of so many draws."""
    with _guard:
        kept = _samples.setdefault(store, OrderedDict())
        if shard in kept and kept[shard][0] == drawn:
            kept.move_to_end(shard)
            return kept[shard][1]
    draws = sorted(store.draws(shard, Stream.AUDIT), key=lambda draw: draw.rank)[:_SAMPLE]
    texts = [document.text for document in store.documents([draw.doc_id for draw in draws], missing="skip")]
    values = _PASS.read(texts)
    with _guard:
        kept[shard] = (drawn, values)
        while len(kept) > _SHARDS:
            kept.popitem(last=False)
    return values


def _row(shown: Shown, value: float, sample: Values) -> dict[str, Any]:
    row: dict[str, Any] = {"name": shown.name, "value": shown.told(value), "unusual": False}
    if len(sample) < FEWEST:
        return row
    below, above = float((sample < value).mean()), float((sample > value).mean())
    low, high = min(value, float(sample.min())), max(value, float(sample.max()))
    width = (high - low) / _BINS or 1.0
    steps = np.minimum(((sample - low) / width).astype(int), _BINS - 1)
    row["strip"] = np.bincount(steps, minlength=_BINS).tolist()
    row["at"] = min(int((value - low) / width), _BINS - 1)
    row["unusual"] = max(below, above) >= 1 - _TAIL
    if not below and not above:
        row["told"] = f"As in all {len(sample)} drawn"
    elif below >= above:
        row["told"] = f"More than in {100 * below:.0f} % of {len(sample)} drawn"
    else:
        row["told"] = f"Less than in {100 * above:.0f} % of {len(sample)} drawn"
    return row
