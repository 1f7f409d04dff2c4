import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from scipy import stats
from tests.slow.validation import simulator

from analysis.definitions import SMALL_RURAL, Definition, small_rural
from analysis.measures import former_units, gap, intensity, robustness
from analysis.measures.specifications import FIRST

PROGRAMMES = simulator.programmes(p="sample", q="sample")


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(3)
    panel = simulator.panel(rng, 90)
    parts = [
        simulator.own_projects(panel, rng.poisson(0.4 * (1 + ~small_rural(panel).to_numpy(bool))), programme)
        for programme in ("p", "q")
    ]
    rows = pd.concat(parts, ignore_index=True)
    rows["year"] = pd.array(rng.integers(2012, 2026, len(rows)), dtype="Int64")
    rows["confidence"] = rng.choice(["stated", "inferred"], len(rows))
    rows["basis"] = np.where(rng.random(len(rows)) < 0.2, "group", "named")
    return panel, rows, robustness.specification_curve(simulator.observations(panel, rows, PROGRAMMES))


def spec(curve, term, *choices):
    """The one row of a curve with these choices."""
    keys = ["term", *robustness.CHOICES]
    return curve.set_index(keys).loc[(term, *choices)]


def test_every_combination_once(world):
    curve = world[2]
    # Samples: all, stated, not expanded, without p, without q, only p, only q. Found has no second weighting of
    # projects, and a difference besides the ratio.
    samples, periods, within = 7, 3, 2
    outcomes = {"found": 1, "participations": 2, "per inhabitant": 2, "per krone": 2}
    ratios = len(SMALL_RURAL) * samples * periods * within * sum(outcomes.values())
    assert (curve["term"] == "ratio").sum() == ratios
    assert len(curve) == ratios + len(SMALL_RURAL) * samples * periods * within
    assert not curve.duplicated(["term", *robustness.CHOICES]).any()


CHOSEN = [
    (("main", "all rows", "all years"), {}),
    (("strict", "stated only", "to 2019"), {"stated_only": True, "years": (1900, 2019)}),
    (("kostra", "without expanded", "from 2020"), {"basis": "named", "years": (2020, 2100)}),
    (("district", "without p", "all years"), {"programmes": ["q"]}),
    (("small", "only p", "all years"), {"programmes": ["p"]}),
]


@pytest.mark.parametrize(("choice", "options"), CHOSEN)
def test_a_specification_is_what_the_measures_compute_alone(world, choice, options):
    panel, rows, curve = world
    definition, sample, period = choice
    seen = simulator.observations(
        panel.assign(is_small_rural=small_rural(panel, definition)), rows, PROGRAMMES
    ).where(**options)
    crude = gap.gap(seen).set_index(["term", "method"])
    columns = ["estimate", "conf_low", "conf_high", "numerator", "denominator"]
    for term in ("difference", "ratio"):
        one = spec(curve, term, definition, sample, "2024", period, "found", "equal", "country")
        np.testing.assert_allclose(
            one[columns].astype(float), crude.loc[(term, gap.BY_PROJECTS["country"]), columns].astype(float)
        )
        inside = spec(curve, term, definition, sample, "2024", period, "found", "equal", "county_code")
        assert inside["estimate"] == pytest.approx(
            crude.loc[(term, gap.BY_PROJECTS["county_code"]), "estimate"]
        )
    for outcome, per in (
        ("participations", "municipality"),
        ("per inhabitant", "inhabitant"),
        ("per krone", "billion_purchases"),
    ):
        for weight, name in (("project", "equal"), ("split", "split")):
            alone = (
                intensity.intensity(seen, per=per, weight=weight, n_resamples=9)
                .set_index("term")
                .loc["ratio"]
            )
            one = spec(curve, "ratio", definition, sample, "2024", period, outcome, name, "country")
            assert one["estimate"] == pytest.approx(alone["estimate"])
            assert one["numerator"] == pytest.approx(alone["numerator"])


def test_own_definitions_samples_periods_and_outcomes(world):
    panel, rows, _ = world
    seen = simulator.observations(panel, rows, PROGRAMMES)
    curve = robustness.specification_curve(
        seen,
        definitions={"tiny": Definition("tiny", "an example", population_below=1_500)},
        samples={"named in p": seen.where(programmes="p", basis="named")},
        periods={"2018": (2018, 2018)},
        outcomes=["participations"],
        within=["labour_market_region_code"],
    )
    assert curve[
        ["definition", "sample", "period", "outcome", "within"]
    ].drop_duplicates().to_numpy().tolist() == [
        ["tiny", "named in p", "2018", "participations", "labour_market_region_code"]
    ]
    assert curve["weight"].tolist() == ["equal", "split"]


def test_municipalities_of_2016_count_as_they_were():
    # Town 2000 is a merger of a small rural 1001 and a larger 1002; 1003 has been alone.
    panel = pd.DataFrame(
        {
            "municipality_code": ["2000", "1003"],
            "county_code": ["20", "10"],
            "labour_market_region_code": ["a", "b"],
            "population": [30_000, 3_000],
            "centrality_class": [4, 6],
            "centrality_index": [650, 400],
            "kostra_group": ["EKG01", "EKG14"],
            "purchases_nok_thousand": [10, 1],
        }
    )
    day = pd.Timestamp("2020-01-01")
    reforms = pd.DataFrame(
        [
            ("1001", "Smallplace", pd.NaT, day, "2000"),
            ("1002", "Town", pd.NaT, day, "2000"),
            ("2000", "Town", day, pd.NaT, "2000"),
            ("1003", "Alone", pd.NaT, pd.NaT, "1003"),
        ],
        columns=["code", "name", "valid_from", "valid_to", "municipality_code"],
    ).assign(is_split=False, series_code=lambda t: t["municipality_code"])
    then = pd.DataFrame(
        {
            "code": ["1001", "1002", "1003"],
            "year": 2016,
            "county_code_then": "10",
            "population": [2_000, 27_000, 3_100],
            "municipality_code": ["2000", "2000", "1003"],
            "centrality_class": [4, 4, 6],
            "is_small_rural": [True, False, True],
        }
    )
    units = former_units.units_then(panel, reforms, then)
    assert units["municipality_code"].tolist() == ["1001", "1002", "1003"]
    rows = simulator.participation(
        ["2000"] * 8 + ["1003"],
        ["a", "a", "b", "c", "d", "e", "f", "g", "g"],
        code_then=["1001", "1002", "1002", "1002", "1002", "1002", "1001", "2000", "1003"],
        year=[2017, 2017, 2017, 2018, 2019, 2016, 2018, 2021, 2021],
    )
    seen = simulator.observations(panel, rows, simulator.programmes(p="sample"))
    placed = former_units.records_then(seen, units)
    # The merged town's participation of 2021 is no former municipality's.
    assert placed.groupby("municipality_code")["project_id"].nunique().to_dict() == {
        "1001": 2,
        "1002": 5,
        "1003": 1,
    }
    curve = robustness.specification_curve(seen, periods={"to 2019": (1900, 2019)}, units_then=units)
    choice = ("main", "all rows", "2016", "to 2019", "participations", "equal", "country")
    row = spec(curve, "ratio", *choice)
    # Two of the two small against five of the one other; 2024's municipalities would be none against six.
    assert row[["estimate", "numerator", "denominator"]].tolist() == [2 / 2 / 5, 2, 2]
    heads = spec(curve, "ratio", *choice[:4], "per inhabitant", *choice[5:])
    assert heads["estimate"] == pytest.approx((2 / 5_100) / (5 / 27_000))
    assert spec(curve, "ratio", *choice[:2], "2024", *choice[3:])["estimate"] == 0


def joint(observations, **options):
    definitions = {"main": SMALL_RURAL["main"]}
    shared = {"definitions": definitions, "periods": {"all years": None}, "within": ["country"]}
    return robustness.joint_test(observations, **{**shared, **options}).set_index("term")


def test_joint_test_of_one_specification_is_a_permutation_test(world):
    panel, rows, _ = world
    seen = simulator.observations(panel, rows, PROGRAMMES)
    found = joint(seen, samples={"all": seen}, outcomes=["found"], n_permutations=1_999)
    inside, y = panel["is_small_rural"].to_numpy(bool), seen.found.to_numpy(float)
    # The number found among the small under shuffling is hypergeometric.
    law = stats.hypergeom(len(y), int(y.sum()), int(inside.sum()))
    x = y[inside].sum()
    assert found.loc["mean standardised difference", "estimate"] == pytest.approx(
        (x - law.mean()) / law.std(), abs=0.15
    )
    k = np.arange(len(y))
    exact = law.pmf(k)[abs(k - law.mean()) >= abs(x - law.mean()) - 1e-9].sum()
    assert found.loc["mean standardised difference", "p_value"] == pytest.approx(exact, abs=0.01)
    assert found.loc[
        ["specifications", "distinct results", "effective number"], "estimate"
    ].tolist() == pytest.approx([1, 1, 1])


def test_the_same_result_twice_is_one(world):
    panel, rows, _ = world
    seen = simulator.observations(panel, rows, PROGRAMMES)
    found = joint(seen, samples={"all": seen, "again": seen}, outcomes=["found"], n_permutations=99)
    assert found.loc[["specifications", "distinct results"], "estimate"].tolist() == [2, 1]
    assert found.loc["effective number", "estimate"] == pytest.approx(1)


def test_joint_projects_of_neighbours_weigh_less_when_projects_are_placed_anew():
    # Six pairs in the east of twenty-four on a line: as pairs they are half as many chances as one by one.
    panel = pd.DataFrame({"municipality_code": [f"{k:04d}" for k in range(24)], "population": 1_000})
    panel["centrality_class"] = np.where(np.arange(24) >= 12, 6, 1)
    boundaries = gpd.GeoDataFrame(
        panel[["municipality_code"]], geometry=gpd.points_from_xy(range(24), [0] * 24)
    )
    east = panel["municipality_code"].tolist()[12:]
    rows = simulator.participation(east, np.repeat(list("abcdef"), 2), role=["lead", "participant"] * 6)
    seen = simulator.observations(panel, rows, simulator.programmes(p="sample"))
    options = {
        "definitions": {"east": Definition("east", "an example", centrality_from=6)},
        "samples": {"all": seen},
    }
    alone, together = (
        joint(seen, outcomes=["participations"], boundaries=map_, n_permutations=499, **options)[
            "estimate"
        ].iloc[0]
        for map_ in (None, boundaries)
    )
    assert alone > 1.5 * together


def test_summary_by_hand(world):
    curve = world[2]
    frame = robustness.summary(curve).set_index("term")["estimate"]
    values = curve.loc[curve["term"] == "difference", "estimate"]
    assert frame["smallest"] == values.min()
    assert frame["largest"] == values.max()
    assert frame["same sign"] == pytest.approx((values < 0).sum() / values.notna().sum())


@pytest.mark.filterwarnings("error")
def test_nobody_took_part(world):
    panel, rows, _ = world
    curve = robustness.specification_curve(simulator.observations(panel, rows.iloc[:0], PROGRAMMES))
    assert (curve.loc[curve["term"] == "ratio", "reason"] != "").all()
    assert (curve.loc[curve["estimate"].isna(), "reason"] != "").all()
    assert (robustness.summary(curve, "ratio")["reason"] != "").all()


@pytest.mark.slow
def test_the_first_collection_leaves_out_dated_batches(world):
    panel, rows, _ = world
    rows = rows.assign(batch=np.where(np.arange(len(rows)) % 3 == 0, "2026-11-21", "core"))
    curve = robustness.specification_curve(simulator.observations(panel, rows, PROGRAMMES))
    first = spec(curve, "difference", "main", FIRST, *list(robustness.MAIN.values())[2:])
    alone = robustness.specification_curve(
        simulator.observations(panel, rows[rows["batch"] == "core"], PROGRAMMES)
    )
    alone = spec(alone, "difference", *robustness.MAIN.values())
    columns = ["estimate", "conf_low", "conf_high", "numerator", "denominator"]
    np.testing.assert_allclose(first[columns].astype(float), alone[columns].astype(float))
