"""Municipalities, counties and the country beside each other."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import get_args

import pandas as pd

from analysis.errors import AnalysisError, UnknownName
from analysis.i18n import N_, _, number, percent
from analysis.measures.observations import DEFAULT_SCOPES, Observations, Scope
from analysis.register import places

NORWAY = N_("Norway")
SCOPES = get_args(Scope)
_THOUSAND = 1000
#: Indicator → unit, in the order in which they are shown.
INDICATORS = {
    N_("municipalities"): "count",
    N_("population"): "persons",
    N_("small rural municipalities"): "count",
    N_("operating expenditure per inhabitant"): "NOK",
    N_("purchases for own services per inhabitant"): "NOK",
    N_("purchases that replace own services per inhabitant"): "NOK",
    N_("purchases, share of operating expenditure"): "share",
    N_("participations, procurement"): "count",
    N_("participations, development"): "count",
    N_("participations, adoption"): "count",
    N_("participations per municipality"): "ratio",
}
#: Headings that are no names of places; those in the second line stand before a name or a number.
_HEADINGS = {NORWAY, N_("indicator"), N_("neighbours"), N_("most alike"), N_("other counties"), N_("county")}
_BEFORE = (N_("KOSTRA group"), N_("labour market region"))


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
        """The numbers as text in the language in use; unknown ones as "unknown"."""
        shown = self.frame.drop(columns="unit").astype(object)
        for indicator, unit in self.frame["unit"].items():
            shown.loc[indicator] = [_written(value, unit) for value in shown.loc[indicator]]
        shown.index = pd.Index(
            [_(name) + (_(", NOK") if unit == "NOK" else "") for name, unit in self.frame["unit"].items()],
            name=shown.index.name,
        )
        return shown.reset_index().rename(columns=_heading)

    def __repr__(self) -> str:
        """The formatted table with its note."""
        return f"{self.formatted().to_string(index=False)}\n{self.note}"

    def _repr_html_(self) -> str:
        """The formatted table with its note; for notebooks."""
        return f"{self.formatted().to_html(index=False)}<p>{self.note}</p>"


def compare(*names: str) -> Comparison:
    """Municipalities, counties and the country side by side.

    Parameters
    ----------
    *names : str
        Names or codes; ``"Norway"`` (or ``"Norge"``) for all. A name that a municipality and a county share is the
        municipality's (Oslo).

    Returns
    -------
    Comparison
        Shows itself; ``frame`` holds the numbers.

    Raises
    ------
    AnalysisError
        No name is given, or nothing has one of them.

    Notes
    -----
    Unit: of each row, in the column ``unit`` of ``frame``. Source: the participation register (each record with its source);
    Statistics Norway; KDD's expenditure need index.

    Examples
    --------
    >>> beside = an.compare("Vang", "Bærum", "Innlandet", "Norway")  # doctest: +SKIP
    >>> float(beside.frame.loc["population", "Norway"])  # doctest: +SKIP
    5550203.0
    """
    if not names:
        raise AnalysisError("Say what to compare: names or codes of municipalities or counties.")
    if any(isinstance(name, list | tuple | set | pd.Series | pd.Index) for name in names):
        raise AnalysisError(
            "Names stand one after the other, not in a list: an.compare('Vang', 'Bærum'), or an.compare(*names)"
        )
    observations = Observations.load().where(scopes=SCOPES)
    panel = observations.panel
    members = {}
    for name in names:
        title, rows = _members(name, panel)
        members[title] = panel.loc[rows, "municipality_code"].tolist()
    return compared(observations, members)


def _members(name: str, panel: pd.DataFrame) -> tuple[str, pd.Series]:
    """Title and rows of a municipality, a county or the country."""
    if places.is_country(name):
        return NORWAY, pd.Series(True, index=panel.index)
    lookups: tuple[tuple[str, Callable[[str], str]], ...] = (
        ("municipality", places.municipality_code),
        ("county", places.county_code),
    )
    failures: list[AnalysisError] = []
    for kind, lookup in lookups:
        try:
            rows = panel[f"{kind}_code"] == lookup(name)
        except AnalysisError as error:
            failures.append(error)
        else:
            return str(panel.loc[rows, f"{kind}_name"].iloc[0]), rows
    # What is said of a name that is known, but of no place or several, comes before what an unknown one may mean.
    raise min(failures, key=lambda failure: isinstance(failure, UnknownName))


def compared(observations: Observations, members: dict[str, list[str]]) -> Comparison:
    """The indicators of each set of municipalities.

    Parameters
    ----------
    observations : Observations
    members : dict
        Title of each set → codes of its municipalities.

    Returns
    -------
    Comparison
    """
    columns = {title: _indicators(observations, codes) for title, codes in members.items()}
    frame = pd.DataFrame(columns, index=pd.Index(list(INDICATORS), name="indicator"))
    frame.insert(0, "unit", list(INDICATORS.values()))
    partial = observations.panel.loc[observations.panel["purchases_is_partial"].fillna(False).astype(bool)]
    inside = partial[
        partial["municipality_code"].isin({code for codes in members.values() for code in codes})
    ]
    named = ", ".join(inside["municipality_name"])
    note = _(
        "Participations are those of which a source names the municipality; there may be more. A municipality counts once in each project. "
        "A grant under two kinds of programme counts in both rows. "
        "Participations per municipality leave out adoption and count such a grant once. "
        "Amounts per inhabitant: all kroner over all inhabitants of the place."
    )
    if named:
        note += " " + _("Purchases of {named} leave out a part of its functions.", named=named)
    return Comparison(frame, note)


def _indicators(observations: Observations, codes: list[str]) -> dict[str, float]:
    """The indicators of a set of municipalities taken together; NaN where an amount of one is unknown."""
    inside = observations.panel["municipality_code"].isin(codes)
    panel, named = observations.panel[inside], observations.where(basis="named")

    def participations(scopes: Iterable[str]) -> float:
        return float(named.where(scopes=scopes).counts[inside].sum())

    total = panel.select_dtypes("number").astype(float).sum(skipna=False)
    counts = {f"participations, {name}": participations([name]) for name in SCOPES}
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
        "participations per municipality": participations(DEFAULT_SCOPES) / len(panel),
    }


def _heading(title: str) -> str:
    """The heading of a column in the language in use; names of places stay."""
    for before in _BEFORE:
        if title.startswith(f"{before} "):
            return f"{_(before)}{title.removeprefix(before)}"
    return _(title) if title in _HEADINGS else title


def _written(value: float, unit: str) -> str:
    if pd.isna(value):
        return _("unknown")
    if unit == "share":
        return percent(value, 1)
    return number(value, 2 if unit == "ratio" else 0)
