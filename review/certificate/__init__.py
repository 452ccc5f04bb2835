"""Plans, exact bounds and certificates: pure statistics, no I/O."""

from review.certificate.bounds import interval, lower_bound, upper_bound
from review.certificate.certify import METHODS, certify, oc_curve, recompute
from review.certificate.curve import Boundaries, OcPoint
from review.certificate.plan import FixedPlan, acceptable, fixed_plan, unacceptable
from review.certificate.sequence import confidence_sequence
from review.certificate.statement import Certificate, final_verdict

__all__ = [
    "METHODS",
    "Boundaries",
    "Certificate",
    "FixedPlan",
    "OcPoint",
    "acceptable",
    "certify",
    "confidence_sequence",
    "final_verdict",
    "fixed_plan",
    "interval",
    "lower_bound",
    "oc_curve",
    "recompute",
    "unacceptable",
    "upper_bound",
]
