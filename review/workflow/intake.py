"""Shards -> corpus: read files in place, keep watch on them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from review import corpus
from review.errors import CorpusError
from review.project import Project
from review.records import Refusal, Shard

Progress = Callable[[str, int, int], None]  # what, done, total


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
    A file or row that cannot be read is refused, with its reason, and never stops the run.
    """
    settings = project.settings.corpus
    store = project.store
    sources = corpus.resolve(patterns, base or Path.cwd(), corpus=corpus_name or settings.name)
    known = {shard.uri: shard for shard in store.shards()}
    states = store.shard_states()
    added: list[str] = []
    replaced: list[str] = []
    unchanged: list[str] = []
    changed: list[str] = []
    refused_files: list[Refusal] = []
    refused: dict[str, int] = {}
    examples: list[Refusal] = []
    rows = documents = 0
    for done, source in enumerate(sources):
        if progress:
            progress(source.name, done, len(sources))
        old = known.get(source.uri)
        name = source.name
        if old is not None:
            state = _file_state(old)
            if state != states[old.name]:
                store.set_shard_state(old.name, state, by=by)
            if state == "ok":
                unchanged.append(old.name)
                continue
            if not replace_changed:
                changed.append(old.name)
                continue
            name = _next_name(old.name)
        scan = corpus.scan(
            replace(source, name=name),
            text_column=text_column or settings.text_column,
            id_column=id_column or settings.id_column,
            metadata_columns=settings.metadata_columns,
            full=settings.scan == "full",
        )
        if scan.shard is None:
            refused_files.extend(scan.refusals)
            for refusal in scan.refusals:
                store.add_refused_file(refusal, by=by)
            continue
        store.add_shard(scan.shard, refusals=scan.refusals, refused=scan.refused, by=by)
        if old is not None:
            store.set_shard_state(old.name, "replaced", by=by)
            replaced.append(name)
        else:
            added.append(name)
        rows += scan.shard.rows
        documents += scan.shard.documents
        for reason, count in scan.refused.items():
            refused[reason] = refused.get(reason, 0) + count
        examples.extend(scan.refusals[: max(0, 1000 - len(examples))])
    if progress:
        progress("done", len(sources), len(sources))
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
    )


def _next_name(name: str) -> str:
    stem, mark, number = name.rpartition("@")
    return f"{stem}@{int(number) + 1}" if mark and number.isdigit() else f"{name}@2"


def _file_state(shard: Shard) -> str:
    try:
        seen = corpus.fingerprint(shard.uri)
    except (FileNotFoundError, CorpusError):
        return "missing"
    same = (seen.bytes, seen.digest) == (shard.fingerprint.bytes, shard.fingerprint.digest)
    return "ok" if same else "changed"


def check_files(project: Project, shards: Iterable[str] | None = None, *, by: str = "review") -> list[str]:
    """Compare shard files with their fingerprints; returns the names of those that changed or are missing."""
    states = project.store.shard_states()
    wanted = set(states) if shards is None else set(shards)
    differing = []
    for shard in project.store.shards():
        if shard.name not in wanted or states[shard.name] == "replaced":
            continue
        state = _file_state(shard)
        if state != states[shard.name]:
            project.store.set_shard_state(shard.name, state, by=by)
        if state != "ok":
            differing.append(shard.name)
    return differing
