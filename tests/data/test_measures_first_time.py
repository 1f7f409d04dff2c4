"""Hazard of the first recorded participation, on the register of version e8217c3."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.genmod import families
from statsmodels.genmod.generalized_linear_model import GLM

from analysis import tables
from analysis.measures import first_time, former_units
from analysis.measures.covariates import POPULATION
from analysis.measures.observations import Observations


@pytest.fixture(scope="module")
def observations(made, register_e8217c3):
    whole = Observations(made["panel"], register_e8217c3, made["programmes"])
    return whole.where(scopes=["procurement", "development", "adoption"])


def test_undated_records_stay_within_their_programmes_period(observations, register_e8217c3):
    table = first_time.first_years(observations)
    assert table["is_event"].sum() == register_e8217c3["municipality_code"].nunique() == 204
    dated = register_e8217c3.dropna(subset="year").groupby("municipality_code")["year"].min()
    wide = table[table["is_event"] & (table["low"] < table["high"])]
    only_undated = set(register_e8217c3["municipality_code"]) - set(dated.index)
    assert len(only_undated) == 8 and only_undated <= set(wide["municipality_code"])
    assert (table["low"] <= table["high"]).all()


def test_hazard_ratio_of_dated_records_is_that_of_a_second_model(observations, made):
    dated = observations.where(years=(2010, 2030))
    row = first_time.hazard(dated, within=None).iloc[0]
    first = dated.rows.groupby("municipality_code")["year"].min()
    panel = made["panel"].set_index("municipality_code")
    end = first.reindex(panel.index).fillna(first.max()).astype(int)
    unit = np.repeat(np.arange(len(end)), end - 2009)
    at = 2010 + np.concatenate([np.arange(n) for n in end - 2009])
    event = (panel.index.isin(first.index)[unit]) & (at == end.to_numpy()[unit])
    cells = pd.DataFrame({"at": at, "small": panel["is_small_rural"].to_numpy()[unit], "event": event})
    cells = cells[cells.groupby("at")["event"].transform("any")]
    design = pd.get_dummies(cells["at"], dtype=float).assign(small=cells["small"].astype(float))
    design.columns = design.columns.astype(str)
    family = families.Binomial(link=families.links.CLogLog())
    fit = GLM(cells["event"].astype(float), design, family=family).fit()
    assert row["estimate"] == pytest.approx(np.exp(fit.params["small"]), rel=1e-3)


def test_small_rural_come_later_also_within_counties(observations):
    row = first_time.hazard(observations).iloc[0]
    assert row["numerator"] == 204 and 0.4 < row["conf_low"] < row["estimate"] < row["conf_high"] < 0.85
    both = first_time.hazard(observations, covariates=(POPULATION,))
    assert both["term"].tolist() == ["is_small_rural", POPULATION] and both["conf_high"].notna().all()


def test_groups_without_events_have_no_ratio(observations):
    row = first_time.hazard(observations.where(programmes="horizon_2020")).iloc[0]
    assert np.isnan(row["estimate"]) and "no event" in row["reason"]


@pytest.mark.slow
def test_former_municipalities_count_as_they_were():
    observations = Observations.load()
    units = former_units.units_then(
        observations.panel, tables.load("reforms"), tables.load("population_then")
    )
    # SSB: 428 municipalities on 1 January 2016; the reforms of 2017-2020 ended 116 of them in mergers.
    assert len(units) == 428
    assert units["last_year"].notna().sum() == 116
    table = first_time.first_years(observations, units_then=units).set_index("municipality_code")
    assert table["high"].max() == 2019
    ended = units.set_index("municipality_code")["last_year"].dropna().astype(int)
    assert (table["high"].reindex(ended.index).dropna() <= ended.reindex(table.index).dropna()).all()
    row = first_time.hazard(observations, units_then=units, within=None, cluster="county_code").iloc[0]
    now = first_time.hazard(observations.where(years=(2010, 2019)), within=None).iloc[0]
    assert row["denominator"] > now["denominator"]
    assert row["estimate"] < 1
    assert row["conf_high"] < 1
