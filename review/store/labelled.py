"""Verbs on the documents that bear labels, with everything their final verdict hangs on."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace

from duckdb import DuckDBPyConnection

from review.records import FinalRule, Label, LabelledDocument, Stream, doc_id
from review.store.adjudications import current_adjudications
from review.store.bulk import bulk_words
from review.store.core import Core
from review.store.encoding import unpack
from review.store.kept_labelled import KeptLabelled
from review.store.labels import LABEL, to_label
from review.store.rows import doc_places, of_shard, place_columns, shard_numbers, with_batch
from review.store.rubric_rows import mapped, read_passages

# Every document that somebody's word counts for, by the draw that counts: 'audit' sorts before 'training'.
_CHOSEN = """
    with judged as (
        select shard_no, "row" from current_labels {only} where {where}
        union
        select shard_no, "row" from current_adjudications {only} where {where}
        {more}
    ), again as (  -- draws with replacement say the chance at one draw: of all of them, it is the chance of any
        select shard_no, count(*) as n from draws where stratum is not null and {where} group by shard_no
    )
    select shard_no, "row", min(stream) as stream, arg_min(rank, (stream, seq, rank)) as rank,
           arg_min(case when stratum is null then probability else 1 - pow(1 - probability, n) end,
                   (stream, seq, rank)) as probability
    from (select * from draws where {where}) d semi join judged using (shard_no, "row")
    left join again using (shard_no)
    group by shard_no, "row" """

_BULK = """union
        select shard_no, "row" from current_bulk {only} where {where}"""


@dataclass(slots=True)
class _Found:
    name: str
    rank: int
    probability: float | None
    pick: int
    labels: list[Label] = field(default_factory=list)


class LabelledVerbs(Core):
    """Labelled documents."""

    def labelled_documents(
        self,
        shard: str | Collection[str] | None = None,
        stream: Stream | None = None,
        since_seq: int | None = None,
        only: Sequence[str] | None = None,
    ) -> list[LabelledDocument]:
        """Documents with the labels that count now, by shard, stream and rank, of one shard, several, or all; a
        withdrawn label does not count.

        A document with an audit draw is an AUDIT document, whatever else it has. `since_seq` keeps the documents
        with a current label, or an adjudication, newer than that; `only` those of these names. A training document
        that nobody has read has the word of a bulk label, where there is one.

        Raises NotFound for an unknown shard or name.
        """
        streams = tuple(Stream) if stream is None else (stream,)  # 'audit' comes before 'training'
        with self._labelled_turn if only is None else contextlib.nullcontext(), self._reading() as cursor:
            named = [shard] if isinstance(shard, str) else shard
            numbers = None if named is None else set(shard_numbers(cursor, named).values())
            if only is None:
                parts = [self._kept_of(one).of(cursor, numbers) for one in streams]
            else:
                places = [place for place in doc_places(cursor, only) if numbers is None or place[0] in numbers]
                parts = [_read_labelled(cursor, one, None, places) for one in streams]
        documents = [one for at in sorted(set().union(*parts)) for part in parts for one in part.get(at, ())]
        return documents if since_seq is None else [one for one in documents if _newest(one) > since_seq]

    def _kept_of(self, stream: Stream) -> KeptLabelled:
        if stream not in self._kept_labelled:
            self._kept_labelled[stream] = KeptLabelled(stream, _read_labelled)
        return self._kept_labelled[stream]

    def contested(self) -> list[str]:
        """Names of documents a lead may want to rule on, or has: verdicts differ, somebody is unsure, adjudicated."""
        with self._reading() as cursor:
            rows = cursor.execute("""
                select name, p.row from (
                    select shard_no, "row" from current_labels group by shard_no, "row"
                    having count(distinct verdict) > 1 or bool_or(verdict = 'unsure')
                    union
                    select shard_no, "row" from current_adjudications
                ) p join shards using (shard_no) order by shard_no, p.row""").fetchall()
        return [doc_id(unpack(name), row) for name, row in rows]

    def disputed_count(self) -> int:
        """Number of documents on which readers differ and no lead has ruled."""
        with self._reading() as cursor:
            rows = cursor.execute("""
                select count(*) from (
                    select shard_no, "row" from current_labels group by shard_no, "row"
                    having count(distinct verdict) > 1
                ) anti join current_adjudications using (shard_no, "row")""").fetchall()
        return int(rows[0][0])


def _rule(cursor: DuckDBPyConnection) -> FinalRule:
    """The rule of the rubric in force."""
    rows = cursor.execute("select body from rubrics order by version desc limit 1").fetchall()
    return FinalRule(json.loads(rows[0][0]).get("final", FinalRule.MAJORITY)) if rows else FinalRule.MAJORITY


def _newest(document: LabelledDocument) -> int:
    """Sequence number of the newest word on a document."""
    ruled = document.adjudication
    return max(document.labels[0].seq or 0 if document.labels else 0, ruled.seq or 0 if ruled else 0)


def _read_labelled(
    cursor: DuckDBPyConnection, stream: Stream, number: int | None, places: Sequence[tuple[int, int]] | None
) -> dict[int, list[LabelledDocument]]:
    """Labelled documents of a stream by shard_no, in the order of their ranks; of one shard, or at some places."""
    where = of_shard(number)
    bulk = stream is Stream.TRAINING  # bulk labels speak of training documents alone
    named = "" if places is None else 'semi join batch using (shard_no, "row")'
    batch = place_columns(places or [])
    more = _BULK.format(only=named, where=where) if bulk else ""
    chosen = _CHOSEN.format(only=named, where=where, more=more)
    rows = with_batch(
        cursor,
        batch,
        f"select shard_no, c.row, name, rank, probability, pick from ({chosen}) c "
        f'join shards using (shard_no) join (select shard_no, "row", pick from queue where {where}) '
        'using (shard_no, "row") where stream = $stream order by shard_no, rank, c.row',
        {"stream": str(stream)},
    ).fetchall()
    names = {name: unpack(name) for name in {row[2] for row in rows}}
    found = {(at, row): _Found(names[name], rank, chance, pick) for at, row, name, rank, chance, pick in rows}
    labels = with_batch(
        cursor,
        batch,
        f"select shard_no, {LABEL} from current_labels l {named} join shards using (shard_no) "
        f'semi join (from queue where training = {bulk}) using (shard_no, "row") where {where} order by l.seq desc',
    )
    while some := labels.fetchmany(10_000):
        for row in some:
            if one := found.get((row[0], row[3])):
                one.labels.append(to_label(row[1:]))
    for place, word in bulk_words(cursor, number).items() if bulk else ():
        if place in found:
            found[place].labels.append(word)
    ruled = current_adjudications(cursor, number)
    rule = _rule(cursor)
    passed = {version: one for version, one in read_passages(cursor).items() if one.mapping}
    documents: dict[int, list[LabelledDocument]] = {}
    for (at, row), one in found.items():
        adjudication = ruled.get((at, row))
        if adjudication and (now := mapped(passed, adjudication.rubric, adjudication.reasons)) is not None:
            adjudication = replace(adjudication, mapped=now)
        for place_, label in enumerate(one.labels if passed else ()):
            if (now := mapped(passed, label.rubric, label.reasons)) is not None:
                one.labels[place_] = replace(label, mapped=now)
        documents.setdefault(at, []).append(
            LabelledDocument(
                doc_id(one.name, row), one.name, row, stream, one.rank, one.probability, tuple(one.labels),
                adjudication, rule, pick=one.pick,
            )
        )  # fmt: skip
    return documents
