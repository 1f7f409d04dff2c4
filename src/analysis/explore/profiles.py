"""One municipality or county at a glance, and several beside each other."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd

from analysis import tables
from analysis.errors import AnalysisError
from analysis.explore import places
from analysis.i18n import number, percent
from analysis.measures import comparison
from analysis.measures import peers as peers_measure
from analysis.measures.observations import Observations

NORWAY = "Norway"
_SCOPES = ("procurement", "development", "adoption")
_THOUSAND = 1000
#: Indicator → unit, in the order in which they are shown.
INDICATORS = {
    "municipalities": "count",
    "population": "persons",
    "small rural municipalities": "count",
    "operating expenditure per inhabitant": "NOK",
    "purchases for own services per inhabitant": "NOK",
    "purchases that replace own services per inhabitant": "NOK",
    "purchases, share of operating expenditure": "share",
    "participations, procurement": "count",
    "participations, development": "count",
    "participations, adoption": "count",
    "participations per municipality": "ratio",
}


@dataclass(frozen=True, repr=False)
class Comparison:
    """Municipalities or counties beside each other.

    Attributes
    ----------
    frame : DataFrame
        Numbers: one row per indicator (index ``indicator``), a column ``unit``, then one per place.
    note : str
        What must be known to read it.
    """

    frame: pd.DataFrame
    note: str

    def formatted(self) -> pd.DataFrame:
        """The numbers as text, as a person writes them; unknown ones as "unknown"."""
        shown = self.frame.drop(columns="unit").astype(object)
        for indicator, unit in self.frame["unit"].items():
            shown.loc[indicator] = [_written(value, unit) for value in shown.loc[indicator]]
        return shown.reset_index()

    def __repr__(self) -> str:
        """The formatted table with its note."""
        return f"{self.formatted().to_string(index=False)}\n{self.note}"

    def _repr_html_(self) -> str:
        """The formatted table with its note; for notebooks."""
        return f"{self.formatted().to_html(index=False)}<p>{self.note}</p>"


@dataclass(frozen=True, repr=False)
class Profile:
    """One municipality or county.

    Attributes
    ----------
    name, code : str
    facts : Series
        Its row of the table ``panel`` (municipality) or ``counties`` (county).
    participations : DataFrame
        One row per participation that counts: year, municipality, programme, project, scope, basis, source_url.
    beside : Comparison
        Itself beside the groups that it belongs to.
    """

    name: str
    code: str
    facts: pd.Series
    participations: pd.DataFrame
    beside: Comparison

    def __repr__(self) -> str:
        """Name, comparison and participations as text."""
        listed = self.participations.drop(columns="source_url").to_string(index=False)
        return (
            f"{self.name} ({self.code})\n\n{self.beside!r}\n\n{listed if len(self.participations) else _NONE}"
        )

    def _repr_html_(self) -> str:
        """The same for notebooks."""
        listed = self.participations.to_html(index=False, render_links=True)
        listed = listed if len(self.participations) else f"<p>{_NONE}</p>"
        return f"<h3>{self.name} ({self.code})</h3>{self.beside._repr_html_()}{listed}"


_NONE = "No participation is documented. The lists are incomplete: it may still have taken part."
_NOTE = (
    "Participations: documented ones, a least number; each municipality counts once in each project. "
    "Amounts per inhabitant: all kroner over all inhabitants of the place."
)


def municipality(place: str) -> Profile:
    """Who a municipality is, what it took part in, and how it stands beside its groups.

    Parameters
    ----------
    place : str
        A name in any official language, a former name or a code; see
        :func:`analysis.explore.places.municipality_code`.

    Returns
    -------
    Profile
        Shows itself; beside its KOSTRA group, labour-market region, county, the country, its neighbours and
        the ten municipalities most alike.

    Raises
    ------
    AnalysisError
        No municipality, or several, have that name.

    Examples
    --------
    >>> municipality("Vang").beside.frame  # doctest: +SKIP
    """
    code = places.municipality_code(place)
    observations = _observations()
    panel = observations.panel
    borders = comparison.neighbours(tables.load("boundaries"))
    nearest = peers_measure.nearest(panel)
    groups = comparison.members(panel, borders[["municipality_code", "neighbour_code"]], nearest)
    own = groups[groups["municipality_code"] == code]
    facts = panel.set_index("municipality_code").loc[code]
    members = {facts["municipality_name"]: [code]}
    titles = {
        "kostra_group": f"KOSTRA group {facts['kostra_group']}",
        "labour_market_region": f"labour market region {facts['labour_market_region_name']}",
        "county": facts["county_name"] if facts["county_name"] != facts["municipality_name"] else "county",
        "country": NORWAY,
        "neighbours": "neighbours",
        "peers": "most alike",
    }
    for group, codes in own.groupby("group", sort=False)["member_code"]:
        members[titles[group]] = codes.tolist()
    return Profile(
        name=facts["municipality_name"],
        code=code,
        facts=facts,
        participations=_participations(observations, [code]),
        beside=_compared(observations, members),
    )


def county(place: str) -> Profile:
    """What the municipalities of a county took part in, and how they stand beside the others.

    Parameters
    ----------
    place : str
        A name in any official language or a code.

    Returns
    -------
    Profile
        Shows itself; the county beside the other counties together and the country.

    Raises
    ------
    AnalysisError
        There is no such county.

    Examples
    --------
    >>> county("Finnmark").participations  # doctest: +SKIP
    """
    code = places.county_code(place)
    observations = _observations()
    panel = observations.panel
    inside = panel["county_code"] == code
    facts = tables.load("counties").set_index("county_code").loc[code]
    codes = panel["municipality_code"]
    name = facts["county_name"]
    members = {name: codes[inside], "other counties": codes[~inside], NORWAY: codes}
    return Profile(
        name=name,
        code=code,
        facts=facts,
        participations=_participations(observations, codes[inside].tolist()),
        beside=_compared(observations, {name: list(group) for name, group in members.items()}),
    )


def compare(*names: str) -> Comparison:
    """Municipalities, counties and the country side by side.

    Parameters
    ----------
    *names : str
        Names or codes; ``"Norway"`` for all. A name that a municipality and a county share is the
        municipality's (Oslo).

    Returns
    -------
    Comparison
        Shows itself; ``frame`` holds the numbers.

    Raises
    ------
    AnalysisError
        No name is given, or nothing has one of them.

    Examples
    --------
    >>> compare("Vang", "Bærum", "Innlandet", "Norway")  # doctest: +SKIP
    """
    if not names:
        raise AnalysisError("Say what to compare: names or codes of municipalities or counties.")
    observations = _observations()
    panel = observations.panel
    members = {}
    for name in names:
        title, rows = _members(name, panel)
        members[title] = panel.loc[rows, "municipality_code"].tolist()
    return _compared(observations, members)


def peers(place: str, n: int = 10) -> pd.DataFrame:
    """The municipalities most alike one: by size, centrality, expenditure and need.

    Parameters
    ----------
    place : str
        A name or a code.
    n : int
        How many.

    Returns
    -------
    DataFrame
        municipality_code, municipality_name, distance (standard deviations), is_alike_<variable>,
        participations (documented, of procurement and development); the most alike first.

    Raises
    ------
    AnalysisError
        No municipality, or several, have that name.

    Examples
    --------
    >>> peers("Vang", n=3)  # doctest: +SKIP
    """
    observations = Observations.load()
    frame = peers_measure.peers(observations.panel, places.municipality_code(place), n)
    counts = observations.counts.set_axis(observations.panel["municipality_code"])
    return frame.assign(participations=frame["municipality_code"].map(counts))


def _observations() -> Observations:
    return Observations.load().where(scopes=_SCOPES)


def _members(name: str, panel: pd.DataFrame) -> tuple[str, pd.Series]:
    """Title and rows of a municipality, a county or the country."""
    if name == NORWAY:
        return NORWAY, pd.Series(True, index=panel.index)
    lookups: tuple[tuple[str, Callable[[str], str]], ...] = (
        ("municipality", places.municipality_code),
        ("county", places.county_code),
    )
    failure: AnalysisError | None = None
    for kind, lookup in lookups:
        try:
            rows = panel[f"{kind}_code"] == lookup(name)
        except AnalysisError as error:
            failure = failure or error
        else:
            return str(panel.loc[rows, f"{kind}_name"].iloc[0]), rows
    raise failure or AnalysisError(name)


def _participations(observations: Observations, codes: list[str]) -> pd.DataFrame:
    """The participations of these municipalities, newest first."""
    rows = observations.rows[observations.rows["municipality_code"].isin(codes)]
    programmes = observations.programmes.set_index("programme_id")
    titles = tables.load("projects").set_index("project_id")["title"]
    sources = tables.load("sources").set_index("source_id")["url"]
    names = observations.panel.set_index("municipality_code")["municipality_name"]
    frame = pd.DataFrame(
        {
            "year": rows["year"],
            "municipality": rows["municipality_code"].map(names),
            "programme": rows["programme_id"].map(programmes["name_en"]),
            "project": rows["project_id"].map(titles),
            "scope": rows["programme_id"].map(programmes["scope"]),
            "basis": rows["basis"],
            "source_url": rows["source_id"].map(sources),
        }
    )
    return frame.sort_values(
        ["year", "municipality", "programme"], ascending=[False, True, True]
    ).reset_index(drop=True)


def _compared(observations: Observations, members: dict[str, list[str]]) -> Comparison:
    """The indicators of each set of municipalities."""
    columns = {title: _indicators(observations, codes) for title, codes in members.items()}
    frame = pd.DataFrame(columns, index=pd.Index(list(INDICATORS), name="indicator"))
    frame.insert(0, "unit", list(INDICATORS.values()))
    partial = observations.panel.loc[observations.panel["purchases_is_partial"].fillna(False).astype(bool)]
    inside = partial[
        partial["municipality_code"].isin({code for codes in members.values() for code in codes})
    ]
    named = ", ".join(inside["municipality_name"])
    warning = f" Purchases of {named} leave out a part of its functions." if named else ""
    return Comparison(frame, _NOTE + warning)


def _indicators(observations: Observations, codes: list[str]) -> dict[str, float]:
    """The indicators of a set of municipalities taken together; NaN where an amount of one is unknown."""
    panel = observations.panel[observations.panel["municipality_code"].isin(codes)]
    rows = observations.rows[observations.rows["municipality_code"].isin(codes)]
    scope = rows["programme_id"].map(observations.programmes.set_index("programme_id")["scope"])
    total = panel.select_dtypes("number").astype(float).sum(skipna=False)
    counts = {f"participations, {name}": float((scope == name).sum()) for name in _SCOPES}
    bought_by = total["purchases_population"] / _THOUSAND
    return {
        "municipalities": float(len(panel)),
        "population": total["population"],
        "small rural municipalities": float(panel["is_small_rural"].sum()),
        "operating expenditure per inhabitant": total["operating_expenditure_nok_thousand"]
        / (total["accounts_population"] / _THOUSAND),
        "purchases for own services per inhabitant": total["purchases_own_production_nok_thousand"]
        / bought_by,
        "purchases that replace own services per inhabitant": total[
            "purchases_replacing_production_nok_thousand"
        ]
        / bought_by,
        "purchases, share of operating expenditure": total["purchases_nok_thousand"]
        / total["purchases_operating_expenditure_nok_thousand"],
        **counts,
        "participations per municipality": sum(list(counts.values())[:2]) / len(panel),
    }


def _written(value: float, unit: str) -> str:
    if pd.isna(value):
        return "unknown"
    if unit == "share":
        return percent(value, 1)
    return number(value, 2 if unit == "ratio" else 0)
