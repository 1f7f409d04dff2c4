"""Whether the lists of counties and of former municipalities are true: beside the municipalities of each year."""

from __future__ import annotations

import pandas as pd

from analysis.errors import Fault
from analysis.register.files import Register
from analysis.register.resolve import counties_over_time, parts
from analysis.register.rules import twice
from analysis.register.validate import cell_faults
from analysis.tables.reforms import FIRST_DATE, crosswalks

_FILES = ("counties.csv", "names.csv")
_OPEN = (0, 9999)


def check(register: Register, reforms: pd.DataFrame) -> None:
    """Raise what is wrong with the lists: names are not judged by lists that are wrong themselves.

    Parameters
    ----------
    register : Register
    reforms : DataFrame
        Codes over time (:func:`analysis.tables.reforms.build`).

    Raises
    ------
    DataError
        With the faults of the whole register, if one of them is of these lists.
    """
    if not any(fault.file in _FILES for fault in register.faults):
        register.faults += county_faults(register["counties"], reforms)
    if not any(fault.file == "former_units.csv" for fault in register.faults):
        register.faults += former_unit_faults(register["former_units"], reforms)
    if any(fault.file in _FILES for fault in register.faults):
        register.raise_faults()


def former_unit_faults(former_units: pd.DataFrame, reforms: pd.DataFrame) -> list[Fault]:
    """Find units of former_units.csv that no municipality was in their year, or that had another name.

    Parameters
    ----------
    former_units : DataFrame
        former_units.csv, whose cells and keys are without fault, indexed by spreadsheet row.
    reforms : DataFrame
        Codes over time.

    Returns
    -------
    list of Fault
        One per row concerned.
    """
    rows = former_units[["code", "name"]].assign(
        row=former_units.index, year=former_units["year"].astype(int)
    )
    held = crosswalks(reforms, rows["year"].unique()).drop_duplicates(["year", "code"])
    rows = rows.merge(held[["year", "code", "name"]], on=["year", "code"], how="left", suffixes=("", "_then"))
    faults = []
    for row in rows.itertuples():
        if pd.isna(row.name_then):
            problem = f"no municipality had this code on 1 January {row.year}"
            faults.append(Fault("former_units.csv", row.row, "code", row.code, problem))
        elif not set(parts(row.name)) & set(parts(row.name_then)):
            problem = f"{row.code} was {row.name_then} on 1 January {row.year}"
            faults.append(Fault("former_units.csv", row.row, "name", row.name, problem))
    return faults


def county_faults(counties: pd.DataFrame, reforms: pd.DataFrame) -> list[Fault]:
    """Find counties that the municipalities of their years contradict.

    Parameters
    ----------
    counties : DataFrame
        counties.csv, whose cells and keys are without fault, indexed by spreadsheet row.
    reforms : DataFrame
        Codes over time.

    Returns
    -------
    list of Fault
        Codes that no municipality begins with, or that are missing; two counties of one code in one year; years and successors other than those of
        the municipalities.
    """
    known = _of_municipalities(reforms)
    rows = counties_over_time(counties).sort_values(["code", "from_year"], kind="stable")
    rows = rows.join(known, on="code")
    stated = counties.loc[rows.index]
    begins = rows["from_year"].where(rows["from_year"] >= FIRST_DATE.year, _OPEN[0])
    is_known, is_first = rows["ended"].notna(), ~rows["code"].duplicated()
    is_last = ~rows["code"].duplicated(keep="last")
    file = "counties.csv"
    faults = [
        *twice(counties, "counties", ["county_code"]),
        *cell_faults(file, stated["county_code"][~is_known], "no municipality has a code that begins so"),
    ]
    for row in rows[is_known & is_first & (begins != rows["began"])].itertuples():
        since = (
            f"from {row.began:.0f} on; write {row.began:.0f}"
            if row.began
            else "since before 2017; leave it blank"
        )
        faults += cell_faults(
            file, stated.loc[[row.Index], "valid_from"], f"municipalities have such codes {since}"
        )
    for row in rows[is_known & is_last & (rows["to_year"] != rows["ended"])].itertuples():
        is_open = row.ended == _OPEN[1]
        until = "to this day; leave it blank" if is_open else f"until {row.ended:.0f}; write {row.ended:.0f}"
        faults += cell_faults(
            file, stated.loc[[row.Index], "valid_to"], f"municipalities have such codes {until}"
        )
    for row in rows[is_known].itertuples():
        if wrong := set(row.successors.split(";")) - row.reached:
            allowed = ";".join(sorted(row.reached))
            problem = f"in 2024 the municipalities of {row.name} lie in {allowed}, not in {', '.join(sorted(wrong))}"
            faults += cell_faults(file, stated.loc[[row.Index], "successors_2024"], problem)
    problem = "a county of this code is missing; municipalities have codes that begin so"
    return faults + [
        Fault(file, None, "county_code", code, problem) for code in known.index.difference(rows["code"])
    ]


def _of_municipalities(reforms: pd.DataFrame) -> pd.DataFrame:
    """By county code: began, ended (years on whose 1 January a municipality had such a code), reached (2024)."""
    units = pd.DataFrame(
        {
            "code": reforms["code"].str[:2],
            "began": reforms["valid_from"].dt.year.fillna(_OPEN[0]),
            "ended": (reforms["valid_to"].dt.year - 1).fillna(_OPEN[1]),
            "reached": reforms["municipality_code"].str[:2],
        }
    )
    return units.groupby("code").agg({"began": "min", "ended": "max", "reached": set})
