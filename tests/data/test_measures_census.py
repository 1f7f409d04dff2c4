"""Complete lists and adoption: exact counts, and dates against a second model."""

import numpy as np
import pandas as pd
import pytest
from statsmodels.genmod import families
from statsmodels.genmod.generalized_linear_model import GLM
from statsmodels.stats.proportion import proportion_confint

from analysis.errors import AnalysisError
from analysis.measures import adoption, census
from analysis.measures.covariates import CENTRALITY, POPULATION
from analysis.measures.estimates import CoverageError
from analysis.measures.observations import Observations


@pytest.fixture(scope="module")
def horizon(made):
    table = (made[name] for name in ("panel", "participation", "programmes"))
    return Observations(*table).where(programmes="horizon_2020")


@pytest.fixture(scope="module")
def dates(fixtures):
    return pd.read_csv(fixtures / "digisos_dates.csv", dtype=str)


def test_rates_of_a_complete_list_are_exact_and_have_no_interval(horizon):
    frame = census.rates(horizon, "is_small_rural").set_index("group")
    assert frame[["numerator", "denominator"]].to_numpy().tolist() == [[13, 184], [0, 173]]
    assert frame["conf_low"].isna().all() and frame["reason"].str.startswith("no interval").all()
    bands = census.rates(horizon, "size_band")
    assert bands["numerator"].tolist() == [0, 0, 0, 2, 3, 8]
    assert bands["denominator"].tolist() == [77, 97, 70, 47, 46, 20]
    process = census.rates(horizon, "is_small_rural", process_interval=True).set_index("group")
    assert "process" in process["method"].iloc[0]
    low, high = proportion_confint(13, 184, method="wilson")
    assert process.loc[False, ["conf_low", "conf_high"]].tolist() == pytest.approx([low, high])


def test_counts_and_amounts_add_up(horizon, made):
    frame = census.counts(horizon, "county_name")
    total = frame.groupby("term")["estimate"].sum()
    assert (total["participants"], total["participations"]) == (13, horizon.counts.sum())
    rows = made["participation"]
    rows = rows[(rows["programme_id"] == "horizon_2020") & (rows["participant_type"] == "municipality")]
    by_band = census.amounts(horizon, "size_band", "eur").set_index(["term", "group"])["estimate"]
    assert by_band["amount"].sum() == pytest.approx(rows["own_amount_eur"].sum() / 1e6)
    largest = made["panel"].loc[made["panel"]["size_band"] == "50000+"]
    mine = rows.loc[rows["municipality_code"].isin(largest["municipality_code"]), "own_amount_eur"]
    expected = mine.sum() / largest["population"].sum()
    assert by_band["amount per inhabitant", "50000+"] == pytest.approx(expected)
    assert by_band["amount per participation", "50000+"] == pytest.approx(mine.sum() / mine.count())
    assert by_band["amount", "0-1999"] == 0 and np.isnan(by_band["amount per participation", "0-1999"])


def test_first_time_and_repeat_make_all_participants_of_a_year(horizon):
    frame = census.first_and_repeat(horizon, "is_small_rural")
    assert frame.loc[frame["term"] == "first time", "estimate"].sum() == 13
    rows = horizon.rows.dropna(subset="year")
    expected = rows.groupby("year")["municipality_code"].nunique()
    found = frame.groupby("x")["estimate"].sum()
    assert found[found > 0].tolist() == expected.tolist()


@pytest.mark.parametrize("measure", [census.rates, census.counts, census.amounts, census.first_and_repeat])
def test_other_lists_are_refused_with_their_names(made, measure):
    observations = Observations(*(made[name] for name in ("panel", "participation", "programmes")))
    with pytest.raises(CoverageError, match=r"klimasats \(sample\)"):
        measure(observations.where(programmes=["horizon_2020", "klimasats"]))


def test_no_rate_where_the_organiser_chose(horizon):
    programmes = horizon.programmes.assign(chosen_by_design=True)
    chosen = Observations(horizon.panel, horizon.participation, programmes).where(programmes="horizon_2020")
    with pytest.raises(CoverageError, match="chose who took part"):
        census.rates(chosen)
    assert census.counts(chosen).set_index("term").loc["participants", "estimate"] == 13


def test_adoption_of_digisos_until_the_list_ends(made, dates):
    panel = made["panel"]
    times = adoption.adoption_times(panel, dates)
    assert times["is_adopted"].groupby(panel["is_small_rural"]).agg(["sum", "size"]).to_numpy().tolist() == [
        [76, 184], [28, 173]
    ]  # fmt: skip
    bands = times["is_adopted"].groupby(panel["size_band"], observed=False).sum()
    assert bands.tolist() == [7, 21, 17, 23, 26, 10]
    frame = adoption.share_adopted(panel, dates)
    last = frame[frame["x"] == frame["x"].max()].set_index("group")
    assert last["estimate"].to_dict() == pytest.approx({True: 28 / 173, False: 76 / 184})
    assert frame["x"].min() == pytest.approx(2018 + 113 / 365)  # 24 April
    # Nobody leaves before the end: Kaplan and Meier's curve is the plain share of the day.
    day = frame[(frame["group"] == False) & (frame["numerator"] > 0)].iloc[7]  # noqa: E712
    elapsed = (
        round((day["x"] - 2018) * 365) - 113
        if day["x"] < 2019
        else round((day["x"] - 2019) * 365) + 365 - 113
    )
    others = times[~panel["is_small_rural"].to_numpy()]
    assert day["estimate"] == pytest.approx((others["is_adopted"] & (others["days"] <= elapsed)).mean())


@pytest.mark.parametrize("strata", [None, "county_code"])
def test_hazard_ratio_is_that_of_a_discrete_time_model(made, dates, strata):
    panel = made["panel"]
    row = adoption.adoption_hazard(panel, dates, strata=strata).iloc[0]
    times = adoption.adoption_times(panel, dates)
    event_days = np.sort(times.loc[times["is_adopted"], "days"].unique())
    table = times.assign(small=panel["is_small_rural"].astype(float), county=panel["county_code"])
    long = table.merge(pd.DataFrame({"day": event_days}), how="cross")
    long = long[long["days"] >= long["day"]]
    long["event"] = long["is_adopted"] & (long["days"] == long["day"])
    long["cell"] = long["day"].astype(str) + (long["county"] if strata else "")
    cells = long.groupby(["cell", "small"])["event"].agg(["sum", "size"]).reset_index()
    cells = cells[cells.groupby("cell")["sum"].transform("sum") > 0]  # others say nothing about the ratio
    design = pd.get_dummies(cells["cell"], dtype=float).assign(small=cells["small"]).to_numpy()
    count, at_risk = cells[["sum", "size"]].to_numpy(float).T  # with frames statsmodels 0.14 gives nan here
    # Breslow's likelihood is that of Poisson counts with an effect of each day.
    fit = GLM(count, design, family=families.Poisson(), exposure=at_risk).fit()
    assert row["estimate"] == pytest.approx(np.exp(fit.params[-1]), rel=1e-4)
    assert row["conf_high"] < 1 and row["numerator"] == 104


def test_clusters_widen_and_covariates_stand_beside(made, dates):
    frame = adoption.adoption_hazard(made["panel"], dates, covariates=(POPULATION, CENTRALITY))
    assert frame["term"].tolist() == ["is_small_rural", POPULATION, CENTRALITY]
    assert frame["std_error"].gt(0).all() and frame["p_value"].between(0, 1).all()


def test_a_wrong_date_is_named(made, dates):
    with pytest.raises(AnalysisError, match="listed_to_stay of municipality 0301"):
        adoption.adoption_times(made["panel"], dates.assign(listed_to_stay="2018-13-01"))


def test_research_councils_owners_are_those_counted_from_its_own_list():
    # Counted independently from the list of projects by owner: 13 of 173 small rural, 84 of 184 others.
    owners = Observations.load().where(programmes="research_council_project_owner")
    frame = census.rates(owners, "is_small_rural").sort_values("group", ascending=False)
    assert frame[["numerator", "denominator"]].to_numpy().tolist() == [[13, 173], [84, 184]]
