"""The unit of the journal: one fact, sealed into one line whose hash covers the line before it.

    {"seq":7,"prev":"<64 hex>","at":"2026-01-31T12:00:00.000000","type":"label","by":"ana","data":{},"hash":"<64 hex>"}

`hash` is the sha256 of every byte of the line before `,"hash":`; as `prev` is among them, the lines form a chain and
no byte of any but the last can change unnoticed. The format can be checked with any language's standard library.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from review.store.encoding import to_json

FIRST_PREV = "0" * 64
_HEAD = re.compile(rb'\{"seq":(\d+),"prev":"([0-9a-f]{64})",')
_SEAL = re.compile(rb',"hash":"([0-9a-f]{64})"\}')
_SEAL_BYTES = len(',"hash":""}') + 64


@dataclass(frozen=True, slots=True)
class Fact:
    """What is to be recorded: an event before it has its place in the chain."""

    type: str
    by: str
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Event:
    """A fact in its place."""

    seq: int
    prev: str
    at: datetime
    type: str
    by: str
    data: Mapping[str, Any]
    hash: str
    line: str  # ASCII, without the newline


@dataclass(frozen=True, slots=True)
class Seal:
    """The part of a line that the chain needs, read without parsing the rest."""

    seq: int
    prev: str
    hash: str


def seal(fact: Fact, *, seq: int, prev: str, at: datetime) -> Event:
    """Put a fact into its place. Raises ValueError or TypeError when its data is not JSON."""
    data = to_json(dict(fact.data))
    body = (
        f'{{"seq":{seq},"prev":"{prev}","at":"{at.isoformat(timespec="microseconds")}"'
        f',"type":{to_json(fact.type)},"by":{to_json(fact.by)},"data":{data}'
    )
    digest = hashlib.sha256(body.encode("ascii")).hexdigest()
    line = f'{body},"hash":"{digest}"}}'
    # Data is read back from the line, so that the live path applies exactly what a replay will see (lists, not tuples).
    return Event(seq, prev, at, fact.type, fact.by, json.loads(data), digest, line)


def check_line(line: bytes) -> Seal:
    """The seal of a line (without newline). Raises ValueError with the reason when the line does not match its hash."""
    head, mark = _HEAD.match(line), _SEAL.fullmatch(line, max(0, len(line) - _SEAL_BYTES))
    if head is None or mark is None:
        raise ValueError('expected {"seq":N,"prev":"...",...,"hash":"..."}' + f", got {line[:60]!r}")
    seq, prev, stated = int(head[1]), head[2].decode(), mark[1].decode()
    actual = hashlib.sha256(line[:-_SEAL_BYTES]).hexdigest()
    if actual != stated:
        raise ValueError(f"seq {seq} states hash {stated[:12]}..., its bytes give {actual[:12]}...")
    return Seal(seq, prev, stated)


def parse(line: bytes) -> Event:
    """The event of a line that `check_line` accepted. Raises ValueError when it is not an event."""
    try:
        raw = json.loads(line)
        at = datetime.fromisoformat(raw["at"])
        return Event(
            raw["seq"], raw["prev"], at, raw["type"], raw["by"], raw["data"], raw["hash"], line.decode("ascii")
        )
    except (KeyError, TypeError) as error:
        raise ValueError(f"not an event: {error}") from error
