"""What explains the gap: who the municipalities are, or how often municipalities alike take part.

Two decompositions of the same difference. Kitagawa's compares within the cells of one classification.
Yun's (2004), a non-linear Oaxaca–Blinder, splits by the covariates of a logit. Both are accounting and not
causes. Small rural municipalities are *defined* by population and centrality, so the groups hardly
overlap there and Yun's terms for these two rest on the model's form; ``common_support`` says how much.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from analysis.measures import models
from analysis.measures.estimates import Estimates, Reason, Unit, interval, why_undefined
from analysis.measures.gap import difference_and_ratio
from analysis.measures.groups import SMALL_RURAL, grouping, two_groups
from analysis.measures.models import COVARIATES, MAIN
from analysis.measures.observations import Observations
from analysis.stats import bootstrap, logit, proportions

#: Between Jeffreys' ½ and the uniform prior's 1: of the three the one whose limits hold the truth in 93 to 97 per
#: cent of simulated countries, with three large cells and with fifteen small ones (tests/slow/validation).
PRIOR = 0.75
KITAGAWA = ("gap", "composition", "rate", "group outside common support", "others outside common support")


def kitagawa(
    observations: Observations,
    by: str = SMALL_RURAL,
    cells: str = "county_code",
    *,
    n_resamples: int = bootstrap.N_RESAMPLES,
    seed: int = 0,
) -> Estimates:
    """The gap (group minus others) split over the cells of a classification.

    Parameters
    ----------
    observations : Observations
    by : str
        Yes-or-no column of the panel.
    cells : str
        Column of the panel.
    n_resamples, seed : int
        Draws of the shares and rates on each side (see ``_cells``).

    Returns
    -------
    Estimates
        ``gap`` (Newcombe); ``composition``: the group is spread differently over the cells; ``rate``: it takes part
        differently within them. Cells that only one side has cannot be compared: what their members add to each
        side's share is shown apart (as Ñopo 2008). The four parts sum to the gap; in shares.
    """
    known, inside = two_groups(observations.panel, by)
    classes = grouping(observations.panel, cells)
    has_cell = classes.notna().to_numpy()
    inside, known = inside[has_cell[known]], known & has_cell
    found = observations.found.to_numpy()[known]
    shared = _shared(observations, inside, found, f"Kitagawa by {cells}, Bayesian bootstrap")
    reason = why_undefined(inside.sum(), (~inside).sum(), found.sum())
    if reason:
        return Estimates([{"term": term} for term in KITAGAWA], reason=reason, **shared)
    indicators = pd.get_dummies(classes[known])
    indicators = indicators.loc[:, indicators.any()].to_numpy(float)
    rng = np.random.default_rng(seed)
    sides = [
        _cells(indicators[side].sum(axis=0), indicators[side & found].sum(axis=0), n_resamples, rng)
        for side in (inside, ~inside)
    ]
    rows = _rows(dict(zip(KITAGAWA, _kitagawa(*sides), strict=True)))
    # The gap itself needs no cells: its own interval is the better one.
    counts = (inside & found).sum(), inside.sum(), (~inside & found).sum(), (~inside).sum()
    low, high = map(float, proportions.newcombe(*counts))
    rows[0] |= {"conf_low": low, "conf_high": high, "method": "Newcombe", "reason": Reason.NONE}
    return Estimates(rows, **shared)


def _cells(
    members: np.ndarray, found: np.ndarray, n_resamples: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Shares of the cells and rates in them on one side: the observed first, then the draws.

    Resampling municipalities would never move a rate of 0 or 1 in a cell of two or three, so rates are
    drawn from a beta distribution with ``PRIOR`` successes and failures more, and shares from Rubin's
    Bayesian bootstrap.
    """
    rates = np.divide(found, members, out=np.zeros(len(members)), where=members > 0)
    drawn = rng.gamma(members, size=(n_resamples, len(members)))
    shares = np.vstack([members / members.sum(), drawn / drawn.sum(axis=1, keepdims=True)])
    beta = rng.beta(found + PRIOR, members - found + PRIOR, (n_resamples, len(members)))
    return shares, np.vstack([rates, beta])


def _kitagawa(
    group: tuple[np.ndarray, np.ndarray], others: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, ...]:
    """The terms of ``KITAGAWA`` for each row of (shares, rates) of the two sides."""
    (share_a, p_a), (share_b, p_b) = group, others
    common = (share_a[0] > 0) & (share_b[0] > 0)
    total_a, total_b = (share_a * p_a).sum(axis=1), (share_b * p_b).sum(axis=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        share_a, share_b = (
            (share * common) / (share * common).sum(axis=1, keepdims=True) for share in (share_a, share_b)
        )
    composition = ((share_a - share_b) * (p_a + p_b) / 2).sum(axis=1)
    rate = ((p_a - p_b) * (share_a + share_b) / 2).sum(axis=1)
    outside_a = total_a - (share_a * p_a).sum(axis=1)
    outside_b = (share_b * p_b).sum(axis=1) - total_b
    return total_a - total_b, composition, rate, outside_a, outside_b


def oaxaca(
    observations: Observations,
    by: str = SMALL_RURAL,
    covariates: Sequence[str] = MAIN,
    *,
    n_resamples: int = bootstrap.N_RESAMPLES,
    seed: int = 0,
) -> Estimates:
    """The gap split by covariates: Yun's detailed non-linear decomposition with pooled coefficients.

    Logit (Firth) of participation on the covariates and a group indicator, so that the gap itself does not
    load on the covariates.

    Parameters
    ----------
    observations : Observations
    by : str
        Yes-or-no column of the panel.
    covariates : sequence of str
        Names from ``models.COVARIATES``.
    n_resamples, seed : int
        Percentile bootstrap over municipalities within each side.

    Returns
    -------
    Estimates
        ``gap``; ``explained``: the difference in mean prediction with the others' constant; one row per covariate:
        its part of the linear index's share of ``explained``; ``rest``: what the indicator holds. Covariates and rest
        sum to the gap; in shares.
    """
    known, _ = two_groups(observations.panel, by)
    data = models.prepare(observations.with_panel(observations.panel.loc[known]), covariates)
    inside, found = two_groups(data.panel, by)[1], data.any
    shared = _shared(observations, inside, found > 0, "Yun, pooled logit, bootstrap")
    reason = why_undefined(inside.sum(), (~inside).sum(), found.sum()) or data.unusable()
    terms = ["gap", "explained", *(covariates if reason else data.covariates), "rest"]
    if reason:
        return Estimates([{"term": term} for term in terms], reason=reason, **shared)
    weights = bootstrap.weights(len(found), n_resamples, seed, strata=inside)
    beta = logit.firth(np.column_stack([data.x, inside]), found, weights)[:, :-1]
    if not np.isfinite(beta[0]).all():
        return Estimates([{"term": term} for term in terms], reason=Reason.NOT_CONVERGED, **shared)
    a, b = weights * inside, weights * ~inside
    a, b = a / a.sum(axis=1, keepdims=True), b / b.sum(axis=1, keepdims=True)
    gap = a @ found - b @ found
    predicted = 1 / (1 + np.exp(-np.clip(beta @ data.x.T, -30, 30)))
    explained = (a * predicted).sum(axis=1) - (b * predicted).sum(axis=1)
    index = ((a - b) @ data.x[:, 1:]) * beta[:, 1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        detail = index / index.sum(axis=1, keepdims=True) * explained[:, None]
    parts = dict(zip(terms, [gap, explained, *detail.T, gap - explained], strict=True))
    return Estimates(_rows(parts), **shared)


def common_support(panel: pd.DataFrame, by: str = SMALL_RURAL, covariates: Sequence[str] = MAIN) -> Estimates:
    """Share of the group's municipalities with a value that is usual among the others, per covariate.

    Usual: between the others' 5th and 95th percentile. Near 0 the groups cannot be compared at equal values.

    Parameters
    ----------
    panel : DataFrame
    by : str
        Yes-or-no column of the panel.
    covariates : sequence of str
        Names from ``models.COVARIATES``.

    Returns
    -------
    Estimates
        One row per covariate (``term``), a share.
    """
    known, inside = two_groups(panel, by)
    rows = []
    for name in covariates:
        values = COVARIATES[name](panel)[known]
        group, others = (values[side & np.isfinite(values)] for side in (inside, ~inside))
        row: dict[str, object] = {"term": name, "n": len(group), "reason": Reason.NO_SUPPORT}
        if len(group) and len(others):
            low, high = np.quantile(others, [0.05, 0.95])
            usual = (group >= low) & (group <= high)
            row |= {"estimate": usual.mean(), "numerator": usual.sum(), "denominator": len(group)}
            row["reason"] = Reason.NO_INTERVAL
        rows.append(row)
    return Estimates(rows, unit=Unit.SHARE, method="5th to 95th percentile of the others")


def _shared(
    observations: Observations, inside: np.ndarray, found: np.ndarray, method: str
) -> dict[str, object]:
    shared = observations.columns(len(inside), (inside & found).sum(), inside.sum(), method=method)
    return shared | {"unit": difference_and_ratio(observations.coverage)["difference"]}


def _rows(parts: dict[str, np.ndarray]) -> list[dict[str, object]]:
    """Rows from arrays whose first value is the estimate and the others the resamples."""
    rows: list[dict[str, object]] = []
    for term, values in parts.items():
        values = np.where(np.abs(values) < 1e-12, 0.0, values)  # rounding of parts that cancel
        found = interval(values[0], bootstrap.interval(values))
        rows.append({"term": term, **found} | ({} if "estimate" in found else {"reason": Reason.NO_SUPPORT}))
    return rows
