"""States of a store that several of its tests start from."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from review.records import Adjudication, Document, Draw, Fingerprint, Label, Shard, Stream, Verdict
from review.store import Store
from review.store.encoding import content_hash

NOW = datetime(2026, 1, 31, 12, 0)
LATER = NOW + timedelta(minutes=30)
HOSTILE = "a\0b \ud800 \u2028 \ufdd0 \U0001f600 <script> =1+1 \u202e"


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


def shard(name: str = "web/a", rows: int = 100) -> Shard:
    return Shard(
        name,
        "web",
        f"/corpus/{name}.parquet",
        "parquet",
        rows,
        rows - 2,
        rows * 50,
        Fingerprint(rows * 60, 1, f"digest-{name}"),
        ("text", "id"),
        "text",
        excluded=(3, 4),
        metadata={"language": "en"},
    )


def document(name: str, row: int, text: str | None = None) -> Document:
    text = f"{name} {row} {HOSTILE}" if text is None else text
    return Document(name, row, text, content_hash(text), f"id-{row}", {"lang": "en", "row": row})


def draw(name: str, row: int, stream: Stream = Stream.AUDIT, rank: int | None = None, batch: str = "b1") -> Draw:
    chance = 0.25 if stream == Stream.AUDIT else None
    return Draw(name, row, stream, "simple", chance, 7, row if rank is None else rank, batch)


def read_rows(source: Shard, rows: Sequence[int]) -> list[Document]:
    """The corpus of these tests: a document's text follows from its place."""
    return [document(source.name, row) for row in rows]


def label(doc_id: str, label_id: str = "l1", verdict: Verdict | None = Verdict.KEEP, **rest: object) -> Label:
    name, row = doc_id.rsplit("#")
    fields = {"reviewer": "ana", "content_hash": document(name, int(row)).content_hash} | rest
    return Label(label_id=label_id, doc_id=doc_id, verdict=verdict, **fields)  # type: ignore[arg-type]


def adjudication(
    doc_id: str, adjudication_id: str = "a1", verdict: Verdict | None = Verdict.KEEP, **rest: object
) -> Adjudication:
    name, row = doc_id.rsplit("#")
    fields = {"by": "lea", "content_hash": document(name, int(row)).content_hash} | rest
    return Adjudication(adjudication_id=adjudication_id, doc_id=doc_id, verdict=verdict, **fields)  # type: ignore[arg-type]


def fill(store: Store, shards: int = 2, drawn: int = 20) -> None:
    """Shards `web/a`, `web/b`, ... with `drawn` audit draws each."""
    for name in (f"web/{chr(97 + index)}" for index in range(shards)):
        store.add_shard(shard(name), refused={"empty_text": 2}, by="lead")
        store.record_draws(
            [draw(name, row) for row in range(drawn)], [document(name, row) for row in range(drawn)], "lead"
        )


def filled(root: Path, clock: Clock | None = None) -> Store:
    root.mkdir(exist_ok=True)
    store = Store.open(root, clock=clock or Clock())
    fill(store)
    return store


def checkpoint(store: Store) -> None:
    """Fold DuckDB's write-ahead log into its file, as DuckDB does now and then by itself."""
    store._con.execute("checkpoint")
