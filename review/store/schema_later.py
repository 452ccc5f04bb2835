"""The store's tables, continued: the next migration goes to the end of this file. See review.store.schema."""

from __future__ import annotations

from duckdb import DuckDBPyConnection

from review.store.counting import NEWEST
from review.store.rubric_rows import mark_again
from review.store.schema import migrate, migration

__all__ = ["migrate"]

# A person's word goes before, and so does an audit draw: what must be random is read by somebody.
_CURRENT_BULK = """
    create view current_bulk as
    from (
        from standing_bulk qualify row_number() over (partition by shard_no, "row" order by seq desc) = 1
    )
    semi join (from queue where training) using (shard_no, "row")
    anti join current_labels using (shard_no, "row")
    anti join current_adjudications using (shard_no, "row")"""


@migration
def m015_bulk(db: DuckDBPyConnection) -> None:
    # What a filter said of many training documents at once. Apart from `labels`: no count, bound or agreement can meet
    # one by mistake. A batch is undone as a whole.
    db.execute("""
        create table bulk_labels (
            seq bigint not null,
            recorded_at timestamp not null,
            author varchar not null,
            batch varchar not null,
            shard_no integer not null,
            "row" bigint not null,
            content_hash varchar not null,
            verdict varchar not null check (verdict in ('keep', 'unsure', 'reject')),
            reasons varchar[] not null,
            note varchar not null,
            rubric integer not null
        )""")
    db.execute("""
        create table bulk_batches (
            seq bigint not null, recorded_at timestamp not null, author varchar not null,
            batch varchar not null, filter varchar not null  -- JSON object
        )""")
    db.execute(
        "create table bulk_undone (seq bigint not null, recorded_at timestamp not null, author varchar not null, "
        "batch varchar not null)"
    )
    db.execute("""
        create view standing_bulk as
        select b.* from (from bulk_labels anti join bulk_undone using (batch)) b
        left join (from passages where every or len(again) > 0) p on p.version = b.rubric
        where not coalesce(
            p.every or list_has_any(b.reasons, p.again)
            or (list_contains(p.again, '') and b.verdict = 'reject' and len(b.reasons) = 0), false)""")
    db.execute(_CURRENT_BULK)
    db.execute("alter table queue add column bulk boolean default false")


@migration
def m016_audit_designs(db: DuckDBPyConnection) -> None:
    # Draws that favour some documents: how, fixed before the first one, and of each draw the stratum it fell in.
    db.execute("""
        create table audit_designs (
            seq bigint not null,
            shard_no integer not null,
            body varchar not null        -- JSON object
        )""")
    db.execute("alter table draws add column stratum integer")
    # A document with the text of an earlier drawn one is not read again: it takes that one's label.
    db.execute("alter table draws add column same_as bigint")


@migration
def m017_again(db: DuckDBPyConnection) -> None:
    # Worked out once for each label instead of at every look: the desk looks at all labels of a reviewer.
    db.execute("alter table labels add column again boolean default false")
    mark_again(db)
    db.execute("drop view current_bulk")
    db.execute("drop view current_labels")
    db.execute("drop view standing_labels")
    db.execute("""
        create view standing_labels as
        select * replace (case when again then null else verdict end as verdict) from labels""")
    db.execute(f"create view current_labels as from ({NEWEST}) where verdict is not null and turn is null")
    db.execute(_CURRENT_BULK)


@migration
def m018_lots(db: DuckDBPyConnection) -> None:
    # Shards certified as one.
    db.execute("""
        create table lots (
            seq bigint not null,
            recorded_at timestamp not null,
            author varchar not null,
            name varchar not null,
            body varchar not null        -- JSON object
        )""")
    db.execute("create table lot_shards (seq bigint not null, shard_no integer not null)")
    db.execute("""
        create table lots_dissolved (
            seq bigint not null,
            recorded_at timestamp not null,
            author varchar not null,
            name varchar not null,
            reason varchar not null,
            labels integer not null      -- how many had counted for it
        )""")
