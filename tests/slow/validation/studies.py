"""One replicate of each study: draw a world with known truth, estimate, and note whether the limits hold it.

Truths are exact where they can be, else computed once from a country of ``BIG`` municipalities drawn by the same law.
Every replicate draws a new country, so the limits are asked for all of the chance there is (but for
the total of ``money``, which is about the country at hand).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm
from tests.slow.validation import simulator
from tests.slow.validation.evidence import Outcome, Study, rejects

from analysis.measures import (
    adoption,
    cooperation,
    gap,
    procurement,
    published_purchases,
    recurrence,
)
from analysis.measures.covariates import CENTRALITY, EXPENDITURE, POPULATION, design_matrix
from analysis.stats import proportions as intervals
from analysis.stats.logit import firth_profile
from analysis.stats.proportions import mantel_haenszel

BIG = 300_000
DRAWS = 500
#: Effects per doubling of population, per 100 points of centrality, per doubling of expenditure per head.
SLOPES = np.array([0.35, 0.15, 0.5])
COVARIATES = (POPULATION, CENTRALITY, EXPENDITURE)
WHOLE = simulator.programmes(p="census")
SAMPLE = simulator.programmes(p="sample")


def chance(panel: pd.DataFrame, level: float = -0.4) -> np.ndarray:
    """Each municipality's chance of taking part."""
    return 1 / (1 + np.exp(-(level + design_fixed(panel) @ SLOPES)))


def design_fixed(panel: pd.DataFrame) -> np.ndarray:
    """Covariates centred on constants, so that the law is the same in every country."""
    x = np.column_stack(
        [
            np.log2(panel["population"].to_numpy(float)) - 12.4,
            panel["centrality_index"].to_numpy(float) / 100 - 7,
            np.log2((panel["operating_expenditure_nok_thousand"] / panel["population"]).to_numpy(float))
            - 6.9,
        ]
    )
    return x


@cache
def big() -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """A large country, who is small rural in it, and the chances."""
    panel = simulator.panel(np.random.default_rng(1), BIG)
    return panel, panel["is_small_rural"].to_numpy(bool), chance(panel)


@cache
def shares() -> tuple[float, float]:
    """True uptake of the small rural and of the others."""
    _, small, p = big()
    return float(p[small].mean()), float(p[~small].mean())


def _country(rng: np.random.Generator) -> tuple[pd.DataFrame, pd.DataFrame]:
    panel = simulator.panel(rng)
    return panel, simulator.own_projects(panel, rng.binomial(1, chance(panel)))


def _row(name: str, truth: float, row: Mapping[str, Any]) -> Outcome:
    return name, truth, row["estimate"], row["conf_low"], row["conf_high"]


def proportions(rng: np.random.Generator) -> list[Outcome]:
    """Uptake, difference, ratio and Mantel–Haenszel, of a complete list."""
    panel = simulator.panel(rng)
    took, small = rng.binomial(1, chance(panel)), panel["is_small_rural"].to_numpy(bool)
    strata = pd.DataFrame({"x1": small * took, "n1": small, "x2": ~small * took, "n2": ~small})
    strata = strata.groupby(panel["county_code"].to_numpy()).sum()
    x1, n1, x2, n2 = strata.sum().astype(float)
    truth = dict(zip(("small rural", "others"), shares(), strict=True))
    difference, ratio = truth["small rural"] - truth["others"], truth["small rural"] / truth["others"]
    wilson = [intervals.wilson(np.array([x]), np.array([n])) for x, n in ((x1, n1), (x2, n2))]
    rows = [
        (f"uptake, {side} (Wilson)", truth[side], x / n, float(low[0]), float(high[0]))
        for side, x, n, (low, high) in zip(truth, (x1, x2), (n1, n2), wilson, strict=True)
    ]
    pooled = gap._pooled(mantel_haenszel(*strata.to_numpy(float).T))
    for row in (*gap._independent(x1, n1, x2, n2), *pooled):
        name = f"{row['term']} ({str(row['method']).removesuffix(' by county')})"
        rows.append(_row(name, difference if row["term"] == "difference" else ratio, row))
    return rows


def rare(rng: np.random.Generator) -> list[Outcome]:
    """Firth's logit with about fifteen participants of 357, as in ``models.any_participation``."""
    panel = simulator.panel(rng)
    took = rng.binomial(1, chance(panel, -3.8)).astype(float)
    x = design_matrix(panel, (POPULATION, CENTRALITY)).to_numpy()
    found = firth_profile(x, took) if min(took.sum(), (1 - took).sum()) < 10 * x.shape[1] else None
    if found is None:
        return []
    params, limits = found
    return [("odds ratio, population (Firth, rare, log scale)", rare_slope(), params[1], *limits[0])]


@cache
def rare_slope() -> float:
    """Slope of population without expenditure in the model: the large country's own."""
    panel = big()[0]
    x = np.column_stack([np.ones(len(panel)), design_matrix(panel, (POPULATION, CENTRALITY))])
    return float(sm.GLM(chance(panel, -3.8), x, family=sm.families.Binomial()).fit().params[1])


@cache
def _money() -> dict[str, float]:
    panel, small, p = big()
    bought = panel["purchases_nok_thousand"].to_numpy()
    logs = np.log(np.column_stack([panel["population"], bought]))
    slope = np.cov(logs.T)[0, 1] / logs[:, 0].var(ddof=1)
    return {
        "share": float(panel["purchases_share"][small].mean()),
        "head": float((bought * 1000 / panel["population"])[small].mean()),
        "elasticity": float(slope),
        "billion": float(p[small].sum() / (bought[small].sum() / 1e6)),
    }


def money(rng: np.random.Generator) -> list[Outcome]:
    """Purchases known for a little over half of the municipalities."""
    panel, rows = _country(rng)
    bought = panel["purchases_nok_thousand"]
    unknown = rng.random(len(panel)) < 0.45
    panel.loc[unknown, ["purchases_nok_thousand", "purchases_share"]] = np.nan
    panel = panel.assign(purchases_year=2025, accounts_year=2024, investment_expenditure_nok_thousand=0.0)
    truth, seed = _money(), int(rng.integers(1 << 30))
    national = pd.DataFrame(columns=["year", "measure", "amount_nok_million", "status"]).astype(
        {"measure": str}
    )
    total = published_purchases.against_published(panel, national).set_index("term")
    billion = procurement.per_billion(
        simulator.observations(panel, rows, WHOLE, ["p"]), n_resamples=DRAWS, seed=seed
    ).set_index("group")
    return [
        _row("purchases share, small rural (t)", truth["share"], procurement.purchases_share(panel).iloc[1]),
        _row(
            "purchases per head, small rural (t)",
            truth["head"],
            procurement.purchases_per_inhabitant(panel).iloc[1],
        ),
        _row("elasticity of purchases (HC3)", truth["elasticity"], procurement.elasticity(panel).iloc[0]),
        _row("participations per billion, small rural (bootstrap)", truth["billion"], billion.loc[True]),
        _row(
            "total purchases (prediction)",
            bought.sum() / 1000,
            total.loc["purchases, all municipalities, estimated"],
        ),
    ]


def together(rng: np.random.Generator) -> list[Outcome]:
    """Joint projects: a share of clusters, and recurrence where nothing but chance makes towns meet."""
    panel = simulator.panel(rng)
    codes = panel["municipality_code"].to_numpy()
    names, members = [], []
    for project in range(90):
        size = 1 if rng.random() < 0.5 else 2 + rng.poisson(2)
        names += [f"{project}"] * size
        members.append(rng.choice(codes, size, replace=False))
    rows = simulator.participation(np.concatenate(members), names, role="participant")
    # Joint with chance one half, then 4 members on average: 4/5 of the participations are joint.
    found = cooperation.joint_share(simulator.observations(panel, rows, SAMPLE, ["p"]), by=None).iloc[0]
    seed = int(rng.integers(1 << 30))
    # So many that the number of recurring pairs (about sixteen) takes enough values for a level of 5 per cent.
    busy = rng.choice(codes[:60], (80, 3))
    busy_rows = simulator.participation(busy.ravel(), np.repeat(np.arange(80).astype(str), 3))
    frame = recurrence.recurrence(
        simulator.observations(panel, busy_rows, SAMPLE, ["p"]), n_resamples=99, seed=seed
    ).set_index("term")
    return [
        _row("joint share (projects as clusters)", 0.8, found),
        rejects("recurrence test", frame.loc["recurring pairs", "p_value"]),
    ]


def waiting(rng: np.random.Generator) -> list[Outcome]:
    """Share with the event by a year: hazards of 3 and 6 per cent. Hazard ratios are in scenario C."""
    panel = simulator.panel(rng)
    small = panel["is_small_rural"].to_numpy(bool)
    year = pd.Series(2010 + np.floor(rng.exponential(1 / np.where(small, 0.03, 0.06))).astype(int))
    dates = pd.DataFrame({"municipality_code": panel["municipality_code"]})
    dates["listed_to_stay"] = pd.to_datetime(year.clip(upper=2200).astype(str), format="%Y")
    period = pd.Timestamp("2010-01-01"), pd.Timestamp("2020-12-31")
    last = adoption.share_adopted(panel, dates, period=period).groupby("group").last()
    return [_row("taken part by 2020, small rural (Kaplan–Meier)", 1 - np.exp(-0.03 * 11), last.loc[True])]


STUDIES: tuple[Study, ...] = (
    proportions,
    rare,
    money,
    together,
    waiting,
)
