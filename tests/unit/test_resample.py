"""Resampling by project, rates within strata: against hand-computed cases, scipy and statsmodels."""

import numpy as np
import pytest
from scipy import interpolate, stats
from statsmodels.genmod import families
from statsmodels.genmod.generalized_linear_model import GLM

from analysis.stats import rates, resample

RNG = np.random.default_rng(5)
PROJECTS = np.column_stack([RNG.poisson(0.5, 120), RNG.poisson(1.5, 120)]).astype(float)


def ratio_of_sums(a, b, axis=-1):
    return a.sum(axis=axis) / b.sum(axis=axis)


@pytest.mark.parametrize("method", ["bca", "percentile"])
def test_the_interval_is_scipys(method):
    mine = resample.interval(PROJECTS, resample.ratio(), method=method, n_resamples=4_000)
    other = stats.bootstrap(
        tuple(PROJECTS.T), ratio_of_sums, paired=True, vectorized=True, n_resamples=4_000,
        method="BCa" if method == "bca" else "percentile", rng=np.random.default_rng(1),
    )  # fmt: skip
    limits = other.confidence_interval
    width = limits.high - limits.low
    assert mine.estimate == PROJECTS[:, 0].sum() / PROJECTS[:, 1].sum()
    assert (mine.conf_low, mine.conf_high) == pytest.approx((limits.low, limits.high), abs=0.08 * width)
    assert mine.std_error == pytest.approx(other.standard_error, rel=0.1)


def test_same_seed_same_bytes_and_another_seed_others():
    first = resample.interval(PROJECTS, resample.difference(), seed=3)
    resample.multiplicities.cache_clear()
    assert first == resample.interval(PROJECTS, resample.difference(), seed=3)
    assert first.conf_low != resample.interval(PROJECTS, resample.difference(), seed=4).conf_low
    assert (resample.multiplicities(7, 50, 1).sum(axis=1) == 7).all()


def test_no_interval_from_one_unit_or_from_undefined_resamples():
    assert np.isnan(resample.interval(PROJECTS[:1], resample.ratio()).conf_low)
    rare = np.array([[1.0, 1], [1, 0], [1, 0]])  # two resamples of three hold the second total
    assert np.isnan(resample.interval(rare, resample.ratio()).conf_high)


def test_several_values_at_once_are_those_one_by_one():
    def both(totals):
        return np.stack([totals[..., 0] / totals[..., 1], totals[..., 0] - totals[..., 1]], axis=-1)

    together = resample.interval(PROJECTS, both)
    for k, statistic in enumerate((resample.ratio(), resample.difference())):
        alone = resample.interval(PROJECTS, statistic)
        assert [float(v[k]) for v in together] == pytest.approx([float(v) for v in alone])


def test_none_of_a_group_has_the_upper_limit_of_a_proportion():
    # 0 of 100: Clopper and Pearson's upper limit is 1 − 0.025^(1/100).
    high = stats.binomtest(0, 100).proportion_ci(method="exact").high
    assert resample.upper_limit_of_none(100, 250) == pytest.approx(high / 2.5)


def test_the_upper_limit_of_a_ratio_of_none_holds_the_truth_also_with_few_projects():
    """Of projects of one municipality each, five of 1.09 to 1 in the others' favour have none of the group in 2.5 of 100."""
    ratio = resample.upper_ratio_of_none(5, 5)
    assert (1 / (1 + ratio)) ** 5 == pytest.approx(0.025)
    # With three municipalities in each of the others' projects, a ratio of participations is a third of that of projects.
    assert resample.upper_ratio_of_none(5, 15) == pytest.approx(ratio / 3)


def test_stratified_ratio_is_that_of_a_poisson_model_with_county_effects():
    rng = np.random.default_rng(2)
    n1, n2 = rng.integers(0, 20, 15), rng.integers(1, 20, 15)
    x1, x2 = rng.poisson(0.7 * n1), rng.poisson(1.9 * n2)
    county = np.tile(np.arange(15), 2)
    design = np.column_stack([np.repeat([1.0, 0], 15), np.eye(15)[county]])
    exposure = np.r_[n1, n2]
    used = exposure > 0
    fit = GLM(np.r_[x1, x2][used], design[used], family=families.Poisson(), exposure=exposure[used]).fit()
    assert rates.stratified_rate_ratio(x1, n1, x2, n2) == pytest.approx(np.exp(fit.params[0]), rel=1e-6)
    many = rates.stratified_rate_ratio(np.stack([x1, 2 * x1, 0 * x1]), n1, np.stack([x2, x2, x2]), n2)
    assert many[0] == pytest.approx(np.exp(fit.params[0])) and many[2] == 0 and many[1] > many[0]
    assert rates.stratified_rate_ratio(x1, n1, 0 * x2, n2) == np.inf


def test_poisson_of_many_samples_is_statsmodels():
    rng = np.random.default_rng(3)
    x = np.column_stack([np.ones(200), rng.normal(size=(200, 2))])
    y = rng.poisson(np.exp(x @ [0.2, 0.8, -0.5]), size=(3, 200))
    for sample, beta in zip(y, rates.poisson(x, y), strict=True):
        np.testing.assert_allclose(beta, GLM(sample, x, family=families.Poisson()).fit().params, rtol=1e-6)


def test_natural_spline_holds_scipys_and_is_straight_outside():
    knots = np.array([1.0, 2, 4, 7])
    x = np.linspace(-1, 9, 60)
    design = np.column_stack([np.ones(60), rates.natural_spline(x, knots)])
    inside = (x >= 1) & (x <= 7)
    target = interpolate.CubicSpline(knots, [0.3, 2, -1, 5], bc_type="natural")(x)
    beta = np.linalg.lstsq(design[inside], target[inside], rcond=None)[0]
    np.testing.assert_allclose(design[inside] @ beta, target[inside], atol=1e-8)
    np.testing.assert_allclose(np.diff(design[x > 7], 2, axis=0), 0, atol=1e-8)
