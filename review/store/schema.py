"""The store's tables, as an append-only list of migrations, each applied with its record in one transaction.

Everything below `events` is derived from it by `review.store.apply`, except `documents` (a cache of corpus text),
`leases` (they die by time), `scores` (a model can make them again) and `caches` with `queue.language`.


@migration
Everything below `events` is derived from it by `review.store.apply`, except `documents` and `document_lines` (caches of
corpus text), `leases` (they die by time) and `scores` (a model can make them again).

A document is the pair (shard_no, row). shard_no is given in journal order, so a rebuilt store has the same numbers.
No table has an index: one would block altering its columns, and a scan of a million integers takes milliseconds.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

from duckdb import DuckDBPyConnection

from review.store.counting import NEWEST, NEWEST_STORED, count_judged, turn_column
from review.store.picking import fill_picks
from review.store.rows import place_columns
from review.store.rubric_rows import work_out
from review.store.telling import fill_lines

Migration = Callable[[DuckDBPyConnection], None]
MIGRATIONS: list[Migration] = []


def migration(function: Migration) -> Migration:
    """Register a migration. Never change or reorder one that was released: add the next."""
    MIGRATIONS.append(function)
    return function


def migrate(cursor: DuckDBPyConnection, at: datetime) -> list[str]:
    """Apply what is missing, in order, one transaction each. Returns the names applied."""
    cursor.execute("create table if not exists migrations (name varchar not null, applied_at timestamp not null)")
    applied = {name for (name,) in cursor.execute("select name from migrations").fetchall()}
    new = []
    for step in MIGRATIONS:
        if step.__name__ in applied:
            continue
        cursor.begin()
        try:
            step(cursor)
            cursor.execute("insert into migrations values (?, ?)", [step.__name__, at])
        except BaseException:
            cursor.rollback()
            raise
        cursor.commit()
        new.append(step.__name__)
    return new


@migration
def m001_events(db: DuckDBPyConnection) -> None:
    # The journal's lines a second time: if the journal loses its last lines, they are restored from here, and the
    # highest seq says how far the tables below have got.
    db.execute("""
        create table events (
            seq bigint not null,
            recorded_at timestamp not null,
            type varchar not null,
            author varchar not null,
            shard_no integer,            -- the shard it is about, for a shard's history
            line varchar not null        -- byte for byte as in the journal
        )""")


@migration
def m002_corpus(db: DuckDBPyConnection) -> None:
    db.execute("""
        create table shards (
            seq bigint not null,
            shard_no integer not null,
            name varchar not null,
            corpus varchar not null,
            uri varchar not null,
            format varchar not null,
            "rows" bigint not null,
            documents bigint not null,
            characters bigint not null,
            bytes bigint not null,
            mtime_ns bigint not null,
            digest varchar not null,
            columns varchar not null,    -- JSON list
            text_column varchar not null,
            id_column varchar,
            excluded varchar not null,   -- JSON list of [first, length] runs
            metadata varchar not null    -- JSON object
        )""")
    db.execute("""
        create table shard_states (
            seq bigint not null,
            shard_no integer not null,
            state varchar not null check (state in ('ok', 'changed', 'missing', 'replaced')),
            seen varchar                 -- JSON fingerprint
        )""")
    db.execute('create table refusals (seq bigint, uri varchar, "row" bigint, reason varchar, detail varchar)')
    db.execute("create table refused (seq bigint, uri varchar, reason varchar, documents bigint)")  # complete counts


@migration
def m003_draws(db: DuckDBPyConnection) -> None:
    db.execute("""
        create table draws (
            seq bigint not null,
            shard_no integer not null,
            "row" bigint not null,
            content_hash varchar not null,
            stream varchar not null check (stream in ('audit', 'training')),
            strategy varchar not null,
            probability double,
            seed bigint not null,
            rank bigint not null,
            batch varchar not null
        )""")
    # Text is null after a recovery that could not read the shard, or read other text there.
    db.execute("""
        create table documents (
            shard_no integer not null,
            "row" bigint not null,
            content_hash varchar not null,
            external_id varchar,
            metadata varchar not null,   -- JSON object
            text varchar
        )""")
    # One row a drawn document: the order in which it is handed out, and how many reviewers' labels count for it now.
    # Kept up to date so that handing out the next document scans integers instead of ranking all labels each time.
    db.execute("""
        create table queue (
            shard_no integer not null,
            "row" bigint not null,
            training boolean not null,   -- false: has an audit draw
            place bigint not null,       -- handed out in this order: see picking.places
            judged integer not null
        )""")
    db.execute("""
        create table leases (
            shard_no integer not null,
            "row" bigint not null,
            reviewer varchar not null,
            tab varchar not null,
            until timestamp not null
        )""")


@migration
def m004_labels(db: DuckDBPyConnection) -> None:
    # Labels are never updated: a change of mind is a new row, so we can always say who thought what, and when.
    db.execute("""
        create table labels (
            seq bigint not null,
            recorded_at timestamp not null,
            label_id varchar not null,
            shard_no integer not null,
            "row" bigint not null,
            content_hash varchar not null,
            reviewer varchar not null,
            verdict varchar check (verdict in ('keep', 'unsure', 'reject')),  -- null: taken back
            reasons varchar[] not null,
            note varchar not null,
            score integer,
            seconds double not null,
            rubric integer not null,
            shown varchar not null,      -- JSON object
            source varchar not null
        )""")
    db.execute("""
        create view current_labels as
        from (from labels qualify row_number() over (partition by shard_no, "row", reviewer order by seq desc) = 1)
        where verdict is not null""")
    db.execute("create table rubrics (seq bigint not null, version integer not null, body varchar not null)")


@migration
def m005_outcomes(db: DuckDBPyConnection) -> None:
    db.execute("""
        create table decisions (
            seq bigint not null,
            recorded_at timestamp not null,
            shard_no integer not null,
            ruling varchar not null check (ruling in ('approve', 'reject', 'hold')),
            reason varchar not null,
            author varchar not null,
            bytes bigint not null,
            mtime_ns bigint not null,
            digest varchar not null,
            certificate varchar not null, -- JSON object
            rubric integer not null
        )""")
    db.execute("""
        create table models (
            seq bigint not null, recorded_at timestamp not null, author varchar not null,
            version varchar not null, card varchar not null
        )""")
    db.execute("""
        create table promotions (
            seq bigint not null, recorded_at timestamp not null, author varchar not null,
            version varchar not null, reason varchar not null
        )""")
    db.execute('create table scores (version varchar, shard_no integer, "row" bigint, score double)')
    db.execute("""
        create table releases (
            seq bigint not null, recorded_at timestamp not null, author varchar not null,
            name varchar not null, path varchar not null, manifest varchar not null
        )""")


@migration
def m006_current_refusals(db: DuckDBPyConnection) -> None:
    # A file that was refused once, then mended and ingested, is a shard now: its refusal stays a fact of the past.
    db.execute("""
        create view current_refusals as
        from refusals where "row" is not null or uri not in (select uri from shards)""")
    db.execute("""
        create view current_refused as
        from refused where uri not in (select uri from shards)
        or seq not in (select seq from refusals where "row" is null)""")


@migration
def m007_adjudications(db: DuckDBPyConnection) -> None:
    # A lead's verdict stands beside the labels and replaces none of them; a later row replaces it or takes it back.
    db.execute("""
        create table adjudications (
            seq bigint not null,
            recorded_at timestamp not null,
            author varchar not null,
            adjudication_id varchar not null,
            shard_no integer not null,
            "row" bigint not null,
            content_hash varchar not null,
            verdict varchar check (verdict in ('keep', 'unsure', 'reject')),  -- null: taken back
            reasons varchar[] not null,
            note varchar not null,
            rubric integer not null,
            labels varchar[] not null,   -- ids of the labels that were current
            shown varchar not null       -- JSON object
        )""")
    db.execute("""
        create view current_adjudications as
        from (from adjudications qualify row_number() over (partition by shard_no, "row" order by seq desc) = 1)
        where verdict is not null""")


@migration
def m008_overlap(db: DuckDBPyConnection) -> None:
    # What was drawn gets the same picks as what will be: see review.store.picking. `agreed` is of the people who have
    # judged a document the most that say the same.
    db.execute("alter table queue add column pick integer")
    db.execute("alter table queue add column agreed integer default 0")
    fill_picks(db)
    db.execute("""
        update queue set agreed = counted.agreed
        from (
            select shard_no, "row", max(n) as agreed
            from (select shard_no, "row", count(*) as n from current_labels group by shard_no, "row", verdict)
            group by all
        ) counted
        where queue.shard_no = counted.shard_no and queue."row" = counted."row" """)


@migration
def m009_preferences(db: DuckDBPyConnection) -> None:
    # How each reviewer wants to work. A row a wish; the newest of a name counts.
    db.execute("""
        create table preferences (
            seq bigint not null, recorded_at timestamp not null, author varchar not null,
            name varchar not null, value varchar not null  -- JSON
        )""")


@migration
def m010_confirmations(db: DuckDBPyConnection) -> None:
    # A second lead's signature under a decision, which stays as it is; a new decision needs a new one.
    db.execute("""
        create table confirmations (
            seq bigint not null,
            recorded_at timestamp not null,
            author varchar not null,
            shard_no integer not null,
            decision bigint not null     -- seq of the decision
        )""")


@migration
def m011_blind_checks(db: DuckDBPyConnection) -> None:
    # Why a label was asked for: null as planned, else 'gold' or 'repeat', and then it is no judgement of the document.
    db.execute("alter table labels add column turn varchar")
    marked = db.execute("select seq, shown from labels where shown like '%\"gold\"%' or shown like '%\"repeat\"%'")
    for seq, shown in marked.fetchall():
        db.execute("update labels set turn = ? where seq = ?", [turn_column(json.loads(shown)), seq])
    db.execute("drop view current_labels")
    db.execute(f"create view current_labels as from ({NEWEST_STORED}) where verdict is not null and turn is null")
    places = db.execute('select distinct shard_no, "row" from labels where turn is not null').fetchall()
    if places:
        count_judged(db, place_columns(places), labels="labels")
    # Leases die by time: those of an earlier version have.
    db.execute("drop table leases")
    db.execute("""
        create table leases (
            shard_no integer not null,
            "row" bigint not null,
            reviewer varchar not null,
            tab varchar not null,
            until timestamp not null,
            turn varchar not null,
            place bigint not null        -- in the order of the queue; of a check, that of the document after it
        )""")
    db.execute("""
        create table gold (
            seq bigint not null,
            recorded_at timestamp not null,
            author varchar not null,
            shard_no integer not null,
            "row" bigint not null,
            content_hash varchar not null,
            verdict varchar check (verdict in ('keep', 'reject')),  -- null: gold no more
            reasons varchar[] not null,
            source varchar not null
        )""")
    db.execute("""
        create view current_gold as
        from (from gold qualify row_number() over (partition by shard_no, "row" order by seq desc) = 1)
        where verdict is not null""")


@migration
def m012_assignments(db: DuckDBPyConnection) -> None:
    db.execute("""
        create table assignments (
            seq bigint not null,
            recorded_at timestamp not null,
            author varchar not null,
            reviewer varchar not null,
            corpora varchar not null,    -- JSON lists
            languages varchar not null,
            shards varchar not null
        )""")
    db.execute("""
        create view current_assignments as
        from assignments qualify row_number() over (partition by reviewer order by seq desc) = 1""")
    # From the documents' metadata: which column it is may change, so the journal does not have it. Null: not looked up.
    db.execute("alter table queue add column language varchar")
    db.execute("create table caches (name varchar not null, value varchar not null)")


@migration
def m013_rubric_choices(db: DuckDBPyConnection) -> None:
    # What a change of the rubric means for the labels before it is a lead's to say, and may be said again.
    db.execute("""
        create table rubric_choices (
            seq bigint not null, recorded_at timestamp not null, author varchar not null,
            version integer not null, body varchar not null  -- JSON object
        )""")
    # All that was decided, a row for each version: see review.rubric.passages.
    db.execute("""
        create table passages (
            seq bigint not null,
            version integer not null,
            settled boolean not null,
            every boolean not null,
            again varchar[] not null,
            mapping varchar not null     -- JSON object
        )""")
    work_out(db)
    # A label that must be given again stands as one that was taken back: nobody has judged the document.
    for name in ("labels", "adjudications"):
        db.execute(f"""
            create view standing_{name} as
            select l.* replace (
                case when p.every or list_has_any(l.reasons, p.again)
                          or (list_contains(p.again, '') and l.verdict = 'reject' and len(l.reasons) = 0)
                     then null else l.verdict end as verdict
            )
            from {name} l left join (from passages where every or len(again) > 0) p on p.version = l.rubric""")
    db.execute("drop view current_labels")
    db.execute(f"create view current_labels as from ({NEWEST}) where verdict is not null and turn is null")
    db.execute("""
        create or replace view current_adjudications as
        from (
            from standing_adjudications qualify row_number() over (partition by shard_no, "row" order by seq desc) = 1
        ) where verdict is not null""")


@migration
def m014_document_lines(db: DuckDBPyConnection) -> None:
    # Like `documents` a cache of the corpus: written with each text, and filled here from those that are stored.
    db.execute(
        'create table document_lines (shard_no integer not null, "row" bigint not null, lines ubigint[] not null)'
    )
    fill_lines(db)
