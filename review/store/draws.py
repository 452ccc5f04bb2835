"""Verbs on draws and the documents they chose."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, Literal

import numpy as np
from duckdb import DuckDBPyConnection

from review.errors import NotFound, StoreError
from review.records import Document, Draw, Stream, doc_id
from review.store.assignments import AssignmentVerbs
from review.store.encoding import content_hash, metadata_to_json, pack, unpack
from review.store.events import Fact
from review.store.picking import MOST_RANKS
from review.store.rows import doc_places, insert, of_shard, place_columns, shard_numbers, with_batch
from review.store.telling import store_lines

EVENT_DRAWS = 5_000  # draws in one journal line
_CHARACTERS = 8_000_000  # of texts in one insert
_DOCUMENT = "s.name, d.row, d.text, d.content_hash, d.external_id, d.metadata"


class DrawVerbs(AssignmentVerbs):
    """Draws, documents."""

    def record_draws(self, draws: Sequence[Draw], documents: Sequence[Document], by: str) -> int:
        """Record draws with the documents they chose; returns how many were new.

        A document drawn before in the same stream is left as it is, so a larger nested draw may be given whole; its
        document need not be given again. Raises NotFound for an unknown shard, StoreError when a draw has no
        document, an audit draw contradicts an earlier one, or a text is not the one drawn before.
        """
        with self._turn():
            with self._reading() as cursor:
                numbers = shard_numbers(cursor, (draw.shard for draw in draws))
                fresh = _new_draws(cursor, numbers, draws)
                wanted = {(draw.shard, draw.row) for draw in draws}
                given = [document for document in documents if (document.shard, document.row) in wanted]
                hashes, new_texts = _check_documents(cursor, numbers, fresh, given)
            # Texts first: they are a cache of the corpus, not a fact, and a text without a draw is harmless, whereas
            # a replayed draw without its text could not be read again without the corpus.
            if new_texts:
                with self._atomic() as cursor:
                    store_documents(cursor, numbers, new_texts)
            self._record(_draw_facts(fresh, hashes, by, wave=self._journal.last_seq + 1))
            self._note_languages()
            return len(fresh)

    def draws(self, shard: str | None = None, stream: Stream | None = None) -> list[Draw]:
        """Draws in shard, stream and rank order."""
        with self._reading() as cursor:
            number = None if shard is None else shard_numbers(cursor, [shard])[shard]
            rows = cursor.execute(
                "select name, d.row, stream, strategy, probability, seed, rank, batch, stratum, same_as from draws d "
                f"join shards using (shard_no) where {of_shard(number)} and stream = coalesce(?, stream) "
                "order by shard_no, stream, d.seq, rank",
                [None if stream is None else str(stream)],
            ).fetchall()
        return [
            Draw(unpack(name), row, Stream(into), unpack(how), chance, seed, rank, unpack(batch), *fell)
            for name, row, into, how, chance, seed, rank, batch, *fell in rows
        ]

    def draw_counts(self) -> dict[tuple[str, Stream], int]:
        """Number of draws by shard and stream."""
        with self._reading() as cursor:
            rows = cursor.execute(
                "select name, stream, n from (select shard_no, stream, count(*) n from draws group by all) "
                "join shards using (shard_no) order by shard_no, stream"
            ).fetchall()
        streams = {str(stream): stream for stream in Stream}  # ten thousand look-ups, not as many constructions
        return {(unpack(name), streams[stream]): count for name, stream, count in rows}

    def training_only(self, doc_ids: Sequence[str]) -> set[str]:
        """Those of the drawn documents that no audit draw chose: nothing that is said beside them can enter a bound."""
        with self._reading() as cursor:
            places = doc_places(cursor, doc_ids)
            rows = with_batch(
                cursor,
                place_columns(places),
                'select shard_no, "row" from queue semi join batch using (shard_no, "row") where training',
            ).fetchall()
        found = set(rows)
        return {name for name, place in zip(doc_ids, places, strict=True) if place in found}

    def document(self, doc_id: str) -> Document:
        """A drawn document with its text. Raises NotFound when it is unknown or its text could not be recovered."""
        return self.documents([doc_id])[0]

    def documents(self, doc_ids: Sequence[str], missing: Literal["raise", "skip"] = "raise") -> list[Document]:
        """Drawn documents in the given order.

        A recovery may find that a shard file has changed; the documents drawn from it then have no text. `missing`
        says whether these are left out or raise NotFound, naming the first, as unknown shards and names always do.
        """
        with self._reading() as cursor:
            places = doc_places(cursor, doc_ids)
            found = {document.doc_id: document for document in _fetch_documents(cursor, places)}
        for name in doc_ids if missing == "raise" else ():
            if name not in found:
                raise NotFound(
                    f"The text of {name!r} is not available: it was never drawn, or its shard file has changed since "
                    "the store was recovered. `review check` lists such documents."
                )
        return [found[name] for name in doc_ids if name in found]

    def iter_documents(self, batch: int = 500, *, unscored_by: str | None = None) -> Iterator[list[Document]]:
        """Every drawn document with a text, in shard and row order, `batch` at a time; of those only the ones that
        have no score of the version `unscored_by` yet, where one is named.
        """
        with self._reading() as cursor:
            keys = cursor.execute(
                'select shard_no, "row" from documents semi join queue using (shard_no, "row") '
                'anti join (select shard_no, "row" from scores where version = ?) using (shard_no, "row") '
                'where text is not null order by shard_no, "row"',
                [None if unscored_by is None else pack(unscored_by)],
            ).fetchnumpy()
        shard_no, row = np.asarray(keys["shard_no"]), np.asarray(keys["row"])
        for start in range(0, len(row), batch):
            places = list(
                zip(shard_no[start : start + batch].tolist(), row[start : start + batch].tolist(), strict=True)
            )
            with self._reading() as cursor:
                found = {(document.shard, document.row): document for document in _fetch_documents(cursor, places)}
            yield list(found.values())


def store_documents(cursor: DuckDBPyConnection, numbers: dict[str, int], documents: Iterable[Document]) -> None:
    """Put texts into the cache, replacing what stands there for the same row."""
    batch: list[Document] = []
    characters = 0
    for document in documents:
        batch.append(document)
        characters += len(document.text)
        if characters >= _CHARACTERS:
            _store_batch(cursor, numbers, batch)
            batch, characters = [], 0
    if batch:
        _store_batch(cursor, numbers, batch)


def _store_batch(cursor: DuckDBPyConnection, numbers: dict[str, int], documents: Sequence[Document]) -> None:
    keys: dict[str, np.ndarray] = {
        "shard_no": np.array([numbers[document.shard] for document in documents], dtype=np.int32),
        "row": np.array([document.row for document in documents], dtype=np.int64),
    }
    for table in ("documents", "document_lines"):
        with_batch(
            cursor,
            keys,
            f'delete from {table} using batch b where {table}.shard_no = b.shard_no and {table}."row" = b."row"',
        )
    insert(
        cursor,
        "documents",
        {
            **keys,
            "content_hash": [document.content_hash for document in documents],
            "external_id": [None if one.external_id is None else pack(one.external_id) for one in documents],
            "metadata": [metadata_to_json(document.metadata) for document in documents],
            "text": [pack(document.text) for document in documents],
        },
    )
    places = [(numbers[document.shard], document.row) for document in documents]
    store_lines(cursor, places, [document.text for document in documents])


def _fetch_documents(cursor: DuckDBPyConnection, places: Sequence[tuple[int, int]]) -> list[Document]:
    rows = with_batch(
        cursor,
        place_columns(places),
        f"select {_DOCUMENT} from documents d join (select distinct * from batch) using (shard_no, row) "
        "join shards s using (shard_no) where text is not null order by shard_no, d.row",
    ).fetchall()
    return [
        Document(unpack(name), row, unpack(text), digest, None if ext is None else unpack(ext), json.loads(metadata))
        for name, row, text, digest, ext, metadata in rows
    ]


def _new_draws(cursor: DuckDBPyConnection, numbers: dict[str, int], draws: Sequence[Draw]) -> list[Draw]:
    """The draws not yet recorded. Raises StoreError on a contradiction within the audit stream."""
    rows = cursor.execute(
        'select shard_no, "row", stream, seed, rank, stratum from draws where shard_no in (select unnest(?))',
        [sorted(numbers.values())],
    ).fetchall()
    known = {(number, row, stream): (seed, rank) for number, row, stream, seed, rank, _ in rows}
    audit = [(number, row, rank, stratum) for number, row, stream, _, rank, stratum in rows if stream == Stream.AUDIT]
    ranks = {(number, rank): row for number, row, rank, _ in audit}
    favouring = {number: stratum is not None for number, _, _, stratum in audit}  # draws with replacement, or not
    fresh = []
    for draw in draws:
        number, stream = numbers[draw.shard], str(Stream(draw.stream))
        _check_numbers(draw)
        before = known.get((number, draw.row, stream))
        if stream == Stream.AUDIT:
            again = draw.stratum is not None
            if favouring.setdefault(number, again) != again:
                raise StoreError(
                    f"The audit draw of {draw.doc_id!r} and earlier ones of its shard are not made in the same way: "
                    "some favour strata, some do not. Go on in the way the shard was begun."
                )
            at_rank = ranks.get((number, draw.rank))
            same_place = before is None or (before[0] == draw.seed and (again or before[1] == draw.rank))
            if at_rank not in (None, draw.row) or not same_place:
                raise StoreError(
                    f"The audit draw of {draw.doc_id!r} (seed {draw.seed}, rank {draw.rank}) contradicts an earlier "
                    f"one (seed and rank {before}, row at this rank {at_rank}). Draw with the seed the shard was drawn "
                    "with."
                )
            if at_rank is not None:
                continue
            ranks[number, draw.rank] = draw.row
        elif before is not None:
            continue
        known[number, draw.row, stream] = (draw.seed, draw.rank)
        fresh.append(draw)
    return fresh


def _check_numbers(draw: Draw) -> None:
    """Raises StoreError for a probability or a rank that cannot be."""
    if draw.stream == Stream.AUDIT and draw.probability is None:
        raise StoreError(f"The audit draw of {draw.doc_id!r} has no inclusion probability; a bound needs it.")
    if not 0 <= draw.rank < MOST_RANKS:
        raise StoreError(f"The draw of {draw.doc_id!r} has rank {draw.rank}; expected 0 <= rank < {MOST_RANKS}.")
    if draw.probability is not None and not 0 < draw.probability <= 1:
        raise StoreError(f"The draw of {draw.doc_id!r} has probability {draw.probability}; expected 0 < p <= 1.")


def _check_documents(
    cursor: DuckDBPyConnection, numbers: dict[str, int], draws: Sequence[Draw], documents: Sequence[Document]
) -> tuple[dict[tuple[str, int], str], list[Document]]:
    """Content hash of every drawn document, and the documents whose text is not stored yet."""
    rows = cursor.execute(
        'select shard_no, d."row", d.content_hash, text is not null, q."row" is not null from documents d '
        'left join queue q using (shard_no, "row") where shard_no in (select unnest(?))',
        [sorted(numbers.values())],
    ).fetchall()
    stored = {(number, row): (digest, has_text, drawn) for number, row, digest, has_text, drawn in rows}
    hashes: dict[tuple[str, int], str] = {}
    new: dict[tuple[str, int], Document] = {}
    for document in documents:
        place = (document.shard, document.row)
        if content_hash(document.text) != document.content_hash:
            raise StoreError(f"The text of {document.doc_id!r} does not match its content hash; read the shard again.")
        digest, has_text, drawn = stored.get((numbers[document.shard], document.row), ("", False, False))
        if drawn and digest != document.content_hash:
            raise StoreError(f"{document.doc_id!r} was drawn before with other text: its shard file has changed.")
        hashes[place] = document.content_hash
        if not has_text or digest != document.content_hash:
            new[place] = document
    for draw in draws:
        place = (draw.shard, draw.row)
        if place not in hashes:
            digest, _, drawn = stored.get((numbers[draw.shard], draw.row), ("", False, False))
            if not drawn:
                raise StoreError(f"The draw of {doc_id(*place)!r} comes without its document. Read it and give both.")
            hashes[place] = digest
    return hashes, list(new.values())


def _draw_facts(draws: Sequence[Draw], hashes: dict[tuple[str, int], str], by: str, wave: int) -> list[Fact]:
    """One fact a shard and draw, column by column, a few thousand rows each."""
    facts = []
    for (shard, stream, strategy, seed, batch), group in groupby(
        draws, key=lambda draw: (draw.shard, str(draw.stream), draw.strategy, draw.seed, draw.batch)
    ):
        same = list(group)
        for start in range(0, len(same), EVENT_DRAWS):
            part = same[start : start + EVENT_DRAWS]
            data: dict[str, Any] = {
                "shard": shard,
                "stream": stream,
                "strategy": strategy,
                "seed": seed,
                "batch": batch,
                "wave": wave,
                "rows": [int(draw.row) for draw in part],
                "ranks": [int(draw.rank) for draw in part],
                "probabilities": [None if draw.probability is None else float(draw.probability) for draw in part],
                "hashes": [hashes[shard, draw.row] for draw in part],
            }
            for name, column in (("strata", [one.stratum for one in part]), ("same_as", [one.same_as for one in part])):
                if any(value is not None for value in column):
                    data[name] = [None if value is None else int(value) for value in column]
            facts.append(Fact("draws", by, data))
    return facts
