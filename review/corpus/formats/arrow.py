"""Arrow and Feather (version 2): IPC files and IPC streams."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence

import pyarrow as pa

from review.corpus import files
from review.corpus.formats.columnar import batch_of, column_of, pick, records_of
from review.corpus.reader import Batch, BrokenFile, Column, Fields, Record, refuse_missing, refuse_repeated_names
from review.corpus.texts import refuse_wild_offsets

FILE_MAGIC = b"ARROW1"


class ArrowReader:
    """One IPC file or stream, told apart by its first bytes."""

    def __init__(self, uri: str) -> None:
        self.uri = uri
        self.schema = self._open(None).schema
        refuse_repeated_names(self.schema.names)

    def columns(self) -> list[Column]:
        return [column_of(field) for field in self.schema]

    def batches(self, fields: Fields) -> Iterator[Batch]:
        refuse_missing(fields, self.schema.names)
        names = {name for name in (fields.text, fields.id) if name}
        for first_row, batch in self._record_batches(names):
            yield batch_of(batch, first_row, fields)

    def records(self, rows: Sequence[int], fields: Fields) -> Iterator[Record]:
        refuse_missing(fields, self.schema.names)
        others = [name for name in self.schema.names if name not in (fields.text, fields.id)]
        metadata = others if fields.metadata is None else [name for name in fields.metadata if name in others]
        names = {name for name in (fields.text, fields.id, *metadata) if name}
        for first_row, batch in self._record_batches(names):
            here = rows[bisect_left(rows, first_row) : bisect_left(rows, first_row + batch.num_rows)]
            if here:
                yield from records_of(pick(batch, first_row, here), here, fields, metadata)
            if not rows or first_row + batch.num_rows > rows[-1]:
                return

    def footer(self, text: str) -> tuple[int, int] | None:
        return None

    def _open(self, names: set[str] | None) -> pa.RecordBatchFileReader | pa.RecordBatchStreamReader:
        """A reader of the named columns (None: all). Raises BrokenFile, MissingFile, CorpusError."""
        wanted = None if names is None else [i for i, name in enumerate(self.schema.names) if name in names]
        options = pa.ipc.IpcReadOptions(included_fields=wanted, use_threads=False)
        source = files.open_file(self.uri)
        try:
            magic = source.read(len(FILE_MAGIC))
            source.seek(0)
            return (pa.ipc.open_file if magic == FILE_MAGIC else pa.ipc.open_stream)(source, options=options)
        except (pa.ArrowException, OSError, EOFError) as error:
            raise BrokenFile(f"It is not a readable Arrow file or stream: {error}") from error

    def _record_batches(self, names: set[str]) -> Iterator[tuple[int, pa.RecordBatch]]:
        row = 0
        reader = self._open(names)
        try:
            if isinstance(reader, pa.RecordBatchFileReader):
                batches = (reader.get_batch(i) for i in range(reader.num_record_batches))
            else:
                batches = (batch for batch in reader)
            for batch in batches:
                for column in batch.columns:
                    refuse_wild_offsets(column)
                yield row, batch
                row += batch.num_rows
        except (pa.ArrowException, OSError, EOFError) as error:
            raise BrokenFile(f"It tears at row {row}: {error}") from error
