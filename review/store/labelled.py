"""Verbs on the documents that bear labels, with everything their final verdict hangs on."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from duckdb import DuckDBPyConnection

from review.records import FinalRule, Label, LabelledDocument, Stream, doc_id
from review.store.adjudications import current_adjudications
from review.store.bulk import bulk_words
from review.store.core import Core
from review.store.encoding import unpack
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
    stream: Stream
    rank: int
    probability: float | None
    pick: int
    labels: list[Label] = field(default_factory=list)


class LabelledVerbs(Core):
    """Labelled documents."""

    def labelled_documents(
        self,
        shard: str | None = None,
        stream: Stream | None = None,
        since_seq: int | None = None,
        only: Sequence[str] | None = None,
    ) -> list[LabelledDocument]:
        """Documents with the labels that count now, by shard, stream and rank; a withdrawn label does not count.

        A document with an audit draw is an AUDIT document, whatever else it has. `since_seq` keeps the documents
        with a current label, or an adjudication, newer than that; `only` those of these names. A training document
        that nobody has read has the word of a bulk label, where there is one.
        """
        with self._reading() as cursor:
            number = None if shard is None else shard_numbers(cursor, [shard])[shard]
            where = of_shard(number)
            bulk = stream is not Stream.AUDIT  # bulk labels speak of training documents alone
            named = "" if only is None else 'semi join batch using (shard_no, "row")'
            places = place_columns([] if only is None else doc_places(cursor, only))
            more = _BULK.format(only=named, where=where) if bulk else ""
            chosen = _CHOSEN.format(only=named, where=where, more=more)
            rows = with_batch(
                cursor,
                places,
                f"select shard_no, c.row, name, stream, rank, probability, pick from ({chosen}) c "
                f'join shards using (shard_no) join (select shard_no, "row", pick from queue where {where}) '
                'using (shard_no, "row") '
                "where stream = coalesce($stream, stream) order by shard_no, stream, rank, c.row",
                {"stream": None if stream is None else str(stream)},
            ).fetchall()
            streams = {str(one): one for one in Stream}
            names = {name: unpack(name) for name in {row[2] for row in rows}}
            found = {
                (shard_no, row): _Found(names[name], streams[into], rank, chance, pick)
                for shard_no, row, name, into, rank, chance, pick in rows
            }
            labels = with_batch(
                cursor,
                places,
                f"select shard_no, {LABEL} from current_labels l {named} join shards using (shard_no) "
                f"where {where} order by l.seq desc",
            )
            while batch := labels.fetchmany(10_000):
                for row in batch:
                    if one := found.get((row[0], row[3])):
                        one.labels.append(to_label(row[1:]))
            for place, word in bulk_words(cursor, number).items() if bulk else ():
                if place in found:
                    found[place].labels.append(word)
            ruled = current_adjudications(cursor, number)
            rule = _rule(cursor)
            passed = {version: one for version, one in read_passages(cursor).items() if one.mapping}
        documents = []
        for (number, row), one in found.items():
            adjudication = ruled.get((number, row))
            if adjudication and (now := mapped(passed, adjudication.rubric, adjudication.reasons)) is not None:
                adjudication = replace(adjudication, mapped=now)
            for at, label in enumerate(one.labels if passed else ()):
                if (now := mapped(passed, label.rubric, label.reasons)) is not None:
                    one.labels[at] = replace(label, mapped=now)
            newest = [one.labels[0].seq or 0] if one.labels else []
            newest += [adjudication.seq or 0] if adjudication else []
            if since_seq is None or max(newest) > since_seq:
                name, labels_ = doc_id(one.name, row), tuple(one.labels)
                documents.append(
                    LabelledDocument(
                        name,
                        one.name,
                        row,
                        one.stream,
                        one.rank,
                        one.probability,
                        labels_,
                        adjudication,
                        rule,
                        pick=one.pick,
                    )
                )
        return documents

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
