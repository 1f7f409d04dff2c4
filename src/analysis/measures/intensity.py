"""How often municipalities take part: participations per municipality, inhabitant or krone of purchases.

In an incomplete register the share found at least once grows with the number of projects collected, and
differences in it with it. The ratio of participations per municipality does not: leaving out projects at
random leaves it where it is. Intervals come from resampling projects, the unit of recording, which keeps the
members of a joint project together.
"""

from __future__ import annotations

from typing import Literal

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError, one_of, whole_number
from analysis.measures import covariates
from analysis.measures.estimates import Estimates, Reason, Unit, interval
from analysis.measures.groups import (
    ALL,
    SMALL_RURAL,
    grouping,
    need_observations,
    why_undefined,
    yes_or_no,
)
from analysis.measures.observations import Observations
from analysis.measures.projects import Weight, incidence, tie_table
from analysis.stats import TAILS, rates, resample

Per = Literal["municipality", "inhabitant", "billion_purchases"]

#: Column of the panel and divisor that make the exposure of each ``per``, and the unit of the rate.
EXPOSURES: dict[str, tuple[str | None, float, Unit]] = {
    "municipality": (None, 1, Unit.PER_MUNICIPALITY),
    "inhabitant": ("population", 100_000, Unit.PER_100_000),
    "billion_purchases": ("purchases_nok_thousand", 1_000_000, Unit.PER_BILLION),
}
#: With fewer projects an interval from resampling them means nothing. Of a comparison each side needs as many of its own.
MIN_PROJECTS = 5
#: Of the natural spline of the logarithm of population, at even quantiles.
N_KNOTS = 4


def intensity(
    observations: Observations,
    by: str | None = SMALL_RURAL,
    per: Per = "municipality",
    weight: Weight = "project",
    *,
    within: str | None = None,
    without_most_named: int = 0,
    clusters: pd.Series | None = None,
    n_resamples: int = resample.N_RESAMPLES,
    seed: int = 0,
) -> Estimates:
    """Participations per municipality (inhabitant, krone) by group, their ratio and difference.

    Parameters
    ----------
    observations : Observations
    by : str, optional
        Column of the panel; for one of yes and no also the ratio (group over the others) and difference.
    per : {"municipality", "inhabitant", "billion_purchases"}
        Municipalities without the figure, and those that could not take part, are left out.
    weight : {"project", "split"}
        Each participation counts 1, or 1 over the number of municipalities in its project.
    within : str, optional
        Column of the panel (county_code) within whose values the groups are compared (ratio only).
    without_most_named : int
        Leave out this many municipalities with the most participations.
    clusters : Series, optional
        Label of each project_id (``projects.web_domains``, ``projects.lead_counties``): resample these
        instead of projects.
    n_resamples, seed : int

    Returns
    -------
    Estimates
        ``rate`` per group; ``ratio`` and ``difference``. ``n`` projects (or clusters), ``numerator``
        participations (of the group, for ratio and difference), ``denominator`` its exposure. Limits: bootstrap
        of projects, their number held (BCa; percentiles for the difference). A group without participations
        gets the exact limit of none in ``n``, but for the difference. A rate that rests on fewer than
        ``MIN_PROJECTS`` projects has no limits, nor has a comparison of which one side does.

    Notes
    -----
    Unit: participations per municipality, per 100,000 inhabitants or per NOK billion; their ratio and
    difference. Source: the participation register (each record with its source); Statistics Norway's
    population and KOSTRA purchases.

    Examples
    --------
    >>> panel = pd.DataFrame({"municipality_code": list("abcd"), "is_small_rural": [True, True, False, False]})
    >>> rows = pd.DataFrame({"municipality_code": list("abccd"), "participant_type": "municipality",
    ...                      "programme_id": "p", "project_id": list("vwxyz")})
    >>> programmes = pd.DataFrame({"programme_id": ["p"], "coverage": ["sample"]})
    >>> found = intensity(Observations(panel, rows, programmes), n_resamples=99)
    >>> found.set_index(["term", "group"])["estimate"].round(2).to_dict()
    {('rate', False): 1.5, ('rate', True): 1.0, ('ratio', 'all'): 0.67, ('difference', 'all'): -0.5}
    """
    need_observations(observations)
    column, divisor, unit = EXPOSURES[one_of("exposure (per)", per, EXPOSURES)]
    panel = observations.panel
    if whole_number("without_most_named", without_most_named):
        kept = observations.counts.sort_values(ascending=False, kind="stable").index[without_most_named:]
        panel = panel.loc[kept.sort_values()]
    exposure = covariates.exposure(panel, column)
    groups = yes_or_no(grouping(panel, by))
    eligible = observations.eligible.loc[panel.index].to_numpy(bool)
    known = np.isfinite(exposure) & groups.notna().to_numpy() & eligible
    table = pd.DataFrame({"group": groups[known], "exposure": exposure[known] / divisor})
    table.index = pd.Index(panel.loc[known, "municipality_code"])
    table["stratum"] = grouping(panel.loc[known], within).to_numpy()
    ties = tie_table(observations, weight)
    ties = ties[ties["municipality_code"].isin(table.index)].join(table, on="municipality_code")
    if clusters is not None and not isinstance(clusters, pd.Series):
        raise AnalysisError(
            "clusters is no Series: give a label for each project_id, e.g. projects.lead_counties(obs)"
        )
    labels = ties["project_id"] if clusters is None else ties["project_id"].map(clusters)
    if labels.isna().any():
        raise AnalysisError(
            f"clusters has no label for project {ties.loc[labels.isna(), 'project_id'].iloc[0]!r}"
        )
    options = {"n_resamples": n_resamples, "seed": seed}
    unit_of_resampling = "projects" if clusters is None else str(clusters.name)
    method = f"bootstrap of {unit_of_resampling}" + (", shared participations" if weight == "split" else "")
    shared = {"unit": unit, "method": method, **observations.metadata}
    is_pair = pd.api.types.is_bool_dtype(table["group"])
    if within is None:
        rows = _rates(table, ties, labels, options)
        if is_pair:
            rows += _comparison(table, ties, labels, options)
    elif is_pair:
        rows = [_within(table, ties, labels, options)]
        shared["method"] = f"{method}, within {within}"
    else:
        raise AnalysisError(f"within={within!r} needs a column of yes and no in by; {by!r} is none")
    return Estimates([{**shared, **row} for row in rows], by=by)


def _totals(ties: pd.DataFrame, labels: pd.Series, columns: np.ndarray, size: int) -> np.ndarray:
    """What each unit of resampling adds to each of ``size`` totals."""
    units, names = pd.factorize(labels)
    result = np.zeros((len(names), size))
    np.add.at(result, (units, columns), ties["weight"].to_numpy())
    return result


def _rates(
    table: pd.DataFrame, ties: pd.DataFrame, labels: pd.Series, options: dict
) -> list[dict[str, object]]:
    """The rate of each group."""
    exposure = table.groupby("group", observed=True, sort=True)["exposure"].sum()
    columns = pd.Index(exposure.index).get_indexer(ties["group"])
    contributions = _totals(ties, labels, columns, len(exposure))
    return [
        {
            "term": "rate",
            "group": group,
            "n": len(contributions),
            "numerator": each.sum(),
            "denominator": amount,
            **_rate(each, amount, options),
        }
        for (group, amount), each in zip(exposure.items(), contributions.T, strict=True)
    ]


def _rate(each: np.ndarray, exposure: float, options: dict) -> dict[str, object]:
    if not each.sum():
        high = resample.upper_limit_of_none(len(each), exposure)
        return interval(0.0, (0.0, high)) if len(each) else {"reason": Reason.NO_PARTICIPANTS}
    return _limits(each[:, None], lambda totals: totals[..., 0] / exposure, options)


def rest_on_enough(contributions: np.ndarray, sides: int = 1) -> bool:
    """Whether each side of a comparison (as many columns each) rests on projects enough of its own.

    Examples
    --------
    >>> each = np.array([[1, 0], [1, 0], [1, 0], [1, 1], [1, 1], [1, 1]])
    >>> rest_on_enough(each), rest_on_enough(each, sides=2)  # six of the one side, three of the other
    (True, False)
    """
    parts = np.split(contributions, sides, axis=1)
    return all(np.count_nonzero(own.any(axis=1)) >= MIN_PROJECTS for own in parts)


def _limits(
    contributions: np.ndarray, statistic: resample.Statistic, options: dict, sides: int = 1
) -> dict[str, object]:
    """Estimate, limits and standard error; the limits only where there are projects enough."""
    found = resample.interval(contributions, statistic, **options)
    enough = rest_on_enough(contributions, sides)
    low, high = (found.conf_low, found.conf_high) if enough else (np.nan, np.nan)
    row = interval(float(found.estimate), (low, high))
    return row | ({} if row.get("reason") else {"std_error": float(found.std_error)})


def _comparison(
    table: pd.DataFrame, ties: pd.DataFrame, labels: pd.Series, options: dict
) -> list[dict[str, object]]:
    """Ratio and difference of the group and the others."""
    inside = table["group"].to_numpy(bool)
    mine, others = table["exposure"].to_numpy()[inside].sum(), table["exposure"].to_numpy()[~inside].sum()
    contributions = _totals(ties, labels, (~ties["group"].to_numpy(bool)).astype(int), 2)
    first, second = contributions.sum(axis=0)
    shared = {"n": len(contributions), "numerator": first, "denominator": mine}
    shared["reason"] = why_undefined(mine, others, first + second)
    ratio = {"term": "ratio", "unit": Unit.RATE_RATIO, **shared}
    difference = {"term": "difference", **shared}
    if not shared["reason"]:
        difference |= _limits(
            contributions, resample.difference(mine, others), {**options, "method": "percentile"}, sides=2
        )
        ratio |= _ratio(contributions, mine, others, resample.ratio(mine, others), options)
    return [ratio, difference]


def _ratio(
    contributions: np.ndarray, mine: float, others: float, statistic: resample.Statistic, options: dict
) -> dict[str, object]:
    """A ratio of the rates of the group (first half of the totals, exposure ``mine``) and of the others."""
    first, second = np.split(contributions, 2, axis=1)
    if not second.sum():
        return {"reason": Reason.NONE_IN_COMPARISON}
    if not first.sum():
        high = resample.upper_ratio_of_none(len(contributions), second.sum()) * others / mine
        return interval(0.0, (0.0, high if rest_on_enough(second) else np.nan))
    return _limits(contributions, statistic, options, sides=2)


def _within(table: pd.DataFrame, ties: pd.DataFrame, labels: pd.Series, options: dict) -> dict[str, object]:
    """Ratio within strata: that of a Poisson model with an effect of each."""
    inside = table["group"].to_numpy(bool)
    exposure = table.pivot_table("exposure", "stratum", inside, "sum", fill_value=0.0)
    exposure = exposure.reindex(columns=[True, False], fill_value=0.0)
    both = exposure.index[(exposure > 0).all(axis=1)]
    shared: dict[str, object] = {"term": "ratio", "unit": Unit.RATE_RATIO}
    used = ties["stratum"].isin(both)
    ties, labels = ties[used], labels[used]
    mine, others = exposure.loc[both].to_numpy().T
    size = len(both)
    columns = both.get_indexer(ties["stratum"]) + size * ~ties["group"].to_numpy(bool)
    contributions = _totals(ties, labels, columns, 2 * size)
    totals = contributions.sum(axis=0)
    shared |= {"n": len(contributions), "numerator": totals[:size].sum(), "denominator": mine.sum()}
    reason = Reason.NONE if size else Reason.ONE_STRATUM
    reason = reason or why_undefined(mine.sum(), others.sum(), totals.sum())
    if reason:
        return {**shared, "reason": reason}

    def ratio(values: np.ndarray) -> np.ndarray:
        return rates.stratified_rate_ratio(values[..., :size], mine, values[..., size:], others)

    return {**shared, **_ratio(contributions, mine.sum(), others.sum(), ratio, options)}


def by_population(
    observations: Observations,
    *,
    n_points: int = 40,
    n_resamples: int = resample.N_RESAMPLES,
    seed: int = 0,
) -> Estimates:
    """Participations per municipality as a smooth function of population.

    Parameters
    ----------
    observations : Observations
    n_points : int
        Points of the curve, evenly over the logarithm.
    n_resamples, seed : int

    Returns
    -------
    Estimates
        ``rate`` at each population (``x``); Poisson model, percentile limits by resampling projects.
    """
    panel = observations.panel
    size = np.log(panel["population"].to_numpy(float))
    at = np.linspace(size.min(), size.max(), whole_number("n_points", n_points, 2))
    shared: dict[str, object] = {"term": "rate", "unit": Unit.PER_MUNICIPALITY, "n": len(panel)}
    shared |= {"method": "Poisson, natural spline; bootstrap of projects", **observations.metadata}
    members = incidence(observations)
    if len(members) < MIN_PROJECTS or len(panel) <= 2 * N_KNOTS:
        return Estimates([{**shared, "group": ALL, "reason": Reason.TOO_FEW}])
    design = rates.spline_design(size, size, N_KNOTS)
    drawn = np.vstack([np.ones(len(members)), resample.multiplicities(len(members), n_resamples, seed)])
    beta = rates.poisson(design, drawn @ members)
    curve = np.exp(beta @ rates.spline_design(at, size, N_KNOTS).T)
    low, high = np.nanquantile(curve[1:], TAILS, axis=0)
    frame = pd.DataFrame({"x": np.exp(at), "estimate": curve[0], "conf_low": low, "conf_high": high})
    return Estimates(frame.assign(numerator=float(members.sum())), **shared)
