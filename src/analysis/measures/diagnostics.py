"""How good the models are: comparison, calibration, dispersion and what single municipalities do to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm
from scipy import stats

from analysis.measures import models
from analysis.measures.covariates import CENTRALITY, EXPENDITURE, MAIN, NEED, POPULATION
from analysis.measures.estimates import Reason, Unit, row, tidy
from analysis.stats import proportions

#: Nested and rival sets of covariates, all fitted to the same municipalities.
SETS: dict[str, tuple[str, ...]] = {
    "population": (POPULATION,),
    "centrality": (CENTRALITY,),
    "population and centrality": (POPULATION, CENTRALITY),
    "population, centrality and expenditure": (POPULATION, CENTRALITY, EXPENDITURE),
    "all": (POPULATION, CENTRALITY, EXPENDITURE, NEED),
}


def compare(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    sets: Mapping[str, Sequence[str]] = SETS,
    **options: Any,
) -> pd.DataFrame:
    """Logits of any participation with different covariates, on the municipalities all of them can use.

    Terms per model (``group``): ``AIC``, ``BIC``, ``McFadden R²``, ``AUC`` (leave-one-out by one-step
    estimates) and ``likelihood ratio against all`` (p-value, for models nested in the last set).
    """
    ids = None if programme_ids is None else list(programme_ids)
    largest = list(sets.values())[-1]
    full = models.prepare(panel, participation, programmes, ids, largest, **options)
    shared = {"n": len(full.count), "numerator": full.any.sum(), "denominator": len(full.count)}
    shared |= {"coverage": full.coverage, "method": "logit"}
    reason = models.unusable(full)
    if reason:
        return tidy([row("AIC", name, unit=Unit.INDEX, reason=reason, **shared) for name in sets])
    rows = []
    fits = {name: _logit(full, names) for name, names in sets.items()}
    last = list(fits.values())[-1]
    for name, fit in fits.items():
        if fit is None or last is None:
            rows.append(row("AIC", name, unit=Unit.INDEX, reason=Reason.NOT_CONVERGED, **shared))
            continue
        values = {
            "AIC": fit.aic,
            "BIC": fit.bic_llf,
            "McFadden R²": 1 - fit.llf / fit.llnull,
            "AUC": auc(full.any, leave_one_out(fit)),
        }
        if set(sets[name]) < set(largest):
            freedom = len(last.params) - len(fit.params)
            values["likelihood ratio against all"] = stats.chi2.sf(max(2 * (last.llf - fit.llf), 0), freedom)
        for term, value in values.items():
            unit = Unit.P_VALUE if term.startswith("likelihood") else Unit.INDEX
            rows.append(row(term, name, estimate=value, unit=unit, reason=Reason.NO_INTERVAL, **shared))
    return tidy(rows)


def calibration(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    covariates: Sequence[str] = MAIN,
    groups: int = 8,
    **options: Any,
) -> pd.DataFrame:
    """Observed share (Wilson) in groups of like prediction; ``group`` is the mean prediction.

    Predictions are for each municipality from a model without it (one-step leave-one-out), so that a
    model that merely remembers does not look good. The last row is the Hosmer–Lemeshow p-value.
    """
    data = models.prepare(panel, participation, programmes, programme_ids, covariates, **options)
    reason = models.unusable(data)
    unit = Unit.RECORDED if data.coverage != "census" else Unit.UPTAKE
    shared: dict[str, object] = {"coverage": data.coverage}
    if reason:
        return tidy([row("observed share", "all", unit=unit, method="none", reason=reason, **shared)])
    fit = _logit(data, list(data.covariates))
    if fit is None:
        reason = Reason.NOT_CONVERGED
        return tidy([row("observed share", "all", unit=unit, method="none", reason=reason, **shared)])
    predicted = leave_one_out(fit)
    bins = pd.qcut(predicted, groups, labels=False, duplicates="drop")
    table = pd.DataFrame({"p": predicted, "y": data.any, "bin": bins}).groupby("bin")
    x, n, p = table["y"].sum().to_numpy(), table.size().to_numpy(float), table["p"].mean().to_numpy()
    low, high = proportions.wilson(x, n)
    rows = [
        row("observed share", float(p[i]), estimate=x[i] / n[i], low=low[i], high=high[i], n=int(n[i]),
            numerator=x[i], denominator=n[i], unit=unit, method="Wilson", **shared)
        for i in range(len(n))
    ]  # fmt: skip
    statistic = ((x - n * p) ** 2 / (n * p * (1 - p))).sum()
    # The predictions are not fitted to the groups (leave-one-out), so no degree of freedom is lost.
    p_value = stats.chi2.sf(statistic, len(n))
    rows.append(
        row("Hosmer–Lemeshow", "all", estimate=p_value, n=int(n.sum()), unit=Unit.P_VALUE,
            method="chi-square", reason=Reason.NO_INTERVAL, **shared)
    )  # fmt: skip
    return tidy(rows)


def influence(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    covariates: Sequence[str] = MAIN,
    **options: Any,
) -> pd.DataFrame:
    """Odds ratios when the single most influential municipality for each covariate is left out.

    ``estimate`` is the odds ratio of the full model, ``low`` and ``high`` the smallest and largest that
    leaving out one municipality gives (one-step); ``group`` is the code of the municipality that moves it
    most.
    """
    data = models.prepare(panel, participation, programmes, programme_ids, covariates, **options)
    reason = models.unusable(data) or (Reason.TOO_FEW if models.needs_firth(data) else Reason.NONE)
    shared = {"n": len(data.count), "unit": Unit.ODDS_RATIO, "coverage": data.coverage}
    shared["method"] = "leave one out"
    if reason:
        return tidy([row(name, "all", reason=reason, **shared) for name in covariates])
    fit = _logit(data, list(data.covariates))
    if fit is None:
        return tidy([row(name, "all", reason=Reason.NOT_CONVERGED, **shared) for name in covariates])
    moved = np.exp(fit.params[None, 1:] - dfbeta(fit)[:, 1:])
    codes = data.panel["municipality_code"].to_numpy()
    full = np.exp(fit.params[1:])
    most = np.abs(np.log(moved / full)).argmax(axis=0)
    return tidy(
        row(name, codes[most[k]], estimate=full[k], low=moved[:, k].min(), high=moved[:, k].max(), **shared)
        for k, name in enumerate(data.covariates)
    )


def dfbeta(fit: Any) -> np.ndarray:
    """One-step change of the coefficients by each observation (row)."""
    x, p = fit.model.exog, fit.fittedvalues
    weight = p * (1 - p)
    inverse = np.linalg.inv((x * weight[:, None]).T @ x)
    hat = weight * np.einsum("ij,jk,ik->i", x, inverse, x)
    return (x * ((fit.model.endog - p) / (1 - hat))[:, None]) @ inverse


def leave_one_out(fit: Any) -> np.ndarray:
    """Predicted probability of each observation by the model without it (one Newton step)."""
    x = fit.model.exog
    linear = x @ fit.params - np.einsum("ij,ij->i", x, dfbeta(fit))
    return 1 / (1 + np.exp(-linear))


def auc(outcome: np.ndarray, score: np.ndarray) -> float:
    """Chance that an observation with the outcome scores above one without (ties count half)."""
    ranks = stats.rankdata(score)
    events = outcome.sum()
    return float((ranks[outcome == 1].sum() - events * (events + 1) / 2) / (events * (len(outcome) - events)))


def _logit(data: models.Data, names: Sequence[str]) -> Any:
    """Plain likelihood fit of a subset of the prepared covariates; ``None`` where it has none."""
    columns = [name for name in names if name in data.covariates]
    x = np.column_stack([np.ones(len(data.count)), data.covariates[columns].to_numpy(float)])
    return models.quiet_fit(sm.GLM(data.any, x, family=sm.families.Binomial()))
