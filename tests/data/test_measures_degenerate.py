"""Every measure on worlds where little or nothing can be said: a number or a reason, no warning, no crash."""

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import box
from tests.slow.validation import simulator

from analysis.measures import (
    bounds,
    concentration,
    cooperation,
    decomposition,
    diagnostics,
    duration,
    gap,
    models,
    procurement,
    robustness,
    spatial,
    totals,
    uptake,
)
from analysis.measures import recurrence as constellations
from analysis.measures.estimates import Result

FEW = {"draws": 30}
TOTALS = pd.DataFrame(
    {
        "programme_id": ["p", "p"],
        "round": ["all"] * 2,
        "measure": ["participants", "municipalities"],
        "value": 9,
    }
)
NATIONAL = pd.DataFrame(
    {
        "year": [2017],
        "measure": ["local_government"],
        "amount_nok_million": [202_435],
        "status": ["published"],
    }
)


def base(n=40):
    panel = simulator.panel(np.random.default_rng(1), n)
    return panel.assign(purchases_year=2025, accounts_year=2024, investment_expenditure_nok_thousand=1.0)


def missing(panel):
    """Every number unknown, so every classification unknown too."""
    numbers = panel.select_dtypes("number").columns
    panel = panel.assign(**dict.fromkeys(numbers, np.nan))
    panel["size_band"] = pd.Categorical(
        [None] * len(panel), categories=base().size_band.cat.categories, ordered=True
    )
    return panel.assign(is_small_rural=pd.array([pd.NA] * len(panel), dtype="boolean"))


WORLDS = {
    "one municipality": lambda: base(1),
    "two municipalities": lambda: base(2),
    "one county": lambda: base().assign(county_code="03", labour_market_region_code="1"),
    "all equal": lambda: base().assign(
        population=3_000, centrality_index=500, operating_expenditure_nok_thousand=9.0, purchases_nok_thousand=3.0,
        purchases_share=0.3, expenditure_need_index=1.0, travel_minutes_to_centre=5.0,
    ),
    "all missing": lambda: missing(base()),
    "no municipality": lambda: base().iloc[:0],
}  # fmt: skip


def register(panel, kind):
    count = {"nobody": 0, "everybody": 1}.get(kind)
    drawn = np.random.default_rng(2).poisson(0.7, len(panel)) if count is None else np.full(len(panel), count)
    rows = simulator.own_projects(panel, drawn)
    # Every other participation is in the project of the one before it.
    rows["project_id"] = rows["project_id"].where(np.arange(len(rows)) % 2 == 0, rows["project_id"].shift())
    return rows.astype({"is_expanded": bool})


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("kind", "coverage"), [("nobody", "partial"), ("everybody", "census"), ("some", "sample")]
)
@pytest.mark.parametrize("world", WORLDS)
def test_number_or_reason(world, kind, coverage):
    panel = WORLDS[world]()
    rows, programmes = register(panel, kind), simulator.programmes(p=coverage)
    data = (panel, rows, programmes)
    squares = gpd.GeoDataFrame(
        {"municipality_code": panel["municipality_code"].astype(str)},
        geometry=[box(i, 0, i + 1, 1) for i in range(len(panel))],
        crs="EPSG:25833",
    )
    pairs = spatial.neighbours(squares)
    frames = [
        uptake.uptake(*data, ["p"], "size_band", TOTALS),
        uptake.uptake(*data, ["p"], "is_small_rural"),
        uptake.recorded_share_by_programme(*data, "county_code"),
        uptake.representation_ratio(*data),
        gap.gap_by_kind(*data),
        gap.representation(*data, **FEW),
        bounds.gap_bounds(*data, TOTALS),
        bounds.composition_bounds(*data, TOTALS),
        bounds.tipping_point(*data),
        bounds.tipping_curve(*data),
        bounds.composition_tests(*data, permutations=30),
        models.any_participation(*data),
        models.number_of_participations(*data, exposure="population"),
        diagnostics.compare(*data),
        diagnostics.calibration(*data),
        diagnostics.influence(*data),
        decomposition.kitagawa(*data, **FEW),
        decomposition.oaxaca(*data, **FEW),
        decomposition.common_support(panel),
        procurement.purchases_share(panel),
        procurement.elasticity(panel),
        procurement.per_billion(*data, **FEW),
        procurement.reconcile(panel, NATIONAL),
        cooperation.joint_share(*data),
        cooperation.partners(*data, neighbours=pairs),
        cooperation.lead_share(*data),
        cooperation.network(cooperation.ties(*data)),
        constellations.recurrence(*data, chains=19),
        concentration.concentration(*data, **FEW),
        concentration.curve(*data, ranking="population", **FEW),
        spatial.autocorrelation(*data, pairs, permutations=19),
        spatial.travel_time(*data),
        duration.first_participation(*data),
        duration.hazard(*data),
        robustness.summary(robustness.specification_curve(*data)),
    ]
    spatial.local_indicators(panel, rows, pairs, permutations=19)
    totals.found_of_published(rows, TOTALS)
    for result in frames:
        frame = result.frame if isinstance(result, Result) else result
        blank = frame[["estimate", "low", "high"]].isna().any(axis=1)
        assert (frame.loc[blank, "reason"] != "").all()
        assert not np.isinf(frame["estimate"]).any()
