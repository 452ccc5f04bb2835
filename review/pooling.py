"""A lot as one large shard: the verdicts of its shards in the lot's own random order."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from review.certificate import Inputs, Readers, counted, letters_of, prefix
from review.certificate.lots import Homogeneity, homogeneity, lot_order
from review.records import Decision, LabelledDocument, Lot, Plan, Ruling, Verdict
from review.standing import Sample

# Documents handed out beyond the first that nobody has judged: verdicts count up to that one, so whoever reads far
# ahead reads for nothing when the plan decides; and so many are soon read, by several people too.
AHEAD = 40
Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Pooled:
    """A lot with what was said of its documents."""

    lot: Lot
    given: Inputs  # `letters` in the lot's order
    order: tuple[tuple[str, int], ...] = field(repr=False)  # shard and audit rank, as far as the plan may go
    places: Mapping[str, Sequence[int]] = field(repr=False)  # of each shard in the order, ascending
    starts: Mapping[str, int] = field(repr=False)  # the lot's, by shard
    judged: tuple[LabelledDocument | None, ...] = field(repr=False)  # along the order
    answered: int  # how many of its first documents have their verdict
    outdated: int  # of the labelled documents, those judged only by a rubric that said something else
    lost: str  # a shard whose file is not what the lot was formed of; "": none
    left: str  # a shard that is not approved while others are; "": none

    def ranks(self, shard: str, n: int) -> int:
        """How many audit ranks of a shard the lot's first n documents take, those included that were read before."""
        taken = bisect_left(self.places.get(shard, ()), n)
        return self.starts[shard] + taken if taken else 0

    def reach(self, shard: str, needed: int) -> int:
        """How many audit ranks of a shard may be handed out now, when the plan asks for up to `needed` labels."""
        return self.ranks(shard, min(needed, self.answered + AHEAD))

    def test(self) -> Homogeneity | None:
        """Whether its shards differ, by the answers that count for it; None while fewer than two shards have any.

        Which shard comes next does not hang on what was said, so the test holds wherever reading stopped.
        """
        answered = prefix(self.given.letters)
        labels, bad = Counter[str](), Counter[str]()
        for (shard, _), letter in zip(self.order, answered, strict=False):
            labels[shard] += 1
            bad[shard] += letter == "r"
        return homogeneity([bad[name] for name in labels], list(labels.values())) if len(labels) > 1 else None


def pooled(
    lot: Lot,
    samples: Mapping[str, Sample],
    plan: Plan,
    readers: Readers | None,
    *,
    outdated: int,
    lost: str,
    left: str,
) -> Pooled:
    """The lot from its shards' samples. Where readers may err, a judgement counts once in each shard, see `Sample`."""
    judged = {name: samples[name].judged() for name in lot.shards}
    verdicts = {name: samples[name].verdicts(once=readers is not None) for name in lot.shards}
    given = Inputs(plan, lot.documents, "", readers=readers, of="lot")
    bounds = counted(given)
    places = lot_order(lot.sizes, lot.name, lot.seed, bounds.n if bounds else 0)
    order = tuple((lot.shards[shard], lot.starts[shard] + rank) for shard, rank in places)
    said: list[Verdict | None] = [_at(verdicts[shard], rank) for shard, rank in order]
    letters = letters_of(said)
    taken: dict[str, list[int]] = {}
    for place, (shard, _) in enumerate(order):
        taken.setdefault(shard, []).append(place)
    return Pooled(
        lot,
        Inputs(plan, lot.documents, letters, readers=readers, of="lot"),
        order,
        taken,
        dict(zip(lot.shards, lot.starts, strict=True)),
        tuple(_at(judged[shard], rank) for shard, rank in order),
        len(prefix(letters)),
        outdated,
        lost,
        left,
    )


def _at(items: Sequence[Item | None], rank: int) -> Item | None:
    return items[rank] if rank < len(items) else None


def lost_shard(lot: Lot, states: Mapping[str, str]) -> str:
    """The first shard whose file changed or is gone since, or ""."""
    return next((name for name in lot.shards if states.get(name) != "ok"), "")


def left_shard(lot: Lot, decisions: Mapping[str, Decision]) -> str:
    """The first shard that is not approved, where any is, or "": the lot's promise is about all of them together."""
    approved = [name in decisions and decisions[name].ruling is Ruling.APPROVE for name in lot.shards]
    return next((name for name, one in zip(lot.shards, approved, strict=True) if not one), "") if any(approved) else ""
