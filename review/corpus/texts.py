"""Texts and ids as Arrow arrays: every text that leaves a reader is checked here."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import Any, cast

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from review.corpus.reader import Batch, Fault, empty_text, missing_text, not_utf8

Mask = NDArray[np.bool_]

BYTES = {pa.string(): pa.binary(), pa.large_string(): pa.large_binary(), pa.string_view(): pa.binary_view()}

AnyArray = Any  # a pyarrow array of a type known only when the file is read


def make_batch(first_row: int, texts: pa.LargeStringArray, ids: list[str | None] | None, faults: list[Fault]) -> Batch:
    """A batch of large_string texts with missing and blank ones refused. `faults` explains nulls already known."""
    known = {fault.row for fault in faults}
    if texts.null_count:
        missing = np.flatnonzero(_mask(pc.is_null(texts))).tolist()
        faults = faults + [missing_text(first_row + i) for i in missing if first_row + i not in known]
    # The test for white space stops at the first other character, so this costs next to nothing.
    blank = _mask(pc.equal(pc.binary_length(texts), pa.scalar(0, pa.int64()))) | _mask(pc.utf8_is_space(texts))
    if blank.any():
        faults = faults + [empty_text(first_row + i) for i in np.flatnonzero(blank).tolist()]
        texts = without(texts, blank)
    return Batch(first_row, texts, ids, sorted(faults, key=lambda fault: fault.row))


def without(texts: pa.LargeStringArray, mask: Mask) -> pa.LargeStringArray:
    """The texts with null where the mask is true."""
    kept: AnyArray = pc.if_else(pa.array(mask), pa.scalar(None, pa.large_string()), texts)
    return cast(pa.LargeStringArray, kept)


def texts_from_strings(
    values: list[str | None], first_row: int, fault: Callable[[int], Fault]
) -> tuple[pa.LargeStringArray, list[Fault]]:
    """A large_string array of Python strings; one that UTF-8 cannot hold becomes null with the given fault."""
    try:
        return pa.array(values, pa.large_string()), []
    except UnicodeEncodeError:
        faults = []
        for i, value in enumerate(values):
            if value is not None and not encodable(value):
                values[i] = None
                faults.append(fault(first_row + i))
        return pa.array(values, pa.large_string()), faults


def texts_from_arrow(array: AnyArray, first_row: int) -> tuple[pa.LargeStringArray, list[Fault]]:
    """A checked large_string array of any string or binary array; rows that are not UTF-8 become null, with faults."""
    try:
        texts: pa.LargeStringArray = array.cast(pa.large_string())  # no check of strings here, only of binaries
        _refuse_other_bytes(texts)
        return texts, []
    except pa.ArrowInvalid:
        values: list[str | None] = []
        faults = []
        for i, raw in enumerate(_as_bytes(array)):
            try:
                values.append(None if raw is None else raw.decode("utf-8"))
            except UnicodeDecodeError as error:
                values.append(None)
                faults.append(not_utf8(first_row + i, error))
        return pa.array(values, pa.large_string()), faults


def _refuse_other_bytes(texts: AnyArray) -> None:
    """Raise ArrowInvalid where texts are not UTF-8 or offsets are wild.

    The compiled check is quicker, but once after an install it has to be compiled: it is used where compiled code runs
    already, as it does to score. Both say the same.
    """
    if "llvmlite" in sys.modules and len(texts):
        from review.signals.utf8 import is_utf8

        texts.view(pa.large_binary()).validate(full=True)  # the offsets
        _, offsets, values = texts.buffers()
        points = np.frombuffer(offsets, np.int64)[texts.offset : texts.offset + len(texts) + 1]
        if is_utf8(np.frombuffer(values, np.uint8) if values else np.zeros(0, np.uint8), points):
            return
    texts.validate(full=True)  # bytes behind a null may be any


def ids_from_arrow(array: AnyArray) -> list[str | None]:
    """Ids as strings, whatever integer or string type they had; bytes that are not UTF-8 are written as \\x.."""
    try:
        texts = array.cast(pa.large_string())
        texts.validate(full=True)
        return list(texts.to_pylist())
    except pa.ArrowInvalid:
        return [None if raw is None else raw.decode("utf-8", "backslashreplace") for raw in _as_bytes(array)]


def encodable(text: str) -> bool:
    """Whether UTF-8, and so Arrow and DuckDB, can hold a string: false for lone surrogates."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def refuse_wild_offsets(array: AnyArray) -> None:
    """Raise ArrowInvalid when an array read from an IPC file points outside its buffers.

    IPC files are taken from disk as they are, and Arrow follows a wrong offset into a crash. Whether strings are UTF-8
    is not asked: that is a row's fault, not the file's.
    """
    if pa.types.is_dictionary(array.type):
        refuse_wild_offsets(array.dictionary)
        array.indices.validate(full=True)
        if array.null_count < len(array) and not (
            pc.min(array.indices).as_py() >= 0 and pc.max(array.indices).as_py() < len(array.dictionary)
        ):
            raise pa.ArrowInvalid("a dictionary index points outside the dictionary")
    else:
        array.view(BYTES.get(array.type, array.type)).validate(full=True)


def _as_bytes(array: AnyArray) -> Iterable[bytes | None]:
    if pa.types.is_dictionary(array.type):
        array = array.dictionary_decode()
    raw: Iterable[bytes | None] = array.cast(BYTES.get(array.type, array.type)).to_pylist()
    return raw


def _mask(found: AnyArray) -> Mask:
    """A boolean Arrow array as numpy has it, null counting as false."""
    return cast(Mask, pc.fill_null(found, False).to_numpy(zero_copy_only=False))
