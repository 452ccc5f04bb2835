"""Labels as columns, for statistics over all of them. No text is read and no label object is made."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from review.store.core import Core
from review.store.counting import NEWEST
from review.store.encoding import unpack
from review.store.rubric_rows import mapped, read_passages


@dataclass(frozen=True, slots=True, eq=False)
class Names:
    """A column of names: `code` (n,) is a place in `names`."""

    names: tuple[str, ...]
    code: NDArray[np.int64]

    def column(self) -> list[str]:
        """The names, one a row."""
        return [self.names[code] for code in self.code.tolist()]


@dataclass(frozen=True, slots=True, eq=False)
class LabelColumns:
    """n labels by column, in the order they were stored unless said otherwise."""

    document: NDArray[np.int64]  # (n,) the same number for the same document, in this answer
    row: NDArray[np.int64]
    shard: Names
    corpus: Names
    reviewer: Names
    verdict: Names
    reasons: tuple[tuple[str, ...], ...]
    seconds: NDArray[np.float64]  # active
    at: NDArray[np.datetime64]  # naive UTC
    simulated: NDArray[np.bool_]
    training: NDArray[np.bool_]  # the document was drawn for training alone
    metadata: tuple[str | None, ...]  # JSON of the document, None where unknown; empty unless asked for
    repeat: NDArray[np.bool_]  # given on a second reading

    def __len__(self) -> int:
        return len(self.document)


_COLUMNS = (
    's.name as shard, s.corpus, l.shard_no, l."row", l.reviewer, l.verdict, l.reasons, l.seconds, l.recorded_at, '
    "l.source = 'simulated' as simulated, q.training, l.turn is not distinct from 'repeat' as repeat, l.rubric"
)
_JOIN = 'join shards s using (shard_no) join queue q using (shard_no, "row")'


class JudgementVerbs(Core):
    """Who said what of which document."""

    def judgements(self, *, metadata: bool = False) -> LabelColumns:
        """Labels that count as judgements; with the documents' metadata when asked for."""
        more, join = ("d.metadata", 'left join documents d using (shard_no, "row")') if metadata else ("null", "")
        return self._columns(f"select {_COLUMNS}, {more} as metadata from current_labels l {_JOIN} {join}", metadata)

    def reading_times(self) -> NDArray[np.float64]:
        """Active seconds of each label that counts as a judgement; 0 where it was not given on the desk."""
        with self._reading() as cursor:
            return np.asarray(cursor.execute("select seconds from current_labels").fetchnumpy()["seconds"], np.float64)

    def repeated_judgements(self) -> LabelColumns:
        """Both words of those who judged a document a second time, blind: the first reading, then the second."""
        return self._columns(
            f"""select {_COLUMNS}, null as metadata from (
                from ({NEWEST}) where verdict is not null
                qualify count(*) over (partition by shard_no, "row", reviewer) > 1
            ) l {_JOIN}""",
            order="repeat, l.seq",
        )

    def _columns(self, sql: str, metadata: bool = False, order: str = "l.seq") -> LabelColumns:
        with self._reading() as cursor:
            table = cursor.execute(f"{sql} order by {order}").to_arrow_table()
            passed = read_passages(cursor)
        rows = table["row"].to_numpy().astype(np.int64)
        places = table["shard_no"].to_numpy().astype(np.int64) * (rows.max(initial=0) + 1) + rows
        said: list[Any] = table["reasons"].to_pylist()
        lists = [tuple(map(unpack, codes)) for codes in said]
        if any(one.mapping for one in passed.values()):  # in today's codes, where a lead has mapped them
            versions: list[Any] = table["rubric"].to_pylist()
            lists = [mapped(passed, v, codes) or codes for v, codes in zip(versions, lists, strict=True)]
        return LabelColumns(
            document=np.unique(places, return_inverse=True)[1].astype(np.int64),
            row=rows,
            shard=_names(table["shard"]),
            corpus=_names(table["corpus"]),
            reviewer=_names(table["reviewer"]),
            verdict=_names(table["verdict"]),
            reasons=tuple(lists),
            seconds=table["seconds"].to_numpy().astype(np.float64),
            at=table["recorded_at"].to_numpy(),
            simulated=table["simulated"].to_numpy().astype(np.bool_),
            training=table["training"].to_numpy().astype(np.bool_),
            metadata=tuple(table["metadata"].to_pylist()) if metadata else (),
            repeat=table["repeat"].to_numpy().astype(np.bool_),
        )


def _names(column: Any) -> Names:
    encoded = column.cast(pa.string()).combine_chunks().dictionary_encode()
    names = tuple(unpack(name) for name in encoded.dictionary.to_pylist())
    return Names(names, encoded.indices.to_numpy().astype(np.int64))
