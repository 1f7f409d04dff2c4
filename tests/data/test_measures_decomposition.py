import numpy as np
import pandas as pd
import pytest
from tests.slow.validation import simulator

from analysis.measures import decomposition, gap
from analysis.measures.covariates import CENTRALITY, POPULATION, design_matrix

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


def kitagawa(counts):
    panel, rows = cells(counts)
    return decomposition.kitagawa(
        simulator.observations(panel, rows, PROGRAMMES, ["whole"]), cells="cell", min_cell=1, always=True
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
    table = decomposed(SKIPTVET, always=True)["estimate"]
    # Of the group 1 of 101 stands alone in b; without b, 0.5 in a and c against 0.75 and 2/3.
    assert table["group outside common support"] == pytest.approx(51 / 101 - 0.5)
    assert table["others outside common support"] == pytest.approx(36 / 49 - 86 / 129)
    assert table.iloc[1:].sum() == pytest.approx(table["gap"])


def test_nothing_is_given_without_common_support():
    table = decomposed(SKIPTVET)
    # 49 of the 129 others lie in the cells that both sides have members enough in.
    assert table["estimate"].isna().tolist() == [False, True, True, True, True]
    assert set(table["reason"].iloc[1:]) == {"not estimable: the groups have too few values in common"}


def test_nothing_is_given_where_one_municipality_decides_the_sign():
    counts = {"a": (10, 20, 11, 20), "b": (10, 20, 9, 20)}
    table = decomposed(counts)
    assert set(table["reason"].iloc[1:]) == {"not given: the sign changes when one municipality is left out"}
    influence = decomposed(counts, decomposition.kitagawa_influence)
    # Without a participant among a's others: rates 10/20, 10/19 and 10/20, 9/20, mean shares 0.5 and about 0.5.
    without = decomposed({"a": (10, 20, 10, 19), "b": (10, 20, 9, 20)}, always=True)["estimate"]
    assert influence.loc["rate", "conf_low"] <= without["rate"] <= influence.loc["rate", "conf_high"]
    assert influence.loc["rate", "conf_low"] < 0 < influence.loc["rate", "conf_high"]
    assert influence.loc["rate", "group"] in cells(counts)[0]["municipality_code"].tolist()


def test_influence_is_the_decomposition_without_each_municipality_in_turn():
    panel, rows = cells({"a": (2, 6, 6, 8), "b": (3, 9, 5, 7)})
    again = []
    for code in panel["municipality_code"]:
        fewer = simulator.observations(panel[panel["municipality_code"] != code], rows, PROGRAMMES, ["whole"])
        table = decomposition.kitagawa(fewer, cells="cell", always=True).set_index("term")
        again.append(table["estimate"])
    again = pd.DataFrame(again)
    influence = decomposition.kitagawa_influence(
        simulator.observations(panel, rows, PROGRAMMES, ["whole"]), cells="cell"
    ).set_index("term")
    for term in ("composition", "rate"):
        assert influence.loc[term, ["conf_low", "conf_high"]].tolist() == pytest.approx(
            [again[term].min(), again[term].max()]
        )


def test_limits_of_the_gap_are_those_of_the_gap_and_know_projects():
    panel, rows = cells({"a": (5, 10, 18, 30), "b": (6, 30, 9, 20)})
    joint = rows.assign(project_id=["together"] * 8 + rows["project_id"].tolist()[8:])
    width = {}
    for name, table in (("alone", rows), ("together", joint)):
        observed = simulator.observations(
            panel.assign(county_code="01"), table.assign(programme_id="seen"), PROGRAMMES, ["seen"]
        )
        parts = decomposition.kitagawa(observed, cells="cell", always=True).set_index("term")
        whole = gap.gap(observed).set_index("term").loc["difference"].iloc[0]
        limits = ["estimate", "conf_low", "conf_high"]
        assert parts.loc["gap", limits].tolist() == pytest.approx(whole[limits].tolist())
        width[name] = parts["conf_high"] - parts["conf_low"]
    assert (
        width["together"][["gap", "composition", "rate"]] > width["alone"][["gap", "composition", "rate"]]
    ).all()


def test_equal_rates_in_every_cell_leave_composition_only():
    table = kitagawa({"a": (2, 4, 10, 20), "b": (3, 30, 1, 10)})["estimate"]
    assert table["rate"] == pytest.approx(0)
    assert table["composition"] == pytest.approx(table["gap"])


@pytest.fixture(scope="module")
def world():
    panel = simulator.panel(np.random.default_rng(5))
    z = design_matrix(panel, (POPULATION, CENTRALITY)).to_numpy()
    p = 1 / (1 + np.exp(-z @ [0.5, 0.3]))
    return panel, simulator.own_projects(panel, np.random.default_rng(6).binomial(1, p), "whole")


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
        decomposition.kitagawa(simulator.observations(panel, rows, PROGRAMMES, ["whole"])),
        decomposition.common_support(panel),
    ):
        blank = frame[["estimate", "conf_low", "conf_high"]].isna().any(axis=1)
        assert (frame.loc[blank, "reason"] != "").all()
