"""Municipal codes over time: every unit since 2018 and where it lies in the 2024 structure.

KLASS 131's changes are walked wave by wave, never flattened: codes are reused (1507 was one
municipality in 2020–2023 and two since), and chains pass through codes that no longer exist.
Splits stay visible: a unit with several successors keeps them all, with the one that SSB's own
merged time series uses named in ``series_code``. No amount is ever divided.
"""

from __future__ import annotations

import pandas as pd
import pandera.pandas as pa

from analysis.errors import DataError, Fault
from analysis.tables.schema import municipality_code, validate

#: Before this date the changes are not in the snapshot; older units are taken as they stood then.
FIRST_DATE = pd.Timestamp("2018-01-01")

SCHEMA = pa.DataFrameSchema(
    {
        "code": municipality_code(),
        "name": pa.Column(str),
        "valid_from": pa.Column("datetime64[ns]", nullable=True),
        "valid_to": pa.Column("datetime64[ns]", nullable=True),
        "municipality_code": municipality_code(),
        "is_split": pa.Column(bool),
        "series_code": municipality_code(nullable=True),
    },
    unique=["code", "valid_from", "municipality_code"],
    strict=True,
    coerce=True,
)


def build(municipalities: pd.DataFrame, changes: pd.DataFrame, split_series: pd.DataFrame) -> pd.DataFrame:
    """Every unit (code and name in a period) crossed with its 2024 municipality or municipalities.

    Args:
        municipalities: the 2024 list (municipality_code, municipality_name_official).
        changes: KLASS 131 changes (change_date, old_code, old_name, new_code, new_name).
        split_series: old_code and the series_code that SSB's "Kommuner 2024" series give it, NA for none.

    Returns code, name (official, as then), valid_from (NaT: before 2018), valid_to (exclusive, NaT:
    still in force), municipality_code (2024), is_split (several successors), series_code (where SSB's
    series place the unit; NA where SSB gives none). A name change opens a new period under the same code.

    Raises:
        DataError: a change leads to a code that the later structure does not hold.
    """
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
            raise DataError(
                Fault(
                    "ssb/code_changes.csv",
                    int(i) + 2,
                    "new_code",
                    code,
                    f"not in force after {date:%Y-%m-%d}",
                )
                for i, code in unknown["new_code"].items()
            )
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
    return validate(units.sort_values(["code", "valid_from", "municipality_code"]), SCHEMA, "reforms")


def in_force(reforms: pd.DataFrame, date: str | pd.Timestamp) -> pd.DataFrame:
    """The units in force on a date (from 2017-12-31 on): the rows of :func:`build` valid then."""
    day = pd.Timestamp(date)
    started = reforms["valid_from"].isna() | (reforms["valid_from"] <= day)
    return reforms[started & (reforms["valid_to"].isna() | (reforms["valid_to"] > day))]


def crosswalk(reforms: pd.DataFrame, year: int) -> pd.DataFrame:
    """The codes in force on 1 January of a year, each with its 2024 code or codes.

    Years before 2018 get the structure of 31 December 2017, the oldest in the snapshot.
    """
    day = max(pd.Timestamp(f"{year}-01-01"), FIRST_DATE - pd.Timedelta(days=1))
    return in_force(reforms, day).reset_index(drop=True)
