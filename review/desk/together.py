"""Labels of several reviewers, written together: those that come while one batch is written share the next fsync."""

from __future__ import annotations

from collections.abc import Sequence
from threading import Lock

from review.desk.submit import Batch, Receipt, submit_all
from review.errors import StoreError
from review.settings import Settings
from review.store import Store


class _Waiting:
    """A batch on its way to the disk, and what became of it."""

    def __init__(self, store: Store, batch: Batch) -> None:
        self.store = store
        self.batch = batch
        self.receipt: Receipt | None = None
        self.error: BaseException | None = None


_turn = Lock()  # held by the one who writes, for all who wait for the same store
_guard = Lock()
_queue: list[_Waiting] = []


def submit_together(store: Store, settings: Settings, reviewer: str, labels: Sequence[object]) -> Receipt:
    """As `submit`, from any number of threads.

    Who has judged what is decided and written in one turn. Raises StoreError when the disk did not take the labels.
    """
    mine = _Waiting(store, Batch(reviewer, labels))
    with _guard:
        _queue.append(mine)
    with _turn:
        if mine.receipt is None and mine.error is None:
            with _guard:
                some = [one for one in _queue if one.store is store]
                _queue[:] = [one for one in _queue if one.store is not store]
            _write(settings, some)
    if mine.error is not None:
        raise mine.error
    assert mine.receipt is not None
    return mine.receipt


def _write(settings: Settings, some: Sequence[_Waiting]) -> None:
    """Store what waits, and say to each what became of it."""
    try:
        receipts = submit_all(some[0].store, settings, [one.batch for one in some])
        for one, receipt in zip(some, receipts, strict=True):
            one.receipt = receipt
    except StoreError as error:
        if len(some) == 1:
            some[0].error = error
            return
        for one in some:  # a label that no table can hold must not stop the others'
            _write(settings, [one])
    except BaseException as error:
        for one in some:
            one.error = error
