"""Projects that are moved between areas: where they end, and how often."""

import numpy as np
import pytest

from analysis.stats import relocation


def test_a_project_fills_an_area_that_is_smaller_than_it():
    drawn = relocation.between_areas(np.array([[5, 0, 0]]), np.array([8, 2, 1]), 2_000, seed=3)
    places = [[5, 0, 0], [0, 2, 0], [0, 0, 1]]
    share = [(drawn == place).all(axis=1).mean() for place in places]
    # 8 units over 5 at a time, 2 over 2 and 1 over 1: 1.6, 1 and 1 of 3.6.
    assert share == pytest.approx([1.6 / 3.6, 1 / 3.6, 1 / 3.6], abs=0.035)
    assert sum(share) == 1


def test_every_unit_is_expected_to_have_as_many_as_any_other():
    each = np.array([[12, 0, 3], [1, 4, 0], [0, 0, 2], [7, 1, 1]])
    units = np.array([20, 6, 3])
    per_unit = relocation.between_areas(each, units, 20_000, seed=2).mean(axis=0) / units
    assert per_unit == pytest.approx([per_unit.mean()] * 3, rel=0.03)


def test_nothing_moves_where_there_is_nothing():
    assert not relocation.between_areas(np.zeros((4, 2)), np.array([3, 5]), 7).any()
