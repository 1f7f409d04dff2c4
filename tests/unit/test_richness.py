"""Estimates of the unseen and rarefaction: against scikit-bio's and EstimateS's published values and by hand."""

import itertools

import numpy as np
import pytest
from scipy import stats

from analysis.stats import richness

COUNTS = [0, 1, 1, 4, 2, 5, 2, 4, 1, 2]
NO_SINGLES, NO_DOUBLES = [0, 2, 2, 4, 5], [0, 1, 1, 4, 5]


@pytest.mark.parametrize(
    ("counts", "estimate", "low", "high", "sd"),
    [  # as printed by EstimateS (two decimals), the values that scikit-bio tests itself against
        (COUNTS, 9.75, 9.07, 17.45, 1.42),
        (NO_SINGLES, 4, 4, 4.95, 0.39),
        (NO_DOUBLES, 5, 4.08, 17.27, 2.17),
    ],
)
def test_chao1_is_that_of_estimates(counts, estimate, low, high, sd):
    found = richness.chao1(counts)
    assert found.estimate == estimate
    assert (found.conf_low, found.conf_high) == pytest.approx((low, high), rel=0.01)
    assert found.std_error == pytest.approx(sd, abs=0.01)


@pytest.mark.parametrize(
    ("once", "twice", "rest", "records", "chao", "poisson"),
    # Seen once and twice in the register of version e8217c3: 78 small rural and 126 other municipalities.
    [(53, 18, 7, 116, 151, 136), (58, 34, 34, 366, 173, 135)],
)
def test_the_unseen_of_the_register(once, twice, rest, records, chao, poisson):
    more = np.full(rest, 3)
    more[0] += records - once - 2 * twice - 3 * rest
    counts = np.r_[np.ones(once, int), np.full(twice, 2), more]
    assert round(richness.chao1(counts).estimate) == chao
    assert round(richness.zero_truncated_poisson(counts).estimate) == pytest.approx(poisson, abs=1)


@pytest.mark.parametrize(
    ("estimator", "law"),
    [
        (richness.zero_truncated_poisson, lambda rng: rng.poisson(1.1, 400)),
        (richness.zero_truncated_geometric, lambda rng: rng.geometric(0.4, 400) - 1),
    ],
)
def test_truncated_estimates_find_a_known_number(estimator, law):
    rng = np.random.default_rng(1)
    found = [estimator(law(rng)) for _ in range(400)]
    assert np.mean([f.estimate for f in found]) == pytest.approx(400, rel=0.02)
    assert 0.92 <= np.mean([f.conf_low <= 400 <= f.conf_high for f in found]) <= 0.98
    assert np.std([f.estimate for f in found]) == pytest.approx(
        np.mean([f.std_error for f in found]), rel=0.1
    )


def test_nothing_repeated_means_nothing_known():
    assert np.isnan(richness.zero_truncated_poisson([1, 1, 1]).estimate)
    assert np.isnan(richness.zero_truncated_geometric([]).estimate)
    assert richness.chao1([]).estimate == 0


def test_rarefaction_is_hypergeometric_and_counts_all_subsets():
    chance = richness.rarefaction([0, 1, 3], 9, [1, 4, 9])
    np.testing.assert_allclose(
        chance, [[stats.hypergeom(9, c, k).sf(0) for c in (0, 1, 3)] for k in (1, 4, 9)], atol=1e-12
    )
    subsets = list(itertools.combinations(range(6), 3))
    assert richness.rarefaction([2], 6, [3])[0, 0] == pytest.approx(np.mean([min(s) < 2 for s in subsets]))


def test_thinning_draws_each_project_alike_and_the_same_again():
    kept = richness.thinned(40, 10, 4_000, seed=2)
    assert (kept.sum(axis=1) == 10).all()
    np.testing.assert_allclose(kept.mean(axis=0), 0.25, atol=0.03)
    np.testing.assert_array_equal(kept, richness.thinned(40, 10, 4_000, seed=2))
