"""`review check`: the journal is played into a fresh set of tables, and every row compared with the store's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from uuid import uuid4

from duckdb import DuckDBPyConnection

from review.errors import StoreError
from review.store.apply import apply
from review.store.core import Core, batches
from review.store.encoding import content_hash, unpack
from review.store.schema_later import migrate

# What the journal alone determines. Not `documents`, `leases`, `scores`, `caches`, `queue.language`: see schema.
DERIVED = (
    "events",
    "shards",
    "shard_states",
    "refusals",
    "refused",
    "audit_designs",
    "lots",
    "lot_shards",
    "lots_dissolved",
    "draws",
    "queue",
    "labels",
    "adjudications",
    "gold",
    "assignments",
    "rubrics",
    "rubric_choices",
    "passages",
    "bulk_labels",
    "bulk_batches",
    "bulk_undone",
    "decisions",
    "confirmations",
    "models",
    "promotions",
    "releases",
    "preferences",
)
# Each query gives the names of what is wrong; the sentence says it of the first ones.
_RULES = (
    (
        "labels are on documents that were never drawn",
        "select label_id from labels anti join draws using (shard_no, row)",
    ),
    (
        "labels are of another text than the one drawn",
        "select label_id from labels semi join draws using (shard_no, row) "
        "anti join draws using (shard_no, row, content_hash)",
    ),
    ("label ids are stored more than once", "select label_id from labels group by 1 having count(*) > 1"),
    (
        "labels name a rubric version that was never recorded",
        "select label_id from labels anti join rubrics on rubrics.version = labels.rubric where exists (from rubrics)",
    ),
    (
        "adjudications are on documents that were never drawn, or of another text than the one drawn",
        "select adjudication_id from adjudications anti join draws using (shard_no, row, content_hash)",
    ),
    (
        "adjudication ids are stored more than once",
        "select adjudication_id from adjudications group by 1 having count(*) > 1",
    ),
    (
        "gold documents were never drawn, or had another text than the one drawn",
        "select name || '#' || gold.row from gold join shards using (shard_no) "
        "anti join draws using (shard_no, row, content_hash)",
    ),
    ("promotions name an unknown model", "select version from promotions anti join models using (version)"),
    (
        "drawn documents have no text in the store (their shard could not be read when it was recovered)",
        "select name || '#' || q.row from queue q join shards using (shard_no) "
        "anti join (from documents where text is not null) d on d.shard_no = q.shard_no and d.row = q.row",
    ),
    (
        "stored texts are of another version of the document than the one drawn",
        "select distinct name || '#' || d.row from draws join shards using (shard_no) "
        "join documents d using (shard_no, row) where d.content_hash <> draws.content_hash",
    ),
)
_SHOWN = 5


class VerifyVerbs(Core):
    """The store checks itself."""

    def verify(self) -> list[str]:
        """What is wrong, as sentences; empty when journal, tables and texts agree. Reads everything: takes a while."""
        found: list[str] = []
        with self._reading() as cursor:
            with self._turn():
                (applied,) = cursor.execute("select coalesce(max(seq), 0) from events").fetchall()[0]
                if applied != self._journal.last_seq:
                    found.append(f"The tables stand at event {applied}, the journal at {self._journal.last_seq}.")
            with self._replayed(applied, found) as replayed:
                if replayed:
                    found += compare(cursor, "main", f"{replayed}.main")
            for sentence, query in _RULES:
                found += _broken_rule(cursor, sentence, query)
            found += _altered_texts(cursor)
        return found

    @contextmanager
    def _replayed(self, last: int, found: list[str]) -> Iterator[str]:
        """Name of a scratch database with the journal applied up to `last`; empty when the journal is broken."""
        name = f"replayed_{uuid4().hex}"
        with self._con.cursor() as cursor:
            (home,) = cursor.execute("select current_database()").fetchall()[0]
            cursor.execute(f"attach ':memory:' as {name}")
            cursor.execute(f"use {name}")
            try:
                migrate(cursor, self._clock())
                for batch in batches(self._journal.events(1, last)):
                    cursor.begin()
                    apply(cursor, batch)
                    cursor.commit()
                sound = True
            except StoreError as error:
                found.append(str(error))
                sound = False
            try:
                yield name if sound else ""
            finally:
                cursor.execute(f'use "{home}"')
                cursor.execute(f"detach {name}")


def compare(cursor: DuckDBPyConnection, store: str, journal: str) -> list[str]:
    """Sentences on the rows in which two schemas' derived tables differ."""
    found = []
    for table in DERIVED:
        key, columns = ('"row"', "* exclude (language)") if table == "queue" else ("seq", "*")
        for one, other, where in ((store, journal, "only in the store"), (journal, store, "only in the journal")):
            rows = cursor.execute(
                f"select {key} from (select {columns} from {one}.{table} "
                f"except all select {columns} from {other}.{table}) order by 1"
            ).fetchall()
            if rows:
                places = ", ".join(str(row[0]) for row in rows[:_SHOWN])
                name = key.strip('"')
                found.append(f"Table {table}: {len(rows)} rows are {where}, first at {name} {places}.")
    return found


def _broken_rule(cursor: DuckDBPyConnection, sentence: str, query: str) -> list[str]:
    names = [unpack(name) for (name,) in cursor.execute(f"{query} order by 1").fetchall()]
    if not names:
        return []
    shown = ", ".join(repr(name) for name in names[:_SHOWN]) + (", ..." if len(names) > _SHOWN else "")
    return [f"{len(names)} {sentence}: {shown}."]


def _altered_texts(cursor: DuckDBPyConnection) -> list[str]:
    found = []
    cursor.execute(
        "select name, documents.row, text, content_hash from documents join shards using (shard_no) "
        "where text is not null"
    )
    while rows := cursor.fetchmany(500):
        for name, row, text, digest in rows:
            if content_hash(unpack(text)) != digest:
                found.append(f"The stored text of '{unpack(name)}#{row}' does not match its content hash.")
    return found
