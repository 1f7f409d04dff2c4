"""Whether the lists that names are resolved by are true: counties.csv beside the municipalities of each year."""

from __future__ import annotations

import pandas as pd

from analysis.errors import Fault
from analysis.register.files import Register
from analysis.register.resolve import counties_over_time
from analysis.register.validate import cell_faults
from analysis.tables.reforms import FIRST_DATE

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
    if any(fault.file in _FILES for fault in register.faults):
        register.raise_faults()


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
        Codes that no municipality begins with, or that are missing; two counties of one code in one year; years
        and successors other than those of the municipalities.
    """
    known = _of_municipalities(reforms)
    rows = counties_over_time(counties).sort_values(["code", "from_year"], kind="stable")
    rows = rows.join(known, on="code")
    stated = counties.loc[rows.index]
    begins = rows["from_year"].where(rows["from_year"] >= FIRST_DATE.year, _OPEN[0])
    is_known, is_first = rows["ended"].notna(), ~rows["code"].duplicated()
    is_last = ~rows["code"].duplicated(keep="last")
    before = rows.groupby("code")["to_year"].shift().fillna(-1)
    file = "counties.csv"
    faults = [
        *cell_faults(file, stated["county_code"][~is_known], "no municipality has a code that begins so"),
        *cell_faults(
            file,
            stated["county_code"][rows["from_year"] <= before],
            "an earlier row has this code in the same years",
        ),
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
