"""The store: everything a project knows, behind verbs named for what they do. SQL stays inside this package."""

from __future__ import annotations

from review.store.adjudications import AdjudicationVerbs
from review.store.bulk import BulkVerbs
from review.store.counts import CountVerbs
from review.store.decisions import DecisionVerbs
from review.store.designs import DesignVerbs
from review.store.draws import DrawVerbs
from review.store.gold import GoldVerbs
from review.store.judgements import JudgementVerbs
from review.store.labelled import LabelledVerbs
from review.store.labels import LabelVerbs
from review.store.leases import LeaseVerbs
from review.store.lines import LineVerbs
from review.store.lots import LotVerbs
from review.store.outcomes import OutcomeVerbs
from review.store.people import PeopleVerbs
from review.store.planned import PlannedVerbs
from review.store.preferences import PreferenceVerbs
from review.store.rubrics import RubricVerbs
from review.store.shards import ShardVerbs
from review.store.verify import VerifyVerbs


class Store(
    ShardVerbs,
    DesignVerbs,
    LotVerbs,
    DrawVerbs,
    LabelVerbs,
    AdjudicationVerbs,
    LabelledVerbs,
    BulkVerbs,
    JudgementVerbs,
    GoldVerbs,
    LeaseVerbs,
    LineVerbs,
    PeopleVerbs,
    PlannedVerbs,
    DecisionVerbs,
    RubricVerbs,
    OutcomeVerbs,
    PreferenceVerbs,
    CountVerbs,
    VerifyVerbs,
):
    """An open project store. `with Store.open(root) as store: ...`; safe for threads, one process at a time."""
