"""One test of a whole specification curve, and how many results it really holds."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache

import geopandas as gpd
import numpy as np
import pandas as pd

from analysis.definitions import SMALL_RURAL, Definition
from analysis.measures import specifications
from analysis.measures.estimates import Estimates, Reason, Unit
from analysis.measures.intensity import MIN_PROJECTS
from analysis.measures.observations import Observations
from analysis.measures.projects import leads
from analysis.measures.spatial import nearness
from analysis.measures.specifications import OUTCOMES, PERIODS, WITHIN, Span, Vector
from analysis.stats import TAILS, relocation

N_PERMUTATIONS = 999


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
    designs = specifications.designs(observations, definitions, samples, periods, outcomes, within, None)
    kept = [design for design in designs if len(design[2].projects) >= MIN_PROJECTS]
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
    rng, codes = np.random.default_rng(seed), pd.Index(observations.panel["municipality_code"])
    if boundaries is None:
        return np.vstack(
            [np.arange(len(codes)), rng.permuted(np.tile(np.arange(len(codes)), (n, 1)), axis=1)]
        )
    order = nearness(boundaries, codes)
    head = leads(observations)
    whole = specifications.vectors({"all": observations}, {"all": None})[0]
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
