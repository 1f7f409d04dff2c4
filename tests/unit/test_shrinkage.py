"""Estimates of many areas: against published results, simulation and hand-computed corrections."""

import numpy as np
import pytest

from analysis.stats import shrinkage

# Hits of 18 batters in 45 at-bats, and what Efron and Morris (Scientific American, May 1977) made of them.
HITS = np.array([18, 17, 16, 15, 14, 14, 13, 12, 11, 11, 10, 10, 10, 10, 10, 9, 8, 7])


def test_batters_are_drawn_together_as_by_efron_and_morris():
    average, usual = HITS / 45, HITS.mean() / 45
    found = shrinkage.towards_usual(average, np.full(18, np.sqrt(usual * (1 - usual) / 45)))
    assert found.centre == pytest.approx(0.265, abs=0.0005)
    assert np.ptp(found.estimate) / np.ptp(average) == pytest.approx(0.212, abs=0.0005)
    assert found.estimate[[0, -1]] == pytest.approx([0.294, 0.242], abs=0.0005)


def test_alike_areas_are_drawn_most_of_the_way():
    found = shrinkage.towards_usual([1.0, 1.1, 0.9, 1.0, 1.05], [0.5] * 5)
    assert found.variance == 0
    # The corrected shrinkage is (k - 3)/(k - 1) where areas do not vary: half of the way for five areas.
    assert found.estimate == pytest.approx(
        found.centre + (np.array([1.0, 1.1, 0.9, 1.0, 1.05]) - found.centre) / 2
    )
    assert (found.conf_high - found.conf_low < 2 * 1.96 * 0.5).all()


def test_the_less_certain_area_is_drawn_further():
    found = shrinkage.towards_usual([0.0, 0, 1, 2, 3, 3], [0.2, 0.8, 0.4, 0.4, 0.2, 0.8])
    assert found.estimate[0] < found.estimate[1] < found.centre < found.estimate[5] < found.estimate[4]


def test_too_few_areas_are_refused():
    with pytest.raises(ValueError, match="3 areas"):
        shrinkage.towards_usual([0.0, 1, 2], [1.0, 1, 1])


def test_intervals_hold_the_truth_of_fifteen_areas():
    rng = np.random.default_rng(8)
    error, held = np.linspace(0.1, 0.7, 15), []
    for _ in range(400):
        truth = rng.normal(0.3, 0.35, 15)
        found = shrinkage.towards_usual(rng.normal(truth, error), error)
        held.append((found.conf_low <= truth) & (truth <= found.conf_high))
    assert 0.93 <= np.mean(held) <= 0.97


def test_the_correction_passes_over_missing():
    values = np.array([0.03, 0.00125, np.nan, 0.2, 0.04])
    # By hand: times 4, 3, 2, 1.
    np.testing.assert_allclose(shrinkage.adjust(values), [0.09, 0.005, np.nan, 0.2, 0.09])
