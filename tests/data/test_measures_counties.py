"""Counties beside each other, and neighbours beyond the projects that they share."""

import random

import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.multitest import multipletests

from analysis.measures import counties, spatial
from analysis.measures.observations import Observations
from analysis.measures.projects import tie_table
from analysis.stats.moran import morans_i


@pytest.fixture(scope="module")
def observations(made, register_e8217c3):
    return Observations(
        made["panel"], register_e8217c3, made["programmes"][["programme_id", "kind", "coverage"]]
    )


@pytest.fixture(scope="module")
def rates(observations):
    return counties.participations(observations).set_index(["term", "group"])


def test_each_county_is_compared_with_the_others(rates, observations):
    number = observations.counts.groupby(observations.panel["county_name"]).sum()
    size = observations.panel.groupby("county_name").size()
    for name in size.index:
        own, rest = number[name] / size[name], (482 - number[name]) / (357 - size[name])
        assert rates.loc[("rate", name), "estimate"] == pytest.approx(own)
        assert rates.loc[("ratio to the others", name), "estimate"] == pytest.approx(own / rest)


def test_limits_of_a_county_are_the_delta_methods(rates, observations):
    rows = observations.rows.merge(
        observations.panel[["municipality_code", "county_name"]], on="municipality_code"
    )
    each = pd.crosstab(rows["project_id"], rows["county_name"] == "Nordland")
    a, b = each[True], each[False]
    spread = np.sqrt(((a / a.sum() - b / b.sum()) ** 2).sum())
    row = rates.loc[("ratio to the others", "Nordland")]
    assert row["std_error"] == pytest.approx(spread, rel=0.05)
    # Student's t: with the normal quantile limits hold the truth of 91 of 100 counties in scenario A, so of 94.
    assert 1.96 < np.log(row["conf_high"] / row["estimate"]) / row["std_error"] < 2.3


def test_estimates_are_drawn_together_the_more_the_smaller_the_county(rates):
    raw, shrunken = rates.loc["rate", "estimate"], rates.loc["shrunken rate", "estimate"].dropna()
    usual = shrunken.mean()
    assert ((shrunken - usual).abs() <= (raw[shrunken.index] - usual).abs() + 0.05).all()
    assert "Oslo" not in shrunken.index  # one municipality is no county to learn from
    assert raw["Finnmark"] < shrunken["Finnmark"] < usual


def test_p_values_are_those_of_projects_moved_between_equal_counties(observations, rates):
    """Recounted one project after another, with the standard library's random numbers."""
    county = observations.panel.set_index("municipality_code")["county_name"]
    size = county.value_counts()
    ties = tie_table(observations)
    pieces = ties.groupby(["project_id", ties["municipality_code"].map(county)]).size()
    rng, runs = random.Random(5), 4_000
    drawn = np.zeros((runs, len(size)))
    for n in pieces:
        present = np.minimum(size.to_numpy(), n)
        to = rng.choices(range(len(size)), weights=size / present, k=runs)
        drawn[range(runs), to] += present[to]
    by_chance = (drawn / size.to_numpy()) / (
        (drawn.sum(1, keepdims=True) - drawn) / (len(county) - size.to_numpy())
    )
    ratio = rates.loc["ratio to the others", "estimate"].reindex(size.index)
    lower = (by_chance <= ratio.to_numpy()).mean(axis=0)
    p = multipletests(np.minimum(2 * np.minimum(lower, 1 - lower), 1), method="holm")[1]
    found = rates.loc["ratio to the others", "p_value"].reindex(size.index)
    np.testing.assert_allclose(found, p, atol=0.15)
    assert ((found < 0.05) == (p < 0.05)).all()


def test_agder_stands_on_one_sentence(observations):
    named = observations.where(basis="named")
    inside = named.panel["county_name"] == "Agder"
    assert (observations.found[inside].sum(), named.found[inside].sum(), inside.sum()) == (25, 10, 25)
    ratio = counties.participations(named).set_index(["term", "group"]).loc[("ratio to the others", "Agder")]
    assert ratio["p_value"] > 0.5


def test_an_empty_register_and_one_county_say_why(observations):
    nobody = observations.where(years=1900)
    none = counties.participations(nobody)
    assert none["reason"].str.contains("too few").all() and (none["numerator"] == 0).all()
    # A page asks for its county, and for no limits, whatever is in the register.
    assert (none.groupby("term")["group"].nunique() == 15).all() and none["estimate"].isna().all()
    alone = counties.participations(observations.where(counties="18")).set_index("term")
    assert "outside the group" in alone.loc["ratio to the others", "reason"]


def test_neighbours_are_no_more_alike_than_their_projects_make_them(observations, made):
    boundaries = made["boundaries"]
    pairs = spatial.neighbours(boundaries)
    frame = spatial.autocorrelation_beyond_projects(observations, boundaries, pairs, n_resamples=499)
    frame = frame.set_index("group")
    weights = spatial.spatial_weights(observations.panel["municipality_code"], pairs)
    found, rng = observations.found.to_numpy(float), np.random.default_rng(0)
    index, *shuffled = morans_i(np.vstack([found, [rng.permutation(found) for _ in range(99)]]), weights)
    row = frame.loc["all participations"]
    assert row["estimate"] == pytest.approx(index) == pytest.approx(0.2365, abs=5e-4)
    # Shuffled municipalities would call this a pattern; projects placed by chance would not.
    assert index > max(shuffled)
    assert row["conf_low"] < index < row["conf_high"] and row["p_value"] > 0.05
    assert frame.loc["projects of one municipality", "estimate"] == pytest.approx(-0.015, abs=0.005)


def test_few_leads_get_a_straighter_curve():
    size = np.log(np.geomspace(300, 700_000, 357))
    chance = spatial.lead_chance(size, np.array([356, 356, 356, 350, 320]))
    assert np.isfinite(chance).all() and chance[-1] > 100 * chance[0]
    assert chance.sum() == pytest.approx(5, rel=0.01)
