"""Boxes for names do not overlap and cover few points."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from figproof.numerics.placement import clearest, spread_apart

RANDOM = np.random.default_rng(1)


@given(
    st.lists(st.tuples(st.floats(0, 10), st.floats(0, 10)), min_size=1, max_size=10),
    st.floats(0.1, 2),
    st.floats(0.1, 2),
)
@settings(max_examples=60, deadline=None)
def test_boxes_moved_apart_do_not_overlap(centres, width, height):
    sizes = np.tile([width, height], (len(centres), 1))
    moved = spread_apart(np.array(centres), sizes)
    for i in range(len(moved)):
        apart = np.abs(moved[i + 1 :] - moved[i]) / sizes[i]
        assert (apart.max(axis=1, initial=0) >= 1 - 1e-6).all()


def test_boxes_that_do_not_overlap_stay_where_they_are():
    centres = np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 1.0]])
    np.testing.assert_array_equal(spread_apart(centres, np.full((3, 2), 0.9)), centres)


def test_a_label_leaves_its_target_only_for_a_place_that_covers_less():
    size = np.ones((1, 2))
    target = np.zeros((1, 2))
    np.testing.assert_array_equal(clearest(target, size, np.array([[5.0, 5.0]])), target)
    crowd = 0.3 * RANDOM.uniform(-1, 1, size=(40, 2))
    moved = clearest(target, size, crowd)
    assert not (np.abs(crowd - moved) <= 0.5).all(axis=1).any()
    assert moved[0, 1] > 0, "of equals the place above wins"
