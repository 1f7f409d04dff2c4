"""Counties beside each other: drawn towards what is usual, each compared with the others, and corrected for how many."""

from __future__ import annotations

import numpy as np

from analysis.measures.estimates import Estimates, Reason, Unit, interval
from analysis.measures.groups import grouping
from analysis.measures.intensity import MIN_PROJECTS
from analysis.measures.observations import Observations
from analysis.measures.projects import incidence
from analysis.stats import occupancy, proportions, relocation, resample, shrinkage

#: A county with fewer municipalities (Oslo is one) is shown but neither draws the others nor is drawn.
MIN_MUNICIPALITIES = 2
#: What is given of each area.
UNITS = {
    "rate": Unit.PER_MUNICIPALITY,
    "shrunken rate": Unit.PER_MUNICIPALITY,
    "ratio to the others": Unit.RATE_RATIO,
}


def participations(observations: Observations, by: str = "county_name") -> Estimates:
    """Participations per municipality of each county, its own and shrunken, and over that of the other counties.

    Parameters
    ----------
    observations : Observations
    by : str
        Column of the panel: the areas.

    Returns
    -------
    Estimates
        Per area ``rate`` (as counted), ``shrunken rate`` and ``ratio to the others`` with its p-value, corrected for the number of areas (Holm);
        ``numerator`` participations of ``denominator`` municipalities. Limits of the first and the last by the
        jackknife of projects on the logarithm, where the area (for the last, the others too) rests on
        ``MIN_PROJECTS`` of its own; p-values from projects that move between the areas, were all municipalities
        alike (``stats.relocation.chance_of_as_few_and_as_many``). The logarithms of the rates, with the errors of
        those limits, are drawn towards what is usual (``stats.shrinkage``); without estimate where an area is one
        municipality, or one project is all that it has. Limits of shrunken rates hold the truth of 95 of 100
        counties; those of a county far from the others, less often.
    """
    area = grouping(observations.panel, by).astype(str)
    exposure = area.value_counts().sort_index()
    each = incidence(observations) @ (area.to_numpy()[:, None] == exposure.index.to_numpy())
    each = each[each.any(axis=1)]
    n, x = exposure.to_numpy(float), each.sum(axis=0)
    shared: dict[str, object] = {**observations.metadata}

    def row(term: str, k: int) -> dict[str, object]:
        return {
            "term": term,
            "unit": UNITS[term],
            "group": exposure.index[k],
            "n": len(each),
            "numerator": x[k],
            "denominator": n[k],
        }

    areas = range(len(exposure))
    if len(each) < MIN_PROJECTS:
        nothing = [row(term, k) for k in areas for term in UNITS]
        return Estimates(nothing, method="none", reason=Reason.TOO_FEW, **shared)
    own = _log_normal(each, lambda totals: totals / n)

    other = _log_normal(
        each,
        lambda totals: (totals / n) / ((totals.sum(axis=-1, keepdims=True) - totals) / (n.sum() - n)),
    )
    # Not from the limits: an area that by luck has none of the large projects does not know that it could have.
    tails = np.minimum(*relocation.chance_of_as_few_and_as_many(each, n))
    p_values = np.where(np.isfinite(other["estimate"]), np.minimum(2 * tails, 1.0), np.nan)
    p_values = shrinkage.adjust(p_values)
    shrunken = _shrunken(own, n)
    rests_on = np.count_nonzero(each, axis=0)
    others_rest_on = np.count_nonzero(each.sum(axis=1, keepdims=True) > each, axis=0)
    for found, projects in ((own, rests_on), (other, np.minimum(rests_on, others_rest_on))):
        found["conf_high"] = np.where(projects >= MIN_PROJECTS, found["conf_high"], np.nan)
    jackknife = "jackknife of projects"
    rows: list[dict[str, object]] = []
    for k in areas:
        most = resample.upper_limit_of_none(len(each), n[k])
        rows.append(row("rate", k) | {"method": jackknife} | _row(own, k, most))
        drawn_together = shrunken.get(k, {"reason": Reason.TOO_FEW})
        rows.append(row("shrunken rate", k) | {"method": "empirical Bayes"} | drawn_together)
        others = (x.sum() - x[k]) / (n.sum() - n[k]) if n.sum() > n[k] else 0.0
        ratio = row("ratio to the others", k) | {"method": f"{jackknife}; holm"}
        if others:
            most = resample.upper_ratio_of_none(len(each), n[k] * others)
            ratio |= _row(other, k, most) | {"p_value": p_values[k]}
        else:
            ratio["reason"] = Reason.EMPTY_COMPARISON if n.sum() == n[k] else Reason.NONE_IN_COMPARISON
        rows.append(ratio)
    return Estimates(rows, **shared)


def _log_normal(each: np.ndarray, statistic: resample.Statistic) -> dict[str, np.ndarray]:
    """Estimate, limits and standard error of the logarithm, by the jackknife.

    Student's t, as few projects make the most of what small counties have (``occupancy.jackknife``).
    """
    totals = each.sum(axis=0)
    with np.errstate(divide="ignore", invalid="ignore"):
        estimate = np.asarray(statistic(totals), dtype=float)
        error, half = occupancy.jackknife(np.log(np.asarray(statistic(totals - each), dtype=float)))
    low, high = estimate * np.exp(-half), estimate * np.exp(half)
    return {"estimate": estimate, "conf_low": low, "conf_high": high, "std_error": error}


def _shrunken(own: dict[str, np.ndarray], n: np.ndarray) -> dict[int, dict[str, object]]:
    """Shrunken rates by position of the area, of those of several municipalities whose own rate has limits."""
    with np.errstate(divide="ignore", invalid="ignore"):
        log, half = np.log(own["estimate"]), np.log(own["conf_high"]) - np.log(own["estimate"])
    at = np.flatnonzero((n >= MIN_MUNICIPALITIES) & np.isfinite(log) & np.isfinite(half))
    if len(at) < shrinkage.MIN_AREAS:
        return {}
    found = shrinkage.towards_usual(log[at], half[at] / proportions.Z)
    limits = np.exp([found.estimate, found.conf_low, found.conf_high]).T
    names = "estimate", "conf_low", "conf_high"
    return {int(k): dict(zip(names, row, strict=True)) for k, row in zip(at, limits, strict=True)}


def _row(found: dict[str, np.ndarray], k: int, most: float) -> dict[str, object]:
    """One area's numbers; for an area without participations ``most`` as upper limit."""
    if not found["estimate"][k]:
        return interval(0.0, (0.0, most))
    if not np.isfinite(found["conf_high"][k]):
        return {"estimate": found["estimate"][k], "reason": Reason.NO_SPREAD}
    return {name: float(found[name][k]) for name in ("estimate", "conf_low", "conf_high", "std_error")}
