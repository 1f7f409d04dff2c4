"""Municipalities as they were on 1 January 2016, before the reforms, and who of them took part then.

Small parts of today's large municipalities were small: counted as they are now they make the others larger and
the group of the small what it is. Their population then is published; how central they were is not, so a
former municipality takes the centrality of its successor (see ``tables.population_then``).
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from analysis.measures.municipal_rows import awards_apart
from analysis.measures.observations import Observations

#: The structure, and the last year that it still stood in for the most part.
YEAR, LAST_YEAR = 2016, 2019


def units_over_time(panel: pd.DataFrame, reforms: pd.DataFrame) -> pd.DataFrame:
    """Municipalities as they have existed.

    A merger ends its parts and begins a new unit; a new code or name for the same municipality does not. A unit
    that was split stays with the successor SSB's series give it (``series_code``), else with the first.

    Parameters
    ----------
    panel : DataFrame
    reforms : DataFrame
        The table of that name.

    Returns
    -------
    DataFrame
        unit, municipality_code (2024), codes (tuple), first_year, last_year (missing where open).
    """
    rows = reforms[reforms["municipality_code"].isin(panel["municipality_code"])]
    home = rows["series_code"].fillna(rows.groupby(["code", "name"])["municipality_code"].transform("min"))
    rows = rows[~rows["is_split"] | (rows["municipality_code"] == home)]
    found = []
    for code, history in rows.groupby("municipality_code"):
        merged = _merger_date(history)
        if merged is None:
            found.append((code, code, tuple(history["code"].unique()), None, None))
            continue
        before = history[history["valid_from"].isna() | (history["valid_from"] < merged)]
        after = history[history["valid_from"] >= merged]
        for number, part in enumerate(_same_unit(before)):
            found.append((f"{code}-{number}", code, part, None, merged.year - 1))
        found.append((code, code, tuple(after["code"].unique()), merged.year, None))
    frame = pd.DataFrame(found, columns=["unit", "municipality_code", "codes", "first_year", "last_year"])
    return frame.astype({"first_year": "Int64", "last_year": "Int64"})


def _merger_date(history: pd.DataFrame) -> pd.Timestamp | None:
    """The date since which only one unit has stood where the municipality is; ``None`` if always."""
    # Arrays: there are hundreds of municipalities, and a frame's masks took most of the time.
    code, began, ended = (history[name].to_numpy() for name in ("code", "valid_from", "valid_to"))
    merged = None
    for date in np.unique(ended[~np.isnat(ended)]):
        active = (np.isnat(began) | (began < date)) & (np.isnat(ended) | (ended >= date))
        if len(set(code[active])) > 1:
            merged = pd.Timestamp(date)
    return merged


def _same_unit(history: pd.DataFrame) -> list[tuple[str, ...]]:
    """Codes grouped where they share a code or a name: the same municipality under another code."""
    groups: list[tuple[set[str], set[str]]] = []
    for code, name in zip(history["code"], history["name"], strict=True):
        codes, names = {code}, {name}
        for group in [g for g in groups if code in g[0] or name in g[1]]:
            codes, names = codes | group[0], names | group[1]
            groups.remove(group)
        groups.append((codes, names))
    return [tuple(sorted(codes)) for codes, _ in groups]


def units_then(panel: pd.DataFrame, reforms: pd.DataFrame, population_then: pd.DataFrame) -> pd.DataFrame:
    """One row per municipality of 1 January 2016, on its code of that day.

    Parameters
    ----------
    panel, reforms, population_then : DataFrame
        The tables of these names.

    Returns
    -------
    DataFrame
        municipality_code (of 2016), codes (tuple: all that it had), first_year and last_year (missing where open),
        successor_code (2024; missing for one that was divided), county_code (of 2016), labour_market_region_code
        (of the successor), population (persons on 1 January 2016), centrality_class (of the successor),
        centrality_index (of the successor), is_small_rural (of population and class, main definition).
    """
    then = population_then[population_then["year"] == YEAR]
    units = units_over_time(panel, reforms)
    stood = (units["first_year"].fillna(0) <= YEAR) & (units["last_year"].fillna(9999) >= YEAR)
    units = units[stood].rename(columns={"municipality_code": "successor"})
    first = units.explode("codes")[["codes", "successor", "unit"]].rename(columns={"codes": "code"})
    frame = then.merge(first.drop_duplicates("code"), on="code", how="left")
    frame = frame.merge(units.drop(columns="successor"), on="unit", how="left")
    region = panel.set_index("municipality_code")["labour_market_region_code"]
    index = panel.set_index("municipality_code")["centrality_index"]
    frame = frame.assign(
        successor_code=frame["municipality_code"],
        municipality_code=frame["code"],
        county_code=frame["county_code_then"],
        labour_market_region_code=frame["successor"].map(region),
        centrality_index=frame["municipality_code"].map(index),
        codes=[
            codes if isinstance(codes, tuple) else (code,)
            for codes, code in zip(frame["codes"], frame["code"], strict=True)
        ],
    )
    columns = ["municipality_code", "codes", "first_year", "last_year", "successor_code", "county_code"]
    columns += [
        "labour_market_region_code",
        "population",
        "centrality_class",
        "centrality_index",
        "is_small_rural",
    ]
    return frame[columns].sort_values("municipality_code", ignore_index=True)


def records_then(observations: Observations, units: pd.DataFrame) -> pd.DataFrame:
    """The register's rows that name a municipality of 2016, by the code of that day.

    Parameters
    ----------
    observations : Observations
    units : DataFrame
        From ``units_then``.

    Returns
    -------
    DataFrame
        The rows of ``observations.records`` whose municipality then (``code_then``) is one of the units and, where
        the year is known, was so in that year; ``municipality_code`` is the code of 2016. Single awards that share a
        list are projects of their own. What a merger's new unit took part in belongs to none.
    """
    records = awards_apart(observations.records)
    long = units[["municipality_code", "codes", "first_year", "last_year"]].explode("codes")
    long = long.rename(columns={"municipality_code": "unit", "codes": "code_then"})
    pairs = records.dropna(subset="code_then").merge(long, on="code_then")
    year = pairs["year"].fillna(YEAR)
    stood = year.ge(pairs["first_year"].fillna(0)) & year.le(pairs["last_year"].fillna(9999))
    return pairs[stood.to_numpy(bool)].assign(municipality_code=lambda rows: rows["unit"])
