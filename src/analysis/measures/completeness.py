"""How complete is the register, and what would follow if it were not equally complete for all?

Orders of magnitude: the richness estimates take participations as recorded independently of each other, which
joint projects break.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from analysis.errors import AnalysisError
from analysis.measures.estimates import Estimates, Reason, Unit
from analysis.measures.groups import (
    ALL,
    SMALL_RURAL,
    grouping,
    need_observations,
    two_groups,
    why_undefined,
    yes_or_no,
)
from analysis.measures.intensity import intensity
from analysis.measures.observations import Observations
from analysis.measures.projects import incidence
from analysis.stats import TAILS, richness
from analysis.stats.richness import Richness

#: Estimators of how many municipalities have taken part, by the method's name.
ESTIMATORS: dict[str, Callable[[np.ndarray], Richness]] = {
    "Chao1": richness.chao1,
    "zero-truncated Poisson": richness.zero_truncated_poisson,
    "zero-truncated geometric": richness.zero_truncated_geometric,
}
#: Shares of the projects kept in ``rarefaction``.
KEPT = (0.1, 0.25, 0.5, 0.75, 1.0)


def ever_taking_part(observations: Observations, by: str | None = SMALL_RURAL) -> Estimates:
    """Municipalities with a participation of the kind that the register collects, recorded or not.

    Parameters
    ----------
    observations : Observations
    by : str, optional
        Column of the panel; for one of yes and no also the difference in their share.

    Returns
    -------
    Estimates
        ``ever taking part`` per group and estimator (``method``): a number of municipalities, at most those
        of the group (``n``); ``numerator`` are those found. ``difference in share``: group minus others, limits
        by combining the groups' (Newcombe's square-and-add).

    Examples
    --------
    >>> panel = pd.DataFrame({"municipality_code": list("abcdefgh")})
    >>> rows = pd.DataFrame({"municipality_code": list("abbccdd"), "participant_type": "municipality",
    ...                      "programme_id": "p", "project_id": list("tuvwxyz")})
    >>> programmes = pd.DataFrame({"programme_id": ["p"], "coverage": ["sample"]})
    >>> ever_taking_part(Observations(panel, rows, programmes), by=None)["estimate"].round(1)[:2].tolist()
    [4.0, 5.6]
    """
    groups = yes_or_no(grouping(observations.panel, by))
    counts = observations.counts
    rows = []
    for method, estimator in ESTIMATORS.items():
        for group, members in counts.groupby(groups, observed=False):
            rows.append(_ever(group, members.to_numpy(), estimator) | {"method": method})
    if pd.api.types.is_bool_dtype(groups):
        found = {(row["method"], bool(row["group"])): row for row in rows}
        for method in ESTIMATORS:
            pair = [found.get((method, value), {"reason": Reason.EMPTY_GROUP}) for value in (True, False)]
            rows.append(_difference(*pair) | {"method": method})
    return Estimates(rows, by=by, **observations.metadata)


def _ever(
    group: object, counts: np.ndarray, estimator: Callable[[np.ndarray], Richness]
) -> dict[str, object]:
    row: dict[str, object] = {
        "term": "ever taking part",
        "group": group,
        "unit": Unit.COUNT,
        "n": len(counts),
    }
    if not counts.any():
        return row | {"numerator": 0, "reason": Reason.NO_PARTICIPANTS if len(counts) else Reason.EMPTY_GROUP}
    result = estimator(counts)
    row["numerator"] = result.observed
    # A standard error of half the group says nothing at all.
    if not result.std_error <= len(counts) / 2:
        return row | {"reason": Reason.TOO_FEW}
    low, centre, high = (min(v, len(counts)) for v in (result.conf_low, result.estimate, result.conf_high))
    return row | {"estimate": centre, "conf_low": low, "conf_high": high, "std_error": result.std_error}


def _difference(mine: dict[str, object], others: dict[str, object]) -> dict[str, object]:
    row: dict[str, object] = {"term": "difference in share", "group": ALL, "unit": Unit.SHARE_DIFFERENCE}
    if mine.get("reason") or others.get("reason"):
        return row | {"reason": mine.get("reason") or others.get("reason")}
    (p1, l1, u1), (p2, l2, u2) = (
        np.array([side["estimate"], side["conf_low"], side["conf_high"]], float) / side["n"]
        for side in (mine, others)
    )
    return row | {
        "estimate": p1 - p2,
        "conf_low": p1 - p2 - np.hypot(p1 - l1, u2 - p2),
        "conf_high": p1 - p2 + np.hypot(u1 - p1, p2 - l2),
        "n": int(mine["n"]) + int(others["n"]),  # type: ignore[call-overload]
    }


def rarefaction(
    observations: Observations,
    by: str = SMALL_RURAL,
    kept: Sequence[float] = KEPT,
    *,
    n_resamples: int = 400,
    seed: int = 0,
) -> Estimates:
    """What the register would show with fewer projects: shares found drift, the ratio of participations stays.

    Parameters
    ----------
    observations : Observations
    by : str
        Yes-or-no column of the panel.
    kept : sequence of float
        Shares of the projects that are kept (``x``).
    n_resamples, seed : int
        Draws behind the limits.

    Returns
    -------
    Estimates
        ``found`` per group, ``difference in found``, ``ratio of found`` and ``ratio of participations`` (of the
        group and the others, per municipality). Estimates are exact expectations over all ways to keep so many
        projects (hypergeometric), limits hold 95 % of the draws.
        Unit: shares of municipalities, and ratios. Source: the participation register.

    Examples
    --------
    >>> found = an.rarefaction(an.observations(), kept=(0.5, 1.0), n_resamples=20)  # doctest: +SKIP
    >>> [float(share) for share in sorted(found["x"].unique())]  # doctest: +SKIP
    [0.5, 1.0]
    """
    need_observations(observations)
    known, inside = two_groups(observations.panel, by)
    members = incidence(observations)[:, known]
    members = members[members.any(axis=1)]
    n = len(members)
    shared: dict[str, object] = {"n": n, **observations.metadata}
    shared["method"] = f"projects left out at random, {n_resamples} draws"
    reason = why_undefined(inside.sum(), (~inside).sum(), n)
    terms = {
        "found": Unit.RECORDED,
        "difference in found": Unit.RECORDED_DIFFERENCE,
        "ratio of found": Unit.RECORDED_RATIO,
        "ratio of participations": Unit.RATE_RATIO,
    }
    if reason:
        return Estimates(
            [{"term": term, "unit": unit, "reason": reason, **shared} for term, unit in terms.items()]
        )
    counts = members.sum(axis=0)
    for share in kept:
        if isinstance(share, bool | str) or not 0 < share <= 1:
            raise AnalysisError(
                f"kept holds {share!r}: each must be a share of the projects, above 0 and at most 1"
            )
    sizes = [max(1, round(share * n)) for share in kept]
    chance = richness.rarefaction(counts, n, sizes)
    expected = np.column_stack([chance[:, inside].mean(axis=1), chance[:, ~inside].mean(axis=1)])
    rate = np.array([counts[inside].mean(), counts[~inside].mean()])
    rows = []
    for share, size, found in zip(kept, sizes, expected, strict=True):
        drawn = richness.thinned(n, size, n_resamples, seed) @ members
        seen = np.column_stack([(drawn[:, side] > 0).mean(axis=1) for side in (inside, ~inside)])
        rates = np.column_stack([drawn[:, side].mean(axis=1) for side in (inside, ~inside)])
        with np.errstate(divide="ignore", invalid="ignore"):
            values = [
                ("found", True, found[0], seen[:, 0]),
                ("found", False, found[1], seen[:, 1]),
                ("difference in found", ALL, found[0] - found[1], seen[:, 0] - seen[:, 1]),
                ("ratio of found", ALL, found[0] / found[1], seen[:, 0] / seen[:, 1]),
                ("ratio of participations", ALL, rate[0] / rate[1], rates[:, 0] / rates[:, 1]),
            ]
        for term, group, estimate, draws in values:
            row: dict[str, object] = {"term": term, "group": group, "x": share, "unit": terms[term], **shared}
            draws = draws[np.isfinite(draws)]
            if not np.isfinite(estimate) or not len(draws):
                rows.append(row | {"reason": Reason.NONE_IN_COMPARISON})
                continue
            low, high = np.quantile(draws, TAILS)
            rows.append(row | {"estimate": estimate, "conf_low": low, "conf_high": high})
    return Estimates(rows, by=by)


def sensitivity(observations: Observations, by: str = SMALL_RURAL, *, seed: int = 0) -> Estimates:
    """How many times as often the others' participations would have to be recorded to make the whole difference.

    Parameters
    ----------
    observations : Observations
    by : str
        Yes-or-no column of the panel.
    seed : int
        As in ``intensity.intensity``.

    Returns
    -------
    Estimates
        ``times as often recorded``: the others' participations per municipality over the group's; per
        participation, so that the number of projects collected does not move it.
    """
    frame = intensity(observations, by, seed=seed)
    ratio = frame[frame["term"] == "ratio"].iloc[0]
    row = {name: ratio[name] for name in ("n", "numerator", "denominator", "unit", "method")}
    row |= {"term": "times as often recorded", **observations.metadata}
    if ratio["reason"] and not ratio["estimate"] > 0:
        return Estimates([row | {"reason": ratio["reason"]}])
    with np.errstate(divide="ignore"):
        limits = {
            "conf_low": float(1 / np.float64(ratio["conf_high"])),
            "conf_high": float(1 / np.float64(ratio["conf_low"])),
        }
    if not ratio["estimate"]:
        return Estimates([row | limits | {"reason": Reason.NO_CENTRE_GROUP}])
    return Estimates([row | limits | {"estimate": 1 / ratio["estimate"], "reason": ratio["reason"]}])
