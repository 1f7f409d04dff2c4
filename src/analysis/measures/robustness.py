"""The gap under every defensible choice at once: a specification curve.

Choices: who is small and rural, which rows of the register count, what is counted and per what, how a joint
project counts, whether counties are compared within, which years, and whether a municipality is as it is in 2024
or as it was in 2016. All combinations are computed and shown; none is picked afterwards. Most of them rest on the
same rows: ``joint_test`` says how many are distinct, how many independent ones they are worth, and tests them as one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from analysis.definitions import SMALL_RURAL, Definition
from analysis.measures.estimates import Coverage, Estimates, Reason, Unit, weakest
from analysis.measures.gap import JACKKNIFE, difference_and_ratio
from analysis.measures.intensity import MIN_PROJECTS
from analysis.measures.observations import Observations
from analysis.measures.specifications import (
    NOW,
    OUTCOMES,
    PERIODS,
    WHOLE_COUNTRY,
    WITHIN,
    Span,
    Vector,
    Weights,
    designs,
)
from analysis.stats import proportions, resample

CHOICES = ("definition", "sample", "unit_of_analysis", "period", "outcome", "weight", "within")
#: The specification that the reports use for the share found at least once.
MAIN = dict(
    zip(CHOICES, ("main", "all rows", NOW, "all years", "found", "equal", WHOLE_COUNTRY), strict=True)
)


def specification_curve(
    observations: Observations,
    *,
    definitions: Mapping[str, Definition] = SMALL_RURAL,
    samples: Mapping[str, Observations] | None = None,
    periods: Mapping[str, Span] = PERIODS,
    outcomes: Sequence[str] = tuple(OUTCOMES),
    within: Sequence[str] = WITHIN,
    units_then: pd.DataFrame | None = None,
) -> Estimates:
    """Ratio, and for the share found the difference too, for every combination of ``CHOICES``.

    Parameters
    ----------
    observations : Observations
    definitions : mapping of str to Definition
    samples : mapping of str to Observations, optional
        ``specifications.default_samples`` where None.
    periods : mapping of str to (first year, last year) or None
    outcomes : sequence of str
        Of ``specifications.OUTCOMES``: "found" at least once, "participations" per municipality, "per inhabitant",
        "per krone" of purchases. The last three also with joint projects split among their members.
    within : sequence of str
        "country", or a column of the panel within whose values the groups are compared (Mantel–Haenszel).
    units_then : DataFrame, optional
        From ``former_units.units_then``: the municipalities of 2016 by what they were then, all of them counted
        below the line; in periods that end while they stood, and without those definitions and outcomes that are
        not known for them.

    Returns
    -------
    Estimates
        ``ratio`` and ``difference`` (of shares found) with one column per choice. Limits: leaving out each project.
    """
    rows: list[dict[str, object]] = []
    for unit, panel, one, pairs in designs(
        observations, definitions, samples, periods, outcomes, within, units_then
    ):
        for outcome, weight, chosen in pairs:
            rows += _compared(one, outcome, weight, chosen, unit, len(panel))
    return Estimates(rows, method=JACKKNIFE)


def _compared(
    vector: Vector, outcome: str, weight: str, compared: list[Weights], unit: str, n: int
) -> list[dict[str, object]]:
    """Rows of one vector and outcome under all its weights."""
    y, lost = vector.values(outcome, weight, n=n), vector.without_each(outcome, weight, n)
    mine, others = (np.array([getattr(w, side) for w in compared]) for side in ("mine", "others"))
    one, two = mine @ y, others @ y
    with np.errstate(divide="ignore", invalid="ignore"):
        left = one - lost @ mine.T, two - lost @ others.T
        ratio, error = one / two, resample.jackknife_error(np.log(left[0] / left[1]))
        half = np.exp(proportions.Z * error)
        scale = np.array([w.scale for w in compared])
        difference = (one - two) / scale
        width = proportions.Z * resample.jackknife_error((left[0] - left[1]) / scale)
    units = difference_and_ratio(Coverage(vector.coverage))
    shared: dict[str, object] = {"sample": vector.sample, "period": vector.period, "unit_of_analysis": unit}
    shared |= {"outcome": outcome, "weight": weight, "coverage": vector.coverage}
    few, rows = len(vector.projects) < MIN_PROJECTS, []
    for k, w in enumerate(compared):
        values: dict[str, tuple[float, float, float, Unit]] = {
            "ratio": (
                ratio[k],
                ratio[k] / half[k],
                ratio[k] * half[k],
                units["ratio"] if outcome == "found" else Unit.RATE_RATIO,
            )
        }
        if outcome == "found":
            values["difference"] = (
                difference[k],
                difference[k] - width[k],
                difference[k] + width[k],
                units["difference"],
            )
        row = {**shared, "definition": w.definition, "within": w.within, "n": n}
        row |= {"numerator": float(y[w.group].sum()), "denominator": w.exposure}
        for term, (estimate, low, high, measured) in values.items():
            reason = _reason(w, float(one[k]), float(two[k]), term)
            numbers = {} if reason else {"estimate": estimate}
            if not reason and np.isfinite([low, high]).all() and not few:
                numbers |= {"conf_low": low, "conf_high": high}
            elif not reason:
                reason = Reason.NO_WALD if not one[k] else Reason.NO_SPREAD
            rows.append({**row, "term": term, "unit": measured, "reason": reason, **numbers})
    return rows


def _reason(compared: Weights, one: float, two: float, term: str) -> Reason:
    if not compared.group.any():
        return Reason.EMPTY_GROUP
    if not compared.others.any():
        return Reason.EMPTY_COMPARISON if compared.within == WHOLE_COUNTRY else Reason.ONE_STRATUM
    if term == "ratio" and not two:
        return Reason.NONE_IN_COMPARISON if one else Reason.NO_PARTICIPANTS
    return Reason.NONE


def is_main(curve: pd.DataFrame) -> pd.Series:
    """Which rows of a specification curve are the specification that the reports use."""
    return (curve[list(CHOICES)] == pd.Series(MAIN)).all(axis=1)


def summary(curve: pd.DataFrame, term: str = "difference") -> Estimates:
    """The curve in five numbers.

    Parameters
    ----------
    curve : DataFrame
        From ``specification_curve``.
    term : {"difference", "ratio"}

    Returns
    -------
    Estimates
        ``same sign`` (share with the sign of the main specification), ``interval without no gap`` (share whose interval
        leaves out 0, or 1 for the ratio), and ``smallest``, ``median``, ``largest`` estimate, which carry interval and
        choices of the specification they come from. ``n``: specifications that could be estimated.
    """
    chosen = curve[(curve["term"] == term) & curve["estimate"].notna()].sort_values("estimate")
    shared = {"group": term, "n": len(chosen), "coverage": weakest(curve["coverage"])}
    shared["method"] = "specification curve"
    shares = ("same sign", "interval without no gap")
    places = {"smallest": 0, "median": (len(chosen) - 1) // 2, "largest": len(chosen) - 1}
    if chosen.empty:
        empty = [{"term": name} for name in (*shares, *places)]
        return Estimates(empty, unit=Unit.SHARE, reason=Reason.TOO_FEW, **shared)
    none = 0.0 if term == "difference" else 1.0
    main = chosen.loc[is_main(chosen), "estimate"]
    reference = main.iloc[0] if len(main) else chosen["estimate"].median()
    same = np.sign(chosen["estimate"] - none) == np.sign(reference - none)
    clear = (chosen["conf_low"] > none) | (chosen["conf_high"] < none)
    exact = {"denominator": len(chosen), "unit": Unit.SHARE, "reason": Reason.NO_INTERVAL}
    rows: list[dict[str, object]] = [
        {"term": name, "estimate": hits.mean(), "numerator": hits.sum(), **exact}
        for name, hits in zip(shares, (same, clear), strict=True)
    ]
    kept = ["estimate", "conf_low", "conf_high", "numerator", "denominator", "unit", "reason", *CHOICES]
    rows += [{**chosen.iloc[place][kept].to_dict(), "term": name} for name, place in places.items()]
    return Estimates([{**dict.fromkeys(CHOICES, ""), **row} for row in rows], **shared)
