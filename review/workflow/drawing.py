"""Corpus -> draws: which documents people will see."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from review import corpus
from review.certificate import fixed_plan
from review.errors import CorpusError, NotFound, ReviewError
from review.project import Project
from review.records import AuditDesign, Document, Draw, Refusal, Shard, Stream
from review.sampling import audit_order, inclusion_probability, normal_form
from review.settings import Settings
from review.store import Store
from review.workflow.designing import choose, in_use, next_draws
from review.workflow.intake import Progress
from review.workflow.risk import to_read_on
from review.workflow.thrown_away import ranks_to_audit

AUDIT_STRATEGIES = ("simple", "strata")


@dataclass(frozen=True, slots=True)
class DrawReport:
    """How many documents were drawn now, by shard, and which shards could not be read."""

    drawn: Mapping[str, int]
    problems: tuple[str, ...]
    notes: tuple[str, ...] = ()  # what was done in another way than the plan would like, each said once

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
    query: str = "",
    by: str,
    progress: Progress | None = None,
) -> DrawReport:
    """Draw documents for review.

    audit: up to `n` draws a shard (default: what the plan needs), the first of the shard's fixed random order, so
    that drawing more later keeps what was drawn; in the way that suits the plan, or `simple` or `strata` by `strategy`
    for shards that have no draws yet. training: `n` documents in all, by `strategy`, which may be a mix
    ("uncertain=0.6,diverse=0.4") or "search" with a `query`.
    """
    names = matching_shards(project, shard)
    if stream is Stream.TRAINING:
        from review.workflow.teaching import draw_training

        return draw_training(project, names, strategy, n, by=by, query=query, progress=progress)
    if strategy not in (None, *AUDIT_STRATEGIES):
        raise ReviewError(
            f"Strategy {strategy!r} cannot be used for audit draws. Allowed: {', '.join(AUDIT_STRATEGIES)}."
        )
    drawn: dict[str, int] = {}
    problems: list[str] = []
    notes: dict[str, None] = {}
    model, designs, lost = in_use(project), project.store.audit_designs(), ranks_to_audit(project)
    in_lots = {name for lot in project.store.lots() for name in lot.shards}
    for done, name in enumerate(names):
        if progress:
            progress(name, done, len(names), sum(drawn.values()))
        source = project.store.shard(name)
        before = sorted(project.store.draws(name, Stream.AUDIT), key=lambda draw: draw.rank)
        try:
            design = designs.get(name)
            if design is None and not before and name not in in_lots:  # a lot's order is a simple one
                choice = choose(project, source, model, strategy)
                notes |= {choice.why: None} if choice.why else {}
                design = choice.design
                if design is not None:
                    project.store.record_audit_design(design, by)
            target = n
            if target is None:
                target = max(lost.get(name, 0), audit_target(project, source, design, in_lot=name in in_lots))
            drawn[name] = _draw_audit(project, source, design, before, target, by)
        except (CorpusError, NotFound) as error:
            problems.append(str(error))
    if progress:
        progress("done", len(names), len(names), sum(drawn.values()))
    return DrawReport({name: count for name, count in drawn.items() if count}, tuple(problems), tuple(notes))


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


def audit_target(project: Project, shard: Shard, design: AuditDesign | None = None, *, in_lot: bool = False) -> int:
    """How many audit draws a shard should have: audit_per_shard, else what the plan needs.

    A sequential plan mostly ends early, so its documents are drawn in steps of the fixed plan's size as they are read.
    Draws with replacement can be more than there are documents: one drawn again keeps its label. A shard in a lot has
    as many as the lot's order takes of it.
    """
    most = None if design else shard.documents
    wanted = project.settings.sampling.audit_per_shard
    if wanted is None:
        plan = project.settings.plan.plan()
        lot = project.standings()[shard.name].pooled if in_lot else None
        wanted = fixed_plan(plan, lot.lot.documents if lot else most).n
        if plan.method == "sequential" or (design and len(design.chances) > 1):
            found = project.standings()[shard.name].certificate
            wanted = min(wanted * (found.n // wanted + 1), max(found.needed, wanted))
        if lot:
            wanted = lot.ranks(shard.name, wanted)
    return wanted if most is None else min(wanted, most)


def _draw_audit(
    project: Project,
    shard: Shard,
    design: AuditDesign | None,
    before: Sequence[Draw],
    target: int,
    by: str,
) -> int:
    """Draw up to the target, after the draws of `before`, in rank order."""
    store = project.store
    if design:
        if target <= len(before):
            return 0
        draws = next_draws(project, shard, design, len(before), target)
        documents = corpus.read_rows(shard, sorted({draw.row for draw in draws}))
        return store.record_draws(
            _with_copies(store, before, draws, documents), shown_only(project.settings, documents), by
        )
    # A shard keeps the seed it began with: its random order must not change under draws that people have labelled.
    seed = before[0].seed if before else project.settings.sampling.seed
    wanted = min(target, shard.documents) - len(before)
    documents, refusals = next_documents(shard, seed, [draw.row for draw in before], wanted)
    if refusals:
        store.record_refusals(shard.name, refusals, by)
    reached = len(before) + len(documents)
    draws = [
        Draw(
            shard=shard.name,
            row=document.row,
            stream=Stream.AUDIT,
            strategy="simple",
            probability=inclusion_probability(reached, shard.documents),
            seed=seed,
            rank=len(before) + place,
            batch=f"audit-{len(before)}-{reached}",
        )
        for place, document in enumerate(documents)
    ]
    if not draws:
        return 0
    return store.record_draws(
        _with_copies(store, before, draws, documents), shown_only(project.settings, documents), by
    )


def _with_copies(
    store: Store, before: Sequence[Draw], draws: Sequence[Draw], documents: Sequence[Document]
) -> list[Draw]:
    """The draws, those of a text that was drawn before in another row marked with that row."""
    texts = {document.row: document.text for document in documents}
    earlier = store.documents([draw.doc_id for draw in before], missing="skip") if before else []
    known = {document.row: document.text for document in earlier} | texts
    first: dict[str, int] = {}
    forms = {row: normal_form(text) for row, text in known.items()}
    for draw in before:
        if draw.row in forms:
            first.setdefault(forms[draw.row], draw.row)
    marked = []
    for draw in draws:
        original = first.setdefault(forms[draw.row], draw.row)
        marked.append(draw if original == draw.row else replace(draw, same_as=original))
    return marked


def next_documents(shard: Shard, seed: int, before: Sequence[int], n: int) -> tuple[list[Document], list[Refusal]]:
    """The next `n` documents of the shard's random order, after the rows drawn `before` (in rank order), and the rows
    that turned out to be none.

    A shard whose texts were read at ingest has an exact frame, and every row of the order is a document. One known by
    its footer alone may hold rows that are none: they are passed over, which leaves a simple random order of the rest.
    """
    if n <= 0:
        return [], []
    if shard.metadata.get("exact", True):
        rows = audit_order(shard.name, seed, shard.rows, shard.excluded, len(before) + n, start=len(before))
        return corpus.read_rows(shard, rows.tolist()), []
    reach = len(before) + n
    while True:
        order = audit_order(shard.name, seed, shard.rows, shard.excluded, reach).tolist()
        after = order[order.index(before[-1]) + 1 :] if before and before[-1] in order else order if not before else []
        documents, refusals = corpus.try_rows(shard, after)
        if len(documents) >= n or len(order) < reach:
            return documents[:n], refusals
        reach *= 2


def shown_only(settings: Settings, documents: Iterable[Document]) -> list[Document]:
    """Documents without the metadata that reviewers must not see; what is hidden never enters the store."""
    shown = settings.corpus.shown
    return [replace(document, metadata=shown(dict(document.metadata))) for document in documents]


def desk_limits(project: Project) -> dict[str, int]:
    """Audit ranks the desk may hand out, for every shard: a queue closes when the shard's plan has decided.

    Where the settings ask for a number of audit documents a shard, that many are handed out whatever the plan says;
    of rejected shards, those that bound what was thrown away; of approved ones, where the list promises more than each
    shard, those that it still lacks evidence from.
    """
    wanted = project.settings.sampling.audit_per_shard or 0
    closed = ("approved", "rejected", "changed", "missing")
    limits = dict.fromkeys(project.store.shard_states(), 0)
    for name, place in project.standings().items():
        if place.state not in closed:
            limits[name] = max(wanted, place.reach)
    return limits | ranks_to_audit(project) | to_read_on(project)
