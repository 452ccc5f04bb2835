"""`review recover`: build review.duckdb again from the journal and the corpus, keeping every old file aside."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from duckdb import DuckDBPyConnection

from review.errors import JournalBroken, StoreError
from review.records import Document, Shard, doc_id
from review.store.apply import apply
from review.store.core import DATABASE, JOURNAL, batches, connect, utcnow
from review.store.draws import store_documents
from review.store.encoding import content_hash, pack, unpack
from review.store.events import Fact, check_line
from review.store.journal import Journal, sync_folder
from review.store.lock import Lock
from review.store.repair import Repair, finish, repair
from review.store.rows import insert
from review.store.salvage import salvage
from review.store.shards import fetch_shards

ReadRows = Callable[[Shard, Sequence[int]], Sequence[Document]]
Progress = Callable[[int, int], None]
_SHOWN = 20  # documents named in a sentence; the report has them all


@dataclass(slots=True)
class RecoverReport:
    """What came back and what did not."""

    events: int = 0
    labels: int = 0
    draws: int = 0
    decisions: int = 0
    texts: int = 0  # read again from the corpus
    texts_from_old: int = 0  # the corpus had other text there; taken from the old database, proved by hash
    problems: list[str] = field(default_factory=list)  # journal lines that could not be trusted
    restored: list[int] = field(default_factory=list)  # events the journal had lost, taken from the old database
    lost: list[int] = field(default_factory=list)  # events of which nothing sound was left
    unusable: list[int] = field(default_factory=list)  # events about a shard whose own event was lost
    unavailable: list[str] = field(default_factory=list)  # documents without a text; their labels are kept
    reasons: dict[str, str] = field(default_factory=dict)  # why, by shard
    undrawn: dict[str, list[str]] = field(default_factory=dict)  # by document whose draw was lost: ids of its labels
    kept_aside: list[str] = field(default_factory=list)  # where the old files are

    def sentences(self) -> list[str]:
        """The report for people."""
        said = [
            f"{self.events} events from the journal: {self.labels} labels, {self.draws} draws, "
            f"{self.decisions} decisions. {self.texts} texts read again from the corpus."
        ]
        said += self.problems
        if self.texts_from_old:
            said.append(f"{self.texts_from_old} texts were taken from the old store; the corpus differs there.")
        if self.restored:
            said.append(f"{len(self.restored)} events the journal had lost were restored from the old store.")
        if self.lost:
            said.append(f"Lost for good: events {', '.join(map(str, self.lost))}.")
        if self.unusable:
            said.append(f"Kept but unusable, their shard's event is lost: {', '.join(map(str, self.unusable))}.")
        for shard, why in self.reasons.items():
            said.append(f"Shard {shard!r}: {why}")
        if self.unavailable:
            said.append(f"{len(self.unavailable)} documents have no text; their labels are kept.")
        if self.undrawn:
            labels = sum(map(len, self.undrawn.values()))
            said.append(
                f"The draws of {len(self.undrawn)} labelled documents were lost. Their {labels} labels are kept in the "
                "journal and count again once `review draw` has drawn these documents again: "
                f"{', '.join(map(repr, list(self.undrawn)[:_SHOWN]))}{', ...' if len(self.undrawn) > _SHOWN else '.'}"
            )
        said.append("Model scores of sampled documents are not in the journal; score again to have them.")
        if self.kept_aside:
            said.append(f"Old files are kept as {', '.join(self.kept_aside)}.")
        return said


def recover(
    root: Path,
    read_rows: ReadRows,
    progress: Progress | None = None,
    *,
    clock: Callable[[], datetime] = utcnow,
) -> RecoverReport:
    """Rebuild the store of the project in `root`; `read_rows` reads documents of a shard by row numbers.

    A text that does not match the hash in the journal is never taken. Raises StoreBusy when the store is open, and
    StoreError when there is neither journal nor database.
    """
    root = Path(root)
    folder, database = root / JOURNAL, root / DATABASE
    if not folder.is_dir() and not database.exists():
        raise StoreError(f"{root} has neither {JOURNAL}/ nor {DATABASE}; there is nothing to recover from.")
    folder.mkdir(exist_ok=True)
    with Lock(folder / "lock"):
        at = clock()
        report = RecoverReport()
        finish(folder)
        journal = _sound_journal(folder, database, report, at)
        try:
            _rebuild(root, journal, read_rows, report, progress, at)
        finally:
            journal.close()
    return report


def _sound_journal(folder: Path, database: Path, report: RecoverReport, at: datetime) -> Journal:
    """The journal, repaired if it was broken or the old database knows events it has lost."""
    try:
        journal = Journal(folder)
        for _ in journal.events():
            pass
    except JournalBroken:
        return _repaired(folder, database, report, at)
    if journal.torn or _newest(database) > journal.last_seq:
        journal.close()
        return _repaired(folder, database, report, at)
    return journal


def _repaired(folder: Path, database: Path, report: RecoverReport, at: datetime) -> Journal:
    by = "review recover"
    done: Repair = repair(folder, (str(line) for (line,) in salvage(database, "lines")), at=at, by=by)
    report.problems, report.restored = done.problems, done.restored
    report.lost, report.unusable = done.lost, done.unusable
    report.kept_aside.append(f"{JOURNAL}/{done.kept_aside}")
    journal = Journal(folder)
    data = {"problems": done.problems, "restored": done.restored, "lost": done.lost, "unusable": done.unusable}
    journal.write(journal.prepare([Fact("recovery", by, {**data, "kept_aside": done.kept_aside})], at))
    return journal


def _newest(database: Path) -> int:
    """The newest event an old database holds a sound line of; 0 when it cannot be read."""
    newest = 0
    for (line,) in salvage(database, "newest"):
        try:
            newest = check_line(str(line).encode("ascii")).seq
        except ValueError:
            newest = 0
    return newest


def _rebuild(
    root: Path, journal: Journal, read_rows: ReadRows, report: RecoverReport, progress: Progress | None, at: datetime
) -> None:
    """Build beside, then rename: an interruption leaves the old files or the new one, never half of one."""
    building = root / f"{DATABASE}.recovering"
    for leftover in (building, Path(f"{building}.wal")):
        leftover.unlink(missing_ok=True)
    with closing(connect(building, at)) as con:
        with con.cursor() as cursor:
            for batch in batches(journal.events()):
                cursor.begin()
                apply(cursor, batch)
                cursor.commit()
            _read_texts(cursor, root / DATABASE, read_rows, report, progress)
            report.undrawn = _undrawn(cursor)
            counts = "(select count(*) from events), (select count(*) from labels), (select count(*) from draws)"
            report.events, report.labels, report.draws, report.decisions = cursor.execute(
                f"select {counts}, (select count(*) from decisions)"
            ).fetchall()[0]
        con.execute("checkpoint")
    stamp = at.strftime("%Y%m%d-%H%M%S-%f")
    # The log first: next to a new database, an old one's log would be replayed into it.
    for name in (f"{DATABASE}.wal", DATABASE):
        if (root / name).exists():
            aside = name.replace(DATABASE, f"{DATABASE}.before-recover-{stamp}")
            (root / name).rename(root / aside)
            report.kept_aside.append(aside)
    building.rename(root / DATABASE)
    sync_folder(root)


def _undrawn(cursor: DuckDBPyConnection) -> dict[str, list[str]]:
    rows = cursor.execute(
        'select name, l."row", label_id from labels l join shards using (shard_no) '
        'anti join draws d on d.shard_no = l.shard_no and d."row" = l."row" order by l.shard_no, l."row", l.seq'
    ).fetchall()
    found: dict[str, list[str]] = {}
    for name, row, label_id in rows:
        found.setdefault(doc_id(unpack(name), row), []).append(unpack(label_id))
    return found


def _read_texts(
    cursor: DuckDBPyConnection, old: Path, read_rows: ReadRows, report: RecoverReport, progress: Progress | None
) -> None:
    shards = fetch_shards(cursor)
    missing: dict[tuple[str, int], str] = {}
    for number, shard in enumerate(shards):
        drawn = dict(
            cursor.execute(
                'select distinct "row", content_hash from draws where shard_no = ? order by 1', [number]
            ).fetchall()
        )
        found, why = _texts_of(shard, drawn, read_rows) if drawn else ([], "")
        _store(cursor, {shard.name: number}, found)
        report.texts += len(found)
        for row in drawn.keys() - {document.row for document in found}:
            missing[shard.name, row] = drawn[row]
            report.reasons[shard.name] = why
        if progress is not None:
            progress(number + 1, len(shards))
    numbers = {shard.name: number for number, shard in enumerate(shards)}
    if missing:
        for document in _old_texts(old, missing):
            _store(cursor, numbers, [document])
            del missing[document.shard, document.row]
            report.texts_from_old += 1
    report.unavailable = sorted(doc_id(shard, row) for shard, row in missing)
    _store_unavailable(cursor, numbers, missing)


def _texts_of(shard: Shard, drawn: Mapping[int, str], read_rows: ReadRows) -> tuple[list[Document], str]:
    """Documents whose text still has the hash it was drawn with, and why others have not."""
    try:
        read = read_rows(shard, list(drawn))
    except Exception as error:  # whatever a damaged file does to a reader must not cost the other shards' texts
        return [], f"it cannot be read: {error}"
    same = [one for one in read if one.shard == shard.name and drawn.get(one.row) == content_hash(one.text)]
    return same, f"{len(drawn) - len(same)} of {len(drawn)} texts are not the ones drawn; the file has changed."


def _old_texts(old: Path, missing: Mapping[tuple[str, int], str]) -> Iterator[Document]:
    wanted = dict(missing)
    for row in salvage(old, "texts"):
        name, number, digest, external_id, metadata, text = row
        document = Document(
            unpack(str(name)),
            int(str(number)),
            unpack(str(text)),
            str(digest),
            None if external_id is None else unpack(str(external_id)),
            json.loads(str(metadata)),
        )
        if wanted.pop((document.shard, document.row), None) == content_hash(document.text):
            yield document


def _store(cursor: DuckDBPyConnection, numbers: dict[str, int], documents: Sequence[Document]) -> None:
    cursor.begin()
    store_documents(cursor, numbers, documents)
    cursor.commit()


def _store_unavailable(
    cursor: DuckDBPyConnection, numbers: Mapping[str, int], missing: Mapping[tuple[str, int], str]
) -> None:
    columns: dict[str, list[Any]] = {
        "shard_no": [numbers[shard] for shard, _ in missing],
        "row": [row for _, row in missing],
        "content_hash": [pack(digest) for digest in missing.values()],
        "metadata": ["{}"] * len(missing),
    }
    insert(cursor, "documents", columns)
