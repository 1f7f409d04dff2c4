import numpy as np
import pandas as pd
import pytest
from statsmodels.stats.contingency_tables import StratifiedTable
from tests.slow.validation import simulator

from analysis.measures import bounds, gap
from analysis.measures.estimates import CoverageError, Estimates
from analysis.register import reconcile

PROGRAMMES = simulator.programmes(whole="census", part="partial", seen="sample")


def register(codes, programme="whole", **columns):
    return simulator.participation(list(codes), [f"x{i}" for i in range(len(codes))], programme, **columns)


def table_of(counts):
    """Panel and register from {county: (x small, n small, x other, n other)}."""
    rows, seen = [], []
    for county, (x1, n1, x2, n2) in counts.items():
        for small, x, n in ((True, x1, n1), (False, x2, n2)):
            for index in range(n):
                code = f"{county}{'s' if small else 'o'}{index}"
                rows.append((code, county, small, "a" if small else "b"))
                seen += [code] if index < x else []
    panel = pd.DataFrame(rows, columns=["municipality_code", "county_code", "is_small_rural", "size_band"])
    panel["size_band"] = panel["size_band"].astype("category")
    return panel, seen


@pytest.fixture
def example():
    # Newcombe's 56/70 against 48/80, in one county.
    return table_of({"01": (56, 70, 48, 80)})


def pick(frame, term, method):
    return frame[(frame["term"] == term) & frame["method"].str.startswith(method)].iloc[0]


def test_difference_and_ratio(example):
    panel, seen = example
    frame = gap.gap(simulator.observations(panel, register(seen), PROGRAMMES, ["whole"]))
    newcombe = pick(frame, "difference", "Newcombe")
    assert newcombe[["estimate", "conf_low", "conf_high"]].tolist() == pytest.approx(
        [0.2, 0.0524, 0.3339], abs=6e-5
    )
    assert newcombe[["numerator", "denominator", "n"]].tolist() == [56, 70, 150]
    assert pick(frame, "difference", "score")["conf_high"] == pytest.approx(0.3382, abs=6e-5)
    assert pick(frame, "ratio", "score")["estimate"] == pytest.approx(0.8 / 0.6)


def test_mantel_haenszel_textbook():
    # University Group Diabetes Program by age, Rothman, Greenland and Lash, Modern Epidemiology, ch. 15:
    # pooled risk difference 0.035, pooled risk ratio 1.33.
    panel, seen = table_of({"01": (8, 106, 5, 120), "02": (22, 98, 16, 85)})
    frame = gap.gap(simulator.observations(panel, register(seen), PROGRAMMES, ["whole"]))
    assert pick(frame, "difference", "Mantel")["estimate"] == pytest.approx(0.035, abs=5e-4)
    assert pick(frame, "ratio", "Mantel")["estimate"] == pytest.approx(1.33, abs=5e-3)


def test_mantel_haenszel_against_statsmodels():
    rng = np.random.default_rng(5)
    counts = {f"{c:02d}": (rng.binomial(12, 0.3), 12, rng.binomial(9, 0.5), 9) for c in range(8)}
    panel, seen = table_of(counts)
    tables = [np.array([[a, n1 - a], [b, n0 - b]]) for a, n1, b, n0 in counts.values()]
    frame = gap.gap(simulator.observations(panel, register(seen), PROGRAMMES, ["whole"]))
    assert pick(frame, "ratio", "Mantel")["estimate"] == pytest.approx(
        StratifiedTable(tables).riskratio_pooled
    )


def test_county_with_one_group_carries_no_information():
    both = table_of({"01": (3, 9, 4, 8), "02": (2, 8, 5, 9)})
    more = table_of({"01": (3, 9, 4, 8), "02": (2, 8, 5, 9), "03": (5, 7, 0, 0)})
    first, second = (
        gap.gap(simulator.observations(p, register(s), PROGRAMMES, ["whole"])) for p, s in (both, more)
    )
    for term in ("difference", "ratio"):
        columns = ["estimate", "conf_low", "conf_high", "n"]
        one, two = (pick(f, term, "Mantel")[columns].tolist() for f in (first, second))
        assert one == two


def test_units_say_recorded_unless_census(example):
    panel, seen = example
    assert (
        gap.gap(simulator.observations(panel, register(seen), PROGRAMMES, ["whole"]))["unit"]
        .str.contains("took part")
        .all()
    )
    sample = gap.gap(simulator.observations(panel, register(seen, "seen"), PROGRAMMES, ["seen"]))
    assert sample["unit"].str.contains("recorded in the register").all()
    with pytest.raises(CoverageError):
        Estimates(sample.assign(unit="difference in the share of municipalities that took part"))


def test_kinds_and_programmes_each_get_their_rows(example):
    panel, seen = example
    programmes = PROGRAMMES.assign(kind=["grant", "grant", "award"])
    frame = gap.gap_by_kind(simulator.observations(panel, register(seen), programmes))
    every = "all programmes"
    assert set(zip(frame["kind"], frame["programme"], strict=True)) == {
        ("all", every), ("grant", every), ("award", every), ("grant", "whole"), ("grant", "part"), ("award", "seen")
    }  # fmt: skip
    grants = frame[(frame["kind"] == "grant") & (frame["programme"] == every)]
    assert grants["coverage"].unique().tolist() == ["partial"]


def test_representation_by_hand():
    panel = pd.DataFrame(
        {
            "municipality_code": list("abcd"),
            "is_small_rural": [True, True, False, False],
            "population": [1_000, 1_000, 4_000, 4_000],
            "operating_expenditure_nok_thousand": [100, 100, 300, 300],
            "purchases_nok_thousand": pd.array([50, pd.NA, 60, 60], dtype="Int64"),
        }
    )
    frame = gap.representation(
        simulator.observations(panel, register("accd"), PROGRAMMES, ["whole"]), n_resamples=50
    ).set_index("term")
    # A quarter of the participations; half of the municipalities, a fifth of the inhabitants, and of the
    # purchases 100 of 220: the unknown one is taken to buy for half its expenditure, as the known one does.
    expected = {"by municipalities": 0.5, "by inhabitants": 1.25, "by purchases": 0.25 / (100 / 220)}
    assert frame["estimate"].to_dict() == pytest.approx(expected)


def test_scale_of_money_and_people_does_not_matter():
    panel = simulator.panel(np.random.default_rng(2))
    rows = simulator.own_projects(panel, np.random.default_rng(3).poisson(0.5, len(panel)), "whole")
    money = ["operating_expenditure_nok_thousand", "purchases_nok_thousand", "population"]
    scaled = panel.assign(**{column: panel[column] * 8 for column in money})
    first, second = (
        gap.representation(simulator.observations(p, rows, PROGRAMMES, ["whole"]), n_resamples=100)
        for p in (panel, scaled)
    )
    np.testing.assert_allclose(
        first[["estimate", "conf_low", "conf_high"]], second[["estimate", "conf_low", "conf_high"]]
    )


# --- bounds --------------------------------------------------------------------------------------


def test_gap_bounds_by_brute_force():
    panel, seen = table_of({"01": (1, 4, 2, 6)})
    totals = simulator.published(("part", "all", "participants", 5, "exact"))
    rows = register(seen, "part")
    observations = simulator.observations(panel, rows, PROGRAMMES)
    frame = bounds.gap_bounds(observations, totals, simulator.projects(rows))
    # Two are not named: every way to place them in or out of the group.
    every = [(1 + k) / 4 - (2 + m) / 6 for k in range(3) for m in range(3 - k)]
    assert frame.loc[0, ["conf_low", "conf_high"]].tolist() == pytest.approx([min(every), max(every)])
    assert np.isnan(frame.loc[0, "estimate"])


def test_total_smaller_than_what_is_found_is_not_comparable():
    panel, seen = table_of({"01": (1, 4, 2, 6)})
    totals = simulator.published(("part", "all", "participants", 2, "exact"))
    rows = register(seen, "part")
    observations = simulator.observations(panel, rows, PROGRAMMES)
    frame = bounds.gap_bounds(observations, totals, simulator.projects(rows))
    assert "more participants than the published total" in frame.loc[0, "reason"]


# --- degenerate input -------------------------------------------------------------------------------


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    "counts",
    [
        {"01": (0, 5, 0, 5)},
        {"01": (0, 0, 3, 5)},
        {"01": (3, 5, 0, 0)},
        {"01": (3, 5, 0, 5)},
        {"01": (0, 5, 3, 5)},
        {"01": (5, 5, 5, 5)},
        {"01": (1, 3, 0, 0), "02": (0, 0, 1, 4)},
        {"01": (0, 1, 1, 1)},
    ],
)
def test_degenerate_tables_give_numbers_or_reasons(counts):
    panel, seen = table_of(counts)
    panel = panel.assign(population=1_000, operating_expenditure_nok_thousand=5, purchases_nok_thousand=pd.NA)
    rows = register(seen, "part") if seen else register("")
    totals = simulator.published(("part", "all", "participants", 50, "exact"))
    frames = [
        gap.gap(simulator.observations(panel, rows, PROGRAMMES, ["part"])),
        gap.representation(simulator.observations(panel, rows, PROGRAMMES, ["part"]), n_resamples=50),
        bounds.gap_bounds(simulator.observations(panel, rows, PROGRAMMES), totals, simulator.projects(rows)),
    ]
    for frame in frames:
        blank = frame[["estimate", "conf_low", "conf_high"]].isna().any(axis=1)
        assert (frame.loc[blank, "reason"] != "").all()


# --- found of published -----------------------------------------------------------------------------


def test_found_of_published_by_round():
    rows = register("abcd", "part", year=[2019, 2019, 2021, pd.NA])
    totals = simulator.published(
        ("part", "all", "participants", 9, "exact"),
        ("part", "all", "participants", 7, "exact"),
        ("part", "2019", "participants", 2, "exact"),
        ("part", "2018-2021", "municipalities", 2, "exact"),
        ("part", "x3", "municipalities", 5, "at_least"),
        ("part", "networks", "municipalities", 5, "exact"),
        ("part", "all", "projects", 5, "exact"),
    )
    table = reconcile.found_of_published(totals, rows, simulator.projects(rows)).set_index(
        ["round", "measure"]
    )
    assert table[["published", "found", "missing"]].dropna().T.to_dict("list") == {
        ("2018-2021", "municipalities"): [2, 3, 0],
        ("2019", "participants"): [2, 2, 0],
        ("all", "participants"): [9, 4, 5],
        ("x3", "municipalities"): [5, 1, 4],
    }
    assert table["found"].isna().to_dict()[("networks", "municipalities")]
    assert table.loc[("x3", "municipalities"), "is_lower_limit"]


def test_composition_bounds_by_brute_force():
    panel, _ = table_of({"01": (0, 4, 0, 6)})
    rows = simulator.participation(["01s0", "01o1", "01o2"], ["x", "x", "x"], "seen")
    observations, projects = simulator.observations(panel, rows, PROGRAMMES), simulator.projects(rows)
    total = simulator.published(("seen", "x", "municipalities", 5, "exact"))
    frame = bounds.composition_bounds(observations, total, projects)
    # Two of the five are not named: none, one or both of them small.
    every = [(1 + k) / 5 for k in range(3)]
    assert frame.loc[0, ["conf_low", "conf_high"]].tolist() == [min(every), max(every)]
    # All three of three are named: one of them is small, and nothing is unknown.
    every_one = simulator.published(("seen", "x", "municipalities", 3, "exact"))
    row = bounds.composition_bounds(observations, every_one, projects).iloc[0]
    assert row["estimate"] == 1 / 3 and np.isnan(row["conf_high"]) and row["reason"].startswith("no interval")
    least = simulator.published(("seen", "x", "municipalities", 5, "at_least"))
    frame = bounds.composition_bounds(observations, least, projects)
    assert "least number" in frame.loc[0, "reason"]
    unknown = simulator.published(("seen", "networks", "municipalities", 5, "exact"))
    frame = bounds.composition_bounds(observations, unknown, projects)
    assert "cannot tell" in frame.loc[0, "reason"]
    fewer = simulator.published(("seen", "x", "municipalities", 2, "exact"))
    frame = bounds.composition_bounds(observations, fewer, projects)
    assert "more participants" in frame.loc[0, "reason"]


def test_candidates_and_nominees_have_not_taken_part(example):
    panel, seen = example
    rows = register(seen, stage=["candidate"] * 10 + ["nominee"] * 10 + ["winner"] * 84)
    frame = gap.gap(simulator.observations(panel, rows, PROGRAMMES, ["whole"]))
    assert pick(frame, "difference", "Newcombe")["numerator"] == 36


def test_recorded_shares_have_no_limits_that_take_municipalities_as_independent(example):
    panel, seen = example
    for programme, independent in (("whole", True), ("seen", False)):
        frame = gap.gap(simulator.observations(panel, register(seen, programme), PROGRAMMES, [programme]))
        assert frame["method"].isin(["Newcombe", "score", gap.MANTEL_HAENSZEL]).any() == independent


def test_limits_of_a_difference_in_shares_are_possible_or_there_are_none():
    """Horizon 2020 in Nordland, and three municipalities of one's own: limits were ±4e150 and −4 to 5."""
    from analysis.measures.observations import Observations

    observations = Observations.load().where(programmes="horizon_2020")
    codes = observations.panel["municipality_code"]
    for mine in (observations.panel["county_code"] == "18", codes.isin(["0301", "3454", "4221"])):
        found = gap.gap(observations.with_panel(observations.panel.assign(mine=mine)), by="mine")
        limits = found.loc[found["term"] == "difference", ["conf_low", "conf_high", "reason"]]
        told = limits.dropna(subset="conf_low")
        assert len(told) and (told["conf_low"] >= -1).all() and (told["conf_high"] <= 1).all()
        assert limits.loc[limits["conf_low"].isna(), "reason"].ne("").all()
