"""How much good text rejecting has cost."""

from __future__ import annotations

from dataclasses import dataclass

from review.certificate import confidence_sequence, prefix
from review.certificate.lots import lot_order
from review.certificate.statement import percent_up, sure
from review.project import Project
from review.standing import Sample


@dataclass(frozen=True, slots=True)
class ThrownAway:
    """How much good text rejecting has cost, by a fresh sample of what was rejected."""

    shards: int
    documents: int  # of rejected shards, without those whose labels led to the rejection
    wanted: int  # documents to be read, by `[release] audit_rejected`
    read: int
    good: int
    low: float  # anytime-valid 95 % interval for the good share
    high: float
    sentence: str


def thrown_away(project: Project) -> ThrownAway:
    """A bound for the good text among rejected shards, from documents that had no part in rejecting them.

    A shard is rejected because of bad draws, so these would say too little good is lost. The sample goes on where they
    end: all rejected documents that were not read then, in one random order over the shards.
    """
    rejected, order = _rejected_order(project)
    letters = "".join(_letter(one.sample, one.used + rank) for one, rank in order)
    answered = prefix(letters)
    total = sum(one.left for one in rejected)
    # Unsure counts as good for the upper end, as bad for the lower one.
    good = answered.count("k")
    low = confidence_sequence(good, len(answered), total or None, 0.05)[0] if answered else 0.0
    high = confidence_sequence(good + answered.count("u"), len(answered), total or None, 0.05)[1] if answered else 1.0
    most = int(high * total)
    said = (
        f"{sure(0.95)} at most {percent_up(high)} of what was rejected is good: at most {most:,} of {total:,} "
        f"documents, after {len(answered)} were read."
        if answered
        else "Nothing of what was rejected has been read since; audit_rejected in [release] says how much is to be."
    )
    return ThrownAway(len(rejected), total, len(order), len(answered), good, low, high, said)


def ranks_to_audit(project: Project) -> dict[str, int]:
    """How many audit ranks of each rejected shard are wanted, to bound what was thrown away."""
    wanted: dict[str, int] = {}
    for one, rank in _rejected_order(project)[1]:
        wanted[one.name] = max(wanted.get(one.name, 0), one.used + rank + 1)
    return wanted


@dataclass(frozen=True, slots=True, eq=False)
class _Rejected:
    name: str
    used: int  # first ranks, which led to the rejection
    left: int  # documents beyond them
    sample: Sample


def _rejected_order(project: Project) -> tuple[list[_Rejected], list[tuple[_Rejected, int]]]:
    """Rejected shards, and the documents of them to read again, in order: shard, and rank beyond those used."""
    wanted = project.settings.release.audit_rejected
    if not wanted:
        return [], []
    designs = project.store.audit_designs()
    found = []
    for name, place in sorted(project.standings().items()):
        if place.state != "rejected" or place.decision is None or name in designs:
            continue
        used = len(str(place.decision.certificate.get("inputs", {}).get("verdicts", "")))
        if place.pooled:  # which counted along the lot's order
            used = place.pooled.ranks(name, used)
        if place.documents > used:
            found.append(_Rejected(name, used, place.documents - used, project.sample(name)))
    if not found:
        return [], []
    order = lot_order([one.left for one in found], "rejected", project.settings.sampling.seed, wanted)
    return found, [(found[shard], rank) for shard, rank in order]


def _letter(sample: Sample, rank: int) -> str:
    verdicts = sample.verdicts()
    verdict = verdicts[rank] if rank < len(verdicts) else None
    return "." if verdict is None else verdict[0]
