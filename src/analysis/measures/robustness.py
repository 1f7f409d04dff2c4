"""The gap under every defensible choice at once: a specification curve.

Choices: who is small and rural, which rows of the register count, whether a municipality is as it is in
2024 or as it was when it took part, and which years. All combinations are computed and shown; none is
picked afterwards.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.definitions import SMALL_RURAL, small_rural
from analysis.measures.estimates import Coverage, Estimates, Reason, Unit, weakest
from analysis.measures.gap import compare, difference_and_ratio
from analysis.measures.observations import Observations

CHOICES = ("definition", "sample", "unit_of_analysis", "period")
PERIODS: dict[str, tuple[int, int] | None] = {
    "all years": None,
    "to 2019": (1900, 2019),
    "from 2020": (2020, 2100),
}
#: The rows of before anyone looked for small rural municipalities in particular (see ``_first``).
FIRST = "first collection"
#: The specification that the reports use.
MAIN = dict(zip(CHOICES, ("main", "all rows", "2024", "all years"), strict=True))


def specification_curve(observations: Observations) -> Estimates:
    """Difference (Newcombe) and ratio (score) for every combination of ``CHOICES``.

    Samples: all rows; stated rows only; without rows that name a group; the first collection, as later batches
    looked for small rural municipalities in particular; without each programme in turn. Unit "then": a participant
    has the smallest population with which it took part, where the register knows it, and the others stay
    as in 2024; merged municipalities that never took part are thus not broken up, which favours the small.

    Parameters
    ----------
    observations : Observations

    Returns
    -------
    Estimates
        ``difference`` and ``ratio`` with one column per choice: ``definition`` (key of ``definitions.SMALL_RURAL``),
        ``sample``, ``unit_of_analysis`` and ``period``.
    """
    panel = observations.panel
    now = {key: small_rural(panel, key) for key in SMALL_RURAL}
    counts, choices = [], []
    for sample, sampled in _samples(observations).items():
        for period, years in PERIODS.items():
            chosen = sampled.where(years=years)
            found = chosen.found.to_numpy()
            then = panel.assign(population=_population_then(chosen))
            for unit in ("2024", "then"):
                for key in SMALL_RURAL:
                    inside = now[key] if unit == "2024" else small_rural(then, key)
                    counts.append(_count(inside, found))
                    choices.append((key, sample, unit, period, chosen.coverage))
    methods = (("difference", "Newcombe"), ("ratio", "score"))
    table = pd.DataFrame(choices * len(methods), columns=[*CHOICES, "coverage"])
    frame = compare(np.array(counts), methods).join(table)
    units = {coverage: difference_and_ratio(coverage) for coverage in Coverage}
    frame["unit"] = [units[c][term] for c, term in zip(frame["coverage"], frame["term"], strict=True)]
    return Estimates(frame)


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


def _samples(observations: Observations) -> dict[str, Observations]:
    """The ways to choose rows of the register."""
    ids = observations.programme_ids
    samples = {"all rows": observations, "stated only": observations.where(stated_only=True)}
    samples["without expanded"] = observations.where(basis="named")
    first = _first(observations.participation)
    if len(first) < len(observations.participation):
        samples[FIRST] = observations.with_participation(first)
    if len(ids) > 1:
        for left in ids:
            samples[f"without {left}"] = observations.where(programmes=[i for i in ids if i != left])
    return samples


def _first(participation: pd.DataFrame) -> pd.DataFrame:
    """The rows of undated batches: what was collected before the register was extended (dated batches)."""
    if "batch" not in participation:
        return participation
    return participation[~participation["batch"].astype("str").str.fullmatch(r"\d{4}-\d{2}-\d{2}")]


def _population_then(observations: Observations) -> pd.Series:
    panel = observations.panel
    smallest = observations.records.groupby("municipality_code")["population_then"].min()
    then = panel["municipality_code"].map(smallest).astype("Float64")
    return then.fillna(panel["population"].astype("Float64")).round().astype("Int64")


def _count(inside: pd.Series, found: np.ndarray) -> tuple[int, int, int, int]:
    group = inside.fillna(False).to_numpy(bool)
    others = (~inside).fillna(False).to_numpy(bool)
    return (group & found).sum(), group.sum(), (others & found).sum(), others.sum()
