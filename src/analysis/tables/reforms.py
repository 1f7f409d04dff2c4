"""Municipal codes over time: every unit since 2016 and where it lies in the 2024 structure.

KLASS 131's changes are walked wave by wave, never flattened: codes are reused (1507 was one
municipality in 2020–2023 and two since), and chains pass through codes that no longer exist.
Splits stay visible: a unit with several successors keeps them all, with the one that SSB's own
merged time series uses named in ``series_code``. No amount is ever divided.
"""

from __future__ import annotations

from collections.abc import Iterable

import pandas as pd

from analysis.contents import NO_MUNICIPALITY, faults_at
from analysis.errors import DataError
from analysis.tables.schema import validate

#: Before this date the changes are not in the snapshot; older units are taken as they stood then.
FIRST_DATE = pd.Timestamp("2017-01-01")


def build(municipalities: pd.DataFrame, changes: pd.DataFrame, split_series: pd.DataFrame) -> pd.DataFrame:
    """Every unit (code and name in a period) crossed with its 2024 municipality or municipalities.

    Parameters
    ----------
    municipalities : DataFrame
        The 2024 list (municipality_code, municipality_name_official).
    changes : DataFrame
        KLASS 131 changes (change_date, old_code, old_name, new_code, new_name).
    split_series : DataFrame
        old_code and the series_code that SSB's "Kommuner 2024" series give it, NA for none.

    Returns
    -------
    DataFrame
        code, name (official, as then), valid_from (NaT: before 2017), valid_to (exclusive, NaT:
        still in force), municipality_code (2024), is_split (several successors), series_code (where SSB's
        series place the unit; NA where SSB gives none). A name change opens a new period under the same code.

    Raises
    ------
    DataError
        A change leads to a code that the later structure does not hold.
    """
    return validate(assemble(municipalities, changes, split_series), "reforms")


def assemble(municipalities: pd.DataFrame, changes: pd.DataFrame, split_series: pd.DataFrame) -> pd.DataFrame:
    """The table of :func:`build`, not yet checked by its schema."""
    current = pd.DataFrame(
        {
            "code": municipalities["municipality_code"],
            "name": municipalities["municipality_name_official"],
            "municipality_code": municipalities["municipality_code"],
            "valid_to": pd.NaT,
        }
    )
    closed = []
    dated = changes.assign(change_date=pd.to_datetime(changes["change_date"]))
    for date, wave in sorted(dated.groupby("change_date"), reverse=True):
        unknown = wave[~wave["new_code"].isin(current["code"])]
        if len(unknown):
            problem = f"not in force after {date:%Y-%m-%d}"
            raise DataError(faults_at("ssb/code_changes.csv", unknown["new_code"], problem))
        opened = current["code"].isin(wave["new_code"])
        closed.append(current[opened].assign(valid_from=date))
        targets = current.loc[opened, ["code", "municipality_code"]].rename(columns={"code": "new_code"})
        before = (
            wave.merge(targets, on="new_code")
            .rename(columns={"old_code": "code", "old_name": "name"})[["code", "name", "municipality_code"]]
            .drop_duplicates(["code", "municipality_code"])
            .assign(valid_to=date)
        )
        current = pd.concat([current[~opened], before], ignore_index=True)
    closed.append(current.assign(valid_from=pd.NaT))
    units = pd.concat(closed, ignore_index=True)
    units["is_split"] = units.groupby(["code", "valid_from"], dropna=False)["code"].transform("size").gt(1)
    listed = split_series.set_index("old_code")["series_code"]
    # The file speaks of units as they were; 1507 and the like are listed under their own codes.
    ended = units["valid_to"].notna() & units["code"].isin(listed.index)
    units["series_code"] = units["municipality_code"].where(~ended, units["code"].map(listed))
    columns = ["code", "name", "valid_from", "valid_to", "municipality_code", "is_split", "series_code"]
    units = units.sort_values(["code", "valid_from", "municipality_code"])[columns]
    return units.astype({"valid_from": "datetime64[ns]", "valid_to": "datetime64[ns]"}).reset_index(drop=True)


def crosswalk(reforms: pd.DataFrame, year: int) -> pd.DataFrame:
    """The codes in force on 1 January of a year, each with its 2024 code or codes.

    Years before 2017 get the structure of 31 December 2016, the oldest in the snapshot.
    """
    return crosswalks(reforms, [year]).drop(columns="year")


def crosswalks(reforms: pd.DataFrame, years: Iterable[int]) -> pd.DataFrame:
    """The rows of :func:`crosswalk` of several years, with the column year."""
    asked = pd.DataFrame({"year": pd.Series(list(years), dtype="int64")})
    first = FIRST_DATE - pd.Timedelta(days=1)
    asked["day"] = pd.to_datetime(asked["year"].astype("str") + "-01-01").clip(lower=first)
    pairs = asked.merge(reforms, how="cross")
    started = pairs["valid_from"].isna() | (pairs["valid_from"] <= pairs["day"])
    ended = pairs["valid_to"].notna() & (pairs["valid_to"] <= pairs["day"])
    return pairs[started & ~ended].drop(columns="day").reset_index(drop=True)


def to_2024(frame: pd.DataFrame, reforms: pd.DataFrame) -> pd.DataFrame:
    """Sum amounts by the municipalities of their year to those of 2024.

    Parameters
    ----------
    frame : DataFrame
        municipality_code (of its time), year, amount_nok_thousand, and optionally status; all other
        columns are kept and tell the rows apart.
    reforms : DataFrame
        As :func:`build` gives it.

    Returns
    -------
    DataFrame
        The same columns in the codes of 2024. A sum with a missing part is missing, with SSB's symbol
        for that part. Units of which SSB's own series makes nothing (touched by a split) are left out with
        their successors, since a part of a sum is not the sum. Codes not in force in a year have no row.

    Raises
    ------
    DataError
        A code that is no municipality's in any year: a number in the place of text (301 for 0301), a typing error.
    """
    amount = "amount_nok_thousand"
    codes = frame["municipality_code"].drop_duplicates()
    if len(unknown := codes[~codes.isin(reforms["code"])]):
        name = frame.attrs.get("source", {}).get("file", "amounts")
        raise DataError(faults_at(name, unknown, NO_MUNICIPALITY))
    walks = crosswalks(reforms, frame["year"].unique())
    placed = walks[["code", "year", "series_code"]].drop_duplicates(["code", "year"])
    moved = frame.rename(columns={"municipality_code": "code"}).merge(placed, on=["code", "year"])
    moved = moved.dropna(subset="series_code").drop(columns="code")
    moved = moved.rename(columns={"series_code": "municipality_code"})
    keys = [column for column in moved.columns if column not in (amount, "status")]
    groups = moved.assign(missing=moved[amount].isna()).groupby(keys, sort=True)
    summed = groups.agg({amount: "sum", "missing": "any"})
    summed[amount] = summed[amount].mask(summed.pop("missing"))
    if "status" in moved:
        summed["status"] = groups["status"].max()  # ":" sorts last: a confidential part makes the sum so
    return summed.reset_index()


def shared_series(reforms: pd.DataFrame) -> pd.DataFrame:
    """Municipalities whose series holds a former unit that was split, for the years of that unit.

    Returns
    -------
    DataFrame
        municipality_code, code and name of the former unit, valid_from, valid_to (exclusive), others (names of
        its other successors). E.g. 1508: Ålesund (1507), 2020 to 2023, with Haram.
    """
    split = reforms[reforms["is_split"] & reforms["series_code"].notna()]
    now = reforms[reforms["valid_to"].isna()].set_index("municipality_code")["name"]
    other = split[split["municipality_code"] != split["series_code"]]
    other = other.assign(others=other["municipality_code"].map(now))
    keys = ["series_code", "code", "name", "valid_from", "valid_to"]
    joined = other.groupby(keys, as_index=False)["others"].agg(", ".join)
    return joined.rename(columns={"series_code": "municipality_code"})
