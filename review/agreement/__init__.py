"""How well reviewers agree, what they say together, and how each one errs: pure statistics, no I/O."""

from review.agreement.aggregate import Answers, DawidSkene, dawid_skene, majority, spammer_score
from review.agreement.bootstrap import Estimate
from review.agreement.coefficients import COEFFICIENTS, METRICS
from review.agreement.judgements import Judgements
from review.agreement.measure import Table, against_others, agreement, confusion, pairs, with_the_others
from review.agreement.reviewers import (
    ReviewerError,
    Share,
    Speed,
    reviewer_errors,
    self_consistency,
    share,
    speed,
)
from review.agreement.trends import Drift, Trend, drift, holm, trend

__all__ = [
    "COEFFICIENTS",
    "METRICS",
    "Answers",
    "DawidSkene",
    "Drift",
    "Estimate",
    "Judgements",
    "ReviewerError",
    "Share",
    "Speed",
    "Table",
    "Trend",
    "against_others",
    "agreement",
    "confusion",
    "dawid_skene",
    "drift",
    "holm",
    "majority",
    "pairs",
    "reviewer_errors",
    "self_consistency",
    "share",
    "spammer_score",
    "speed",
    "trend",
    "with_the_others",
]
