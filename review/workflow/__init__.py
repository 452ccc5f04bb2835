"""Every arrow of the product as one function:

    shards -> corpus -> draws -> labels -> certificate -> decision -> release
                          ^                    |
                          +---- scores <- classifier

Web pages, the command line and any later API are thin skins over these. Each takes an open Project; `by` names the
person answering for it.
"""

from review.project import Project, open_project
from review.workflow.adjudicating import adjudicate, case, cases, effects, take_back
from review.workflow.adjudicating import undo as undo_adjudication
from review.workflow.agreeing import AgreementView, agreement
from review.workflow.auditing import Band, ScoreAudit, audit_scores
from review.workflow.cards import model_card, part_name
from review.workflow.caring import check, recover
from review.workflow.deciding import approved, confirm, decide, decide_supported, mates
from review.workflow.drawing import DrawReport, audit_target, desk_limits, draw, matching_shards
from review.workflow.erring import ErrorReport, Errors, reviewer_errors
from review.workflow.exchanging import ImportReport, export_labels, import_labels
from review.workflow.intake import IngestReport, Progress, check_files, ingest
from review.workflow.judging import (
    Recomputed,
    Suspect,
    compare_objectives,
    explain_document,
    recompute,
    side_by_side,
    suspects,
)
from review.workflow.learning import Promotion, Scored, Trained, compare, load_model, promote, roll_back, score, train
from review.workflow.looking import Overview, ShardDetail, Step, overview, shard_detail, shard_table
from review.workflow.lots import Proposal, dissolve_lot, form_lots, lot_keys, lots, pooled_lots
from review.workflow.planning import Budget, PlanView, describe_plan, plan_budget, reading_seconds
from review.workflow.releasing import ReleaseResult, compare_to, release, verify
from review.workflow.risk import list_risk, why_left_out
from review.workflow.rubrics import change_rubric, rubric_view, settle
from review.workflow.scored import ScoredCorpus, guarantee_sentence, scored_corpus
from review.workflow.sizing import Advice, Size, advise, encoder_sentence, scaling, signed, sizes, stored_scaling, took
from review.workflow.teaching import draw_by_hand
from review.workflow.team import (
    TeamView,
    assign,
    gold_from_adjudicated,
    known_people,
    release_all,
    set_gold,
    team,
)
from review.workflow.thrown_away import ThrownAway, thrown_away
from review.workflow.watching import watch

__all__ = [
    "Advice",
    "AgreementView",
    "Band",
    "Budget",
    "DrawReport",
    "ErrorReport",
    "Errors",
    "ImportReport",
    "IngestReport",
    "Overview",
    "PlanView",
    "Progress",
    "Project",
    "Promotion",
    "Proposal",
    "Recomputed",
    "ReleaseResult",
    "ScoreAudit",
    "Scored",
    "ScoredCorpus",
    "ShardDetail",
    "Size",
    "Step",
    "Suspect",
    "TeamView",
    "ThrownAway",
    "Trained",
    "adjudicate",
    "advise",
    "agreement",
    "approved",
    "assign",
    "audit_scores",
    "audit_target",
    "case",
    "cases",
    "change_rubric",
    "check",
    "check_files",
    "compare",
    "compare_objectives",
    "compare_to",
    "confirm",
    "decide",
    "decide_supported",
    "describe_plan",
    "desk_limits",
    "dissolve_lot",
    "draw",
    "draw_by_hand",
    "effects",
    "encoder_sentence",
    "explain_document",
    "export_labels",
    "form_lots",
    "gold_from_adjudicated",
    "guarantee_sentence",
    "import_labels",
    "ingest",
    "known_people",
    "list_risk",
    "load_model",
    "lot_keys",
    "lots",
    "matching_shards",
    "mates",
    "model_card",
    "open_project",
    "overview",
    "part_name",
    "plan_budget",
    "pooled_lots",
    "promote",
    "reading_seconds",
    "recompute",
    "recover",
    "release",
    "release_all",
    "reviewer_errors",
    "roll_back",
    "rubric_view",
    "scaling",
    "score",
    "scored_corpus",
    "set_gold",
    "settle",
    "shard_detail",
    "shard_table",
    "side_by_side",
    "signed",
    "sizes",
    "stored_scaling",
    "suspects",
    "take_back",
    "team",
    "thrown_away",
    "took",
    "train",
    "undo_adjudication",
    "verify",
    "watch",
    "why_left_out",
]
