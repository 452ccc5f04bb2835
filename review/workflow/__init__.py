"""Every arrow of the product as one function:

    shards -> corpus -> draws -> labels -> certificate -> decision -> release
                          ^                    |
                          +---- scores <- classifier

Web pages, the command line and any later API are thin skins over these. Each takes an open Project; `by` names the
person answering for it.
"""

from review.project import Project, open_project
from review.workflow.deciding import approved, decide
from review.workflow.drawing import DrawReport, audit_target, desk_limits, draw, matching_shards
from review.workflow.intake import IngestReport, Progress, check_files, ingest
from review.workflow.looking import Overview, ShardDetail, Step, overview, shard_detail, shard_table
from review.workflow.planning import PlanView, describe_plan
from review.workflow.releasing import ReleaseResult, release, verify

__all__ = [
    "DrawReport",
    "IngestReport",
    "Overview",
    "PlanView",
    "Progress",
    "Project",
    "ReleaseResult",
    "ShardDetail",
    "Step",
    "approved",
    "audit_target",
    "check_files",
    "decide",
    "describe_plan",
    "desk_limits",
    "draw",
    "ingest",
    "matching_shards",
    "open_project",
    "overview",
    "release",
    "shard_detail",
    "shard_table",
    "verify",
]
