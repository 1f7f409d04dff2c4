"""The gap under every defensible choice at once: a specification curve.

Choices: who is small and rural, which rows of the register count, what is counted and per what, how a joint
project counts, whether counties are compared within, which years, and whether a municipality is as it is in 2024
or as it was in 2016. All combinations are computed and shown; none is picked afterwards. Most of them rest on the
same rows: ``joint_test`` says how many are distinct, how many independent ones they are worth, and tests them as one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd

from analysis.definitions import SMALL_RURAL, Definition
from analysis.errors import whole_number
from analysis.measures.estimates import Estimates, Reason, Unit, weakest
from analysis.measures.intensity import MIN_PROJECTS
from analysis.measures.observations import Observations
from analysis.measures.projects import leads
from analysis.measures.spatial import nearness
from analysis.measures.specifications import (
    NOW,
    OUTCOMES,
    PERIODS,
    WHOLE_COUNTRY,
    WITHIN,
    Span,
    Vector,
    compared,
    designs,
    vectors,
)
from analysis.stats import TAILS, relocation, resample

CHOICES = ("definition", "sample", "unit_of_analysis", "period", "outcome", "weight", "within")
#: The specification that the reports use for the share found at least once.
MAIN = dict(
    zip(CHOICES, ("main", "all rows", NOW, "all years", "found", "equal", WHOLE_COUNTRY), strict=True)
)
N_PERMUTATIONS = 999


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


def joint_test(
    observations: Observations,
    boundaries: gpd.GeoDataFrame | None = None,
    *,
    definitions: Mapping[str, Definition] = SMALL_RURAL,
    samples: Mapping[str, Observations] | None = None,
    periods: Mapping[str, Span] = PERIODS,
    outcomes: Sequence[str] = tuple(OUTCOMES),
    within: Sequence[str] = WITHIN,
    n_permutations: int = N_PERMUTATIONS,
    seed: int = 0,
) -> Estimates:
    """One test of the whole curve, and how many results it really holds.

    Null: which municipality takes part has nothing to do with what it is. Without ``boundaries`` municipalities
    are shuffled, each with all its participations: the members of a joint project stay together in it, but are then
    no neighbours. With them whole projects are placed anew: every municipality is as likely to lead as any other,
    and the other members are as near to the lead as they were. Of each specification the difference of the two
    weighted sums counts, in standard deviations of its null; the test is the mean over all specifications
    (Simonsohn, Simmons and Nelson 2020), so that choices cannot be picked. Units are the municipalities of 2024.

    Parameters
    ----------
    observations : Observations
    boundaries : GeoDataFrame, optional
        municipality_code and geometry in metres.
    definitions, samples, periods, outcomes, within
        As in ``specification_curve``.
    n_permutations, seed : int

    Returns
    -------
    Estimates
        ``mean standardised difference`` with its two-sided ``p_value`` and the middle 95 % of its null;
        ``specifications``; ``distinct results``; ``effective number`` of independent results, from the eigenvalues
        of the specifications' correlation under the null ((Σλ)² / Σλ²).
    """
    every = designs(observations, definitions, samples, periods, outcomes, within, None)
    kept = [design for design in every if len(design[2].projects) >= MIN_PROJECTS]
    panel = observations.panel
    method = "municipalities shuffled" if boundaries is None else "projects placed anew"
    shared = {"method": method, "n": len(panel), "group": "all", **observations.metadata}
    terms = ("mean standardised difference", "specifications", "distinct results", "effective number")
    blocks = []
    for _, _, vector, pairs in kept:
        own = []
        for outcome, weight, chosen in pairs:
            usable = [w for w in chosen if w.mine.any() and w.others.any()]
            contrast = np.array([w.mine - w.others for w in usable]).reshape(len(usable), len(panel))
            own.append((outcome, weight, contrast))
        blocks.append((vector, own))
    specified = sum(len(contrast) for _, own in blocks for *_, contrast in own)
    if not specified:
        return Estimates(
            [{"term": term, "unit": Unit.COUNT, "reason": Reason.TOO_FEW} for term in terms], **shared
        )
    whole_number("n_permutations", n_permutations, 1)
    moved = _placements(observations, boundaries, n_permutations, seed)
    found = [values for vector, own in blocks for values in _null(vector, own, moved, len(panel))]
    results = np.concatenate(found, axis=1)
    spread = results[1:].std(axis=0, ddof=1)
    results = results[:, spread > 0]
    z = (results - results[1:].mean(axis=0)) / spread[spread > 0]
    mean = z.mean(axis=1)
    low, high = np.quantile(mean[1:], TAILS)
    p_value = (1 + (np.abs(mean[1:]) >= abs(mean[0])).sum()) / (1 + n_permutations)
    gram = z[1:] @ z[1:].T
    counts = (specified, len(np.unique(results[0].round(9))), float(np.trace(gram) ** 2 / (gram**2).sum()))
    rows: list[dict[str, object]] = [
        {
            "term": terms[0],
            "estimate": mean[0],
            "conf_low": low,
            "conf_high": high,
            "p_value": p_value,
            "unit": Unit.INDEX,
        }
    ]
    rows += [
        {"term": term, "estimate": value, "unit": Unit.COUNT, "reason": Reason.NO_INTERVAL}
        for term, value in zip(terms[1:], counts, strict=True)
    ]
    return Estimates(rows, **shared)


Placements = np.ndarray | tuple[pd.MultiIndex, np.ndarray]


def _placements(
    observations: Observations, boundaries: gpd.GeoDataFrame | None, n: int, seed: int
) -> Placements:
    """Where each municipality, or each tie of a project to a municipality, is in each draw; first as it is."""
    rng, codes = resample.generator(n, seed), pd.Index(observations.panel["municipality_code"])
    if boundaries is None:
        return np.vstack(
            [np.arange(len(codes)), rng.permuted(np.tile(np.arange(len(codes)), (n, 1)), axis=1)]
        )
    order = nearness(boundaries, codes)
    head = leads(observations)
    whole = vectors({"all": observations}, {"all": None})[0]
    lead = codes.get_indexer(head.reindex(whole.projects))
    index = pd.MultiIndex.from_arrays([whole.projects[whole.project], whole.unit])
    moved = relocation.moved(whole.project, whole.unit, lead, order, np.ones(len(codes)), n, seed)
    return index, np.vstack([whole.unit, moved])


def _null(
    vector: Vector, compared: Sequence[tuple[str, str, np.ndarray]], placements: Placements, n: int
) -> Iterator[np.ndarray]:
    """The contrasts of one vector as it is (first row) and in every draw, by outcome and weight."""

    @cache
    def placed(is_found: bool, weight: str) -> np.ndarray:
        if isinstance(placements, np.ndarray):
            return vector.values("found" if is_found else "participations", weight, n=n)[placements]
        if is_found:
            return (placed(False, weight) > 0).astype(float)
        index, moved = placements
        at = index.get_indexer(pd.MultiIndex.from_arrays([vector.projects[vector.project], vector.unit]))
        flat = moved[:, at] + n * np.arange(len(moved))[:, None]
        share = np.tile(vector.share, len(moved)) if weight == "split" else None
        counts = np.bincount(flat.ravel(), share, minlength=n * len(moved))
        return counts.reshape(len(moved), n).astype(float)

    for outcome, weight, contrast in compared:
        yield placed(outcome == "found", weight) @ contrast.T
