"""Which documents of a release are worth keeping: by the scores of the model in use, and what is proven of the cut."""

from __future__ import annotations

import gzip
from collections.abc import Iterator

from review.errors import NotFound
from review.project import Project
from review.records import Shard
from review.release import Keep
from review.workflow.learning import SCORES
from review.workflow.scored import guarantee_sentence


def keep_above(project: Project, threshold: float) -> Keep:
    """A keep list by the model in use. It carries a guarantee only where its threshold is the one that was certified.

    Raises NotFound when no model is in use.
    """
    from review.scoring import read_scores

    version = project.store.promoted()
    if version is None:
        raise NotFound("A keep list needs a model in use. Train one with `review train`, then `review promote` it.")
    card = next(row.card for row in project.store.models() if row.version == version)
    certified = (card.get("guarantee") or {}).get("threshold")
    proven = guarantee_sentence(card) if certified is not None and certified == threshold else None
    out = project.root / SCORES / version
    return Keep(version, threshold, proven, lambda shard: read_scores(shard, version, out), _lines)


def _lines(shard: Shard) -> Iterator[bytes]:
    with gzip.open(shard.uri, "rb") as file:
        yield from file
