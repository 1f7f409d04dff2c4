"""One municipality or county at a glance."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from analysis import tables
from analysis.explore.comparison import NORWAY, SCOPES, Comparison, compared
from analysis.figures.html_table import html_table
from analysis.figures.markup import notebook_style
from analysis.i18n import N_, _, current
from analysis.measures import comparison
from analysis.measures import peers as peers_measure
from analysis.measures.observations import Observations
from analysis.register import places


@dataclass(frozen=True, repr=False)
class Profile:
    """One municipality or county.

    Attributes
    ----------
    name, code : str
    facts : Series
        Its row of the table ``panel`` (municipality) or ``counties`` (county).
    participations : DataFrame
        One row per participation: year, municipality, programme, project, scope, basis, source_url. Those whose
        source names a group of municipalities (basis group) are not among the numbers of ``beside``.
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
        listed = self._listed().drop(columns="source_url").to_string(index=False)
        return f"{self.name} ({self.code})\n\n{self.beside!r}\n\n{listed if len(self.participations) else _(_NONE)}"

    def _repr_html_(self) -> str:
        """The same for notebooks."""
        shown = self._listed()
        first = _("project")
        order = [first, *shown.columns.drop(first)]
        table = html_table(shown[order], _("Participations"), links={first: "source_url"})
        listed = f"{notebook_style()}{table}" if len(shown) else f"<p>{_(_NONE)}</p>"
        return f"<h3>{self.name} ({self.code})</h3>{self.beside._repr_html_()}{listed}"

    def _listed(self) -> pd.DataFrame:
        """The participations with headings and codes in the language in use."""
        words = {code: _(code) for code in _CODES}
        shown = self.participations.assign(
            **{column: self.participations[column].replace(words) for column in ("scope", "basis")}
        )
        return shown.rename(columns={name: _(name) for name in _COLUMNS})


_NONE = N_("No participation is documented. The lists are incomplete: it may still have taken part.")
_COLUMNS = (N_("year"), N_("municipality"), N_("programme"), N_("project"), N_("scope"), N_("basis"))
_CODES = (N_("procurement"), N_("development"), N_("adoption"), N_("named"), N_("group"))


def municipality(place: str) -> Profile:
    """Who a municipality is, what it took part in, and how it stands beside its groups.

    Parameters
    ----------
    place : str
        A name in any official language, a former name or a code; see
        :func:`analysis.register.places.municipality_code`.

    Returns
    -------
    Profile
        Shows itself; beside its KOSTRA group, labour-market region, county, the country, its neighbours and
        the ten municipalities most alike.

    Raises
    ------
    AnalysisError
        No municipality, or several, have that name.

    Notes
    -----
    Unit: of each row, in the column ``unit`` of ``beside.frame``. Source: the participation register (each record with its source);
    Statistics Norway; KDD's expenditure need index.

    Examples
    --------
    >>> an.municipality("Vang").beside.frame  # doctest: +SKIP
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
        beside=compared(observations, members),
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

    Notes
    -----
    Unit: of each row, in the column ``unit`` of ``beside.frame``. Source: the participation register (each record with its source);
    Statistics Norway; KDD's expenditure need index.

    Examples
    --------
    >>> an.county("Finnmark").participations  # doctest: +SKIP
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
        beside=compared(observations, {name: list(group) for name, group in members.items()}),
    )


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
        participations (of procurement and development, those of which a source names the municipality); the most
        alike first.

    Raises
    ------
    AnalysisError
        No municipality, or several, have that name.

    Notes
    -----
    Unit: standard deviations (distance) and participations. Source: Statistics Norway (population,
    centrality, KOSTRA); KDD's expenditure need index; the register.

    Examples
    --------
    >>> an.peers("Vang", n=3)  # doctest: +SKIP
    """
    observations = Observations.load().where(basis="named")
    frame = peers_measure.peers(observations.panel, places.municipality_code(place), n)
    counts = observations.counts.set_axis(observations.panel["municipality_code"])
    return frame.assign(participations=frame["municipality_code"].map(counts))


def _observations() -> Observations:
    return Observations.load().where(scopes=SCOPES)


def _participations(observations: Observations, codes: list[str]) -> pd.DataFrame:
    """The participations of these municipalities, newest first."""
    rows = observations.rows[observations.rows["municipality_code"].isin(codes)]
    programmes = observations.programmes.set_index("programme_id")
    projects = tables.load("projects").set_index("project_id")
    titles = projects["title"] if current() == "en" else projects["title_nb"].fillna(projects["title"])
    sources = tables.load("sources").set_index("source_id")["url"]
    names = observations.panel.set_index("municipality_code")["municipality_name"]
    frame = pd.DataFrame(
        {
            "year": rows["year"],
            "municipality": rows["municipality_code"].map(names),
            "programme": rows["programme_id"].map(programmes[f"name_{current()}"]),
            "project": rows["project_id"].map(titles),
            "scope": rows["programme_id"].map(programmes["scope"]),
            "basis": rows["basis"],
            "source_url": rows["source_id"].map(sources),
        }
    )
    return frame.sort_values(
        ["year", "municipality", "programme"], ascending=[False, True, True]
    ).reset_index(drop=True)
