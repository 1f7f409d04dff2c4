"""Models of any participation and of the number of participations.

With a sample the outcome is *recorded* participation: coefficients then mix what makes a municipality
take part with what makes it recorded. The coverage column and the unit carry this.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm
from firthmodels import detect_separation
from scipy import stats

from analysis.errors import UnknownName
from analysis.measures.estimates import Estimates, Reason, Unit
from analysis.measures.gap import difference_and_ratio
from analysis.measures.observations import Observations
from analysis.stats import LEVEL, logit

REGION = "labour_market_region_code"
#: Below this many events (or non-events) per covariate the likelihood estimate is biased: use Firth's.
EVENTS_PER_COVARIATE = 10


def _column(panel: pd.DataFrame, name: str) -> np.ndarray:
    return panel[name].astype("Float64").to_numpy(float, na_value=np.nan)


def _log2(values: np.ndarray) -> np.ndarray:
    return np.log2(values, out=np.full(values.shape, np.nan), where=values > 0)


# Doublings for amounts, 100 points of 1000 for centrality, 0.1 for the index whose national mean is 1.
COVARIATES: dict[str, Callable[[pd.DataFrame], np.ndarray]] = {
    "population, per doubling": lambda panel: _log2(_column(panel, "population")),
    "centrality index, per 100 points": lambda panel: _column(panel, "centrality_index") / 100,
    "operating expenditure per inhabitant, per doubling": lambda panel: _log2(
        _column(panel, "operating_expenditure_nok_thousand") / _column(panel, "population")
    ),
    "expenditure need index, per 0.1": lambda panel: _column(panel, "expenditure_need_index") * 10,
    "purchases per inhabitant, per doubling": lambda panel: _log2(
        _column(panel, "purchases_nok_thousand") / _column(panel, "population")
    ),
    "travel time to regional centre, per hour": lambda panel: _column(panel, "travel_minutes_to_centre") / 60,
    # Of a panel from ``diagnostics.cooperation_members``, which says how many of the members are named.
    "member of a procurement cooperation": lambda panel: _column(panel, "is_procurement_cooperation_member"),
}
POPULATION, CENTRALITY, EXPENDITURE, NEED, PURCHASES, TRAVEL, COOPERATION = COVARIATES
#: The covariates known for (nearly) all municipalities; purchases are known for a part only.
MAIN = (POPULATION, CENTRALITY, EXPENDITURE, NEED)


def design_matrix(panel: pd.DataFrame, covariates: Sequence[str] = MAIN) -> pd.DataFrame:
    """The covariates as columns, centred on their mean, on the panel's index; complete rows only.

    Parameters
    ----------
    panel : DataFrame
    covariates : sequence of str
        Names from ``COVARIATES``.

    Returns
    -------
    DataFrame
        Without intercept. Columns without variation are left out: they cannot be told from the intercept.

    Examples
    --------
    >>> design_matrix(pd.DataFrame({"population": [1000, 2000, 4000]}), [POPULATION])[POPULATION].tolist()
    [-1.0, 0.0, 1.0]
    """
    unknown = [name for name in covariates if name not in COVARIATES]
    if unknown:
        raise UnknownName("covariate", unknown[0], COVARIATES)
    frame = pd.DataFrame({name: COVARIATES[name](panel) for name in covariates}, index=panel.index).dropna()
    varies = frame.max() - frame.min() > 1e-12 if len(frame) else pd.Series(False, index=frame.columns)
    frame = frame.loc[:, varies]
    return frame - frame.mean()


@dataclass(frozen=True)
class ModelData:
    """Outcome, covariates and clusters of the municipalities where every covariate is known."""

    count: np.ndarray
    covariates: pd.DataFrame
    clusters: np.ndarray
    panel: pd.DataFrame
    metadata: dict[str, object]

    @property
    def any(self) -> np.ndarray:
        """1 where the municipality has a participation."""
        return (self.count > 0).astype(float)

    @property
    def x(self) -> np.ndarray:
        """Design matrix, intercept first."""
        return np.column_stack([np.ones(len(self.covariates)), self.covariates.to_numpy(float)])

    @property
    def shared(self) -> dict[str, object]:
        """The columns that all rows of a model have in common."""
        n = len(self.count)
        return {"n": n, "numerator": self.any.sum(), "denominator": n, **self.metadata}

    @property
    def method(self) -> str:
        """How the limits allow for clusters."""
        clusters = len(np.unique(self.clusters))
        return f"robust, {clusters} clusters" if clusters > 1 else "robust (HC1)"

    @property
    def quantile(self) -> float:
        """Student's t for the limits: clusters − 1 degrees of freedom."""
        clusters = len(np.unique(self.clusters))
        freedom = clusters - 1 if clusters > 1 else len(self.count) - self.x.shape[1]
        return float(stats.t.ppf(0.5 + LEVEL / 2, freedom))

    def where(self, keep: np.ndarray) -> ModelData:
        """The same for a part of the municipalities."""
        parts = self.count[keep], self.covariates.loc[keep], self.clusters[keep], self.panel.loc[keep]
        return ModelData(*parts, self.metadata)

    def unusable(self, outcome: np.ndarray | None = None) -> Reason:
        """Why ``outcome`` (any participation where None) cannot be modelled; empty where it can."""
        outcome = self.any if outcome is None else outcome
        n, k = self.covariates.shape
        if k == 0:
            return Reason.ONE_VALUE if n else Reason.ALL_MISSING
        if n <= k + 1:
            return Reason.TOO_FEW
        if np.linalg.matrix_rank(self.x) < k + 1:
            return Reason.COLLINEAR
        if not self.any.any():
            return Reason.NO_PARTICIPANTS
        return Reason.ONE_VALUE if np.ptp(outcome) == 0 else Reason.NONE

    def needs_firth(self) -> bool:
        """Separated, or fewer than ten events or non-events per covariate."""
        rarer = min(self.any.sum(), len(self.any) - self.any.sum())
        if rarer < EVENTS_PER_COVARIATE * self.covariates.shape[1]:
            return True
        return bool(detect_separation(self.covariates.to_numpy(float), self.any).separation)


def prepare(observations: Observations, covariates: Sequence[str] = MAIN, cluster: str = REGION) -> ModelData:
    """What the models need, of the municipalities where every covariate is known."""
    frame = design_matrix(observations.panel, covariates)
    panel = observations.panel.loc[frame.index]
    count = observations.counts.loc[frame.index].to_numpy()
    return ModelData(count, frame, panel[cluster].to_numpy(), panel, observations.metadata)


def any_participation(
    observations: Observations, covariates: Sequence[str] = MAIN, cluster: str = REGION
) -> Estimates:
    """Logit of any participation: odds ratios and average marginal effects per covariate.

    Likelihood with cluster-robust limits (t with clusters − 1 degrees of freedom); Firth's penalised
    likelihood with profile limits where the outcome is separated or events per covariate are fewer than ten.

    Parameters
    ----------
    observations : Observations
    covariates : sequence of str
        Names from ``COVARIATES``.
    cluster : str
        Column of the panel.

    Returns
    -------
    Estimates
        Two rows per covariate (``term``): odds ratio and average marginal effect (in shares: 0.01 is one percentage
        point), told apart by ``unit``; ``model`` is "logit" or "Firth logit".
    """
    data = prepare(observations, covariates, cluster)
    reason, params = data.unusable(), None
    firth = not reason and data.needs_firth()
    if firth:
        found = logit.firth_profile(data.covariates.to_numpy(float), data.any)
        if found is not None:
            params, logs = found
            cov, quantile = logit.covariance(params, data.x), stats.norm.ppf(0.5 + LEVEL / 2)
            odds, method, effect = _exponentiated(params[1:], *logs.T), "profile likelihood", "delta method"
    elif not reason:
        fit = logit.fit_clustered(sm.GLM(data.any, data.x, family=sm.families.Binomial()), data.clusters)
        if fit is not None:
            params, cov, quantile, method = fit.params, fit.cov_params(), data.quantile, data.method
            odds, effect = _wald(fit, len(params), quantile), data.method
    shared = {"model": "Firth logit" if firth else "logit", **data.shared}
    if params is None:
        rows = [{"term": name} for name in covariates]
        reason = reason or Reason.NOT_CONVERGED
        return Estimates(rows, unit=Unit.ODDS_RATIO, method="none", reason=reason, **shared)
    effects, errors = logit.marginal_effects(params, cov, data.x)
    marginal = pd.DataFrame({"estimate": effects, "std_error": errors})
    marginal["conf_low"], marginal["conf_high"] = effects - quantile * errors, effects + quantile * errors
    unit = difference_and_ratio(observations.coverage)["difference"]
    parts = [
        odds.assign(term=list(data.covariates), unit=Unit.ODDS_RATIO, method=method),
        marginal.assign(
            term=list(data.covariates), unit=unit, method=f"average marginal effect, {effect}", reason=""
        ),
    ]
    return Estimates(pd.concat(parts, ignore_index=True), **shared)


def number_of_participations(
    observations: Observations,
    covariates: Sequence[str] = MAIN,
    cluster: str = REGION,
    exposure: str | None = None,
) -> Estimates:
    """Rate ratios per covariate from Poisson and negative binomial (NB2) models of the number.

    Parameters
    ----------
    observations : Observations
    covariates : sequence of str
        Names from ``COVARIATES``.
    cluster : str
        Column of the panel; limits are robust to clusters.
    exposure : str, optional
        Column of the panel (population, purchases_nok_thousand) whose logarithm is the offset: ratios are then of
        participations per unit of it.

    Returns
    -------
    Estimates
        Rate ratios per covariate (``term``) and ``model`` ("Poisson", "negative binomial"); the term ``dispersion``
        is Pearson's statistic over its degrees of freedom (1 in a Poisson process).
    """
    data, offset = prepare(observations, covariates, cluster), None
    if exposure is not None:
        size = _column(data.panel, exposure)
        data, offset = data.where(size > 0), np.log(size[size > 0])
    reason = data.unusable(data.count)
    fit = None
    if not reason:
        model = sm.GLM(data.count, data.x, family=sm.families.Poisson(), offset=offset)
        fit = logit.fit_clustered(model, data.clusters)
    shared = {"unit": Unit.RATE_RATIO, "method": data.method, **data.shared}
    if fit is None:
        rows = [{"term": name, "reason": reason or Reason.NOT_CONVERGED} for name in covariates]
        return Estimates(rows, **shared | {"model": "Poisson", "method": "none"})
    names, k = list(data.covariates), data.x.shape[1]
    dispersion = {"term": "dispersion", "estimate": fit.pearson_chi2 / fit.df_resid, "unit": Unit.INDEX}
    dispersion |= {"method": "Pearson", "reason": Reason.NO_INTERVAL}
    second = _negative_binomial(data, offset, fit.params)
    rates = pd.DataFrame({"reason": [Reason.NOT_CONVERGED] * len(names)})
    if second is not None:
        rates = _wald(second, k, data.quantile)
    parts = [
        Estimates(_wald(fit, k, data.quantile).assign(term=names), model="Poisson", **shared),
        Estimates([dispersion], model="Poisson", **shared),
        Estimates(rates.assign(term=names), model="negative binomial", **shared),
    ]
    return Estimates(pd.concat(parts, ignore_index=True))


def _wald(fit: Any, k: int, quantile: float) -> pd.DataFrame:
    """The first ``k`` coefficients but the intercept, exponentiated, with symmetric limits on the log scale."""
    params, errors = fit.params[1:k], fit.bse[1:k]
    half = quantile * errors
    return _exponentiated(params, params - half, params + half).assign(std_error=errors)


def _exponentiated(params: np.ndarray, low: np.ndarray, high: np.ndarray) -> pd.DataFrame:
    values = np.array([params, low, high])
    finite = np.isfinite(values).all(axis=0)
    values = np.where(finite, np.exp(np.clip(values, -500, 500)), np.nan)
    frame = pd.DataFrame(values.T, columns=["estimate", "conf_low", "conf_high"])
    return frame.assign(reason=np.where(finite, Reason.NONE, Reason.NOT_CONVERGED))


def _negative_binomial(data: ModelData, offset: np.ndarray | None, start: np.ndarray) -> Any:
    """NB2 fit, or None where it does not converge (as when the counts are not overdispersed)."""
    model = sm.NegativeBinomial(data.count, data.x, offset=offset)
    settings: dict[str, Any] = {"maxiter": 200, "disp": 0, "start_params": np.r_[start, 0.5]}
    if len(np.unique(data.clusters)) > 1:
        settings |= {"cov_type": "cluster", "cov_kwds": {"groups": pd.factorize(data.clusters)[0]}}
    fit = logit.fit_or_none(model, **settings)
    usable = fit is not None and np.isfinite(fit.bse).all() and fit.params[-1] > 1e-6
    return fit if usable else None
