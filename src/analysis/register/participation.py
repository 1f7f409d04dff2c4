"""Who takes part: one row per record of the register and participant, with codes then and now."""

from __future__ import annotations

import pandas as pd

from analysis.definitions import size_band
from analysis.errors import DataError, Fault
from analysis.register import declarations, files, gazetteer
from analysis.register.files import Register
from analysis.register.resolve import resolve
from analysis.register.validate import as_text, check_fields, typed
from analysis.tables.reforms import crosswalks

#: What population_then rests on where the unit's territory is unchanged since.
SERIES = "ssb-07459"


def build(register: Register, reforms: pd.DataFrame, population: pd.DataFrame) -> pd.DataFrame:
    """Make one row per record and participant; a record of a group gives one row per member.

    Parameters
    ----------
    register : Register
        :func:`analysis.register.files.read`.
    reforms : DataFrame
        Codes over time.
    population : DataFrame
        Persons on 1 January by 2024 municipality and year.

    Returns
    -------
    DataFrame
        Columns as ``tables.toml`` declares them for ``participation``.

    Raises
    ------
    DataError
        All faults of the register's files and all names that could not be resolved.
    """
    gazetteer.check(register, reforms)
    frame, faults = assemble(register, reforms, population)
    faults = [*register.faults, *faults]
    described = files.resource(register.package, "participation")
    if not faults:
        frame = typed(frame, described)
        # Columns taken over from the files as they are were checked there.
        declared = declarations.computed()["participation"]["fields"]
        own = [
            field for field in described["schema"]["fields"] if not isinstance(declared[field["name"]], str)
        ]
        schema = {**described["schema"], "fields": own}
        faults = check_fields(
            as_text(frame[[field["name"] for field in own]]), {**described, "schema": schema}
        )
    if faults:
        raise DataError(faults, "The participation register has faults")
    return frame


def assemble(
    register: Register, reforms: pd.DataFrame, population: pd.DataFrame
) -> tuple[pd.DataFrame, list[Fault]]:
    """Make the rows of :func:`build` as far as possible, and find the faults of names."""
    rows, members = _expand(register["participations"], register["groups"])
    rows = _numbers(rows)
    # Members of groups that no record uses yet are looked up too: a wrong name is found when it is typed.
    idle = _unused_members(register["groups"], members)
    asked = pd.concat([rows, idle], ignore_index=True)
    found, problems = resolve(asked, reforms, register["counties"], register["names"])
    faults = [_fault(asked.loc[index], problem) for index, problem in problems.items()]
    frame = _drop_named_members(rows.join(found))
    for table, key, names in (
        (
            "projects",
            "project_id",
            ["programme_id", "round", "form", "continues_project_id", "same_grant_as"],
        ),
        ("sources", "source_id", ["source_kind"]),
    ):
        known = register[table].dropna(subset=key).drop_duplicates(key).set_index(key)
        frame = frame.join(known[names], on=key)
    frame = _dates(frame, register["programmes"])
    then = population_then(frame, reforms, population, register["former_units"])
    frame = frame.join(then).assign(size_band_then=size_band(then["population_then"]))
    return frame.reset_index(drop=True), faults


def _numbers(rows: pd.DataFrame) -> pd.DataFrame:
    """Text columns of years as numbers; what is none, or out of range (its fault is known), becomes NA."""
    years = {name: pd.to_numeric(rows[name], errors="coerce") for name in ("year", "name_year")}
    return rows.assign(
        **{
            name: cells.where(cells.between(1990, 2100)).astype("Float64").astype("Int64")
            for name, cells in years.items()
        }
    )


def _dates(frame: pd.DataFrame, programmes: pd.DataFrame) -> pd.DataFrame:
    """Precision of the date, and bounds of the year where it is not known: the source's, else the programme's."""
    precision = frame["date"].str.len().map({4: "year", 7: "month", 10: "day"})
    period = (
        programmes.dropna(subset="programme_id").drop_duplicates("programme_id").set_index("programme_id")
    )
    bounds = {}
    for end in ("from", "to"):
        of_programme = frame["programme_id"].map(period[f"period_{end}"])
        own, of_all = (pd.to_numeric(each, errors="coerce") for each in (frame[f"year_{end}"], of_programme))
        years = own.fillna(of_all)
        bounds[f"year_{end}"] = years.where(frame["year"].isna())
    return frame.assign(date_precision=precision.astype("str"), **bounds)


def _expand(rows: pd.DataFrame, groups: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rows with each group row replaced by its members in that year; and the members used.

    The column ``row`` keeps the spreadsheet row; the member of a group is always *inferred*.
    """
    rows = rows.assign(row=rows.index, basis="named")
    is_group = rows["participant_type"].eq("group")
    listed = groups.assign(
        low=pd.to_numeric(groups["valid_from"], errors="coerce").fillna(0),
        high=pd.to_numeric(groups["valid_to"], errors="coerce").fillna(9999),
    )
    pairs = rows[is_group].drop(columns="county_hint")
    pairs = pairs.merge(listed[["group_id", "member_name", "county_hint", "low", "high"]], on="group_id")
    year = pd.to_numeric(pairs["year"], errors="coerce")
    pairs = pairs[year.isna() | year.between(pairs["low"], pairs["high"])]
    # A record without a year names the members by the year their membership began.
    began = pairs["low"].astype(int).astype(str).where(pairs["year"].isna())
    members = pairs.assign(
        name_year=pairs["name_year"].fillna(began),
        participant_name=pairs["member_name"],
        participant_type="municipality",
        confidence="inferred",
        basis="group",
    )
    kept = pd.concat([rows[~is_group], members[[*rows.columns]]], ignore_index=True)
    return kept.sort_values(["row", "basis"], ascending=[True, False], kind="stable").reset_index(
        drop=True
    ), members


def _drop_named_members(frame: pd.DataFrame) -> pd.DataFrame:
    """Without members of a group that the same project already names one by one."""
    key = ["project_id", "municipality_code"]
    named = frame[frame["basis"].eq("named") & frame["municipality_code"].notna()]
    twice = pd.MultiIndex.from_frame(frame[key]).isin(pd.MultiIndex.from_frame(named[key]))
    return frame[~(frame["basis"].eq("group") & twice)]


def _unused_members(groups: pd.DataFrame, used: pd.DataFrame) -> pd.DataFrame:
    """Members of groups that no record names, as rows to resolve in the year that their group begins."""
    idle = groups[~groups["group_id"].isin(used["group_id"])]
    members = {
        "participant_name": idle["member_name"],
        "participant_type": "municipality",
        "county_hint": idle["county_hint"],
        "name_year": float("nan"),
        "year": pd.to_numeric(idle["valid_from"], errors="coerce"),
        "row": idle.index,
        "basis": "group",
    }
    return _numbers(pd.DataFrame(members))


def _fault(row: pd.Series, problem: str) -> Fault:
    name, place = row["participant_name"], int(row["row"])
    if row["basis"] == "named":
        return Fault("participations.csv", place, "participant_name", name, problem)
    if pd.isna(row["record_id"]):
        return Fault("groups.csv", place, "member_name", name, problem)
    return Fault("groups.csv", None, "member_name", name, f"{problem} (used in {row['record_id']})")


def population_then(
    frame: pd.DataFrame, reforms: pd.DataFrame, population: pd.DataFrame, former_units: pd.DataFrame
) -> pd.DataFrame:
    """Find the population of each municipality as it was in the year of participation, and its source.

    SSB's series for the 2024 structure is used only where the unit's territory then is the 2024
    municipality's (one unit, no merger or split since). For other units the figure is taken from
    ``former_units.csv`` if it is there for that code and year. Otherwise both columns are NA.

    Parameters
    ----------
    frame : DataFrame
        code_then, municipality_code, participant_type, year.
    reforms, population : DataFrame
        As for :func:`build`.
    former_units : DataFrame
        former_units.csv.

    Returns
    -------
    DataFrame
        population_then (persons, Int64) and population_then_source (a source_id) on the frame's index.
    """
    units = crosswalks(reforms, sorted(frame["year"].dropna().unique()))
    # Alone in every 2024 municipality it touches: its population is the series' sum over these.
    shared = units.groupby(["year", "municipality_code"])["code"].transform("nunique").gt(1)
    alone = units[~shared.groupby([units["year"], units["code"]]).transform("any")]
    alone = alone.drop_duplicates(["year", "code"])
    unchanged = alone.assign(place=alone["series_code"].fillna(alone["municipality_code"]))
    unchanged = unchanged[["code", "place", "year"]]
    series = unchanged.merge(
        population[["municipality_code", "year", "population"]],
        left_on=["place", "year"],
        right_on=["municipality_code", "year"],
    ).assign(source=SERIES)[["code", "year", "population", "source"]]
    stated = pd.DataFrame(
        {
            "code": former_units["code"],
            "year": pd.to_numeric(former_units["year"], errors="coerce"),
            "population": pd.to_numeric(former_units["population"], errors="coerce"),
            "source": former_units["source_id"],
        }
    )
    figures = (
        pd.concat([series, stated]).dropna(subset=["population", "year"]).drop_duplicates(["code", "year"])
    )
    figures = figures.astype({"year": "Int64", "population": "Int64"})
    wanted = frame[["code_then", "year"]].rename(columns={"code_then": "code"}).astype({"year": "Int64"})
    got = wanted.merge(figures, on=["code", "year"], how="left").set_axis(frame.index)
    got = got.where(frame["participant_type"] == "municipality")
    return pd.DataFrame({"population_then": got["population"], "population_then_source": got["source"]})
