"""Logistic regression: fits that may fail, Firth's penalised likelihood, marginal effects, leave-one-out.

Firth's estimate exists for every sample, also where the outcome is separated, and has less bias than the
likelihood's in small samples.
"""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
import statsmodels.api as sm
from firthmodels import FirthLogisticRegression
from scipy import special, stats


def fit_or_none(model: Any, **settings: Any) -> Any:
    """The fitted statsmodels model, or None where fitting warns (separation, no convergence) or fails."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        try:
            return model.fit(**settings)
        except (Warning, np.linalg.LinAlgError, ValueError):
            return None


def fit_clustered(model: Any, clusters: np.ndarray | None) -> Any:
    """``fit_or_none`` with errors robust to clustering (HC1 where there is one cluster only), if there are clusters."""
    if clusters is None:
        return fit_or_none(model)
    codes, labels = pd.factorize(clusters)
    if len(labels) < 2:
        return fit_or_none(model, cov_type="HC1")
    return fit_or_none(model, cov_type="cluster", cov_kwds={"groups": codes})


def likelihood(x: np.ndarray, y: np.ndarray) -> Any:
    """Maximum-likelihood logit of ``y`` (0, 1) on ``x`` (with intercept), or None where there is none."""
    return fit_or_none(sm.GLM(y, x, family=sm.families.Binomial()))


def marginal_effects(params: np.ndarray, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Average marginal effects (intercept left out), and their gradient by the parameters, (k, 1 + k).

    As statsmodels' ``get_margeff``, which a Firth fit does not have.
    """
    p = special.expit(x @ params)
    slope = p * (1 - p)
    curvature = (slope * (1 - 2 * p)) @ x / len(x)
    gradient = np.outer(params, curvature) + slope.mean() * np.eye(len(params))
    return (params * slope.mean())[1:], gradient[1:]


def covariance(params: np.ndarray, x: np.ndarray) -> np.ndarray:
    """Inverse of Fisher's information of a logit at ``params``."""
    p = special.expit(x @ params)
    return np.linalg.inv((x * (p * (1 - p))[:, None]).T @ x)


def firth_profile(x: np.ndarray, y: np.ndarray) -> tuple[np.ndarray, np.ndarray] | None:
    """Firth's estimate with profile-likelihood limits, or None where it does not converge.

    Parameters
    ----------
    x : array, (n, k)
        Without intercept.
    y : array, (n,)
        0 and 1.

    Returns
    -------
    params : array, (1 + k,)
        Intercept first.
    limits : array, (k, 2)
        Lower and upper 95 % limit of each coefficient but the intercept.
    """
    # Standardised columns keep the profile search well conditioned; the scale is taken out again.
    scale = x.std(axis=0)
    model = FirthLogisticRegression(backend="numpy", max_iter=200, gtol=1e-6, xtol=1e-6).fit(x / scale, y)
    if not model.converged_:
        return None
    limits = model.conf_int(method="pl", max_iter=200)[: x.shape[1]] / scale[:, None]
    return np.r_[model.intercept_, model.coef_ / scale], limits


def leave_one_out(fit: Any) -> np.ndarray:
    """Predicted probability of each observation by the GLM without it (one Newton step)."""
    x = fit.model.exog
    return special.expit(x @ fit.params - np.einsum("ij,ij->i", x, changes(fit)))


def changes(fit: Any) -> np.ndarray:
    """One-step change of the coefficients of a GLM by each observation (row): with it, less without it."""
    return fit.get_influence().d_params


def auc(outcome: np.ndarray, score: np.ndarray) -> float:
    """Chance that an observation with the outcome scores above one without (ties count half).

    Examples
    --------
    >>> auc(np.array([0, 0, 1, 1]), np.array([0.1, 0.4, 0.35, 0.8]))
    0.75
    """
    ranks = stats.rankdata(score)
    events = outcome.sum()
    return float((ranks[outcome == 1].sum() - events * (events + 1) / 2) / (events * (len(outcome) - events)))
