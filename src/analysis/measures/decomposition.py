"""What explains the gap: who the municipalities are, or how often municipalities alike take part.

Two decompositions of the same difference. Kitagawa's compares within the cells of one classification.
Yun's (2004), a non-linear Oaxaca–Blinder, splits by the covariates of a logit. Both are accounting and not
causes. Small rural municipalities are *defined* by population and centrality, so the groups hardly
overlap there and Yun's terms for these two rest on the model's form; ``common support`` says how much.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import pandas as pd

from analysis.measures import models
from analysis.measures.covariates import COVARIATES, MAIN
from analysis.measures.estimates import Coverage, Reason, Unit, row, tidy
from analysis.measures.gap import SMALL_RURAL, two_groups
from analysis.measures.observations import coverage_of, label, took_part
from analysis.stats import bootstrap
from analysis.stats.firth import firth_logit

#: Between Jeffreys' ½ and the uniform prior's 1: of the three the one whose limits hold the truth in 93 to 97 per
#: cent of simulated countries, with three large cells and with fifteen small ones (tests/slow/validation).
PRIOR = 0.75
KITAGAWA = ("gap", "composition", "rate", "group outside common support", "others outside common support")


def kitagawa(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    group: str = SMALL_RURAL,
    by: str = "county_code",
    *,
    draws: int = bootstrap.DRAWS,
    seed: int = 0,
    **options: Any,
) -> pd.DataFrame:
    """The gap (group minus others) split over the cells of the panel's column ``by``.

    ``composition``: the group is spread differently over the cells; ``rate``: it takes part differently
    within them. Cells that only one side has can't be compared: what their members add to each side's
    share is shown apart (as Ñopo 2008). The four parts sum to the gap. Limits: percentiles of draws of the
    shares and rates on each side (see ``_cells``); Newcombe for the gap.
    """
    ids = None if programme_ids is None else list(programme_ids)
    known = (panel[group].notna() & panel[by].notna()).to_numpy()
    table = panel.loc[known]
    inside = table[group].astype(bool).to_numpy()
    seen = took_part(table, participation, ids, **options).to_numpy()
    coverage = coverage_of(programmes, ids)
    shared = _shared(inside, seen, coverage, f"Kitagawa by {by}, Bayesian bootstrap")
    reason = _undefined(inside, seen)
    if reason:
        return tidy([row(term, label(ids), reason=reason, **shared) for term in KITAGAWA])
    cells = pd.get_dummies(table[by].astype(str)).to_numpy(float)
    rng = np.random.default_rng(seed)
    sides = [
        _cells(cells[side].sum(axis=0), cells[side & seen].sum(axis=0), draws, rng)
        for side in (inside, ~inside)
    ]
    parts = _kitagawa(*sides)
    rows = _rows(dict(zip(KITAGAWA, parts, strict=True)), label(ids), shared)
    # The gap itself needs no cells: its own interval is the better one.
    rows[0] |= {key: two_groups(inside, seen, "")[0][key] for key in ("low", "high", "method")}
    return tidy(rows)


def _cells(
    members: np.ndarray, found: np.ndarray, draws: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """Shares of the cells and rates in them on one side: the observed first, then the draws.

    Resampling municipalities would never move a rate of 0 or 1 in a cell of two or three, so rates are
    drawn from a beta distribution with ``PRIOR`` successes and failures more, and shares from Rubin's
    Bayesian bootstrap.
    """
    rates = np.divide(found, members, out=np.zeros(len(members)), where=members > 0)
    drawn = rng.gamma(members, size=(draws, len(members)))
    shares = np.vstack([members / members.sum(), drawn / drawn.sum(axis=1, keepdims=True)])
    return shares, np.vstack([rates, rng.beta(found + PRIOR, members - found + PRIOR, (draws, len(members)))])


def _kitagawa(
    mine: tuple[np.ndarray, np.ndarray], others: tuple[np.ndarray, np.ndarray]
) -> tuple[np.ndarray, ...]:
    """The terms of ``KITAGAWA`` for each row of (shares, rates) of the two sides."""
    (share_a, p_a), (share_b, p_b) = mine, others
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
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    group: str = SMALL_RURAL,
    covariates: Sequence[str] = MAIN,
    *,
    draws: int = bootstrap.DRAWS,
    seed: int = 0,
    **options: Any,
) -> pd.DataFrame:
    """The gap split by covariates: Yun's detailed non-linear decomposition with pooled coefficients.

    Logit (Firth) of participation on the covariates and a group indicator, so that the gap itself does not
    load on the covariates. ``explained`` is the difference in mean prediction with the others' constant,
    shared out by each covariate's part of the linear index; ``rest`` is what the indicator holds. Parts
    sum to ``gap``. Percentile bootstrap over municipalities within each side.
    """
    ids = None if programme_ids is None else list(programme_ids)
    known = panel.loc[panel[group].notna().to_numpy()]
    data = models.prepare(known, participation, programmes, ids, covariates, **options)
    inside = data.panel[group].astype(bool).to_numpy()
    seen = data.any
    shared = _shared(inside, seen > 0, data.coverage, "Yun, pooled logit, bootstrap")
    names = list(data.covariates)
    terms = ["gap", "explained", *names, "rest"]
    reason = _undefined(inside, seen) or models.unusable(data)
    if reason:
        terms = ["gap", "explained", *covariates, "rest"]
        return tidy([row(term, label(ids), reason=reason, **shared) for term in terms])
    weights = np.vstack([np.ones(len(seen)), bootstrap.weights(len(seen), draws, seed, strata=inside)])
    beta = firth_logit(np.column_stack([data.x, inside]), seen, weights)[:, :-1]
    if not np.isfinite(beta[0]).all():
        return tidy([row(term, label(ids), reason=Reason.NOT_CONVERGED, **shared) for term in terms])
    a, b = weights * inside, weights * ~inside
    a, b = a / a.sum(axis=1, keepdims=True), b / b.sum(axis=1, keepdims=True)
    gap = a @ seen - b @ seen
    predicted = 1 / (1 + np.exp(-np.clip(beta @ data.x.T, -30, 30)))
    explained = (a * predicted).sum(axis=1) - (b * predicted).sum(axis=1)
    index = ((a - b) @ data.x[:, 1:]) * beta[:, 1:]
    with np.errstate(divide="ignore", invalid="ignore"):
        detail = index / index.sum(axis=1, keepdims=True) * explained[:, None]
    parts = dict(zip(terms, [gap, explained, *detail.T, gap - explained], strict=True))
    return tidy(_rows(parts, label(ids), shared))


def common_support(
    panel: pd.DataFrame, group: str = SMALL_RURAL, covariates: Sequence[str] = MAIN
) -> pd.DataFrame:
    """Share of the group's municipalities with a value that is usual among the others, per covariate.

    Usual: between the others' 5th and 95th percentile. Near 0 the groups can't be compared at equal values.
    """
    inside = panel[group].fillna(False).astype(bool).to_numpy()
    rows = []
    for name in covariates:
        values = COVARIATES[name](panel)
        mine, others = (values[side & np.isfinite(values)] for side in (inside, ~inside))
        shared = {"n": len(mine), "unit": Unit.SHARE, "method": "5th to 95th percentile of the others"}
        if not len(mine) or not len(others):
            rows.append(row(name, "common support", reason=Reason.NO_SUPPORT, **shared))
            continue
        low, high = np.quantile(others, [0.05, 0.95])
        usual = (mine >= low) & (mine <= high)
        rows.append(
            row(name, "common support", estimate=usual.mean(), numerator=usual.sum(), denominator=len(mine),
                reason=Reason.NO_INTERVAL, **shared)
        )  # fmt: skip
    return tidy(rows)


def _shared(inside: np.ndarray, seen: np.ndarray, coverage: Coverage, method: str) -> dict[str, object]:
    return {
        "n": len(inside),
        "numerator": (inside & seen).sum(),
        "denominator": inside.sum(),
        "unit": Unit.UPTAKE_DIFFERENCE if coverage is Coverage.CENSUS else Unit.RECORDED_DIFFERENCE,
        "method": method,
        "coverage": coverage,
    }


def _undefined(inside: np.ndarray, seen: np.ndarray) -> Reason:
    if not inside.any():
        return Reason.EMPTY_GROUP
    if inside.all():
        return Reason.EMPTY_COMPARISON
    return Reason.NONE if seen.any() else Reason.NO_PARTICIPANTS


def _rows(parts: dict[str, np.ndarray], name: str, shared: dict[str, object]) -> list[dict[str, object]]:
    """Rows from arrays whose first value is the estimate and the others the draws."""
    rows = []
    for term, values in parts.items():
        values = np.where(np.abs(values) < 1e-12, 0.0, values)  # rounding of parts that cancel
        low, high = (float(limit) for limit in bootstrap.interval(values[1:]))
        if not np.isfinite(values[0]):
            rows.append(row(term, name, reason=Reason.NO_SUPPORT, **shared))
        elif not np.isfinite([low, high]).all():
            rows.append(row(term, name, estimate=values[0], reason=Reason.NO_SPREAD, **shared))
        else:
            rows.append(row(term, name, estimate=values[0], low=low, high=high, **shared))
    return rows
