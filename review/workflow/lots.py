"""Shards taken together: lots that are certified as one, and what rejecting threw away."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from review.certificate import (
    Certificate,
    Inputs,
    certified,
    confidence_sequence,
    counted,
    letters_of,
    oc_curve,
    prefix,
)
from review.certificate.lots import Homogeneity, homogeneity, lot_order
from review.certificate.statement import percent_up, sure
from review.errors import ReviewError
from review.project import Project
from review.standing import Sample, Standing

PILOT = 20  # first answers of every shard that the test of equal shares looks at
OPEN = ("needs labels", "no labels yet", "can be approved", "should be rejected", "undecided")
_UNNAMED = "(none)"


@dataclass(frozen=True, slots=True)
class Lot:
    """Open shards that agree in one thing known beforehand, seen as one large shard.

    The certificate speaks of all its documents together, never of one shard of it; it is there to be used where the
    test finds no sign that the shards differ.
    """

    name: str
    shards: tuple[str, ...]
    documents: int
    test: Homogeneity | None  # None: not every shard has its first answers yet
    certificate: Certificate
    alone: float  # mean labels it would take to decide these shards one by one, at the accepted share
    together: float  # and as one

    @property
    def pool(self) -> bool:
        """Whether the shards may be taken for one."""
        return self.test is not None and not self.test.differ


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


def lots(project: Project, by: str, *, pilot: int = PILOT) -> list[Lot]:
    """The open shards in lots: by `corpus`, or by the value of a key of the shards' metadata, such as `language`.

    Labels must not choose a lot, so nothing that follows from them can be a key. Raises ReviewError for a key that no
    open shard has.
    """
    places = {name: place for name, place in project.standings().items() if place.state in OPEN}
    known = {shard.name: shard for shard in project.store.shards()}
    designs = project.store.audit_designs()
    groups: dict[str, list[str]] = {}
    named = False
    for name, place in sorted(places.items()):
        if name in designs:
            continue  # drawn in another way: no simple order to join
        value = place.corpus if by == "corpus" else known[name].metadata.get(by)
        named = named or value is not None
        groups.setdefault(_UNNAMED if value is None else str(value), []).append(name)
    if not named:
        keys = sorted({key for shard in known.values() for key in shard.metadata})
        raise ReviewError(f"No open shard has {by!r}. Lots can be made by corpus{''.join(f', {key}' for key in keys)}.")
    return [_lot(project, name, members, places, pilot) for name, members in sorted(groups.items())]


def _lot(project: Project, name: str, members: Sequence[str], places: dict[str, Standing], pilot: int) -> Lot:
    plan = project.settings.plan.plan()
    samples = [project.sample(member) for member in members]
    sizes = [places[member].documents for member in members]
    readers = project.readers()
    answers = [prefix(letters_of(sample.verdicts(once=readers is not None))) for sample in samples]
    size = sum(sizes)
    given = Inputs(plan, size, "", readers=readers, of="lot")
    bounds = counted(given)
    order = lot_order(sizes, name, project.settings.sampling.seed, bounds.n if bounds else 0)
    letters = "".join(answers[shard][rank] if rank < len(answers[shard]) else "." for shard, rank in order)
    alone = sum(oc_curve(plan, documents, [plan.accept])[0].labels for documents in sizes)
    return Lot(
        name,
        tuple(members),
        size,
        _test(answers, pilot),
        certified(replace(given, letters=letters.rstrip("."))),
        alone,
        oc_curve(plan, size, [plan.accept])[0].labels,
    )


def _test(answers: Sequence[str], pilot: int) -> Homogeneity | None:
    if len(answers) < 2 or min(map(len, answers)) < pilot:
        return None
    return homogeneity([letters[:pilot].count("r") for letters in answers], pilot)


# -- what was thrown away --


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
