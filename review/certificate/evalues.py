"""What a shard's labels are worth against "this shard is unacceptable", as an e-value or a p-value.

An e-value is a number whose mean under the null is at most 1, at whatever label one stops: a sequential plan's
evidence. A fixed plan has a p-value. Both are of one shard; `review.certificate.lists` puts those of many together.
"""

from __future__ import annotations

import math

from review.certificate.design import APPROVING, assumed, evidence
from review.certificate.plan import unacceptable
from review.certificate.tails import binomial_cdf, hypergeometric_cdf, log_falling
from review.records import Plan

CERTAIN = 690.0  # log e-value of labels that no unacceptable shard could have given: as large as a float has room for


def log_e_value(plan: Plan, size: int | None, n: int, bad: int) -> float:
    """Natural logarithm of the e-value after `bad` of n labels were bad.

    A weighted mean of likelihood ratios of assumed bad shares against the smallest unacceptable one. A shard of known
    size is drawn without replacement; a worse shard than the null's makes more bad documents likelier at every draw,
    so the mean stays at most 1 for all of them.
    """
    if size is None:
        return evidence(plan, n, bad)[0]
    null = unacceptable(plan, size)
    at_null = _log_likelihood(size, null, n, bad)
    if at_null == -math.inf:
        # No unacceptable shard has so many good documents; or, with more bad ones than that, none is acceptable.
        return CERTAIN if bad < null else -CERTAIN
    terms = []
    for share, weight in assumed(plan.accept, APPROVING):
        likely = _log_likelihood(size, min(math.floor(share * size), null - 1), n, bad)
        terms.append(math.log(weight) + likely - at_null)
    top = max(terms)
    return -CERTAIN if top == -math.inf else top + math.log(sum(math.exp(term - top) for term in terms))


def p_value(plan: Plan, size: int | None, n: int, bad: int) -> float:
    """Chance of so few bad ones among n planned labels of the least unacceptable shard."""
    if size is None:
        return binomial_cdf(bad, plan.reject, n)
    return hypergeometric_cdf(bad, size, unacceptable(plan, size), n)


def _log_likelihood(size: int, there: int, n: int, bad: int) -> float:
    """log chance of these verdicts, in their order, with `there` bad documents in the shard."""
    good = n - bad
    if bad > there or good > size - there:
        return -math.inf
    return log_falling(there, bad, size) + log_falling(size - there, good, size) - log_falling(size, n, size)
