"""Who could take part: municipalities by programme and round, on the 2024 structure."""

from __future__ import annotations

import pandas as pd

from analysis.errors import Fault
from analysis.register.files import Register
from analysis.register.validate import cell_faults
from analysis.tables.reforms import crosswalks

#: Word of programmes.csv for every municipality of the country.
ALL = "all"
_CURRENT = 2024
_COLUMNS = ["programme_id", "round", "municipality_code", "year_from", "year_to", "is_complete"]


def build(register: Register, reforms: pd.DataFrame) -> tuple[pd.DataFrame, list[Fault]]:
    """List the municipalities that could take part in each programme and in each of its rounds.

    A municipality of 2024 could take part if any part of it could, by the county that this part lay in then.

    Parameters
    ----------
    register : Register
        Its programmes, rounds and counties.
    reforms : DataFrame
        Codes over time (:func:`analysis.tables.reforms.build`).

    Returns
    -------
    table : DataFrame
        programme_id, round (NA: the programme as a whole), municipality_code (2024), year_from, year_to (NA: no
        bound is known), is_complete (of a round: every participant is in the register; else NA). A programme
        without rows is one of which no source says who could take part. Where a programme is known by its
        rounds only, no row stands for the whole of it.
    faults : list of Fault
        Counties that were none in their year, and programmes known by rounds that have none.
    """
    calls, faults = _calls(register)
    units = crosswalks(reforms, calls["structure"].unique()).rename(columns={"year": "structure"})
    units["county"] = units["code"].str[:2]
    asked = calls.assign(call=range(len(calls)), county=calls["counties"].str.split(";")).explode("county")
    is_all = asked["county"] == ALL
    listed = asked[~is_all].merge(units, on=["structure", "county"], how="left")
    for _, none in listed[listed["code"].isna()].groupby("call"):
        call, codes = none.iloc[0], ";".join(sorted(set(none["county"])))
        faults.append(
            Fault(call["file"], int(call["row"]), call["column"], codes, f"no county of {call['structure']}")
        )
    everywhere = asked[is_all].drop(columns="county").merge(units, on="structure")
    table = pd.concat([everywhere, listed]).drop_duplicates(["call", "municipality_code"])
    table = table.astype({"year_from": "Int64", "year_to": "Int64", "is_complete": "boolean", "round": "str"})
    order = table["programme_id"].map(
        {name: n for n, name in enumerate(register["programmes"]["programme_id"])}
    )
    table = table.assign(order=order).sort_values(
        ["order", "round", "municipality_code"], kind="stable", na_position="first"
    )
    return table[_COLUMNS].reset_index(drop=True), faults


def contradictions(table: pd.DataFrame, participation: pd.DataFrame, register: Register) -> list[Fault]:
    """Find programmes in which municipalities took part that could not, by place or by year.

    Parameters
    ----------
    table : DataFrame
        :func:`build`.
    participation : DataFrame
        :func:`analysis.register.participation.build`.
    register : Register
        Its programmes, for the place of each fault.

    Returns
    -------
    list of Fault
        One per programme and column. Rounds that counties held are left out: joint projects there may have
        partners from other counties.
    """
    took_part = participation[
        participation["participant_type"].eq("municipality")
        & participation["stage"].isin(["taking_part", "winner"])
    ]
    keys = ["programme_id", "municipality_code"]
    could = table[table["round"].isna()].assign(is_listed=True)
    rows = took_part.merge(could, on=keys, how="left", suffixes=("", "_could"))
    rows = rows[rows["programme_id"].isin(could["programme_id"])]
    wrong = {
        "eligible": rows["is_listed"].isna(),
        "eligible_from": rows["year"] < rows["year_from_could"],
        "eligible_to": rows["year"] > rows["year_to_could"],
    }
    stated = register["programmes"].reset_index(names="row").set_index("programme_id")
    return [
        Fault("programmes.csv", int(stated.at[i, "row"]), column, stated.at[i, column], _outside(part))
        for column, where in wrong.items()
        for i, part in rows[where.fillna(False).astype(bool)].groupby("programme_id")
    ]


def _outside(rows: pd.DataFrame) -> str:
    """What a programme's eligibility contradicts: how many records, and the first."""
    first = rows.iloc[0]
    year = "" if pd.isna(first["year"]) else f" in {first['year']}"
    return (
        f"{rows['record_id'].nunique()} records are outside it, e.g. {first['record_id']}: "
        f"{first['participant_name']}{year}"
    )


def _calls(register: Register) -> tuple[pd.DataFrame, list[Fault]]:
    """One row per programme that a source speaks of and per round: counties, bounds and structure of its codes."""
    programmes, rounds = register["programmes"], register["rounds"]
    by_round = programmes["known_by_round"].eq("yes")
    none = by_round & ~programmes["programme_id"].isin(rounds["programme_id"])
    cells = programmes.loc[none, "known_by_round"]
    faults = cell_faults("programmes.csv", cells, "rounds.csv has no round of it")
    whole = programmes[programmes["eligible"].notna() & ~by_round].assign(
        file="programmes.csv", column="eligible", round=None, is_complete=None
    )
    whole = whole.rename(
        columns={"eligible": "counties", "eligible_from": "year_from", "eligible_to": "year_to"}
    )
    single = rounds.assign(
        file="rounds.csv",
        column="county_codes_then",
        counties=rounds["county_codes_then"],
        year_from=rounds["year"],
        year_to=rounds["year"],
        is_complete=rounds["is_complete"].eq("yes"),
    )
    names = ["programme_id", "round", "counties", "year_from", "year_to", "is_complete", "file", "column"]
    calls = pd.concat([part[names].assign(row=part.index) for part in (whole, single)])
    years = calls[["year_from", "year_to"]].apply(pd.to_numeric, errors="coerce")
    ends = pd.to_numeric(
        register["counties"].drop_duplicates("county_code").set_index("county_code")["valid_to"],
        errors="coerce",
    )
    # Codes without a year are read in the last structure that holds all of them.
    last = calls["counties"].map(lambda codes: ends.reindex(codes.split(";")).min()).fillna(_CURRENT)
    structure = years["year_from"].fillna(last).where(calls["counties"] != ALL, _CURRENT)
    return calls.assign(**years, structure=structure.astype("int64")), faults
