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
from analysis.measures.estimates import Estimates, Reason, Unit, weakest
from analysis.measures.observations import Observations
from analysis.measures.specifications import (
    NOW,
    OUTCOMES,
    PERIODS,
    WHOLE_COUNTRY,
    WITHIN,
    Span,
    compared,
    designs,
)

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
        ``ratio`` and ``difference`` (of shares found) with one column per choice. Limits allow for joint projects: of shares found as
        in ``gap``, of numbers by leaving out each project.
    """
    rows: list[dict[str, object]] = []
    for unit, panel, one, pairs in designs(
        observations, definitions, samples, periods, outcomes, within, units_then
    ):
        for outcome, weight, chosen in pairs:
            found = compared(one, outcome, weight, chosen, len(panel))
            rows += [{**row, "unit_of_analysis": unit} for row in found]
    return Estimates(rows)


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
        empty = [{"term": name, **dict.fromkeys(CHOICES, "")} for name in (*shares, *places)]
        return Estimates(empty, unit=Unit.SHARE, reason=Reason.TOO_FEW, **shared)
    none = 0.0 if term == "difference" else 1.0
    main = chosen.loc[(chosen[[*CHOICES]] == pd.Series(MAIN)).all(axis=1), "estimate"]
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
