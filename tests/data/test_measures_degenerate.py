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
    gap,
    models,
    procurement,
    published_purchases,
    recurrence,
    robustness,
    spatial,
    uptake,
)
from analysis.measures.estimates import Estimates

FEW = {"n_resamples": 30}
TOTALS = simulator.published(
    ("p", "all", "participants", 9, "exact"), ("p", "all", "municipalities", 9, "exact")
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
    return rows


@pytest.mark.slow
@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("kind", "coverage"),
    [
        ("some", "sample"),
        *(
            pytest.param(*each, marks=pytest.mark.slow)
            for each in (("nobody", "partial"), ("everybody", "census"))
        ),
    ],
)
@pytest.mark.parametrize(
    "world",
    [pytest.param(w, marks=[pytest.mark.slow] if w in ("one county", "all equal") else []) for w in WORLDS],
)
def test_number_or_reason(world, kind, coverage):
    panel = WORLDS[world]()
    rows, programmes = register(panel, kind), simulator.programmes(p=coverage)
    observations, projects = simulator.observations(panel, rows, programmes), simulator.projects(rows)
    squares = gpd.GeoDataFrame(
        {"municipality_code": panel["municipality_code"].astype(str)},
        geometry=[box(i, 0, i + 1, 1) for i in range(len(panel))],
        crs="EPSG:25833",
    )
    pairs = spatial.neighbours(squares)
    frames = [
        uptake.uptake(observations.where(programmes=["p"]), "size_band", TOTALS, projects),
        uptake.uptake(observations.where(programmes=["p"]), "is_small_rural"),
        uptake.recorded_share_by_programme(observations, "county_code"),
        gap.gap_by_kind(observations),
        gap.representation(observations, **FEW),
        bounds.gap_bounds(observations, TOTALS, projects),
        bounds.composition_bounds(observations, TOTALS, projects),
        models.any_participation(observations),
        models.number_of_participations(observations, exposure="population"),
        diagnostics.compare(observations),
        diagnostics.calibration(observations),
        diagnostics.influence(observations),
        decomposition.kitagawa(observations),
        decomposition.common_support(panel),
        procurement.purchases_share(panel),
        procurement.elasticity(panel),
        procurement.per_billion(observations, **FEW),
        published_purchases.against_published(panel, NATIONAL),
        cooperation.joint_share(observations),
        cooperation.partners(observations, neighbours=pairs),
        cooperation.lead_share(observations),
        cooperation.network(cooperation.ties(observations)),
        recurrence.recurrence(observations, n_resamples=19),
        concentration.concentration(observations, **FEW),
        concentration.curve(observations, ranking="population", **FEW),
        robustness.summary(robustness.specification_curve(observations)),
    ]
    for frame in frames:
        assert isinstance(frame, Estimates)
        assert repr(frame) and frame._repr_html_()
        blank = frame[["estimate", "conf_low", "conf_high"]].isna().any(axis=1)
        assert (frame.loc[blank, "reason"] != "").all()
        assert not np.isinf(frame["estimate"]).any()
