"""The variance of how many units are in at least one project, against what is known of Poisson counts."""

import numpy as np
import pytest
from scipy import special

from analysis.stats import occupancy


@pytest.mark.parametrize(
    "mean", [0.05, 1.0, *(pytest.param(m, marks=pytest.mark.slow) for m in (0.3, 2.5, 4.0))]
)
def test_independent_units_have_the_binomial_variance(mean):
    rng, runs, n = np.random.default_rng(3), 300, 300
    chance = -np.expm1(-mean)
    estimates = []
    for _ in range(runs):
        unit = np.repeat(np.arange(n), rng.poisson(mean, n))
        estimates.append(occupancy.variance(np.arange(len(unit)), unit, np.ones((n, 1)))[0].item())
    assert np.nanmean(estimates) == pytest.approx(n * chance * (1 - chance), rel=0.04)


@pytest.mark.slow
def test_limits_hold_the_truth_where_projects_bring_neighbours_in():
    """60 projects of 1 to 5 of the 30 municipalities of one of three regions; a third are in half as many."""
    rng, inside = np.random.default_rng(7), np.arange(90) % 3 == 0
    weight = np.where(inside, 1.0, 2.0).reshape(3, 30)
    contrast = np.where(inside, 1 / 30, -1 / 60)
    found = []
    for _ in range(800):
        region = rng.integers(3, size=60)
        # The smallest exponential waiting times are a draw without replacement by weight.
        order = (rng.exponential(size=(60, 30)) / weight[region]).argsort(axis=1)
        project = np.repeat(np.arange(60), 1 + np.arange(60) % 5)
        place = np.concatenate([np.arange(1 + k % 5) for k in range(60)])
        unit = 30 * region[project] + order[project, place]
        variance, freedom = occupancy.variance(project, unit, contrast[:, None])
        value = contrast[np.unique(unit)].sum()
        found.append((value, np.sqrt(variance[0]) * special.stdtrit(freedom[0], 0.975)))
    value, half = np.transpose(found)
    told = np.isfinite(half)
    assert told.mean() > 0.9
    # So few, and nearly all in some project: on the safe side.
    assert 0.93 <= (abs(value - value.mean()) <= half)[told].mean() <= 0.995


def test_units_that_always_come_together_vary_as_one():
    project, unit = np.repeat(np.arange(4), 3), np.arange(12)
    values = np.column_stack([np.ones(12), np.tile([1, -1, 0], 4)])
    found, freedom = occupancy.variance(project, unit, values)
    assert found[0] == pytest.approx(occupancy.weights(12, 12)[0] * 4 * 9)
    assert freedom[0] == pytest.approx(12)
    assert np.isnan(found[1])


def test_nothing_is_told_where_all_projects_are_shared_or_there_are_none():
    assert np.isnan(occupancy.variance(np.array([0, 2, 1, 2]), np.array([0, 0, 1, 1]), np.ones((2, 1)))[0])
    nothing = np.array([], dtype=int)
    assert np.isnan(occupancy.variance(nothing, nothing, np.ones((3, 2)))).all()


def test_error_of_all_ties_is_the_jackknife_of_projects():
    project, unit = np.array([0, 0, 1, 2, 3, 3]), np.array([0, 1, 1, 2, 0, 2])
    values = np.array([[1.0], [-2.0], [0.5]])
    left_out = [values[unit[project != name]].sum() for name in range(4)]
    error = np.sqrt(3 / 4 * ((left_out - np.mean(left_out)) ** 2).sum())
    found, half = occupancy.errors(project, unit, values, once=False)
    assert found[0] == pytest.approx(error)
    assert half[0] >= error * 3.18
