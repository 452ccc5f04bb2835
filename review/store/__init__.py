"""The store and its journal. `from review.store import Store`; see core for the order in which a fact is recorded."""

from review.store.counts import ReviewerCounts, ShardCounts
from review.store.events import Event
from review.store.journal import read_events
from review.store.labels import Said
from review.store.outcomes import ModelRow, ReleaseRow
from review.store.replay import replayed
from review.store.shards import NewShard, ShardState
from review.store.store import Store

__all__ = [
    "Event",
    "ModelRow",
    "NewShard",
    "ReleaseRow",
    "ReviewerCounts",
    "Said",
    "ShardCounts",
    "ShardState",
    "Store",
    "read_events",
    "replayed",
]
