"""How good the models are: comparison, calibration, and what single municipalities do to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, get_args

import numpy as np
import pandas as pd
from scipy import stats

from analysis.errors import one_of, whole_number
from analysis.measures import models
from analysis.measures.covariates import CENTRALITY, EXPENDITURE, MAIN, NEED, POPULATION, design_matrix
from analysis.measures.estimates import Coverage, Estimates, Reason, Unit
from analysis.measures.observations import Observations
from analysis.stats import logit, proportions

Per = Literal["standard deviation", "10 per cent"]
#: End of the names of covariates that are logarithms to base 2.
DOUBLING = "per doubling"
#: Nested and rival sets of covariates, all fitted to the same municipalities.
SETS: dict[str, tuple[str, ...]] = {
    "population": (POPULATION,),
    "centrality": (CENTRALITY,),
    "population and centrality": (POPULATION, CENTRALITY),
    "population, centrality and expenditure": (POPULATION, CENTRALITY, EXPENDITURE),
    "all": (POPULATION, CENTRALITY, EXPENDITURE, NEED),
}


def compare(observations: Observations, sets: Mapping[str, Sequence[str]] = SETS) -> Estimates:
    """Logits of any participation with different covariates, on the municipalities all of them can use.

    Parameters
    ----------
    observations : Observations
    sets : mapping of str to sequence of str
        Covariates by the model's name; the last set is the largest.

    Returns
    -------
    Estimates
        Per ``model`` the terms ``AIC``, ``BIC``, ``McFadden R²``, ``AUC`` (leave-one-out by one-step estimates) and,
        for models nested in the last, ``likelihood ratio`` (twice the difference in log likelihood from the last,
        with its ``p_value``).
    """
    largest = list(sets.values())[-1]
    data = models.prepare(observations, largest)
    shared = {"unit": Unit.INDEX, "method": "logit", **data.shared}
    reason = data.unusable()
    if reason:
        return Estimates([{"term": "AIC", "model": name} for name in sets], reason=reason, **shared)
    fits = {}
    for name, covariates in sets.items():
        columns = [c for c in covariates if c in data.covariates]
        x = np.column_stack([np.ones(len(data.count)), data.covariates[columns].to_numpy(float)])
        fits[name] = logit.likelihood(x, data.any)
    last = list(fits.values())[-1]
    rows: list[dict[str, object]] = []
    for name, fit in fits.items():
        if fit is None or last is None:
            rows.append({"term": "AIC", "model": name, "reason": Reason.NOT_CONVERGED})
            continue
        criteria = {"AIC": fit.aic, "BIC": fit.bic_llf, "McFadden R²": 1 - fit.llf / fit.llnull}
        criteria["AUC"] = logit.auc(data.any, logit.leave_one_out(fit))
        rows += [{"term": term, "model": name, "estimate": value} for term, value in criteria.items()]
        if set(sets[name]) < set(largest):
            ratio = max(2 * (last.llf - fit.llf), 0)
            p_value = stats.chi2.sf(ratio, len(last.params) - len(fit.params))
            rows.append({"term": "likelihood ratio", "model": name, "estimate": ratio, "p_value": p_value})
    return Estimates([{"reason": Reason.NO_INTERVAL, **row} for row in rows], **shared)


def calibration(observations: Observations, covariates: Sequence[str] = MAIN, n_groups: int = 8) -> Estimates:
    """Observed share (Wilson) in groups of like prediction.

    Predictions are for each municipality from a model without it (one-step leave-one-out), so that a
    model that merely remembers does not look good.

    Parameters
    ----------
    observations : Observations
    covariates : sequence of str
        Names from ``covariates.COVARIATES``.
    n_groups : int

    Returns
    -------
    Estimates
        ``observed share`` per group, ``x`` the mean prediction; last ``Hosmer–Lemeshow``, the statistic with its
        ``p_value`` (small: badly calibrated).
    """
    data = models.prepare(observations, covariates)
    reason = data.unusable()
    unit = Unit.UPTAKE if observations.coverage is Coverage.CENSUS else Unit.RECORDED
    fit = None if reason else logit.likelihood(data.x, data.any)
    if fit is None:
        row = {"term": "observed share", "reason": reason or Reason.NOT_CONVERGED}
        return Estimates([row], unit=unit, method="none", **observations.metadata)
    predicted = logit.leave_one_out(fit)
    bins = pd.qcut(predicted, whole_number("n_groups", n_groups, 1), labels=False, duplicates="drop")
    table = pd.DataFrame({"p": predicted, "y": data.any, "bin": bins}).groupby("bin")
    x, n, p = table["y"].sum().to_numpy(), table.size().to_numpy(float), table["p"].mean().to_numpy()
    low, high = proportions.wilson(x, n)
    shares = pd.DataFrame({"x": p, "estimate": x / n, "conf_low": low, "conf_high": high, "n": n})
    shares = shares.assign(
        numerator=x, denominator=n, term="observed share", unit=unit, method="Wilson", reason=""
    )
    statistic = ((x - n * p) ** 2 / (n * p * (1 - p))).sum()
    # The predictions are not fitted to the groups (leave-one-out), so no degree of freedom is lost.
    test = {"term": "Hosmer–Lemeshow", "estimate": statistic, "p_value": stats.chi2.sf(statistic, len(n))}
    test |= {"n": n.sum(), "unit": Unit.INDEX, "method": "chi-square", "reason": Reason.NO_INTERVAL}
    return Estimates(pd.concat([shares, pd.DataFrame([test])], ignore_index=True), **observations.metadata)


def influence(observations: Observations, covariates: Sequence[str] = MAIN) -> Estimates:
    """Odds ratios when the single most influential municipality for each covariate is left out.

    Parameters
    ----------
    observations : Observations
    covariates : sequence of str
        Names from ``covariates.COVARIATES``.

    Returns
    -------
    Estimates
        Per covariate (``term``) the odds ratio of the full model; ``conf_low`` and ``conf_high`` are the smallest and
        largest that leaving out one municipality gives (one-step); ``group`` is the code of the municipality that
        moves it most.
    """
    data = models.prepare(observations, covariates)
    reason = data.unusable() or (Reason.TOO_FEW if data.needs_firth() else Reason.NONE)
    fit = None if reason else logit.likelihood(data.x, data.any)
    shared = {"n": len(data.count), "unit": Unit.ODDS_RATIO, "method": "leave one out", **data.metadata}
    if fit is None:
        reason = reason or Reason.NOT_CONVERGED
        return Estimates([{"term": name} for name in covariates], reason=reason, **shared)
    full, moved = np.exp(fit.params[1:]), np.exp(fit.params[1:] - logit.changes(fit)[:, 1:])
    most = np.abs(np.log(moved / full)).argmax(axis=0)
    frame = pd.DataFrame({"estimate": full, "conf_low": moved.min(axis=0), "conf_high": moved.max(axis=0)})
    codes = data.panel["municipality_code"].to_numpy()[most]
    return Estimates(frame.assign(term=list(data.covariates), group=codes), **shared)


def rescaled(
    frame: pd.DataFrame,
    panel: pd.DataFrame,
    covariates: Sequence[str] = MAIN,
    per: Per = "standard deviation",
) -> Estimates:
    """Odds, rate and hazard ratios per standard deviation of the covariate, or per 10 per cent of it.

    A doubling of expenditure per inhabitant is two and a half standard deviations, one of population less than
    one: per doubling they cannot be compared with each other.

    Parameters
    ----------
    frame : DataFrame
        Ratios from ``models`` or a hazard, ``term`` a name from ``covariates.COVARIATES``.
    panel : DataFrame
        What the model was fitted to.
    covariates : sequence of str
        The model's covariates: the standard deviation is over the municipalities that have them all.
    per : {"standard deviation", "10 per cent"}
        The latter for covariates that are per doubling; the others are left out.

    Returns
    -------
    Estimates
        The rows of ratios, with ``per`` added to the method.
    """
    one_of("step of the covariate (per)", per, get_args(Per))
    spread = design_matrix(panel, covariates).std()
    ratios = frame["unit"].isin([Unit.ODDS_RATIO, Unit.RATE_RATIO, Unit.HAZARD_RATIO]) & frame["term"].isin(
        spread.index
    )
    if per == "10 per cent":
        ratios &= frame["term"].str.endswith(DOUBLING)
    rows = frame[ratios].copy()
    power = rows["term"].map(spread) if per == "standard deviation" else np.log2(1.1)
    for column in ("estimate", "conf_low", "conf_high"):
        rows[column] = rows[column] ** power
    rows["std_error"] = rows["std_error"] * power
    rows["method"] = rows["method"] + f"; per {per}"
    return Estimates(rows)


def per_krone(observations: Observations, covariates: Sequence[str] = MAIN) -> Estimates:
    """Participations per krone of purchases: by population alone, and beside the other covariates.

    The two answer different questions, so they stand side by side. Negative binomial where the counts vary more
    than a Poisson law lets them (``models.DISPERSED``), else Poisson.

    Parameters
    ----------
    observations : Observations
    covariates : sequence of str
        Names from ``covariates.COVARIATES``, population among them.

    Returns
    -------
    Estimates
        Rate ratios per doubling of population; ``model`` says "unadjusted" or "adjusted" and the law. The two
        are of the municipalities that have all covariates.
    """
    complete = observations.with_panel(
        observations.panel.loc[design_matrix(observations.panel, covariates).index]
    )
    parts = []
    for name, chosen in (("unadjusted", (POPULATION,)), ("adjusted", tuple(covariates))):
        frame = models.number_of_participations(complete, chosen, exposure="purchases_nok_thousand")
        row = frame[frame["term"] == POPULATION].tail(1)  # of the negative binomial where that is given
        parts.append(row.assign(model=f"{name}, {row['model'].iloc[0]}"))
    return Estimates(pd.concat(parts, ignore_index=True))


def cooperation_members(panel: pd.DataFrame, cooperations: pd.DataFrame) -> pd.DataFrame:
    """The panel with membership of a standing procurement cooperation, for ``covariates.COOPERATION``.

    Parameters
    ----------
    panel, cooperations : DataFrame
        The tables of these names.

    Returns
    -------
    DataFrame
        The panel with ``is_procurement_cooperation_member``: named as a member of one. Others may be among the
        members that the sources only count: ``members_named`` is the part of all members that is named, the same in
        each row.
    """
    bought = cooperations[cooperations["kind"] == "standing"]
    named = bought.dropna(subset="municipality_code").drop_duplicates(["cooperation_id", "municipality_code"])
    unnamed = bought.groupby("cooperation_id")["unnamed_members"].max().fillna(0).sum()
    total = len(named) + float(unnamed)
    return panel.assign(
        is_procurement_cooperation_member=panel["municipality_code"].isin(named["municipality_code"]),
        members_named=len(named) / total if total else np.nan,
    )
