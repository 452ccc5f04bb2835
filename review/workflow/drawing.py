"""Corpus -> draws: which documents people will see."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from review import corpus
from review.certificate import fixed_plan
from review.errors import CorpusError, NotFound, ReviewError
from review.project import Project
from review.records import Document, Draw, Shard, Stream
from review.sampling import audit_order
from review.workflow.intake import Progress


@dataclass(frozen=True, slots=True)
class DrawReport:
    """How many documents were drawn now, by shard, and which shards could not be read."""

    drawn: Mapping[str, int]
    problems: tuple[str, ...]

    @property
    def total(self) -> int:
        return sum(self.drawn.values())


def draw(
    project: Project,
    *,
    stream: Stream = Stream.AUDIT,
    strategy: str | None = None,
    shard: str = "*",
    n: int | None = None,
    by: str,
    progress: Progress | None = None,
) -> DrawReport:
    """Draw documents for review.

    audit: up to `n` documents a shard (default: what the plan needs), the first of the shard's fixed random order, so
    that drawing more later keeps what was drawn. training: `n` documents in all, by `strategy`.
    """
    names = matching_shards(project, shard)
    if stream is Stream.TRAINING:
        from review.workflow.learning import draw_training

        return draw_training(project, names, strategy or "uncertain", n, by=by, progress=progress)
    if strategy not in (None, "simple"):
        raise ReviewError(f"Strategy {strategy!r} cannot be used for audit draws. Allowed: simple.")
    drawn: dict[str, int] = {}
    problems: list[str] = []
    for done, name in enumerate(names):
        if progress:
            progress(name, done, len(names))
        try:
            drawn[name] = _draw_audit(project, project.store.shard(name), n, by)
        except CorpusError as error:
            problems.append(str(error))
    if progress:
        progress("done", len(names), len(names))
    return DrawReport({name: count for name, count in drawn.items() if count}, tuple(problems))


def matching_shards(project: Project, pattern: str) -> list[str]:
    """Names of readable shards that match a glob. Raises NotFound when none does."""
    states = project.store.shard_states()
    names = [name for name, state in states.items() if state == "ok" and fnmatch.fnmatchcase(name, pattern)]
    if not names:
        raise NotFound(
            f"No readable shard matches {pattern!r}. There are {len(states)} shards; `review shards` lists them, "
            "`review ingest` adds more."
        )
    return sorted(names)


def audit_target(project: Project, shard: Shard) -> int:
    """How many audit documents the settings want of a shard: audit_per_shard, else the plan's sample size."""
    wanted = project.settings.sampling.audit_per_shard
    if wanted is None:
        wanted = fixed_plan(project.settings.plan.plan(), shard.documents).n
    return min(wanted, shard.documents)


def _draw_audit(project: Project, shard: Shard, n: int | None, by: str) -> int:
    store, seed = project.store, project.settings.sampling.seed
    target = min(n if n is not None else audit_target(project, shard), shard.documents)
    have = store.draw_counts().get((shard.name, Stream.AUDIT), 0)
    if target <= have:
        return 0
    rows = audit_order(shard.name, seed, shard.rows, shard.excluded, target, start=have).tolist()
    documents = {document.row: document for document in corpus.read_rows(shard, rows)}
    batch = f"audit-{have}-{target}"
    draws = [
        Draw(
            shard=shard.name,
            row=row,
            stream=Stream.AUDIT,
            strategy="simple",
            probability=target / shard.documents,
            seed=seed,
            rank=have + place,
            batch=batch,
        )
        for place, row in enumerate(rows)
    ]
    return store.record_draws(draws, visible(project, [documents[row] for row in rows]), by=by)


def visible(project: Project, documents: Iterable[Document]) -> list[Document]:
    """Documents without the metadata that reviewers must not see; what is hidden never enters the store."""
    shown = project.settings.corpus.shown
    return [replace(document, metadata=shown(dict(document.metadata))) for document in documents]


def desk_limits(project: Project) -> dict[str, int]:
    """Audit ranks the desk may hand out, by shard: a shard's queue closes when its plan has decided.

    Where the settings ask for a number of audit documents a shard, that many are handed out whatever the plan says.
    """
    wanted = project.settings.sampling.audit_per_shard or 0
    return {
        name: max(wanted, place.certificate.needed if place.certificate.more else 0)
        for name, place in project.standings().items()
        if place.state not in ("approved", "rejected", "changed", "missing")
    }
