"""Statistics Norway's tables that this project uses, in tidy form and in the publisher's own municipal codes.

Every function gives one row per unit and year that SSB has a figure or a reason for. ``attrs`` carry
table_id, updated, retrieved, notes, mandatory_notes, source_line, and labels (what SSB calls its codes and units).
Any other table: ``ssb.table``, which is :func:`analysis.loaders.statbank.table`. Licence CC BY 4.0, "Kilde: Statistisk sentralbyrå".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

import pandas as pd

from analysis.errors import AnalysisError, DataError, Fault
from analysis.loaders.client import Client, shared
from analysis.loaders.jsonstat_header import Header
from analysis.loaders.selection import Chosen, Selection
from analysis.loaders.statbank import codelist as codelist
from analysis.loaders.statbank import metadata, table

REGION, SCOPE = "KOKkommuneregion0000", "KOKregnskapsomfa0000"
FUNCTION, ART = "KOKfunksjon0000", "KOKart0000"
UNIT = "1000 kr"
PURCHASE_ARTS = ("AGD50", "AGD51", "A370", "AGD10", "AG16", "AG34", "A590")
ACCOUNT_LINES = ("AGD13", "AGD9", "AGD23", "AGI1")
#: SSB's own aggregation of old municipalities into today's; its codes are ``K-`` and four digits.
MERGED = "agg_KommSummer"
#: Four digits; 2111 is Longyearbyen, which is no municipality.
_MUNICIPALITY = re.compile(r"(?!21)\d{4}")
#: Three digits; service areas (``FG...``) overlap the functions and must never be added to them.
_SERVICE = re.compile(r"\d{3}")
#: Country, counties with Oslo, KOSTRA groups, and Longyearbyen.
_TOTALS = re.compile(r"EAK|EAFK|EKG\d\d|2111")
# Worst first: a sum with a confidential part is confidential, one with a part not available is not.
_SYMBOLS = (":", "..")


def population(
    years: Chosen | None = None,
    *,
    first_year: int | None = None,
    merged: bool = True,
    client: Client | None = None,
) -> pd.DataFrame:
    """Persons on 1 January (table 07459).

    Parameters
    ----------
    years : int or sequence of int, optional
        Without it all years, or those from ``first_year`` on; expressions as in :func:`table` do, too.
    first_year : int, optional
    merged : bool
        SSB's merged series in today's municipalities; else the municipalities of the time.
    client : Client, optional

    Returns
    -------
    DataFrame
        municipality_code, year, population (Int64), status. No row where the code was not in use or SSB
        gives no series: no municipality has 0 inhabitants.
    """
    selection: Selection = {
        "Region": "K-????" if merged else "????",
        "ContentsCode": "Personer1",
        "Tid": _years(years, first_year),
    }
    cells = table("07459", selection, codelists={"Region": MERGED} if merged else None, client=client)
    kept = cells[(cells["value"] != 0) & ((cells["status"].astype(object) != ".") | cells["value"].notna())]
    tidy = pd.DataFrame(
        {
            "municipality_code": kept["Region"].astype("str").str.removeprefix("K-"),
            "year": _whole(cells, "Tid", kept["Tid"].astype("str")).astype("int64"),
            "population": _whole(cells, "Personer1", kept["value"]),
            "status": kept["status"].astype("str"),
        }
    )
    return _finished(tidy, cells, ["municipality_code", "year"])


def area(
    years: Chosen | None = None, *, first_year: int | None = None, client: Client | None = None
) -> pd.DataFrame:
    """Area and land area in square kilometres (table 11342), in the municipalities of the time.

    Returns
    -------
    DataFrame
        municipality_code, year, area_km2, land_area_km2; no row where the code was not in use.
    """
    names = {"Region": "municipality_code", "Tid": "year"}
    names |= {"ArealKm2": "area_km2", "LandArealKm2": "land_area_km2"}
    contents = ["Folkemengde", "ArealKm2", "LandArealKm2"]
    selection = {"Region": ["????"], "ContentsCode": contents, "Tid": _years(years, first_year)}
    cells = table("11342", selection, client=client)
    plain = cells.astype({"Region": "str", "Tid": "str", "ContentsCode": "str"})
    wide = plain.pivot(index=["Region", "Tid"], columns="ContentsCode", values="value").reset_index()
    tidy = wide[wide["Folkemengde"] > 0].rename(columns=names)[list(names.values())]
    tidy = tidy.rename_axis(columns=None).dropna(subset="land_area_km2")
    tidy["year"] = _whole(cells, "Tid", tidy["year"]).astype("int64")
    return _finished(tidy, cells, ["municipality_code", "year"])


def purchases(
    years: Chosen | None = None, *, arts: str | Sequence[str] = PURCHASE_ARTS, client: Client | None = None
) -> pd.DataFrame:
    """Purchases by art summed over functions (table 12367), in the municipalities of the time.

    Service areas are left out: they overlap the functions.

    Parameters
    ----------
    years : int or sequence of int, optional
        Without it all years.
    arts : str or sequence of str
        KOSTRA codes; AGD50 are goods and services that enter own production, AGD51 services that replace it.
    client : Client, optional

    Returns
    -------
    DataFrame
        municipality_code, year, scope (A konsern, B kasse), ssb_code, amount_nok_thousand (Int64; NA where a
        part of the sum is confidential or not available), status (the symbol in that case),
        is_preliminary, table_id.
    """
    client = client or shared()
    header = metadata("12367", client=client)
    selection: Selection = {
        REGION: [_MUNICIPALITY],
        SCOPE: ["A", "B"],
        FUNCTION: [_SERVICE],
        ART: arts,
        "ContentsCode": _thousands(header, "12367"),
        "Tid": _years(years),
    }
    cells = table("12367", selection, client=client, header=header)
    preliminary = preliminary_years(cells["Tid"].cat.categories, cells.attrs["updated"])
    tidy = sum_amounts(cells, {REGION: "municipality_code", "Tid": "year", SCOPE: "scope", ART: "ssb_code"})
    tidy = tidy.assign(
        is_preliminary=tidy["year"].isin([int(year) for year in preliminary]), table_id="12367"
    )
    return _finished(tidy, cells, ["municipality_code", "year", "scope", "ssb_code"])


def accounts(years: Chosen | None = None, *, client: Client | None = None) -> pd.DataFrame:
    """Financial key figures of the municipal group accounts (table 12137), in the municipalities of the time.

    Returns
    -------
    DataFrame
        municipality_code, year, ssb_code (AGD13, AGD9, AGD23, AGI1), amount_nok_thousand (Int64), status.
    """
    tidy = _statement("12137", ACCOUNT_LINES, _MUNICIPALITY, years, client)
    return tidy.rename(columns={"unit": "municipality_code"}).drop(columns="unit_name")


def account_totals(years: Chosen | None = None, *, client: Client | None = None) -> pd.DataFrame:
    """The published sums of :func:`accounts`: country (EAK), counties (EAFK), KOSTRA groups, Longyearbyen (2111).

    Returns
    -------
    DataFrame
        unit, unit_name, year, ssb_code, amount_nok_thousand (Int64), status.
    """
    return _statement("12137", ACCOUNT_LINES, _TOTALS, years, client)


def operating_statement(years: Chosen | None = None, *, client: Client | None = None) -> pd.DataFrame:
    """Purchases in the operating statement by art (table 13551): AG17 and AGD51; columns as :func:`accounts`."""
    tidy = _statement("13551", ("AG17", "AGD51"), _MUNICIPALITY, years, client)
    return tidy.rename(columns={"unit": "municipality_code"}).drop(columns="unit_name")


def preliminary_years(years: Iterable[str], updated: str) -> list[str]:
    """Years whose KOSTRA figures are not final.

    They are published on 15 March and revised on 15 June of the year after. SSB sets no mark in the data, so
    the table's own date of update decides.

    Examples
    --------
    >>> preliminary_years(["2023", "2024"], "2025-03-17T07:00:00Z")
    ['2024']
    """
    return [year for year in years if year[:4].isdecimal() and updated[:10] < f"{int(year[:4]) + 1}-06-15"]


def sum_amounts(cells: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Sum cells over all dimensions but those named.

    Parameters
    ----------
    cells : DataFrame
        As :func:`table` gives it, without overlapping categories.
    names : mapping of str to str
        Dimension to the name of its column in the result.

    Returns
    -------
    DataFrame
        The named columns, amount_nok_thousand (Int64; NA where a part is missing) and status (the worst
        symbol among the missing parts). Where every part is ``.`` the code was not in use and has no row.
    """
    symbol_of = cells["status"].astype(object)
    # A 0 beside a symbol is no figure: it stands where a publisher has nothing else to put.
    number = cells["value"].mask(cells["value"].eq(0) & symbol_of.isin([".", *_SYMBOLS]))
    in_use = cells.assign(value=number)[symbol_of.ne(".") | number.notna()]
    keys = list(names)
    missing = in_use["value"].isna()
    groups = in_use.assign(missing=missing).groupby(keys, observed=True, sort=True)
    result = groups.agg(amount_nok_thousand=("value", "sum"), missing=("missing", "any"))
    status = pd.Series(pd.NA, index=result.index, dtype="str")
    for symbol in reversed(_SYMBOLS):
        marked = in_use.loc[missing & (in_use["status"].astype(object) == symbol), keys].drop_duplicates()
        status[result.index.isin(pd.MultiIndex.from_frame(marked))] = symbol
    amount = result["amount_nok_thousand"].round().where(~result["missing"])
    result = result.assign(amount_nok_thousand=_whole(cells, "value", amount), status=status)
    tidy = result.drop(columns="missing").reset_index().rename(columns=dict(names))
    for column in names.values():
        tidy[column] = tidy[column].astype("str")
    tidy["year"] = _whole(cells, "Tid", tidy["year"]).astype("int64")
    return tidy


def _whole(cells: pd.DataFrame, name: str, values: pd.Series) -> pd.Series:
    """Whole numbers, NA where there are none; a month for a year, or half a person, is told."""
    numbers = pd.to_numeric(values, errors="coerce")
    wrong = values[values.notna() & ~((numbers % 1 == 0) & (numbers.abs() < 1e15))]
    if len(wrong):
        source = f"SSB {cells.attrs.get('table_id', '')}".strip()
        raise DataError([Fault(source, None, name, wrong.iloc[0], "must be a whole number")])
    return numbers.astype("Int64")


def _statement(
    table_id: str,
    lines: Sequence[str],
    units: re.Pattern[str],
    years: Chosen | None,
    client: Client | None,
) -> pd.DataFrame:
    """Account lines by unit and year: unit, unit_name, year, ssb_code, amount_nok_thousand, status."""
    client = client or shared()
    header = metadata(table_id, client=client)
    line = _line_dimension(header)
    others = sorted({d.id for d in header.dimensions} - {REGION, line, "ContentsCode", "Tid"})
    if others:
        problem = "summing over these would mix what they part"
        raise DataError([Fault(f"SSB {table_id}", None, "dimension", others, problem)])
    selection: Selection = {
        REGION: [units],
        line: list(lines),
        "ContentsCode": _thousands(header, table_id),
        "Tid": _years(years),
    }
    cells = table(table_id, selection, client=client, header=header)
    names = cells.drop_duplicates(REGION).set_index(REGION)[f"{REGION}_label"].astype("str")
    tidy = sum_amounts(cells, {REGION: "unit", "Tid": "year", line: "ssb_code"})
    tidy.insert(1, "unit_name", tidy["unit"].map(names.to_dict()))
    return _finished(tidy, cells, ["unit", "year", "ssb_code"])


def _thousands(header: Header, table_id: str) -> list[str]:
    """The contents in thousand kroner, as the columns that they go to are called; another unit is told."""
    amounts = [code for code, unit in header.units.items() if unit.get("base") == UNIT]
    if not amounts:
        raise DataError([Fault(f"SSB {table_id}", None, "unit", header.units, f"no contents in {UNIT}")])
    return amounts[:1]


def _line_dimension(header: Header) -> str:
    """The dimension of account lines: ``KOKart0000``, ``KOKartkap0000`` or whichever is labelled "art"."""
    for dimension in header.dimensions:
        if dimension.id.startswith("KOKart") or re.search(r"\bart", dimension.label.lower()):
            return dimension.id
    known = {d.id: d.label for d in header.dimensions}
    raise DataError([Fault("SSB", None, "dimension", known, "none is a dimension of account lines")])


def _years(years: Chosen | None, first_year: int | None = None) -> Chosen:
    if years is not None and first_year is not None:
        raise AnalysisError(
            f"Name the years or the first of them: years {years!r}, first_year {first_year!r}"
        )
    if years is not None:
        return years
    return "*" if first_year is None else f"from({first_year})"


def _finished(tidy: pd.DataFrame, cells: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """The rows in order of their keys, with what is to be known of the table in ``attrs``."""
    labels = {"unit": {code: str(unit.get("base") or "") for code, unit in cells.attrs["units"].items()}}
    for dimension in cells.attrs["dimension_labels"]:
        if dimension not in (REGION, "Region", FUNCTION, "Tid") and dimension in cells:
            pairs = cells[[dimension, f"{dimension}_label"]].drop_duplicates(dimension).astype("str")
            labels[dimension] = dict(zip(pairs[dimension], pairs[f"{dimension}_label"], strict=True))
    tidy = tidy.sort_values(keys, ignore_index=True)
    kept = ("table_id", "title", "updated", "retrieved", "notes", "mandatory_notes", "source_line")
    tidy.attrs = {name: cells.attrs[name] for name in kept} | {"labels": labels}
    return tidy
