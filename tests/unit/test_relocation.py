"""The chance of as many participations where projects move between areas: against cases by hand, and draws."""

import random

import numpy as np
import pytest
from scipy import stats

from analysis.stats.relocation import chance_of_as_few_and_as_many


def test_with_projects_of_one_unit_it_is_the_binomial_test():
    each, units = np.repeat(np.eye(3), [2, 9, 4], axis=0), np.array([20, 6, 3])
    as_few, as_many = chance_of_as_few_and_as_many(each, units)
    for area, has in enumerate((2, 9, 4)):
        share = units[area] / 29
        assert as_few[area] == pytest.approx(stats.binomtest(has, 15, share, "less").pvalue)
        assert as_many[area] == pytest.approx(stats.binomtest(has, 15, share, "greater").pvalue)


def test_a_project_fills_an_area_that_is_smaller_than_it():
    as_few, as_many = chance_of_as_few_and_as_many(np.array([[5, 0, 0]]), np.array([8, 2, 1]))
    # 8 units over 5 at a time, 2 over 2 and 1 over 1: it is in the areas with chance 1.6, 1 and 1 of 3.6.
    assert as_many.tolist() == pytest.approx([1.6 / 3.6, 1, 1])
    assert as_few.tolist() == pytest.approx([1, 2.6 / 3.6, 2.6 / 3.6])


def test_projects_of_several_sizes_against_draws():
    each = np.array([[12, 0, 3], [1, 4, 0], [0, 0, 2], [7, 1, 1], [0, 1, 0]])
    units, rng, runs = np.array([20, 6, 3]), random.Random(4), 20_000
    drawn = np.zeros((runs, 3))
    for size in each[each > 0]:
        present = np.minimum(units, size)
        to = rng.choices(range(3), weights=units / present, k=runs)
        drawn[range(runs), to] += present[to]
    has = each.sum(axis=0)
    as_few, as_many = chance_of_as_few_and_as_many(each, units)
    np.testing.assert_allclose(as_few, (drawn <= has).mean(axis=0), atol=0.015)
    np.testing.assert_allclose(as_many, (drawn >= has).mean(axis=0), atol=0.015)


def test_nothing_moves_where_there_is_nothing():
    as_few, as_many = chance_of_as_few_and_as_many(np.zeros((4, 2)), np.array([3, 5]))
    assert as_few.tolist() == as_many.tolist() == [1, 1]
