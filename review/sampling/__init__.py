"""Draws: the audit stream's fixed random order and the training stream's strategies. Pure, no I/O."""

from review.sampling.audit import AUDIT, audit_order, inclusion_probability
from review.sampling.copies import normal_form
from review.sampling.favoured import Frame, Places, favoured_draws
from review.sampling.training import STRATEGIES, Candidate, Choice, Strategy, Uncertain, mixed, parse_mix

__all__ = [
    "AUDIT",
    "STRATEGIES",
    "Candidate",
    "Choice",
    "Frame",
    "Places",
    "Strategy",
    "Uncertain",
    "audit_order",
    "favoured_draws",
    "inclusion_probability",
    "mixed",
    "normal_form",
    "parse_mix",
]
