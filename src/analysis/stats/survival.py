"""Kaplan–Meier's curve in discrete time, with delayed entry."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from analysis.stats.proportions import Z, wilson


class Incidence(NamedTuple):
    """Arrays over the times from the first entry to the last exit."""

    time: np.ndarray
    at_risk: np.ndarray
    events: np.ndarray
    estimate: np.ndarray
    conf_low: np.ndarray
    conf_high: np.ndarray


def cumulative_incidence(entry: np.ndarray, exit_: np.ndarray, event: np.ndarray) -> Incidence:
    """Share that has had the event by each time: one less Kaplan–Meier's survival, by statsmodels.

    Parameters
    ----------
    entry, exit_ : array of int
        First and last time at risk, both inclusive.
    event : array of bool
        Whether the event came at the exit.

    Returns
    -------
    Incidence
        Limits: Greenwood's variance on the log(−log) scale; before the first event, and where all have had
        it, Wilson's for none and for all of those at risk.

    Examples
    --------
    >>> curve = cumulative_incidence(np.array([1, 1, 1, 2]), np.array([1, 2, 3, 3]), np.array([True, False, True, False]))
    >>> curve.estimate.round(2).tolist()
    [0.33, 0.33, 0.67]
    """
    time = np.arange(entry.min(), exit_.max() + 1)
    at_risk = ((entry[:, None] <= time) & (time <= exit_[:, None])).sum(axis=0)
    events = ((exit_[:, None] == time) & event[:, None]).sum(axis=0)
    survival, error = np.ones(len(time)), np.zeros(len(time))
    if event.any():
        # Slow to import, and most readers of this module never use it.
        from statsmodels.duration.survfunc import SurvfuncRight

        # statsmodels counts as at risk at a time those that entered strictly before it.
        with np.errstate(divide="ignore", invalid="ignore"):
            curve = SurvfuncRight(exit_, event.astype(float), entry=entry - 1)
        last = np.searchsorted(curve.surv_times, time, side="right")
        survival, error = np.r_[1.0, curve.surv_prob][last], np.r_[0.0, curve.surv_prob_se][last]
        survival = np.where(survival < 1e-12, 0.0, survival)
    inner = (survival > 0) & (survival < 1)
    safe = np.where(inner, survival, 0.5)
    factor = np.exp(Z * np.where(inner, error, 0) / (safe * np.abs(np.log(safe))))
    low = np.where(survival == 0, wilson(at_risk, np.maximum(at_risk, 1))[0], 1 - safe ** (1 / factor))
    high = np.where(survival == 1, wilson(0, np.maximum(at_risk, 1))[1], 1 - safe**factor)
    low, high = np.where(survival == 1, 0.0, low), np.where(survival == 0, 1.0, high)
    return Incidence(time, at_risk, events, 1 - survival, low, high)
