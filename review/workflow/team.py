"""The people: who works, what each is given and holds, how each reads gold; and what a lead may do about it."""

from __future__ import annotations

import fnmatch
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from review.errors import NotFound, ReviewError
from review.names import tidy, twin
from review.overlap import Overlap
from review.project import Project
from review.records import Assignment, Gold, Verdict
from review.store.leases import matches
from review.turns import Mix
from review.workflow.drawing import desk_limits
from review.workflow.erring import Errors, reviewer_errors

HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Member:
    """One person."""

    reviewer: str
    labels: int  # judgements that count now
    hour: int  # judgements given in the last hour
    median_seconds: float | None  # active, a document
    seen: datetime | None  # the last sign of life: from the desk since the app started, else a label
    held: int  # documents on their desk
    until: datetime | None  # when the last of them goes back by itself
    assignment: Assignment | None  # None: everything
    gold: Errors | None  # their answers to gold documents
    simulated: bool


@dataclass(frozen=True, slots=True)
class Unread:
    """Documents that want more readers than there are people who are given them."""

    corpus: str
    language: str | None
    documents: int
    people: int  # wanted for each
    readers: tuple[str, ...]  # who are given them


@dataclass(frozen=True, slots=True)
class TeamView:
    """The people and what they share."""

    members: tuple[Member, ...]  # most labels first
    unread: tuple[Unread, ...]  # most documents first
    waiting: int  # documents that still want judgements
    gold_bad: int  # gold documents
    gold_good: int
    pooled: Errors  # everybody's answers to gold
    overlap: Overlap
    mix: Mix


def team(project: Project) -> TeamView:
    """Who works here, and how."""
    store = project.store
    now = store.now()
    counts = {one.reviewer: one for one in store.reviewer_counts()}
    holders = {one.reviewer: one for one in store.holders()}
    assigned = {one.reviewer: one for one in store.assignments()}
    seen, hour = store.last_seen(), store.judged_since(now - HOUR)
    errors = reviewer_errors(project)
    gold = {one.reviewer: one for one in errors.gold}
    members = []
    names = {*counts, *holders, *assigned, *seen} | {name for name in gold if name is not None}
    for name in names:
        one, held = counts.get(name), holders.get(name)
        signs = [at for at in (seen.get(name), one.here_at if one else None) if at is not None]
        members.append(
            Member(
                reviewer=name,
                labels=one.labels if one else 0,
                hour=hour.get(name, 0),
                median_seconds=one.median_seconds if one else None,
                seen=max(signs, default=None),
                held=held.documents if held else 0,
                until=held.until if held else None,
                assignment=assigned.get(name),
                gold=gold.get(name),
                simulated=one.simulated if one else False,
            )
        )
    waiting, unread = _unread(project, [(one.reviewer, one.assignment) for one in members])
    known = Counter(one.verdict for one in store.gold())
    return TeamView(
        members=tuple(sorted(members, key=lambda one: (-one.labels, one.reviewer))),
        unread=unread,
        waiting=waiting,
        gold_bad=known[Verdict.REJECT],
        gold_good=known[Verdict.KEEP],
        pooled=errors.gold_pooled,
        overlap=project.settings.desk.planned(),
        mix=project.settings.mix(),
    )


def unread(project: Project) -> tuple[Unread, ...]:
    """Documents that too few people are given; none while everybody is given everything and nobody reads twice."""
    store = project.store
    assigned = {one.reviewer: one for one in store.assignments()}
    if not assigned and project.settings.desk.overlap == 1:
        return ()
    names = {one.reviewer for one in store.reviewer_counts()} | assigned.keys() | store.last_seen().keys()
    return _unread(project, [(name, assigned.get(name)) for name in sorted(names)])[1]


def _unread(project: Project, people: Sequence[tuple[str, Assignment | None]]) -> tuple[int, tuple[Unread, ...]]:
    """How many documents wait, and those of them that want more readers than are given them."""
    waiting = project.store.waiting(project.settings.desk.planned(), desk_limits(project))
    by_language = any(given is not None and given.languages for _, given in people)
    found: Counter[tuple[str, str | None, int, tuple[str, ...]]] = Counter()
    for part in waiting if people else ():
        readers = tuple(
            name
            for name, given in people
            if given is None
            or (matches(given, part.shard, part.corpus) and (not given.languages or part.language in given.languages))
        )
        if len(readers) < part.people:
            found[part.corpus, part.language if by_language else None, part.people, readers] += part.documents
    rows = [Unread(corpus, language, n, wanted, who) for (corpus, language, wanted, who), n in found.most_common()]
    return sum(part.documents for part in waiting), tuple(rows)


def known_people(project: Project) -> set[str]:
    """The names of all who judged, were given something, or were seen since the app started."""
    store = project.store
    found = {one.reviewer for one in store.reviewer_counts()} | {one.reviewer for one in store.assignments()}
    return found | store.last_seen().keys()


def assign(
    project: Project,
    reviewer: str,
    *,
    corpora: Sequence[str] = (),
    languages: Sequence[str] = (),
    shards: Sequence[str] = (),
    by: str,
) -> Assignment:
    """Give a reviewer the documents that satisfy each kind that names anything, from now on; with none, everything.

    Raises NotFound for a corpus there is not, for a glob that matches no shard, and for languages when no column holds
    them; ReviewError for a second spelling of somebody's name, who would never see what they are given.
    """
    if other := twin(tidy(reviewer), known_people(project)):
        raise ReviewError(f"{other} works here already. If that is who you mean, write the name that way.")
    there = project.store.shards()
    known = {shard.corpus for shard in there}
    for name in corpora:
        if name not in known:
            raise NotFound(f"There is no corpus {name!r}. There are: {', '.join(sorted(known)) or 'none yet'}.")
    for pattern in shards:
        if not any(fnmatch.fnmatchcase(shard.name, pattern) for shard in there):
            raise NotFound(
                f"No shard matches {pattern!r}. There are {len(there)} shards, whose names begin with the corpus; "
                "`review shards` lists them."
            )
    if languages and project.settings.corpus.language_column is None:
        raise NotFound(
            "No column holds the language. Name it as language_column under [corpus] in review.toml, or assign by "
            "corpus or shard."
        )
    corpora, languages, shards = (tuple(dict.fromkeys(names)) for names in (corpora, languages, shards))
    return project.store.assign(Assignment(tidy(reviewer), corpora, languages, shards, by))


def release_all(project: Project, reviewer: str) -> int:
    """Give back everything a reviewer holds, in all tabs; returns how many documents they had not judged."""
    held = {one.reviewer: one.documents for one in project.store.holders()}
    reviewer = reviewer if reviewer in held else tidy(reviewer)
    project.store.release_leases(reviewer)
    return held.get(reviewer, 0)


def set_gold(
    project: Project, doc_ids: Sequence[str], verdict: Verdict | None, *, reasons: Sequence[str] = (), by: str
) -> list[Gold]:
    """Say what is known of drawn documents, or with no verdict that they are gold no more.

    Raises NotFound for one that was never drawn, ReviewError for reasons the rubric does not have.
    """
    codes = [one.code for one in project.store.rubric().reasons]
    unknown = [code for code in reasons if code not in codes]
    if unknown:
        raise ReviewError(f"{unknown[0]!r} is not a reason of the rubric; allowed are: {', '.join(codes)}.")
    documents = project.store.documents(list(dict.fromkeys(doc_ids)))
    return project.store.record_gold([
        Gold(one.doc_id, one.content_hash, verdict, by, tuple(reasons)) for one in documents
    ])  # fmt: skip


def gold_from_adjudicated(project: Project, *, by: str) -> list[Gold]:
    """Make gold of every document on which a lead has said keep or reject, unless it is gold with this answer."""
    store = project.store
    known = {one.doc_id: one.verdict for one in store.gold()}
    newest = {one.doc_id: one for one in store.adjudications()}
    fresh = [
        Gold(one.doc_id, one.content_hash, one.verdict, by, one.reasons, "adjudicated")
        for one in newest.values()
        if one.verdict in (Verdict.KEEP, Verdict.REJECT) and known.get(one.doc_id) is not one.verdict
    ]
    return store.record_gold(fresh)


def given(assignment: Assignment | None) -> str:
    """An assignment in words."""
    if assignment is None or assignment.everything:
        return "everything"
    parts = [
        f"{kind} {', '.join(names)}"
        for kind, names in (
            ("corpus", assignment.corpora), ("language", assignment.languages), ("shards", assignment.shards),
        )
        if names
    ]  # fmt: skip
    return "; ".join(parts)
