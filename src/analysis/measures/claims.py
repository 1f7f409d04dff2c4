"""What others have written, beside our own figure: agrees, contradicts, or cannot say.

The rule, the same for every claim:

* **A number about the same thing.** Where our figure is complete it agrees within one unit or a fortieth of the
  number (rounding, another day), else it contradicts. Where the register may hold only a part, our figure is a
  least number: it contradicts when it exceeds the claim by more than that, agrees when it reaches it, and cannot
  say when it is lower.
* **A direction.** It agrees when our interval lies wholly on the claimed side, contradicts when it lies wholly on
  the other, and cannot say when it holds both.
* **Another thing** (a survey's workplaces, a plan, an effect): our nearest figure may stand beside it, and cannot say.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from enum import StrEnum

import numpy as np
import pandas as pd

from analysis.measures import census, intensity
from analysis.measures.groups import SMALL_RURAL
from analysis.measures.observations import Observations
from analysis.measures.projects import incidence
from analysis.stats import TAILS, resample

#: Furthest that two figures of the same thing may be apart: a unit, or this part of the number.
UNIT, PART = 1.0, 1 / 40
#: Counties that claims are about.
NORDLAND, TRONDELAG = "18", "50"
LUP = ("lup_partner", "lup_project", "lup_network")
REGIONAL = ("discretionary_innovation_grant", "regional_research_fund")
NATIONAL = ("innovation_partnership", "horizon_2020")
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


Check = Callable[[Observations, pd.DataFrame], Figure]


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
        if figure.conf_low <= figure.claimed <= figure.conf_high or np.isnan(
            figure.conf_low + figure.conf_high
        ):
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
        check = CHECKS.get(claim["claim_id"])
        figure = Figure("", np.nan, Basis.NONE) if check is None else check(observations, population)
        said = {"basis": str(figure.basis), "verdict": str(verdict(figure))}
        rows.append({**claim, **asdict(figure), **said})
    return pd.DataFrame(rows).reindex(columns=list(COLUMNS))


def _ratio(observations: Observations) -> tuple[float, float, float]:
    row = intensity.intensity(observations).set_index("term").loc["ratio"]
    return float(row["estimate"]), float(row["conf_low"]), float(row["conf_high"])


def _small_take_part(observations: Observations, _: pd.DataFrame) -> Figure:
    complete = observations.where(programmes=("horizon_2020", "research_council_project_owner"))
    share = census.rates(complete, SMALL_RURAL).set_index("group")["estimate"]
    value = share[True] / share[False]
    measure = "ratio of shares that took part: Horizon 2020 and the Research Council's owners"
    return Figure(measure, value, Basis.DIRECTION, 1.0, value, value)


def _regional(observations: Observations, _: pd.DataFrame) -> Figure:
    regional, national = (_ratio(observations.where(programmes=ids)) for ids in (REGIONAL, NATIONAL))
    measure = "ratio of participations per municipality in regional schemes, against that in national ones"
    beyond = national[2] if regional[0] > national[0] else national[1]
    return Figure(measure, regional[0], Basis.DIRECTION, beyond, regional[1], regional[2], is_above=True)


def _spread(observations: Observations, _: pd.DataFrame) -> Figure:
    members = incidence(observations)
    band = pd.get_dummies(observations.panel["size_band"]).to_numpy(float)
    band = band[:, band.any(axis=0)]
    drawn = np.vstack([np.ones(len(members)), resample.multiplicities(len(members))]) @ members
    centred = drawn - drawn.mean(axis=1, keepdims=True)
    between = ((centred @ band) ** 2 / band.sum(axis=0)).sum(axis=1) / (centred**2).sum(axis=1)
    low, high = np.quantile(between[1:], TAILS)
    measure = "part of the variance of participations that is between size bands"
    return Figure(measure, float(between[0]), Basis.DIRECTION, 0.5, float(low), float(high))


def _middle(observations: Observations, _: pd.DataFrame) -> Figure:
    band = observations.panel["size_band"].astype(str)
    middle = observations.panel.assign(is_middle=band.isin(["5000-9999", "10000-19999"]))
    kept = middle[middle["is_middle"] | (middle["population"] >= 20_000)]
    row = intensity.intensity(observations.with_panel(kept), "is_middle").set_index("term").loc["ratio"]
    measure = "participations per municipality, 5,000–19,999 inhabitants over 20,000 or more"
    limits = float(row["conf_low"]), float(row["conf_high"])
    return Figure(measure, float(row["estimate"]), Basis.OTHER, np.nan, *limits)


def _of_small(observations: Observations) -> pd.DataFrame:
    """Participations of small rural municipalities."""
    small = observations.panel.loc[observations.panel[SMALL_RURAL].astype(bool), "municipality_code"]
    return observations.rows[observations.rows["municipality_code"].isin(small)]


def _number(claimed: float, measure: str, basis: Basis, count: Callable[[Observations], float]) -> Check:
    """A count of the register beside a published number."""
    return lambda observations, _: Figure(measure, float(count(observations)), basis, claimed)


def _named(programmes: tuple[str, ...], years: tuple[int, int]) -> Callable[[Observations], float]:
    return lambda o: o.where(programmes=programmes, years=years, basis="named").found.sum()


def _connected(claimed: float, day: str, basis: Basis = Basis.COMPLETE) -> Check:
    """Municipalities (as they were) connected to Digisos by a day."""

    def count(observations: Observations) -> float:
        rows = observations.where(programmes="digisos").records
        return rows.loc[rows["date"] <= day, "code_then"].nunique()

    return _number(claimed, f"municipalities connected to Digisos by {day}", basis, count)


def _below(claimed: float, county: str, limit: int, year: int) -> Check:
    """Municipalities of a county with fewer inhabitants."""

    def figure(observations: Observations, population: pd.DataFrame) -> Figure:
        panel = observations.panel
        codes = panel.loc[panel["county_code"] == county, "municipality_code"]
        here = population[(population["year"] == year) & population["municipality_code"].isin(codes)]
        number = int((here["population"] < limit).sum())
        measure = (
            f"municipalities with fewer than {limit} inhabitants on 1 January {year} (structure of 2024)"
        )
        return Figure(measure, number, Basis.COMPLETE, claimed)

    return figure


def _purchases(observations: Observations, _: pd.DataFrame) -> Figure:
    panel = observations.panel[
        ["purchases_nok_thousand", "purchases_operating_expenditure_nok_thousand"]
    ].dropna()
    bought, spent = panel.sum()
    return Figure(
        "purchases over operating expenditure (AGD50 + AGD51 over AGD9)", bought / spent, Basis.COMPLETE, 0.37
    )


CHECKS: dict[str, Check] = {
    "tf2020-share": _small_take_part,
    "tf2020-schemes": _number(
        7,
        "programmes with a small rural municipality",
        Basis.OTHER,
        lambda o: _of_small(o)["programme_id"].nunique(),
    ),
    "tf2020-all-seven": _number(
        7,
        "most programmes of one small rural municipality",
        Basis.OTHER,
        lambda o: _of_small(o).groupby("municipality_code")["programme_id"].nunique().max(),
    ),
    "tf2020-regional": _regional,
    "norut2015-size": _spread,
    "ks2018-size": _middle,
    "ks2020-hindered": _middle,
    "lup2023-one-in-four": _number(
        89, "municipalities named in LUP until 2023", Basis.LEAST, _named(LUP, (2010, 2023))
    ),
    "lup2014-evaluated": _number(
        17,
        "LUP projects of municipalities until 2014",
        Basis.LEAST,
        lambda o: o.where(programmes="lup_project", years=(2010, 2014)).rows["project_id"].nunique(),
    ),
    "trondelag-small": _below(28, TRONDELAG, 10_000, 2021),
    "small-nordland": _below(29, NORDLAND, 5_000, 2020),
    "purchases-share": _purchases,
    "wt2017-intake": _number(
        213,
        "municipalities in the welfare technology programme in 2017",
        Basis.LEAST,
        lambda o: o.where(programmes="welfare_technology_programme", years=2017).found.sum(),
    ),
    "digisos-2018-09": _connected(6, "2018-09-30"),
    "digisos-2019-02": _connected(25, "2019-02-17"),
    # Of these two the day was read from the list itself, so the list cannot confirm them.
    "digisos-2019-03": _connected(34, "2019-03-10", Basis.OTHER),
    "digisos-2019-06": _connected(80, "2019-06-18", Basis.OTHER),
    "digisos-2019-10": _connected(106, "2019-10-18"),
    "statefinancing-eleven": _number(
        11,
        "municipalities in the trials of state financing of care",
        Basis.COMPLETE,
        lambda o: o.rows.loc[
            o.rows["project_id"].str.contains("state-financing-of-care"), "municipality_code"
        ].nunique(),
    ),
    "klimasats-agder-third": _number(
        119,
        "municipalities with a Klimasats project in 2024 (a third of 357 applied)",
        Basis.LEAST,
        _named(("klimasats",), (2024, 2024)),
    ),
    "rc2020-call": _number(
        29,
        "Research Council projects owned by municipalities with start in 2021",
        Basis.OTHER,
        lambda o: (
            o.where(programmes="research_council_project_owner", years=2021).rows["project_id"].nunique()
        ),
    ),
}
