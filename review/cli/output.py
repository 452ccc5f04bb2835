"""How commands speak: tables and sentences for people, JSON for programs, one progress bar."""

from __future__ import annotations

import dataclasses
import json
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from enum import Enum
from pathlib import Path
from typing import Any


def plain(value: Any) -> Any:
    """Dataclasses, enums, dates and paths as JSON values."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    return value.item() if hasattr(value, "item") else value


def say_json(value: Any) -> None:
    """One JSON document on standard output; ASCII, so that no terminal or locale can mangle it."""
    sys.stdout.write(json.dumps(plain(value), indent=2) + "\n")


def say(text: str = "") -> None:
    """A line for people. Control characters a shard name or note may hold are shown, not sent to the terminal."""
    sys.stdout.write(printable(text) + "\n")


def warn(text: str) -> None:
    sys.stderr.write(printable(text) + "\n")


def printable(text: str) -> str:
    """Text in which nothing but the newline steers the terminal."""
    safe = "".join(
        c if c in "\n\N{NO-BREAK SPACE}\N{NARROW NO-BREAK SPACE}" or c.isprintable() else repr(c)[1:-1] for c in text
    )
    return safe.encode(sys.stdout.encoding or "utf-8", "backslashreplace").decode(sys.stdout.encoding or "utf-8")


def counted(n: int, noun: str) -> str:
    """1 -> "1 shard", 1204 -> "1,204 shards"."""
    return f"{n:,} {noun}" if n == 1 else f"{n:,} {noun}s"


def table(rows: Sequence[Mapping[str, Any]], columns: Mapping[str, str]) -> None:
    """Rows as an aligned table; `columns` maps a key to its heading. Numbers stand right."""
    cells = [[_cell(row.get(key)) for key in columns] for row in rows]
    heads = list(columns.values())
    widths = [max(len(line[i]) for line in [heads, *cells]) for i in range(len(heads))]
    right = [all(isinstance(row.get(key), int | float | None) for row in rows) for key in columns]
    for line in [heads, *cells]:
        parts = [c.rjust(w) if r else c.ljust(w) for c, w, r in zip(line, widths, right, strict=True)]
        say("  ".join(parts).rstrip())


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return f"{value:.3g}"
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M}"
    return printable(str(value)).replace("\n", " ")


@contextmanager
def bar(unit: str) -> Iterator[Callable[..., None]]:
    """A progress bar on standard error: `advance(what, done, total, rows=0)`. Silent when nobody watches."""
    if not sys.stderr.isatty():
        yield lambda *_: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn(unit),
        TextColumn("{task.fields[rate]}"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("", total=None, rate="")

        def advance(what: str, done: int, total: int, rows: int = 0) -> None:
            elapsed = progress.tasks[0].elapsed or 0.0
            rate = f"{rows / elapsed:,.0f} rows/s" if rows and elapsed else ""
            progress.update(task, description=printable(what)[-40:], completed=done, total=total, rate=rate)

        yield advance
