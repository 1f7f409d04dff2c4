import numpy as np
import pandas as pd
import pytest
import statsmodels.formula.api as smf
from scipy import stats
from tests.slow.validation import simulator

from analysis import raw
from analysis.measures import covariates, procurement, published_purchases

PROGRAMMES = simulator.programmes(whole="census", seen="sample")
NATIONAL = pd.DataFrame(
    {
        "year": [2016, 2017, 2017],
        "measure": ["local_government", "local_government", "local_government_goods_services"],
        "amount_nok_million": [192_449, 202_435, 102_043],
        "status": ["general minus central government, both published", "published", "general minus central"],
        "source": "",
    }
)


@pytest.fixture
def panel():
    frame = simulator.panel(np.random.default_rng(3), 200)
    return frame.assign(purchases_year=2025, accounts_year=2024, investment_expenditure_nok_thousand=1_000.0)


def test_per_inhabitant_is_kroner_over_the_people_at_the_end_of_the_accounts_year(made):
    """Computed again from the raw files: accounts of 2025 over the population of 1 January 2026."""
    amounts = raw.read("ssb_purchases")
    amounts = amounts[(amounts["year"].astype(int) == 2025) & (amounts["scope"] == "A")]
    bought = amounts[amounts["ssb_code"].isin(["AGD50", "AGD51"])]
    bought = bought.astype({"amount_nok_thousand": float})
    bought = bought.groupby("municipality_code")["amount_nok_thousand"].sum()
    people = (
        made["population"].query("year == 2026").set_index("municipality_code")["population"].astype(float)
    )
    small = made["panel"].set_index("municipality_code")["is_small_rural"]
    expected = (1000 * bought / people).groupby(small).mean()
    frame = procurement.purchases_per_inhabitant(made["panel"]).set_index("group")["estimate"]
    assert frame[True] == pytest.approx(expected[True])
    assert frame[False] == pytest.approx(expected[False])
    assert frame[True] == pytest.approx(50_000, rel=0.06) and frame[False] == pytest.approx(32_000, rel=0.06)


def test_elasticity_is_statsmodels_formula(panel):
    frame = procurement.elasticity(panel).set_index("term")
    second = smf.ols("np.log(purchases_nok_thousand) ~ np.log(population)", panel).fit(
        cov_type="HC3", use_t=True
    )
    assert frame.loc["purchases", "estimate"] == pytest.approx(second.params.iloc[1])
    assert frame.loc["purchases", ["conf_low", "conf_high"]].tolist() == pytest.approx(
        second.conf_int().iloc[1].tolist()
    )


def test_amounts_are_set_against_the_people_at_the_end_of_their_year(made):
    """Computed again from the raw files: purchases of 2025, people of 1 January 2026; accounts of 2024, people of 2025."""
    amounts = raw.read("ssb_purchases").astype({"year": int})
    own = amounts[(amounts["ssb_code"] == "AGD50") & (amounts["year"] == 2025)].set_index("municipality_code")
    people = made["population"].pivot(index="municipality_code", columns="year", values="population")
    frame = pd.DataFrame(
        {"own": own["amount_nok_thousand"].astype(float), "people": people[2026].astype(float)}
    )
    second = smf.ols("np.log(own) ~ np.log(people)", frame).fit()
    found = procurement.elasticity(made["panel"]).set_index("term")["estimate"]
    assert found["purchases for own production"] == pytest.approx(second.params.iloc[1])
    oslo = made["panel"].query("municipality_code == '0301'")
    spent = oslo["operating_expenditure_nok_thousand"].iloc[0] / people.at["0301", 2025]
    assert covariates.COVARIATES[covariates.EXPENDITURE](oslo)[0] == pytest.approx(np.log2(spent))


def test_elasticity_of_a_power_law_is_its_exponent(panel):
    panel["purchases_nok_thousand"] = 7 * panel["population"] ** 0.9
    frame = procurement.elasticity(panel).set_index("term")
    assert frame.loc["purchases", ["estimate", "conf_low", "conf_high"]].tolist() == pytest.approx([0.9] * 3)


def test_per_billion_by_hand():
    panel = pd.DataFrame(
        {
            "municipality_code": list("abcd"),
            "is_small_rural": [True, True, True, False],
            "purchases_nok_thousand": pd.array([500_000, 1_500_000, pd.NA, 1_000_000], dtype="Int64"),
        }
    )
    rows = simulator.participation(list("aabc"), ["1", "2", "3", "4"], "whole")
    frame = procurement.per_billion(
        simulator.observations(panel, rows, PROGRAMMES, ["whole"]), n_resamples=200
    ).set_index("group")
    # Three participations of a and b over 2 billion; c's is left out with its unknown purchases.
    assert frame.loc[True, ["estimate", "numerator", "denominator", "n"]].tolist() == [1.5, 3, 2, 2]
    # None of 1 billion: the exact 95 % upper limit of a Poisson mean with no event is 3.689.
    assert frame.loc[False, ["estimate", "conf_low", "conf_high"]].tolist() == pytest.approx(
        [0, 0, 3.689], abs=1e-3
    )
    assert (frame["coverage"] == "sample").all()


def test_reconciliation_shows_the_newest_published_year(panel):
    frame = published_purchases.against_published(panel, NATIONAL).set_index(["term", "x"])
    assert frame.loc[("local_government", 2017), "estimate"] == 202_435
    assert ("local_government", 2016) not in frame.index
    assert frame.loc[("investment expenditure", 2024), "estimate"] == pytest.approx(200)


def test_estimated_total_is_exact_when_all_are_known(panel):
    frame = published_purchases.against_published(panel, NATIONAL).set_index("term")
    total = frame.loc["purchases, all municipalities, estimated"]
    expected = panel["purchases_nok_thousand"].sum() / 1000
    assert total[["estimate", "conf_low", "conf_high"]].tolist() == pytest.approx([expected] * 3)
    assert total["coverage"] == "census"


@pytest.mark.slow
def test_estimated_total_covers_the_truth_when_a_part_is_unknown(panel):
    truth, covered, rng = panel["purchases_nok_thousand"].sum() / 1000, 0, np.random.default_rng(1)
    for _ in range(200):
        seen = panel.copy()
        seen.loc[rng.random(len(panel)) < 0.4, "purchases_nok_thousand"] = np.nan
        total = published_purchases.against_published(seen, NATIONAL).set_index("term")
        row = total.loc["purchases, all municipalities, estimated"]
        covered += row["conf_low"] <= truth <= row["conf_high"]
    # 95 % nominal; fewer than 176 of 200 would have a chance of less than 1 in 1 000 at 95 %.
    assert covered >= stats.binom.ppf(0.001, 200, 0.95)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "change", [{"purchases_nok_thousand": np.nan}, {"population": 9}, {"is_small_rural": True}]
)
def test_degenerate_input_gives_numbers_or_reasons(panel, change):
    panel = panel.assign(**change)
    panel.loc[5, "purchases_nok_thousand"] = np.nan
    panel["purchases_share"] = panel["purchases_nok_thousand"] / panel["operating_expenditure_nok_thousand"]
    rows = simulator.own_projects(panel, np.ones(len(panel), int), "whole")
    for frame in (
        procurement.purchases_share(panel),
        procurement.purchases_per_inhabitant(panel, "size_band"),
        procurement.elasticity(panel),
        procurement.per_billion(
            simulator.observations(panel, rows, PROGRAMMES, ["whole"]), "size_band", n_resamples=50
        ),
        published_purchases.against_published(panel, NATIONAL),
    ):
        blank = frame[["estimate", "conf_low", "conf_high"]].isna().any(axis=1)
        assert (frame.loc[blank, "reason"] != "").all()


def test_kinds_of_purchases_stand_apart_and_together():
    panel = pd.DataFrame(
        {
            "is_small_rural": [True, True, False, False, False],
            "purchases_share": [0.30, 0.26, 0.25, 0.27, 0.29],
            "purchases_own_production_share": [0.18, 0.16, 0.14, 0.15, 0.13],
            "purchases_replacing_production_share": [0.12, 0.10, 0.11, 0.12, 0.16],
        }
    )
    frame = procurement.difference_in_share(panel).set_index("term")
    assert frame["estimate"].tolist() == pytest.approx([0.01, 0.03, -0.02])
    # Welch by hand: variances 0.0002 and 0.0001 over 2 and 3.
    own = frame.loc["purchases for own production share"]
    t = 0.03 / np.sqrt(0.0002 / 2 + 0.0001 / 3)
    freedom = (0.0002 / 2 + 0.0001 / 3) ** 2 / ((0.0002 / 2) ** 2 / 1 + (0.0001 / 3) ** 2 / 2)
    assert own["p_value"] == pytest.approx(2 * stats.t.sf(t, freedom))
    means = [
        procurement.purchases_share(panel, of=of).set_index("group").loc[True, "estimate"]
        for of in ("all", "own_production", "replacing_production")
    ]
    assert means == pytest.approx([0.28, 0.17, 0.11])
