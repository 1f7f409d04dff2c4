import numpy as np
import pandas as pd
import pytest
from tests.slow.validation import simulator

from analysis.definitions import SMALL_RURAL, small_rural
from analysis.measures import robustness
from analysis.measures.gap import gap

PROGRAMMES = simulator.programmes(p="sample", q="sample")


@pytest.fixture(scope="module")
def world():
    rng = np.random.default_rng(3)
    panel = simulator.panel(rng, 150)
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
    # Definitions × (all, stated, not expanded, without p, without q) × 2 units × 3 periods × 2 terms.
    assert len(curve) == len(SMALL_RURAL) * 5 * 2 * 3 * 2
    assert not curve.duplicated(["term", *robustness.CHOICES]).any()
    assert len(SMALL_RURAL) >= 5


@pytest.mark.parametrize(
    ("choice", "ids", "options"),
    [
        (("main", "all rows", "2024", "all years"), None, {}),
        (("strict", "stated only", "2024", "to 2019"), None, {"stated_only": True, "years": (1900, 2019)}),
        (
            ("kostra", "without expanded", "2024", "from 2020"),
            None,
            {"basis": "named", "years": (2020, 2100)},
        ),
        (("district", "without p", "2024", "all years"), ["q"], {}),
    ],
)
def test_a_specification_is_the_gap_computed_alone(world, choice, ids, options):
    panel, rows, curve = world
    panel = panel.assign(is_small_rural=small_rural(panel, choice[0]))
    alone = gap(simulator.observations(panel, rows, PROGRAMMES, ids, **options))
    columns = ["estimate", "conf_low", "conf_high", "numerator", "denominator"]
    for term, method in (("difference", "Newcombe"), ("ratio", "score")):
        one = alone[(alone["term"] == term) & (alone["method"] == method)][columns].to_numpy(float)
        two = spec(curve, term, *choice)[columns].to_numpy(float)
        np.testing.assert_allclose(one[0], two)


def test_then_view_moves_a_merged_participant_to_the_small():
    panel = simulator.panel(np.random.default_rng(1), 50).assign(centrality_class=6, population=20_000)
    rows = simulator.participation(["1000", "1001"], ["x", "y"], "p", population_then=[900, 30_000])
    curve = robustness.specification_curve(simulator.observations(panel, rows, PROGRAMMES))
    then = spec(curve, "difference", "main", "all rows", "then", "all years")
    assert then[["numerator", "denominator"]].tolist() == [1, 1]
    now = spec(curve, "difference", "main", "all rows", "2024", "all years")
    assert now["reason"] == "not estimable: no municipality in the group"


def test_summary_by_hand(world):
    curve = world[2]
    frame = robustness.summary(curve).set_index("term")["estimate"]
    values = curve.loc[curve["term"] == "difference", "estimate"]
    assert frame["smallest"] == values.min()
    assert frame["largest"] == values.max()
    assert frame["same sign"] == pytest.approx((values < 0).mean())


@pytest.mark.filterwarnings("error")
def test_nobody_took_part(world):
    panel, rows, _ = world
    curve = robustness.specification_curve(simulator.observations(panel, rows.iloc[:0], PROGRAMMES))
    assert (curve.loc[curve["term"] == "ratio", "reason"] != "").all()
    assert (curve.loc[curve["estimate"].isna(), "reason"] != "").all()
    assert (robustness.summary(curve, "ratio")["reason"] != "").all()


def test_the_first_collection_leaves_out_dated_batches(world):
    panel, rows, _ = world
    rows = rows.assign(batch=np.where(np.arange(len(rows)) % 3 == 0, "2026-11-21", "core"))
    curve = robustness.specification_curve(simulator.observations(panel, rows, PROGRAMMES))
    first = spec(curve, "difference", "main", "first collection", "2024", "all years")
    alone = robustness.specification_curve(
        simulator.observations(panel, rows[rows["batch"] == "core"], PROGRAMMES)
    )
    alone = spec(alone, "difference", *robustness.MAIN.values())
    columns = ["estimate", "conf_low", "conf_high", "numerator", "denominator"]
    np.testing.assert_allclose(first[columns].astype(float), alone[columns].astype(float))
