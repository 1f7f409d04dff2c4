"""What others have written, beside our own figure: agrees, contradicts, or cannot say.

The rule, the same for every claim:

* **A number about the same thing.** Where our figure is complete it agrees within one unit or a fortieth of the
  number (rounding, another day), else it contradicts. Where the register may hold only a part, our figure is a
  least number: it contradicts when it exceeds the claim by more than that, agrees when it reaches it, and cannot
  say when it is lower.
* **A direction.** It agrees when our interval lies wholly on the claimed side, contradicts when it lies wholly on
  the other, and cannot say when it holds both, or when there is no interval.
* **Another thing** (a survey's workplaces, a plan, an effect): our nearest figure may stand beside it, and cannot say.
"""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass
from enum import StrEnum
from importlib import resources
from typing import Any

import numpy as np
import pandas as pd

from analysis.measures import census, intensity
from analysis.measures.groups import SMALL_RURAL
from analysis.measures.observations import Observations
from analysis.measures.projects import incidence
from analysis.stats import TAILS, resample

#: Furthest that two figures of the same thing may be apart: a unit, or this part of the number.
UNIT, PART = 1.0, 1 / 40
#: What our figure for each claim is, by claim_id, and what the declaration of one looks like.
CHECKS: dict[str, dict[str, Any]] = tomllib.loads(
    (resources.files("analysis.measures") / "claims.toml").read_text(encoding="utf-8")
)
Declared = dict[str, Any]
COLUMNS = (
    *("claim_id", "topic", "year", "number", "unit", "wording_nb", "wording_en", "source_url"),
    *("measure", "estimate", "conf_low", "conf_high", "claimed", "basis", "verdict"),
)


class Verdict(StrEnum):
    """What our figure says of a claim."""

    AGREES = "agrees"
    CONTRADICTS = "contradicts"
    CANNOT_SAY = "cannot say"


class Basis(StrEnum):
    """What our figure is, which decides what it can say."""

    COMPLETE = "complete"
    LEAST = "least number"
    DIRECTION = "direction"
    OTHER = "another thing"
    NONE = "no figure"


@dataclass(frozen=True)
class Figure:
    """Our figure for a claim.

    ``claimed`` is the claim's number, or the value on whose side the direction is; ``is_above`` says which side.
    """

    measure: str
    estimate: float
    basis: Basis
    claimed: float = np.nan
    conf_low: float = np.nan
    conf_high: float = np.nan
    is_above: bool = False


def verdict(figure: Figure) -> Verdict:
    """The verdict by the module's rule.

    Examples
    --------
    >>> print(verdict(Figure("x", 33, Basis.COMPLETE, claimed=34)), verdict(Figure("x", 27, Basis.COMPLETE, claimed=37)))
    agrees contradicts
    >>> print(verdict(Figure("x", 77, Basis.LEAST, claimed=89)), verdict(Figure("x", 99, Basis.LEAST, claimed=89)))
    cannot say contradicts
    >>> print(verdict(Figure("x", 0.3, Basis.DIRECTION, claimed=1, conf_low=0.2, conf_high=0.5)))
    agrees
    """
    if figure.basis is Basis.DIRECTION:
        known = not np.isnan(figure.conf_low + figure.conf_high + figure.claimed)
        if not known or figure.conf_low <= figure.claimed <= figure.conf_high:
            return Verdict.CANNOT_SAY
        lies_above = figure.conf_low > figure.claimed
        return Verdict.AGREES if lies_above == figure.is_above else Verdict.CONTRADICTS
    if figure.basis not in (Basis.COMPLETE, Basis.LEAST) or np.isnan(figure.estimate):
        return Verdict.CANNOT_SAY
    away = figure.estimate - figure.claimed
    unit = UNIT if figure.claimed > UNIT else 0.0  # a share has no unit
    if abs(away) <= max(unit, PART * figure.claimed):
        return Verdict.AGREES
    return Verdict.CANNOT_SAY if figure.basis is Basis.LEAST and away < 0 else Verdict.CONTRADICTS


def against_literature(
    observations: Observations, claims: pd.DataFrame, population: pd.DataFrame
) -> pd.DataFrame:
    """Every claim of the register's table beside our figure.

    Parameters
    ----------
    observations : Observations
        The whole register.
    claims, population : DataFrame
        The tables of these names.

    Returns
    -------
    DataFrame
        One row per claim, in the table's order: claim_id, topic, year, number (as published), unit (of it),
        wording_nb, wording_en, source_url; measure (what our figure is, English), estimate, conf_low, conf_high,
        claimed (number compared with), basis (value of ``Basis``), verdict (value of ``Verdict``).
    """
    rows = []
    for claim in claims.to_dict("records"):
        declared = CHECKS.get(claim["claim_id"])
        figure = Figure("", np.nan, Basis.NONE)
        if declared is not None:
            figure = _FIGURES[declared["figure"]](observations, declared, population)
        said = {"basis": str(figure.basis), "verdict": str(verdict(figure))}
        rows.append({**claim, **asdict(figure), **said})
    return pd.DataFrame(rows).reindex(columns=list(COLUMNS))


def _ratio(observations: Observations) -> tuple[float, float, float]:
    row = intensity.intensity(observations).set_index("term").loc["ratio"]
    return float(row["estimate"]), float(row["conf_low"]), float(row["conf_high"])


def _small_take_part(observations: Observations, *_: object) -> Figure:
    complete = observations.where(programmes=("horizon_2020", "research_council_project_owner"))
    share = census.rates(complete, SMALL_RURAL).set_index("group")["estimate"]
    value = share[True] / share[False]
    measure = "ratio of shares that took part: Horizon 2020 and the Research Council's owners"
    return Figure(measure, value, Basis.DIRECTION, 1.0, value, value)


def _regional(observations: Observations, said: Declared, _: object) -> Figure:
    regional, national = (
        _ratio(observations.where(programmes=said[name])) for name in ("regional", "national")
    )
    measure = "ratio of participations per municipality in regional schemes, against that in national ones"
    beyond = national[2] if regional[0] > national[0] else national[1]
    return Figure(measure, regional[0], Basis.DIRECTION, beyond, regional[1], regional[2], is_above=True)


def _spread(observations: Observations, *_: object) -> Figure:
    members = incidence(observations)
    band = pd.get_dummies(observations.panel["size_band"]).to_numpy(float)
    band = band[:, band.any(axis=0)]
    drawn = np.vstack([np.ones(len(members)), resample.multiplicities(len(members))]) @ members
    centred = drawn - drawn.mean(axis=1, keepdims=True)
    between = ((centred @ band) ** 2 / band.sum(axis=0)).sum(axis=1) / (centred**2).sum(axis=1)
    low, high = np.quantile(between[1:], TAILS)
    measure = "part of the variance of participations that is between size bands"
    return Figure(measure, float(between[0]), Basis.DIRECTION, 0.5, float(low), float(high))


def _middle(observations: Observations, *_: object) -> Figure:
    band = observations.panel["size_band"].astype(str)
    middle = observations.panel.assign(is_middle=band.isin(["5000-9999", "10000-19999"]))
    kept = middle[middle["is_middle"] | (middle["population"] >= 20_000)]
    row = intensity.intensity(observations.with_panel(kept), "is_middle").set_index("term").loc["ratio"]
    measure = "participations per municipality, 5,000–19,999 inhabitants over 20,000 or more"
    limits = float(row["conf_low"]), float(row["conf_high"])
    return Figure(measure, float(row["estimate"]), Basis.OTHER, np.nan, *limits)


def _number(said: Declared, estimate: float, measure: str = "") -> Figure:
    """A number of the register beside a published one."""
    return Figure(measure or said["measure"], float(estimate), Basis(said["basis"]), said["claimed"])


def _rows(observations: Observations, said: Declared) -> pd.DataFrame:
    """The participations that a claim is about."""
    rows = observations.where(**said.get("where", {})).rows
    return rows[rows["project_id"].str.contains(said["project"])] if "project" in said else rows


def _municipalities(observations: Observations, said: Declared, _: object) -> Figure:
    return _number(said, _rows(observations, said)["municipality_code"].nunique())


def _projects(observations: Observations, said: Declared, _: object) -> Figure:
    return _number(said, _rows(observations, said)["project_id"].nunique())


def _programmes_of_small(observations: Observations, said: Declared, _: object) -> Figure:
    return _number(said, _of_small(observations)["programme_id"].nunique())


def _most_programmes_of_one(observations: Observations, said: Declared, _: object) -> Figure:
    return _number(said, _of_small(observations).groupby("municipality_code")["programme_id"].nunique().max())


def _of_small(observations: Observations) -> pd.DataFrame:
    """Participations of small rural municipalities."""
    small = observations.panel.loc[observations.panel[SMALL_RURAL].astype(bool), "municipality_code"]
    return observations.rows[observations.rows["municipality_code"].isin(small)]


def _connected(observations: Observations, said: Declared, _: object) -> Figure:
    """Municipalities (as they were) connected to Digisos by a day."""
    rows = observations.where(programmes="digisos").records
    number = rows.loc[rows["date"] <= said["day"], "code_then"].nunique()
    return _number(said, number, f"municipalities connected to Digisos by {said['day']}")


def _below(observations: Observations, said: Declared, population: pd.DataFrame) -> Figure:
    """Municipalities of a county with fewer inhabitants."""
    panel, limit, year = observations.panel, said["limit"], said["year"]
    codes = panel.loc[panel["county_code"] == said["county"], "municipality_code"]
    here = population[(population["year"] == year) & population["municipality_code"].isin(codes)]
    measure = f"municipalities with fewer than {limit} inhabitants on 1 January {year} (structure of 2024)"
    return _number(said, (here["population"] < limit).sum(), measure)


def _purchases(observations: Observations, said: Declared, _: object) -> Figure:
    columns = ["purchases_nok_thousand", "purchases_operating_expenditure_nok_thousand"]
    bought, spent = observations.panel[columns].dropna().sum()
    return _number(said, bought / spent)


_FIGURES = {
    function.__name__.removeprefix("_"): function
    for function in (
        *(_small_take_part, _regional, _spread, _middle, _municipalities, _projects),
        *(_programmes_of_small, _most_programmes_of_one, _connected, _below, _purchases),
    )
}
