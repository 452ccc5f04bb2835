"""Normal quantiles of shares."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import ndtri

from review.classifier.ranks import CLIP, normal_score


@given(st.lists(st.floats(0, 1), min_size=1))
def test_a_share_has_scipys_normal_quantile_to_fifteen_digits(shares):
    wanted = ndtri(np.clip(shares, CLIP, 1 - CLIP))
    found = normal_score(np.array(shares))
    assert np.abs(found - wanted).max() <= 5e-15
    assert np.isin(np.sign(found) - np.sign(wanted), 0).all() or np.abs(wanted).min() < 1e-15


def test_both_ranges_meet_and_the_ends_are_clipped():
    edges = np.array([0, CLIP, 0.075, np.nextafter(0.075, 0), 0.5, 0.925, 1 - CLIP, 1.0])
    assert np.abs(normal_score(edges) - ndtri(np.clip(edges, CLIP, 1 - CLIP))).max() <= 5e-15
    assert normal_score(edges)[0] == -normal_score(edges)[-1]
