"""Shards -> corpus: read files in place, keep watch on them."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from review import corpus
from review.errors import CorpusError, NotFound
from review.project import Project
from review.records import Fingerprint, Refusal, Shard
from review.store import NewShard, ShardState, Store

# Shards are recorded in batches, an fsync each: a run that dies has lost what it read since, and reads it again.
BATCH_SHARDS = 500
BATCH_SECONDS = 2.0

Progress = Callable[[str, int, int, int], None]  # what, done, total, rows so far


@dataclass(frozen=True, slots=True)
class IngestReport:
    """What an ingest did; `rows == documents + sum(refused.values())` over the added shards."""

    added: tuple[str, ...]
    replaced: tuple[str, ...]
    unchanged: tuple[str, ...]
    changed: tuple[str, ...]  # known shards whose file differs now; nothing was read anew
    refused_files: tuple[Refusal, ...]
    refused: Mapping[str, int]  # rows, by reason
    examples: tuple[Refusal, ...]  # the first refused rows
    rows: int
    documents: int
    twins: Mapping[str, str] = field(default_factory=dict)  # of added shards whose file has the content of another one
    guessed: Mapping[str, int] = field(default_factory=dict)  # added shards by a text column that nothing but its being
    # the only one of strings speaks for


def ingest(
    project: Project,
    patterns: Sequence[str],
    *,
    corpus_name: str | None = None,
    text_column: str | None = None,
    id_column: str | None = None,
    by: str,
    replace_changed: bool = False,
    base: Path | None = None,
    progress: Progress | None = None,
) -> IngestReport:
    """Read shard files in place and add the new ones.

    A file that is known and the same is left alone; one that changed is reported, and its decision goes stale. With
    `replace_changed` it is added as a shard of its own ("name@2"): labels of the old text stay with the old shard.
    A file or row that cannot be read is refused, with its reason, and never stops the run. What was read is recorded
    every few seconds, and when the run is stopped: the next one goes on from there.
    """
    settings = project.settings.corpus
    store = project.store
    sources = _sources(patterns, base or Path.cwd(), corpus_name or settings.name)
    known = {shard.uri: shard for shard in store.shards()}
    names = {shard.name: shard.uri for shard in known.values()}
    states = store.shard_states()
    content = {_content(shard): shard.name for shard in known.values() if states.get(shard.name) == "ok"}
    twins: dict[str, str] = {}
    guessed: dict[str, int] = {}
    added: list[str] = []
    replaced: list[str] = []
    unchanged: list[str] = []
    changed: list[str] = []
    refused_files: list[Refusal] = []
    refused: dict[str, int] = {}
    examples: list[Refusal] = []
    rows = documents = 0
    with _Batch(store, by) as batch:
        for done, source in enumerate(sources):
            if progress:
                progress(source.name, done, len(sources), rows)
            old = known.get(source.uri)
            if old is not None:
                state, seen = _file_state(old)
                if state == "ok" or not replace_changed:
                    batch.states.append(ShardState(old.name, state, seen))
                    (unchanged if state == "ok" else changed).append(old.name)
                    continue
                source = replace(source, corpus=old.corpus, name=_next_name(old.name))
            scan = (
                _name_taken(source, names[source.name])
                if names.get(source.name, source.uri) != source.uri
                else corpus.scan(
                    source,
                    text_column=text_column or settings.text_column,
                    id_column=id_column or settings.id_column,
                    metadata_columns=settings.metadata_columns or (),
                    full=settings.scan == "full",
                )
            )
            if scan.shard is None:
                if scan.refusal:
                    refused_files.append(scan.refusal)
                    store.add_refused_file(scan.refusal, by)
                continue
            if old is not None:
                batch.states.append(ShardState(old.name, "replaced", scan.shard.fingerprint))
            batch.add(NewShard(scan.shard, scan.refusals, scan.refused))
            names[scan.shard.name] = scan.shard.uri
            other = content.setdefault(_content(scan.shard), scan.shard.name)
            if other != scan.shard.name:
                twins[scan.shard.name] = other
            (added if old is None else replaced).append(scan.shard.name)
            if (column := scan.shard.text_column) not in (text_column or settings.text_column, *corpus.TEXT_NAMES):
                guessed[column] = guessed.get(column, 0) + 1
            rows += scan.shard.rows
            documents += scan.shard.documents
            for reason, count in scan.refused.items():
                refused[reason] = refused.get(reason, 0) + count
            examples.extend(scan.refusals[: max(0, 1000 - len(examples))])
    if progress:
        progress("done", len(sources), len(sources), rows)
    return IngestReport(
        tuple(added),
        tuple(replaced),
        tuple(unchanged),
        tuple(changed),
        tuple(refused_files),
        refused,
        tuple(examples),
        rows,
        documents,
        twins,
        guessed,
    )


def _content(shard: Shard) -> tuple[int, str]:
    return shard.fingerprint.bytes, shard.fingerprint.digest


@dataclass
class _Batch:
    """Scanned shards on their way into the store."""

    store: Store
    by: str
    new: list[NewShard] = field(default_factory=list)
    states: list[ShardState] = field(default_factory=list)
    since: float = field(default_factory=time.monotonic)

    def __enter__(self) -> _Batch:
        return self

    def __exit__(self, *_: object) -> None:
        self.record()

    def add(self, shard: NewShard) -> None:
        self.new.append(shard)
        if len(self.new) >= BATCH_SHARDS or time.monotonic() - self.since > BATCH_SECONDS:
            self.record()

    def record(self) -> None:
        new, states, self.new, self.states = self.new, self.states, [], []
        self.store.add_shards(new, self.by, states=states)
        self.since = time.monotonic()


def _sources(patterns: Sequence[str], base: Path, name: str | None) -> list[corpus.Source]:
    """The files of all patterns, each once; without a name, the corpus is called after the pattern's folder."""
    found: dict[str, corpus.Source] = {}
    for pattern in patterns:
        fixed = re.split(r"[*?\[]", pattern, maxsplit=1)[0]
        folder = os.path.dirname(fixed.rstrip("/") if fixed == pattern else fixed)
        above = folder if "://" in folder else os.path.abspath(os.path.join(base, os.path.expanduser(folder)))
        for source in corpus.resolve([pattern], base, corpus=name or os.path.basename(above) or "corpus"):
            found.setdefault(source.uri, source)
    return sorted(found.values(), key=lambda source: source.uri)


def _name_taken(source: corpus.Source, uri: str) -> corpus.Scan:
    detail = f"Its name {source.name!r} belongs to {uri}. Ingest it under another name with --corpus."
    refusal = Refusal(source.uri, None, "name_taken", detail)
    return corpus.Scan(None, refusal, [refusal], {"name_taken": 1})


def _next_name(name: str) -> str:
    """ "web/a.parquet@2" after "web/a.parquet", "@3" after that."""
    stem, mark, version = name.rpartition("@")
    return f"{stem}@{int(version) + 1}" if mark and version.isdigit() else f"{name}@2"


def _file_state(shard: Shard) -> tuple[str, Fingerprint | None]:
    """ok, changed or missing, with what was seen; cheap when size and time are as they were."""
    try:
        if corpus.unchanged(shard.uri, shard.fingerprint):
            return "ok", shard.fingerprint
        return "changed", corpus.fingerprint(shard.uri)
    except (NotFound, CorpusError):  # gone, or not to be read: a store without credentials, a folder in its place
        return "missing", None


def check_files(project: Project, shards: Iterable[str] | None = None, *, by: str = "review") -> list[str]:
    """Compare shard files with their fingerprints; returns the names of those that changed or are missing."""
    states = project.store.shard_states()
    wanted = set(states) if shards is None else set(shards)
    differing, found = [], []
    for shard in project.store.shards():
        if shard.name not in wanted or states[shard.name] == "replaced":
            continue
        state, seen = _file_state(shard)
        if state != states[shard.name]:
            found.append(ShardState(shard.name, state, seen))
        if state != "ok":
            differing.append(shard.name)
    project.store.set_shard_states(found, by)
    return differing
