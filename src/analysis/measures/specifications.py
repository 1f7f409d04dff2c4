"""What a specification curve varies, as arrays: who is counted how often, and with which weights they compare.

Every specification compares two weighted sums of one vector (participations of each unit) over units. A vector
belongs to a sample, a period and an outcome; the weights to a definition, an exposure and strata. All
specifications are then one matrix product, also when units are shuffled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from analysis.definitions import Definition
from analysis.errors import AnalysisError
from analysis.measures import covariates
from analysis.measures.estimates import Coverage, Reason, Unit
from analysis.measures.former_units import LAST_YEAR, records_then
from analysis.measures.groups import difference_and_ratio, known_names
from analysis.measures.intensity import MIN_PROJECTS
from analysis.measures.observations import Observations
from analysis.measures.projects import tie_places
from analysis.stats import occupancy

#: Column of the exposure by outcome; "found" is whether there is any participation.
OUTCOMES: dict[str, str | None] = {
    "found": None,
    "participations": None,
    "per inhabitant": "population",
    "per krone": "purchases_nok_thousand",
}
WEIGHTS = ("equal", "split")
NOW, THEN = "2024", "2016"
WHOLE_COUNTRY = "country"
WITHIN = (WHOLE_COUNTRY, "county_code")
#: The rows of before anyone looked for small rural municipalities in particular.
FIRST = "first collection"
#: Begins the name of a sample of one programme.
ONLY = "only "

#: How the limits allow for projects that bring in several municipalities: of shares found, and of numbers.
PROJECTS = "projects as a Poisson process"
JACKKNIFE = "jackknife of projects"
#: Columns of estimates that ``compared`` fills, beside those of the choice.
RESULTS = ("estimate", "conf_low", "conf_high", "std_error", "n", "numerator", "denominator", "reason")

Span = tuple[int, int] | None
PERIODS: dict[str, Span] = {
    "all years": None,
    "to 2019": (1900, LAST_YEAR),
    "from 2020": (LAST_YEAR + 1, 2100),
}


@dataclass(frozen=True)
class Vector:
    """Participations of one sample and period: ties of projects to units, by position.

    ``share`` of a tie is 1 over the members of its project; ``projects`` are the names by position.
    """

    sample: str
    period: str
    unit: np.ndarray
    project: np.ndarray
    share: np.ndarray
    projects: pd.Index
    coverage: str

    def values(self, outcome: str, weight: str, unit: np.ndarray | None = None, n: int = 0) -> np.ndarray:
        """What each of ``n`` units has, the ties' own units or others given."""
        at = self.unit if unit is None else unit
        counts = np.bincount(at, self.share if weight == "split" else None, minlength=n).astype(float)
        return (counts > 0).astype(float) if outcome == "found" else counts


@dataclass(frozen=True)
class Weights:
    """Two rows of weights over units, such that group over others is ``mine·y / others·y``.

    ``scale`` makes ``(mine·y − others·y) / scale`` the difference of the two rates; ``group`` marks the
    group, ``exposure`` is the group's.
    """

    definition: str
    column: str | None
    within: str
    mine: np.ndarray
    others: np.ndarray
    scale: float
    group: np.ndarray
    exposure: float


def weights(
    panel: pd.DataFrame, definition: str, inside: pd.Series, column: str | None, within: str
) -> Weights:
    """Mantel and Haenszel's weights for a ratio of rates within strata; in one stratum the plain ratio.

    Units whose group or exposure is unknown have weight 0.
    """
    exposure = covariates.exposure(panel, column)
    known = np.isfinite(exposure) & inside.notna().to_numpy()
    group = inside.fillna(False).to_numpy(bool) & known
    outside = ~inside.fillna(True).to_numpy(bool) & known
    exposure = np.where(known, exposure, 0.0)
    stratum = np.zeros(len(panel), int) if within == WHOLE_COUNTRY else pd.factorize(panel[within])[0]
    one, two = (np.bincount(stratum, exposure * side) for side in (group, outside))
    total = np.maximum(one + two, 1e-300)
    return Weights(
        definition,
        column,
        within,
        group * (two / total)[stratum],
        outside * (one / total)[stratum],
        float((one * two / total).sum()),
        group,
        float(exposure[group].sum()),
    )


def compared(
    vector: Vector, outcome: str, weight: str, chosen: Sequence[Weights], n_units: int
) -> list[dict[str, object]]:
    """Ratio, and for the share found the difference too, of one vector and outcome under each of the weights.

    Limits: of a ratio on the logarithm's scale, to first order; a difference of shares lies between −1 and 1. There are
    none where either side rests on too few projects.
    """
    y = vector.values(outcome, weight, n=n_units)
    mine, others, scale = (
        np.array([getattr(w, name) for w in chosen]) for name in ("mine", "others", "scale")
    )
    one, two = mine @ y, others @ y
    with np.errstate(divide="ignore", invalid="ignore"):
        contrasts = [(mine - others) / scale[:, None], mine / one[:, None] - others / two[:, None]]
        contrasts = [np.nan_to_num(values, posinf=0, neginf=0) for values in contrasts]
        difference, ratio = (one - two) / scale, one / two
    found_once, amount = outcome == "found", vector.share if weight == "split" else None
    limits = occupancy.errors(
        vector.project, vector.unit, np.vstack(contrasts).T, once=found_once, amount=amount
    )
    errors, half = (values.reshape(2, -1) for values in limits)
    projects = [occupancy.projects_of(vector.project, vector.unit, side > 0) for side in (mine, others)]
    half = np.where(np.minimum(*projects) >= MIN_PROJECTS, half, np.nan)
    with np.errstate(over="ignore"):
        times = np.exp(half[1])
    units = difference_and_ratio(Coverage(vector.coverage))
    found: dict[str, tuple[np.ndarray, ...]] = {}
    if outcome == "found":
        low, high = np.clip([difference - half[0], difference + half[0]], -1, 1)
        found["difference"] = difference, low, high, errors[0]
    else:
        units["ratio"] = Unit.RATE_RATIO
    found["ratio"] = ratio, ratio / times, ratio * times, errors[1]
    shared: dict[str, object] = {"sample": vector.sample, "period": vector.period, "outcome": outcome}
    shared |= {"weight": weight, "coverage": vector.coverage}
    shared["method"] = PROJECTS if outcome == "found" else JACKKNIFE
    rows = []
    for k, w in enumerate(chosen):
        row = {**shared, "definition": w.definition, "within": w.within}
        row["n"] = int((w.mine + w.others > 0).sum())
        row |= {"numerator": float(y[w.group].sum()), "denominator": w.exposure}
        for term, values in found.items():
            reason = _reason(w, float(one[k]), float(two[k]), term)
            numbers = dict(zip(RESULTS[:4], (float(v[k]) for v in values), strict=True))
            if reason:
                numbers = {}
            elif not np.isfinite(list(numbers.values())).all() or (term == "ratio" and not one[k]):
                numbers = {"estimate": numbers["estimate"]}
                reason = Reason.NO_SPREAD if one[k] else Reason.NO_WALD
            rows.append({**row, "term": term, "unit": units[term], "reason": reason, **numbers})
    return rows


def _reason(compared: Weights, one: float, two: float, term: str) -> Reason:
    if not compared.group.any():
        return Reason.EMPTY_GROUP
    if not compared.others.any():
        return Reason.EMPTY_COMPARISON if compared.within == WHOLE_COUNTRY else Reason.ONE_STRATUM
    if term == "ratio" and not two:
        return Reason.NONE_IN_COMPARISON if one else Reason.NO_PARTICIPANTS
    return Reason.NONE


def comparisons(
    panel: pd.DataFrame,
    definitions: Mapping[str, Definition],
    outcomes: Mapping[str, str | None],
    within: tuple[str, ...],
) -> list[Weights]:
    """Weights for every definition, exposure and strata that the panel has the columns for."""
    columns = [c for c in dict.fromkeys(outcomes.values()) if c is None or c in panel]
    return [
        weights(panel, name, definition.applies(panel), column, strata)
        for name, definition in definitions.items()
        if not definition.kostra_groups or "kostra_group" in panel
        for column in columns
        for strata in within
    ]


def vectors(
    samples: Mapping[str, Observations],
    periods: Mapping[str, Span],
    units: pd.DataFrame | None = None,
) -> list[Vector]:
    """Participations of every sample in every period.

    Parameters
    ----------
    samples : mapping of str to Observations
    periods : mapping of str to (first year, last year) or None
    units : DataFrame, optional
        From ``former_units.units_then``: participations are then of these, in periods that end while they stood.
    """
    found = []
    for sample, observations in samples.items():
        for period, years in periods.items():
            if units is not None and (years is None or years[1] > LAST_YEAR):
                continue
            chosen = observations if years is None else observations.where(years=years)
            if units is None:
                rows, (ties, share) = chosen.municipal_rows, tie_places(chosen, "split")
                project, places = pd.factorize(rows.award[ties])
                names = rows.awards.take(places)
                home = pd.Index(observations.panel["municipality_code"]).get_indexer(rows.municipalities)
                unit = home[rows.municipality[ties]]
            else:
                pairs = records_then(chosen, units)[["municipality_code", "project_id"]].drop_duplicates()
                project, names = pd.factorize(pairs["project_id"])
                unit = pd.Index(units["municipality_code"]).get_indexer(pairs["municipality_code"])
                share = 1 / np.bincount(project)[project]
            found.append(Vector(sample, period, unit, project, share, pd.Index(names), chosen.coverage))
    return found


def default_samples(observations: Observations) -> dict[str, Observations]:
    """The ways to choose rows of the register.

    All rows; stated rows only; without rows that name a group; what was collected first, as later batches looked
    for small rural municipalities in particular; without each programme that brings a tenth of the participations
    or more; each programme with projects enough by itself.
    """
    samples = {"all rows": observations, "stated only": observations.where(stated_only=True)}
    samples["without expanded"] = observations.where(basis="named")
    rows = observations.participation
    if "batch" in rows:
        first = rows[~rows["batch"].astype("str").str.fullmatch(r"\d{4}-\d{2}-\d{2}")]
        if 0 < len(first) < len(rows):
            samples[FIRST] = observations.with_participation(first)
    ids = observations.programme_ids
    if len(ids) > 1:
        size = observations.rows["programme_id"].value_counts()
        projects = observations.rows.groupby("programme_id")["project_id"].nunique()
        for left in ids:
            if size.get(left, 0) >= 0.1 * size.sum():
                samples[f"without {left}"] = observations.where(programmes=[i for i in ids if i != left])
        for one in ids:
            if projects.get(one, 0) >= MIN_PROJECTS:
                samples[f"{ONLY}{one}"] = observations.where(programmes=one)
    return samples


def designs(
    observations: Observations,
    definitions: Mapping[str, Definition],
    samples: Mapping[str, Observations] | None,
    periods: Mapping[str, Span],
    outcomes: Sequence[str],
    within: Sequence[str],
    units_then: pd.DataFrame | None,
) -> list[tuple[str, pd.DataFrame, Vector, list[tuple[str, str, list[Weights]]]]]:
    """Per unit of analysis and vector: the panel, and the weights by outcome and weighting of projects."""
    samples = default_samples(observations) if samples is None else samples
    for what, given in {"definitions": definitions, "samples": samples, "periods": periods}.items():
        if not isinstance(given, Mapping):
            raise AnalysisError(f"{what}: {given!r} was given; it takes a dict, each by a name of its own")
    asked = {name: OUTCOMES[name] for name in known_names("outcome", outcomes, OUTCOMES)}
    strata = known_names("column of the panel", within, [WHOLE_COUNTRY, *observations.panel])
    found = []
    for unit, panel in ((NOW, observations.panel), (THEN, units_then)):
        if panel is None:
            continue
        compared = comparisons(panel, definitions, asked, strata)
        pairs = [
            (outcome, weight, chosen)
            for outcome, column in asked.items()
            for weight in (WEIGHTS if outcome != "found" else WEIGHTS[:1])
            if (chosen := [w for w in compared if w.column == column])
        ]
        for vector in vectors(samples, periods, units_then if unit == THEN else None):
            found.append((unit, panel, vector, pairs))
    return found
