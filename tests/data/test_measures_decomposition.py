import numpy as np
import pandas as pd
import pytest
from firthmodels import FirthLogisticRegression
from tests.slow.validation import simulator

from analysis.measures import decomposition
from analysis.measures.covariates import CENTRALITY, POPULATION, design_matrix
from analysis.stats.logit import firth

PROGRAMMES = simulator.programmes(whole="census", seen="sample")


def cells(counts):
    """Panel and register from {cell: (x small, n small, x other, n other)}."""
    rows, seen = [], []
    for cell, (x1, n1, x2, n2) in counts.items():
        for small, x, n in ((True, x1, n1), (False, x2, n2)):
            for index in range(n):
                rows.append((f"{cell}{'s' if small else 'o'}{index}", cell, small))
                seen += [rows[-1][0]] if index < x else []
    panel = pd.DataFrame(rows, columns=["municipality_code", "cell", "is_small_rural"])
    return panel, simulator.participation(seen, seen, "whole")


def kitagawa(counts, n_resamples=50):
    panel, rows = cells(counts)
    return decomposition.kitagawa(
        simulator.observations(panel, rows, PROGRAMMES, ["whole"]),
        cells="cell",
        min_cell=1,
        always=True,
        n_resamples=n_resamples,
    ).set_index("term")


def test_kitagawa_by_hand():
    # Small: 1/2 of 10 in a, 1/5 of 30 in b (0.275). Others: 3/5 of 30 in a, 1/10 of 10 in b (0.475).
    table = kitagawa({"a": (5, 10, 18, 30), "b": (6, 30, 1, 10)})["estimate"]
    assert table["gap"] == pytest.approx(-0.2)
    # Shares 0.25/0.75 against 0.75/0.25, mean rates 0.55 and 0.15: −0.5 · 0.55 + 0.5 · 0.15 = −0.2.
    assert table["composition"] == pytest.approx(-0.2)
    # Rates differ by −0.1 and +0.1, mean shares 0.5 and 0.5.
    assert table["rate"] == pytest.approx(0)
    assert table["group outside common support"] == 0


def test_kitagawa_parts_sum_to_the_gap_with_cells_only_one_side_has():
    table = kitagawa({"a": (5, 10, 18, 30), "b": (6, 30, 0, 0), "c": (0, 0, 3, 8)})["estimate"]
    assert table.iloc[1:].sum() == pytest.approx(table["gap"])
    # Inside the common cell a the gap is 0.5 − 0.6; b pulls the small down from 0.5 to 11/40.
    assert table["group outside common support"] == pytest.approx(11 / 40 - 0.5)
    assert table["others outside common support"] == pytest.approx(0.6 - 21 / 38)
    assert table["composition"] == pytest.approx(0)


SKIPTVET = {"a": (20, 40, 30, 40), "b": (1, 1, 50, 80), "c": (30, 60, 6, 9)}


def decomposed(counts, function=decomposition.kitagawa, **options):
    panel, rows = cells(counts)
    seen = simulator.observations(panel, rows, PROGRAMMES, ["whole"])
    return function(seen, cells="cell", **options).set_index("term")


def test_a_cell_of_one_municipality_is_outside_common_support():
    table = decomposed(SKIPTVET, n_resamples=50, always=True)["estimate"]
    # Of the group 1 of 101 stands alone in b; without b, 0.5 in a and c against 0.75 and 2/3.
    assert table["group outside common support"] == pytest.approx(51 / 101 - 0.5)
    assert table["others outside common support"] == pytest.approx(36 / 49 - 86 / 129)
    assert table.iloc[1:].sum() == pytest.approx(table["gap"])


def test_nothing_is_given_without_common_support():
    table = decomposed(SKIPTVET, n_resamples=50)
    # 49 of the 129 others lie in the cells that both sides have members enough in.
    assert table["estimate"].isna().tolist() == [False, True, True, True, True]
    assert set(table["reason"].iloc[1:]) == {"not estimable: the groups have too few values in common"}


def test_nothing_is_given_where_one_municipality_decides_the_sign():
    counts = {"a": (10, 20, 11, 20), "b": (10, 20, 9, 20)}
    table = decomposed(counts, n_resamples=50)
    assert set(table["reason"].iloc[1:]) == {"not given: the sign changes when one municipality is left out"}
    influence = decomposed(counts, decomposition.kitagawa_influence)
    # Without a participant among a's others: rates 10/20, 10/19 and 10/20, 9/20, mean shares 0.5 and about 0.5.
    without = decomposed({"a": (10, 20, 10, 19), "b": (10, 20, 9, 20)}, n_resamples=2, always=True)[
        "estimate"
    ]
    assert influence.loc["rate", "conf_low"] <= without["rate"] <= influence.loc["rate", "conf_high"]
    assert influence.loc["rate", "conf_low"] < 0 < influence.loc["rate", "conf_high"]
    assert influence.loc["rate", "group"] in cells(counts)[0]["municipality_code"].tolist()


def test_influence_is_the_decomposition_without_each_municipality_in_turn():
    panel, rows = cells({"a": (2, 6, 6, 8), "b": (3, 9, 5, 7)})
    again = []
    for code in panel["municipality_code"]:
        fewer = simulator.observations(panel[panel["municipality_code"] != code], rows, PROGRAMMES, ["whole"])
        table = decomposition.kitagawa(fewer, cells="cell", n_resamples=2, always=True).set_index("term")
        again.append(table["estimate"])
    again = pd.DataFrame(again)
    influence = decomposition.kitagawa_influence(
        simulator.observations(panel, rows, PROGRAMMES, ["whole"]), cells="cell"
    ).set_index("term")
    for term in ("composition", "rate"):
        assert influence.loc[term, ["conf_low", "conf_high"]].tolist() == pytest.approx(
            [again[term].min(), again[term].max()]
        )


def test_yun_gives_only_the_gap_without_common_support(world):
    parts = decomposition.oaxaca(
        simulator.observations(*world, PROGRAMMES, ["whole"]), covariates=(POPULATION,), n_resamples=20
    ).set_index("term")
    # Small rural municipalities are defined by their population.
    assert parts["estimate"].isna().to_dict() == {
        "gap": False,
        "explained": True,
        POPULATION: True,
        "rest": True,
    }


def test_equal_rates_in_every_cell_leave_composition_only():
    table = kitagawa({"a": (2, 4, 10, 20), "b": (3, 30, 1, 10)})["estimate"]
    assert table["rate"] == pytest.approx(0)
    assert table["composition"] == pytest.approx(table["gap"])


def test_firth_for_weighted_draws_is_a_second_implementations_for_repeated_rows():
    rng = np.random.default_rng(3)
    x = rng.standard_normal((40, 2))
    y = (rng.random(40) < 1 / (1 + np.exp(-x[:, 0]))).astype(float)
    weights = rng.multinomial(40, np.full(40, 1 / 40), size=5).astype(float)
    beta = firth(np.column_stack([np.ones(40), x]), y, weights)
    for draw, found in zip(weights, beta, strict=True):
        index = np.repeat(np.arange(40), draw.astype(int))
        second = FirthLogisticRegression(backend="numpy", gtol=1e-8, xtol=1e-8, max_iter=100).fit(
            x[index], y[index]
        )
        np.testing.assert_allclose(found, np.r_[second.intercept_, second.coef_], atol=1e-5)


def test_firth_gives_missing_for_collinear_draws():
    x = np.column_stack([np.ones(4), [0.0, 0, 1, 2]])
    beta = firth(x, np.array([0.0, 1, 0, 1]), np.array([[2.0, 2, 0, 0], [1, 1, 1, 1]]))
    assert np.isnan(beta[0]).all()
    assert np.isfinite(beta[1]).all()


@pytest.fixture(scope="module")
def world():
    panel = simulator.panel(np.random.default_rng(5))
    z = design_matrix(panel, (POPULATION, CENTRALITY)).to_numpy()
    p = 1 / (1 + np.exp(-z @ [0.5, 0.3]))
    return panel, simulator.own_projects(panel, np.random.default_rng(6).binomial(1, p), "whole")


def test_oaxaca_parts_sum_and_one_covariate_takes_all_that_is_explained(world):
    parts = decomposition.oaxaca(
        simulator.observations(*world, PROGRAMMES, ["whole"]), always=True, n_resamples=50
    ).set_index("term")["estimate"]
    assert parts["explained"] + parts["rest"] == pytest.approx(parts["gap"])
    assert parts.drop(["gap", "explained", "rest"]).sum() == pytest.approx(parts["explained"])
    one = decomposition.oaxaca(
        simulator.observations(*world, PROGRAMMES, ["whole"]),
        covariates=(POPULATION,),
        always=True,
        n_resamples=50,
    )
    one = one.set_index("term")["estimate"]
    assert one[POPULATION] == pytest.approx(one["explained"])


def test_oaxaca_is_the_difference_in_mean_predictions(world):
    panel, rows = world
    frame = decomposition.oaxaca(
        simulator.observations(panel, rows, PROGRAMMES, ["whole"]),
        covariates=(POPULATION, CENTRALITY),
        always=True,
        n_resamples=9,
    )
    x = design_matrix(panel, (POPULATION, CENTRALITY)).to_numpy()
    small = panel["is_small_rural"].to_numpy(bool)
    y = panel["municipality_code"].isin(rows["municipality_code"]).to_numpy()
    fit = FirthLogisticRegression(backend="numpy", gtol=1e-9, xtol=1e-9, max_iter=200)
    fit.fit(np.column_stack([x, small]), y)
    predicted = 1 / (1 + np.exp(-(fit.intercept_ + x @ fit.coef_[:2])))
    expected = predicted[small].mean() - predicted[~small].mean()
    assert frame.set_index("term").loc["explained", "estimate"] == pytest.approx(expected, abs=1e-6)


def test_common_support_counts_usual_values():
    panel = pd.DataFrame({"is_small_rural": [True] * 4 + [False] * 21, "centrality_index": 0.0})
    panel["centrality_index"] = [99, 100, 150, 301, *range(95, 305, 10)]
    frame = decomposition.common_support(panel, covariates=(CENTRALITY,))
    assert frame.loc[0, ["numerator", "denominator"]].tolist() == [1, 4]


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "change", [{"is_small_rural": True}, {"is_small_rural": False}, {"nobody": 1}, {"population": 9}]
)
def test_degenerate_input_gives_numbers_or_reasons(world, change):
    panel, rows = world
    panel = panel.assign(**change)
    rows = rows.iloc[:0] if "nobody" in change else rows
    for frame in (
        decomposition.kitagawa(simulator.observations(panel, rows, PROGRAMMES, ["whole"]), n_resamples=20),
        decomposition.oaxaca(simulator.observations(panel, rows, PROGRAMMES, ["whole"]), n_resamples=20),
        decomposition.common_support(panel),
    ):
        blank = frame[["estimate", "conf_low", "conf_high"]].isna().any(axis=1)
        assert (frame.loc[blank, "reason"] != "").all()
