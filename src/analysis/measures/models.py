"""Models of any participation and of the number of participations.

With a sample the outcome is *recorded* participation: coefficients then mix what makes a municipality
take part with what makes it recorded. The coverage column and the unit carry this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm
from firthmodels import detect_separation
from scipy import stats

from analysis.measures.covariates import MAIN, column, design_matrix
from analysis.measures.estimates import Estimates, Reason, Unit
from analysis.measures.groups import difference_and_ratio, named_column
from analysis.measures.observations import Observations
from analysis.measures.projects import tie_table
from analysis.stats import TAILS, logit, occupancy, rates
from analysis.stats.proportions import Z

REGION = "labour_market_region_code"
#: Value of ``cluster`` for limits that allow for municipalities that came in through the same project.
PROJECT = "project"
#: From this dispersion on the negative binomial is given: chance alone makes counts of a Poisson process, joint
#: projects and all, vary up to 1.4 times as much as they should (scenario A of tests/slow/validation).
DISPERSED = 1.5
#: Below this many events (or non-events) per covariate the likelihood estimate is biased: use Firth's.
EVENTS_PER_COVARIATE = 10


@dataclass(frozen=True)
class ModelData:
    """Outcome, covariates and what limits are robust to, of the municipalities where every covariate is known.

    ``project`` and ``unit`` are the ties of projects to municipalities, by position; ``clusters`` is None where
    limits come from the projects.
    """

    count: np.ndarray
    covariates: pd.DataFrame
    clusters: np.ndarray | None
    panel: pd.DataFrame
    metadata: dict[str, object]
    project: np.ndarray
    unit: np.ndarray

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
    def n_clusters(self) -> int:
        """Projects, or clusters of municipalities."""
        return len(np.unique(self.project if self.clusters is None else self.clusters))

    @property
    def method(self) -> str:
        """How the limits allow for clusters."""
        if self.clusters is None:
            return f"robust, {self.n_clusters} projects"
        return f"robust, {self.n_clusters} clusters" if self.n_clusters > 1 else "robust (HC1)"

    @property
    def quantile(self) -> float:
        """Student's t for the limits: clusters − 1 degrees of freedom."""
        freedom = self.n_clusters - 1 if self.n_clusters > 1 else len(self.count) - self.x.shape[1]
        return float(stats.t.ppf(TAILS[1], freedom))

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


def prepare(
    observations: Observations,
    covariates: Sequence[str] = MAIN,
    cluster: str = PROJECT,
    exposure: str | None = None,
) -> ModelData:
    """What the models need, of the municipalities where every covariate (and the exposure) is known."""
    frame = design_matrix(observations.panel, covariates)
    if exposure is not None:
        size = column(observations.panel.loc[frame.index], exposure)
        frame = frame[size > 0]
    panel = observations.panel.loc[frame.index]
    count = observations.counts.loc[frame.index].to_numpy()
    ties = tie_table(observations)
    unit = pd.Index(panel["municipality_code"]).get_indexer(ties["municipality_code"])
    project = pd.factorize(ties["project_id"][unit >= 0])[0]
    clusters = None if cluster == PROJECT else named_column(panel, cluster).to_numpy()
    return ModelData(count, frame, clusters, panel, observations.metadata, project, unit[unit >= 0])


def any_participation(
    observations: Observations, covariates: Sequence[str] = MAIN, cluster: str = PROJECT
) -> Estimates:
    """Logit of any participation: odds ratios and average marginal effects per covariate.

    Likelihood with limits that allow for joint projects (``stats.occupancy``, on the linearised estimator) or are robust to
    clusters of municipalities (t with clusters − 1 degrees of freedom); Firth's penalised likelihood with profile
    limits where the outcome is separated or events per covariate are fewer than ten. The latter take
    municipalities as independent.

    Parameters
    ----------
    observations : Observations
    covariates : sequence of str
        Names from ``COVARIATES``.
    cluster : str
        "project", or a column of the panel.

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
            cov, quantile = logit.covariance(params, data.x), Z
            odds, method, how = _exponentiated(params[1:], *logs.T), "profile likelihood", "delta method"
    elif not reason:
        model, method, how = sm.GLM(data.any, data.x, family=sm.families.Binomial()), data.method, data.method
        fit = logit.fit_clustered(model, data.clusters)
        if fit is not None:
            params, cov, quantile = fit.params, fit.cov_params(), data.quantile
    shared = {"model": "Firth logit" if firth else "logit", **data.shared}
    if params is None:
        rows = [{"term": name} for name in covariates]
        reason = reason or Reason.NOT_CONVERGED
        return Estimates(rows, unit=Unit.ODDS_RATIO, method="none", reason=reason, **shared)
    effects, gradient = logit.marginal_effects(params, data.x)
    if firth or data.clusters is not None:
        errors, own = (np.sqrt(np.diag(g @ cov @ g.T)) for g in (gradient, np.eye(len(params))[1:]))
        half, wide = quantile * errors, quantile * own
    else:
        # To first order the coefficients are sums over the municipalities found, and so are functions of them.
        influence = data.x @ cov
        own, wide = occupancy.errors(data.project, data.unit, influence[:, 1:], once=True)
        errors, half = occupancy.errors(data.project, data.unit, influence @ gradient.T, once=True)
    if not firth:
        odds = _exponentiated(params[1:], params[1:] - wide, params[1:] + wide).assign(std_error=own)
    marginal = pd.DataFrame({"estimate": effects, "std_error": errors, "reason": Reason.NONE})
    marginal["conf_low"], marginal["conf_high"] = effects - half, effects + half
    marginal.loc[~np.isfinite(half), "reason"] = Reason.NO_SPREAD
    unit = difference_and_ratio(observations.coverage)["difference"]
    parts = [
        odds.assign(term=list(data.covariates), unit=Unit.ODDS_RATIO, method=method),
        marginal.assign(term=list(data.covariates), unit=unit, method=f"average marginal effect, {how}"),
    ]
    return Estimates(pd.concat(parts, ignore_index=True), **shared)


def number_of_participations(
    observations: Observations,
    covariates: Sequence[str] = MAIN,
    cluster: str = PROJECT,
    exposure: str | None = None,
) -> Estimates:
    """Rate ratios per covariate from a Poisson and, where counts vary more, a negative binomial (NB2) model.

    Parameters
    ----------
    observations : Observations
    covariates : sequence of str
        Names from ``COVARIATES``.
    cluster : str
        "project": limits from fitting again without each project (the dispersion of the negative binomial as it is).
        Or a column of the panel within whose values municipalities are alike.
    exposure : str, optional
        Column of the panel (population, purchases_nok_thousand) whose logarithm is the offset: ratios are then of
        participations per unit of it.

    Returns
    -------
    Estimates
        Rate ratios per covariate (``term``) and ``model`` ("Poisson", "negative binomial"); the term ``dispersion``
        is Pearson's statistic over its degrees of freedom (1 in a Poisson process). The negative binomial is there
        where that is ``DISPERSED`` or more.
    """
    data = prepare(observations, covariates, cluster, exposure)
    offset = None if exposure is None else np.log(column(data.panel, exposure))
    reason = data.unusable(data.count)
    fit = None
    if not reason:
        model = sm.GLM(data.count, data.x, family=sm.families.Poisson(), offset=offset)
        fit = logit.fit_clustered(model, data.clusters)
    shared = {"unit": Unit.RATE_RATIO, "method": data.method, **data.shared}
    if fit is None:
        rows = [{"term": name, "reason": reason or Reason.NOT_CONVERGED} for name in covariates]
        return Estimates(rows, **shared | {"model": "Poisson", "method": "none"})
    dispersion = fit.pearson_chi2 / fit.df_resid
    row = {"term": "dispersion", "estimate": dispersion, "unit": Unit.INDEX, "method": "Pearson"}
    names = list(data.covariates)
    parts = [
        Estimates(_rate_ratios(data, fit, offset).assign(term=names), model="Poisson", **shared),
        Estimates([{**row, "reason": Reason.NO_INTERVAL}], model="Poisson", **shared),
    ]
    if dispersion >= DISPERSED:
        second = _negative_binomial(data, offset, fit.params)
        ratios = pd.DataFrame({"reason": [Reason.NOT_CONVERGED] * len(names)})
        if second is not None:
            ratios = _rate_ratios(data, second, offset, float(second.params[-1]))
        parts.append(Estimates(ratios.assign(term=names), model="negative binomial", **shared))
    return Estimates(pd.concat(parts, ignore_index=True))


def _rate_ratios(
    data: ModelData, fit: Any, offset: np.ndarray | None, dispersion: float = 0.0
) -> pd.DataFrame:
    """The coefficients but the intercept, exponentiated, with symmetric limits on the log scale."""
    k = data.x.shape[1]
    params, errors = fit.params[1:k], fit.bse[1:k]
    half = data.quantile * errors
    if data.clusters is None:
        parts = np.zeros((data.n_clusters, len(data.count)))
        parts[data.project, data.unit] = 1
        start, known = np.asarray(fit.params[:k]), 0.0 if offset is None else offset
        left_out = rates.without_each(start, data.x, data.count, parts, dispersion, known)
        errors, half = occupancy.jackknife(left_out[:, 1:])
    return _exponentiated(params, params - half, params + half).assign(std_error=errors)


def _exponentiated(params: np.ndarray, low: np.ndarray, high: np.ndarray) -> pd.DataFrame:
    values = np.exp(np.clip([params, low, high], -500, 500))
    finite = np.isfinite(values).all(axis=0)
    values[1:, ~finite] = np.nan
    frame = pd.DataFrame(values.T, columns=["estimate", "conf_low", "conf_high"])
    return frame.assign(reason=np.where(finite, Reason.NONE, Reason.NO_SPREAD))


def _negative_binomial(data: ModelData, offset: np.ndarray | None, start: np.ndarray) -> Any:
    """NB2 fit, or None where it does not converge (as when the counts are not overdispersed)."""
    model = sm.NegativeBinomial(data.count, data.x, offset=offset)
    settings: dict[str, Any] = {"maxiter": 200, "disp": 0, "start_params": np.r_[start, 0.5]}
    if data.clusters is not None and data.n_clusters > 1:
        settings |= {"cov_type": "cluster", "cov_kwds": {"groups": pd.factorize(data.clusters)[0]}}
    fit = logit.fit_or_none(model, **settings)
    usable = fit is not None and np.isfinite(fit.bse).all() and fit.params[-1] > 1e-6
    return fit if usable else None
