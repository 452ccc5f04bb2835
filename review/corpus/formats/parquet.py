"""Parquet: only the needed row groups and columns are read, and of the texts only the needed pages."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.parquet as pq

from review.corpus import files
from review.corpus.formats.columnar import batch_of, column_of, pick, records_of
from review.corpus.formats.footer import Group, footer_bytes, groups_of
from review.corpus.formats.pages import by_pages, read_values
from review.corpus.reader import Batch, BrokenFile, Column, Fields, Record, refuse_missing, refuse_repeated_names

BATCH_BYTES = 16 << 20
BATCH_ROWS = 1 << 16

# Read a column chunk piece by piece, not whole: one row group may hold gigabytes.
BUFFER = 4 << 20

# Row groups unpacked side by side when rows are drawn.
WORKERS = min(4, os.cpu_count() or 1)

# A column wider than this on average, in bytes a row, is no metadata unless it is asked for by name.
WIDE = 4096


class ParquetReader:
    """One Parquet file."""

    def __init__(self, uri: str, like: ParquetReader | None = None) -> None:
        """`like`: another reader of the same file, whose footer is taken."""
        self.uri = uri
        self.file = files.open_file(uri)
        self.groups: tuple[Group, ...]
        try:
            if like:
                metadata, self.groups = like.parquet.metadata, like.groups
            else:
                footer = footer_bytes(self.file)
                metadata, self.groups = pq.read_metadata(pa.BufferReader(b"PAR1" + footer)), groups_of(footer)
            self.parquet: pq.ParquetFile = pq.ParquetFile(self.file, metadata=metadata, buffer_size=BUFFER)
            self.schema = self.parquet.schema_arrow
            names = self.schema.names
        except (pa.ArrowException, OSError, ValueError) as error:  # a name that is not UTF-8 is a ValueError
            raise BrokenFile(f"It is not a readable Parquet file: {error}") from error
        refuse_repeated_names(names)

    def columns(self) -> list[Column]:
        return [column_of(field) for field in self.schema]

    def batches(self, fields: Fields) -> Iterator[Batch]:
        refuse_missing(fields, self.schema.names)
        first_row = 0
        names = list(dict.fromkeys(name for name in (fields.text, fields.id) if name))
        for group in range(len(self.groups)):
            for batch in self._read(group, names, first_row, self._batch_rows(group, names)):
                yield batch_of(batch, first_row, fields)
                first_row += batch.num_rows

    def records(self, rows: Sequence[int], fields: Fields) -> Iterator[Record]:
        refuse_missing(fields, self.schema.names)
        metadata = self._metadata_columns(fields)
        parts: list[tuple[int, int, Sequence[int]]] = []
        start = 0
        for group, found in enumerate(self.groups):
            end = start + found.rows
            wanted = rows[bisect_left(rows, start) : bisect_left(rows, end)]
            if wanted:
                parts.append((group, start, wanted))
            start = end
        workers = 1 if files.is_remote(self.uri) else min(WORKERS, len(parts))
        if workers < 2:
            for group, start, wanted in parts:
                yield from self._records(group, start, wanted, fields, metadata)
            return

        def read(share: list[tuple[int, int, Sequence[int]]]) -> list[Record]:
            own = ParquetReader(self.uri, self)  # readers are not for sharing between threads
            return [record for part in share for record in own._records(*part, fields, metadata)]

        shares = [parts[i * len(parts) // workers : (i + 1) * len(parts) // workers] for i in range(workers)]
        with ThreadPoolExecutor(workers) as pool:  # unpacking releases the interpreter's lock
            for records in pool.map(read, shares):
                yield from records

    def footer(self, text: str) -> tuple[int, int] | None:
        nulls = sum(chunk.nulls for group in self.groups for chunk in group.chunks if chunk.path == text)
        return sum(group.rows for group in self.groups), nulls

    def _records(
        self, group: int, start: int, rows: Sequence[int], fields: Fields, metadata: list[str]
    ) -> Iterator[Record]:
        """Records of one row group. The texts come page by page where they can; the other columns are small."""
        others = list(dict.fromkeys([*([fields.id] if fields.id else []), *metadata]))
        index = self._index_of(fields.text, group)
        if index is None:
            for here, batch in self._pick(group, start, rows, list(dict.fromkeys([fields.text, *others]))):
                yield from records_of(batch, here, fields, metadata)
            return
        chunk = self.groups[group].chunks[index]
        optional = self.parquet.schema.column(index).max_definition_level == 1
        beside = self._pick(group, start, rows, others) if others else iter(())
        done = 0
        try:
            small = pa.Table.from_batches([batch for _, batch in beside]) if others else None
            for here, texts in read_values(self.file, chunk, optional, [row - start for row in rows]):
                columns = {fields.text: texts}
                if small is not None:
                    part = small.slice(done, len(here))
                    columns |= {name: part.column(name).combine_chunks() for name in others if name != fields.text}
                batch = pa.RecordBatch.from_arrays(list(columns.values()), names=list(columns))
                yield from records_of(batch, [row + start for row in here], fields, metadata)
                done += len(here)
        except (pa.ArrowException, OSError, ValueError, IndexError, RecursionError) as error:
            raise BrokenFile(f"It tears in row group {group}, which starts at row {start}: {error}") from error

    def _pick(
        self, group: int, start: int, rows: Sequence[int], names: list[str]
    ) -> Iterator[tuple[Sequence[int], pa.RecordBatch]]:
        """The given rows of a row group and some columns, batch by batch, reading no further than the last row."""
        first_row = start
        for batch in self._read(group, names, first_row, self._batch_rows(group, names)):
            end = first_row + batch.num_rows
            here = rows[bisect_left(rows, first_row) : bisect_left(rows, end)]
            if here:
                yield here, pick(batch, first_row, here)
            first_row = end
            if first_row > rows[-1]:
                return

    def _index_of(self, name: str, group: int) -> int | None:
        """The place of a column that can be read by pages, else None. Over a network whole chunks are quicker."""
        if files.is_remote(self.uri):
            return None
        for index, chunk in enumerate(self.groups[group].chunks):
            if chunk.path == name:
                return index if by_pages(self.parquet.schema, index, chunk) else None
        return None

    def _read(self, group: int, names: list[str], first_row: int, batch_rows: int) -> Iterator[pa.RecordBatch]:
        row = first_row
        try:
            for batch in self.parquet.iter_batches(batch_rows, row_groups=[group], columns=names, use_threads=False):
                yield batch
                row += batch.num_rows
        except (pa.ArrowException, OSError) as error:
            raise BrokenFile(f"It tears at row {row}, in row group {group}: {error}") from error

    def _batch_rows(self, group: int, names: Sequence[str]) -> int:
        """Rows a batch, so that documents of any length make batches of about `BATCH_BYTES`."""
        size = sum(self._sizes(group)[name] for name in names)
        rows = self.groups[group].rows
        return max(1, min(BATCH_ROWS, BATCH_BYTES * max(rows, 1) // max(size, 1)))

    def _sizes(self, group: int) -> Counter[str]:
        """Uncompressed bytes of each top column of a row group."""
        sizes: Counter[str] = Counter()
        for chunk in self.groups[group].chunks:
            name = chunk.path if chunk.path in self.schema.names else chunk.path.partition(".")[0]
            sizes[name] += chunk.unpacked
        return sizes

    def _metadata_columns(self, fields: Fields) -> list[str]:
        others = [name for name in self.schema.names if name not in (fields.text, fields.id)]
        if fields.metadata is not None:
            return [name for name in fields.metadata if name in others]
        if not self.groups:
            return others
        sizes, rows = self._sizes(0), max(self.groups[0].rows, 1)
        return [name for name in others if sizes[name] <= WIDE * rows]
