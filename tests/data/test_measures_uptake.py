import numpy as np
import pandas as pd
import pytest
from statsmodels.stats import proportion as second
from statsmodels.stats.proportion import proportion_confint
from tests.slow.validation import simulator

from analysis import definitions
from analysis.measures import uptake
from analysis.measures.estimates import CoverageError, Estimates, Unit
from analysis.measures.procurement import purchases_share
from analysis.stats import proportions

PROGRAMMES = simulator.programmes(whole="census", part="partial", seen="sample")


@pytest.fixture
def panel():
    # Four small rural municipalities (a–d), six others (e–j).
    return pd.DataFrame(
        {
            "municipality_code": list("abcdefghij"),
            "is_small_rural": pd.array([True] * 4 + [False] * 6, dtype="boolean"),
            "county_code": ["01"] * 5 + ["02"] * 5,
        }
    )


def register(codes, programme="whole", **columns):
    return simulator.participation(list(codes), [f"x{i}" for i in range(len(codes))], programme, **columns)


def by_group(result):
    return result.set_index("group")


# --- intervals against published worked examples -----------------------------------------------------


@pytest.mark.parametrize(
    ("x", "n", "low", "high"),
    # Newcombe, Statistics in Medicine 1998; 17: 857–872, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_gives_newcombes_table(x, n, low, high):
    got = proportions.wilson(x, n)
    assert got[0] == pytest.approx(low, abs=5e-5)
    assert got[1] == pytest.approx(high, abs=5e-5)
    np.testing.assert_allclose(got, proportion_confint(x, n, method="wilson"), atol=1e-12)


@pytest.mark.parametrize(
    ("table", "hybrid", "score"),
    # Newcombe, Statistics in Medicine 1998; 17: 873–890, table II, methods 10 and 6 (Miettinen–Nurminen).
    [
        ((56, 70, 48, 80), (0.0524, 0.3339), (0.0528, 0.3382)),
        ((9, 10, 3, 10), (0.1705, 0.8090), (0.1700, 0.8406)),
        ((5, 56, 0, 29), (-0.0381, 0.1926), (-0.0326, 0.1933)),
        ((10, 10, 0, 20), (0.6791, 1.0), (0.7156, 1.0)),
    ],
)
def test_differences_give_newcombes_table(table, hybrid, score):
    np.testing.assert_allclose(proportions.newcombe(*table), hybrid, atol=6e-5)
    np.testing.assert_allclose(proportions.miettinen_nurminen(*table), score, atol=6e-5)


def test_koopman_limits_are_where_the_score_test_rejects():
    tables = np.random.default_rng(1).integers(1, [30, 1, 30, 1], (20, 4), endpoint=True)
    tables[:, 1], tables[:, 3] = tables[:, 0] + 9, tables[:, 2] + 25
    lows, highs = proportions.koopman(*tables.T)
    for table, limits in zip(tables, zip(lows, highs, strict=True), strict=True):
        for limit in limits:
            test = second.test_proportions_2indep(*table, value=limit, compare="ratio", method="score")
            assert test.pvalue == pytest.approx(0.05, abs=1e-4)


def test_koopmans_example():
    # Koopman, Biometrics 1984; 40: 513–517: 36/40 against 16/80 gives 2.94 to 7.15 without the
    # N/(N−1) factor, which widens it slightly.
    low, high = proportions.koopman(36, 40, 16, 80)
    assert (float(low), float(high)) == pytest.approx((2.94, 7.15), abs=0.02)


def test_ratio_with_no_event_in_a_group():
    assert proportions.koopman(0, 10, 4, 10)[0] == 0
    assert proportions.koopman(5, 10, 0, 10)[1] == np.inf
    assert np.isnan(proportions.koopman(0, 10, 0, 10)).all()


# --- uptake and its types ---------------------------------------------------------------------------


def test_census_gives_rates_with_counts_of_distinct_municipalities(panel):
    result = uptake.uptake(
        simulator.observations(panel, register("aefgf"), PROGRAMMES, ["whole"]), "is_small_rural"
    )
    assert (result["unit"] == Unit.UPTAKE).all()
    table = by_group(result)
    assert table.loc[True, ["numerator", "denominator", "n"]].tolist() == [1, 4, 4]
    assert table.loc[False, "estimate"] == pytest.approx(3 / 6)
    assert table[["conf_low", "conf_high"]].isna().all(axis=None)
    assert table["reason"].str.startswith("no interval").all()


def test_sample_gives_composition_never_a_rate(panel):
    result = uptake.uptake(
        simulator.observations(panel, register("aefg", "seen"), PROGRAMMES, ["seen"]), "is_small_rural"
    )
    assert (result["unit"] == Unit.PARTICIPANTS).all()
    assert by_group(result).loc[True, "estimate"] == pytest.approx(1 / 4)
    with pytest.raises(CoverageError, match="sample"):
        uptake.uptake_rate(simulator.observations(panel, register("aefg", "seen"), PROGRAMMES, ["seen"]))
    with pytest.raises(CoverageError):
        Estimates(result.assign(unit=Unit.UPTAKE))


def test_one_sample_programme_makes_the_set_a_sample(panel):
    both = pd.concat([register("ae"), register("f", "seen")])
    result = uptake.uptake(simulator.observations(panel, both, PROGRAMMES, ["whole", "seen"]))
    assert (result["unit"] == Unit.PARTICIPANTS).all()
    with pytest.raises(CoverageError):
        uptake.uptake_rate(simulator.observations(panel, both, PROGRAMMES, ["whole", "seen"]))


def test_recorded_share_cannot_be_relabelled_a_rate(panel):
    result = uptake.recorded_share(
        simulator.observations(panel, register("aefg", "seen"), PROGRAMMES, ["seen"]), "is_small_rural"
    )
    assert (result["unit"] == Unit.RECORDED).all()
    with pytest.raises(CoverageError):
        Estimates(result.assign(unit="share of municipalities that took part"))


def test_partial_gives_bounds_from_the_published_total(panel):
    totals = simulator.published(("part", "all", "participants", 6, "exact"))
    rows = register("aefg", "part")
    observations = simulator.observations(panel, rows, PROGRAMMES, ["part"])
    result = uptake.uptake(observations, "is_small_rural", totals, simulator.projects(rows))
    assert set(result["coverage"]) == {"partial"}
    # Four named of six published: two more, all or none of them small.
    table = by_group(result)
    assert table.loc[True, ["conf_low", "conf_high"]].tolist() == [1 / 4, 3 / 4]
    assert table.loc[False, ["conf_low", "conf_high"]].tolist() == [3 / 6, 5 / 6]
    assert table["estimate"].isna().all()
    assert table["reason"].str.startswith("bounds only").all()


def test_partial_without_a_published_total_says_so(panel):
    result = uptake.uptake(
        simulator.observations(panel, register("aefg", "part"), PROGRAMMES, ["part"]), "is_small_rural"
    )
    assert result["reason"].str.contains("no published total").all()
    assert result[["estimate", "conf_low", "conf_high"]].isna().all(axis=None)


def test_expanded_inferred_and_undated_rows_can_be_left_out(panel):
    rows = register(
        "abef",
        confidence=["stated", "inferred", "stated", "stated"],
        basis=["named", "named", "group", "named"],
        year=[2019, 2019, 2019, pd.NA],
    )
    options = {"stated_only": True, "basis": "named", "years": (2018, 2020)}
    result = uptake.uptake_rate(simulator.observations(panel, rows, PROGRAMMES, ["whole"], **options))
    assert result.loc[0, "numerator"] == 1


def test_counties_and_unresolved_participants_are_not_municipalities(panel):
    rows = register("abe", participant_type=["municipality", "county", "municipality"])
    rows.loc[2, "municipality_code"] = pd.NA
    assert (
        uptake.uptake_rate(simulator.observations(panel, rows, PROGRAMMES, ["whole"])).loc[0, "numerator"]
        == 1
    )


def test_then_view_counts_units_as_they_were(panel):
    # e is today's merger of three units that took part; two of them were small.
    rows = register(
        "eeef", code_then=["0001", "0002", "0003", "f"], size_band_then=["small", "small", "large", "large"]
    )
    result = uptake.composition(
        simulator.observations(panel, rows, PROGRAMMES, ["whole"]), by="size_band_then"
    )
    assert by_group(result).loc["small", ["numerator", "denominator"]].tolist() == [2, 4]


# --- degenerate input -------------------------------------------------------------------------------


@pytest.mark.filterwarnings("error")
def test_nobody_took_part(panel):
    empty = register("")
    assert (
        by_group(
            uptake.uptake_rate(simulator.observations(panel, empty, PROGRAMMES, ["whole"]), "county_code")
        ).loc["01", "estimate"]
        == 0
    )
    for result in (
        uptake.composition(simulator.observations(panel, empty, PROGRAMMES, ["seen"]), "county_code"),
    ):
        assert result["estimate"].isna().all()
        assert result["reason"].str.startswith("not estimable").all()


@pytest.mark.filterwarnings("error")
def test_empty_groups_are_named(panel):
    panel["size_band"] = pd.Categorical(["s"] * 10, categories=["s", "t"])
    table = by_group(
        uptake.uptake_rate(simulator.observations(panel, register("ab"), PROGRAMMES, ["whole"]), "size_band")
    )
    assert table.loc["t", "reason"] == "not estimable: no municipality in the group"


def test_a_missing_number_without_a_reason_is_refused():
    with pytest.raises(ValueError, match="without a reason"):
        Estimates([{"term": "t", "unit": "share", "method": "m"}])


def test_a_difference_of_shares_is_printed_in_percentage_points():
    """30 per cent less 20 per cent is 10 percentage points, and half as much again as 20 per cent."""
    row = {"term": "difference", "estimate": 0.1, "conf_low": -0.05, "conf_high": 0.25, "n": 4}
    shown = repr(Estimates([row], unit=Unit.RECORDED_DIFFERENCE))
    assert "10.0 pp" in shown and "−5.0 pp" in shown and "%" not in shown
    assert "10.0%" in repr(Estimates([row], unit=Unit.RECORDED))


def test_what_groups_are_made_by_is_printed():
    bought = pd.DataFrame({"purchases_share": [0.2, 0.3, 0.4, 0.3], "coast": [True, True, False, False]})
    assert repr(purchases_share(bought, by="coast")).startswith("by: coast; term: purchases share")


def test_order_of_rows_does_not_matter(panel):
    rows = register("aefgf")
    first = uptake.uptake(simulator.observations(panel, rows, PROGRAMMES, ["whole"]), "county_code")
    shuffled = uptake.uptake(
        simulator.observations(
            panel.sample(frac=1, random_state=1), rows.sample(frac=1, random_state=2), PROGRAMMES, ["whole"]
        ),
        "county_code",
    )
    pd.testing.assert_frame_equal(first, shuffled)


# --- definitions and purchases ----------------------------------------------------------------------


def test_size_bands_at_their_edges():
    bands = definitions.size_band(pd.Series([1_999, 2_000, 4_999, 5_000, 50_000, pd.NA], dtype="Int64"))
    assert bands.astype(object).tolist()[:5] == [
        "0-1999",
        "2000-4999",
        "2000-4999",
        "5000-9999",
        "50000+",
    ]
    assert pd.isna(bands.iloc[5])


def test_small_rural_definitions():
    panel = pd.DataFrame(
        {
            "population": pd.array([4_999, 4_999, 5_000, 2_500, pd.NA], dtype="Int64"),
            "centrality_class": [4, 3, 6, 6, 6],
            "kostra_group": ["EKG01", "EKG01", "EKG04", "EKG14", None],
        }
    )
    assert definitions.small_rural(panel).tolist()[:4] == [True, False, False, True]
    assert definitions.small_rural(panel, "strict").tolist()[:4] == [False, False, False, True]
    assert definitions.small_rural(panel, "kostra").tolist()[:4] == [False, False, False, True]
    assert definitions.small_rural(panel).isna()[4]
    assert len(definitions.SMALL_RURAL) >= 5


def test_purchases_share_is_a_t_interval_over_the_known():
    panel = pd.DataFrame(
        {"g": ["a", "a", "a", "a", "b", "c"], "purchases_share": [0.2, 0.3, 0.4, None, None, 0.3]}
    )
    table = purchases_share(panel, "g").set_index("group")
    # Mean 0.3, s = 0.1, t(2) = 4.302653, so ± 4.302653 · 0.1 / √3 = 0.248414.
    assert table.loc["a", ["estimate", "conf_low", "conf_high"]].tolist() == pytest.approx(
        [0.3, 0.051586, 0.548414], abs=1e-6
    )
    assert table.loc["a", ["numerator", "denominator"]].tolist() == [3, 4]
    assert table.loc["b", "reason"] == "not estimable: all values are missing"
    assert table.loc["c", "reason"] == "no interval: too few observations"
    assert (table["coverage"] == "sample").all()
