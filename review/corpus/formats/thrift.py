"""The few parts of Thrift's compact protocol that Parquet page headers and footers use.

Source: https://github.com/apache/thrift/blob/master/doc/specs/thrift-compact-protocol.md. A struct is a dict from field
number to value; only what Parquet's own structs need is written: integers, bytes, structs and lists of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

TRUE, FALSE, BYTE, I16, I32, I64, DOUBLE, BINARY, LIST, SET, MAP, STRUCT = range(1, 13)


def read_struct(raw: bytes, at: int) -> tuple[dict[int, Any], int]:
    """The struct at an offset, and the offset behind it. Raises IndexError when the bytes end within it, ValueError
    when they are no struct."""
    found: dict[int, Any] = {}
    number = 0
    while raw[at]:
        kind, step = raw[at] & 15, raw[at] >> 4
        at += 1
        if step:
            number += step
        else:
            number, at = _zigzag(raw, at)
        found[number], at = (kind == TRUE, at) if kind in (TRUE, FALSE) else _value(raw, at, kind)
    return found, at + 1


def write_struct(fields: Mapping[int, tuple[int, Any]]) -> bytes:
    """A struct of (type, value) by field number, in rising order. Lists are (LIST, (element type, values))."""
    out = bytearray()
    last = 0
    for number, (kind, value) in fields.items():
        out.append((number - last) << 4 | kind)
        out += _written(kind, value)
        last = number
    return bytes(out) + b"\0"


def _value(raw: bytes, at: int, kind: int) -> tuple[Any, int]:
    if kind in (I16, I32, I64):
        return _zigzag(raw, at)
    if kind == BINARY:
        size, at = _varint(raw, at)
        if at + size > len(raw):
            raise IndexError("binary beyond the end")
        return raw[at : at + size], at + size
    if kind == STRUCT:
        return read_struct(raw, at)
    if kind in (BYTE, TRUE, FALSE):
        return raw[at], at + 1
    if kind == DOUBLE:
        return raw[at : at + 8], at + 8
    if kind in (LIST, SET):
        size, inner = raw[at] >> 4, raw[at] & 15
        at += 1
        if size == 15:
            size, at = _varint(raw, at)
        values = []
        for _ in range(size):
            value, at = _value(raw, at, inner)
            values.append(value)
        return values, at
    raise ValueError(f"type {kind} does not occur in a Parquet page header")


def _varint(raw: bytes, at: int) -> tuple[int, int]:
    value = shift = 0
    while True:
        byte = raw[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7


def _zigzag(raw: bytes, at: int) -> tuple[int, int]:
    value, at = _varint(raw, at)
    return value >> 1 ^ -(value & 1), at


def _written(kind: int, value: Any) -> bytes:
    if kind in (I16, I32, I64):
        return _varint_bytes(value << 1 if value >= 0 else (-value << 1) - 1)
    if kind == BINARY:
        return _varint_bytes(len(value)) + bytes(value)
    if kind == STRUCT:
        return write_struct(value)
    inner, values = value
    return _list_head(inner, values) + b"".join(_written(inner, one) for one in values)


def _list_head(inner: int, values: Sequence[Any]) -> bytes:
    if len(values) < 15:
        return bytes([len(values) << 4 | inner])
    return bytes([0xF0 | inner]) + _varint_bytes(len(values))


def _varint_bytes(value: int) -> bytes:
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
