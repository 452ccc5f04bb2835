"""Plans, exact bounds and certificates: pure statistics, no I/O."""

from review.certificate.bounds import interval, korn_graubard, lower_bound, upper_bound
from review.certificate.certify import certified, certify, counted, oc_curve, recompute, running, weighed
from review.certificate.curve import Boundaries, OcPoint
from review.certificate.fixed import running_interval
from review.certificate.inputs import Inputs
from review.certificate.plan import FixedPlan, acceptable, fixed_plan, unacceptable
from review.certificate.readers import Readers
from review.certificate.sequence import confidence_sequence
from review.certificate.statement import Certificate, letters_of, prefix
from review.certificate.strata import Strata, make_strata, stratify
from review.certificate.weighted import weighted_interval

__all__ = [
    "Boundaries",
    "Certificate",
    "FixedPlan",
    "Inputs",
    "OcPoint",
    "Readers",
    "Strata",
    "acceptable",
    "certified",
    "certify",
    "confidence_sequence",
    "counted",
    "fixed_plan",
    "interval",
    "korn_graubard",
    "letters_of",
    "lower_bound",
    "make_strata",
    "oc_curve",
    "prefix",
    "recompute",
    "running",
    "running_interval",
    "stratify",
    "unacceptable",
    "upper_bound",
    "weighed",
    "weighted_interval",
]
