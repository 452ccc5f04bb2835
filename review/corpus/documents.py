"""Documents out of shards already scanned: a few by row number, or all texts in order."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import numpy as np
import pyarrow as pa

from review.corpus.fingerprint import unchanged
from review.corpus.formats import READERS
from review.corpus.plain import content_hash
from review.corpus.reader import BrokenFile, Fields, Reader, Record
from review.corpus.scan import MAX_DETAIL, printable
from review.corpus.texts import without
from review.errors import CorpusError
from review.records import Document, Refusal, Shard


def read_rows(shard: Shard, rows: Sequence[int]) -> list[Document]:
    """The documents of the given physical rows, in the order asked for.

    Parquet: only the row groups and columns they need. Arrow files: only those columns. JSONL: up to the last row,
    parsing only the rows asked for. CSV: up to the last row.
    Raises CorpusError when the file changed since it was scanned, tears, or a row is not a document; MissingFile when
    the file is gone. After a footer-only scan use `try_rows`: what it drew may turn out to be no document.
    """
    documents, refusals = try_rows(shard, rows)
    if refusals:
        row, detail = refusals[0].row, refusals[0].detail
        more = f" So are {len(refusals) - 1} more of the rows asked for." if len(refusals) > 1 else ""
        raise CorpusError(f"Row {row} of {shard.name} is refused: {detail}{more} Ask for rows that are documents.")
    return documents


def try_rows(shard: Shard, rows: Sequence[int]) -> tuple[list[Document], list[Refusal]]:
    """As `read_rows`, but rows that are no documents come back as refusals, both in the order asked for."""
    outside = [row for row in rows if not 0 <= row < shard.rows]
    if outside:
        raise CorpusError(f"{shard.name} has no row {outside[0]}. It has the rows 0 to {shard.rows - 1}.")
    found: dict[int, Document | Refusal] = {}
    excluded = np.asarray(shard.excluded, np.int64)
    with _opened(shard) as (reader, fields):
        for record in reader.records(sorted(set(rows)), fields):
            found[record.row] = _made(shard, record, bool(np.isin(record.row, excluded)))
    lost = [row for row in rows if row not in found]
    if lost:
        raise CorpusError(f"{shard.uri} ended before row {lost[0]}, though it was scanned with {shard.rows} rows.")
    ordered = [found[row] for row in rows]
    documents = [one for one in ordered if isinstance(one, Document)]
    return documents, [one for one in ordered if isinstance(one, Refusal)]


def iter_texts(shard: Shard, batch_size: int = 4096) -> Iterator[pa.RecordBatch]:
    """All rows in order, none left out, in record batches of at most `batch_size` rows, memory flat.

    Columns: row (int64) and text (large_string, null for a refused row), so that a scorer may read the buffers.
    Raises as `read_rows` does; also when the file changed while it was read, after the last batch.
    """
    excluded = np.asarray(shard.excluded, np.int64)
    rows = 0
    with _opened(shard) as (reader, fields):
        for batch in reader.batches(Fields(fields.text)):
            numbers = np.arange(batch.first_row, batch.first_row + len(batch.texts))
            texts = batch.texts
            lo, hi = np.searchsorted(excluded, [numbers[0], numbers[-1] + 1]) if len(numbers) else (0, 0)
            if lo < hi:
                mask = np.zeros(len(numbers), bool)
                mask[excluded[lo:hi] - batch.first_row] = True
                texts = without(texts, mask)
            whole = pa.record_batch([pa.array(numbers, pa.int64()), texts], names=["row", "text"])
            for start in range(0, len(numbers), batch_size):
                yield whole.slice(start, batch_size)
            rows += len(numbers)
        if rows != shard.rows:
            raise CorpusError(f"{shard.uri} has {rows} rows now, {shard.rows} when it was scanned. Ingest it anew.")
    _check(shard)


def _made(shard: Shard, record: Record, excluded: bool) -> Document | Refusal:
    uri = printable(shard.uri)
    if record.fault is not None:
        return Refusal(uri, record.row, record.fault.reason, printable(record.fault.detail)[:MAX_DETAIL])
    if excluded:  # sound by itself, so it was refused for what stands in another row
        return Refusal(uri, record.row, "duplicate_id", f"Its id {record.external_id!r} is that of an earlier row.")
    assert record.text is not None
    return Document(
        shard=shard.name,
        row=record.row,
        text=record.text,
        content_hash=content_hash(record.text),
        external_id=record.external_id,
        metadata=record.metadata,
    )


@contextmanager
def _opened(shard: Shard) -> Iterator[tuple[Reader, Fields]]:
    _check(shard)
    metadata = tuple(shard.metadata.get("metadata_columns", ())) or None
    try:
        yield READERS[shard.format](shard.uri), Fields(shard.text_column, shard.id_column, metadata)
    except BrokenFile as error:
        raise CorpusError(f"{shard.uri} cannot be read as {shard.format}: {error.detail}") from error


def _check(shard: Shard) -> None:
    if not unchanged(shard.uri, shard.fingerprint):
        raise CorpusError(
            f"{shard.uri} changed since it was ingested, so its rows may be others now. "
            "Bring the old file back, or ingest the new one under another name."
        )
