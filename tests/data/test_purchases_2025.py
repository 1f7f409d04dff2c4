"""Purchases of 2025 in all municipalities, against the published sums."""

from __future__ import annotations

import pandas as pd
import pytest

from analysis.tables import panel as panel_table


@pytest.fixture(scope="module")
def panel(made):
    return made["panel"].set_index("municipality_code")


def test_every_municipality_and_the_published_sums(made):
    bought = (
        made["procurement"]
        .query("year == 2025")
        .pivot(index="municipality_code", columns="measure", values="amount_nok_thousand")
    )
    assert len(bought) == 357 and bought.notna().all(axis=None)
    sums = bought.sum()
    assert sums["purchases_own_production"] == 97_482_843
    assert sums["purchases_replacing_production"] == 81_965_532
    assert sums["operating_expenditure"] == 658_381_085


def test_the_two_kinds_add_up_to_purchases(panel):
    own = panel["purchases_own_production_nok_thousand"]
    replacing = panel["purchases_replacing_production_nok_thousand"]
    assert (own + replacing).equals(panel["purchases_nok_thousand"])
    assert panel["purchases_share"].median() == pytest.approx(0.267, abs=0.0005)
    assert panel["purchases_share"].quantile([0.05, 0.95]).round(3).tolist() == [0.219, 0.334]


def test_amounts_per_inhabitant_are_over_the_population_after_the_accounts_year(made, panel):
    people = made["population"].query("year == 2026").set_index("municipality_code")["population"]
    assert panel["purchases_population"].eq(people.reindex(panel.index)).all()
    utsira = panel.loc["1151"]
    expected = 1000 * utsira["purchases_nok_thousand"] / people["1151"]
    assert utsira["purchases_nok_per_inhabitant"] == pytest.approx(expected)
    assert panel["accounts_population"].sum() == 5_594_340  # 1 January 2025, after the accounts of 2024


def test_only_oslos_breakdown_leaves_functions_out(panel):
    assert panel.index[panel["purchases_is_partial"]].tolist() == ["0301"]
    assert panel.loc["0301", "purchases_items_share"] == pytest.approx(0.83, abs=0.005)


def test_expenditure_of_2025_stands_beside_that_of_2024(panel):
    assert panel["purchases_operating_expenditure_nok_thousand"].sum() == 658_381_085
    assert panel["operating_expenditure_nok_thousand"].sum() == 635_109_876
    growth = (
        panel["purchases_operating_expenditure_nok_thousand"] / panel["operating_expenditure_nok_thousand"]
        - 1
    )
    assert growth.idxmin() == "5052" and growth.min() == pytest.approx(-0.37, abs=0.005)  # Leka, as published


def test_what_is_unknown_has_neither_share_nor_flag(made):
    some = made["procurement"].query("municipality_code != '0301' and measure != 'wages'")
    frame = panel_table.build(
        made["municipalities"], made["population"], made["accounts"], some, _need()
    ).set_index("municipality_code")
    assert pd.isna(frame.loc["0301", "purchases_own_production_share"])
    assert frame["purchases_is_partial"].isna().all()


def _need() -> pd.DataFrame:
    from analysis import raw

    return raw.read("kdd_expenditure_need_index")
