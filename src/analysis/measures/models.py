"""Models of any participation and of the number of participations.

With a sample the outcome is *recorded* participation: coefficients then mix what makes a municipality
take part with what makes it recorded. The coverage column and the unit carry this.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm
from firthmodels import FirthLogisticRegression, detect_separation
from scipy import stats

from analysis.measures.covariates import MAIN, design
from analysis.measures.estimates import Coverage, Reason, Unit, row, tidy
from analysis.measures.observations import counts, coverage_of
from analysis.stats import LEVEL

REGION = "labour_market_region_code"
#: Below this many events (or non-events) per covariate the likelihood estimate is biased: use Firth's.
EVENTS_PER_COVARIATE = 10


@dataclass(frozen=True)
class Data:
    """Outcome, covariates (with intercept first) and clusters of the complete rows."""

    count: np.ndarray
    covariates: pd.DataFrame
    clusters: np.ndarray
    coverage: Coverage
    panel: pd.DataFrame

    @property
    def any(self) -> np.ndarray:
        """1 where the municipality has a participation."""
        return (self.count > 0).astype(float)

    @property
    def x(self) -> np.ndarray:
        """Design matrix, intercept first."""
        return np.column_stack([np.ones(len(self.covariates)), self.covariates.to_numpy(float)])


def prepare(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    covariates: Sequence[str] = MAIN,
    cluster: str = REGION,
    **options: Any,
) -> Data:
    """What the models need, of the municipalities where every covariate is known."""
    ids = None if programme_ids is None else list(programme_ids)
    frame = design(panel, covariates)
    used = panel.loc[frame.index]
    count = counts(used, participation, ids, **options).to_numpy()
    return Data(count, frame, used[cluster].to_numpy(), coverage_of(programmes, ids), used)


def any_participation(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    covariates: Sequence[str] = MAIN,
    cluster: str = REGION,
    **options: Any,
) -> pd.DataFrame:
    """Logit of any participation: odds ratios and average marginal effects per covariate.

    Likelihood with cluster-robust limits (t with clusters − 1 degrees of freedom); Firth's penalised
    likelihood with profile limits where the outcome is separated or events per covariate are fewer than
    ten. ``group`` names the model; marginal effects are in shares (0.01 is one percentage point).
    """
    data = prepare(panel, participation, programmes, programme_ids, covariates, cluster, **options)
    reason = unusable(data)
    if reason:
        return _refused(covariates, "logit", reason, data)
    if needs_firth(data):
        return _firth(data)
    fit = _robust(sm.GLM(data.any, data.x, family=sm.families.Binomial()), data)
    if fit is None:
        return _refused(covariates, "logit", Reason.NOT_CONVERGED, data)
    quantile = _quantile(data)
    effect, error = marginal_effects(fit.params, fit.cov_params(), data.x)
    method = _clustered(data)
    return tidy(
        _coefficients(fit.params, fit.bse, quantile, data, "logit", Unit.ODDS_RATIO, method)
        + _effects(effect, error, quantile, data, "logit", method)
    )


def number_of_participations(
    panel: pd.DataFrame,
    participation: pd.DataFrame,
    programmes: pd.DataFrame,
    programme_ids: Iterable[str] | None = None,
    covariates: Sequence[str] = MAIN,
    cluster: str = REGION,
    exposure: str | None = None,
    **options: Any,
) -> pd.DataFrame:
    """Rate ratios per covariate from Poisson and negative binomial (NB2) models of the number.

    ``exposure`` is a panel column (population, purchases_nok_thousand) whose logarithm is the offset:
    ratios are then of participations per unit of it. Limits are cluster-robust. The term ``dispersion``
    is Pearson's statistic over its degrees of freedom (1 in a Poisson process).
    """
    data = prepare(panel, participation, programmes, programme_ids, covariates, cluster, **options)
    per = "" if exposure is None else f", per {exposure}"
    offset = None
    if exposure is not None:
        size = data.panel[exposure].astype("Float64").to_numpy(float, na_value=np.nan)
        keep = size > 0
        frame = data.covariates.loc[keep]
        data = Data(data.count[keep], frame, data.clusters[keep], data.coverage, data.panel.loc[keep])
        offset = np.log(size[keep])
    reason = unusable(data, data.count)
    if reason:
        return _refused(covariates, f"Poisson{per}", reason, data, Unit.RATE_RATIO)
    poisson = _robust(sm.GLM(data.count, data.x, family=sm.families.Poisson(), offset=offset), data)
    if poisson is None:
        return _refused(covariates, f"Poisson{per}", Reason.NOT_CONVERGED, data, Unit.RATE_RATIO)
    quantile, method = _quantile(data), _clustered(data)
    group = f"Poisson{per}"
    rows = _coefficients(poisson.params, poisson.bse, quantile, data, group, Unit.RATE_RATIO, method)
    rows.append(_row("dispersion", group, data, Unit.INDEX, "Pearson", estimate=dispersion(poisson)))
    negative = _negative_binomial(data, offset, poisson.params)
    group = f"negative binomial{per}"
    if negative is None:
        rows += [
            _row(name, group, data, Unit.RATE_RATIO, method, reason=Reason.NOT_CONVERGED)
            for name in data.covariates
        ]
    else:
        size = data.x.shape[1]
        rows += _coefficients(
            negative.params[:size], negative.bse[:size], quantile, data, group, Unit.RATE_RATIO, method
        )
    return tidy(rows)


def needs_firth(data: Data) -> bool:
    """Separated, or fewer than ten events or non-events per covariate."""
    rarer = min(data.any.sum(), len(data.any) - data.any.sum())
    if rarer < EVENTS_PER_COVARIATE * data.covariates.shape[1]:
        return True
    return bool(detect_separation(data.covariates.to_numpy(float), data.any).separation)


def marginal_effects(params: np.ndarray, cov: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Average marginal effects of a logit (intercept left out) and their delta-method standard errors."""
    p = 1 / (1 + np.exp(-(x @ params)))
    slope = p * (1 - p)
    curvature = (slope * (1 - 2 * p)) @ x / len(x)
    gradient = np.outer(params, curvature) + slope.mean() * np.eye(len(params))
    errors = np.sqrt(np.einsum("ij,jk,ik->i", gradient, cov, gradient))
    return (params * slope.mean())[1:], errors[1:]


def dispersion(fit: Any) -> float:
    """Pearson's chi-square over the residual degrees of freedom."""
    return float(fit.pearson_chi2 / fit.df_resid)


def unusable(data: Data, outcome: np.ndarray | None = None) -> Reason:
    """Why ``outcome`` (any participation where ``None``) can't be modelled; empty where it can."""
    outcome = data.any if outcome is None else outcome
    if data.covariates.shape[1] == 0:
        return Reason.ALL_MISSING if data.covariates.empty else Reason.ONE_VALUE
    if data.covariates.shape[0] <= data.covariates.shape[1] + 1:
        return Reason.TOO_FEW
    if np.linalg.matrix_rank(data.x) < data.x.shape[1]:
        return Reason.COLLINEAR
    if not data.any.any():
        return Reason.NO_PARTICIPANTS
    return Reason.ONE_VALUE if np.ptp(outcome) == 0 else Reason.NONE


def _refused(
    names: Sequence[str], group: str, reason: Reason, data: Data, unit: Unit = Unit.ODDS_RATIO
) -> pd.DataFrame:
    return tidy(_row(name, group, data, unit, "none", reason=reason) for name in names)


def _row(term: str, group: str, data: Data, unit: Unit, method: str, **values: object) -> dict[str, object]:
    if "estimate" in values and "low" not in values:
        values["reason"] = Reason.NO_INTERVAL
    shared = {"n": len(data.count), "numerator": data.any.sum(), "denominator": len(data.count)}
    return row(term, group, unit=unit, method=method, coverage=data.coverage, **shared, **values)


def quiet_fit(model: Any, **settings: Any) -> Any:
    """The fitted model, or ``None`` where fitting warns (separation, no convergence) or fails.

    What a reader would have to know of a warning is said by the row that is then refused.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return model.fit(**settings)
        except (Warning, np.linalg.LinAlgError, ValueError):
            return None


def _robust(model: Any, data: Data) -> Any:
    if len(np.unique(data.clusters)) < 2:
        return quiet_fit(model, cov_type="HC1")
    return quiet_fit(model, cov_type="cluster", cov_kwds={"groups": pd.factorize(data.clusters)[0]})


def _quantile(data: Data) -> float:
    clusters = len(np.unique(data.clusters))
    freedom = clusters - 1 if clusters > 1 else len(data.count) - data.x.shape[1]
    return float(stats.t.ppf(0.5 + LEVEL / 2, freedom))


def _clustered(data: Data) -> str:
    clusters = len(np.unique(data.clusters))
    return f"robust, {clusters} clusters" if clusters > 1 else "robust (HC1)"


def _coefficients(
    params: np.ndarray, errors: np.ndarray, quantile: float, data: Data, group: str, unit: Unit, method: str
) -> list[dict[str, object]]:
    """Exponentiated coefficients; the intercept is left out."""
    estimate, half = np.asarray(params)[1:], quantile * np.asarray(errors)[1:]
    limits = np.exp(np.clip([estimate, estimate - half, estimate + half], -500, 500))
    return [
        _row(name, group, data, unit, method, estimate=value, low=low, high=high)
        for name, value, low, high in zip(data.covariates, *limits, strict=True)
    ]


def _effects(
    effect: np.ndarray, error: np.ndarray, quantile: float, data: Data, group: str, method: str
) -> list[dict[str, object]]:
    unit = Unit.UPTAKE_DIFFERENCE if data.coverage is Coverage.CENSUS else Unit.RECORDED_DIFFERENCE
    limits = np.array([effect, effect - quantile * error, effect + quantile * error])
    return [
        _row(
            name, group, data, unit, f"average marginal effect, {method}", estimate=value, low=low, high=high
        )
        for name, value, low, high in zip(data.covariates, *limits, strict=True)
    ]


def _firth(data: Data) -> pd.DataFrame:
    x = data.covariates.to_numpy(float)
    # Standardised columns keep the profile search well conditioned; the scale is taken out again.
    scale = x.std(axis=0)
    model = FirthLogisticRegression(backend="numpy", max_iter=200, gtol=1e-6, xtol=1e-6).fit(
        x / scale, data.any
    )
    if not model.converged_:
        return _refused(list(data.covariates), "Firth logit", Reason.NOT_CONVERGED, data)
    profile = model.conf_int(method="pl", max_iter=200)[: x.shape[1]] / scale[:, None]
    estimate = model.coef_ / scale
    limits = np.exp(np.clip([estimate, *profile.T], -500, 500))
    rows = [
        _row(
            name,
            "Firth logit",
            data,
            Unit.ODDS_RATIO,
            "profile likelihood",
            estimate=value,
            low=low,
            high=high,
        )
        if np.isfinite([value, low, high]).all()
        else _row(
            name, "Firth logit", data, Unit.ODDS_RATIO, "profile likelihood", reason=Reason.NOT_CONVERGED
        )
        for name, value, low, high in zip(data.covariates, *limits, strict=True)
    ]
    params = np.r_[model.intercept_, estimate]
    p = 1 / (1 + np.exp(-(data.x @ params)))
    cov = np.linalg.inv((data.x * (p * (1 - p))[:, None]).T @ data.x)
    effect, error = marginal_effects(params, cov, data.x)
    quantile = float(stats.norm.ppf(0.5 + LEVEL / 2))
    return tidy(rows + _effects(effect, error, quantile, data, "Firth logit", "delta method"))


def _negative_binomial(data: Data, offset: np.ndarray | None, start: np.ndarray) -> Any:
    """NB2 fit, or ``None`` where it does not converge (as when the counts are not overdispersed)."""
    model = sm.NegativeBinomial(data.count, data.x, offset=offset)
    settings: dict[str, Any] = {"maxiter": 200, "disp": 0, "start_params": np.r_[start, 0.5]}
    if len(np.unique(data.clusters)) > 1:
        settings |= {"cov_type": "cluster", "cov_kwds": {"groups": pd.factorize(data.clusters)[0]}}
    fit = quiet_fit(model, **settings)
    if fit is None:
        return None
    usable = np.isfinite(fit.bse).all() and fit.params[-1] > 1e-6
    return fit if usable else None
