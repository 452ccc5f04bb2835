"""What the scored shards come to: how much each threshold keeps, and which shards are unlike what people labelled."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from review.project import Project
from review.workflow.learning import SCORES

READERS = 8  # footers read side by side: most of the time is waiting for the disk
DRIFT = 0.05  # a shard with more novel documents than this is not like what was labelled


@dataclass(frozen=True, slots=True)
class KeptCut:
    """What keeping everything from a threshold on keeps of the scored corpus, and what labels say of it."""

    threshold: float
    documents: float  # share of the scored documents
    text: float  # share of their bytes
    labels: int  # audit documents at or above it ...
    bad: int  # ... of them bad
    certified: bool


@dataclass(frozen=True, slots=True)
class ShardDrift:
    """How unlike the labelled documents a shard is."""

    shard: str
    documents: int
    novel: float  # share of novel documents
    novelty: float  # mean novelty; the labelled documents' own mean is `ScoredCorpus.usual`

    @property
    def drifts(self) -> bool:
        return self.novel > DRIFT


@dataclass(frozen=True, slots=True)
class ScoredCorpus:
    """All shards that this version has scored."""

    version: str
    shards: int
    of: int  # readable shards
    documents: int
    novel: int
    usual: float | None
    cuts: tuple[KeptCut, ...]
    drift: tuple[ShardDrift, ...]  # every scored shard, most novel first


def scored_corpus(project: Project, version: str) -> ScoredCorpus:
    """Sums over the sidecars' footers; shards that are not scored yet, or changed since, are left out."""
    from review.classifier.guarantee import EDGES
    from review.scoring import Totals, read_totals

    out = project.root / SCORES / version
    states = project.store.shard_states()
    shards = [shard for shard in project.store.shards() if states[shard.name] == "ok"]
    with ThreadPoolExecutor(READERS) as pool:
        found = list(pool.map(lambda shard: read_totals(shard, version, out), shards))
    total = sum((one for one in found if one), Totals())
    card: Mapping[str, Any] = next(row.card for row in project.store.models() if row.version == version)
    places = {float(edge): place for place, edge in enumerate(EDGES)}
    guarantee = card.get("guarantee") or {"cuts": [], "threshold": None}
    cuts = [
        KeptCut(
            cut["threshold"],
            total.documents[places[cut["threshold"]]] / total.scored,
            total.sizes[places[cut["threshold"]]] / max(total.size, 1),
            cut["labels"],
            cut["bad"],
            guarantee["threshold"] is not None and cut["threshold"] >= guarantee["threshold"],
        )
        for cut in (guarantee["cuts"] if total.scored else [])
    ]
    drift = [
        ShardDrift(shard.name, one.scored, one.novel / one.scored, one.novelty / one.scored)
        for shard, one in zip(shards, found, strict=True)
        if one and one.scored
    ]
    return ScoredCorpus(
        version, len(drift), len(shards), total.scored, total.novel, card.get("novelty", {}).get("usual"), tuple(cuts),
        tuple(sorted(drift, key=lambda one: (-one.novel, -one.novelty, one.shard))),
    )  # fmt: skip


def guarantee_sentence(card: Mapping[str, Any]) -> str:
    """What can be certified about the threshold, in words."""
    found = card.get("guarantee")
    if not found:
        return "No threshold was tested for this version. Train again."
    wanted, sure = f"{_percent(found['target'])} good", f"{_percent(1 - found['risk'])} sure"
    if found["threshold"] is not None:
        last = next(cut for cut in found["cuts"] if cut["threshold"] == found["threshold"])
        return (
            f"{sure}: of what scores {found['threshold']:.4f} or more, at least {wanted}. It keeps "
            f"{_percent(last['share'])} of the sampled documents; of {last['labels']} audit documents there, "
            f"{last['bad']} are bad."
        )
    tried = found["cuts"][0] if found["cuts"] else None
    if tried is None or not tried["labels"]:
        return f"{wanted} cannot be certified with these labels: no audit document scores high enough yet."
    return (
        f"{wanted} cannot be certified with these labels. Even of the best third there are only {tried['labels']} "
        f"audit documents, {tried['bad']} of them bad. Label more of the audit stream, or ask for less: [classifier] "
        "precision."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.0f}\N{NO-BREAK SPACE}%"
