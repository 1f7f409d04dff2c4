"""Rates of many areas: against direct integration, simulation and statsmodels."""

import numpy as np
import pytest
from scipy import integrate, optimize, special
from statsmodels.stats.multitest import multipletests

from analysis.stats import shrinkage

# Municipalities found and all, by county, in the register of version e8217c3.
FOUND = np.array([25, 11, 13, 3, 26, 23, 23, 1, 14, 10, 4, 22, 5, 16, 8])
ALL = np.array([25, 21, 18, 18, 46, 27, 41, 1, 23, 17, 21, 38, 6, 43, 12])


def test_counties_are_drawn_together_as_by_the_best_gamma_law():
    def loss(log):
        a, b = np.exp(log)
        return -(
            special.gammaln(a + FOUND) - special.gammaln(a) + a * np.log(b) - (a + FOUND) * np.log(b + ALL)
        ).sum()

    a, b = np.exp(optimize.minimize(loss, [0.0, 0], method="Nelder-Mead").x)
    mine = shrinkage.gamma_poisson(FOUND, ALL)
    np.testing.assert_allclose(mine.estimate, (a + FOUND) / (b + ALL), atol=0.04)
    assert (mine.conf_low < mine.estimate).all() and (mine.estimate < mine.conf_high).all()


def test_limits_are_those_of_the_integral_over_the_laws():
    x, n = np.array([1.0, 4]), np.array([6.0, 6])
    mine = shrinkage.gamma_poisson(x, n)

    # The same posterior by quadrature on the scales on which the grid is even (logarithm, square root).
    def weight(centre, spread):
        a = spread**-4
        b = a / np.exp(centre)
        return np.exp(
            (special.gammaln(a + x) - special.gammaln(a) + a * np.log(b) - (a + x) * np.log(b + n)).sum()
        )

    def below(centre, spread):
        a = spread**-4
        limit = special.gammainc(a + x[0], (a / np.exp(centre) + n[0]) * mine.conf_high[0])
        return weight(centre, spread) * limit

    middle = np.log(x.sum() / n.sum())
    box = [[middle - 2.5, middle + 2.5], [0.02**0.5, 2.5**0.5]]
    total, part = (integrate.nquad(f, box, opts={"epsrel": 1e-3})[0] for f in (weight, below))
    assert part / total == pytest.approx(0.975, abs=0.003)


@pytest.mark.slow
def test_intervals_hold_the_truth_of_fifteen_areas():
    rng = np.random.default_rng(8)
    held = []
    for _ in range(120):
        truth = rng.gamma(4, 1.3 / 4, 15)
        found = shrinkage.gamma_poisson(rng.poisson(truth * ALL), ALL)
        held.append((found.conf_low <= truth) & (truth <= found.conf_high))
    assert 0.93 <= np.mean(held) <= 0.975


def test_alike_areas_are_drawn_fully_together():
    found = shrinkage.gamma_poisson(np.full(12, 10.0), np.full(12, 10.0))
    assert found.estimate == pytest.approx(1, abs=0.05)
    assert (found.conf_high - found.conf_low < 0.9).all()  # alone, each would be 0.48 to 1.84


def test_events_that_come_together_count_as_fewer():
    x, exposure = shrinkage.effective([12, 6, 0], [36, 6, 0], [10, 10, 10])
    np.testing.assert_allclose(x, [4, 6, 0])
    np.testing.assert_allclose(exposure, [10 / 3, 10, 10 * 18 / 42])


@pytest.mark.parametrize(("method", "name"), [("holm", "holm"), ("bh", "fdr_bh")])
def test_corrections_are_statsmodels_and_pass_over_missing(method, name):
    values = np.array([0.03, 0.001, np.nan, 0.2, 0.04, 0.5])
    mine = shrinkage.adjust(values, method)
    known = np.isfinite(values)
    np.testing.assert_allclose(mine[known], multipletests(values[known], method=name)[1])
    assert np.isnan(mine[2])
