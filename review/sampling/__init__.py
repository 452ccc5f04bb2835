"""Draws: the audit stream's fixed random order and the training stream's strategies. Pure, no I/O."""

from review.sampling.audit import AUDIT, audit_order, inclusion_probability
from review.sampling.training import STRATEGIES, Candidate, Choice, Strategy, Uncertain, mixed, parse_mix

__all__ = [
    "AUDIT",
    "STRATEGIES",
    "Candidate",
    "Choice",
    "Strategy",
    "Uncertain",
    "audit_order",
    "inclusion_probability",
    "mixed",
    "parse_mix",
]
