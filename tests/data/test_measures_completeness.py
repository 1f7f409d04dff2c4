"""Completeness of the register and what follows from it, on the register of version e8217c3."""

import numpy as np
import pytest

from analysis.measures import completeness
from analysis.measures.observations import Observations


@pytest.fixture(scope="module")
def observations(made, register_e8217c3):
    return Observations(
        made["panel"], register_e8217c3, made["programmes"][["programme_id", "kind", "coverage"]]
    )


@pytest.fixture(scope="module")
def thinned(observations):
    return completeness.rarefaction(observations).set_index(["term", "group", "x"])


@pytest.mark.parametrize(
    ("kept", "small", "others", "difference", "ratio"),
    # 400 draws of another program: found by group, their difference and ratio.
    [
        (0.10, 0.064, 0.144, -0.080, 0.44),
        (0.25, 0.149, 0.294, -0.145, 0.51),
        (0.50, 0.270, 0.468, -0.198, 0.58),
        (1.00, 0.451, 0.685, -0.234, 0.66),
    ],
)
def test_found_drifts_and_the_ratio_of_participations_stays(thinned, kept, small, others, difference, ratio):
    def value(term, group="all"):
        return thinned.loc[(term, group, kept), "estimate"]

    assert value("found", True) == pytest.approx(small, abs=0.004)
    assert value("found", False) == pytest.approx(others, abs=0.004)
    assert value("difference in found") == pytest.approx(difference, abs=0.005)
    assert value("ratio of found") == pytest.approx(ratio, abs=0.012)
    assert value("ratio of participations") == pytest.approx(0.337, abs=5e-4)


def test_limits_hold_the_draws_and_close_on_the_whole_register(thinned):
    whole = thinned.xs(1.0, level="x")
    np.testing.assert_allclose(whole["conf_low"], whole["conf_high"])
    np.testing.assert_allclose(whole["conf_low"], whole["estimate"])
    assert (thinned["conf_low"] <= thinned["estimate"] + 1e-12).all()
    assert (thinned["estimate"] <= thinned["conf_high"] + 1e-12).all()


def test_ever_taking_part_by_group(observations):
    frame = completeness.ever_taking_part(observations).set_index(["term", "method", "group"]).sort_index()
    chao = frame.loc[("ever taking part", "Chao1")]
    assert chao["estimate"].round().to_dict() == {True: 151, False: 173}
    assert chao["numerator"].to_dict() == {True: 78, False: 126}
    poisson = frame.loc[("ever taking part", "zero-truncated Poisson"), "estimate"].round()
    assert poisson.to_dict() == {True: 136, False: 135}
    ever = frame.xs("ever taking part")
    assert (ever["conf_high"] <= ever["n"]).all() and (ever["conf_low"] >= ever["numerator"]).all()
    difference = frame.loc[("difference in share", "Chao1", "all")]
    assert difference["estimate"] == pytest.approx(150.5 / 173 - 173.2 / 184, abs=0.002)
    # About −7 points, and as well of the other sign.
    assert difference["conf_low"] < -0.15 and difference["conf_high"] > 0.05


def test_sensitivity_per_participation(observations):
    row = completeness.sensitivity(observations).iloc[0]
    assert row["estimate"] == pytest.approx(2.97, abs=0.005)
    assert (row["conf_low"], row["conf_high"]) == pytest.approx((2.3, 4.2), abs=0.2)
    none = completeness.sensitivity(
        observations.where(programmes="innovation_partnership", basis="named")
    ).iloc[0]
    assert np.isnan(none["estimate"]) and none["conf_low"] > 1 and none["conf_high"] == np.inf


def test_an_empty_register_says_why(observations):
    nobody = observations.where(years=1900)
    assert completeness.rarefaction(nobody)["reason"].str.contains("no participant").all()
    assert completeness.ever_taking_part(nobody)["reason"].str.contains("no participant").all()
    assert completeness.sensitivity(nobody)["reason"].str.contains("no participant").all()
