"""Shards taken together: lots that are certified as one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from review.certificate import Certificate, Inputs, certified, counted, letters_of, oc_curve, prefix
from review.certificate.design import two_digits
from review.certificate.lots import Homogeneity, homogeneity, lot_order
from review.errors import NotFound, ReviewError
from review.pooling import Pooled
from review.project import Project
from review.records import Lot, Plan, Shard
from review.standing import Sample, Standing
from review.workflow.learning import SCORES

PILOT = 20  # first answers of every shard that the test of equal shares looks at
OPEN = ("needs labels", "no labels yet", "can be approved", "should be rejected", "undecided")
_UNNAMED = "(none)"


@dataclass(frozen=True, slots=True)
class Proposal:
    """Open shards that agree in one thing known beforehand, seen as the lot they would make.

    Its certificate speaks of all their documents together, never of one shard of them; it is meant for shards that the
    test finds no difference between.
    """

    name: str  # the value they agree in
    shards: tuple[str, ...]
    documents: int
    test: Homogeneity | None  # None: not every shard has its first answers yet
    certificate: Certificate
    alone: float  # mean labels it would take to decide these shards one by one, at the accepted share
    together: float  # and as one
    others: int  # shards of the same value that were decided, are in another lot, or were when it was read
    unfit: str  # why no lot can be made of them, as a clause; "": it can
    starts: tuple[int, ...] = ()  # of each shard the first ranks that would have no part in it

    @property
    def pool(self) -> bool:
        """Whether the shards may be taken for one."""
        return not self.unfit and self.test is not None and not self.test.differ


def lots(project: Project, key: str, *, pilot: int = PILOT) -> list[Proposal]:
    """The open shards that stand for themselves, grouped by one of `lot_keys`: the corpus, the folder of their files, a
    part of their paths like lang=de, a metadata column in which all their drawn documents agree, or the score: what
    share of a shard the model in use would keep.

    Labels must not choose a lot. Where it has every shard of the value, nothing was chosen, and what was read counts:
    in the lot's fixed order the evidence against a bad lot ever reaches its threshold with chance at most alpha,
    whenever and why ever people come to look at it as a lot. Where shards of the value were decided before, those left
    over may look better or worse than they are; and scores have learned from labels. There only documents that nobody
    has read yet make the lot.

    Raises ReviewError for a key that no open shard has.
    """
    places, values = project.standings(), _values(project, key)
    spent = project.store.spent_lots()
    unfit = _unfit(project, spent)
    groups: dict[str, list[str]] = {}
    for name in sorted(places):
        groups.setdefault(values.get(name) or _UNNAMED, []).append(name)
    if any(map(_open, places.values())) and not any(values.get(name) for name in places if _open(places[name])):
        keys = ", ".join(name for name in lot_keys(project) if name != key)
        raise ReviewError(f"No open shard's documents all agree in {key!r}. Lots can be made by {keys}.")
    found = []
    for value, members in sorted(groups.items()):
        if is_open := [name for name in members if _open(places[name])]:
            fit = [name for name in is_open if name not in unfit]
            others = len(members) - len(is_open) + sum(name in spent for name in is_open)
            afresh = others > 0 or key == "score"
            why = "" if fit else unfit[is_open[0]]
            found.append(_proposal(project, f"{key}={value}", value, fit or is_open, pilot, others, why, afresh=afresh))
    return found


def lot_keys(project: Project) -> list[str]:
    """What lots can be made by."""
    parts = {name for shard in project.store.shards() for name in _parts(shard)}
    scored = ["score"] if project.store.promoted() else []
    return list(dict.fromkeys(["corpus", "folder", *scored, *sorted(parts), *project.store.metadata_columns()]))


def _values(project: Project, key: str) -> dict[str, str]:
    """What each shard has of `key`, where it has it."""
    shards = project.store.shards()
    if key == "corpus":
        return {shard.name: shard.corpus for shard in shards}
    if key == "folder":
        return {shard.name: shard.uri.rpartition("/")[0] for shard in shards}
    if key == "score":
        return _scored(project, shards)
    of_path = {shard.name: parts[key] for shard in shards if key in (parts := _parts(shard))}
    return project.store.shared_metadata(key) | of_path


def _parts(shard: Shard) -> dict[str, str]:
    """What a path says as folders like lang=de do."""
    pairs = (part.partition("=") for part in shard.uri.split("/")[:-1])
    return {name: value for name, mark, value in pairs if mark and name and value}


def _scored(project: Project, shards: Sequence[Shard]) -> dict[str, str]:
    from review.scoring import read_totals

    if (version := project.store.promoted()) is None:
        raise ReviewError("No model is in use, so shards have no score to be grouped by. Promote one first.")
    found = ((shard.name, read_totals(shard, version, project.root / SCORES / version)) for shard in shards)
    bands = {name: _band(total.kept / total.scored) for name, total in found if total and total.scored}
    if not bands:
        raise ReviewError(f"{version} has scored no shard yet. Run `review score` first.")
    return bands


def _band(kept: float) -> str:
    low = 20 * min(4, int(5 * kept))
    return f"{low}-{low + 20} % kept"


def form_lots(project: Project, key: str, values: Sequence[str], *, by: str, reason: str = "") -> list[Lot]:
    """Certify the open shards of each value of `key` as one from now on, all or none; see `lots` for what counts.

    Raises NotFound for a value that no open shard has, and ReviewError where a lot cannot be made: of a single shard,
    of shards whose draws favour some documents, or, without a reason, of shards that the test finds different.
    """
    found = {one.name: one for one in lots(project, key)}
    used, places, seed = project.store.used_lot_names(), project.standings(), project.settings.sampling.seed
    made = []
    for value in values:
        if value not in found:
            raise NotFound(f"No open shard has {key} {value!r}. There are: {', '.join(found) or 'none'}.")
        one = found[value]
        if one.unfit or len(one.shards) < 2:
            raise ReviewError(f"{key}={value} cannot be a lot: {one.unfit or 'it is a single shard'}.")
        if one.test and one.test.differ and not reason.strip():
            raise ReviewError(
                f"The shards of {key}={value} differ in their bad share (p = {one.test.p:.2g}), so what is said of all "
                "together would say little of each. Leave them apart, or say why with a reason."
            )
        sizes = [places[name].documents - start for name, start in zip(one.shards, one.starts, strict=True)]
        if min(sizes) < 1:
            whole = one.shards[sizes.index(min(sizes))]
            raise ReviewError(f"{key}={value} cannot be a lot: every document of {whole} has been read.")
        name = _free(f"{key}={value}", used)
        used.add(name)
        made.append(Lot(name, key, value, one.shards, one.starts, tuple(sizes), seed, by, reason))
    return project.store.record_lots(made)


def dissolve_lot(project: Project, name: str, *, by: str, reason: str) -> Lot:
    """Let a lot's shards stand for themselves again; what was decided of it as a whole no longer holds.

    Shards of a lot that was read take part in no other one. Raises NotFound, and ReviewError without a reason.
    """
    found = {one.lot.name: one for one in pooled_lots(project)}
    if name not in found:
        raise NotFound(f"There is no lot {name!r}. There are: {', '.join(found) or 'none'}.")
    if not reason.strip():
        raise ReviewError("Dissolving a lot needs a reason: decisions may lapse with it.")
    project.store.dissolve_lot(name, by, reason=reason, labels=sum(one is not None for one in found[name].judged))
    return found[name].lot


def pooled_lots(project: Project) -> list[Pooled]:
    """The lots that stand, by name, with what was said of their documents."""
    found = {place.pooled.lot.name: place.pooled for place in project.standings().values() if place.pooled}
    return [found[name] for name in sorted(found)]


def _unfit(project: Project, spent: Mapping[str, str]) -> dict[str, str]:
    """Of each shard that can be in no lot, why; `spent` are those that were read in one, with its name."""
    known = {shard.name: shard for shard in project.store.shards()}
    if project.settings.plan.unit == "tokens":
        return dict.fromkeys(known, "the plan speaks of tokens, and a lot is drawn by documents")
    read = {
        name: f"{name} was read in the lot {lot!r}, and auditing the same documents again would double the risk"
        for name, lot in spent.items()
    }
    return (
        read
        | dict.fromkeys(project.store.audit_designs(), "their audits favour some documents")
        | {
            name: "they were ingested without reading their texts, so nobody knows how many documents they have"
            for name, shard in known.items()
            if not shard.metadata.get("exact", True)
        }
    )


def _read_to(sample: Sample) -> int:
    """First rank beyond everything that somebody judged."""
    judged = [rank for rank, one in enumerate(sample.judged()) if one is not None]
    return max([*judged, *(document.rank for document in sample.audit)], default=-1) + 1


def _free(name: str, used: set[str]) -> str:
    again = 2
    wanted = name
    while name in used:
        name, again = f"{wanted} ({again})", again + 1
    return name


def _open(place: Standing) -> bool:
    return place.state in OPEN and place.pooled is None


def _proposal(
    project: Project,
    name: str,
    value: str,
    members: Sequence[str],
    pilot: int,
    others: int,
    unfit: str,
    *,
    afresh: bool,
) -> Proposal:
    plan, readers, places = project.settings.plan.plan(), project.readers(), project.standings()
    known = {} if unfit else project.samples(members)
    samples = [] if unfit else [known[member] for member in members]
    starts = tuple(_read_to(sample) if afresh else 0 for sample in samples)
    answers = [prefix(letters_of(sample.verdicts(once=readers is not None))) for sample in samples]
    sizes = [places[member].documents for member in members]
    size = sum(sizes) - sum(starts)
    given, letters = Inputs(plan, size, "", readers=readers, of="lot"), ""
    if not (unfit or afresh) and (bounds := counted(given)):
        order = lot_order(sizes, name, project.settings.sampling.seed, bounds.n)
        letters = "".join(answers[shard][rank] if rank < len(answers[shard]) else "." for shard, rank in order)
    return Proposal(
        value,
        tuple(members),
        size,
        _test(answers, pilot),
        certified(replace(given, letters=letters.rstrip("."))),
        sum(_mean_labels(plan, two_digits(documents)) for documents in sizes),
        _mean_labels(plan, two_digits(size)) if size else 0.0,
        others,
        unfit,
        starts,
    )


@lru_cache(maxsize=1_024)  # thousands of shards have few sizes, in two digits
def _mean_labels(plan: Plan, documents: int) -> float:
    return oc_curve(plan, documents, [plan.accept])[0].labels


def _test(answers: Sequence[str], pilot: int) -> Homogeneity | None:
    if len(answers) < 2 or min(map(len, answers)) < pilot:
        return None
    return homogeneity([letters[:pilot].count("r") for letters in answers], [pilot] * len(answers))
