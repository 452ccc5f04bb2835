"""Plans, exact bounds and certificates: pure statistics, no I/O."""

from review.certificate.bounds import interval, lower_bound, upper_bound
from review.certificate.certify import METHODS, certify, oc_curve, recompute
from review.certificate.curve import Boundaries, OcPoint
from review.certificate.fixed import running_interval
from review.certificate.plan import FixedPlan, acceptable, fixed_plan, unacceptable
from review.certificate.sequence import confidence_sequence
from review.certificate.statement import Certificate, letters_of, prefix

__all__ = [
    "METHODS",
    "Boundaries",
    "Certificate",
    "FixedPlan",
    "OcPoint",
    "acceptable",
    "certify",
    "confidence_sequence",
    "fixed_plan",
    "interval",
    "letters_of",
    "lower_bound",
    "oc_curve",
    "prefix",
    "recompute",
    "running_interval",
    "unacceptable",
    "upper_bound",
]
