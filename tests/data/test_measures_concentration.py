import numpy as np
import pandas as pd
import pytest
from tests.slow.validation import simulator

from analysis.measures import concentration
from analysis.stats.inequality import middle_rank

PROGRAMMES = simulator.programmes(whole="census")


@pytest.fixture(scope="module")
def world():
    panel = simulator.panel(np.random.default_rng(1), 200)
    mean = np.sqrt(panel["population"] / 5_000) / 2
    return panel, simulator.own_projects(panel, np.random.default_rng(2).poisson(mean), "whole")


def gini(x):
    """Half the relative mean absolute difference, over all pairs."""
    return np.abs(np.subtract.outer(x, x)).mean() / (2 * x.mean())


def index(amount):
    """Twice the mean rank of a unit of the amount, less one."""
    return 2 * (amount / amount.sum()) @ middle_rank(amount, np.ones(len(amount))) - 1


def test_gini_is_the_mean_absolute_difference():
    x = np.array([0.0, 0, 1, 1, 3, 10])
    assert index(x) == pytest.approx(gini(x))


def test_gini_of_all_with_one_and_of_equal_shares():
    x = np.array([0.0, 0, 0, 0, 0, 7])
    assert index(x) == pytest.approx(5 / 6)
    assert index(np.ones(6)) == pytest.approx(0)


def test_concentration_index_is_the_covariance_formula(world):
    # Kakwani, Wagstaff and van Doorslaer (1997): twice the covariance of amount and fractional rank, over the mean.
    panel, rows = world
    count = panel["municipality_code"].map(rows["municipality_code"].value_counts()).fillna(0).to_numpy()
    rank = (panel["population"].rank(method="average").to_numpy() - 0.5) / len(panel)
    expected = 2 * np.cov(count, rank, bias=True)[0, 1] / count.mean()
    frame = concentration.concentration(
        simulator.observations(panel, rows, PROGRAMMES, ["whole"]), n_resamples=50
    ).set_index("term")
    assert frame.loc[concentration.BY_MUNICIPALITY, "estimate"] == pytest.approx(expected)
    assert frame.loc[concentration.GINI, "estimate"] == pytest.approx(gini(count))


def test_index_by_inhabitants_is_0_when_participation_follows_population():
    panel = simulator.panel(np.random.default_rng(1), 50).assign(population=np.arange(1, 51) * 1_000)
    rows = simulator.own_projects(panel, np.arange(1, 51), "whole")
    frame = concentration.concentration(
        simulator.observations(panel, rows, PROGRAMMES, ["whole"]), n_resamples=50
    ).set_index("term")
    assert frame.loc[concentration.BY_INHABITANT, "estimate"] == pytest.approx(0, abs=1e-12)
    assert frame.loc[concentration.BY_MUNICIPALITY, "estimate"] > 0.3


def test_limits_are_those_of_a_bootstrap_of_projects(world):
    panel, rows = world
    rows = rows.assign(project_id=rows["project_id"].where(np.arange(len(rows)) >= 40, "together"))
    found = concentration.concentration(simulator.observations(panel, rows, PROGRAMMES, ["whole"]))
    found = found.set_index("term").loc[concentration.BY_MUNICIPALITY]
    rank = dict(zip(panel["municipality_code"], (panel["population"].rank() - 0.5) / len(panel), strict=True))
    ranks = [list(group.map(rank)) for _, group in rows["municipality_code"].groupby(rows["project_id"])]
    rng = np.random.default_rng(1)
    draws = [
        2 * np.mean(np.concatenate([ranks[k] for k in rng.integers(len(ranks), size=len(ranks))])) - 1
        for _ in range(1_000)
    ]
    assert found[["conf_low", "conf_high"]].tolist() == pytest.approx(
        list(np.quantile(draws, [0.025, 0.975])), abs=0.03
    )


def test_curve_runs_from_0_to_1_and_encloses_half_the_gini(world):
    frame = concentration.curve(
        simulator.observations(*world, PROGRAMMES, ["whole"]), n_points=401, n_resamples=20
    )
    x, y = frame["x"], frame["estimate"]
    assert y.iloc[[0, -1]].tolist() == [0, 1]
    area = np.trapezoid(y, x)
    found = concentration.concentration(
        simulator.observations(*world, PROGRAMMES, ["whole"]), n_resamples=20
    )["estimate"].iloc[0]
    assert 1 - 2 * area == pytest.approx(found, abs=2e-3)


def test_order_and_scale_do_not_matter(world):
    panel, rows = world
    shuffled = panel.sample(frac=1, random_state=3).assign(population=lambda p: p["population"] * 10)
    first, second = (
        concentration.concentration(simulator.observations(p, rows, PROGRAMMES, ["whole"]), n_resamples=20)[
            "estimate"
        ]
        for p in (panel, shuffled)
    )
    np.testing.assert_allclose(first, second)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("change", [{"population": 5}, {"population": np.nan}, {"nobody": 1}])
def test_degenerate_input_gives_numbers_or_reasons(world, change):
    panel, rows = world
    rows = rows.iloc[:0] if "nobody" in change else rows
    frame = concentration.concentration(
        simulator.observations(panel.assign(**change), rows, PROGRAMMES, ["whole"]), n_resamples=20
    )
    blank = frame[["estimate", "conf_low", "conf_high"]].isna().any(axis=1)
    assert (frame.loc[blank, "reason"] != "").all()


@pytest.mark.filterwarnings("error")
def test_one_participation_gives_an_estimate():
    panel = simulator.panel(np.random.default_rng(1), 30)
    rows = simulator.participation(["1003"], ["x"], "whole")
    frame = concentration.concentration(
        simulator.observations(panel, rows, PROGRAMMES, ["whole"]), n_resamples=200
    )
    assert frame["estimate"].iloc[0] == pytest.approx(29 / 30)
    pd.testing.assert_series_equal(frame["reason"] != "", frame["conf_low"].isna(), check_names=False)
