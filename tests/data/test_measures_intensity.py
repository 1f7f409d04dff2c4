"""Participations per municipality: on the register of version e8217c3, each number by other code too."""

import numpy as np
import pandas as pd
import pytest
from scipy.interpolate import CubicSpline
from statsmodels.genmod import families
from statsmodels.genmod.generalized_linear_model import GLM

from analysis.errors import AnalysisError
from analysis.measures import intensity, projects
from analysis.measures.observations import Observations


@pytest.fixture(scope="module")
def observations(made, register_e8217c3):
    programmes = made["programmes"][["programme_id", "kind", "coverage"]]
    return Observations(made["panel"], register_e8217c3, programmes)


@pytest.fixture(scope="module")
def joined(made, register_e8217c3):
    """Participations with the columns of their municipality, without any of the package's measures."""
    return register_e8217c3.merge(made["panel"], on="municipality_code")


def pick(frame, term, group="all"):
    return frame[(frame["term"] == term) & (frame["group"] == group)].iloc[0]


def test_headline_and_its_interval_by_a_plain_loop_over_projects(observations, joined):
    found = intensity.intensity(observations)
    ratio = pick(found, "ratio")
    assert ratio["estimate"] == pytest.approx((116 / 173) / (366 / 184))
    assert ratio["estimate"] == pytest.approx(0.337, abs=5e-4)
    assert (ratio["numerator"], ratio["denominator"], ratio["n"]) == (116, 173, 223)
    assert (pick(found, "rate", True)["estimate"], pick(found, "rate", False)["estimate"]) == pytest.approx(
        (0.671, 1.989), abs=5e-4
    )
    assert pick(found, "difference")["estimate"] == pytest.approx(116 / 173 - 366 / 184)
    each = [rows["is_small_rural"].to_numpy() for _, rows in joined.groupby("project_id")]
    rng, drawn = np.random.default_rng(11), []
    for _ in range(1_500):
        small = np.concatenate([each[i] for i in rng.integers(len(each), size=len(each))])
        drawn.append((small.sum() / 173) / ((~small).sum() / 184))
    low, high = np.quantile(drawn, [0.025, 0.975])
    assert (low, high) == pytest.approx((0.24, 0.44), abs=0.015)
    # BCa lies a little above the plain percentiles, as the draws are skew.
    assert ratio["conf_low"] == pytest.approx(low, abs=0.02) and ratio["conf_high"] == pytest.approx(
        high, abs=0.03
    )
    assert ratio["std_error"] == pytest.approx(np.std(drawn), rel=0.1)


def test_named_one_by_one(observations):
    ratio = pick(intensity.intensity(observations.where(basis="named")), "ratio")
    assert ratio["estimate"] == pytest.approx((93 / 173) / (349 / 184))


def test_split_among_members_within_counties_and_without_the_most_named(observations, joined, made):
    size = joined.groupby("project_id")["municipality_code"].transform("size")
    each = (1 / size).groupby(joined["is_small_rural"]).sum()
    split = pick(intensity.intensity(observations, weight="split"), "ratio")
    assert split["estimate"] == pytest.approx((each[True] / 173) / (each[False] / 184))
    assert split["estimate"] == pytest.approx(0.21, abs=0.005)
    panel = made["panel"].assign(count=observations.counts.to_numpy())
    design = (
        pd.get_dummies(panel["county_code"]).astype(float).assign(small=panel["is_small_rural"].astype(float))
    )
    fit = GLM(panel["count"], design, family=families.Poisson()).fit()
    within = intensity.intensity(observations, within="county_code").iloc[0]
    assert within["estimate"] == pytest.approx(np.exp(fit.params["small"]), rel=1e-5)
    assert within["estimate"] == pytest.approx(0.41, abs=0.005)
    assert 0.25 < within["conf_low"] < 0.32 and 0.5 < within["conf_high"] < 0.65
    rest = panel.drop(panel["count"].nlargest(4).index).groupby("is_small_rural")["count"].mean()
    without = pick(intensity.intensity(observations, without_most_named=4), "ratio")
    assert without["estimate"] == pytest.approx(rest[True] / rest[False]) == pytest.approx(0.45, abs=0.005)


def test_per_inhabitant_and_per_krone(observations, joined, made):
    number = joined.groupby("is_small_rural").size()
    people = made["panel"].groupby("is_small_rural")["population"].sum()
    found = intensity.intensity(observations, per="inhabitant")
    assert pick(found, "rate", True)["estimate"] == pytest.approx(1e5 * number[True] / people[True])
    expected = (number[True] / people[True]) / (number[False] / people[False])
    assert pick(found, "ratio")["estimate"] == pytest.approx(expected)
    known = made["panel"].dropna(subset="purchases_nok_thousand")
    bought = known.groupby("is_small_rural")["purchases_nok_thousand"].sum().astype(float)
    counted = (
        joined[joined["municipality_code"].isin(known["municipality_code"])].groupby("is_small_rural").size()
    )
    found = pick(intensity.intensity(observations, per="billion_purchases"), "rate", True)
    assert found["estimate"] == pytest.approx(1e6 * counted[True] / bought[True])


def test_groups_of_many_values_add_up(observations):
    frame = intensity.intensity(observations, by="size_band")
    assert (
        set(frame["term"]) == {"rate"}
        and frame["numerator"].sum() == 482
        and frame["denominator"].sum() == 357
    )
    assert frame["group"].iloc[0] == "0-1999" and frame["group"].iloc[-1] == "50000+"


def test_larger_clusters_give_wider_intervals(observations, made):
    def width(clusters=None):
        row = pick(intensity.intensity(observations, clusters=clusters), "ratio")
        return row["conf_high"] - row["conf_low"], row["n"]

    domains = projects.web_domains(observations, made["sources"])
    counties = projects.lead_counties(observations)
    assert counties.notna().all() and domains.notna().all()
    (project, n), (domain, many), (county, few) = width(), width(domains), width(counties)
    assert (n, few) == (223, 15) and few < many < n
    assert project < domain and project < county
    with pytest.raises(AnalysisError, match="no label for project"):
        intensity.intensity(observations, clusters=counties.iloc[1:])


def test_lead_is_the_named_one_else_the_most_populous(observations, joined):
    leads = projects.leads(observations)
    named = joined[joined["role"] == "lead"].groupby("project_id")
    for project, rows in list(joined.groupby("project_id"))[:60]:
        if project in named.groups:
            assert leads[project] in set(named.get_group(project)["municipality_code"])
        else:
            assert leads[project] == rows.loc[rows["population"].idxmax(), "municipality_code"]


def test_none_of_the_group_gets_an_exact_upper_limit(observations):
    named = observations.where(programmes="innovation_partnership", basis="named")
    ratio = pick(intensity.intensity(named), "ratio")
    assert (ratio["numerator"], ratio["estimate"], ratio["conf_low"]) == (0, 0, 0)
    odds = 0.025 ** (-1 / ratio["n"]) - 1  # of the exact limit 1 − 0.025^(1/n) of a share of none
    others = pick(intensity.intensity(named), "rate", False)["numerator"]
    assert ratio["conf_high"] == pytest.approx((odds * ratio["n"] / 173) / (others / 184))


def test_degenerate_input_says_why(observations, made):
    only = observations.where(municipalities="0301")
    assert "no municipality in the group" in pick(intensity.intensity(only), "ratio")["reason"]
    few = observations.where(programmes="stimulab")
    assert pick(intensity.intensity(few), "rate", False)["reason"] == "no interval: too few observations"
    nobody = observations.where(years=1900)
    assert "no participant" in pick(intensity.intensity(nobody), "ratio")["reason"]
    with pytest.raises(AnalysisError, match="yes and no"):
        intensity.intensity(observations, by="size_band", within="county_code")


def test_curve_over_population_is_the_poisson_model(observations, made):
    frame = intensity.by_population(observations, n_points=357)
    size = np.log(made["panel"]["population"].to_numpy(float))
    knots = np.quantile(size, np.linspace(0.02, 0.98, 4))

    # The same space of curves from scipy's natural splines, which are straight beyond the outer knots.
    def columns(at):
        found = []
        for unit in np.eye(4):
            spline = CubicSpline(knots, unit, bc_type="natural")
            inside, slope = np.clip(at, knots[0], knots[-1]), spline(np.clip(at, knots[0], knots[-1]), 1)
            found.append(spline(inside) + slope * (at - inside))
        return np.column_stack(found)

    fit = GLM(observations.counts.to_numpy(), columns(size), family=families.Poisson()).fit()
    np.testing.assert_allclose(
        frame["estimate"], fit.predict(columns(np.log(frame["x"].to_numpy()))), rtol=1e-4
    )
    assert (frame["conf_low"] < frame["estimate"]).all() and (frame["estimate"] < frame["conf_high"]).all()
    assert frame["estimate"].iloc[-1] > 10 * frame["estimate"].iloc[150]


def test_same_seed_same_numbers(observations):
    pd.testing.assert_frame_equal(
        pd.DataFrame(intensity.intensity(observations, seed=4)),
        pd.DataFrame(intensity.intensity(observations, seed=4)),
    )
